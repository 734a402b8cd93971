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

"""``frankmocap_ros replay``: recorded episodes through the gate and a simulated robot, and a judgement."""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from frankmocap_ros.batch.episodes import replay_job
from frankmocap_ros.cli.batch import (
    EPISODES,
    EXIT_CODES,
    Batch,
    BatchFlags,
    add_batch_flags,
    batch_flags,
    batch_inputs,
)
from frankmocap_ros.errors import MocapError, SettingError
from frankmocap_ros.evaluation.plots import require_matplotlib
from frankmocap_ros.recording.episodes import EPISODE, episodes
from frankmocap_ros.recording.exporting import by_name
from frankmocap_ros.recording.faults import ALL, FAULTS, parsed_faults
from frankmocap_ros.recording.limits import read_limits, read_mapping
from frankmocap_ros.recording.replay_job import (
    ENGAGE,
    ReplayJob,
    ReplayReport,
    replayed_report,
    write_report,
)
from frankmocap_ros.recording.replay_plots import write_replay_plots
from frankmocap_ros.recording.replay_table import replay_table
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import add_flags, settings_of, unknown_settings
from frankmocap_ros.sources.bag import is_bag

_NAME = "frankmocap_ros replay"
_RECORDED, _DEFAULTS = "recorded", "defaults"
_NOT_FLAGS = ("robot", "robot_model")
_MOST_SEED = 2**32 - 1


def parser() -> argparse.ArgumentParser:
    """The flags of the command."""
    faults = "\n".join(
        f"  {name:<14} {kind.text}\n{'':<17}({kind.amount}; without one {kind.usual:g})"
        for name, kind in FAULTS.items()
    )
    flags = argparse.ArgumentParser(
        prog=_NAME,
        description="Replay episodes through the gate, retargeting and a simulated robot, faster than they\n"
        "were recorded, and judge whether the robot would have been safe.",
        epilog=f"faults:\n{faults}\n\nExit codes: 0 every limit is kept, 1 one is not, 2 cannot run, 130 "
        f"interrupted (SIGINT). {EXIT_CODES}\nWhat is in a report, and limits: docs/source/replay.md.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    flags.add_argument(
        "episodes", metavar="EPISODE", nargs="+", help="episode, folder of episodes, or any bag with bodies"
    )
    flags.add_argument(
        "--robot", default="", metavar="MAP", help="robot's name or map (default: the recorded)"
    )
    flags.add_argument("--robot-model", default="", metavar="FILE", help="model of the robot, as of the gate")
    flags.add_argument(
        "--dynamics", choices=("kinematic", "physics"), default="kinematic", help="of the simulated robot"
    )
    flags.add_argument(
        "--settings", default=_RECORDED, metavar=f"{_RECORDED}|{_DEFAULTS}|FILE",
        help="settings of the gate: those that were recorded, the defaults, or a parameter file (YAML) of "
        "the gate (default: the recorded ones where there are any); flags of settings come before all",
    )  # fmt: skip
    flags.add_argument(
        "--engage", choices=ENGAGE, default="auto",
        help="when control is asked for: as recorded, or always when nobody is in control (default: as "
        "recorded, where the gate's state was)",
    )  # fmt: skip
    flags.add_argument(
        "--from", dest="replayed", choices=("bodies", "images"), default="bodies",
        help="replay the recorded bodies, or run an estimator over the recorded images first",
    )  # fmt: skip
    flags.add_argument(
        "--estimator-settings", metavar="FILE", help="parameter file (YAML) of the mocap node, --from images"
    )
    flags.add_argument("--bodies-topic", default="", metavar="TOPIC", help="which bodies, where several are")
    flags.add_argument("--gate-topic", default="", metavar="TOPIC", help="which gate's state, where several")
    put = flags.add_argument_group("faults")
    put.add_argument(
        "--inject", default="", metavar="FAULTS",
        help=f"faults to put in, such as swap,second_person:0.3, or {ALL}; they are listed below",
    )  # fmt: skip
    put.add_argument("--seed", type=int, default=0, help="of what is left to chance (default: 0)")
    put.add_argument(
        "--inject-from", type=float, metavar="S",
        help="when faults begin [s] (default: 1 s after following began, as it was recorded, else 3 s)",
    )  # fmt: skip
    out = flags.add_argument_group("judgement")
    out.add_argument("--limits", metavar="FILE", help="limits to keep (YAML or JSON): see the documentation")
    out.add_argument("--report", metavar="DIR", help="write report.json and pictures into this folder")
    out.add_argument("--no-plots", action="store_true", help="write no pictures (which need matplotlib)")
    out.add_argument(
        "--json", action="store_true", help="print one line of JSON an episode instead of tables"
    )
    add_batch_flags(flags)
    add_flags(flags, GateSettings, leave_out=_NOT_FLAGS)
    return flags


