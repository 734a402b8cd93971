# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Serialized BodyPoseArray messages."""

from rclpy.serialization import deserialize_message

from frankmocap_ros.errors import MessageError
from frankmocap_ros.msg import BodyPoseArray


def read_bodies(data: bytes) -> BodyPoseArray:
    """A message from its serialized bytes.

    Raises:
        MessageError: the bytes are not a BodyPoseArray.
    """
    try:
        return deserialize_message(data, BodyPoseArray)
    except RuntimeError as error:  # rclpy's own errors are subclasses
        raise MessageError(f"{len(data)} bytes are not a BodyPoseArray: {error}") from error
