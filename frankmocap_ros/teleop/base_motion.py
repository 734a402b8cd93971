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

"""The motion of the robot's base: how fast it is to drive, from the operator's torso since engagement.

``lean``: the direction from pelvis to neck; ``step``: where the pelvis is. In both the shoulders' turn about
the vertical turns the base. All of it counts from engagement, in the frame of the commands: x forward, y
left. Inside the dead zone the base rests; from there the speed grows evenly up to the highest one.
"""

import math
from typing import Final

import numpy as np

from frankmocap_ros.body.frames import heading
from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import Array, quat_rotate
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S

TORSO: Final = ("pelvis", "neck", "left_shoulder", "right_shoulder")
"""The operator's joints that it follows."""

_MIRRORED: Final = np.array((1.0, -1.0, -1.0))


class BaseMotion:
    """The commanded velocity of the base: forward, to the left [m/s], and about the vertical [rad/s].

    Args:
        config: mode, dead zones and limits.
    """

    def __init__(self, config: GateSettings) -> None:
        self._config = config
        self._is_on = config.base_command != "off"
        self._lean = config.base_command == "lean"
        self._zones = config.base_step_dead_zone, config.base_step_full
        if self._lean:
            self._zones = (
                math.radians(config.base_lean_dead_zone_deg),
                math.radians(config.base_lean_full_deg),
            )
        self._turn_zones = (
            math.radians(config.base_turn_dead_zone_deg),
            math.radians(config.base_turn_full_deg),
        )
        self._start: Array | None = None
        self.disengage()

    def engage(self, torso: Array | None, facing_forward: Array) -> None:
        """Count from here.

        Args:
            torso: positions of ``TORSO`` in a level frame, shape (4, 3) [m]; None where it is not TRACKED.
            facing_forward: rotation from there to the frame of the commands, x y z w.

        Raises:
            SettingError: it is not known where the torso is.
        """
        self.disengage()
        if not self._is_on:
            return
        self._facing_forward = facing_forward
        self._start = None if torso is None else self._measured(torso)
        if self._start is None:
            raise SettingError(
                f"base_command {self._config.base_command}: the torso is not TRACKED; face the camera, hips "
                "and shoulders in view"
            )

    def disengage(self) -> None:
        """Stand still, and follow nobody until ``engage``."""
        self._start = None
        self._wanted = np.zeros(3)
        self._lost = False
        self.stop()

    def stop(self) -> None:
        """Stand still at once, as the base was told to; what follows begins at rest."""
        self._velocity = np.zeros(3)

    def observe(self, torso: Array | None) -> None:
        """Take where the torso is, shape (4, 3) [m]; None where it is not TRACKED: the base brakes then."""
        if self._start is None:
            return
        measured = None if torso is None else self._measured(torso)
        self._lost = measured is None
        self._wanted = np.zeros(3) if measured is None else self._wish(measured - self._start)

    def step(self, dt: float, following: bool) -> Array | None:
        """The velocity for the next command, shape (3,), a new array; None where no base is commanded.

        Args:
            dt: time since the last command [s]; more than ``MAX_STEP_S`` counts as this.
            following: whether the operator is followed; where not, the base stands still at once.
        """
        if not self._is_on:
            return None
        if not following:
            self.disengage()
        config, dt = self._config, min(dt, MAX_STEP_S)
        change = self._wanted - self._velocity
        change[:2] = _shortened(change[:2], config.base_max_acceleration * dt)
        change[2:] = _shortened(change[2:], config.base_max_angular_acceleration * dt)
        self._velocity = self._velocity + change
        return np.array(self._velocity)

    def limits(self) -> tuple[str, ...]:
        """What keeps the base from following, in words."""
        return ("base: torso not TRACKED",) if self._lost else ()

    def _measured(self, torso: Array) -> Array | None:
        """Lean or place forward and to the left [rad] or [m], and the shoulders' turn [rad]."""
        pelvis, neck, left, right = quat_rotate(self._facing_forward, torso)
        turn = heading(left, right)
        if turn is None:
            return None
        if not self._lean:
            return np.array((pelvis[0], pelvis[1], turn))
        up = neck - pelvis
        return np.array((math.atan2(up[0], up[2]), math.atan2(up[1], up[2]), turn))

    def _wish(self, moved: Array) -> Array:
        """The velocity that the operator asks for, by how far they have moved since engagement."""
        turn = math.remainder(moved[2], math.tau)
        wanted = np.empty(3)
        wanted[:2] = self._config.base_max_speed * _beyond(moved[:2], *self._zones)
        wanted[2:] = self._config.base_max_angular_speed * _beyond(np.array((turn,)), *self._turn_zones)
        return wanted * _MIRRORED if self._config.mirror else wanted


def _beyond(vector: Array, dead_zone: float, full: float) -> Array:
    """A vector's direction, as long as it is beyond the dead zone: 0 there, 1 at ``full`` and further."""
    length = float(np.linalg.norm(vector))
    if not length > dead_zone:
        return np.zeros_like(vector)
    return np.asarray(vector * (min(1.0, (length - dead_zone) / (full - dead_zone)) / length))


def _shortened(vector: Array, longest: float) -> Array:
    length = float(np.linalg.norm(vector))
    return vector if length <= longest else np.asarray(vector * (longest / length))
