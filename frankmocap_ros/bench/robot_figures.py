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

"""How well a robot followed: figures of a run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.following import (
    Trajectory,
    correlation,
    errors,
    person_trajectory,
    seconds_in,
    spans_of,
)
from frankmocap_ros.bench.robot_run import TICK_S
from frankmocap_ros.evaluation.rounding import rounded
from frankmocap_ros.geometry.rotation import Array, Mask
from frankmocap_ros.settings.gate import SIMULATED
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.operator_joints import OperatorJoints
from frankmocap_ros.teleop.simulated_run import RobotRun

_REACH: Final = 0.98
_FAST: Final = 0.5  # of a joint's highest speed: turning round at more is a reversal
_ROUNDING: Final = 1e-6
_PAUSE_S: Final = 0.15  # commands further apart do not follow each other: the robot has stopped
_WRISTS: Final = ("left_wrist", "right_wrist")
_ENDS: Final = (*_WRISTS, "left_ankle", "right_ankle")


@dataclass(frozen=True)
class TargetFigures:
    """How one target followed.

    Attributes:
        error_m: mean distance from its commands, where they are within reach [m].
        reachable: share of the commands that are.
        correlation: with the operator's motion, of the worst axis, in the longest engagement.
        lag_s: at which that is largest [s].
        direction_deg: median angle between where it is from its origin and where it is to be [deg].
        stuck_s: longest time that it was not reached, though within reach [s].
    """

    error_m: float | None
    reachable: float | None
    correlation: float | None
    lag_s: float | None
    direction_deg: float | None
    stuck_s: float


@dataclass(frozen=True)
class RobotFigures:
    """How a robot followed.

    Attributes:
        engaged: share of the time.
        commanded: whether there were any commands.
        targets: target -> its figures.
        reversals_per_s: joints that turned round at more than half their speed, within a tick.
        peak_acceleration: highest of a joint [rad/s^2] or [m/s^2].
        violations: commands and steps beyond a joint's range, speed or acceleration.
        step_ms_p50, step_ms_p99: cost of a tick [ms].
        reasons: why the gate let go, or never commanded anything.
        refused: commands that the simulated robot did not take, by reason.
        at_speed: joints that were at their speed more than a fifth of the time.
    """

    engaged: float
    commanded: bool
    targets: dict[str, TargetFigures]
    reversals_per_s: float
    peak_acceleration: float
    violations: int
    step_ms_p50: float | None
    step_ms_p99: float | None
    reasons: tuple[str, ...]
    refused: dict[str, int]
    at_speed: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def figures(run: RobotRun, seen: Sequence[OperatorJoints], robot: Retargeter) -> RobotFigures:
    """The figures of a run.

    Args:
        run: what was recorded.
        seen: the operator.
        robot: of the same map.
    """
    end_s = seen[-1].time_s if seen else 0.0
    engaged = spans_of(run.states, "ENGAGED", end_s)
    align_s = _align_s(robot)
    settled = [(start_s + align_s, stop_s) for start_s, stop_s in engaged if stop_s > start_s + align_s]
    joints, speeds = np.array(run.joints), np.array(run.velocities)
    times_s = np.array(run.times_s)
    moved = np.array([robot.poses(at).positions for at in run.moved])
    targets = {
        target.name: _of_target(i, run, (times_s, moved), (seen, settled), robot)
        for i, target in enumerate(robot.targets)
        if target.robot_length > 0.0 or target.joint in _WRISTS
    }
    next_to = np.diff(times_s) < 1.5 * TICK_S if len(times_s) else np.zeros(0, dtype=bool)
    changes = np.diff(speeds, axis=0)[next_to] if len(times_s) > 1 else np.zeros((0, 1))
    violations = run.violations
    violations += _too_sudden(times_s, speeds, robot.max_acceleration)
    if len(joints):
        out = (joints < robot.lower - 0.02) | (joints > robot.upper + 0.02)
        fast = np.abs(speeds) > robot.max_speed / 0.85 * (1.0 + _ROUNDING)
        violations += int((out | fast).any(axis=1).sum())
    at_speed = np.abs(speeds) > 0.98 * robot.max_speed if len(joints) else np.zeros((1, 1), dtype=bool)
    reversals = _reversals(speeds, next_to, robot.max_speed)
    return RobotFigures(
        engaged=round(seconds_in(run.states, end_s).get("ENGAGED", 0.0) / max(end_s, 1e-9), 3),
        commanded=bool(run.times_s),
        targets=targets,
        reversals_per_s=round(reversals / max(TICK_S, len(times_s) * TICK_S), 2),
        peak_acceleration=round(float(np.abs(changes).max(initial=0.0)) / TICK_S, 1),
        violations=violations,
        step_ms_p50=rounded(float(np.percentile(run.step_ms, 50)), 3) if run.step_ms else None,
        step_ms_p99=rounded(float(np.percentile(run.step_ms, 99)), 3) if run.step_ms else None,
        reasons=tuple(dict.fromkeys(run.reasons)),
        refused=run.refused,
        at_speed=tuple(
            name for name, share in zip(robot.joint_names, at_speed.mean(axis=0), strict=False) if share > 0.2
        ),
    )


def _too_sudden(times_s: Array, speeds: Array, highest: Array) -> int:
    """How many commands ask a joint for more acceleration than it has, late ones too."""
    if len(times_s) < 2:
        return 0
    passed = np.diff(times_s)
    follows = passed < _PAUSE_S
    sudden = np.abs(np.diff(speeds, axis=0)) > highest * passed[:, None] * (1.0 + _ROUNDING)
    return int(sudden[follows].any(axis=1).sum())


def _reversals(speeds: Array, next_to: Mask, highest: Array) -> int:
    """How often joints turn round from one tick to the next at more than half of their speed."""
    if len(speeds) < 2:
        return 0
    fast = np.abs(speeds) > _FAST * highest
    turned = (np.sign(speeds[1:]) != np.sign(speeds[:-1])) & fast[1:] & fast[:-1]
    return int(turned[next_to].sum())


def _align_s(robot: Retargeter) -> float:
    """How long a robot comes into the operator's posture after an engagement [s]."""
    return 0.0 if robot.table_arm else float(SIMULATED["align_s"])  # type: ignore[arg-type]


