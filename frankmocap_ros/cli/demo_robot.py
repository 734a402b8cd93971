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

"""``frankmocap_ros demo --robot``: the gate, a simulated robot, and its tracking accuracy."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from frankmocap_ros.bench.following import (
    Trajectory,
    correlation,
    errors,
    largest_step,
    person_trajectory,
    seconds_in,
    spans_of,
    trajectory,
)
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.cli.nodes import node_command
from frankmocap_ros.errors import SettingError
from frankmocap_ros.evaluation.rounding import rounded
from frankmocap_ros.runtime.text_values import yaml_values
from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import settings_of, updated, yaml_value
from frankmocap_ros.teleop.hands.grip import Grip
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.viewer.grip_bars import grip_words

if TYPE_CHECKING:
    from frankmocap_ros.ros.clients.robot_watcher import RobotWatcher, Teleoperation

_WRISTS: Final = ("left_wrist", "right_wrist")
_ORIGIN: Final = "{side}_shoulder"
_COMMANDED: Final = ("ENGAGED", "HOLD")  # states of the gate in which grips go out
_REACH: Final = 0.98  # of the limb's length: a straight arm is at its end
_GAP_S: Final = 0.05  # commands further apart than this do not follow each other


def _told(gate: Sequence[str]) -> dict[str, object]:
    """Settings from ``name=value``, the value as in YAML.

    Raises:
        SettingError: something has no such form.
    """
    found: dict[str, object] = {}
    for one in gate:
        name, equals, value = one.partition("=")
        if not equals:
            raise SettingError(f"--gate {one}: expected NAME=VALUE, such as --gate max_speed=0.5")
        try:
            found[name.strip().replace("-", "_")] = yaml_values(value)
        except ValueError as error:
            raise SettingError(f"--gate {one}: {value!r} cannot be read") from error
    return found


def _of_grip(heard: list[tuple[float, Grip]]) -> dict[str, object]:
    """Figures of one gripper's commands."""
    known = [(time_s, grip.opening) for time_s, grip in heard if grip.state != JointState.INVALID]
    times_s, openings = np.array(known).reshape(-1, 2).T
    steps = np.abs(np.diff(openings))[np.diff(times_s) < _GAP_S]
    states = Counter(grip.state.name for _, grip in heard)
    return {
        "commands": len(heard),
        "opening_min": rounded(float(openings.min())) if len(openings) else None,
        "opening_max": rounded(float(openings.max())) if len(openings) else None,
        "max_step": rounded(float(steps.max(initial=0.0))),
        "states": {name: round(count / len(heard), 4) for name, count in sorted(states.items())},
    }


