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

"""Frames to messages. Messages are made once and refilled: most of their cost is making them."""

import math

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseStamped, PoseWithCovarianceStamped, Quaternion
from std_msgs.msg import Header

from frankmocap_ros.body.covariance import pose_covariance
from frankmocap_ros.body.message_fields import pose_numbers
from frankmocap_ros.body.pose import KNOWN, SEEN, Body, Frame, Hand, JointState
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, Skeleton
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.msg import BodyPose, BodyPoseArray, HandPose, JointPose, JointPoseStamped, Latency
from frankmocap_ros.msg import Grip as GripMsg
from frankmocap_ros.teleop.hands.grip import Grip


def _set_point(point: Point, xyz: list[float]) -> None:
    point.x, point.y, point.z = xyz


def _set_quaternion(quaternion: Quaternion, xyzw: list[float]) -> None:
    quaternion.x, quaternion.y, quaternion.z, quaternion.w = xyzw


def read_pose(pose: Pose) -> tuple[Array, Array]:
    """Position, shape (3,) [m], and orientation, shape (4,), x y z w, of a message; as they are there."""
    numbers = np.array(pose_numbers(pose))
    return numbers[:3], numbers[3:]


def write_pose(pose: Pose, position: Array, orientation_xyzw: Array) -> None:
    """Write a position, shape (3,) [m], and an orientation, shape (4,), into a message."""
    _set_point(pose.position, position.tolist())
    _set_quaternion(pose.orientation, orientation_xyzw.tolist())


def _new_body(skeleton: Skeleton) -> BodyPose:
    """A message with all names in place."""
    return BodyPose(
        joints=[
            JointPose(name=name, parent=parent)
            for name, parent in zip(skeleton.names, skeleton.parent_names, strict=True)
        ]
    )


def _write_hand(msg: HandPose, hand: Hand) -> None:
    msg.side, msg.state, msg.confidence = hand.side, int(hand.state), hand.confidence
    for point, xyz in zip(msg.keypoints, hand.points.tolist(), strict=True):
        _set_point(point, xyz)
    msg.palm_normal.x, msg.palm_normal.y, msg.palm_normal.z = hand.palm_normal.tolist()
    msg.palm_angle = hand.palm_angle_rad


def read_grip(msg: GripMsg) -> Grip:
    """What a gripper is to do, as the message says; INVALID where it says anything that is no grip."""
    if msg.state not in KNOWN or not math.isfinite(msg.opening):
        return Grip(msg.side, 0.0)
    return Grip(msg.side, msg.opening, JointState(msg.state), msg.confidence)


def write_body(msg: BodyPose, body: Body) -> None:
    """Write a body into a message that ``_new_body`` made for the same skeleton."""
    msg.id, msg.estimator = body.id, body.estimator
    msg.has_3d, msg.has_orientation, msg.has_hands = body.has_3d, body.has_orientation, body.has_hands
    msg.scale_source = int(body.scale_source)
    msg.box = body.box_xywh.astype(np.float32)
    msg.betas = [] if body.betas is None else body.betas.tolist()
    rows = zip(
        msg.joints,
        body.positions.tolist(),
        body.orientations_xyzw.tolist(),
        body.local_rotations_xyzw.tolist(),
        body.pixels.tolist(),
        body.confidence.tolist(),
        body.orientation_confidence.tolist(),
        body.position_stddev.astype(np.float32),
        body.states.tolist(),
        strict=True,
    )
    for joint, position, orientation, local, pixel, confidence, rotation_confidence, stddev, state in rows:
        _set_point(joint.pose.position, position)
        _set_quaternion(joint.pose.orientation, orientation)
        _set_quaternion(joint.local_rotation, local)
        joint.pixel.x, joint.pixel.y = pixel
        joint.confidence = confidence
        joint.orientation_confidence = rotation_confidence
        joint.position_stddev = stddev
        joint.state = state
    while len(msg.hands) < len(body.hands):
        msg.hands.append(HandPose())
    del msg.hands[len(body.hands) :]
    for hand, of in zip(msg.hands, body.hands, strict=True):
        _write_hand(hand, of)


