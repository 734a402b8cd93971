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

"""Numbers out of numpy's own files, and into them."""

import io
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.pickled import Numbers
from frankmocap_ros.errors import AssetError

_format: Any = np.lib.format  # not typed
_MAX_HEADER: Final = 1 << 16
_BLOCK: Final = 1 << 20
_MAX_BYTES: Final = 1 << 31  # what an archive may unpack to


def read_npz(source: bytes | BinaryIO, names: Collection[str] | None = None) -> dict[str, Numbers]:
    """Arrays of an archive by name; those that do not hold numbers are left out.

    Args:
        source: the archive, or the open file of it.
        names: which arrays, of those that are there; None for all.

    Raises:
        AssetError: the archive is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise AssetError(f"it unpacks to more than {_MAX_BYTES >> 20} MB")
            entries = {
                entry.filename.removesuffix(".npy"): entry
                for entry in archive.infolist()
                if entry.filename.endswith(".npy")
            }
            found = {
                name: _array(_unpacked(archive, entry))
                for name, entry in entries.items()
                if names is None or name in names
            }
    except (AssetError, MemoryError):
        raise
    except Exception as error:  # a damaged archive fails in any of Python's ways
        raise AssetError(f"the archive is damaged ({type(error).__name__}: {str(error)[:200]})") from error
    return {name: array for name, array in found.items() if array is not None}


def read_npy(data: bytes) -> dict[str, Numbers]:
    """The array of a file, under the name ``array``.

    Raises:
        AssetError: the file is damaged, or holds no numbers.
    """
    try:
        array = _array(np.frombuffer(data, np.uint8).copy())
    except (AssetError, MemoryError):
        raise
    except Exception as error:
        raise AssetError(f"the array is damaged ({type(error).__name__}: {str(error)[:200]})") from error
    if array is None:
        raise AssetError("it holds no numbers")
    return {"array": array}


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[np.uint8]:
    """An entry's bytes, in memory that the array on it may change."""
    # not a bytearray: that is filled with zeros first, and lets no other thread run meanwhile
    data = np.empty(entry.file_size, np.uint8)
    with archive.open(entry) as file:
        for at in range(0, len(data), _BLOCK):
            block = file.read(min(_BLOCK, len(data) - at))
            if not block:
                raise AssetError(f"{entry.filename[:100]} is shorter than the archive says")
            data[at : at + len(block)] = np.frombuffer(block, np.uint8)
        file.read(1)  # at its end the checksum is compared
    return data


def _array(data: NDArray[np.uint8]) -> Numbers | None:
    """An array on a file's bytes, which it does not copy; None where it holds objects, text or records."""
    header = io.BytesIO(data[:_MAX_HEADER].tobytes())
    version = _format.read_magic(header)
    read = {
        (1, 0): _format.read_array_header_1_0,
        (2, 0): _format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise AssetError(f"its version {version} of numpy's format holds no plain numbers")
    shape, column_major, dtype = read(header)
    if dtype.kind not in "biuf" or dtype.hasobject:
        return None
    flat: Numbers = np.frombuffer(data, dtype, offset=header.tell())
    return np.asarray(flat.reshape(shape, order="F" if column_major else "C"))


def write_npz(path: Path, arrays: Mapping[str, Numbers]) -> None:
    """Write an archive that ``read_npz`` reads; the same arrays give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                _format.write_array(entry, np.asarray(array, order="C"), allow_pickle=False)
