"""Frames to the bytes of a BodyPoseArray, as they go out: names are laid out once, numbers written each time.

rclpy reads a message field by field, some 20 for each joint; the middleware then packs what it read. For one
body that takes longer than sending it. Here rclpy serializes one message of a layout (who is seen by which
estimator, with which joints) full of numbers that are found again in its bytes. Every other message of the
layout differs in these places only. Nothing about the format is assumed but what is found and checked; where
that fails, messages go out the plain way.
"""

import struct
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from typing import Final

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from frankmocap_ros.body import Body, Frame
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.conversions import BodiesMessage

LAYOUTS: Final = 32
"""So many layouts are remembered. A new one comes with whoever enters or leaves, and takes some 3 ms."""

_STAMP: Final = struct.Struct("=iI")  # sec, nanosec
_FRAME: Final = struct.Struct("=QffI")  # sequence, inference_ms, age_ms, operator_id
_ID: Final = struct.Struct("=I")
_JOINT: Final = np.dtype(
    [
        ("position", np.float64, 3),
        ("orientation", np.float64, 4),
        ("local_rotation", np.float64, 4),
        ("pixel", np.float64, 3),
        ("confidence", np.float32),
        ("orientation_confidence", np.float32),
        ("state", np.uint8),
    ]
)
"""A JointPose without its names; in CDR these follow each other without padding."""


class _NoLayoutError(Exception):
    """The numbers do not lie where they can be written."""


def _key(frame: Frame, header: Header) -> Hashable:
    """What two frames have in common whose messages differ in numbers only."""
    return header.frame_id, tuple(
        (
            body.estimator,
            len(body.skeleton),
            body.has_3d,
            body.has_orientation,
            body.has_hands,
            body.scale_source,
            0 if body.betas is None else len(body.betas),
        )
        for body in frame.bodies
    )


def _marked(frame: Frame, header: Header, rng: np.random.Generator) -> tuple[Frame, Header, float]:
    """A frame of the same layout whose numbers are all different, its header and age [ms]."""

    def marked(body: Body) -> Body:
        n = len(body.skeleton)
        return replace(
            body,
            id=int(rng.integers(2**31, 2**32)),
            positions=rng.normal(size=(n, 3)),
            orientations_xyzw=rng.normal(size=(n, 4)),
            local_rotations_xyzw=rng.normal(size=(n, 4)),
            pixels=rng.normal(size=(n, 2)),
            confidence=rng.uniform(size=n),
            orientation_confidence=rng.uniform(size=n),
            states=rng.integers(0, 256, n).astype(np.uint8),
            box_xywh=rng.normal(size=4),
            betas=None if body.betas is None else rng.normal(size=len(body.betas)),
        )

    bodies = tuple(marked(body) for body in frame.bodies)
    sequence, operator_id = int(rng.integers(2**62, 2**63)), int(rng.integers(2**31, 2**32))
    inference_ms, age_ms = rng.uniform(1.0, 2.0, 2).tolist()
    other = replace(
        frame, index=sequence, bodies=bodies, operator_id=operator_id, stages_ms={"": inference_ms}
    )
    stamp = Time(sec=int(rng.integers(2**30, 2**31)), nanosec=int(rng.integers(2**31, 2**32)))
    return other, Header(stamp=stamp, frame_id=header.frame_id), age_ms


def _place(message: bytes, mark: bytes) -> int:
    """Where the mark is, which must be there once."""
    if message.count(mark) != 1:
        raise _NoLayoutError(f"{len(mark)} marked bytes are there {message.count(mark)} times")
    return message.index(mark)


