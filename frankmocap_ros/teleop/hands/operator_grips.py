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

"""What the operator wants of the robot's grippers, and the grips that follow from it."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.hands.grip import Grip
from frankmocap_ros.teleop.hands.grip_calibration import OperatorRanges
from frankmocap_ros.teleop.hands.grip_filter import GripFilter, WantedGrip
from frankmocap_ros.teleop.hands.hand_source import HandSource
from frankmocap_ros.teleop.hands.told_source import ToldSource
from frankmocap_ros.teleop.operator_state import OperatorState

_MIRRORED: Final = dict(zip(SIDES, reversed(SIDES), strict=True))
_NOBODY: Final = WantedGrip(why="nobody is followed")


class OperatorGrips:
    """Both grippers: what drives them, and how far they are open. Sides are the robot's.

    Args:
        config: settings.
        ranges: of operators that were calibrated; those that are calibrated are put there.
    """

    def __init__(self, config: GateSettings, ranges: OperatorRanges) -> None:
        self._config, self._ranges = config, ranges
        self._hands = {side: self._hand(side) for side in SIDES if config.grip_by_hand}
        self._axes = {side: axis for side in SIDES if (axis := self._axis(side)) >= 0}
        self._told: dict[str, ToldSource] = {}
        shut, wide, timeout_s = config.grip_joy_shut, config.grip_joy_open, config.grip_timeout_s
        for side, axis in self._axes.items():
            self._told[side] = ToldSource(f"axis {axis} of joy", shut, wide, timeout_s)
        if config.grip == "topic":
            self._told = {side: ToldSource(f"~/grip_command/{side}", 0.0, 1.0, timeout_s) for side in SIDES}
        self._sources: dict[str, HandSource | ToldSource] = {**self._hands, **self._told}
        self._filters = {
            side: GripFilter(side, config.max_grip_speed, config.grip_by_hand) for side in self._sources
        }
        self._operator_id = 0
        self._wanted: dict[str, WantedGrip] = {}
        self._grips: tuple[Grip, ...] = ()
        self._sides: tuple[str, ...] = ()

    @property
    def _own_ranges(self) -> bool:
        return self._config.grip_calibration == "arming"

    def _of(self, side: str) -> str:
        """The operator's side that drives a side of the robot."""
        return _MIRRORED[side] if self._config.mirror else side

    def _hand(self, side: str) -> HandSource:
        return HandSource(self._of(side), self._config)

    def _axis(self, side: str) -> int:
        """Axis of the joystick; below 0 for none."""
        config = self._config
        if config.grip != "joy":
            return -1
        return config.grip_joy_axis_left if self._of(side) == "left" else config.grip_joy_axis_right

    def forget(self) -> None:
        """Forget all operators, as where another publisher's bodies are followed."""
        self._ranges.clear()
        self._operator_id = 0
        for hand in self._hands.values():
            hand.forget()

    def observe(self, seen: OperatorState) -> None:
        """Take what a message shows of the operator's hands."""
        if seen.operator_id != self._operator_id:
            self._operator_id = seen.operator_id
            for hand in self._hands.values():
                hand.forget()
                self._take_range(hand)
        for hand in self._hands.values():
            hand.observe(seen.hands, seen.captured_s)

    def hear_axes(self, axes: Sequence[float], time_s: float) -> None:
        """Take a joystick's axes."""
        for side, axis in self._axes.items():
            if axis < len(axes):
                self._told[side].hear(axes[axis], time_s)

    def hear(self, side: str, opening: float, time_s: float) -> None:
        """Take how far a gripper is to be open, 0 shut to 1 open, with ``grip: topic``."""
        self._told[side].hear(opening, time_s)

    def arm(self) -> None:
        """Control was requested: begin to calibrate hands that are not, with ``grip_calibration: arming``."""
        for hand in self._hands.values():
            hand.calibration = None
            if self._own_ranges and (self._operator_id, hand.side) not in self._ranges:
                hand.calibrate()

    def asked(self, openings: Mapping[str, float]) -> str:
        """What the operator has still to do to be calibrated, in words; empty for nothing.

        Hands that were not seen, and those of a gripper that the robot does not have, are not asked for.

        Args:
            openings: see ``engage``.
        """
        for side, hand in self._hands.items():
            calibration = hand.calibration
            if calibration is None or not calibration.started or (openings and side not in openings):
                continue
            if refusal := calibration.refusal():
                return f"open and shut {hand.what}: {refusal}"
        return ""

    def engage(self, openings: Mapping[str, float]) -> None:
        """Begin at the grippers' own openings.

        Args:
            openings: how far each gripper of the robot is open, by its side; NaN where not known. Empty where
                it is not known which grippers there are.
        """
        for hand in self._hands.values():
            self._calibrated(hand)
        self._sides = tuple(side for side in self._filters if not openings or side in openings)
        for side in self._sides:
            opening = openings.get(side, math.nan)
            self._filters[side].begin(opening if math.isfinite(opening) else None)

    def _calibrated(self, hand: HandSource) -> None:
        """Use what was seen of a hand while arming."""
        if hand.calibration is not None and (found := hand.calibration.range()) is not None:
            self._ranges[self._operator_id, hand.side] = found
        hand.calibration = None
        self._take_range(hand)

    def _take_range(self, hand: HandSource) -> None:
        hand.take(self._ranges.get((self._operator_id, hand.side)) if self._own_ranges else None)

    def disengage(self) -> None:
        """Command no gripper until ``engage``."""
        self._sides, self._grips = (), ()
        self._wanted.clear()

    def step(self, following: bool, time_s: float, dt: float) -> tuple[Grip, ...]:
        """The grips for the next command.

        Args:
            following: whether the operator is followed; where not, the grippers stay.
            time_s: now [s].
            dt: time since the last step [s].
        """
        for side in self._sides:
            self._wanted[side] = self._sources[side].wanted(time_s) if following else _NOBODY
        self._grips = tuple(self._filters[side].step(self._wanted[side], dt) for side in self._sides)
        return self._grips

    def unsent(self) -> None:
        """The grips of the last step were not sent."""
        for side in self._sides:
            self._filters[side].unsent()

    def limits(self) -> tuple[str, ...]:
        """What keeps the grippers from what the operator wants, in words."""
        return tuple(f"{side}_grip: {words}" for side in self._sides if (words := self._limit(side)))

    def _limit(self, side: str) -> str:
        if side in self._wanted and (why := self._wanted[side].why):
            return why
        gripper, what = self._filters[side], self._sources[side].what
        if gripper.waits_at is None:
            return ""
        if not gripper.known:
            return f"waits until {what} is shut"
        return f"waits until {what} is {100.0 * gripper.waits_at:.0f} % open, as the gripper is"

    def described(self) -> str:
        """The last grips, and whose range they go by, in words; for diagnostics."""
        return ", ".join(
            f"{grip.side} {grip.opening:.2f} {grip.state.name}{self._whose(grip.side)}"
            for grip in self._grips
        )

    def _whose(self, side: str) -> str:
        hand = self._hands.get(side)
        return "" if hand is None or hand.is_usual else " (calibrated)"