class RobotDemo:
    """The robot's part of the demo.

    Args:
        robot: name or map.
        model: the robot's model; empty for what the map says.
        gate: settings of the gate, such as ``max_speed=0.5``, beside those of a simulated robot.

    Raises:
        RobotError: the map is wrong.
        SettingError: a setting of the gate is wrong.
        MissingDependencyError: the simulation is not installed.
    """

    def __init__(self, robot: str, model: str = "", gate: Sequence[str] = ()) -> None:
        self._name, self._model = robot, model
        of_robot = {"robot": robot, "robot_model": model}
        robot_map = load_map(robot, model)
        told = _told(gate)
        self._gate = updated(GateSettings(), {**SIMULATED, **robot_map.simulation_limits, **told, **of_robot})
        self.robot = Retargeter(robot_map)
        self.wrists = tuple(t for t in self.robot.targets if t.joint in _WRISTS)
        self.joints = tuple(
            dict.fromkeys((*("left_shoulder", "right_shoulder"), *(t.joint for t in self.wrists)))
        )

    @property
    def needs_hands(self) -> bool:
        """Whether fingers are followed: by a robot's hands, or as what opens and shuts grippers."""
        return bool(self.robot.robot_map.hands) or self._gate.grip_by_hand

    def commands(self) -> list[list[str]]:
        """The gate's and the simulated robot's command."""
        config = self._gate
        changed = [s.name for s in settings_of(GateSettings) if getattr(config, s.name) != s.default]
        gate = {name: yaml_value(getattr(config, name)) for name in changed}
        trajectory = {"joint_trajectory": "gate/joint_trajectory"}
        of_robot = {"robot": self._name} | ({"robot_model": self._model} if self._model else {})
        return [
            node_command("gate", gate),
            node_command("robot", {name: yaml_value(value) for name, value in of_robot.items()}, trajectory),
        ]

    def watcher(self) -> "RobotWatcher":
        """Make the node that follows it all."""
        from frankmocap_ros.ros.clients.robot_watcher import RobotWatcher

        self._watcher = RobotWatcher([t.name for t in self.wrists], self.joints)
        return self._watcher

    def begin(self) -> None:
        """Ask the gate to engage, and again whenever it lets go."""
        self._watcher.asking.set()

    def summary(self) -> dict[str, object]:
        """Figures for the demo's JSON."""
        heard = self._watcher.heard()
        end_s = max(
            [time_s for time_s, _ in heard.robot[-1:]] + [time_s for time_s, _ in heard.states[-1:]] + [0.0]
        )
        engaged = spans_of(heard.states, "ENGAGED", end_s)
        settled = [(start_s + self._gate.align_s, stop_s) for start_s, stop_s in engaged]
        targets = [i for i, t in enumerate(self.robot.targets) if t in self.wrists]
        found = [self._of_wrist(i, heard, settled) for i in targets]
        off = [one["error_m"] for one in found if one["error_m"] is not None]
        alike = [one["correlation"] for one in found if one["correlation"] is not None]
        lags = [one["lag_s"] for one in found if one["lag_s"] is not None]
        steps = [largest_step(trajectory(all_of), _GAP_S) for all_of in heard.commands.values()]
        return {
            "robot": {
                "commands": max((len(all_of) for all_of in heard.commands.values()), default=0),
                "wrist_error_mean_m": rounded(float(np.mean(off))) if off else None,
                "wrist_correlation_min": rounded(min(alike)) if len(alike) == len(found) else None,
                "lag_s": rounded(max(lags)) if lags else None,
                "limit_violations": int(heard.robot_health.get("limit_violations", 0)),
                "max_command_step_m": rounded(max(steps, default=0.0), 5),
                "grips": {side: _of_grip(all_of) for side, all_of in heard.grips.items() if all_of},
                "wrists": {t.name: one for t, one in zip(self.wrists, found, strict=True)},
            },
            "gate": {
                "states": {n: round(s, 2) for n, s in seconds_in(heard.states, end_s).items()},
                "transitions": max(0, len(heard.states) - 1),
                "asked": heard.asked,
                "reason": heard.reason,
            },
        }

    def _of_wrist(
        self, target: int, heard: "Teleoperation", spans: list[tuple[float, float]]
    ) -> dict[str, float | None]:
        """Error and share within reach of one wrist; correlation and lag in the longest engagement."""
        one = self.robot.targets[target]
        commands = trajectory(heard.commands.get(one.name, [])).during(spans)
        robot = self._track(target, heard)
        off = alike = None
        if len(commands.times_s) and len(robot.times_s):
            origin = self.robot.poses(self.robot.home).origins[target]
            off = errors(commands, robot, origin, _REACH * one.robot_length)
        if spans and len(heard.person):
            side = one.joint.partition("_")[0]
            longest = max(spans, key=lambda span: span[1] - span[0])
            engaged_s = longest[0] - self._gate.align_s  # when the gate took the operator's heading
            person = person_trajectory(heard.person, one.joint, _ORIGIN.format(side=side), engaged_s)
            alike = correlation(person, robot.during([longest]))
        return {
            "error_m": rounded(off[0]) if off else None,
            "reachable": rounded(off[1]) if off else None,
            "correlation": rounded(alike[0]) if alike else None,
            "lag_s": rounded(alike[1]) if alike else None,
        }

    def _track(self, target: int, heard: "Teleoperation") -> Trajectory:
        """Where the robot's target was, from the joints that it told."""
        names = self.robot.joint_names
        told = [(time_s, at) for time_s, at in heard.robot if at.keys() >= set(names)]
        return trajectory(
            [
                (time_s, tuple(self.robot.poses(np.array([at[n] for n in names])).positions[target]))
                for time_s, at in told
            ]
        )

    def text(self) -> str:
        """A line for people."""
        heard = self._watcher.heard()
        state = heard.states[-1][1] if heard.states else "not there yet"
        limits = [one for one in heard.limits if "_grip: " not in one]  # the grippers tell their own
        moving = f", {', '.join(limits)}" if limits else ""
        why = heard.refusal or heard.reason
        commands = max((len(all_of) for all_of in heard.commands.values()), default=0)
        grips = "".join(
            f"; {side} gripper: {grip_words(all_of[-1][1], heard.limits)}"
            for side, all_of in heard.grips.items()
            if all_of and state in _COMMANDED
        )
        return f"robot: {state} ({why}){moving}; {commands} commands{grips}"
