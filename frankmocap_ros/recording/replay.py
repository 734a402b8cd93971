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

"""Bodies through gate, retargeting and a simulated robot, on a controlled clock: faster than they came."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from frankmocap_ros.recording.bodies import ReceivedBodies
from frankmocap_ros.recording.recorded_gate import GateRequest, SettingsChange
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import settings_of, updated
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.operator_message import MessageHeader, OperatorIntake
from frankmocap_ros.teleop.simulated_run import RobotRun, SimulatedRun

_AFTER_S: Final = 0.5  # so long the robot is watched after the end
_ENDED: Final = "the recording ended"
_QUALITY_PERIOD_S: Final = 0.5
_NOT_REPLAYED: Final[dict[str, tuple[object, str]]] = {
    "require_deadman": (False, "the deadman's switch counts as pressed"),
    "heading": ("operator", "heading: operator, as TF is not replayed"),
    "gravity": ("camera", "gravity: camera, as the IMU is not replayed"),
    "calibrate_service": ("", "nobody is asked for the operator's size"),
    "reference": ("measured", "reference: measured, as the simulated robot tells where it is"),
}
_UNHEARD: Final = {
    "protective_stop_topic": "protective stops are not replayed",
    "wrench_topic": "contact is not replayed",
}


def replayable(config: GateSettings) -> tuple[GateSettings, tuple[str, ...]]:
    """Settings with which a gate runs that hears bodies alone, and what is otherwise than asked, in words."""
    changes: dict[str, object] = {}
    notes = []
    for name, (value, note) in _NOT_REPLAYED.items():
        own = getattr(config, name)
        if own != value and not (name == "heading" and own != "tf"):
            changes[name] = value
            notes.append(note)
    notes += [note for name, note in _UNHEARD.items() if getattr(config, name)]
    return updated(config, changes), tuple(notes)


@dataclass(frozen=True, eq=False)
class Replayed:
    """What is replayed, and how.

    Attributes:
        bodies: in order of reception.
        start_ns: the time that all others are since [ns].
        end_s: when the recording ends [s]; what comes later is not seen.
        config: settings of the gate.
        requests: of the operator; None to ask for control whenever nobody is in control.
        changes: of settings, while nobody is in control.
        dynamics: of the simulated robot, see ``Simulation``.
    """

    bodies: Sequence[ReceivedBodies]
    start_ns: int
    end_s: float
    config: GateSettings
    requests: Sequence[GateRequest] | None = None
    changes: Sequence[SettingsChange] = ()
    dynamics: str = "kinematic"


@dataclass(frozen=True)
class Quality:
    """Of the commands, over the last 3 s before a time [s]; see ``TrackingQuality``.

    Attributes:
        time_s: see above.
        lag_ms: NaN without motion.
        jitter_mm, measured_jitter_mm: of the commands, and of what they follow; NaN without any.
    """

    time_s: float
    lag_ms: float
    jitter_mm: float
    measured_jitter_mm: float


@dataclass
class ReplayRun:
    """What came of a replay.

    Attributes:
        run: commands, states of the gate and the robot, over time.
        configs: settings of the gate, each with the time that it was in force from [s].
        quality: of the commands, twice a second while they follow.
        ignored: messages that the gate left out, by reason.
        messages: how many the gate took.
        duration_s: how long the recording was [s].
    """

    run: RobotRun
    configs: list[tuple[float, GateSettings]]
    quality: list[Quality] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    duration_s: float = 0.0


class _Wishes:
    """Asks the gate for what the operator asked it for, as soon as it takes it."""

    def __init__(self, requests: Sequence[GateRequest] | None) -> None:
        self._always = requests is None
        self._pending = list(requests or ())
        self._wanted = False

    def ask(self, controller: Controller, now_s: float) -> None:
        while self._pending and self._pending[0].time_s <= now_s:
            request = self._pending.pop(0)
            self._wanted = request.engage
            if request.release:
                controller.release(request.release, now_s)
        idle = controller.state in (State.DISENGAGED, State.HOLD)
        if self._always:
            self._wanted = controller.state is State.DISENGAGED
        if self._wanted and idle and not controller.request(now_s):
            self._wanted = False


class _Live:
    """Sets settings that may change while a gate runs, once nobody is in control."""

    def __init__(self, changes: Sequence[SettingsChange]) -> None:
        self._pending = list(changes)
        self._live = {s.name for s in settings_of(GateSettings) if s.live}

    def set(self, simulated: SimulatedRun, now_s: float) -> GateSettings | None:
        """The new settings; None where nothing has changed."""
        controller = simulated.controller
        changed: GateSettings | None = None
        while self._pending and self._pending[0].time_s <= now_s and controller.idle:
            values = {name: v for name, v in self._pending.pop(0).values.items() if name in self._live}
            config, _ = replayable(updated(controller.config, values))
            if config != controller.config:
                controller.configure(config)
                simulated.driver.max_error = config.max_tracking_error
                changed = config
        return changed


def replay(retargeter: Retargeter, what: Replayed) -> ReplayRun:
    """Let a simulated robot follow recorded bodies, as the gate lets it.

    A gate takes the newest message at each tick: of several that came since the last one it sees the newest.

    Args:
        retargeter: of the robot, at its home posture.
        what: see there.

    Raises:
        RobotError: the robot cannot be simulated.
        SettingError: the workspace is empty.
    """
    simulated = SimulatedRun(retargeter, what.config, what.dynamics)
    controller, intake = simulated.controller, OperatorIntake()
    wishes, live = _Wishes(what.requests), _Live(what.changes)
    found = ReplayRun(simulated.run, [(0.0, what.config)])
    period_s = 1.0 / what.config.rate_hz
    found.duration_s = end_s = what.end_s
    at, asked_s = 0, -math.inf
    for tick in range(1, math.ceil((end_s + _AFTER_S) / period_s) + 1):
        simulated.now_s = now_s = tick * period_s
        newest = at
        while newest < len(what.bodies) and what.bodies[newest].received_s <= min(now_s, end_s):
            newest += 1
        if newest > at:
            at = newest
            found.messages += _take(simulated, intake, what.start_ns, what.bodies[at - 1])
        config = live.set(simulated, now_s)
        if config is not None:
            found.configs.append((now_s, config))
        if now_s <= end_s:
            wishes.ask(controller, now_s)
        else:
            controller.release(_ENDED, now_s)
        simulated.tick()
        if controller.state is State.ENGAGED and now_s - asked_s >= _QUALITY_PERIOD_S:
            asked_s = now_s
            of = controller.tracking_quality
            found.quality.append(Quality(now_s, of.lag_ms, of.jitter_mm, of.measured_jitter_mm))
    found.ignored = dict(controller.reception.ignored)
    return found


def _take(simulated: SimulatedRun, intake: OperatorIntake, start_ns: int, one: ReceivedBodies) -> bool:
    """Give the controller a message; whether it is of the run that it follows."""
    controller, now_s = simulated.controller, simulated.now_s
    if not controller.follows(one.run_id, now_s):
        return False
    stamp_ns, ros_ns = (start_ns + round(1e9 * time_s) for time_s in (one.operator.time_s, now_s))
    seen = one.operator.of(controller.watched)
    intake.take(controller, MessageHeader(one.frame_id, stamp_ns, ros_ns), seen, now_s)
    return True
