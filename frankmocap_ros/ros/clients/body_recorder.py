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

"""A subscriber that keeps the bodies of a mocap node, as records of one person."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile

from frankmocap_ros.evaluation.body_messages import bodies_record
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.runtime.message_stamps import seconds
from frankmocap_ros.teleop.followed_run import FollowedRun


class BodyRecorder(Node):
    """Keeps one person of each message, in the form of what ``frankmocap_ros process`` writes.

    Args:
        topic: name of the bodies' topic.
        body_id: of the person; 0 for the operator.
    """

    def __init__(self, topic: str, body_id: int = 0) -> None:
        super().__init__("frankmocap_accuracy")
        self.first_body = threading.Event()
        self.failure = ""  # for ``wait_for``; nobody tells
        self._id = body_id
        self._records: list[Mapping[str, Any]] = []
        self._last_s = float("-inf")
        subscribe(self, Topic(BodyPoseArray, topic, QoSProfile(depth=10)), self._on_bodies)
        self._run = FollowedRun(topic)

    def records(self) -> list[Mapping[str, Any]]:
        """All of them, in the order of their stamps; a copy."""
        return self._records.copy()

    def _on_bodies(self, msg: BodyPoseArray) -> None:
        stamp_s = seconds(msg.header.stamp)
        if not self._run.follows(msg.run_id, time.monotonic(), may_change=False) or stamp_s <= self._last_s:
            return
        self._last_s = stamp_s
        record = bodies_record(msg, self._id)
        self._records.append(record)
        if record["bodies"]:
            self.first_body.set()
