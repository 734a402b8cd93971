"""Bodies as bytes: what arrives is what the plain message says, number by number."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from frankmocap_ros.body import Body, Frame, ScaleSource
from frankmocap_ros.geometry import Camera
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros import bodies_bytes
from frankmocap_ros.ros.bodies_bytes import BodiesBytes
from frankmocap_ros.ros.conversions import BodiesMessage
from frankmocap_ros.skeleton import BODY, BODY_WITH_HANDS

CAMERA = Camera.from_fov(640, 480, 60.0)
NAMES = ("", "cam", "camera_optical_frame", "größe/日本", "x" * 301, "mediapipe")


def pick(rng, values):
    return values[int(rng.integers(len(values)))]


def any_body(rng):
    """Any body there can be, of any layout."""
    skeleton = pick(rng, (BODY, BODY_WITH_HANDS))
    n = len(skeleton)

    def numbers(*shape):
        return rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4)

    return Body(
        id=pick(rng, (0, 1, 255, 2**32 - 1, int(rng.integers(2**32)))),
        estimator=pick(rng, NAMES),
        skeleton=skeleton,
        positions=numbers(n, 3),
        orientations_xyzw=numbers(n, 4),
        local_rotations_xyzw=numbers(n, 4),
        pixels=numbers(n, 2),
        confidence=numbers(n),
        orientation_confidence=numbers(n),
        states=rng.integers(0, 4, n).astype(np.uint8),
        box_xywh=numbers(4),
        scale_source=pick(rng, tuple(ScaleSource)),
        has_3d=bool(rng.integers(2)),
        has_orientation=bool(rng.integers(2)),
        has_hands=bool(rng.integers(2)),
        betas=pick(rng, (None, numbers(0), numbers(1), numbers(10), numbers(11))),
    )


def any_frame(rng, *bodies):
    """A frame of these bodies."""
    index, operator_id = int(rng.integers(2**64, dtype=np.uint64)), int(rng.integers(2**32))
    return Frame(index, 1.0, bodies, operator_id, {"a": float(rng.uniform(0, 99)), "b": 0.5}, CAMERA)


def any_header(rng, frame_id="cam"):
    sec, nanosec = int(rng.integers(-(2**31), 2**31)), int(rng.integers(2**32))
    return Header(stamp=Time(sec=sec, nanosec=nanosec), frame_id=frame_id)


def assert_as_plain(writer, frame, header, age_ms):
    """What is written is bytes, and says what the plain message says."""
    plain = deserialize_message(serialize_message(BodiesMessage().fill(frame, header, age_ms)), BodyPoseArray)
    written = writer.fill(frame, header, age_ms)
    assert type(written) is bytes
    assert deserialize_message(written, BodyPoseArray) == plain
    return written


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_random_bodies(count):
    writer = BodiesBytes()
    for seed in range(40):
        rng = np.random.default_rng([count, seed])
        frame = any_frame(rng, *(any_body(rng) for _ in range(count)))
        assert_as_plain(writer, frame, any_header(rng, pick(rng, NAMES)), float(rng.normal()))


def with_other_numbers(rng, body, dtype):
    """The same person in another image."""
    n = len(body.skeleton)
    return replace(
        body,
        id=int(rng.integers(2**32)),
        positions=rng.normal(size=(n, 3)).astype(dtype),
        orientations_xyzw=rng.normal(size=(n, 4)).astype(dtype),
        local_rotations_xyzw=rng.normal(size=(n, 4)).astype(dtype),
        pixels=rng.normal(size=(n, 2)).astype(dtype),
        confidence=rng.uniform(size=n).astype(dtype),
        orientation_confidence=rng.uniform(size=n).astype(dtype),
        states=rng.integers(0, 4, n).astype(np.uint8),
        box_xywh=rng.normal(size=4).astype(dtype),
        betas=None if body.betas is None else rng.normal(size=len(body.betas)).astype(dtype),
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_layout_holds_nothing_old(dtype):
    """Many frames of the same people, each with other numbers."""
    writer = BodiesBytes()
    people = [any_body(np.random.default_rng(seed)) for seed in range(3)]
    for seed in range(100):
        rng = np.random.default_rng(seed)
        frame = any_frame(rng, *(with_other_numbers(rng, person, dtype) for person in people))
        assert_as_plain(writer, frame, any_header(rng), float(rng.normal()))
    assert len(writer._layouts) == 1


def test_extreme_numbers():
    rng = np.random.default_rng(0)
    body = any_body(rng)
    numbers = np.array([0.0, -0.0, np.inf, -np.inf, 5e-324, 1.8e308, 1e-300])
    body = replace(
        body, positions=np.resize(numbers, body.positions.shape), pixels=np.resize(numbers, body.pixels.shape)
    )
    assert_as_plain(BodiesBytes(), any_frame(rng, body), any_header(rng), np.inf)
    nothing = replace(body, positions=np.full_like(body.positions, np.nan))
    arrived = deserialize_message(
        BodiesBytes().fill(any_frame(rng, nothing), any_header(rng), 1.0), BodyPoseArray
    )
    assert all(np.isnan(joint.pose.position.y) for joint in arrived.bodies[0].joints)


def test_what_was_written_stays():
    """The bytes of one frame are not those of the next."""
    rng = np.random.default_rng(3)
    body, writer = any_body(rng), BodiesBytes()
    first = writer.fill(any_frame(rng, body), any_header(rng), 1.0)
    copy = bytes(bytearray(first))
    writer.fill(any_frame(rng, replace(body, positions=body.positions + 1.0)), any_header(rng), 2.0)
    assert first == copy


def test_arrays_of_any_memory_layout():
    """Views with gaps, and in another order."""
    rng = np.random.default_rng(4)
    body = any_body(rng)
    n = len(body.skeleton)
    body = replace(
        body,
        positions=rng.normal(size=(3, n)).T,
        pixels=rng.normal(size=(n, 6))[:, ::3],
        confidence=rng.uniform(size=2 * n)[::-2],
    )
    assert_as_plain(BodiesBytes(), any_frame(rng, body), any_header(rng), 1.0)


def test_the_header_is_that_of_the_machine():
    """CDR says in its second byte who is the reader's byte order; numbers are written in the machine's."""
    rng = np.random.default_rng(5)
    written = assert_as_plain(BodiesBytes(), any_frame(rng, any_body(rng)), any_header(rng), 1.0)
    assert written[:2] == bytes([0, sys.byteorder == "little"])


def test_layouts_are_made_once_and_forgotten_in_the_end(monkeypatch):
    made = []
    layout = bodies_bytes._Layout
    monkeypatch.setattr(bodies_bytes, "_Layout", lambda *a: made.append(a[1].frame_id) or layout(*a))
    rng = np.random.default_rng(6)
    frame, writer = any_frame(rng, any_body(rng)), BodiesBytes()
    for number in range(100):
        writer.fill(frame, any_header(rng, "always"), 1.0)
        writer.fill(frame, any_header(rng, f"new{number}"), 1.0)
    assert made.count("always") == 1
    assert len(made) == 101
    assert len(writer._layouts) == bodies_bytes.LAYOUTS


@pytest.mark.parametrize("trouble", ["twice", "nowhere", "more than numbers"])
def test_plain_where_no_layout_is_found(monkeypatch, trouble):
    """A middleware whose bytes are not understood gets messages, and is asked once."""
    calls = []

    def serialized(msg):
        message = serialize_message(msg)
        calls.append(trouble)
        if trouble == "twice":
            return message + message[4:]
        if trouble == "nowhere":
            return bytes(reversed(message))
        return message.replace(b"pelvis", b"pelvi\0" if len(calls) % 2 else b"pelvis")

    monkeypatch.setattr(bodies_bytes, "serialize_message", serialized)
    rng = np.random.default_rng(7)
    writer = BodiesBytes()
    body = any_body(rng)
    for _ in range(3):
        frame, header = any_frame(rng, body), any_header(rng)
        written = writer.fill(frame, header, 2.5)
        assert isinstance(written, BodyPoseArray)
        assert serialize_message(written)[:4] == serialize_message(BodyPoseArray())[:4]
        assert written == BodiesMessage().fill(frame, header, 2.5)
    assert len(calls) in (1, 2)