class BodiesMessage:
    """One BodyPoseArray, refilled for every frame. For one thread; publish before the next ``message``.

    Args:
        run_id: of the node, see the message.
    """

    def __init__(self, run_id: int) -> None:
        self._msg = BodyPoseArray(run_id=run_id)
        self._pool: dict[int, list[BodyPose]] = {len(BODY): [], len(BODY_WITH_HANDS): []}

    def message(self, frame: Frame, header: Header, age_ms: float) -> BodyPoseArray:
        """The frame as a message."""
        used = dict.fromkeys(self._pool, 0)
        bodies = []
        for body in frame.bodies:
            size = len(body.skeleton)
            if used[size] == len(self._pool[size]):
                self._pool[size].append(_new_body(body.skeleton))
            msg = self._pool[size][used[size]]
            used[size] += 1
            write_body(msg, body)
            bodies.append(msg)
        self._msg.header = header
        self._msg.sequence = frame.index
        self._msg.inference_ms = frame.inference_ms
        self._msg.age_ms = age_ms
        _set_point(self._msg.camera_position, frame.camera_position.tolist())
        self._msg.operator_id = frame.operator_id
        self._msg.bodies = bodies
        return self._msg


class JointMessages:
    """One joint of the operator in the messages it goes out in, refilled for every frame.

    Args:
        name: of the joint.
    """

    def __init__(self, name: str) -> None:
        self._row = BODY_WITH_HANDS.index[name]
        joint = JointPose(name=name, parent=BODY_WITH_HANDS.parent_names[self._row])
        self._stamped = JointPoseStamped(joint=joint)
        self._pose = PoseStamped(pose=joint.pose)
        self._uncertain = PoseWithCovarianceStamped()

    def messages(self, frame: Frame, header: Header) -> tuple[JointPoseStamped, PoseStamped | None] | None:
        """The operator's joint, and its pose where it is measured or inferred in this image.

        None where there is no operator, or the joint is not estimated. They hold until the next call.
        """
        if not frame.operator_id or not frame.bodies:
            return None
        body, row = frame.bodies[0], self._row
        if row >= len(body.skeleton):
            return None
        stamped, joint = self._stamped, self._stamped.joint
        stamped.header, stamped.body_id, stamped.estimator = header, body.id, body.estimator
        _set_point(joint.pose.position, body.positions[row].tolist())
        _set_quaternion(joint.pose.orientation, body.orientations_xyzw[row].tolist())
        _set_quaternion(joint.local_rotation, body.local_rotations_xyzw[row].tolist())
        joint.pixel.x, joint.pixel.y = body.pixels[row].tolist()
        joint.confidence = float(body.confidence[row])
        joint.orientation_confidence = float(body.orientation_confidence[row])
        joint.position_stddev = body.position_stddev[row].astype(np.float32)
        joint.state = int(body.states[row])
        if joint.state not in SEEN:
            return stamped, None  # a bare pose cannot say that it is old or unknown
        self._pose.header = header
        return stamped, self._pose

    def pose_with_covariance(self, frame: Frame, header: Header) -> PoseWithCovarianceStamped | None:
        """The operator's joint with the covariance of its pose, in the frame of the poses.

        None where there is no operator, or the joint is not measured or inferred in this image, or its
        standard deviation is not known. It holds until the next call.
        """
        body, row = frame.bodies[0] if frame.operator_id and frame.bodies else None, self._row
        if body is None or row >= len(body.skeleton) or int(body.states[row]) not in SEEN:
            return None
        position, stddev = body.positions[row], body.position_stddev[row]
        if not np.isfinite(stddev).all():
            return None
        oriented = bool(body.has_orientation and body.orientation_confidence[row] > 0.0)
        msg = self._uncertain
        msg.header = header
        _set_point(msg.pose.pose.position, position.tolist())
        _set_quaternion(msg.pose.pose.orientation, body.orientations_xyzw[row].tolist())
        msg.pose.covariance = pose_covariance(position, stddev, frame.camera_position, oriented).ravel()
        return msg


def latency_message(
    header: Header, stages_ms: dict[str, float], total_ms: float, dropped: int, skipped: int
) -> Latency:
    """Where the time of one frame went."""
    return Latency(
        header=header,
        total=total_ms,
        dropped=dropped,
        skipped=skipped,
        **{
            name: stages_ms.get(name, 0.0)
            for name in ("transport", "wait", "decode", "detect", "regress", "post", "publish")
        },
    )
