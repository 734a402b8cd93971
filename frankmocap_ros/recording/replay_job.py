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

"""One episode replayed and judged: from its path and plain values to a report."""

import contextlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.api import process
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.errors import RecordingError, SettingError
from frankmocap_ros.recording.faults import injected
from frankmocap_ros.recording.judging import judged
from frankmocap_ros.recording.limits import ALWAYS, Limits, ReplayLimits, judgement
from frankmocap_ros.recording.recorded_gate import SettingsChange
from frankmocap_ros.recording.replay import Replayed, ReplayRun, replay, replayable
from frankmocap_ros.recording.replay_input import ReplayInput, Topics, read_replay
from frankmocap_ros.runtime.whole_files import replace_text
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of, updated
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter, load_retargeter

FORMAT: Final = 1
REPORT: Final = "report.json"
ENGAGE: Final = ("auto", "recorded", "always")
_AFTER_ENGAGING_S: Final = 1.0
_AT_THE_START_S: Final = 3.0
_LEAST_MET_S: Final = 0.5  # so long the operator has to be followed for faults to show anything
_OF_THE_ROBOT: Final = frozenset({"robot", "robot_model"})


@dataclass(frozen=True)
class ReplayJob:
    """What is done with each episode, in plain values: as JSON it goes to other processes.

    Attributes:
        robot: name of a robot, or the file of its map; empty for the recorded one.
        robot_model: the robot's model; empty for what the map says.
        settings: of the gate, by name, in place of those that were recorded; None for the recorded ones, and
            for the defaults where there are none.
        settings_source: name of where ``settings`` is from.
        changes: settings of the gate that are otherwise than all these.
        engage: when control is asked for: ``recorded``, as the operator did; ``always``, whenever nobody is
            in control; ``auto``, recorded where the gate's state was.
        inject: amounts of faults, by name.
        seed: of what is left to chance in faults.
        inject_from_s: from when on there are faults [s]; None for a second after following began, as it was
            recorded, else for 3 s.
        dynamics: of the simulated robot: ``kinematic`` or ``physics``.
        images: settings of an estimator that is run over the episode's images; None for recorded bodies.
        bodies_topic, gate_topic: names of topics; empty for the only one of the type.
        limits: values of limits, by name.
        limits_source: name of where they are from.
    """

    robot: str = ""
    robot_model: str = ""
    settings: Mapping[str, Any] | None = None
    settings_source: str = "defaults"
    changes: Mapping[str, Any] = field(default_factory=dict)
    engage: str = "auto"
    inject: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    inject_from_s: float | None = None
    dynamics: str = "kinematic"
    images: Mapping[str, Any] | None = None
    bodies_topic: str = ""
    gate_topic: str = ""
    limits: Mapping[str, float] = field(
        default_factory=lambda: {name: float(getattr(ReplayLimits(), name)) for name in ALWAYS}
    )
    limits_source: str = ""


@dataclass(frozen=True, eq=False)
class ReplayReport:
    """What came of an episode.

    Attributes:
        record: the report, for JSON.
        replayed: what it is made from.
        retargeter: of the robot.
    """

    record: dict[str, Any]
    replayed: ReplayRun
    retargeter: Retargeter

    @property
    def passed(self) -> bool:
        """Whether every limit was kept."""
        return bool(self.record["judgement"]["passed"])


def replay_one(path: Path, job: ReplayJob) -> dict[str, Any]:
    """Replay and judge one episode; the report, for JSON. The same from run to run.

    Raises:
        MocapError: see ``replayed_report``.
    """
    return replayed_report(path, job).record


def replayed_report(path: Path, job: ReplayJob) -> ReplayReport:
    """Replay and judge one episode.

    Args:
        path: folder of the episode, or a bag.
        job: what is done.

    Raises:
        MissingDependencyError: a package is not installed.
        RecordingError: the episode has not what is to be replayed.
        RobotError: the robot's map or model is missing or wrong.
        SettingError: a setting is wrong.
        SourceError: the bag cannot be read.
    """
    topics = Topics(job.bodies_topic, job.gate_topic)
    with contextlib.closing(_frames(path, job)) as frames:
        found = read_replay(path, topics, None if job.images is None else frames)
    config, changes, source = _settings(found, job)
    robot = job.robot or config.robot or found.info.robot_map
    if not robot:
        raise RecordingError(f"{found.name}: it does not say which robot was driven; name one: --robot MAP")
    retargeter = load_retargeter(robot, job.robot_model or config.robot_model, grips=config.grip != "off")
    config, notes = replayable(config)
    requests = _requests(found, job)
    start_s = _faults_from_s(found, job)
    bodies = injected(found.bodies, job.inject, job.seed, start_s)
    what = Replayed(
        bodies, found.start_ns, found.bodies[-1].received_s, config, requests, changes, job.dynamics
    )
    replayed = replay(retargeter, what)
    figures = judged(replayed, retargeter)
    record = {
        "format": FORMAT,
        "episode": {"name": found.name, "task": found.info.task, "outcome": found.info.outcome},
        "robot": {"map": Path(robot).name, "dynamics": job.dynamics},
        "settings": {"source": source, "values": _differing(config), "changes": len(replayed.configs) - 1},
        "engage": "always" if requests is None else "recorded",
        "bodies": "images" if job.images is not None else "recorded",
        "faults": {
            "amounts": dict(sorted(job.inject.items())),
            "seed": job.seed if job.inject else None,
            "from_s": round(start_s, 3) if job.inject else None,
        },
        "notes": [*notes, *_hardly_met(found, job, start_s), *_unjudged(retargeter)],
        **figures,
        "judgement": {
            **judgement(Limits(job.limits), figures), "source": job.limits_source or "defaults"
        },
    }  # fmt: skip
    return ReplayReport(record, replayed, retargeter)


