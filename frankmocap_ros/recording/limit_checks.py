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

"""What of a replay lies beyond a limit: commands of targets and joints, distances, promises, the robot."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.evaluation.rounding import rounded
from frankmocap_ros.geometry.rotation import Array, Mask, turn_between
from frankmocap_ros.recording.replay import ReplayRun
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command_limiter import limits_of
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter

_ROUNDING: Final = 1e-4  # share of a limit that numbers may be off by
_LEAST: Final = 1e-6  # the same in each unit
_NEXT: Final = 1.5  # ticks: commands further apart do not follow each other
_PAUSE_S: Final = 0.15  # after so long without commands the robot has stopped
_SERVO_SPEED: Final = 1.1  # of a joint's limit: a servo that starts and stops swings over
_SERVO_RANGE: Final = 1e-3  # [rad] or [m]: an end stop gives way
_TOUCHES_M: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Commands:
    """What was sent, as arrays over N commands. T targets, J joints.

    Attributes:
        times_s: shape (N,) [s].
        positions, orientations: shapes (N, T, 3) [m] and (N, T, 4), of the targets.
        joints, velocities: shape (N, J) each [rad] or [m], [1/s].
        robot: shape (N, J), where the simulated robot was at the same time.
        next_to: shape (N - 1,), which of them follow the one before at the next tick.
        follows: shape (N - 1,), before which of them there was no pause.
    """

    times_s: Array
    positions: Array
    orientations: Array
    joints: Array
    velocities: Array
    robot: Array
    next_to: Mask
    follows: Mask


def sent_commands(replayed: ReplayRun, robot: Retargeter) -> Commands:
    """The commands of a replay."""
    run, j, t = replayed.run, len(robot.joint_names), len(robot.targets)
    times_s = np.array(run.times_s)
    passed = np.diff(times_s)
    return Commands(
        times_s,
        np.array(run.commands).reshape(-1, t, 3),
        np.array([command.orientations for command in run.sent]).reshape(-1, t, 4),
        np.array(run.joints).reshape(-1, j),
        np.array(run.velocities).reshape(-1, j),
        np.array(run.moved).reshape(-1, j),
        passed <= _NEXT / replayed.configs[0][1].rate_hz,
        passed <= _PAUSE_S,
    )


@dataclass(frozen=True)
class LimitChecks:
    """Figures for JSON.

    Attributes:
        violations: how often each limit was not kept.
        steps: the largest steps, speeds and accelerations, by name with their unit.
        distances: the least distances of parts that are kept apart, by name [m]; None where there are none.
    """

    violations: Mapping[str, int]
    steps: Mapping[str, float]
    distances: Mapping[str, float | None]


def limit_checks(commands: Commands, replayed: ReplayRun, robot: Retargeter) -> LimitChecks:
    """What a replay sent, and where the simulated robot was, beside all limits."""
    target_violations, target_steps = _targets(commands, replayed, robot)
    joint_violations, joint_steps = _joints(commands, robot)
    near, distances = _distances(commands, replayed, robot)
    robot_violations, robot_steps = _robot_moves(replayed, robot)
    promises = _promises(commands, replayed, robot)
    return LimitChecks(
        {**target_violations, **joint_violations, **near, **promises, **robot_violations},
        {**target_steps, **joint_steps, **robot_steps},
        distances,
    )


def _most(values: Array, digits: int = 4) -> float:
    return float(rounded(float(np.max(values, initial=0.0)), digits) or 0.0)


def _beyond(values: Array, limits: Array | float) -> int:
    """How many rows have a value beyond its limit, or one that is no number."""
    outside = ~(values <= np.asarray(limits) * (1.0 + _ROUNDING) + _LEAST)
    return int(outside.any(axis=tuple(range(1, outside.ndim))).sum())


def _in_force(times_s: Array, replayed: ReplayRun) -> list[tuple[GateSettings, Mask]]:
    """Settings, and which of the times they are in force at."""
    starts = np.array([start_s for start_s, _ in replayed.configs])
    number = np.searchsorted(starts, times_s, side="right") - 1
    return [(config, np.asarray(number == i)) for i, (_, config) in enumerate(replayed.configs)]


def _targets(
    commands: Commands, replayed: ReplayRun, robot: Retargeter
) -> tuple[dict[str, int], dict[str, float]]:
    """Commands of targets beside their limits: violations, and the largest of each kind."""
    dt = np.diff(commands.times_s)[:, None]
    steps = np.diff(commands.positions, axis=0)
    before, after = commands.orientations[:-1], commands.orientations[1:]
    turns = turn_between(before, after) if len(dt) else np.zeros_like(steps)
    along, about = commands.next_to, commands.next_to[1:] & commands.next_to[:-1]
    per_s = np.maximum(dt, 1e-9)[..., None]
    moving, turning = steps / per_s, turns / per_s
    sizes = {
        "speed": (_norms(moving), along),
        "acceleration": (_norms(np.diff(moving, axis=0)) / np.maximum(dt[1:], 1e-9), about),
        "angular_speed": (_norms(turning), along),
        "angular_acceleration": (_norms(np.diff(turning, axis=0)) / np.maximum(dt[1:], 1e-9), about),
    }
    violations = {f"command_{name}": 0 for name in (*sizes, "workspace")}
    for config, here in _in_force(commands.times_s, replayed):
        limits = limits_of(config, robot.targets)
        for name, (values, counted) in sizes.items():
            rows = counted & here[len(here) - len(counted) :]
            violations[f"command_{name}"] += _beyond(values[rows], getattr(limits, f"max_{name}"))
        at = commands.positions[here]
        inside = ((at >= limits.low - _LEAST) & (at <= limits.high + _LEAST)).all(axis=(1, 2))
        violations["command_workspace"] += int((~inside).sum())
    peaks = {f"command_{name}": _most(values[counted]) for name, (values, counted) in sizes.items()}
    largest = {"command_step_m": _norms(steps), "command_turn_rad": _norms(turns)}
    return violations, peaks | {name: _most(of[commands.follows], 5) for name, of in largest.items()}


def _norms(vectors: Array) -> Array:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _joints(commands: Commands, robot: Retargeter) -> tuple[dict[str, int], dict[str, float]]:
    """Commands of joints beside the limits of map and model: violations, and the largest of each kind."""
    model = robot.ik_model
    dt = np.maximum(np.diff(commands.times_s)[:, None], 1e-9)
    steps = np.diff(commands.joints, axis=0)
    speeds = np.maximum(
        np.abs(commands.velocities[1:]), np.where(commands.next_to[:, None], np.abs(steps) / dt, 0.0)
    )
    changes = np.abs(np.diff(commands.velocities, axis=0)) / dt
    fast = speeds[commands.follows] / np.maximum(model.max_speed, 1e-9)
    sudden = changes[commands.follows] / np.maximum(robot.max_acceleration, 1e-9)
    out = np.maximum(model.lower - commands.joints, commands.joints - model.upper)
    violations = {
        "joint_speed": _beyond(fast, 1.0),
        "joint_acceleration": _beyond(sudden, 1.0),
        "joint_range": _beyond(out, 0.0),
    }
    return violations, {
        "joint_step": _most(np.abs(steps)[commands.follows], 5),
        "joint_speed_share": _most(fast),
        "joint_acceleration_share": _most(sudden),
    }


def _distances(
    commands: Commands, replayed: ReplayRun, robot: Retargeter
) -> tuple[dict[str, int], dict[str, float | None]]:
    """Violations, and how near the parts come that are kept apart: as commanded, and as the robot moves."""
    keep_m, count = robot.robot_map.minimum_distance_m, len(robot.ik_model.pairs)
    boxes = np.arange(count) >= count - robot.ik_model.boxes
    asked = _gaps(commands.joints, robot)
    at = np.array(replayed.run.robot).reshape(-1, len(robot.joint_names))
    moves = np.append(True, (np.diff(at, axis=0) != 0.0).any(axis=1)) if len(at) else np.zeros(0, dtype=bool)
    real = _gaps(at[moves], robot)
    violations: dict[str, int] = {}
    found = {"kept_m": rounded(keep_m)}
    for name, pairs in (("self_collision", ~boxes), ("keep_out", boxes)):
        violations[f"command_{name}"] = _too_near(asked[:, pairs], keep_m)
        violations[f"robot_{name}"] = _too_near(real[:, pairs], -_TOUCHES_M)
        for of, gaps in (("command", asked), ("robot", real)):
            near = gaps[:, pairs]
            found[f"{of}_{name}_m"] = rounded(float(near.min())) if near.size else None
    return violations, found


def _gaps(postures: Array, robot: Retargeter) -> Array:
    """Distances of the pairs in postures, shape (N, P) [m]."""
    if not robot.ik_model.pairs:
        return np.zeros((len(postures), 0))
    return np.array([robot.gaps(posture) for posture in postures]).reshape(-1, len(robot.ik_model.pairs))


def _too_near(gaps: Array, least_m: float) -> int:
    """In how many postures a pair is nearer than it may be, and nearer than it was."""
    if not len(gaps):
        return 0
    before = np.concatenate([gaps[:1], gaps[:-1]])
    return int((gaps < np.minimum(least_m, before) - _LEAST).any(axis=1).sum())


def _promises(commands: Commands, replayed: ReplayRun, robot: Retargeter) -> dict[str, int]:
    """What else the gate promises of commands: when there are any, and how near to the robot."""
    run = replayed.run
    ends_s = [*(change.time_s for change in run.changes[1:]), math.inf]
    spans = [(c.state, c.time_s, end_s) for c, end_s in zip(run.changes, ends_s, strict=True)]
    times_s, ages_s = commands.times_s, np.array(run.ages_s)
    held = np.array([command.held for command in run.sent], dtype=bool)
    unasked = np.ones(len(times_s), dtype=bool)
    too_long = np.zeros(len(times_s), dtype=bool)
    first = np.zeros(len(times_s), dtype=bool)
    for state, start_s, end_s in spans:
        within = (times_s >= start_s) & (times_s <= end_s)
        if state == "ENGAGED":
            unasked &= ~(within & ~held)
            first[np.flatnonzero(within)[:1]] = True
        elif state == "HOLD":
            unasked &= ~(within & held)
            hold_s = next(c.hold_s for s, c in reversed(replayed.configs) if s <= start_s)
            too_long |= within & (times_s > start_s + hold_s + _LEAST)
    off = np.abs(np.array([robot.apart(a, b) for a, b in zip(commands.joints, commands.robot, strict=True)]))
    off = off.reshape(-1, len(robot.joint_names))
    violations = {"unasked_commands": int(unasked.sum()), "long_holds": int(too_long.sum())}
    violations["old_bodies"] = violations["far_commands"] = 0
    for config, here in _in_force(times_s, replayed):
        violations["old_bodies"] += _beyond(ages_s[here], config.max_age_s)
        if config.max_tracking_error > 0.0:
            violations["far_commands"] += _beyond(off[here], config.max_tracking_error)
    period_s = 1.0 / replayed.configs[0][1].rate_hz
    violations["first_commands"] = _beyond(off[first], robot.ik_model.max_speed * period_s)
    violations["faults"] = sum(change.state == "FAULT" for change in run.changes)
    return violations


def _robot_moves(replayed: ReplayRun, robot: Retargeter) -> tuple[dict[str, int], dict[str, float]]:
    """Where the simulated robot was, beside the limits of its joints: violations, and the largest step."""
    model = robot.ik_model
    at = np.array(replayed.run.robot).reshape(-1, len(robot.joint_names))
    steps, dt = np.abs(np.diff(at, axis=0)), np.maximum(np.diff(replayed.run.ticks_s)[:, None], 1e-9)
    out = np.maximum(model.lower - at, at - model.upper)
    violations = {
        "robot_speed": _beyond(steps / dt, _SERVO_SPEED * model.max_speed),
        "robot_range": _beyond(out, _SERVO_RANGE),
    }
    return violations, {"robot_step": _most(steps, 5)}
