"""What the operator wants of the robot's grippers, and the grips that follow from it."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.hands.grip import Grip
from frankmocap_ros.teleop.hands.grip_calibration import GripRange
from frankmocap_ros.teleop.hands.grip_filter import GripFilter, Wanted
from frankmocap_ros.teleop.hands.hand_source import HandSource
from frankmocap_ros.teleop.hands.told_source import ToldSource
from frankmocap_ros.teleop.operator_state import OperatorState

SIDES: Final = ("left", "right")
_NOBODY: Final = Wanted(why="nobody is followed")


class OperatorGrips:
    """Both grippers: what drives them, and where they are.

    Args:
        config: settings.
    """

    def __init__(self, config: GateSettings) -> None:
        self._config = config
        self._hands: dict[str, HandSource] = {}  # by the robot's side, as below
        self._told: dict[str, ToldSource] = {}
        self._axes: dict[str, int] = {}
        other = dict(zip(SIDES, reversed(SIDES), strict=True))
        for side in SIDES:
            of = other[side] if config.mirror else side  # the operator's
            if config.grip_by_hand:
                self._hands[side] = HandSource(of, config)
            elif config.grip == "topic":
                self._told[side] = ToldSource(f"~/grip_command/{side}", 0.0, 1.0, config.grip_timeout_s)
            elif config.grip == "joy":
                axis = config.grip_joy_axis_left if of == "left" else config.grip_joy_axis_right
                if axis >= 0:
                    self._axes[side] = axis
                    shut, wide = config.grip_joy_shut, config.grip_joy_open
                    self._told[side] = ToldSource(f"axis {axis} of joy", shut, wide, config.grip_timeout_s)
        self._sources: dict[str, HandSource | ToldSource] = {**self._hands, **self._told}
        self._filters = {
            side: GripFilter(side, config.max_grip_speed, config.grip_by_hand) for side in self._sources
        }
        self._ranges: dict[tuple[int, str], GripRange] = {}
        self._operator_id = 0
        self._why: dict[str, str] = {}
        self._sides: tuple[str, ...] = ()

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
                hand.take(self._ranges.get((seen.operator_id, hand.side)))
        for hand in self._hands.values():
            hand.observe(seen.hands, seen.captured_s)

    def hear_axes(self, axes: Sequence[float], time_s: float) -> None:
        """Take a joystick's axes."""
        for side, axis in self._axes.items():
            if axis < len(axes):
                self._told[side].hear(axes[axis], time_s)

    def hear(self, side: str, opening: float, time_s: float) -> None:
        """Take what is told of the robot's gripper of one side, with ``grip: topic``."""
        self._told[side].hear(opening, time_s)

    def engage(self, openings: Mapping[str, float]) -> None:
        """Begin at the grippers' own openings, by side; NaN where not known; empty for any gripper."""
        self._sides = tuple(side for side in self._filters if not openings or side in openings)
        for side in self._sides:
            opening = openings.get(side, math.nan)
            self._filters[side].begin(opening if math.isfinite(opening) else None)

    def disengage(self) -> None:
        """Command no gripper until ``engage``."""
        self._sides = ()
        self._why.clear()

    def step(self, following: bool, time_s: float, dt: float) -> tuple[Grip, ...]:
        """The grips for the next command.

        Args:
            following: whether the operator is followed; where not, the grippers stay.
            time_s: now [s].
            dt: time since the last step [s].
        """
        grips = []
        for side in self._sides:
            wanted = self._sources[side].wanted(time_s) if following else _NOBODY
            grips.append(self._filters[side].step(wanted, dt))
            self._why[side] = wanted.why
        return tuple(grips)

    def unsent(self) -> None:
        """The grips of the last step were not sent."""
        for side in self._sides:
            self._filters[side].unsent()

    def limits(self) -> tuple[str, ...]:
        """What keeps the grippers from what the operator wants, in words."""
        return tuple(f"{side}_grip: {words}" for side in self._sides if (words := self._limit(side)))

    def _limit(self, side: str) -> str:
        if self._why.get(side):
            return self._why[side]
        gripper = self._filters[side]
        if gripper.waits_at is None:
            return ""
        if not gripper.known:
            return "shut it once to take the gripper over"
        return f"bring it to the gripper's {100.0 * gripper.waits_at:.0f} % open to take it over"
