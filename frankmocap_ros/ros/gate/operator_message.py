"""Serialized BodyPoseArray messages to what the gate sees of the operator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rclpy.serialization import deserialize_message

from frankmocap_ros.body.pose import SEEN, Hand
from frankmocap_ros.errors import MessageError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, Mask
from frankmocap_ros.msg import BodyPose, BodyPoseArray, JointPose
from frankmocap_ros.ros.common.conversions import nanoseconds, read_hand
from frankmocap_ros.teleop.operator_state import OperatorState, Poses


@dataclass(frozen=True, eq=False)
class Seen:
    """What one message says of the operator.

    Attributes:
        stamp_ns: the image's.
        frame_id: the camera's frame.
        operator_id: the operator's id; 0 for nobody.
        poses: of the watched joints; valid are those that are TRACKED or PREDICTED.
        tracked: shape (N,), which of them are TRACKED.
        stddev: shape (N, 2), of the positions across and along the line of sight [m]; NaN where unknown.
        camera_position: shape (3,), of the camera in the poses' frame [m].
        hands: the operator's; empty where they are not estimated.
    """

    stamp_ns: int
    frame_id: str
    operator_id: int
    poses: Poses
    tracked: Mask
    stddev: Array
    camera_position: Array
    hands: tuple[Hand, ...] = ()

    def operator_state(self, captured_s: float) -> OperatorState:
        """The same with the image's time on the caller's clock [s]."""
        return OperatorState(
            captured_s, self.operator_id, self.poses, self.tracked, self.stddev, self.camera_position,
            self.hands,
        )  # fmt: skip


def read_bodies(data: bytes) -> BodyPoseArray:
    """A message from its serialized bytes.

    Raises:
        MessageError: the bytes are not a BodyPoseArray.
    """
    try:
        return deserialize_message(data, BodyPoseArray)
    except RuntimeError as error:  # rclpy's own errors are subclasses
        raise MessageError(f"{len(data)} bytes are not a BodyPoseArray: {error}") from error


class OperatorReader:
    """Picks what matters to the gate.

    Args:
        watched: names of N joints.
    """

    def __init__(self, watched: Sequence[str]) -> None:
        self.watched = tuple(watched)
        self._rows = {name: i for i, name in enumerate(watched)}

    def read(self, msg: BodyPoseArray) -> Seen:
        """What a message says of the operator; nobody where there is none, or only in the image."""
        operator = msg.operator_id
        body = next((b for b in msg.bodies if operator and b.id == operator), None)
        if body is None or not body.has_3d:
            body, operator = BodyPose(), 0
        poses, tracked, stddev = self._poses(body)
        stamp_ns, frame_id, at = nanoseconds(msg.header.stamp), msg.header.frame_id, msg.camera_position
        camera_position = np.array((at.x, at.y, at.z))
        hands = tuple(read_hand(hand) for hand in body.hands)
        return Seen(stamp_ns, frame_id, operator, poses, tracked, stddev, camera_position, hands)

    def _poses(self, body: BodyPose) -> tuple[Poses, Mask, Array]:
        n = len(self.watched)
        values: Array = np.zeros((n, 11))  # position, orientation, confidences of both, standard deviations
        values[:, 3:7] = IDENTITY_XYZW
        states = np.full(n, JointPose.INVALID, np.uint8)
        for joint in body.joints:
            row = self._rows.get(joint.name)
            if row is not None and joint.state in SEEN:
                p, q = joint.pose.position, joint.pose.orientation
                values[row] = (
                    p.x, p.y, p.z, q.x, q.y, q.z, q.w, joint.confidence, joint.orientation_confidence,
                    *joint.position_stddev
                )  # fmt: skip
                states[row] = joint.state
        valid = np.isin(states, SEEN)
        oriented = valid & body.has_orientation & (values[:, 8] > 0.0)
        poses = Poses(values[:, :3], values[:, 3:7], values[:, 7], valid, oriented)
        stddev = np.where(values[:, 9:] > 0.0, values[:, 9:], np.nan)
        return poses, states == JointPose.TRACKED, stddev
