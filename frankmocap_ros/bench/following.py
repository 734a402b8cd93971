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

"""How well a robot follows a person: errors, correlation and lag, from what was heard of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from frankmocap_ros.body.frames import heading, level_from_settings, turned
from frankmocap_ros.evaluation.lag import Signal, products
from frankmocap_ros.geometry.rotation import Array, quat_rotate

_MAX_LAG_S = 0.6
_LAG_STEP_S = 0.01
_LEAST_SAMPLES = 30
_LEAST_MOTION_M = 0.01  # standard deviation along an axis

Point = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One thing's positions over time.

    Attributes:
        times_s: shape (T,), rising [s].
        positions: shape (T, 3) [m].
    """

    times_s: Array
    positions: Array

    def at(self, times_s: Array) -> Array:
        """Positions at other times, linear in between, shape (len(times_s), 3)."""
        return np.stack([np.interp(times_s, self.times_s, axis) for axis in self.positions.T], axis=-1)

    def during(self, spans: Sequence[tuple[float, float]]) -> "Trajectory":
        """Only what lies within some spans of time."""
        inside = np.zeros(len(self.times_s), dtype=bool)
        for start_s, end_s in spans:
            inside |= (self.times_s >= start_s) & (self.times_s <= end_s)
        return Trajectory(self.times_s[inside], self.positions[inside])


def trajectory(samples: Sequence[tuple[float, Point]]) -> Trajectory:
    """A track of samples in order of time."""
    return Trajectory(
        np.array([time_s for time_s, _ in samples], dtype=float),
        np.array([point for _, point in samples], dtype=float).reshape(-1, 3),
    )


def person_trajectory(
    person: Sequence[tuple[float, Mapping[str, Point]]], joint: str, origin: str, since_s: float
) -> Trajectory:
    """A joint of a person relative to another, in the frame of their torso at a time: forward, left, up [m].

    Args:
        person: time and positions in the optical frame of a level camera [m].
        joint: the joint.
        origin: what it is relative to.
        since_s: when the torso gives the frame [s]; the next moment at which both shoulders are seen.
    """
    level = level_from_settings(0.0, 0.0, 0.0)
    facing = next(
        (
            angle
            for time_s, at in person
            if time_s >= since_s and {"left_shoulder", "right_shoulder"} <= at.keys()
            for angle in [
                heading(*(quat_rotate(level, np.array(at[f"{s}_shoulder"])) for s in ("left", "right")))
            ]
            if angle is not None
        ),
        0.0,
    )
    seen = [(time_s, at) for time_s, at in person if joint in at and origin in at]
    way = np.array([np.subtract(at[joint], at[origin]) for _, at in seen], dtype=float).reshape(-1, 3)
    return Trajectory(np.array([time_s for time_s, _ in seen]), quat_rotate(turned(level, -facing), way))


def correlation(leader: Trajectory, follower: Trajectory) -> tuple[float, float] | None:
    """How alike two motions are: the smallest correlation of an axis at the lag that makes it largest.

    Axes along which the leader hardly moves do not count: there is only noise.

    Returns:
        The correlation, -1..1, and the lag of the follower [s]; None where there is too little to tell, or
        one of them stays where it is.
    """
    if len(follower.times_s) < _LEAST_SAMPLES or len(leader.times_s) < _LEAST_SAMPLES:
        return None
    led, followed = (Signal(one.times_s, one.positions) for one in (leader, follower))
    best: tuple[float, float] | None = None
    for lag_s in np.arange(0.0, _MAX_LAG_S, _LAG_STEP_S):
        sums = products(led, followed, float(lag_s))
        moves = sums.counts >= _LEAST_SAMPLES
        moves &= sums.leader >= _LEAST_MOTION_M**2 * sums.counts
        spread = np.sqrt(sums.leader * sums.follower)[moves]
        if not len(spread) or not (spread > 0.0).all():
            return None
        found = float((sums.both[moves] / spread).min())
        if best is None or found > best[0]:
            best = (found, float(lag_s))
    return best


def errors(
    commands: Trajectory, robot: Trajectory, origin: Array, reach_m: float
) -> tuple[float, float] | None:
    """How far the robot is from where it was told to be, where it can be there.

    Args:
        commands: what was commanded.
        robot: where the robot's target was.
        origin: shape (3,), where the limb begins [m].
        reach_m: how long the limb is [m].

    Returns:
        The mean [m] and the share of commands that lie within reach; None where there is nothing to tell.
    """
    known = (commands.times_s >= robot.times_s[0]) & (commands.times_s <= robot.times_s[-1])
    far = np.linalg.norm(commands.positions - origin, axis=-1)
    counted = known & (far <= reach_m)
    if not counted.any():
        return None
    off = commands.positions[counted] - robot.at(commands.times_s[counted])
    return float(np.linalg.norm(off, axis=-1).mean()), float(counted.sum() / known.sum())


def largest_step(commands: Trajectory, gap_s: float) -> float:
    """The largest way between two commands in a row [m]; a pause of more than ``gap_s`` is no step."""
    if len(commands.times_s) < 2:
        return 0.0
    steps = np.linalg.norm(np.diff(commands.positions, axis=0), axis=-1)
    steps = steps[np.diff(commands.times_s) <= gap_s]
    return float(steps.max()) if len(steps) else 0.0


def seconds_in(states: Sequence[tuple[float, str]], end_s: float) -> dict[str, float]:
    """How long each state lasted in all [s]; empty where none was heard."""
    found: dict[str, float] = {}
    ends = [*(time_s for time_s, _ in states), end_s][1:]
    for (start_s, name), stop_s in zip(states, ends, strict=True):
        found[name] = found.get(name, 0.0) + max(0.0, stop_s - start_s)
    return found


def spans_of(states: Sequence[tuple[float, str]], name: str, end_s: float) -> list[tuple[float, float]]:
    """When a state began and ended, each time [s]."""
    ends = [*(time_s for time_s, _ in states), end_s][1:]
    return [(start_s, stop_s) for (start_s, state), stop_s in zip(states, ends, strict=True) if state == name]