def report_text(record: Mapping[str, Any]) -> str:
    """The report as it is written: the same bytes for the same record."""
    return json.dumps(record, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def write_report(record: Mapping[str, Any], folder: Path) -> Path:
    """Write the report into a folder, which is made.

    Raises:
        RecordingError: it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / REPORT, report_text(record))
    except OSError as error:
        raise RecordingError(
            f"--report {folder.name}: {error.strerror or error}; name a folder that can be written to"
        ) from error
    return folder / REPORT


def _frames(path: Path, job: ReplayJob) -> Generator[Frame, None, None]:
    """What an estimator finds in the episode's images; nothing happens before the first is asked for."""
    yield from process(str(path), settings=updated(Settings(), dict(job.images or {})))


def _settings(found: ReplayInput, job: ReplayJob) -> tuple[GateSettings, tuple[SettingsChange, ...], str]:
    """Settings at the start, their changes, and where they are from.

    Raises:
        SettingError: a value is not allowed.
    """
    changes: tuple[SettingsChange, ...] = ()
    if job.settings is not None or not found.settings:
        base, source = dict(job.settings or {}), job.settings_source
    else:
        base, source = dict(found.settings[0].values), "recorded"
        own = job.changes.keys() | _OF_THE_ROBOT
        later = [{n: v for n, v in one.values.items() if n not in own} for one in found.settings[1:]]
        changes = tuple(
            SettingsChange(one.time_s, values)
            for one, values in zip(found.settings[1:], later, strict=True)
            if values
        )
    try:
        config = updated(GateSettings(), {**base, **job.changes})
    except SettingError as error:
        step = "; say --settings defaults, or a FILE" if source == "recorded" else ""
        raise SettingError(f"{source} settings of the gate: {error}{step}") from None
    return config, changes, source


def _requests(found: ReplayInput, job: ReplayJob) -> Any:
    if job.engage == "always":
        return None
    if job.engage == "recorded" and found.requests is None:
        raise RecordingError(
            f"{found.name}: the gate's state was not recorded; say --engage always, which asks for control "
            "whenever nobody is in control"
        )
    return found.requests


def _faults_from_s(found: ReplayInput, job: ReplayJob) -> float:
    if job.inject_from_s is not None:
        return job.inject_from_s
    if not found.followed or job.engage == "always":
        return _AT_THE_START_S
    return found.followed[0][0] + _AFTER_ENGAGING_S


def _hardly_met(found: ReplayInput, job: ReplayJob, start_s: float) -> list[str]:
    """That faults met next to nothing of what was followed, in words."""
    if not job.inject or found.requests is None or job.engage == "always":
        return []
    last_s = found.bodies[-1].received_s
    met_s = sum(max(0.0, min(end_s, last_s) - max(begun_s, start_s)) for begun_s, end_s in found.followed)
    if met_s >= _LEAST_MET_S:
        return []
    return [
        f"faults begin at {start_s:.2f} s, and the operator was followed for only {met_s:.2f} s after that: "
        "they show nothing. Begin them sooner with --inject-from, or replay a longer episode"
    ]


def _differing(config: GateSettings) -> dict[str, Any]:
    """Settings that are not at their defaults, for JSON; which robot it is stands elsewhere."""
    return {
        s.name: list(value) if isinstance(value, tuple) else value
        for s in settings_of(GateSettings)
        if (value := getattr(config, s.name)) != s.default and s.name not in _OF_THE_ROBOT
    }


def _unjudged(robot: Retargeter) -> list[str]:
    """What the map does not say, and so is not judged, in words."""
    if robot.ik_model.pairs:
        return []
    return ["self-collision is not judged: the map keeps no parts apart (self_collision.pairs)"]