def _of_target(
    target: int,
    run: RobotRun,
    robot_at: tuple[Array, Array],
    person: tuple[Sequence[OperatorJoints], list[tuple[float, float]]],
    robot: Retargeter,
) -> TargetFigures:
    one = robot.targets[target]
    times_s, moved = robot_at
    seen, settled = person
    if not len(times_s):
        return TargetFigures(None, None, None, None, None, 0.0)
    commands = Trajectory(times_s, np.array(run.commands)[:, target]).during(settled)
    robots = Trajectory(times_s, moved[:, target])
    origin = robot.poses(robot.home).origins[target]
    # the middle of a limb is always at the end of its part of it
    reach = _REACH * float(robot.reach[target]) if one.joint in _ENDS else np.inf
    off = errors(commands, robots, origin, reach) if len(commands.times_s) else None
    alike = direction = None
    if settled and one.origin:
        told = [(one.time_s, one.seen_at()) for one in seen]
        # in the heading that the gate took when it was engaged, which differs from engagement to engagement
        longest = max(settled, key=lambda span: span[1] - span[0])
        led = person_trajectory(told, one.joint, one.origin, longest[0] - _align_s(robot))
        alike = correlation(led, robots.during([longest]))
    if len(commands.times_s) and one.robot_length > 0.0:
        direction = _direction_deg(commands.positions - origin, robots.during(settled).positions - origin)
    return TargetFigures(
        error_m=rounded(off[0]) if off else None,
        reachable=rounded(off[1], 3) if off else None,
        correlation=rounded(alike[0], 3) if alike else None,
        lag_s=rounded(alike[1], 2) if alike else None,
        direction_deg=rounded(direction, 1),
        stuck_s=_stuck_s(run, one.name, settled, (target, origin, reach)),
    )


def _direction_deg(wanted: Array, found: Array) -> float:
    """Median angle between vectors, shape (T, 3) each [deg]."""
    sizes = np.linalg.norm(wanted, axis=-1) * np.linalg.norm(found, axis=-1)
    cosines = np.sum(wanted * found, axis=-1) / np.maximum(sizes, 1e-9)
    return float(np.degrees(np.median(np.arccos(np.clip(cosines, -1.0, 1.0)))))


def _stuck_s(
    run: RobotRun, name: str, settled: list[tuple[float, float]], command: tuple[int, Array, float]
) -> float:
    """Longest time in which a target was not reached, though it could be [s]."""
    target, origin, reach = command
    longest = since = 0.0
    was = False
    for time_s, missed, at in zip(run.times_s, run.missed, run.commands, strict=True):
        counted = any(start_s <= time_s <= stop_s for start_s, stop_s in settled)
        within = float(np.linalg.norm(at[target] - origin)) <= reach
        is_stuck = counted and within and name in missed
        if is_stuck and not was:
            since = time_s
        if is_stuck:
            longest = max(longest, time_s - since)
        was = is_stuck
    return round(longest, 2)
