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

"""A number that somebody sends, of a joystick's axis or on a topic, as what is wanted of a gripper."""

import math
from typing import Final

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.hands.grip_filter import WantedGrip

_BEYOND: Final = 0.01  # of the range, which rounding and worn springs may add


class ToldSource:
    """The newest number, for as long as it is new.

    Attributes:
        what: where it comes from, in words.

    Args:
        what: see there.
        shut, open: its values where the gripper is shut and open; they differ.
        timeout_s: how long one number holds [s].
    """

    def __init__(self, what: str, shut: float, open: float, timeout_s: float) -> None:
        self.what = what
        self._shut, self._open, self._timeout_s = shut, open, timeout_s
        self.forget()

    def forget(self) -> None:
        """Forget what was told."""
        self._opening: float | None = None
        self._told_s = -math.inf
        self._why = f"nothing received on {self.what}"

    def hear(self, value: float, time_s: float) -> None:
        """Take a number; one that is out of range counts as none."""
        self._told_s = time_s
        opening = (value - self._shut) / (self._open - self._shut)
        if -_BEYOND <= opening <= 1.0 + _BEYOND:  # not NaN
            self._opening = min(1.0, max(0.0, opening))
            return
        self._opening = None
        self._why = f"{value:g} on {self.what} is not between {self._shut:g} (shut) and {self._open:g} (open)"

    def wanted(self, time_s: float) -> WantedGrip:
        """The number, where it is new enough."""
        if self._opening is not None and time_s - self._told_s > self._timeout_s:
            return WantedGrip(
                why=f"nothing received on {self.what} for {self._timeout_s:g} s (grip_timeout_s)"
            )
        if self._opening is None:
            return WantedGrip(why=self._why)
        return WantedGrip(self._opening, JointState.TRACKED, 1.0)
