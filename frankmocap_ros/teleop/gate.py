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

"""The gate: whether commands may flow. A state machine over time, requests and what is seen of the operator.

::

    DISENGAGED --request--> ARMING --seen well and calm--> ENGAGED --loss--> HOLD --hold_s--> DISENGAGED
         ^                    |                               |               |
         +-- release, deadman let go, robot lost, standstill -+---------------+
    any --fault--> FAULT --reset--> DISENGAGED

Only a request leads away from DISENGAGED, and HOLD never leads back to ENGAGED: whoever was lost has to ask
again. HOLD is for an operator who is lost. A robot that is lost is released at once, from HOLD as well: for a
robot that is elsewhere, a command that is held is a leap. The caller gives the time, of a steady clock, and
never less than before; nothing here reads a clock.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from frankmocap_ros.settings.gate import GateSettings

_LATE_TICKS = 2
BY_SERVICE: Final = "released on request"
BY_JOYSTICK: Final = "the joystick's button"
BY_DEADMAN: Final = "the deadman's switch was released"
BY_GESTURE: Final = "both hands were raised"
RELEASES: Final = frozenset({BY_SERVICE, BY_JOYSTICK, BY_DEADMAN, BY_GESTURE})
"""Reasons to be DISENGAGED that are a person's wish."""


class State(IntEnum):
    """State of the gate; same numbers as in ``GateState.msg``."""

    DISENGAGED = 0  # no commands
    ARMING = 1  # asked for; the operator is watched, no commands yet
    ENGAGED = 2  # commands follow the operator
    HOLD = 3  # the operator is lost: the last command is held, for a moment
    FAULT = 4  # something broke; no commands until reset


@dataclass(frozen=True)
class ArmingStatus:
    """What the gate needs to know of one message.

    Attributes:
        captured_s: when the image was taken [s].
        operator_id: 0 for nobody.
        missing: what of the operator is needed and not TRACKED, in words; empty where all is there.
        calm: whether the operator holds still.
        lost: what is missing for following on, in words; empty where enough is there.
    """

    captured_s: float
    operator_id: int
    missing: str
    calm: bool
    lost: str


