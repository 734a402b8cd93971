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

"""Pictures of a result beside a truth, by matplotlib where it is installed."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.alignment import Pair
from frankmocap_ros.evaluation.motion import bone_lengths
from frankmocap_ros.evaluation.position_errors import wrist_errors
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.runtime.installing import optional_import

_AXES: Final = ("x: right", "y: down", "z: away from the camera")


def write_plots(pair: Pair, folder: str) -> list[Path]:
    """Write pictures of wrists over time, their errors and bones into a folder, which is made.

    Returns:
        the files; none of a kind of which there is nothing to show.

    Raises:
        EvaluationError: the folder cannot be written to.
        MissingDependencyError: matplotlib is not installed.
    """
    figure_of = require_matplotlib()
    target = home_expanded(folder)
    figures: dict[str, Any] = {
        "wrists": _wrists(pair, figure_of),
        "errors": _errors(pair, figure_of),
        "bones": _bones(pair, figure_of),
    }
    written = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            if figure is not None:
                written.append(target / f"{name}.png")
                figure.savefig(written[-1], dpi=120)
    except OSError as error:
        raise EvaluationError(
            f"--plots {printable(folder)}: {error.strerror or error}; name a folder that can be written to"
        ) from error
    return written


def require_matplotlib() -> Any:
    """The class of figures of matplotlib, which needs no screen.

    Raises:
        MissingDependencyError: it is not installed.
    """
    with optional_import("matplotlib", "--plots needs", "plots", ", or leave --plots out"):
        from matplotlib.figure import Figure
    return Figure


def _wrists(pair: Pair, figure_of: Any) -> Any:
    """Each axis of both wrists over time, relative to neck or pelvis."""
    wrists = wrist_errors(pair, "neck") or wrist_errors(pair, "pelvis")
    if not wrists:
        return None
    figure = figure_of(figsize=(10, 8), layout="constrained")
    grid = figure.subplots(3, len(wrists), sharex=True, squeeze=False)
    for column, (name, wrist) in enumerate(wrists.items()):
        for row, label in enumerate(_AXES):
            axes = grid[row][column]
            axes.plot(pair.result.times_s, wrist.truth[:, row], color="black", linewidth=1.0, label="truth")
            axes.plot(
                pair.result.times_s, wrist.result[:, row], color="tab:orange", linewidth=1.0, label="result"
            )
            axes.set_ylabel(f"{label} [m]")
        grid[0][column].set_title(name.replace("_", " "))
        grid[2][column].set_xlabel("time [s]")
    grid[0][0].legend()
    return figure


def _errors(pair: Pair, figure_of: Any) -> Any:
    """Share of the instants in which the wrists are off by no more than so much."""
    wrists = wrist_errors(pair, "neck") or wrist_errors(pair, "pelvis")
    if not wrists:
        return None
    figure = figure_of(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    for label, vectors in (("as it is", "error"), ("after a clutch", "clutched")):
        sizes = np.concatenate([np.linalg.norm(getattr(w, vectors), axis=1) for w in wrists.values()])
        sizes = np.sort(1e3 * sizes[np.isfinite(sizes)])
        axes.plot(sizes, (np.arange(len(sizes)) + 1) / len(sizes), label=label)
    axes.set_xlabel("error of the wrists [mm]")
    axes.set_ylabel("share of the instants within")
    axes.set_xlim(left=0.0)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _bones(pair: Pair, figure_of: Any) -> Any:
    """Lengths of bones over time."""
    truth, result = bone_lengths(pair.truth), bone_lengths(pair.result)
    bones = [bone for bone in result if bone in truth]
    if not bones:
        return None
    figure = figure_of(figsize=(10, 6), layout="constrained")
    grid = figure.subplots((len(bones) + 1) // 2, 2, sharex=True, squeeze=False)
    for axes, bone in zip(grid.flat, bones, strict=False):
        axes.plot(pair.result.times_s, truth[bone], color="black", linewidth=1.0, label="truth")
        axes.plot(pair.result.times_s, result[bone], color="tab:orange", linewidth=1.0, label="result")
        axes.set_ylabel(f"{bone} [m]")
    for axes in grid[-1]:
        axes.set_xlabel("time [s]")
    grid[0][0].legend()
    return figure
