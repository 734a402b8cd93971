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

"""What a BodyPoseArray says of its operator, and how a controller takes it.

A message is any object with the fields of ``BodyPoseArray.msg``: one of rclpy, or one from a recording.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from frankmocap_ros.body.message_fields import body_of, pose_numbers, xyz
from frankmocap_ros.body.pose import KNOWN, SEEN, Hand, JointState
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, Mask
from frankmocap_ros.runtime.stamp_watch import StampWatch
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.operator_state import OperatorState, Poses


def read_hand(msg: Any) -> Hand:
    """A hand as a ``HandPose`` says; INVALID where it says anything that is no hand."""
    points = np.array([xyz(point) for point in msg.keypoints])
    normal = np.array(xyz(msg.palm_normal))
    numbers = (*normal, msg.confidence, msg.palm_angle)
    if msg.state not in KNOWN or not (np.isfinite(points).all() and np.isfinite(numbers).all()):
        return Hand(msg.side)
    return Hand(msg.side, JointState(msg.state), msg.confidence, points, normal, msg.palm_angle)


class OperatorReader:
    """Picks what matters to the gate.

    Args:
        watched: names of N joints.
    """

    def __init__(self, watched: Sequence[str]) -> None:
        self.watched = tuple(watched)
        self._rows = {name: i for i, name in enumerate(watched)}

    def read(self, msg: Any, captured_s: float) -> OperatorState:
        """What a message says of the operator; nobody where there is none, or only in the image.

        Args:
            msg: a ``BodyPoseArray``.
            captured_s: when the image was taken, on the controller's clock [s].
        """
        body = body_of(msg)
        if body is None or not body.has_3d:
            operator, hands = 0, tuple[Hand, ...]()
            poses, tracked, stddev = self._poses((), False)
        else:
            operator, hands = int(body.id), tuple(map(read_hand, body.hands))
            poses, tracked, stddev = self._poses(body.joints, body.has_orientation)
        camera_position = np.array(xyz(msg.camera_position))
        return OperatorState(captured_s, operator, poses, tracked, stddev, camera_position, hands)

    def _poses(self, joints: Sequence[Any], has_orientation: bool) -> tuple[Poses, Mask, Array]:
        n = len(self.watched)
        values: Array = np.zeros((n, 11))  # position, orientation, confidences of both, standard deviations
        values[:, 3:7] = IDENTITY_XYZW
        states = np.full(n, JointState.INVALID, np.uint8)
        for joint in joints:
            row = self._rows.get(joint.name)
            if row is not None and joint.state in SEEN:
                sure = joint.confidence, joint.orientation_confidence
                values[row] = (*pose_numbers(joint.pose), *sure, *joint.position_stddev)
                states[row] = joint.state
        valid = np.isin(states, SEEN)
        oriented = valid & has_orientation & (values[:, 8] > 0.0)
        poses = Poses(values[:, :3], values[:, 3:7], values[:, 7], valid, oriented)
        stddev = np.where(values[:, 9:] > 0.0, values[:, 9:], np.nan)
        return poses, states == JointState.TRACKED, stddev


@dataclass(frozen=True)
class MessageHeader:
    """Where and when a message's poses are.

    Attributes:
        frame_id: frame of the poses.
        stamp_ns: time of the image [ns].
        ros_ns: ROS time at which the message came [ns].
    """

    frame_id: str
    stamp_ns: int
    ros_ns: int


class OperatorIntake:
    """Gives a controller what messages say of its operator, with where up is and what their stamps lack.

    Args:
        level: tells where up and forward is, where the settings and the frame do not: sets it on the
            controller, for a message at a time [s].
    """

    def __init__(self, level: Callable[[Controller, MessageHeader, float], None] = lambda *_: None) -> None:
        self._level_otherwise = level
        self._watch = StampWatch("bodies", "max_age_s", "see in /diagnostics what is slow")
        self._frame_id = ""  # of the poses, as last heard

    def take(self, controller: Controller, header: MessageHeader, seen: OperatorState, now_s: float) -> None:
        """Take a message of the run that the controller follows.

        Args:
            controller: is given it.
            header: the message's.
            seen: of the controller's watched joints.
            now_s: now, on the controller's clock [s].
        """
        self._level(controller, header, now_s)
        self._watch.note(1e-9 * header.stamp_ns, 1e-9 * header.ros_ns, now_s)
        controller.reception.stamp_fault = self._watch.fault(controller.config.max_age_s)
        controller.observe(seen, now_s)

    def _level(self, controller: Controller, header: MessageHeader, now_s: float) -> None:
        if header.frame_id != self._frame_id:
            if self._frame_id:
                controller.release(f"poses are now in {header.frame_id!r}, not {self._frame_id!r}", now_s)
                controller.configure(controller.config)
            self._frame_id = header.frame_id
        if header.frame_id == controller.config.base_frame:  # target_frame: up and forward are theirs
            controller.level = IDENTITY_XYZW
        else:
            self._level_otherwise(controller, header, now_s)
