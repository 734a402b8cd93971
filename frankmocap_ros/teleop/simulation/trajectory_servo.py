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

"""What the joint_trajectory_controller of ros2_controllers does with joint commands, as it comes.

It looks at names, times and the velocity at the end, and at nothing else. Whatever it takes it arrives at in
the time that the point gives, on a spline from where the joints are, however far that is; then it holds
there, for as long as nothing else comes. Nothing here reads a clock, or knows how the robot moves.

See the controller's ``validate_trajectory_msg`` and ``trajectory.cpp``, with its parameters as they come:
``allow_nonzero_velocity_at_trajectory_end``, ``allow_partial_joints_goal`` and ``open_loop_control`` false.
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

_AT_REST: Final = float(np.finfo(np.float32).eps)  # the controller's own number [1/s]


class TrajectoryServo:
    """Goes along splines to the last command.

    Attributes:
        limits: what the joints can do; only the names matter here.
        target: shape (J,), where the joints are to be now.
        velocity: shape (J,), the velocity they are to have there.
        stopped: whether it has arrived, and holds.
        accepted: how many commands were taken.
        refused: how many were not, by reason.

    Args:
        limits: what the joints can do.
        positions: shape (J,), where the robot is.
    """

    def __init__(self, limits: JointLimits, positions: Array) -> None:
        self.limits = limits
        self.target = positions.copy()
        self.velocity = np.zeros(len(limits.names))
        self.stopped = True
        self.accepted = 0
        self.refused = Counters()
        self._order = JointOrder(limits)
        self._start_s = self._end_s = -np.inf
        self._linear = False
        self._from = self._way = self._speed = np.zeros(len(limits.names))

    def command(self, command: JointCommand, measured: Array, time_s: float) -> str:
        """Take a command, or return why not; what is refused moves nothing.

        Args:
            command: the command.
            measured: shape (J,), where the joints are.
            time_s: now [s].
        """
        end_s = command.valid_s + command.from_start_s
        refusal = self._bad_time(end_s, time_s) or self._order.bad_names(command)
        if refusal is None:
            positions, velocities = self._order.arranged(command, self.target)
            refusal = self._order.not_finite(positions, velocities) or self._moves_at_end(velocities)
        if refusal is not None:
            self.refused.add(refusal.reason)
            return refusal.text
        self._start_s, self._end_s = time_s, end_s
        self._from, self._way, self._speed = measured.copy(), positions - measured, self.velocity
        self._linear = command.velocities is None
        self.stopped = False
        self.accepted += 1
        return ""

    def tick(self, time_s: float, dt: float, measured: Array) -> None:
        """Move the target along the spline.

        Args:
            time_s: now [s].
            dt: how long since the last call [s].
            measured: shape (J,), where the joints are.
        """
        if self.stopped:
            return
        if time_s >= self._end_s:
            self.target = self._from + self._way
            self.velocity = np.zeros(len(self.target))
            self.stopped = True
            return
        lasts_s = self._end_s - self._start_s
        s = max(0.0, (time_s - self._start_s) / lasts_s)
        if self._linear:
            self.target, self.velocity = self._from + s * self._way, self._way / lasts_s
            return
        # Hermite's cubic, which ends at rest
        begun = lasts_s * self._speed
        self.target = self._from + s * (1.0 - s) ** 2 * begun + s * s * (3.0 - 2.0 * s) * self._way
        slope = (1.0 - s) * (1.0 - 3.0 * s) * begun + 6.0 * s * (1.0 - s) * self._way
        self.velocity = slope / lasts_s

    def _bad_time(self, end_s: float, time_s: float) -> Refusal | None:
        if end_s >= time_s:
            return None
        return Refusal(
            "too_old",
            f"it ended {time_s - end_s:.3f} s ago. Check the clocks, and that both sides use use_sim_time or "
            "neither",
        )

    def _moves_at_end(self, velocities: Array) -> Refusal | None:
        i = which(np.abs(velocities) > _AT_REST)
        if i is None:
            return None
        return Refusal(
            "moves_at_end",
            f"{self.limits.names[i]}: its velocity at the end is {velocities[i]:.3f}; allowed: 0, as "
            "allow_nonzero_velocity_at_trajectory_end is false. Set the gate's trajectory_velocities: false",
        )
