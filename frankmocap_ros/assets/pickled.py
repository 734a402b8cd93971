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

"""What a pickle of a body model may hold: our own stand-ins for the classes that such a file names.

A pickle is a program. It names classes and functions, calls them (REDUCE, NEWOBJ) and hands state to what
came out (BUILD). Here each name leads to a class of this module, which checks what it is given and keeps
plain data. None of them is a Python function, and their class attributes cannot be set: BUILD can aim at any
object on the stack, and could otherwise give a function another ``__code__``.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import AssetError

Numbers = NDArray[np.generic]

_MAX_DIMENSIONS: Final = 8
_NUMBER_CODE: Final = re.compile(r"[biuf][1248]|\?")


def refuse(text: str) -> NoReturn:
    """Raise the reason for which a file is not read."""
    raise AssetError(text)


class _Sealed(type):
    """Type of classes whose attributes nobody changes."""

    def __setattr__(cls, name: str, value: object) -> None:
        refuse(f"it changes the class {cls.__name__}")

    def __delattr__(cls, name: str) -> None:
        refuse(f"it changes the class {cls.__name__}")


class Opaque(metaclass=_Sealed):
    """Takes whatever it is given and keeps nothing of it."""

    __slots__ = ()

    def __init__(self, *arguments: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


class Anything(Opaque):
    """``object``: only a name that ``copyreg._reconstructor`` is given."""

    __slots__ = ()


class PlainDict(dict[Any, Any], metaclass=_Sealed):
    """``collections.OrderedDict``, whose attributes nobody needs."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            refuse("the state of a dictionary is malformed")


class DType(metaclass=_Sealed):
    """``numpy.dtype``: a code such as ``f8`` and a byte order."""

    __slots__ = ("code", "order")

    def __init__(self, code: object, *_: object) -> None:
        self.code = code if isinstance(code, str) else ""
        self.order = "|"

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or not isinstance(state[1], str):
            refuse("the state of a dtype is malformed")
        if any(part is not None for part in state[2:5]):
            self.code = ""  # a dtype with fields holds no plain numbers
        self.order = state[1] if state[1] in ("<", ">", "=") else "|"

    def resolved(self) -> "np.dtype[Any] | None":
        """The dtype of plain numbers; None where this is one of objects, text or records."""
        return np.dtype(self.order + self.code) if _NUMBER_CODE.fullmatch(self.code) else None


class Array(metaclass=_Sealed):
    """``numpy.ndarray``: numbers, or None in their place where the file holds objects or text.

    An array of objects is never made: what stands in its place in the file stays unread.
    """

    __slots__ = ("value",)

    def __init__(self, *arguments: object) -> None:
        self.value: Numbers | None = None
        if arguments:
            refuse("it makes an array by another way than numpy's")

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            refuse("the state of an array is malformed")
        _, shape, dtype, column_major, raw = state
        self.value = _numbers(raw, dtype, shape, "F" if column_major is True or column_major == 1 else "C")


def _numbers(raw: object, dtype: object, shape: object, order: str) -> Numbers | None:
    """An array from its bytes, which it does not copy; None where it is not one of numbers.

    Raises:
        AssetError: the parts do not fit each other.
    """
    if not isinstance(dtype, DType):
        refuse("an array without a dtype")
    found = dtype.resolved()
    if found is None:
        return None
    if isinstance(raw, str):  # bytes of a Python 2 file
        raw = raw.encode("latin1")
    if not isinstance(raw, bytes | bytearray):
        refuse("an array of numbers without bytes")
    if not isinstance(shape, tuple) or len(shape) > _MAX_DIMENSIONS:
        refuse("an array without a shape")
    if not all(type(side) is int and side >= 0 for side in shape):
        refuse("an array with a malformed shape")
    if math.prod(shape) * found.itemsize != len(raw):
        refuse(f"an array of shape {shape} and type {found} holds {len(raw)} bytes")
    array = np.frombuffer(raw, found)
    return array.reshape(shape, order="F") if order == "F" else array.reshape(shape)


class Reconstruct(metaclass=_Sealed):
    """``numpy.core.multiarray._reconstruct``: an empty array, which BUILD then fills."""

    __slots__ = ()

    def __new__(cls, kind: object, *_: object) -> Any:
        """Return the array."""
        if kind is not Array:
            refuse("it makes something else than an array by numpy's constructor")
        return Array()

    def __setstate__(self, state: object) -> None:
        refuse("it changes a constructor")


