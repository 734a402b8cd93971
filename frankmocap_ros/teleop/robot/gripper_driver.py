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

"""Where the joints of grippers are to go, for how far the hands are to be open."""

from collections.abc import Mapping, Sequence

import numpy as np

from frankmocap_ros.body.pose import SEEN
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.robot_map.gripper_map import GripperMap


class GripperDriver:
    """Drives the joints of all grippers of a robot, D of them; a ``JointDriver``.

    Attributes:
        names: of the joints, gripper after gripper.
        shut_way: shape (D,), which way each of them shuts, 1 or -1.

    Args:
        grippers: of the robot.
    """

    def __init__(self, grippers: Sequence[GripperMap]) -> None:
        self.names = tuple(joint for gripper in grippers for joint in gripper.joints)
        self._rows: dict[str, list[int]] = {}
        for gripper in grippers:
            self._rows[gripper.side] = [self.names.index(joint) for joint in gripper.joints]
        self._shut = np.array([at for gripper in grippers for at in gripper.shut])
        self._ways = np.array([at for gripper in grippers for at in gripper.open]) - self._shut
        self.shut_way = -np.sign(self._ways)

    def begin(self, positions: Array) -> None:
        """Nothing: openings come with each command."""

    def targets(self, command: Command) -> Array:
        """Where the joints are to go, shape (D,); NaN for those that brake and stay.

        These are the ones of a hand that is not seen: joints that were slower than the opening stay as well.
        """
        openings = np.full(len(self.names), np.nan)
        for grip in command.grips:
            if grip.state in SEEN and grip.side in self._rows:
                openings[self._rows[grip.side]] = min(max(grip.opening, 0.0), 1.0)  # NaN stays NaN
        return np.asarray(self._shut + openings * self._ways)

    def limits(self) -> tuple[str, ...]:
        """Nothing: whoever asks for openings says it."""
        return ()

    def openings(self, positions: Array) -> Mapping[str, float]:
        """How far each gripper is open, side -> 0 shut to 1 open, the mean of its joints.

        Args:
            positions: of the joints, shape (D,) [rad] or [m].
        """
        if not self.names:
            return {}
        shares = ((positions - self._shut) / self._ways).clip(0.0, 1.0)
        return {side: float(shares[rows].mean()) for side, rows in self._rows.items()}
