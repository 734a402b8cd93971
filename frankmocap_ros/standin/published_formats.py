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

"""Files as Python 2 and torch before 1.6 wrote them, which is what users of FrankMocap have.

SMPL's file is a pickle of protocol 2 from Python 2: text and the bytes of arrays are one type, and the arrays
are chumpy's, the sparse ones scipy's. Neither package is needed here, nor is Python's pickler, which cannot
write such text: a pickle is a list of instructions (``pickletools`` names them), and these few do. The same
instructions make torch's old checkpoints, in each run the same bytes.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.generic]

_TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # these two numbers start a checkpoint
_TORCH_PROTOCOL = 1001
# what a chumpy array keeps beside its numbers
_CHUMPYS_OWN: Mapping[str, object] = {
    "_dirty_vars": {"x"},
    "_itr": None,
    "_make_dense": False,
    "_make_sparse": False,
    "_depends_on_deps": {},
}
_STORAGES = {"float32": "FloatStorage", "int64": "LongStorage"}


@dataclass(frozen=True, eq=False)
class Chumpy:
    """An array that is written as ``chumpy.ch.Ch``."""

    array: Numbers


@dataclass(frozen=True, eq=False)
class Csc:
    """A dense matrix that is written as ``scipy.sparse.csc.csc_matrix``."""

    matrix: Numbers


@dataclass(frozen=True)
class _Name:
    """A class or function by its name."""

    module: str
    name: str


@dataclass(frozen=True, eq=False)
class _Tensor:
    """A tensor whose numbers stand elsewhere in the file, under a key."""

    key: str
    array: Numbers


class _Writer:
    """Values as pickle instructions of protocol 2.

    Args:
        out: where to.
        python2: whether text is Python 2's ``str``, else it is unicode.
    """

    def __init__(self, out: BinaryIO, python2: bool) -> None:
        self._out = out.write
        self._python2 = python2

    def dump(self, value: object) -> None:
        """Write one whole pickle."""
        self._out(b"\x80\x02")
        self._put(value)
        self._out(b".")

    def _put(self, value: Any) -> None:
        kind = type(value)
        if value is None or kind is bool:
            self._out({None: b"N", True: b"\x88", False: b"\x89"}[value])
        elif kind is int:
            self._int(value)
        elif kind is str:
            self._text(value)
        elif kind is tuple:
            self._marked(b"(", value, b"t")
        elif kind is list:
            self._marked(b"](", value, b"e")
        elif kind is dict:
            self._marked(b"}(", [part for item in value.items() for part in item], b"u")
        elif isinstance(value, np.ndarray):
            self._array(value)
        else:
            self._special(value)

    def _marked(self, start: bytes, values: Iterable[object], end: bytes) -> None:
        self._out(start)
        for value in values:
            self._put(value)
        self._out(end)

    def _special(self, value: Any) -> None:
        """What goes by a class's or function's name."""
        if isinstance(value, _Name):
            self._out(f"c{value.module}\n{value.name}\n".encode())
        elif isinstance(value, set):
            self._call(_Name("__builtin__", "set"), sorted(value))
        elif isinstance(value, _Tensor):
            self._tensor(value)
        elif isinstance(value, Chumpy):
            self._object(_Name("chumpy.ch", "Ch"), {"x": value.array, **_CHUMPYS_OWN})
        elif isinstance(value, Csc):
            self._object(_Name("scipy.sparse.csc", "csc_matrix"), _csc_state(value.matrix))
        else:
            raise TypeError(f"{type(value).__name__} has no place in these files")

    def _int(self, value: int) -> None:
        if -(2**31) <= value < 2**31:
            self._out(b"J" + struct.pack("<i", value))
        else:
            raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            self._out(b"\x8a" + bytes([len(raw)]) + raw)

    def _text(self, text: str) -> None:
        if self._python2:
            raw = text.encode("latin1")
            self._out(b"U" + bytes([len(raw)]) + raw)
        else:
            raw = text.encode()
            self._out(b"X" + struct.pack("<I", len(raw)) + raw)

    def _call(self, name: _Name, *arguments: object) -> None:
        self._put(name)
        self._put(arguments)
        self._out(b"R")

    def _object(self, name: _Name, state: Mapping[str, object]) -> None:
        self._put(name)
        self._out(b")\x81")  # an object of the class, made without arguments
        self._put(dict(state))
        self._out(b"b")

    def _array(self, array: Numbers) -> None:
        order = "|" if array.dtype.itemsize == 1 else "<"
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        self._call(_Name("numpy.core.multiarray", "_reconstruct"), _Name("numpy", "ndarray"), (0,), "b")
        self._out(b"(")
        self._put(1)
        self._put(array.shape)
        self._call(_Name("numpy", "dtype"), array.dtype.str[1:], 0, 1)
        self._put((3, order, None, None, None, -1, -1, 0))
        self._out(b"b\x89")
        self._out(b"T" + struct.pack("<i", array.nbytes))
        self._out(array.data)
        self._out(b"tb")

    def _tensor(self, tensor: _Tensor) -> None:
        array = tensor.array
        strides = tuple(step // array.itemsize for step in array.strides)
        self._put(_Name("torch._utils", "_rebuild_tensor_v2"))
        self._out(b"(")
        storage = _Name("torch", _STORAGES[array.dtype.name])
        self._put(("storage", storage, tensor.key, "cpu", array.size, None))
        self._out(b"Q")
        for argument in (0, array.shape, strides, False):
            self._put(argument)
        self._call(_Name("collections", "OrderedDict"))
        self._out(b"tR")


def _csc_state(matrix: Numbers) -> dict[str, object]:
    """The attributes of scipy's matrix, stored by columns."""
    columns, rows = np.nonzero(matrix.T)
    starts = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=matrix.shape[1]))])
    return {
        "_shape": tuple(int(side) for side in matrix.shape),
        "data": matrix[rows, columns],
        "indices": rows.astype(np.int32),
        "indptr": starts.astype(np.int32),
        "format": "csc",
        "maxprint": 50,
    }


def write_pickle(out: BinaryIO, content: Mapping[str, object]) -> None:
    """Write a dictionary as Python 2 did.

    Args:
        out: where to.
        content: values are arrays, ``Chumpy``, ``Csc``, text, whole numbers, or dictionaries of these.
    """
    _Writer(out, python2=True).dump(dict(content))


def write_checkpoint(out: BinaryIO, state: Mapping[str, Numbers], under: str) -> None:
    """Write tensors as ``torch.save`` did before 1.6.

    Args:
        out: where to.
        state: key -> array, float32 or int64.
        under: name in the outer dictionary.
    """
    # numbers as storage keys, where torch takes addresses: the same bytes in each run
    tensors = {
        key: _Tensor(str(i), np.asarray(array, order="C")) for i, (key, array) in enumerate(state.items())
    }
    writer = _Writer(out, python2=False)
    sizes = {"short": 2, "int": 4, "long": 4}
    writer.dump(_TORCH_MAGIC)
    writer.dump(_TORCH_PROTOCOL)
    writer.dump({"protocol_version": _TORCH_PROTOCOL, "little_endian": True, "type_sizes": sizes})
    writer.dump({under: tensors})
    writer.dump([tensor.key for tensor in tensors.values()])
    for tensor in tensors.values():
        out.write(struct.pack("<q", tensor.array.size))
        out.write(np.ascontiguousarray(tensor.array).reshape(-1).data)
