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

"""Frames to messages and back through serialization."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from frankmocap_ros.body.pose import Frame, Hand, JointState, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.msg import BodyPose, BodyPoseArray, JointPose, Latency
from frankmocap_ros.ros.common.conversions import BodiesMessage, JointMessages, latency_message
from frankmocap_ros.runtime.message_stamps import seconds
from support.bodies import plain_body

HEADER = Header(stamp=Time(sec=12, nanosec=345), frame_id="cam")
STATES = tuple(JointState)
RUN_ID = 2**64 - 1


def body(body_id=1, skeleton=BODY, seed=0, **options):
    """A body whose numbers are all different."""
    rng = np.random.default_rng(seed)
    n = len(skeleton)
    q = rng.normal(size=(2, n, 4))
    q /= np.linalg.norm(q, axis=-1, keepdims=True)
    given = {
        "scale_source": ScaleSource.CAMERA_INFO,
        "has_hands": skeleton is BODY_WITH_HANDS,
        "states": rng.integers(0, 4, n).astype(np.uint8),
        "position_stddev": rng.uniform(0.01, 0.3, (n, 2)),
        "positions": rng.normal(size=(n, 3)),
        "orientations_xyzw": q[0],
        "local_rotations_xyzw": q[1],
        "pixels": rng.uniform(0, 640, (n, 2)),
        "confidence": rng.uniform(size=n),
        "orientation_confidence": rng.uniform(size=n),
        "box_xywh": rng.uniform(1, 100, 4),
    }
    return plain_body(skeleton, id=body_id, **{**given, **options})


def frame(*bodies, index=7, operator_id=None):
    operator_id = (bodies[0].id if bodies else 0) if operator_id is None else operator_id
    stages_ms = {"decode": 1.0, "detect": 2.0, "regress": 3.5, "post": 0.25}
    camera, at = Camera.from_fov(640, 480, 60.0), np.array((1.0, -2.0, 3.0))
    return Frame(index, 1.0, tuple(bodies), operator_id, stages_ms, camera, camera_position=at)


def assert_same(msg, truth):
    assert (msg.id, msg.estimator) == (truth.id, truth.estimator)
    assert (msg.has_3d, msg.has_orientation, msg.has_hands) == (
        truth.has_3d, truth.has_orientation, truth.has_hands,
    )  # fmt: skip
    assert msg.scale_source == truth.scale_source
    np.testing.assert_array_equal(msg.box, truth.box_xywh.astype(np.float32))
    np.testing.assert_allclose(msg.betas, [] if truth.betas is None else truth.betas, rtol=1e-6)
    assert tuple(j.name for j in msg.joints) == truth.skeleton.names
    assert tuple(j.parent for j in msg.joints) == truth.skeleton.parent_names
    for i, j in enumerate(msg.joints):
        p, q, r = j.pose.position, j.pose.orientation, j.local_rotation
        assert (p.x, p.y, p.z) == tuple(truth.positions[i])
        assert (q.x, q.y, q.z, q.w) == tuple(truth.orientations_xyzw[i])
        assert (r.x, r.y, r.z, r.w) == tuple(truth.local_rotations_xyzw[i])
        assert (j.pixel.x, j.pixel.y, j.pixel.z) == (*truth.pixels[i], 0.0)
        assert j.confidence == np.float32(truth.confidence[i])
        assert j.orientation_confidence == np.float32(truth.orientation_confidence[i])
        np.testing.assert_array_equal(j.position_stddev, truth.position_stddev[i].astype(np.float32))
        assert j.state == truth.states[i]


def copied(msg):
    return deserialize_message(serialize_message(msg), type(msg))


def test_constants_are_those_of_the_messages():
    assert {s.name: int(s) for s in JointState} == {
        name: getattr(JointPose, name) for name in ("INVALID", "TRACKED", "PREDICTED", "HELD")
    }
    assert {s.name: int(s) for s in ScaleSource} == {
        name: getattr(BodyPose, f"SCALE_{name}")
        for name in ("NONE", "ASSUMED_HEIGHT", "CAMERA_INFO", "DEPTH", "CALIBRATED")
    }


@pytest.mark.parametrize("skeleton", [BODY, BODY_WITH_HANDS], ids=["body", "hands"])
@pytest.mark.parametrize("source", ScaleSource)
def test_every_number_arrives(skeleton, source):
    truth = body(3, skeleton, scale_source=source, betas=np.linspace(-2, 2, 10))
    truth.position_stddev[::3] = np.nan  # not known
    msg = copied(BodiesMessage(RUN_ID).message(frame(truth), HEADER, 12.5))
    assert msg.header == HEADER
    assert (msg.run_id, msg.sequence, msg.operator_id) == (RUN_ID, 7, 3)
    assert (msg.inference_ms, msg.age_ms) == (6.75, 12.5)
    at = msg.camera_position
    assert (at.x, at.y, at.z) == (1.0, -2.0, 3.0)
    assert len(msg.bodies) == 1
    assert_same(msg.bodies[0], truth)


@pytest.mark.parametrize("flags", [(False, True, False), (True, False, True)])
def test_capabilities(flags):
    truth = body(has_3d=flags[0], has_orientation=flags[1], has_hands=flags[2])
    assert_same(copied(BodiesMessage(RUN_ID).message(frame(truth), HEADER, 0.0)).bodies[0], truth)


def test_a_message_that_is_filled_again_holds_nothing_old():
    message = BodiesMessage(RUN_ID)
    rng = np.random.default_rng(1)
    for n in range(30):
        bodies = [
            body(
                i + 1,
                (BODY, BODY_WITH_HANDS)[rng.integers(2)],
                seed=100 * n + i,
                betas=(None, np.ones(10))[i % 2],
            )
            for i in range(rng.integers(0, 5))
        ]
        msg = copied(message.message(frame(*bodies, index=n), HEADER, float(n)))
        assert len(msg.bodies) == len(bodies)
        assert msg.sequence == n
        assert msg.operator_id == (1 if bodies else 0)
        for got, truth in zip(msg.bodies, bodies, strict=True):
            assert_same(got, truth)


def test_joint_messages():
    truth = body(5, states=np.array([STATES[i % 4] for i in range(len(BODY))], np.uint8))
    joints = BodiesMessage(RUN_ID).message(frame(truth), HEADER, 0.0).bodies[0].joints
    for name, i in BODY.index.items():
        stamped, pose = JointMessages(name).messages(frame(truth), HEADER)
        assert (stamped.header, stamped.body_id, stamped.estimator) == (HEADER, 5, "some")
        assert copied(stamped).joint == copied(joints[i])  # through float32
        if truth.states[i] in (JointState.TRACKED, JointState.PREDICTED):
            assert (pose.header, pose.pose) == (HEADER, joints[i].pose)
        else:
            assert pose is None
    assert JointMessages("left_thumb1").messages(frame(truth), HEADER) is None  # no hands


def test_a_pose_with_covariance_is_the_pose_and_its_ellipsoid():
    states = np.array([STATES[i % 4] for i in range(len(BODY))], np.uint8)
    truth = body(5, states=states)
    truth.position_stddev[::3, 1] = np.nan
    truth.orientation_confidence[1::2] = 0.0
    camera = np.array((1.0, -2.0, 3.0))  # of ``frame``
    published = 0
    for name, i in BODY.index.items():
        messages = JointMessages(name)
        msg = messages.pose_with_covariance(frame(truth), HEADER)
        known = states[i] in (JointState.TRACKED, JointState.PREDICTED) and i % 3
        assert (msg is not None) == bool(known)
        if msg is None:
            continue
        published += 1
        assert (msg.header, msg.pose.pose) == (HEADER, messages.messages(frame(truth), HEADER)[1].pose)
        covariance = copied(msg).pose.covariance.reshape(6, 6)
        across, along = truth.position_stddev[i]
        way = truth.positions[i] - camera
        sight = way / np.linalg.norm(way)
        side = np.cross(sight, (0.0, 0.0, 1.0))
        np.testing.assert_allclose(covariance[:3, :3] @ sight, along**2 * sight, atol=1e-12)
        np.testing.assert_allclose(covariance[:3, :3] @ side, across**2 * side, atol=1e-12)
        turn = np.pi**2 / 3.0 if i % 2 else 0.25
        np.testing.assert_allclose(covariance[3:, 3:], turn * np.eye(3))
        assert not covariance[:3, 3:].any() and not covariance[3:, :3].any()
    assert published > 5
    assert JointMessages("left_thumb1").pose_with_covariance(frame(truth), HEADER) is None  # no hands
    assert JointMessages("head").pose_with_covariance(frame(truth, operator_id=0), HEADER) is None
    assert JointMessages("head").pose_with_covariance(frame(), HEADER) is None


def test_joint_messages_that_are_filled_again_hold_nothing_old():
    messages = JointMessages("left_thumb3")
    for n in range(20):
        truth = body(n + 1, BODY_WITH_HANDS, seed=n, has_hands=True)
        header = Header(stamp=Time(sec=n), frame_id=f"cam{n}")
        stamped, pose = messages.messages(frame(truth), header)
        expected, expected_pose = JointMessages("left_thumb3").messages(frame(truth), header)
        assert copied(stamped) == copied(expected)
        assert pose == expected_pose
        row = BODY_WITH_HANDS.index["left_thumb3"]
        assert (stamped.joint.name, stamped.joint.parent) == ("left_thumb3", "left_thumb2")
        assert stamped.joint.pose.position.x == truth.positions[row, 0]


def test_joint_messages_are_the_operators():
    one, other = body(1), body(2, seed=1)
    head = JointMessages("head")
    assert head.messages(frame(one, other), HEADER)[0].body_id == 1
    assert head.messages(frame(other, one), HEADER)[0].body_id == 2
    assert head.messages(frame(one, operator_id=0), HEADER) is None
    assert head.messages(frame(), HEADER) is None


def test_latency():
    stages_ms = {"transport": 1.0, "wait": 2.0, "decode": 3.0, "regress": 4.0, "post": 5.0, "publish": 6.0}
    msg = copied(latency_message(HEADER, {**stages_ms, "other": 9.0}, 21.5, 3, 4))
    assert {name: getattr(msg, name) for name in stages_ms} == stages_ms
    assert (msg.header, msg.detect, msg.total, msg.dropped, msg.skipped) == (HEADER, 0.0, 21.5, 3, 4)


def test_every_field_of_latency_but_the_counts_is_filled():
    filled = set(Latency.get_fields_and_field_types()) - {"header", "total", "dropped", "skipped"}
    msg = latency_message(HEADER, dict.fromkeys(filled, 1.5), 1.5, 0, 0)
    assert {getattr(msg, name) for name in filled} == {1.5}


@pytest.mark.parametrize(
    ("sec", "nanosec"), [(0, 0), (0, 1), (1_700_000_000, 999_999_999), (2**31 - 1, 999_999_999), (-1, 0)]
)
def test_seconds(sec, nanosec):
    assert seconds(Time(sec=sec, nanosec=nanosec)) == pytest.approx(sec + nanosec * 1e-9, abs=3e-7)


def test_an_empty_array_is_a_message():
    msg = copied(BodiesMessage(RUN_ID).message(frame(), HEADER, 1.0))
    assert isinstance(msg, BodyPoseArray)
    assert (msg.bodies, msg.operator_id, msg.header) == ([], 0, HEADER)


def test_hands_come_and_go_in_a_message_that_is_used_again():
    rng = np.random.default_rng(3)
    hands = tuple(
        Hand(side, JointState.TRACKED, 0.5, rng.normal(size=(21, 3)).astype(np.float32), np.eye(3)[2], 0.25)
        for side in ("left", "right")
    )
    messages = BodiesMessage(RUN_ID)
    for given in (hands, hands[::-1], (), hands):
        msg = messages.message(frame(body(skeleton=BODY_WITH_HANDS, hands=given)), HEADER, 1.0)
        (sent,) = deserialize_message(serialize_message(msg), BodyPoseArray).bodies
        assert [hand.side for hand in sent.hands] == [hand.side for hand in given]
        for hand, truth in zip(sent.hands, given, strict=True):
            assert (hand.state, hand.confidence, hand.palm_angle) == (int(truth.state), 0.5, 0.25)
            np.testing.assert_array_equal([(p.x, p.y, p.z) for p in hand.keypoints], truth.points)
            assert (hand.palm_normal.x, hand.palm_normal.y, hand.palm_normal.z) == (0.0, 0.0, 1.0)
