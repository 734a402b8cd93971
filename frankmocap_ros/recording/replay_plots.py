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

"""Pictures of a replay: commands and robot over time, how near joints come to their limits, and the gate."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.evaluation.plots import require_matplotlib
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.recording.replay_job import ReplayReport

_AXES: Final = ("forward", "left", "up")
_COLORS: Final = {"ARMING": "tab:blue", "ENGAGED": "tab:green", "HOLD": "tab:orange", "FAULT": "tab:red"}
_PAUSE_S: Final = 0.15


def write_replay_plots(report: ReplayReport, folder: Path) -> list[Path]:
    """Write pictures into a folder, which is made; gives the files.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        RecordingError: the folder cannot be written to.
    """
    figure_of = require_matplotlib()
    drawn: dict[str, Callable[[ReplayReport, Any], None]] = {
        "targets": _targets, "joints": _joints, "gate": _gate
    }  # fmt: skip
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, draw in drawn.items():
            figure = figure_of(figsize=(11, 7), layout="constrained")
            draw(report, figure)
            written.append(folder / f"{name}.png")
            figure.savefig(written[-1], dpi=100, metadata={"Software": None})
    except OSError as error:
        raise RecordingError(
            f"{folder.name}: {error.strerror or error}; name a folder that can be written to"
        ) from error
    return written


def _with_gaps(times_s: Array, values: Array) -> tuple[Array, Array]:
    """With a hole where there were no commands, so that no line is drawn across it."""
    at = np.flatnonzero(np.diff(times_s) > _PAUSE_S) + 1
    return np.insert(times_s, at, np.nan), np.insert(values, at, np.nan, axis=0)


def _shade(axes: Any, report: ReplayReport) -> None:
    """States of the gate as the background."""
    changes = report.replayed.run.changes
    ends_s = [*(change.time_s for change in changes[1:]), report.replayed.run.ticks_s[-1]]
    for change, end_s in zip(changes, ends_s, strict=True):
        if change.state in _COLORS:
            axes.axvspan(change.time_s, end_s, color=_COLORS[change.state], alpha=0.12, linewidth=0)


def _targets(report: ReplayReport, figure: Any) -> None:
    """Each axis of each target: where it was sent, and where the robot's was."""
    run, robot = report.replayed.run, report.retargeter
    grid = figure.subplots(3, max(1, len(robot.targets)), sharex=True, squeeze=False)
    times_s = np.array(run.times_s)
    sent = np.array(run.commands).reshape(len(times_s), -1, 3)
    moved = np.array([robot.poses(at).positions for at in run.moved]).reshape(sent.shape)
    for column, target in enumerate(robot.targets):
        grid[0][column].set_title(target.name.replace("_", " "))
        for row, label in enumerate(_AXES):
            axes = grid[row][column]
            _shade(axes, report)
            axes.plot(
                *_with_gaps(times_s, sent[:, column, row]), color="black", linewidth=1.0, label="command"
            )
            axes.plot(
                *_with_gaps(times_s, moved[:, column, row]), color="tab:orange", linewidth=1.0, label="robot"
            )
            axes.set_ylabel(f"{label} [m]")
        grid[2][column].set_xlabel("time [s]")
    grid[0][0].legend()


def _joints(report: ReplayReport, figure: Any) -> None:
    """The joints' commands: positions in their range, speeds and accelerations as shares of their limits."""
    run, robot = report.replayed.run, report.retargeter
    times_s, model = np.array(run.times_s), robot.ik_model
    count = len(robot.joint_names)
    joints, speeds = (np.array(values).reshape(-1, count) for values in (run.joints, run.velocities))
    span = np.where(np.isfinite(model.upper - model.lower), model.upper - model.lower, np.inf)
    low = np.where(np.isfinite(model.lower), model.lower, 0.0)
    passed = np.maximum(np.diff(times_s)[:, None], 1e-9)
    changes = np.vstack([np.zeros((1, count)), np.diff(speeds, axis=0) / passed])[: len(times_s)]
    rows = {
        "position in range": (joints - low) / np.maximum(span, 1e-9),
        "share of speed": np.abs(speeds) / np.maximum(model.max_speed, 1e-9),
        "share of acceleration": np.abs(changes) / np.maximum(robot.max_acceleration, 1e-9),
    }
    grid = figure.subplots(len(rows), 1, sharex=True, squeeze=False)
    for axes, (label, values) in zip(grid[:, 0], rows.items(), strict=True):
        _shade(axes, report)
        for joint, name in enumerate(robot.joint_names):
            axes.plot(*_with_gaps(times_s, values[:, joint]), linewidth=0.8, label=name)
        axes.axhline(1.0, color="tab:red", linewidth=0.8)
        axes.set_ylabel(label)
    grid[-1][0].set_xlabel("time [s]")
    grid[0][0].legend(fontsize="xx-small", ncols=4)


def _gate(report: ReplayReport, figure: Any) -> None:
    """Age of what commands follow, lag and jitter, over the gate's states."""
    replayed = report.replayed
    grid = figure.subplots(3, 1, sharex=True, squeeze=False)
    times_s = np.array(replayed.run.times_s)
    at_s = [one.time_s for one in replayed.quality]
    ages = _with_gaps(times_s, 1e3 * np.array(replayed.run.ages_s))
    for axes in grid[:, 0]:
        _shade(axes, report)
    grid[0][0].plot(*ages, color="black", linewidth=0.8)
    grid[1][0].plot(at_s, [one.lag_ms for one in replayed.quality], color="black", marker=".")
    grid[2][0].plot(at_s, [one.jitter_mm for one in replayed.quality], color="black", marker=".")
    for axes, label in zip(grid[:, 0], ("age [ms]", "lag [ms]", "jitter [mm]"), strict=True):
        axes.set_ylabel(label)
    grid[-1][0].set_xlabel("time [s]")
    names = ", ".join(f"{color.removeprefix('tab:')} {state}" for state, color in _COLORS.items())
    grid[0][0].set_title(f"background: {names}", fontsize="small")
