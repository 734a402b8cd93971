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

"""What a robot's own controller does with joint commands: refuse, follow at a limited speed, or stop.

It trusts nobody: what is not finite, out of range, too fast, too old or too far away is refused and changes
nothing, and without commands it holds where it is; a gripper holds where it was told to be, and so whatever
is between its fingers. Nothing here reads a clock, or knows how the robot moves.
"""

from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.runtime.timing import Counters
from frankmocap_ros.teleop.simulation.joint_command import (
    JointCommand,
    JointLimits,
    JointOrder,
    Refusal,
    which,
)

ROUNDING: Final = 1e-6
"""A position may be so far outside its range, from rounding [rad] or [m]; it is clipped then."""
MAX_FUTURE_S: Final = 0.1
"""Stamps further ahead than this come from a clock that is wrong."""
NEAR: Final = 0.3
"""After a stop, the first command must be so near each joint [rad] or [m]."""
STAMP_JITTER_S: Final = 0.01
"""So much is allowed for when speeds are judged: a stamp is made some time after what it is for."""
EARNED_S: Final = 0.05
"""After a refusal, a step may be no longer than the way of so much time, however long it lasts."""
VELOCITY_S: Final = 0.05
"""A velocity holds so long; without a newer command the robot then comes to rest at the position."""
_SPEED_ROUNDING: Final = 1e-3  # of the limit: what a solver's tolerance leaves
_CLOCKS: Final = "Check the clocks, and that both sides use use_sim_time or neither"


class JointServo:
    """Follows commands within limits.

    Attributes:
        limits: what the joints can do.
        target: shape (J,), where the joints are to be now; moves towards the last command.
        velocity: shape (J,), the velocity they are to have there.
        stopped: whether it holds, for want of commands.
        accepted: how many commands were taken.
        refused: how many were not, by reason.

    Args:
        limits: what the joints can do.
        positions: shape (J,), where the robot is.
        timeout_s: without a command younger than this it stops.
    """

    def __init__(self, limits: JointLimits, positions: Array, timeout_s: float) -> None:
        self.limits = limits
        self.timeout_s = timeout_s
        self.target = positions.copy()
        self.velocity = np.zeros(len(limits.names))
        self.stopped = True
        self.accepted = 0
        self.refused = Counters()
        self._setpoint = self.target
        self._valid_s = -np.inf
        self._fresh_s = -np.inf
        self._heard_s = -np.inf
        self._reached = self.target  # by the commands so far, at the limit of speed and at their own times
        self._order = JointOrder(limits)
        self._grips = limits.grips

    def command(self, command: JointCommand, measured: Array, time_s: float) -> str:
        """Take a command, or return why not; what is refused moves nothing.

        Args:
            command: the command.
            measured: shape (J,), where the joints are.
            time_s: now [s].
        """
        refusal = self._bad_time(command.valid_s, time_s) or self._order.bad_names(command)
        if refusal is None:
            positions, velocities = self._order.arranged(command, self.target)
            refusal = (
                self._order.not_finite(positions, velocities)
                or self._bad_values(positions, velocities)
                or self._too_far(positions, command.valid_s, measured)
            )
        if refusal is not None:
            self.refused.add(refusal.reason)
            return refusal.text
        self._setpoint = np.clip(positions, self.limits.low, self.limits.high)
        if self.stopped:
            self.target = np.where(self._grips, self.target, measured)
            self._reached = np.where(self._grips, self._setpoint, measured)
        self.velocity = velocities
        self.stopped = False
        self.accepted += 1
        self._valid_s = self._heard_s = command.valid_s
        self._fresh_s = min(command.valid_s, time_s)
        return ""

    def tick(self, time_s: float, dt: float, measured: Array) -> None:
        """Move the target towards the command for ``dt``, or stop where the robot is.

        Args:
            time_s: now [s].
            dt: how long since the last call [s].
            measured: shape (J,), where the joints are.
        """
        if self.stopped:
            return
        if time_s - self._fresh_s > self.timeout_s:
            self.stopped = True
            stays = np.where(self._grips, self.target, measured)
            self.target = self._setpoint = np.clip(stays, self.limits.low, self.limits.high)
            self.velocity = np.zeros(len(measured))
            return
        if time_s - self._fresh_s > VELOCITY_S:
            self.velocity = np.zeros(len(measured))
        reach = self.limits.speed * dt
        self.target = self.target + np.clip(self._setpoint - self.target, -reach, reach)

    def _bad_time(self, valid_s: float, time_s: float) -> Refusal | None:
        if not np.isfinite(valid_s):
            return Refusal("not_finite", f"its stamp is {valid_s}")
        if time_s - valid_s > self.timeout_s:
            return Refusal(
                "too_old",
                f"it is for {time_s - valid_s:.3f} s ago; allowed: {self.timeout_s:g} s. {_CLOCKS}",
            )
        if valid_s - time_s > MAX_FUTURE_S:
            return Refusal(
                "in_future",
                f"it is for {valid_s - time_s:.3f} s from now; allowed: {MAX_FUTURE_S:g} s. {_CLOCKS}",
            )
        if valid_s <= self._valid_s:
            return Refusal(
                "not_later",
                f"its stamp is {self._valid_s - valid_s:.3f} s before the last one's; stamps must increase. "
                "Is there a second publisher?",
            )
        return None

    def _bad_values(self, positions: Array, velocities: Array) -> Refusal | None:
        limits = self.limits
        i = which((positions < limits.low - ROUNDING) | (positions > limits.high + ROUNDING))
        if i is not None:
            return Refusal(
                "out_of_range",
                f"{limits.names[i]}: {positions[i]:.4f} is out of its range, "
                f"{limits.low[i]:.4f} .. {limits.high[i]:.4f}",
            )
        i = which(np.abs(velocities) > (1.0 + _SPEED_ROUNDING) * limits.speed)
        if i is not None:
            text = f"its velocity is {velocities[i]:.3f}; allowed: {limits.speed[i]:g} /s"
            return Refusal("too_fast", f"{limits.names[i]}: {text}")
        return None

    def _too_far(self, positions: Array, valid_s: float, measured: Array) -> Refusal | None:
        names = self.limits.names
        if self.stopped:
            away = np.abs(positions - measured)
            away = np.where(self._grips, np.minimum(away, np.abs(positions - self.target)), away)
            i = which(away > NEAR)
            if i is None:
                return None
            return Refusal(
                "far_from_robot",
                f"{names[i]}: {positions[i]:.3f} is {away[i]:.3f} from where it is, {measured[i]:.3f}, and "
                f"after a stop the first command must be within {NEAR:g}: begin from joint_states",
            )
        # whoever leaps and stays there does not earn the way by waiting
        passed_s = min(valid_s - self._valid_s, max(valid_s - self._heard_s, EARNED_S))
        self._heard_s = max(self._heard_s, valid_s)
        away = np.abs(positions - self._reached)
        i = which(away > self.limits.speed * (passed_s + STAMP_JITTER_S))
        if i is None:
            reach = self.limits.speed * passed_s
            self._reached = self._reached + np.clip(positions - self._reached, -reach, reach)
            return None
        text = f"a step of {away[i]:.3f} in {passed_s:.3f} s; allowed: {self.limits.speed[i]:g} /s"
        return Refusal("too_fast", f"{names[i]}: {text}")
