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

"""Messages to what the gate sees of the operator, whatever is in them."""

import contextlib

import numpy as np
import pytest
from geometry_msgs.msg import Pose
from rclpy.serialization import serialize_message

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import MessageError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW
from frankmocap_ros.msg import BodyPose, BodyPoseArray, HandPose, JointPose
from frankmocap_ros.ros.gate.operator_message import read_bodies
from frankmocap_ros.teleop.operator_message import OperatorReader

WATCHED = ("pelvis", "left_wrist", "head", "nobody has this joint", "left_index1")


def random_message(rng, bodies, *, operator):
    """A message with so many bodies; ``operator`` tells which is the operator's, None for nobody."""
    msg = BodyPoseArray(sequence=7, inference_ms=1.5, age_ms=2.5)
    msg.header.stamp.sec, msg.header.stamp.nanosec = int(rng.integers(2**31)), int(rng.integers(10**9))
    msg.header.frame_id = "x" * int(rng.integers(9))
    for k in range(bodies):
        body = BodyPose(id=k + 1, estimator="e" * int(rng.integers(9)), box=rng.normal(size=4).astype("f4"))
        body.has_3d, body.has_orientation, body.has_hands = (bool(b) for b in rng.integers(4, size=3))
        body.betas = rng.normal(size=int(rng.integers(12))).astype("f4").tolist()
        names = list(BODY_WITH_HANDS.names[: int(rng.integers(60))])
        rng.shuffle(names)
        for name in names:
            joint = JointPose(name=name, parent="p" * int(rng.integers(9)), state=int(rng.integers(4)))
            p, q = joint.pose.position, joint.pose.orientation
            p.x, p.y, p.z, q.x, q.y, q.z, q.w = rng.normal(size=7).tolist()
            joint.confidence = float(rng.uniform())
            joint.orientation_confidence = float(max(0.0, rng.uniform(-0.5, 1.0)))
            joint.position_stddev = rng.choice((np.nan, 0.0, 0.02, 0.3), 2).astype("f4")
            body.joints.append(joint)
        msg.bodies.append(body)
    msg.operator_id = 0 if operator is None else operator + 1
    at = msg.camera_position
    at.x, at.y, at.z = rng.normal(size=3).tolist()
    return msg


def check(seen, msg):
    """What was read is what the message says."""
    assert seen.captured_s == 1.0
    body = next((b for b in msg.bodies if msg.operator_id and b.id == msg.operator_id and b.has_3d), None)
    assert seen.operator_id == (body.id if body else 0)
    at = msg.camera_position
    assert seen.camera_position.tolist() == [at.x, at.y, at.z]
    joints = {j.name: j for j in body.joints} if body else {}
    for i, name in enumerate(WATCHED):
        joint, poses = joints.get(name), seen.poses
        if joint is None or joint.state not in (JointPose.TRACKED, JointPose.PREDICTED):
            assert not poses.valid[i] and not poses.oriented[i] and not seen.tracked[i]
            assert (poses.positions[i] == 0.0).all() and (poses.orientations[i] == IDENTITY_XYZW).all()
            assert poses.confidence[i] == 0.0 and np.isnan(seen.stddev[i]).all()
            continue
        p, q = joint.pose.position, joint.pose.orientation
        assert poses.positions[i].tolist() == [p.x, p.y, p.z]
        assert poses.orientations[i].tolist() == [q.x, q.y, q.z, q.w]
        assert poses.confidence[i] == joint.confidence and poses.valid[i]
        known = np.where(joint.position_stddev > 0.0, joint.position_stddev, np.nan)
        np.testing.assert_array_equal(seen.stddev[i], known)  # zero: a publisher that does not fill it
        assert seen.tracked[i] == (joint.state == JointPose.TRACKED)
        assert poses.oriented[i] == (body.has_orientation and joint.orientation_confidence > 0.0)


@pytest.mark.parametrize("bodies", [0, 1, 2, 4])
def test_the_operators_joints_are_found_by_name(bodies):
    """In any order, among any others, and nobody else's."""
    reader = OperatorReader(WATCHED)
    followed = 0
    for seed in range(60):
        rng = np.random.default_rng([bodies, seed])
        operator = None if not bodies or seed % 5 == 0 else int(rng.integers(bodies + 1))  # or is not there
        msg = read_bodies(serialize_message(random_message(rng, bodies, operator=operator)))
        seen = reader.read(msg, 1.0)
        check(seen, msg)
        followed += int(seen.poses.valid.sum())
    assert followed > 20 or not bodies


