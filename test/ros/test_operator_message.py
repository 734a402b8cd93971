"""Serialized messages to what the gate sees: the same as rclpy reads, whatever is in them."""

import contextlib
import struct

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from frankmocap_ros.errors import MessageError
from frankmocap_ros.geometry import IDENTITY_XYZW
from frankmocap_ros.msg import BodyPose, BodyPoseArray, JointPose
from frankmocap_ros.ros.sights import SightReader
from frankmocap_ros.skeleton import BODY_WITH_HANDS

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
            body.joints.append(joint)
        msg.bodies.append(body)
    msg.operator_id = 0 if operator is None else operator + 1
    return msg


def check(seen, msg):
    """What was read is what the message says."""
    assert seen.stamp_ns == msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec
    assert seen.frame_id == msg.header.frame_id
    body = next((b for b in msg.bodies if msg.operator_id and b.id == msg.operator_id and b.has_3d), None)
    assert seen.operator_id == (body.id if body else 0)
    joints = {j.name: j for j in body.joints} if body else {}
    for i, name in enumerate(WATCHED):
        joint, poses = joints.get(name), seen.poses
        if joint is None or joint.state not in (JointPose.TRACKED, JointPose.PREDICTED):
            assert not poses.valid[i] and not poses.oriented[i] and not seen.tracked[i]
            assert (poses.positions[i] == 0.0).all() and (poses.orientations[i] == IDENTITY_XYZW).all()
            assert poses.confidence[i] == 0.0
            continue
        p, q = joint.pose.position, joint.pose.orientation
        assert poses.positions[i].tolist() == [p.x, p.y, p.z]
        assert poses.orientations[i].tolist() == [q.x, q.y, q.z, q.w]
        assert poses.confidence[i] == joint.confidence and poses.valid[i]
        assert seen.tracked[i] == (joint.state == JointPose.TRACKED)
        assert poses.oriented[i] == (body.has_orientation and joint.orientation_confidence > 0.0)


@pytest.mark.parametrize("bodies", [0, 1, 2, 4])
def test_what_is_read_is_what_rclpy_reads(bodies):
    reader = SightReader(WATCHED)
    followed = 0
    for seed in range(60):
        rng = np.random.default_rng([bodies, seed])
        operator = None if not bodies or seed % 5 == 0 else int(rng.integers(bodies + 1))  # or is not there
        data = serialize_message(random_message(rng, bodies, operator=operator))
        seen = reader.read(data)
        check(seen, deserialize_message(data, BodyPoseArray))
        followed += int(seen.poses.valid.sum())
    assert followed > 20 or not bodies


def test_the_other_byte_order_is_read():
    data = bytearray()

    def add(code, *values, align=4):
        data.extend(bytes(-len(data) % align) + struct.pack(">" + code, *values))

    def text(value):
        add("I", len(value) + 1)
        data.extend(value + b"\0")

    add("iI", 5, 6)
    text(b"cam")
    add("QffII", 1, 2.0, 3.0, 9, 1, align=8)
    add("I", 9)
    text(b"estimator")
    add("4B", 1, 1, 0, 0, align=1)
    add("4f", 1.0, 2.0, 3.0, 4.0)
    add("I", 0)
    add("I", 1)
    text(b"head")
    text(b"neck")
    add("14d", *range(14), align=8)
    add("2fB", 0.5, 0.25, JointPose.TRACKED)
    seen = SightReader(["head"]).read(b"\x00\x00\x00\x00" + bytes(data))
    assert (seen.stamp_ns, seen.frame_id, seen.operator_id) == (5 * 10**9 + 6, "cam", 9)
    assert seen.poses.positions.tolist() == [[0, 1, 2]] and seen.poses.orientations.tolist() == [[3, 4, 5, 6]]
    assert seen.poses.confidence.tolist() == [0.5] and seen.poses.oriented.all() and seen.tracked.all()


def test_bytes_that_are_no_message_are_told_as_such():
    reader = SightReader(WATCHED)
    whole = serialize_message(random_message(np.random.default_rng(1), 2, operator=1))
    with pytest.raises(MessageError, match="0x0009; allowed: plain CDR"):
        reader.read(b"\x00\x09" + whole[2:])
    for size in (0, 1, 4, 5, 20, 60, 200, len(whole) // 2):
        with pytest.raises(MessageError):
            reader.read(whole[:size])
    rng = np.random.default_rng(0)
    for _ in range(2000):  # whatever comes, nothing else is raised, and it does not take for ever
        damaged = bytearray(whole)
        for at in rng.integers(4, len(whole), 8):
            damaged[at] = int(rng.integers(256))
        with contextlib.suppress(MessageError):
            reader.read(bytes(damaged))