class Scalar(Reconstruct):
    """``numpy.core.multiarray.scalar``: one number."""

    __slots__ = ()

    def __new__(cls, dtype: object, raw: object = b"", *_: object) -> Any:
        """Return it as an array without dimensions."""
        array = Array()
        array.value = _numbers(raw, dtype, (), "C")
        return array


class FromBuffer(Reconstruct):
    """``numpy.core.numeric._frombuffer``: an array from bytes, as pickle's protocol 5 holds it."""

    __slots__ = ()

    def __new__(cls, raw: object, dtype: object, shape: object, order: object = "C") -> Any:
        """Return the array."""
        array = Array()
        array.value = _numbers(raw, dtype, shape, "F" if order == "F" else "C")
        return array


class Encode(Reconstruct):
    """``_codecs.encode``: bytes in a file of protocols 0 to 2."""

    __slots__ = ()

    def __new__(cls, text: object, encoding: object = "", *_: object) -> Any:
        """Return the bytes."""
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            refuse("it encodes text by another way than latin1")
        return text.encode("latin1")


class NoBytes(Reconstruct):
    """``bytes``: the empty ones, in a file of protocols 0 to 2."""

    __slots__ = ()

    def __new__(cls, *arguments: object) -> Any:
        """Return ``b""``."""
        if arguments:
            refuse("it makes bytes by another way than pickle's")
        return b""


class _Stateful(metaclass=_Sealed):
    """An object that is a dictionary of attributes; only ``state`` keeps it."""

    __slots__ = ("state",)

    def __init__(self, *arguments: object) -> None:
        self.state: Mapping[Any, Any] = {}

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            refuse(f"the state of {type(self).__name__} is malformed")
        self.state = state


class Chumpy(_Stateful):
    """``chumpy.ch.Ch``: its array is the attribute ``x``."""

    __slots__ = ()


class ChumpySelect(_Stateful):
    """``chumpy.reordering.Select``: entries ``idxs`` of the flat array ``a``, as ``preferred_shape``."""

    __slots__ = ()


class Csc(_Stateful):
    """``scipy.sparse.csc_matrix``: ``data``, ``indices``, ``indptr`` and a shape."""

    __slots__ = ()


class Reconstructor(Reconstruct):
    """``copyreg._reconstructor``: an object of one of this module's classes, which BUILD then fills."""

    __slots__ = ()

    def __new__(cls, kind: object = None, base: object = None, state: object = None) -> Any:
        """Return the object."""
        listed = kind is Chumpy or kind is ChumpySelect or kind is Csc or kind is Opaque
        if listed and isinstance(kind, type) and base is Anything and state is None:
            return kind()
        return refuse("it makes an object of a class that is not on the list")


def _allowed() -> dict[tuple[str, str], Any]:
    """Everything that a pickle may name: (module, name) -> stand-in."""
    named: dict[tuple[str, str], Any] = {
        ("collections", "OrderedDict"): PlainDict,
        ("_codecs", "encode"): Encode,
    }
    for core in ("numpy.core", "numpy._core"):
        named[f"{core}.multiarray", "_reconstruct"] = Reconstruct
        named[f"{core}.multiarray", "scalar"] = Scalar
        named[f"{core}.numeric", "_frombuffer"] = FromBuffer
    named["numpy", "ndarray"] = Array
    named["numpy", "dtype"] = DType
    for builtins in ("__builtin__", "builtins"):
        named[builtins, "object"] = Anything
        named[builtins, "bytes"] = NoBytes
        named[builtins, "set"] = named[builtins, "frozenset"] = Opaque  # in chumpy's housekeeping
    for copyreg in ("copy_reg", "copyreg"):
        named[copyreg, "_reconstructor"] = Reconstructor
    named["chumpy.ch", "Ch"] = Chumpy
    named["chumpy.reordering", "Select"] = ChumpySelect
    # results of a computation, which SMPL's files carry beside what they were computed from
    for module, name in (("ch", "MatVecMult"), ("reordering", "transpose"), ("ch_ops", "add")):
        named[f"chumpy.{module}", name] = Opaque
    for csc in ("scipy.sparse", "scipy.sparse.csc", "scipy.sparse._csc"):
        named[csc, "csc_matrix"] = Csc
    return named


ALLOWED: Final[Mapping[tuple[str, str], Any]] = _allowed()
