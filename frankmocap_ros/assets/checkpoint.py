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

"""Tensors out of a torch checkpoint. The one module that reads torch's files."""

import io
import re
import zipfile
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from frankmocap_ros.errors import AssetError, MissingDependencyError
from frankmocap_ros.runtime.installing import install_command

if TYPE_CHECKING:
    from frankmocap_ros.assets.pickled import Numbers

INSTALL: Final = install_command("torch")
_ZIP: Final = b"PK\x03\x04"
_FLOATS: Final = ("float16", "bfloat16", "float32", "float64")
_WHOLES: Final = ("bool", "uint8", "int8", "int16", "int32", "int64")
_UNDER: Final = ("model", "state_dict")
_PARALLEL: Final = "module."  # as DataParallel writes keys
# numpy's names, which training code leaves beside the weights: counters, scores. They are not weights.
_NOT_WEIGHTS: Final = (
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    "numpy.ndarray", "numpy.dtype", "_codecs.encode",
)  # fmt: skip


class _NotWeights:
    """Stands for a thing that is not a tensor: takes whatever it is given and keeps nothing of it."""

    __slots__ = ()

    def __new__(cls, *_: object) -> "_NotWeights":
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass


def new_enough(version: str) -> bool:
    """Whether this torch is 2.10 or later; before, ``weights_only`` could be got around."""
    parts = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(a|b|rc|\.dev)?", version)
    if parts is None:
        return False
    release = (int(parts[1]), int(parts[2]), int(parts[3] or 0))
    return release >= (2, 10, 0) and not (release == (2, 10, 0) and parts[4])


def safe_torch() -> Any:
    """The module ``torch``, if it reads checkpoints safely.

    Raises:
        MissingDependencyError: it is absent, or older than 2.10.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError(f"torch is not installed ({error}); install it: {INSTALL}") from error
    if not new_enough(torch.__version__):
        raise MissingDependencyError(
            f"torch {torch.__version__} does not read checkpoints safely, 2.10 or later does; "
            f"install it: {INSTALL}"
        )
    return torch


def _check_zip(data: bytes) -> None:
    """Torch stores as it is: an archive whose content is larger than itself is not torch's."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise AssetError("it is cut off: the end of the archive is missing")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise AssetError("it is a compressed archive, torch writes none")
    if sum(entry.file_size for entry in entries) > len(data):
        raise AssetError("its entries are larger than the file")


def _items(content: object) -> dict[object, object] | None:
    """A dictionary's entries by the class's own method, which the file cannot replace; None for others."""
    if type(content) not in (dict, OrderedDict):
        return None
    return dict(dict.items(content))  # type: ignore[arg-type]  # the line above tells


def _state_dict(content: object) -> dict[object, object]:
    """The tensors by key: they stand bare, or under a name that training code gives them."""
    entries = _items(content)
    if entries is None:
        raise AssetError(f"it holds a {type(content).__name__}, not a dictionary of tensors")
    for name in _UNDER:
        below = _items(entries.get(name))
        if below is not None:
            return below
    return entries


def _array(torch: Any, key: str, tensor: Any) -> "Numbers":
    """One tensor as an array.

    Raises:
        AssetError: it is not a plain tensor whose numbers stand in the file.
    """
    kind = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout is not torch.strided or tensor.device.type != "cpu" or kind not in _FLOATS + _WHOLES:
        raise AssetError(f"{key[:100]} is not a plain tensor ({kind}, {tensor.layout}, {tensor.device})")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise AssetError(f"{key[:100]} is larger than what the file holds of it")
    plain = tensor.detach()
    array: Numbers = (plain.to(torch.float32) if kind in _FLOATS else plain).contiguous().numpy()
    return array


def _said(error: Exception) -> str:
    """What torch says that it found. The advice around it, to load the file unsafely, is left out."""
    parts = str(error).split("\n\n")
    advice = ("Weights only load failed", "Check the documentation")
    text = " ".join(" ".join(part for part in parts if not part.strip().startswith(advice)).split())
    found = text.rpartition("WeightsUnpickler error: ")[2].partition(" was not an allowed global")[0]
    return found[:200] or "it ends too early or is damaged"


def read_checkpoint(data: bytes) -> "dict[str, Numbers]":
    """The state dict of a checkpoint, key -> array; floating numbers as float32.

    Both of torch's formats are read, by ``weights_only=True`` alone. Entries that are not tensors are left
    out, and so is a ``module.`` that stands before all keys.

    Raises:
        AssetError: the file is damaged, or holds what is not a tensor where tensors belong.
        MissingDependencyError: torch is absent, or older than 2.10.
    """
    torch = safe_torch()
    try:
        if data.startswith(_ZIP):
            _check_zip(data)
        with torch.serialization.safe_globals([(_NotWeights, name) for name in _NOT_WEIGHTS]):
            content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True, mmap=False)
        entries = _state_dict(content)
        plain = (torch.Tensor, torch.nn.Parameter)
        found = {
            key: _array(torch, key, value)
            for key, value in entries.items()
            if type(key) is str and type(value) in plain
        }
    except (AssetError, MemoryError):
        raise
    except Exception as error:  # a damaged file fails in any of torch's ways
        raise AssetError(f"torch does not read it ({type(error).__name__}: {_said(error)})") from error
    if not found:
        raise AssetError("it holds no tensors")
    if all(key.startswith(_PARALLEL) for key in found):
        found = {key.removeprefix(_PARALLEL): array for key, array in found.items()}
    return found
