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

"""Joints that go to positions of their own, beside the inverse kinematics: of grippers and of robot hands.

Each joint goes its own way, as fast as its speed and its acceleration allow, and never faster than it can be
braked at its target and in its range; so there is always a step that keeps everything. What stays, brakes.
"""

from typing import Protocol

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.inverse_kinematics.driven_limits import DrivenLimits
from frankmocap_ros.teleop.inverse_kinematics.joint_motion import JointMotion


class JointDriver(Protocol):
    """Says where some driven joints are to go.

    Attributes:
        names: of its joints.
    """

    names: tuple[str, ...]

    def begin(self, positions: Array) -> None:
        """Start where its joints are, in the order of ``names``, shape (D,) [rad] or [m]."""

    def targets(self, command: Command) -> Array:
        """Where its joints are to go, in the order of ``names``; NaN for one that is to stay [rad] or [m]."""

    def limits(self) -> tuple[str, ...]:
        """What keeps its joints from what the operator shows, in words."""


class DrivenJoints:
    """Moves D joints towards targets. For one thread.

    Attributes:
        names: of the joints.
        positions: shape (D,), where they are commanded to be [rad] or [m]; a new array at each step.

    Args:
        limits: of the joints.
    """

    def __init__(self, limits: DrivenLimits) -> None:
        self.names = limits.names
        self._limits = limits
        self._motion = JointMotion(limits.lower, limits.upper, limits.max_speed, limits.max_acceleration)
        self.positions: Array = limits.home.copy()

    def begin(self, measured: Array) -> None:
        """Start where the robot is, at rest.

        Args:
            measured: shape (D,) [rad] or [m]; those out of range count as the nearest in it.
        """
        self.positions = np.clip(measured, self._limits.lower, self._limits.upper)
        self._motion.rest()

    def rest(self) -> None:
        """Go on from the last positions at rest, whatever the joints did before."""
        self._motion.rest()

    def step(self, targets: Array, dt: float) -> tuple[Array, Array]:
        """One step towards targets.

        Args:
            targets: shape (D,) [rad] or [m]; what is out of range counts as the nearest in it, and what is
                not finite stands for a joint that is to brake and stay.
            dt: time since the last step [s]; none at all where it is not above 0.

        Returns:
            Positions and velocities, shape (D,) each; new arrays.
        """
        now = self.positions
        if not dt > 0.0 or not len(now):
            return now.copy(), np.zeros(len(now))
        limits = self._limits
        goes = np.isfinite(targets)
        there = np.where(goes, targets, now).clip(limits.lower, limits.upper)
        within = np.array((np.minimum(now, there), np.maximum(now, there)))
        bounds = self._motion.bounds(now, within, dt)
        step = np.where(goes, (there - now).clip(bounds.low, bounds.high), bounds.brake)
        self.positions = (now + step).clip(np.minimum(limits.lower, now), np.maximum(limits.upper, now))
        self._motion.moved(self.positions - now, dt)
        return self.positions.copy(), self._motion.velocities.copy()