def _job(arguments: argparse.Namespace) -> ReplayJob:
    """What the flags ask for.

    Raises:
        SettingError: a value is not allowed, or a file cannot be read.
    """
    settings, source = None, _DEFAULTS
    if arguments.settings == _DEFAULTS:
        settings = {}
    elif arguments.settings != _RECORDED:
        path = Path(arguments.settings)
        if not path.exists():
            raise SettingError(f"--settings {path}: no such file; allowed: {_RECORDED} | {_DEFAULTS} | FILE")
        settings, source = _parameters(path, "--settings", "gate", GateSettings), path.name
    images = None
    if arguments.replayed == "images":
        file = arguments.estimator_settings
        images = (
            _parameters(Path(file), "--estimator-settings", "frankmocap", Settings)
            if file is not None
            else {}
        )
    elif arguments.estimator_settings is not None:
        raise SettingError("--estimator-settings: bodies are replayed as recorded; say --from images as well")
    if not 0 <= arguments.seed <= _MOST_SEED:
        raise SettingError(f"--seed: {arguments.seed} is out of range; allowed: 0 .. {_MOST_SEED}")
    from_s = arguments.inject_from
    if from_s is not None and not (math.isfinite(from_s) and from_s >= 0.0):
        raise SettingError(f"--inject-from: {from_s} is out of range; allowed: 0 s or more")
    limits = read_limits(Path(arguments.limits) if arguments.limits else None)
    flags = {s.name for s in settings_of(GateSettings)} - set(_NOT_FLAGS)
    return ReplayJob(
        robot=arguments.robot,
        robot_model=arguments.robot_model,
        settings=settings,
        settings_source=source,
        changes={name: value for name, value in vars(arguments).items() if name in flags},
        engage=arguments.engage,
        inject=parsed_faults(arguments.inject),
        seed=arguments.seed,
        inject_from_s=from_s,
        dynamics=arguments.dynamics,
        images=images,
        bodies_topic=arguments.bodies_topic,
        gate_topic=arguments.gate_topic,
        limits=limits.values,
        limits_source=limits.source,
    )


def _parameters(path: Path, flag: str, node: str, settings: type) -> dict[str, Any]:
    """Settings in a parameter file of ROS, or by their names alone; those of other nodes are passed over."""
    found = read_mapping(path, flag)
    values: dict[str, Any] = {}
    of_ros = {
        name: own for name, own in found.items() if isinstance(own, Mapping) and "ros__parameters" in own
    }
    for name, own in of_ros.items():
        if name.rpartition("/")[2] in (node, "**", "*"):
            inner = own["ros__parameters"] or {}
            if not isinstance(inner, Mapping):
                raise SettingError(
                    f"{flag} {path.name}: {name}: expected settings with values below ros__parameters"
                )
            values.update(inner)
    if not of_ros:
        values = found
    known = {s.name for s in settings_of(settings)}
    unknown = [name for name in values if name not in known and name not in ("use_sim_time",)]
    if unknown:
        raise SettingError(f"{flag} {path.name}: {unknown_settings([*map(str, unknown)], known)}")
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items() if name in known}


def _inputs(named: Sequence[str]) -> list[Path]:
    """The episodes in what was named, in order."""
    found: list[Path] = []
    for name in named:
        path = Path(name)
        is_one = (path / EPISODE).is_file() or is_bag(path) or not path.is_dir()
        found += [path] if is_one else episodes(path)
    return found


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0 where every limit is kept, 1 where one is not, 2 where it cannot run."""
    arguments = parser().parse_args(args)
    job = _job(arguments)
    plots = arguments.report is not None and not arguments.no_plots
    if plots:
        require_matplotlib()
    flags = batch_flags(arguments)
    if flags is not None:
        return _batch(arguments, job, flags)
    inputs = by_name(_inputs(arguments.episodes))
    codes = []
    for name, path in inputs.items():
        try:
            report = replayed_report(path, job)
        except MocapError as error:
            if len(inputs) == 1:
                raise
            text = str(error).removeprefix(f"{path.name}: ")
            print(f"{_NAME}: {name}: {text}", file=sys.stderr)
            codes.append(2)
            continue
        print(_line(report) if arguments.json else replay_table(report.record, name), flush=True)
        if arguments.report is not None:
            folder = Path(arguments.report)
            _write(report, folder if len(inputs) == 1 else folder / name, plots)
        codes.append(0 if report.passed else 1)
    return max(codes)


def _batch(arguments: argparse.Namespace, job: ReplayJob, flags: BatchFlags) -> int:
    """A report of each episode in one folder; the exit code."""
    given = [f"--{name}" for name in ("report", "json") if getattr(arguments, name)]
    if given:
        raise SettingError(
            f"{given[0]} and --out-dir exclude each other: reports are JSON there; leave one out"
        )
    inputs = batch_inputs(arguments.episodes, EPISODES, flags)
    code, entries = Batch(_NAME, flags).main(replay_job(job), inputs)
    passed = all(entry.notes["passed"] for entry in entries if not entry.reason)
    return code or (0 if passed else 1)


def _line(report: ReplayReport) -> str:
    return json.dumps(report.record, sort_keys=True, allow_nan=False)


def _write(report: ReplayReport, folder: Path, plots: bool) -> None:
    print(f"{_NAME}: wrote {write_report(report.record, folder)}", file=sys.stderr)
    if plots:
        for path in write_replay_plots(report, folder):
            print(f"{_NAME}: wrote {path}", file=sys.stderr)
