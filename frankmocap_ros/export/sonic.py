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

"""Postures as packets for GEAR-SONIC's deployment (NVlabs/GR00T-WholeBodyControl): stream protocol 2.

A packet is one message part: the topic's name, a header of 1280 bytes (JSON, filled up with zeros), and the
fields' numbers one after the other, little-endian, in the order in which the header names them::

    smpl_joints  f32 [N, 24, 3]  joints in the pelvis's frame: x forward, y left, z up [m]
    smpl_pose    f32 [N, 21, 3]  joints 1 to 21 relative to their parents, axis times angle, in SMPL's own
                                 axes (x left, y up, z out of the chest), zero in the rest pose [rad]
    body_quat    f32 [N, 4]      the pelvis in a world with z up, w x y z; the identity stands upright and
                                 faces along x, that is, SMPL's rest rotation is taken off
    frame_index  i64 [N]         number of the frame, one more for each

The sources are that repository's pages "Streaming Motion Tracking" (fields, types, versions) and "Coordinate
Frame and Rotation Conventions" (z up, scalar first), the description of the wire format at its subscriber,
and for the pelvis's frame the conversion of its own streamer.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.posture import BodyPosture
from frankmocap_ros.geometry.rotation import Array

TOPIC: Final = b"pose"
HEADER_BYTES: Final = 1280
VERSION: Final = 2
_POSED: Final = 21  # joints with a rotation of their own: all but the pelvis and the two hands
_SCALAR_FIRST: Final = [3, 0, 1, 2]


@dataclass(frozen=True, eq=False)
class SonicFrame:
    """One frame as it is sent.

    Attributes:
        smpl_joints: shape (24, 3) [m].
        smpl_pose: shape (21, 3) [rad].
        body_quat: shape (4,), w x y z.
    """

    smpl_joints: Array
    smpl_pose: Array
    body_quat: Array

    @classmethod
    def of(cls, posture: BodyPosture) -> "SonicFrame":
        """A posture as a frame."""
        vectors = posture.rotation_vectors()[:_POSED]
        return cls(posture.in_pelvis(), vectors, posture.rotations[0][_SCALAR_FIRST])


def sonic_packet(frames: Sequence[SonicFrame], first_index: int) -> bytes:
    """One packet.

    Args:
        frames: N consecutive ones, at least one, the oldest first.
        first_index: number of the oldest one.
    """
    n = len(frames)
    fields = {
        "smpl_joints": np.stack([f.smpl_joints for f in frames]).astype("<f4"),
        "smpl_pose": np.stack([f.smpl_pose for f in frames]).astype("<f4"),
        "body_quat": np.stack([f.body_quat for f in frames]).astype("<f4"),
        "frame_index": np.arange(first_index, first_index + n, dtype="<i8"),
    }
    named = [
        {"name": name, "dtype": f"{values.dtype.kind}{8 * values.dtype.itemsize}", "shape": values.shape}
        for name, values in fields.items()
    ]
    header = {"v": VERSION, "endian": "le", "count": n, "fields": named}
    text = json.dumps(header, separators=(",", ":")).encode().ljust(HEADER_BYTES, b"\0")
    return b"".join((TOPIC, text, *(values.tobytes() for values in fields.values())))
