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

"""Reads GEAR-SONIC's packets as its documentation has them: written from that, and from nothing of ours.

Source: NVlabs/GR00T-WholeBodyControl, ``docs/source/tutorials/zmq.md`` (versions, fields, shapes, types) and
the wire format at its subscriber: topic, 1280 bytes of JSON filled up with zeros, then the fields in the
header's order.
"""

import itertools
import json
import math
import struct
from dataclasses import dataclass
from typing import Any

HEADER_SIZE = 1280
SIZES = {"f32": ("f", 4), "f64": ("d", 8), "i32": ("i", 4), "i64": ("q", 8)}
COMMON = {"body_quat": ("f32", "f64"), "frame_index": ("i32", "i64")}
REQUIRED = {2: {"smpl_joints": ("f32", "f64"), "smpl_pose": ("f32", "f64"), **COMMON}}


class PacketError(Exception):
    """A packet is not what the documentation says."""


@dataclass(frozen=True)
class Packet:
    """One message: nested lists, outermost one for each frame."""

    version: int
    smpl_joints: list[Any]
    smpl_pose: list[Any]
    body_quat: list[list[float]]
    frame_index: list[int]


def read_packet(data: bytes, topic: bytes = b"pose") -> Packet:
    """Parse and check one message.

    Raises:
        PacketError: it is not as documented; says what.
    """
    need(data.startswith(topic), f"topic {data[: len(topic)]!r}")
    rest = data[len(topic) :]
    need(len(rest) >= HEADER_SIZE, f"{len(rest)} bytes are less than a header")
    text, _, padding = rest[:HEADER_SIZE].partition(b"\0")
    need(not padding.strip(b"\0"), "the header is not filled up with zeros")
    header = json.loads(text)
    order = {"le": "<", "be": ">"}[header["endian"]]
    version = header["v"]
    need(version in REQUIRED, f"version {version}")
    values, offset = {}, HEADER_SIZE
    for field in header["fields"]:
        letter, size = SIZES[field["dtype"]]
        shape = field["shape"]
        need(len(shape) >= 1 and all(isinstance(n, int) and n > 0 for n in shape), f"shape {shape}")
        count = math.prod(shape)
        need(offset + count * size <= len(rest), f"{field['name']} exceeds the message")
        numbers = struct.unpack_from(f"{order}{count}{letter}", rest, offset)
        offset += count * size
        values[field["name"]] = (field["dtype"], shape, nested(list(numbers), shape))
    need(offset == len(rest), f"{len(rest) - offset} bytes are left over")
    for name, types in REQUIRED[version].items():
        need(name in values, f"missing required field {name!r}")
        need(values[name][0] in types, f"{name} is {values[name][0]}")
    n = values["smpl_joints"][1][0]
    need(header["count"] == n, f"count {header['count']} for {n} frames")
    shapes = {"smpl_joints": [n, 24, 3], "smpl_pose": [n, 21, 3], "body_quat": [n, 4], "frame_index": [n]}
    for name, shape in shapes.items():
        need(values[name][1] == shape, f"{name} has shape {values[name][1]}")
    index = values["frame_index"][2]
    need(all(b == a + 1 for a, b in itertools.pairwise(index)), f"frame_index {index}")
    for quat in values["body_quat"][2]:
        need(abs(math.hypot(*quat) - 1.0) < 1e-5, f"body_quat {quat} is not of unit length")
    return Packet(version, *(values[name][2] for name in shapes))


def nested(numbers: list[Any], shape: list[int]) -> list[Any]:
    if len(shape) == 1:
        return numbers
    step = len(numbers) // shape[0]
    return [nested(numbers[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])]


def need(holds: bool, what: str) -> None:
    if not holds:
        raise PacketError(what)