def one_joint(**fields):
    """What is seen of a head, the only joint of the operator."""
    joint = JointPose(name="head", state=JointPose.TRACKED, confidence=0.5, orientation_confidence=0.25)
    joint.pose.position.x = 1.0
    for name, value in fields.items():
        setattr(joint, name, value)
    body = BodyPose(id=9, has_3d=True, has_orientation=True, joints=[joint])
    return OperatorReader(["head"]).read(BodyPoseArray(operator_id=9, bodies=[body]), 1.0)


def test_numbers_that_are_none_are_handed_on_for_the_gate_to_judge():
    """They are not valid poses, and the gate says so; here they must not become zeros that look like one."""
    seen = one_joint(confidence=float("nan"))
    assert np.isnan(seen.poses.confidence[0]) and seen.tracked.all()
    pose = Pose()
    pose.position.y, pose.orientation.w = float("nan"), float("inf")
    seen = one_joint(pose=pose)
    assert np.isnan(seen.poses.positions[0, 1]) and np.isinf(seen.poses.orientations[0, 3])
    assert not one_joint(orientation_confidence=float("nan")).poses.oriented.any()


@pytest.mark.parametrize("state", [JointPose.INVALID, JointPose.HELD, 4, 255])
def test_states_that_are_no_measured_pose_are_not_valid(state):
    seen = one_joint(state=state)
    assert not seen.poses.valid.any() and not seen.tracked.any() and not seen.poses.positions.any()


def test_a_joint_that_is_there_twice_is_one_of_both():
    joints = [
        JointPose(name="head", state=state, confidence=c) for state, c in ((1, 0.1), (2, 0.2), (0, 0.3))
    ]
    body = BodyPose(id=1, has_3d=True, joints=joints)
    seen = OperatorReader(["head"]).read(BodyPoseArray(operator_id=1, bodies=[body]), 1.0)
    assert seen.poses.valid.all() and not seen.tracked.any()
    assert seen.poses.confidence.tolist() == [pytest.approx(0.2)]


def test_bytes_that_are_no_message_are_told_as_such():
    whole = serialize_message(random_message(np.random.default_rng(1), 2, operator=1))
    reader = OperatorReader(WATCHED)
    for size in (0, 1, 4, 5, 20, 60, 200, len(whole) // 2):
        with pytest.raises(MessageError, match=f"{size} bytes are not a BodyPoseArray"):
            read_bodies(whole[:size])
    rng = np.random.default_rng(0)
    read = 0
    for _ in range(2000):  # whatever comes, nothing else is raised, and it does not take for ever
        damaged = bytearray(whole)
        for at in rng.integers(4, len(whole), 8):
            damaged[at] = int(rng.integers(256))
        with contextlib.suppress(MessageError):
            reader.read(read_bodies(bytes(damaged)), 1.0)
            read += 1
    assert 0 < read < 2000


def hand(side="left", state=HandPose.TRACKED, x=0.5):
    msg = HandPose(side=side, state=state, confidence=0.75, palm_angle=1.5)
    for row, point in enumerate(msg.keypoints):
        point.x, point.y, point.z = x, 0.25 * row, -1.0
    msg.palm_normal.z = -1.0
    return msg


def hands_of(*hands):
    """The hands of an operator, after a message has been on its way."""
    body = BodyPose(id=1, has_3d=True, has_hands=True, hands=list(hands))
    data = serialize_message(BodyPoseArray(operator_id=1, bodies=[body]))
    return OperatorReader(["head"]).read(read_bodies(data), 1.0).hands


def test_hands_are_read():
    left, right = hands_of(hand(), hand("right", HandPose.HELD))
    assert (left.side, left.state, right.side, right.state) == (
        "left", JointState.TRACKED, "right", JointState.HELD,
    )  # fmt: skip
    assert (left.confidence, left.palm_angle_rad) == (0.75, 1.5)
    np.testing.assert_array_equal(left.points, [(0.5, 0.25 * row, -1.0) for row in range(21)])
    np.testing.assert_array_equal(left.palm_normal, (0.0, 0.0, -1.0))


@pytest.mark.parametrize("bad", [hand(x=np.nan), hand(x=np.inf), hand(state=200), hand(state=0)])
def test_what_is_no_hand_is_invalid(bad):
    (seen,) = hands_of(bad)
    assert seen.state == JointState.INVALID
    assert not seen.points.any() and seen.confidence == 0.0
