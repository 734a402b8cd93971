"""Serialized BodyPoseArray messages to what the gate sees of the operator.

rclpy makes some twenty objects for each joint of each body before anybody can look at one of them, which
takes longer than all that the gate does with a message: 0.42 ms for one body. Here the few joints that matter
are read from the bytes, in 0.06 ms.

Layout of the bytes: OMG, DDS Interoperability Wire Protocol 2.5, section 10 (CDR). Numbers are aligned to
their size, counted from behind a header of four bytes; strings and sequences begin with their length.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.errors import MessageError
from frankmocap_ros.geometry import IDENTITY_XYZW, Array, Mask
from frankmocap_ros.msg import JointPose
from frankmocap_ros.teleop.sight import Poses, Sight

_HEADER: Final = 4
_ORDERS: Final = {b"\x00\x01": "<", b"\x00\x00": ">"}  # of the plain representation
_JOINT: Final = "7d56x2fB"  # pose; local rotation and pixel are left out; both confidences, state


@dataclass(frozen=True, eq=False)
class Seen:
    """What one message says of the operator.

    Attributes:
        stamp_ns: the image's.
        frame_id: the camera's frame.
        operator_id: the operator's id; 0 for nobody.
        poses: of the watched joints; valid are those that are TRACKED or PREDICTED.
        tracked: shape (N,), which of them are TRACKED.
    """

    stamp_ns: int
    frame_id: str
    operator_id: int
    poses: Poses
    tracked: Mask

    def sight(self, captured_s: float) -> Sight:
        """The same with the image's time on the caller's clock [s]."""
        return Sight(captured_s, self.operator_id, self.poses, self.tracked)


class _Reader:
    """Goes along the bytes of a message.

    Attributes:
        at: where it is, counted from behind the header.
    """

    def __init__(self, data: bytes) -> None:
        order = _ORDERS.get(data[:2])
        if order is None:
            raise MessageError(
                f"the message is serialized in a way that is not read here: 0x{data[:2].hex()}; allowed: "
                "plain CDR, 0x0000 or 0x0001"
            )
        self._data = data[_HEADER:]
        self.at = 0
        self._count = struct.Struct(order + "I").unpack_from
        self._joint = struct.Struct(order + _JOINT)
        self._order = order

    def numbers(self, codes: str, size: int) -> tuple[int, ...]:
        """Numbers that are aligned to ``size`` bytes."""
        self.at += -self.at % size
        packed = struct.Struct(self._order + codes)
        found = packed.unpack_from(self._data, self.at)
        self.at += packed.size
        return found

    def count(self) -> int:
        """A length."""
        return self.numbers("I", 4)[0]

    def text(self) -> bytes:
        """A string."""
        size = self.count()
        self.at += size
        return self._data[self.at - size : self.at - 1]

    def joints(self, wanted: dict[bytes, int]) -> list[tuple[float, ...]]:
        """A sequence of joints; of the wanted ones their number, pose, confidences and state."""
        data, count, joint, size = self._data, self._count, self._joint, self._joint.size
        found = []
        joints, at = self.count(), self.at
        for _ in range(joints):
            at += -at & 3
            length = count(data, at)[0]
            i = wanted.get(data[at + 4 : at + 3 + length])
            at += 4 + length
            at += -at & 3
            at += 4 + count(data, at)[0]  # the parent's name
            at += -at & 7
            if i is not None:
                found.append((i, *joint.unpack_from(data, at)))
            at += size
        self.at = at
        return found


class SightReader:
    """Reads what matters to the gate.

    Args:
        watched: names of N joints.
    """

    def __init__(self, watched: Sequence[str]) -> None:
        self.watched = tuple(watched)
        self._numbers = {name.encode(): i for i, name in enumerate(watched)}

    def read(self, data: bytes) -> Seen:
        """What a serialized message says of the operator; nobody where there is none.

        Raises:
            MessageError: the bytes are no BodyPoseArray.
        """
        try:
            return self._read(_Reader(data))
        except (struct.error, UnicodeDecodeError) as error:
            raise MessageError(f"{len(data)} bytes are no BodyPoseArray: {error}") from error

    def _read(self, reader: _Reader) -> Seen:
        sec, nanosec = reader.numbers("iI", 4)
        frame_id = reader.text().decode()
        reader.numbers("Qff", 8)
        operator_id, bodies = reader.numbers("II", 4)
        has_3d = oriented = 0
        found: list[tuple[float, ...]] = []
        for _ in range(bodies if operator_id else 0):
            is_operator = reader.numbers("I", 4)[0] == operator_id
            reader.text()
            has_3d, oriented, _, _ = reader.numbers("4B", 1)
            reader.numbers("4f", 4)
            reader.numbers(f"{reader.count()}f", 4)
            if is_operator:
                found = reader.joints(self._numbers) if has_3d else []
                break
            reader.joints({})
        else:
            has_3d = 0  # the operator is not among them
        poses, tracked = self._poses(found, bool(oriented))
        stamp_ns = sec * 1_000_000_000 + nanosec
        return Seen(stamp_ns, frame_id, operator_id if has_3d else 0, poses, tracked)

    def _poses(self, found: list[tuple[float, ...]], oriented: bool) -> tuple[Poses, Mask]:
        n = len(self.watched)
        rows: Array = np.zeros((n, 10))
        rows[:, 3:7] = IDENTITY_XYZW
        if found:
            values = np.array(found)
            state = values[:, 10]
            values = values[(state == JointPose.TRACKED) | (state == JointPose.PREDICTED)]
            rows[values[:, 0].astype(np.intp)] = values[:, 1:]
        state = rows[:, 9]
        valid = state > 0
        poses = Poses(rows[:, :3], rows[:, 3:7], rows[:, 7], valid, valid & oriented & (rows[:, 8] > 0.0))
        return poses, state == JointPose.TRACKED