class Gate:
    """The state machine.

    Attributes:
        state: now.
        reason: why, in words.
        operator_id: who is in control, or about to be; 0 for nobody.
        entered_s: since when [s].
        why_unseen: tells at a time why nothing fresh is seen, in words; empty where that is not known.

    Args:
        config: its times; may be replaced while nothing is engaged.
        time_s: now [s].
        on_change: called after every change of state or reason.
    """

    def __init__(
        self, config: GateSettings, time_s: float, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.config = config
        self.state = State.DISENGAGED
        self.reason = "not asked for"
        self.operator_id = 0
        self.entered_s = time_s
        self.why_unseen: Callable[[float], str] = lambda _: ""
        self._on_change = on_change
        self._status: ArmingStatus | None = None
        self._calm_since_s: float | None = None
        self._deadman_s = -math.inf
        self._missed = 0
        self._ticked_s = time_s

    @property
    def following(self) -> bool:
        """Whether commands follow the operator."""
        return self.state is State.ENGAGED

    def age_s(self, time_s: float) -> float:
        """Age of what was seen last; infinite before anything was."""
        return math.inf if self._status is None else time_s - self._status.captured_s

    def fresh(self, time_s: float) -> bool:
        """Whether what was seen last is young enough to act on."""
        return self.age_s(time_s) <= self.config.max_age_s

    def refusal(self, time_s: float) -> str:
        """Why a request would be refused now, with the next step; empty where it would be taken."""
        if self.state is State.FAULT:
            return f"fault: {self.reason}; call ~/reset"
        if self.state in (State.ARMING, State.ENGAGED):
            return f"already {self.state.name}"
        if not self._pressed(time_s):
            return "the deadman's switch is not pressed; publish true on ~/deadman"
        if not self.fresh(time_s):
            default = "check that the mocap node is active and receives images"
            return f"no bodies received: {self.why_unseen(time_s) or default}"
        if self._status is None or not self._status.operator_id:
            return "no operator in view; step in front of the camera"
        return ""

    def request(self, time_s: float) -> str:
        """Ask for control; returns why it is refused, or nothing."""
        refusal = self.refusal(time_s)
        if not refusal and self._status is not None:
            self._calm_since_s = None
            self._enter(State.ARMING, f"hold still for {self.config.arming_s:g} s", time_s)
            self.operator_id = self._status.operator_id
        return refusal

    def release(self, reason: str, time_s: float) -> None:
        """Give control back; what is in FAULT stays there."""
        if self.state not in (State.DISENGAGED, State.FAULT):
            self._enter(State.DISENGAGED, reason, time_s)

    def hold(self, reason: str, time_s: float) -> None:
        """Stop following, where it does."""
        if self.state is State.ENGAGED:
            self._enter(State.HOLD, reason, time_s)

    def lose(self, reason: str, time_s: float) -> None:
        """What following and arming need is gone: HOLD where commands flow, DISENGAGED before that."""
        if self.state is State.ENGAGED:
            self.hold(reason, time_s)
        elif self.state is State.ARMING:
            self.release(reason, time_s)

    def arming_left_s(self, time_s: float) -> float:
        """How long the operator has still to hold still until commands flow [s]; 0 unless ARMING."""
        if self.state is not State.ARMING:
            return 0.0
        calm_s = 0.0 if self._calm_since_s is None else time_s - self._calm_since_s
        return max(0.0, self.config.arming_s - calm_s)

    def reword(self, old: str, new: str) -> None:
        """Say better why it let go, where that is still its reason."""
        self._say(self.reason.replace(old, new))

    def fault(self, reason: str, time_s: float) -> None:
        """Something broke: no commands until ``reset``."""
        if self.state is not State.FAULT:
            self._enter(State.FAULT, reason, time_s)

    def reset(self, time_s: float) -> None:
        """Leave FAULT."""
        if self.state is State.FAULT:
            self._enter(State.DISENGAGED, "reset", time_s)

    def deadman(self, pressed: bool, time_s: float) -> None:
        """Take a message of the deadman's switch."""
        self._deadman_s = time_s if pressed else -math.inf

    def observe(self, status: ArmingStatus, time_s: float) -> None:
        """Take what a message shows."""
        self._status = status
        changed = status.operator_id != self.operator_id
        if self.state is State.ARMING:
            if changed:
                self.release(_other(status), time_s)
            elif status.missing or not status.calm:
                self._calm_since_s = None
                self._say(status.missing or "hold still")
            elif self._calm_since_s is None:
                self._calm_since_s = time_s
                self._say(f"hold still for {self.config.arming_s:g} s")
        elif self.state is State.ENGAGED:
            self._missed = self._missed + 1 if status.lost else 0
            if changed:
                self.hold(_other(status), time_s)
            elif self._missed >= self.config.max_missed_frames:
                self.hold(status.lost, time_s)

    def tick(self, time_s: float) -> None:
        """Let time pass. Call it at least as often as commands are published."""
        still_s = time_s - max(self._ticked_s, self.entered_s)
        self._ticked_s = time_s
        if self.state in (State.DISENGAGED, State.FAULT):
            return
        for_s = time_s - self.entered_s
        if not self._pressed(time_s):
            self.release(BY_DEADMAN, time_s)
        elif still_s > self.config.max_age_s + _LATE_TICKS / self.config.rate_hz:
            self.release(
                f"the gate stalled for {still_s:.2f} s, above max_age_s {self.config.max_age_s:g}: "
                "the robot may have stopped elsewhere; check the load of this computer, then engage again",
                time_s,
            )
        elif self.state is State.HOLD:
            if for_s >= self.config.hold_s:
                self.release(f"{self.reason}; held for {self.config.hold_s:g} s", time_s)
        elif not self.fresh(time_s):
            age = self.age_s(time_s)
            why = self.why_unseen(time_s) or (
                f"check who publishes {self.config.bodies}, the link to it, and the load of the computers"
            )
            old = f"the last bodies are {age:.2f} s old, above max_age_s {self.config.max_age_s:g}"
            self.lose(f"{old}: {why}", time_s)
        elif self.state is State.ARMING:
            if self._calm_since_s is not None and time_s - self._calm_since_s >= self.config.arming_s:
                self._missed = 0
                self._enter(State.ENGAGED, "following the operator", time_s)
            elif for_s >= self.config.arming_timeout_s:
                self.release(f"not ready within {self.config.arming_timeout_s:g} s: {self.reason}", time_s)

    def _pressed(self, time_s: float) -> bool:
        return not self.config.require_deadman or time_s - self._deadman_s <= self.config.deadman_timeout_s

    def _enter(self, state: State, reason: str, time_s: float) -> None:
        self.state, self.reason, self.entered_s = state, reason, time_s
        if state in (State.DISENGAGED, State.FAULT):
            self.operator_id = 0
        self._on_change()

    def _say(self, reason: str) -> None:
        if reason != self.reason:
            self.reason = reason
            self._on_change()


def _other(status: ArmingStatus) -> str:
    if not status.operator_id:
        return "the operator is no longer in view"
    return f"person {status.operator_id} became the operator without requesting control"
