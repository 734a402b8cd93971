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

"""What is commanded, and what the gate asks of a robot: where it is, and whether it goes along."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from frankmocap_ros.body.pose import Hand
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.clutch import RobotPoses, WayBack
from frankmocap_ros.teleop.hands.grip import Grip
from frankmocap_ros.teleop.setpoint import Setpoint

_PEAK: Final = 1.5  # of the mean speed, in a cubic from rest to rest


@dataclass(frozen=True, eq=False)
class Posture:
    """What the robot's J joints are to do now: those of the inverse kinematics, then those driven beside it.

    Attributes:
        positions, velocities: shape (J,) each [rad] or [m], [1/s].
        least_s: how long the joints of the inverse kinematics need from where they are, at constant speeds
            within their limits [s].
    """

    positions: Array
    velocities: Array
    least_s: float

    def from_start_s(self, lead_s: float, spline: bool) -> float:
        """How long a controller is to take to it [s]: so that it does not leap, wherever the joints are.

        Args:
            lead_s: where the joints need no longer [s].
            spline: whether it goes there by a cubic, as with velocities; else at constant speeds.
        """
        return max(lead_s, (_PEAK if spline else 1.0) * self.least_s)


@dataclass(frozen=True, eq=False)
class Command:
    """What the robot's N targets are to do now, in its base frame.

    Attributes:
        time_s: what it is valid for [s].
        positions: shape (N, 3) [m].
        orientations: shape (N, 4), unit quaternions x y z w.
        held: whether it does not follow the operator any more.
        posture: of the robot's joints; None where they are not known.
        twists: shape (2, N, 3), how the positions move [m/s] and the orientations turn [rad/s]; None where
            that is not known.
        base: shape (3,), the base's speed forward and to the left [m/s] and about the vertical [rad/s]; None
            where the base is not commanded.
        grips: of the robot's hands that are commanded.
        hands: the operator's, as they were seen last, each with the side of the robot that follows it.
    """

    time_s: float
    positions: Array
    orientations: Array
    held: bool
    posture: Posture | None = None
    twists: Array | None = None
    base: Array | None = None
    grips: tuple[Grip, ...] = ()
    hands: tuple[Hand, ...] = ()


class Robot(Protocol):
    """A robot that takes commands, and tells where it is."""

    def begin(self) -> RobotPoses | str:
        """Start from where the robot is; its targets there, or why that is not known, in words."""

    def unknown(self) -> str:
        """Why it is not known where the robot is, with the next step; empty where it is. Changes nothing."""

    def within_reach(self, setpoint: Setpoint) -> Setpoint:
        """A setpoint no further from the robot than commands may be."""

    def drive(self, command: Command) -> Command | None:
        """The command as it is to be sent; None where it is too far from the robot to be sent now.

        Raises:
            RobotLostError: the robot does not go along, or does not tell where it is.
            RetargetError: there is no posture for the command; it can be driven again as one that is held.
        """

    def way_back(self) -> WayBack | None:
        """A way to be gone from now on, as from where the robot is there is none to its commands."""

    def openings(self) -> Mapping[str, float]:
        """How far each gripper is open, 0 shut to 1 open, by its side; NaN where that is not known.

        It is what the gripper was last sent to, for as long as it is there or held up short of it by what it
        grips; otherwise what is measured. Empty where the robot's grippers are not known at all.
        """

    def limits(self) -> tuple[str, ...]:
        """What keeps the robot from the last command, in words."""
