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

"""ONNX files taken apart as far as safety and speed need it, without any package that reads them whole.

An ONNX file is a Protocol Buffers message. Tensors may lie in other files, which an engine would follow to
wherever they point; nodes may name files of a compiled engine. Both are found here.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from frankmocap_ros.errors import AssetError

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_MOST_FIELDS: Final = 4_000_000
_DEEPEST: Final = 32
# messages and their fields that hold messages, from onnx.proto
_INSIDE: Final[dict[str, dict[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_GRAPH: Final = 7
_OUTPUT: Final = 12
_OP_TYPE: Final = 4
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14

Field = tuple[int, int, int, int]
"""Number, start of the whole field, start and end of its content."""


def check_onnx(data: memoryview) -> None:
    """Refuse what is no ONNX file, is cut off, or refers to other files.

    Raises:
        AssetError: with the reason.
    """
    left = [_MOST_FIELDS]
    numbers = {number for number, _, _, _ in _fields(data, 0, len(data))}
    if _GRAPH not in numbers:
        raise AssetError("is no ONNX file: it has no graph")
    _check(data, ("model", 0, len(data)), left, 0)


def with_outputs(data: memoryview, wanted: Sequence[int]) -> bytes:
    """The file with some of its outputs only, so that an engine computes nothing for the others.

    Args:
        data: as ``check_onnx`` lets it pass.
        wanted: numbers of the outputs, in the order that they are to have.
    """
    whole = list(_fields(data, 0, len(data)))
    at, start, end = next((at, start, end) for number, at, start, end in whole if number == _GRAPH)
    outputs: list[bytes] = []
    others: list[bytes] = []
    for number, field_at, _, field_end in _fields(data, start, end):
        (outputs if number == _OUTPUT else others).append(bytes(data[field_at:field_end]))
    graph = b"".join([*others, *(outputs[i] for i in wanted)])
    tag = _GRAPH << 3 | _BYTES
    return b"".join([bytes(data[:at]), bytes([tag]), _as_varint(len(graph)), graph, bytes(data[end:])])


def _check(data: memoryview, message: tuple[str, int, int], left: list[int], depth: int) -> None:
    kind, first, last = message
    if depth > _DEEPEST:
        raise AssetError(f"has graphs within graphs deeper than {_DEEPEST}")
    for number, _, start, end in _fields(data, first, last):
        left[0] -= 1
        if left[0] < 0:
            raise AssetError(f"has more than {_MOST_FIELDS} parts")
        if kind == "tensor" and (
            number == _EXTERNAL_DATA or (number == _DATA_LOCATION and bytes(data[start:end]) != b"\0")
        ):
            raise AssetError(
                "keeps its weights in another file (external data), which is not followed; save it as one "
                "file: onnx.save(onnx.load(FILE), NEW_FILE, save_as_external_data=False)"
            )
        if kind == "node" and number == _OP_TYPE and bytes(data[start:end]) == b"EPContext":
            raise AssetError(
                "refers to a compiled engine (EPContext), which is not followed; export it again"
            )
        inner = _INSIDE[kind].get(number)
        if inner is not None:
            _check(data, (inner, start, end), left, depth + 1)


def _fields(data: memoryview, at: int, end: int) -> Iterator[Field]:
    """Fields of one message.

    Raises:
        AssetError: it is none, or ends within a field.
    """
    while at < end:
        start = at
        tag, at = _varint(data, at, end)
        number, kind = tag >> 3, tag & 7
        begin = at
        if kind == _VARINT:
            _, at = _varint(data, at, end)
        elif kind == _EIGHT_BYTES:
            at += 8
        elif kind == _FOUR_BYTES:
            at += 4
        elif kind == _BYTES:
            length, begin = _varint(data, at, end)
            at = begin + length
        else:
            raise AssetError("is no ONNX file")
        if at > end or number == 0:
            raise AssetError("is no ONNX file, or ends too early")
        yield number, start, begin, at


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise AssetError("is no ONNX file, or ends too early")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise AssetError("is no ONNX file")


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
