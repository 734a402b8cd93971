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

"""A subscriber that measures what arrives: for the demo, and an example of how to listen."""

import math
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo

from frankmocap_ros.msg import BodyPoseArray, HandPose, JointPose
from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.teleop.followed_run import FollowedRun

_MAX_STAMPS = 100_000


@dataclass
class Tally:
    """All that has arrived.

    Attributes:
        stamps: stamps of received frames [ns], in order of arrival.
        camera_stamps: stamps that the camera sent [ns].
        bodies: number of bodies per frame.
        ages_ms, inference_ms: per frame, as the node says.
        tracked: joint, or ``left hand``, -> frames in which it is TRACKED of the operator.
        joints: joints of the last operator seen, empty before.
        hands: of the last operator seen, empty where they are not estimated.
        not_finite: numbers that were not finite, or rotations not of unit length.
        others: messages of another run of a mocap node, which count for nothing else here.
        dropped: images dropped by the node, by reason.
        estimator: what estimates, empty before the first body.
        health: the node's latest status, in words.
    """

    stamps: list[int] = field(default_factory=list)
    camera_stamps: set[int] = field(default_factory=set)
    bodies: list[int] = field(default_factory=list)
    ages_ms: list[float] = field(default_factory=list)
    inference_ms: list[float] = field(default_factory=list)
    tracked: Counter[str] = field(default_factory=Counter)
    joints: tuple[JointPose, ...] = ()
    hands: tuple[HandPose, ...] = ()
    not_finite: int = 0
    others: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    estimator: str = ""
    health: str = ""


def _faults(joints: list[JointPose]) -> int:
    """How many joints hold a number that is not finite or a rotation whose length is not one."""
    faults = 0
    for joint in joints:
        p, q, r = joint.pose.position, joint.pose.orientation, joint.local_rotation
        lengths = (q.x**2 + q.y**2 + q.z**2 + q.w**2, r.x**2 + r.y**2 + r.z**2 + r.w**2)
        fine = math.isfinite(p.x + p.y + p.z + joint.pixel.x + joint.pixel.y)
        faults += not (fine and all(abs(length - 1.0) < 1e-6 for length in lengths))
    return faults


class Watcher(Node):
    """Counts bodies, ages and joints of the mocap node, and what the camera sent.

    Args:
        mocap: name of the mocap node.
    """

    def __init__(self, mocap: str = "frankmocap") -> None:
        super().__init__("frankmocap_watcher")
        self._lock = threading.Lock()
        self._tally = Tally()
        self.first_body = threading.Event()
        self.first_frame = threading.Event()
        self.first_camera = threading.Event()
        self.failure = ""  # why the node cannot be configured, in its own words
        every = QoSProfile(depth=10)  # reliable: each message counts
        topic = f"{mocap}/bodies"
        self._run = FollowedRun(topic)
        subscribe(self, Topic(BodyPoseArray, topic, every), self._on_any_bodies)
        subscribe(self, Topic(CameraInfo, "camera_info", every), self._on_camera)
        subscribe(self, Topic(DiagnosticArray, "/diagnostics", every), self._on_diagnostics)
        self._status_name = f"{mocap}: body tracking"

    def restart(self) -> None:
        """Restart the counts."""
        with self._lock:
            old, self._tally = self._tally, Tally()
            # an image already on its way belongs to what arrives next
            self._tally.camera_stamps = old.camera_stamps
            self._tally.health, self._tally.joints = old.health, old.joints
            self._tally.hands = old.hands

    def read(self) -> Tally:
        """All that has arrived; a copy that does not change."""
        with self._lock:
            t = self._tally
            return Tally(
                list(t.stamps), set(t.camera_stamps), list(t.bodies), list(t.ages_ms), list(t.inference_ms),
                Counter(t.tracked), t.joints, t.hands, t.not_finite, t.others, dict(t.dropped), t.estimator,
                t.health,
            )  # fmt: skip

    def _on_any_bodies(self, msg: BodyPoseArray) -> None:
        if self._run.follows(msg.run_id, time.monotonic()):
            self._on_bodies(msg)
            return
        with self._lock:
            self._tally.others += 1

    def _on_bodies(self, msg: BodyPoseArray) -> None:
        with self._lock:
            t = self._tally
            t.stamps.append(nanoseconds(msg.header.stamp))
            t.bodies.append(len(msg.bodies))
            t.ages_ms.append(msg.age_ms)
            t.inference_ms.append(msg.inference_ms)
            t.not_finite += sum(_faults(body.joints) for body in msg.bodies)
            if msg.bodies:
                operator = msg.bodies[0]
                t.estimator, t.joints = operator.estimator, tuple(operator.joints)
                t.hands = tuple(operator.hands)
                t.tracked.update(f"{h.side} hand" for h in operator.hands if h.state == HandPose.TRACKED)
                t.tracked.update(j.name for j in operator.joints if j.state == JointPose.TRACKED)
        self.first_frame.set()
        if msg.bodies:
            self.first_body.set()

    def _on_camera(self, msg: CameraInfo) -> None:
        with self._lock:
            if len(self._tally.camera_stamps) < _MAX_STAMPS:
                self._tally.camera_stamps.add(nanoseconds(msg.header.stamp))
        self.first_camera.set()

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.name.endswith(self._status_name):
                dropped = {v.key[8:]: int(v.value) for v in status.values if v.key.startswith("dropped/")}
                with self._lock:
                    self._tally.dropped, self._tally.health = dropped, status.message
                idle = any(v.key == "state" and v.value == "inactive" for v in status.values)
                if idle and status.level == DiagnosticStatus.ERROR:
                    self.failure = status.message


def summary(tally: Tally, seconds: float) -> dict[str, object]:
    """The demo's figures, ready for JSON; null where there is nothing to tell."""
    stamps = np.array(tally.stamps, dtype=np.int64)
    names = [joint.name for joint in tally.joints]

    def percentiles(values: list[float], *percents: int) -> dict[str, float | None]:
        found = np.percentile(values, percents).round(2).tolist() if values else [None] * len(percents)
        return {f"p{percent}": value for percent, value in zip(percents, found, strict=True)}

    first = int(stamps[0]) if len(stamps) else 0
    return {
        "frames_sent": sum(stamp >= first for stamp in tally.camera_stamps),
        "frames_received": len(stamps),
        "frames_of_others": tally.others,
        "one_body_ratio": round(sum(n == 1 for n in tally.bodies) / max(1, len(stamps)), 4),
        "bodies_mean": round(float(np.mean(tally.bodies)), 4) if tally.bodies else 0.0,
        "fps": round(len(stamps) / seconds, 2),
        "age_ms": percentiles(tally.ages_ms, 50, 95, 99),
        "inference_ms": percentiles(tally.inference_ms, 50, 95),
        "joints": {
            name: {"tracked_ratio": round(tally.tracked[name] / max(1, len(stamps)), 4)} for name in names
        },
        "hands": {
            hand.side: {"tracked_ratio": round(tally.tracked[f"{hand.side} hand"] / max(1, len(stamps)), 4)}
            for hand in tally.hands
        },
        "estimator": tally.estimator,
        "dropped": tally.dropped,
        "stamps_increasing": bool(np.all(np.diff(stamps) > 0)),
        "stamps_from_camera": set(tally.stamps) <= tally.camera_stamps,
        "not_finite": tally.not_finite,
    }
