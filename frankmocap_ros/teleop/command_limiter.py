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

"""Limits for commands that a robot follows: how far each may go.

A governor moves commands towards setpoints within speed, acceleration and workspace: what is faster is
clamped. Whatever the setpoints are, each step is finite, no longer than the speed allows, changes the
velocity by no more than the acceleration allows, and can still be braked inside the workspace. These are the
limits of targets; a robot's joints have their own, in ``inverse_kinematics/joint_motion``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import (
    Array,
    Mask,
    dot,
    normalize,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_to_rotvec,
)
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.operator_state import Target
from frankmocap_ros.teleop.setpoint import Setpoint

MAX_STEP_S = 0.05
"""A step of more time than this counts as this: after a pause nothing leaps."""

# the share of the acceleration that the approach to a setpoint plans with: steps are not infinitely short
_PLANNED = 0.8
_SETTLING_S = 0.03
"""A gap is closed over about so long: in one step, every tremble would take the full acceleration."""
_WITHIN = 1e-9  # what rounding may add to a position at the wall [m]


@dataclass(frozen=True, eq=False)
class CommandLimits:
    """Limits of N targets, in the robot's base frame.

    Attributes:
        max_speed, max_acceleration: shape (N,) [m/s], [m/s^2].
        max_angular_speed, max_angular_acceleration: shape (N,) [rad/s], [rad/s^2].
        low, high: shape (N, 3), corners of the workspace [m].
        names: of the targets, for people.

    Raises:
        SettingError: a number is not finite or not above 0, or the workspace is empty.
    """

    max_speed: Array
    max_acceleration: Array
    max_angular_speed: Array
    max_angular_acceleration: Array
    low: Array
    high: Array
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("max_speed", "max_acceleration", "max_angular_speed", "max_angular_acceleration"):
            values = getattr(self, name)
            if not (np.isfinite(values).all() and (values > 0.0).all()):
                raise SettingError(f"{name}: {values.tolist()} is out of range; allowed: finite and above 0")
        for name, low, high in zip(self.names, self.low, self.high, strict=True):
            if not (low < high).all():
                raise SettingError(
                    f"the workspace of {name} is empty: workspace_min {low.tolist()} must be below "
                    f"workspace_max {high.tolist()} on every axis"
                )


def limits_of(config: GateSettings, targets: Sequence[Target]) -> CommandLimits:
    """The tighter one of the settings' limit and the target's own, for each."""

    def least(name: str) -> Array:
        return np.array([min(getattr(config, name), getattr(t.limits, name)) for t in targets])

    return CommandLimits(
        max_speed=least("max_speed"),
        max_acceleration=least("max_acceleration"),
        max_angular_speed=least("max_angular_speed"),
        max_angular_acceleration=least("max_angular_acceleration"),
        low=np.array([np.maximum(config.workspace_min, t.limits.workspace_min) for t in targets]),
        high=np.array([np.minimum(config.workspace_max, t.limits.workspace_max) for t in targets]),
        names=tuple(t.name for t in targets),
    )


def _check_start(limits: CommandLimits, positions: Array, orientations: Array) -> None:
    """Refuse a robot that is outside the workspace, or nobody knows where.

    Raises:
        SettingError: with the targets, and by which axes they are outside.
    """
    said = []
    for name, at, low, high in zip(limits.names, positions, limits.low, limits.high, strict=True):
        said += [
            f"{name} is at {axis} {at[i]:.2f} m, allowed {low[i]:g} .. {high[i]:g}"
            for i, axis in enumerate("xyz")
            if not low[i] <= at[i] <= high[i]
        ]
    if said:
        raise SettingError(
            f"the robot is outside the workspace: {'; '.join(said)}. Move it inside (in simulation: the "
            "map's home), or widen workspace_min and workspace_max of the settings and of the map's limits"
        )
    if not np.isfinite(orientations).all():
        raise SettingError("the robot's orientation is not known: its pose has numbers that are not finite")


class Governor:
    """Moves N commanded poses towards setpoints, within limits.

    Attributes:
        positions: shape (N, 3), what is commanded [m]; a new array at each step.
        orientations: shape (N, 4), unit quaternions x y z w; their signs never jump.
        twists: shape (2, N, 3), how the positions move [m/s] and the orientations turn [rad/s]; a new
            array at each step.
        at_speed, at_acceleration, at_workspace: shape (N,), which limit held the last step back.

    Args:
        limits: of the N targets.
        positions, orientations: where to start, at rest; positions inside the workspace.

    Raises:
        SettingError: a start is not finite or outside the workspace.
    """

    def __init__(self, limits: CommandLimits, positions: Array, orientations: Array) -> None:
        self._limits = limits
        n = len(limits.max_speed)
        _check_start(limits, positions, orientations)
        self.positions = positions.copy()
        self.orientations = normalize(orientations)
        self.twists: Array = np.zeros((2, n, 3))
        self._max_speed = np.stack([limits.max_speed, limits.max_angular_speed])
        self._max_acceleration = np.stack([limits.max_acceleration, limits.max_angular_acceleration])
        self.at_speed = np.zeros(n, dtype=bool)
        self.at_acceleration = np.zeros(n, dtype=bool)
        self.at_workspace = np.zeros(n, dtype=bool)

    @property
    def velocities(self) -> Array:
        """How the commands move, shape (N, 3) [m/s]."""
        return np.asarray(self.twists[0])

    @property
    def angular_velocities(self) -> Array:
        """How the commands turn, shape (N, 3) [rad/s]."""
        return np.asarray(self.twists[1])

    def step(self, setpoint: Setpoint, dt: float, speed_shares: Array | float = 1.0) -> None:
        """One step towards a setpoint. What is not finite in it is not followed.

        Args:
            setpoint: of the N targets.
            dt: time since the last step [s]; none where it is not above 0, and at most ``MAX_STEP_S``.
            speed_shares: how much of the maximum speeds is allowed now, 0..1; shape (N,) or one for all. What
                is faster brakes within its acceleration.
        """
        if not dt > 0.0:
            return
        dt = min(dt, MAX_STEP_S)
        follow = setpoint.sound()
        if not all(follow.tolist()):
            setpoint = self._staying(setpoint, follow)
        inside = setpoint.positions.clip(self._limits.low, self._limits.high)
        beyond = inside != setpoint.positions
        feed = np.array((setpoint.velocities, setpoint.angular_velocities))
        feed[0][beyond] = 0.0
        gaps = self._gaps(inside, setpoint.orientations, feed * dt)
        wanted = feed + approach(gaps, self._max_acceleration, dt)
        twists = self._within_limits(wanted, self._max_speed * speed_shares, dt, follow)
        twists[0], walled = self._braking_inside(twists[0], dt)
        self.at_workspace = walled | beyond.any(axis=-1)
        self.twists = twists
        self._go(twists * dt)

    def _staying(self, setpoint: Setpoint, follow: Mask) -> Setpoint:
        """A setpoint whose targets stay where they are unless they follow."""
        moving = follow[:, None]
        return Setpoint(
            np.where(moving, setpoint.positions, self.positions),
            np.where(moving, setpoint.velocities, 0.0),
            np.where(moving, setpoint.orientations, self.orientations),
            np.where(moving, setpoint.angular_velocities, 0.0),
            follow,
        )

    def _gaps(self, positions: Array, orientations: Array, fed: Array) -> Array:
        """Ways and turns to a setpoint as it was when the last step ended, shape (2, N, 3).

        What it moved since, ``fed``, is the feed's part.
        """
        turn = quat_multiply(orientations, quat_conjugate(self.orientations))
        if fed[1].any():
            turn = quat_multiply(quat_from_rotvec(-fed[1]), turn)
        return np.array((positions - fed[0] - self.positions, quat_to_rotvec(turn)))

    def _within_limits(self, wanted: Array, max_speed: Array, dt: float, follow: Mask) -> Array:
        """Speeds that are wanted, within speed and acceleration; notes where they were not."""
        slower, fast = shortened(wanted, max_speed)
        change, hard = shortened(slower - self.twists, self._max_acceleration * dt)
        self.at_speed = (fast[0] | fast[1]) & follow
        self.at_acceleration = (hard[0] | hard[1]) & follow
        return self.twists + change

    def _go(self, step: Array) -> None:
        """Move and turn by a step, shape (2, N, 3)."""
        self.positions = (self.positions + step[0]).clip(self._limits.low, self._limits.high)
        turned = normalize(quat_multiply(quat_from_rotvec(step[1]), self.orientations))
        opposite = dot(turned, self.orientations) < 0.0
        if any(opposite.tolist()):
            turned = np.where(opposite[:, None], -turned, turned)
        self.orientations = turned

    def _braking_inside(self, velocities: Array, dt: float) -> tuple[Array, Mask]:
        """Velocities from which the target can stop inside the workspace, and which ones had to be changed.

        From where the last step led, braking straight is always possible: the way v dt at the braked v and
        the way v^2 / 2a from there are together shorter than v^2 / 2a before. Mixtures of that and what is
        wanted keep to the speed and to the acceleration, as both do.
        """
        allowed = self._stops_inside(velocities, dt)
        if all(allowed.tolist()):
            return velocities, ~allowed
        brake = self.velocities - shortened(self.velocities, self._limits.max_acceleration * dt)[0]
        result = np.where(allowed[:, None], velocities, brake)
        done = allowed.copy()
        for share in (0.75, 0.5, 0.25):
            mixed = brake + share * (velocities - brake)
            better = ~done & self._stops_inside(mixed, dt)
            result[better] = mixed[better]
            done |= better
        return result, ~allowed

    def _stops_inside(self, velocities: Array, dt: float) -> Mask:
        limits = self._limits
        speed = np.sqrt(dot(velocities, velocities))
        way = velocities * (dt + 0.5 * speed / limits.max_acceleration)[:, None]
        stop = self.positions + way
        within = (stop >= limits.low - _WITHIN) & (stop <= limits.high + _WITHIN)
        return np.asarray(within.all(axis=-1))


def approach(gap: Array, acceleration: Array, dt: float) -> Array:
    """Velocities that close gaps soon, or as fast as they can still be braked: v^2 = 2 a d."""
    distance = np.sqrt(dot(gap, gap))
    speed = np.minimum(np.sqrt(2.0 * _PLANNED * acceleration * distance), distance / max(dt, _SETTLING_S))
    return np.asarray(gap * (speed / np.maximum(distance, 1e-300))[..., None])


def shortened(vectors: Array, lengths: Array) -> tuple[Array, Mask]:
    """Vectors no longer than ``lengths``, and which ones were."""
    long = np.sqrt(dot(vectors, vectors))
    share = np.minimum(1.0, lengths / np.maximum(long, 1e-300))
    return vectors * share[..., None], long > lengths
