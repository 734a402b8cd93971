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

"""Asks for the operator's size while a gate is arming."""

from collections.abc import Callable
from typing import Final

from frankmocap_ros.teleop.gate import Gate, State
from frankmocap_ros.tracking.size_calibration import POSTURE

SizeKnown = Callable[[bool, str, float], None]
"""Is given whether the operator's size is known now, what was said of it, and the time [s]."""

CALIBRATING: Final = f"calibrating the operator's size: {POSTURE}"
"""What is missing to engage while the answer is awaited."""


class SizeRequest:
    """One question for each request of control.

    Attributes:
        ask: asks for the operator's size, and returns why it cannot, in words; None where nobody is asked.

    Args:
        gate: is let go where the size is not known.
    """

    def __init__(self, gate: Gate) -> None:
        self.ask: Callable[[SizeKnown], str] | None = None
        self._gate = gate
        self._asked: object | None = None  # of the request that waits for it

    @property
    def pending(self) -> bool:
        """Whether the gate is arming and the answer has not come."""
        return self._asked is not None and self._gate.state is State.ARMING

    def begin(self, time_s: float) -> str:
        """Ask, for a gate that has just begun to arm; returns why nobody can be asked, or nothing."""
        self._asked = None
        if self.ask is None:
            return ""
        self._asked = asked = object()

        def known(success: bool, message: str, now_s: float) -> None:
            if self._asked is not asked or self._gate.state is not State.ARMING:
                return  # another request's
            self._asked = None
            if not success:
                self._gate.release(f"not calibrated: {message}", now_s)

        refusal = self.ask(known)
        if refusal:
            self._gate.release(refusal, time_s)
        return refusal
