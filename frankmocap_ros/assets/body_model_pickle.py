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

"""Numbers out of a pickle, without running what it says. The one module that reads pickles.

Three things stand in a pickle's way: its instructions must be on a list, every name that it calls must be on
another (``pickled.py``), and all of it happens in a child process with limits (``assets/child.py``).
"""

import io
import pickle
import pickletools
from typing import Any, Final

from frankmocap_ros.assets.entries import as_array
from frankmocap_ros.assets.pickled import ALLOWED, Numbers
from frankmocap_ros.errors import AssetError

_MAX_INSTRUCTIONS: Final = 2_000_000  # a body model has some hundreds
# What pickles of numbers are made of. Not here: INST and OBJ (classes of Python 1), EXT1 to EXT4 (names by
# number), PERSID and BINPERSID (names that the reader resolves), buffers from outside, DUP and POP.
_NAMES: Final = """
    PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE INT LONG LONG1 LONG4 BININT BININT1 BININT2 FLOAT BINFLOAT
    STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
    BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8
    EMPTY_LIST LIST APPEND APPENDS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3
    EMPTY_DICT DICT SETITEM SETITEMS EMPTY_SET ADDITEMS FROZENSET
    GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE
    GLOBAL STACK_GLOBAL REDUCE BUILD NEWOBJ
"""
_INSTRUCTIONS: Final = frozenset(_NAMES.split())
_MEMO: Final = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        return _stand_in(module_name, global_name)

    def persistent_load(self, pid: object) -> Any:
        raise AssetError("it names objects outside of the file")


def _stand_in(module: str, name: str) -> Any:
    found = ALLOWED.get((module, name))
    if found is None:
        raise AssetError(f"it names {module[:100]}.{name[:100]}, which a file of numbers does not need")
    return found


def _scan(data: bytes) -> None:
    """Read the instructions without following them.

    Raises:
        AssetError: one is not on the list, or there are too many.
    """
    for count, (instruction, argument, _) in enumerate(pickletools.genops(data)):
        if instruction.name not in _INSTRUCTIONS:
            raise AssetError(
                f"it holds the instruction {instruction.name}, which a file of numbers does not need"
            )
        if instruction.name == "GLOBAL":
            module, _, name = str(argument).partition(" ")
            _stand_in(module, name)
        too_far = instruction.name in _MEMO and isinstance(argument, int) and argument > _MAX_INSTRUCTIONS
        if too_far or count > _MAX_INSTRUCTIONS:
            raise AssetError(f"it holds more than {_MAX_INSTRUCTIONS} instructions")


def read_pickle(data: bytes) -> dict[str, Numbers]:
    """Arrays of a pickled dictionary by name; entries that are not numbers are left out.

    Sparse matrices come dense, chumpy's arrays as arrays. Text of Python 2 files is read as latin1.

    Raises:
        AssetError: the pickle is damaged, or holds what is not on the lists.
    """
    try:
        _scan(data)
        content = _Unpickler(io.BytesIO(data), encoding="latin1").load()
        if not isinstance(content, dict):
            raise AssetError(f"it holds a {type(content).__name__}, not a dictionary of arrays")
        found = {name: as_array(value) for name, value in content.items() if type(name) is str}
    except (AssetError, MemoryError):
        raise
    except Exception as error:  # a damaged stream fails in any of Python's ways
        raise AssetError(f"the pickle is damaged ({type(error).__name__}: {str(error)[:200]})") from error
    return {name: array for name, array in found.items() if array is not None}
