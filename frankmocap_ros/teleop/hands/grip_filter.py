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

"""A gripper's opening over time: it starts where the gripper is, follows what is wanted, and is held else.

At engagement the opening is the gripper's own, and stays until the operator takes it over: until what they
want is within 0.1 of it, or crosses it. Where the gripper's opening is not known they take over by shutting
the hand, which drops nothing. From then on it follows at ``max_speed`` at most. Where nothing is wanted,
because the hand is not seen or nobody is followed, it stays. After that a hand is followed again; a pedal or
a joystick has to take over again: one that was restarted sends any value until somebody touches it.
"""

from dataclasses import dataclass
from typing import Final

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S
from frankmocap_ros.teleop.hands.grip import Grip

TAKES_OVER: Final = 0.1
"""What is wanted takes the gripper over where it is as near to it as this."""

_DEAD_BAND: Final = 0.03  # a measured opening that changes by less moves nothing
_ENDS: Final = 0.06  # so near to an end it is the end
_LEAVES: Final = 0.12  # and stays there until it is as far from it as this


@dataclass(frozen=True)
class WantedGrip:
    """What the operator wants of one gripper now.

    Attributes:
        opening: 0 shut to 1 open; None where that is not known: the gripper stays.
        state: TRACKED or PREDICTED, of what it was measured by.
        confidence: 0..1.
        why: why it is not known, in words.
    """

    opening: float | None = None
    state: JointState = JointState.INVALID
    confidence: float = 0.0
    why: str = ""


class GripFilter:
    """The opening of one gripper.

    Args:
        side: the robot's.
        max_speed: of the opening [1/s].
        measured: whether what is wanted trembles: it gets a dead band, and ends that hold it.
    """

    def __init__(self, side: str, max_speed: float, measured: bool) -> None:
        self._side, self._max_speed, self._measured = side, max_speed, measured
        self.begin(None)

    def begin(self, opening: float | None) -> None:
        """Begin an engagement with the gripper's opening; None where it is not known."""
        self.known = opening is not None
        self._opening = self._target = self._before_step = min(1.0, max(0.0, opening or 0.0))
        self._taken = self._was_taken = False
        self._wanted: float | None = None  # as of the step before

    @property
    def waits_at(self) -> float | None:
        """The opening at which the operator takes over; None where they have."""
        return None if self._taken else self._opening

    def step(self, wanted: WantedGrip, dt: float) -> Grip:
        """Let time pass.

        Args:
            wanted: what is wanted now.
            dt: time since the last step [s]; more than ``MAX_STEP_S`` counts as this.
        """
        self._before_step = self._opening
        if wanted.opening is None:
            self._target = self._opening
            self._taken = self._taken and self._measured
        else:
            self._taken = self._taken or self._takes_over(wanted.opening)
            self._was_taken = self._was_taken or self._taken
            self.known = self.known or self._taken
        self._wanted = wanted.opening
        if not self._was_taken:
            return Grip(self._side, self._opening)
        if wanted.opening is None or not self._taken:
            return Grip(self._side, self._opening, JointState.HELD, wanted.confidence)
        self._target = self._aimed(wanted.opening) if self._measured else wanted.opening
        most = self._max_speed * min(dt, MAX_STEP_S)
        self._opening += min(most, max(-most, self._target - self._opening))
        return Grip(self._side, self._opening, wanted.state, wanted.confidence)

    def unsent(self) -> None:
        """The last step was not sent: the gripper is where it was before it."""
        self._opening = self._target = self._before_step

    def _takes_over(self, wanted: float) -> bool:
        if abs(wanted - self._opening) <= TAKES_OVER:
            return True
        before = self._wanted
        return self.known and before is not None and (before - self._opening) * (wanted - self._opening) < 0.0

    def _aimed(self, wanted: float) -> float:
        """What is wanted without its tremble."""
        for end in (0.0, 1.0):
            if abs(wanted - end) <= (_LEAVES if self._target == end else _ENDS):
                return end
        return min(wanted + _DEAD_BAND, max(wanted - _DEAD_BAND, self._target))
