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

"""One engagement: the operator's motion since it began as setpoints, and commands within limits."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from frankmocap_ros.body.frames import heading, turned
from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.clutch import Clutch
from frankmocap_ros.teleop.command import Robot
from frankmocap_ros.teleop.command_limiter import Governor, limits_of
from frankmocap_ros.teleop.depth_mode import DepthMode
from frankmocap_ros.teleop.operator_state import Target
from frankmocap_ros.teleop.operator_tracker import OperatorTracker
from frankmocap_ros.teleop.setpoint import Setpoint

_RECOVERY_S = 1.0
"""A target that was slowed to rest may have its whole speed again after this [s]."""


class Engagement:
    """Takes hold of operator and robot as they are when it is made.

    Attributes:
        facing_forward: turns a level frame so that its x is where the operator faced, x y z w.
        governor: the commands.

    Args:
        operator: whose joints are followed.
        robot: where it is.
        targets: what the robot follows.
        config: settings.
        time_s: now [s].

    Raises:
        SettingError: it is not known where the robot is, or where the operator faces.
    """

    def __init__(
        self,
        operator: OperatorTracker,
        robot: Robot,
        targets: Sequence[Target],
        config: GateSettings,
        time_s: float,
    ) -> None:
        self._operator, self._robot = operator, robot
        self._targets, self._config = targets, config
        self.facing_forward = turned(IDENTITY_XYZW, -self._facing())
        start = robot.begin()
        if isinstance(start, str):
            raise SettingError(start)
        seen = operator.followed()
        self._depth = DepthMode(config.depth_mode, seen)
        self._speed_shares = seen.speed_shares
        self.observe()
        self.governor = Governor(limits_of(config, targets), start.positions, start.orientations)
        self._clutch = Clutch(self._measured, start, operator.scales(), time_s, config.align_s)

    def _facing(self) -> float:
        if self._config.heading != "operator":
            return 0.0
        angle = heading(*self._operator.shoulders())
        if angle is None:
            raise SettingError("the operator's heading is not clear from the shoulders; face the camera")
        return angle

    def observe(self) -> None:
        """Take what the targets follow, as measured last and facing forward."""
        followed = self._operator.followed()
        setpoint = self._depth.counted(followed).turned(self.facing_forward)
        self._measured = setpoint.reflected() if self._config.mirror else setpoint
        self._moving = self._measured.slower(followed.confidence)
        self._still = self._measured.slower(np.zeros_like(followed.confidence))
        self._allowed_shares = followed.speed_shares

    def measured(self, time_s: float) -> Setpoint | None:
        """Where the last measurement, of then [s], sends the targets.

        None while the robot comes into the operator's posture, and where not all of it was seen.
        """
        if self._clutch.aligning:
            return None
        found = self._clutch.map(self._measured, time_s)
        return found if found.follow.all() else None

    def step(self, following: bool, time_s: float, dt: float) -> None:
        """Move the commands on.

        Args:
            following: whether they follow the operator; otherwise they brake and stay.
            time_s: now [s].
            dt: time since the last step [s].
        """
        # slower at once, faster again little by little: what was fallen behind is not made up for in a leap
        self._speed_shares = np.minimum(self._allowed_shares, self._speed_shares + dt / _RECOVERY_S)
        self.governor.step(self._setpoint(time_s) if following else self._rest(), dt, self._speed_shares)

    def _rest(self) -> Setpoint:
        return replace(self._still, follow=np.zeros_like(self._still.follow))

    def _setpoint(self, time_s: float) -> Setpoint:
        """Where the robot's targets are to be."""
        clutch = self._clutch
        if not clutch.aligning and (back := self._robot.way_back()) is not None:
            clutch.lead(back, time_s)
        ahead = min(max(time_s - self._operator.time_s, 0.0), 1e-3 * self._config.max_prediction_ms)
        setpoint = clutch.map(self._moving.after(ahead) if ahead > 0.0 else self._still, time_s)
        return self._robot.within_reach(setpoint)

    def limits_hit(self) -> tuple[str, ...]:
        """Which limits keep the last commands from their setpoints, in words."""
        governor = self.governor
        rejected = self._operator.rejected_targets()
        slowed = self._speed_shares < 1.0
        masks = (governor.at_speed, governor.at_acceleration, governor.at_workspace, rejected, slowed)
        if not any(np.concatenate(masks).tolist()):
            return ()
        names = ("speed", "acceleration", "workspace", "not believed", "slowed, uncertain")
        words = dict(zip(names, masks, strict=True))
        return tuple(
            f"{target.name}: {word}"
            for i, target in enumerate(self._targets)
            for word, mask in words.items()
            if mask[i]
        )
