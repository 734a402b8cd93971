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

"""The setting ``robot_model``, which several nodes have."""

from typing import Final

FROM_TOPIC: Final = "topic"
"""Value of ``robot_model`` for a model that comes over a topic."""
ROBOT_MODEL: Final = (
    "URDF, xacro or MJCF of the robot, if its map has none; topic (or topic:/NAME) takes what "
    "robot_state_publisher publishes on robot_description (or on that topic). Empty uses the map's own, or "
    "the folder FRANKMOCAP_ROBOTS_DIR."
)
"""Text of the setting ``robot_model``, the same of every node that has one."""

_DEFAULT: Final = "robot_description"


def topic_of(setting: str) -> str:
    """The topic that a value of ``robot_model`` names; empty where it names a file."""
    what, _, told = setting.partition(":")
    if what != FROM_TOPIC or told.startswith("//"):
        return ""
    return told.strip() or _DEFAULT
