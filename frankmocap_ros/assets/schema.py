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

"""What each file must hold: names, shapes, types, finite numbers."""

import math
from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from frankmocap_ros.assets.pickled import Numbers
from frankmocap_ros.errors import AssetError

Shape = tuple[int | str, ...]  # a letter stands for any number, the same one in all of a file's arrays

_MAX_NUMBERS: Final = 1 << 29
_MAX_ARRAYS: Final = 100_000


def _body_model(vertices: int, joints: int) -> dict[str, Shape]:
    return {
        "v_template": (vertices, 3),
        "shapedirs": (vertices, 3, "shapes"),
        "posedirs": (vertices, 3, 9 * (joints - 1)),
        "J_regressor": (joints, vertices),
        "weights": (vertices, joints),
        "kintree_table": (2, joints),
        "f": ("faces", 3),
    }


# arrays that must be there, with their shape; others may be there too
_ARRAYS: Final[dict[str, dict[str, Shape]]] = {
    "smpl": _body_model(6890, 24),
    "smplx": {**_body_model(10475, 55), "hands_meanl": (45,), "hands_meanr": (45,)},
    "extra_regressor": {"array": (9, 6890)},
    "extra_regressor_smplx": {"array": (9, 10475)},
    "body_smpl": {"conv1.weight": (64, 3, 7, 7), "decpose.weight": (144, 1024)},
    "body_smplx": {"conv1.weight": (64, 3, 7, 7), "decpose.weight": (144, 1024)},
    "hand": {"main_encoder.conv1.weight": (64, 3, 7, 7), "regressor.0.weight": (61, 1085)},
    "pose2d": {"cpm.align.0.weight": (128, 512, 1, 1)},
}
# arrays of so many numbers, in whatever shape
_SIZES: Final[dict[str, dict[str, int]]] = {
    "mean_params": {"pose": 144, "shape": 10, "cam": 3},
    "mean_mano": {"mean_pose": 48, "mean_shape": 10},
}
_MIN_SHAPES: Final = 10
_WHOLE: Final = ("kintree_table", "f")  # indices


def in_single_precision(arrays: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """The arrays in the machine's byte order, floating numbers as float32."""
    with np.errstate(over="ignore"):  # what becomes infinite is refused afterwards
        return {
            name: np.asarray(array, np.float32, order="C")
            if array.dtype.kind == "f"
            else np.asarray(array, array.dtype.newbyteorder("="), order="C")
            for name, array in arrays.items()
        }


def check(key: str, arrays: Mapping[str, Numbers], names: Collection[str] | None = None) -> None:
    """See that the arrays are what the asset ``key`` should hold.

    Args:
        key: one of ``layout.ASSETS``.
        arrays: by name.
        names: which arrays were asked for; None for all of them.

    Raises:
        AssetError: one is missing, has another shape or type, or holds a number that is not finite.
    """
    if not arrays:
        raise AssetError("it holds no numbers")
    if len(arrays) > _MAX_ARRAYS or sum(array.size for array in arrays.values()) > _MAX_NUMBERS:
        raise AssetError("it holds more numbers than any of these files")
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise AssetError(f"{name[:100]} holds {array.dtype}, not numbers")
        if array.dtype.kind == "f" and not _finite(array):
            raise AssetError(f"{name[:100]} holds a number that is not finite")
    wanted = {n: shape for n, shape in _ARRAYS.get(key, {}).items() if names is None or n in names}
    _check_shapes(wanted, arrays)
    for name, size in _SIZES.get(key, {}).items():
        if (names is None or name in names) and _needed(arrays, name).size != size:
            raise AssetError(f"{name} holds {arrays[name].size} numbers, expected {size}")
    if key in ("smpl", "smplx"):
        _check_body_model(arrays)


def _finite(array: Numbers) -> bool:
    # a sum is finite unless a part is not, or it overflows: only then every number is looked at
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(math.isfinite(np.sum(array, dtype=np.float64)) or np.isfinite(array).all())


def _needed(arrays: Mapping[str, Numbers], name: str) -> Numbers:
    if name not in arrays:
        shown = ", ".join(sorted(arrays)[:5])
        raise AssetError(f"{name} is missing or not an array of numbers (it holds {shown[:200]})")
    return arrays[name]


def _check_shapes(wanted: Mapping[str, Shape], arrays: Mapping[str, Numbers]) -> None:
    for name, shape in wanted.items():
        found = _needed(arrays, name).shape
        fits = len(found) == len(shape) and all(
            isinstance(side, str) or side == other for side, other in zip(shape, found, strict=True)
        )
        if not fits or 0 in found:
            raise AssetError(f"{name} has shape {found}, expected ({', '.join(map(str, shape))})")


def _check_body_model(arrays: Mapping[str, Numbers]) -> None:
    """Indices within their range, and parents before their children."""
    dirs, faces, tree = (arrays.get(name) for name in ("shapedirs", "f", "kintree_table"))
    if dirs is not None and dirs.shape[2] < _MIN_SHAPES:
        raise AssetError(f"shapedirs holds {dirs.shape[2]} shapes, expected at least {_MIN_SHAPES}")
    for name in _WHOLE:
        if name in arrays and arrays[name].dtype.kind not in "iu":
            raise AssetError(f"{name} holds {arrays[name].dtype}, expected whole numbers")
    if faces is not None and dirs is not None and (faces.min() < 0 or faces.max() >= len(dirs)):
        raise AssetError(f"f names vertices outside of 0 to {len(dirs) - 1}")
    if tree is not None:
        parents = tree[0, 1:].astype(np.int64)  # the root's is -1, or 2**32 - 1
        if (parents < 0).any() or (parents >= np.arange(1, len(parents) + 1)).any():
            raise AssetError("kintree_table is not a tree with parents before their children")