class _BodyPlaces:
    """Where the numbers of one body belong in a message.

    Args:
        body: the body in that message.
        message: the message's bytes.
        out: what numbers are written into, as long as ``message``.
    """

    def __init__(self, body: Body, message: bytes, out: bytearray) -> None:
        self._out = out
        self._bytes = np.frombuffer(out, np.uint8)
        self._id_at = _place(message, _ID.pack(body.id))
        self._floats = [
            (np.frombuffer(out, np.float32, len(values), _place(message, values.tobytes())))
            for values in self._floats_of(body)
        ]
        self._rows = np.zeros(len(body.skeleton), _JOINT)
        self._fill(body)
        starts = [_place(message, row.tobytes()) for row in self._rows]
        self._rows_at = np.add.outer(starts, np.arange(_JOINT.itemsize)).ravel()

    def write(self, body: Body) -> None:
        """Write a body of the same layout."""
        _ID.pack_into(self._out, self._id_at, body.id)
        for place, values in zip(self._floats, self._floats_of(body), strict=True):
            place[:] = values
        self._fill(body)
        self._bytes[self._rows_at] = self._rows.view(np.uint8)

    @staticmethod
    def _floats_of(body: Body) -> list[np.ndarray]:
        shape = () if body.betas is None or not len(body.betas) else (body.betas,)
        return [np.asarray(values, np.float32) for values in (body.box_xywh, *shape)]

    def _fill(self, body: Body) -> None:
        rows = self._rows
        rows["position"] = body.positions
        rows["orientation"] = body.orientations_xyzw
        rows["local_rotation"] = body.local_rotations_xyzw
        rows["pixel"][:, :2] = body.pixels
        rows["confidence"] = body.confidence
        rows["orientation_confidence"] = body.orientation_confidence
        rows["state"] = body.states


class _Layout:
    """The bytes of one layout, and where its numbers belong.

    Raises:
        _NoLayoutError: that cannot be told.
    """

    def __init__(self, frame: Frame, header: Header) -> None:
        rng = np.random.default_rng(0)
        marked, marked_header, age_ms = _marked(frame, header, rng)
        message = serialize_message(BodiesMessage().fill(marked, marked_header, age_ms))
        self._out = bytearray(message)
        self._stamp_at = _place(message, self._stamp(marked_header))
        self._frame_at = _place(message, self._numbers(marked, age_ms))
        self._bodies = [_BodyPlaces(body, message, self._out) for body in marked.bodies]
        self._check(*_marked(frame, header, rng))

    def write(self, frame: Frame, header: Header, age_ms: float) -> bytes:
        """The message of a frame of this layout."""
        _STAMP.pack_into(self._out, self._stamp_at, header.stamp.sec, header.stamp.nanosec)
        numbers = (frame.index, frame.inference_ms, age_ms, frame.operator_id)
        _FRAME.pack_into(self._out, self._frame_at, *numbers)
        for places, body in zip(self._bodies, frame.bodies, strict=True):
            places.write(body)
        return bytes(self._out)

    @staticmethod
    def _stamp(header: Header) -> bytes:
        return _STAMP.pack(header.stamp.sec, header.stamp.nanosec)

    @staticmethod
    def _numbers(frame: Frame, age_ms: float) -> bytes:
        return _FRAME.pack(frame.index, frame.inference_ms, age_ms, frame.operator_id)

    def _check(self, frame: Frame, header: Header, age_ms: float) -> None:
        """Whether other numbers come out as rclpy has them. Padding may hold anything."""
        plain = serialize_message(BodiesMessage().fill(frame, header, age_ms))
        written = self.write(frame, header, age_ms)
        if deserialize_message(written, BodyPoseArray) != deserialize_message(plain, BodyPoseArray):
            raise _NoLayoutError("a message with other numbers differs elsewhere")


class BodiesBytes:
    """Makes what ``Publisher.publish`` takes for each frame. For one thread."""

    def __init__(self) -> None:
        self._plain = BodiesMessage()
        self._layouts: OrderedDict[Hashable, _Layout | None] = OrderedDict()

    def fill(self, frame: Frame, header: Header, age_ms: float) -> bytes | BodyPoseArray:
        """The frame as a serialized BodyPoseArray, or as a message where no layout is found.

        A message holds until the next ``fill``.

        Args:
            frame: what to publish.
            header: of the image.
            age_ms: of the image [ms].
        """
        layout = self._layout(frame, header)
        if layout is None:
            return self._plain.fill(frame, header, age_ms)
        return layout.write(frame, header, age_ms)

    def _layout(self, frame: Frame, header: Header) -> _Layout | None:
        key = _key(frame, header)
        if key in self._layouts:
            self._layouts.move_to_end(key)
            return self._layouts[key]
        try:
            layout = _Layout(frame, header)
        except _NoLayoutError:
            layout = None
        self._layouts[key] = layout
        if len(self._layouts) > LAYOUTS:
            self._layouts.popitem(last=False)
        return layout
