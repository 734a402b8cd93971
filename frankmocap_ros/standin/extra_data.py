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

"""A whole ``extra_data`` folder of random weights: every file under its name, in its format, of its size.

With it everything runs as with FrankMocap's files, at full size; only the poses are meaningless. A marker
file says so, and whatever runs on such a folder tells.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER
from frankmocap_ros.errors import AssetError
from frankmocap_ros.standin import body_models as standin_body
from frankmocap_ros.standin import weights as standin_weights
from frankmocap_ros.standin.published_formats import Chumpy, Csc, write_checkpoint, write_pickle

Numbers = NDArray[np.generic]

SIZE_BYTES: Final = 460_000_000  # of all files together, rounded up
_PART = ".part"  # ending of a file that is being written
_MANO_VERTICES, _MANO_FACES = 778, 1538
_MARKER_TEXT = """\
The files in this folder are stand-ins: random weights in the format of FrankMocap's files.
Everything runs on them at full size, but the poses are meaningless.
They were written by `frankmocap_ros standin` with seed {seed}.

For real poses put FrankMocap's own files into a folder without this one;
`frankmocap_ros doctor` says where to get them.
"""


@dataclass(frozen=True)
class _Content:
    """What goes into the files, made when it is asked for."""

    seed: int

    @cached_property
    def smpl(self) -> tuple[dict[str, Numbers], Numbers]:
        return standin_body.smpl_model(self.seed)

    @cached_property
    def smplx(self) -> tuple[dict[str, Numbers], Numbers]:
        return standin_body.smplx_model(standin_weights.hand_means(), self.seed)


def _old_checkpoint(key: str, under: str) -> Callable[[_Content, BinaryIO], None]:
    def write(content: _Content, out: BinaryIO) -> None:
        write_checkpoint(out, standin_weights.state_dict(key, content.seed), under)

    return write


def _hand_checkpoint(content: _Content, out: BinaryIO) -> None:
    state = standin_weights.state_dict("hand", content.seed)
    import torch

    torch.save({key: torch.from_numpy(np.asarray(array)) for key, array in state.items()}, out)


def _mean_params(content: _Content, out: BinaryIO) -> None:
    np.savez(out, **_any(standin_weights.mean_params()))


def _mean_mano(content: _Content, out: BinaryIO) -> None:
    write_pickle(out, standin_weights.mean_mano())


def _hand_info(content: _Content, out: BinaryIO) -> None:
    """Which of SMPL-X's vertices are a hand's, and triangles between them."""
    rng = np.random.default_rng([content.seed, _MANO_VERTICES])
    weights = np.asarray(content.smplx[0]["weights"])
    info: dict[str, Numbers] = {}
    for side, first in (("left", 25), ("right", 40)):
        share = weights[:, first : first + 15].sum(axis=1) + weights[:, 20 if side == "left" else 21]
        info[f"{side}_hand_verts_idx"] = np.sort(np.argsort(-share, kind="stable")[:_MANO_VERTICES])
        info[f"{side}_hand_faces_local"] = rng.integers(0, _MANO_VERTICES, (_MANO_FACES, 3))
    write_pickle(out, info)


def _smpl(content: _Content, out: BinaryIO) -> None:
    arrays = content.smpl[0]
    as_found: dict[str, object] = {
        name: Chumpy(arrays[name]) for name in ("v_template", "shapedirs", "posedirs")
    }
    as_found["J_regressor"] = Csc(arrays["J_regressor"])
    write_pickle(out, {**arrays, **as_found, "bs_style": "lbs", "bs_type": "lrotmin"})


def _smplx(content: _Content, out: BinaryIO) -> None:
    write_pickle(out, content.smplx[0])


def _array(array: Callable[[_Content], Numbers]) -> Callable[[_Content, BinaryIO], None]:
    return lambda content, out: np.save(out, array(content), allow_pickle=False)


def _any(arrays: Mapping[str, Numbers]) -> dict[str, Any]:
    """Arrays as keyword arguments."""
    return dict(arrays)


_WRITERS: Final[dict[str, Callable[[_Content, BinaryIO], None]]] = {
    "body_smpl": _old_checkpoint("body_smpl", "model"),
    "body_smplx": _old_checkpoint("body_smplx", "model"),
    "mean_params": _mean_params,
    "extra_regressor": _array(lambda content: content.smpl[1]),
    "extra_regressor_smplx": _array(lambda content: content.smplx[1]),
    "pose2d": _old_checkpoint("pose2d", "state_dict"),
    "hand": _hand_checkpoint,
    "mean_mano": _mean_mano,
    "hand_info": _hand_info,
    "smpl": _smpl,
    "smplx": _smplx,
}


def _prepare(folder: Path, seed: int) -> None:
    """Mark the folder before anything else is in it, and take an older stand-in's files away.

    Raises:
        AssetError: the folder holds files that are no stand-ins, or the disk is full.
    """
    paths = [folder / asset.path for asset in ASSETS.values()]
    marker = folder / STANDIN_MARKER
    real = [path for path in paths if os.path.lexists(path)]
    if real and not marker.is_file():
        raise AssetError(
            f"{folder} holds {real[0].relative_to(folder)}, and no {STANDIN_MARKER}: it may be FrankMocap's "
            "own file, and is not overwritten. Name another folder, such as a new one"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # the marker comes first: a run that is cut short leaves nothing that looks like real files
    marker.write_text(_MARKER_TEXT.format(seed=seed), encoding="utf-8")
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_name(path.name + _PART).unlink(missing_ok=True)
    free = shutil.disk_usage(folder).free
    if free < SIZE_BYTES:
        raise AssetError(
            f"{folder} has {free / 1e6:.0f} MB of free space, the stand-in files need "
            f"{SIZE_BYTES / 1e6:.0f} MB; name a folder on another disk"
        )


def _write(path: Path, content: _Content, writer: Callable[[_Content, BinaryIO], None]) -> None:
    """Write one file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + _PART)
    try:
        with part.open("wb") as out:
            writer(content, out)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_standin(
    folder: Path,
    seed: int = 0,
    keys: Iterable[str] = tuple(ASSETS),
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Write a folder of stand-ins; the same seed gives the same bytes.

    Args:
        folder: is made where it is not there; stand-ins that it holds already are taken away first.
        seed: of all that is random, 0 or more.
        keys: which files, of ``layout.ASSETS``; all of them unless told otherwise.
        progress: told what comes next.

    Returns:
        How many bytes were written.

    Raises:
        AssetError: the folder holds other files than stand-ins, or cannot be written to.
        MissingDependencyError: torch or smplx is not installed.
    """
    content = _Content(seed)
    try:
        _prepare(folder, seed)
        size = 0
        for key in keys:
            path = folder / ASSETS[key].path
            progress(ASSETS[key].path)
            _write(path, content, _WRITERS[key])
            size += path.stat().st_size
    except OSError as error:
        raise AssetError(f"{folder} cannot be written to: {error}; name a folder that can") from error
    return size
