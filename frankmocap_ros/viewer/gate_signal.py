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

"""What an operator across the room must notice of the gate: a bar's text and color, and a tone. Pure."""

import html
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.viewer.texts import GateHeard

# CSS colors; white letters on the dark ones have a contrast of 4.5 and more
_COLORS: Final = {
    "DISENGAGED": "#5c636a",
    "ARMING": "#1864ab",
    "ENGAGED": "#237032",
    "HOLD": "#ffc107",
    "FAULT": "#b02a37",
}
_REFUSED: Final = "refused"  # the tone
_DARK_ON: Final = ("HOLD",)
_TONES: Final = {"ENGAGED": "engaged", "HOLD": "hold", "FAULT": _REFUSED}
_FLOWING: Final = ("ARMING", "ENGAGED", "HOLD")


@dataclass(frozen=True)
class Signal:
    """What is shown.

    Attributes:
        kind: state of the gate whose color it has.
        text: in words.
    """

    kind: str
    text: str

    @property
    def bar(self) -> str:
        """The bar over the whole page, as HTML; what others wrote is escaped."""
        letters = "#000" if self.kind in _DARK_ON else "#fff"
        return (
            f'<div role="status" data-kind="{self.kind}" style="position:fixed;left:0;right:0;top:0;'
            f"z-index:1000;pointer-events:none;padding:6px 12px;text-align:center;font-size:22px;"
            f'font-weight:600;color:{letters};background:{_COLORS[self.kind]}">{html.escape(self.text)}</div>'
        )


class GateSignal:
    """Follows the gate's state and what it refuses.

    Attributes:
        shown: what is shown; None where there is no gate.
    """

    def __init__(self) -> None:
        self.shown: Signal | None = None
        self._state = ""
        self._refusal = ""
        self._tones: list[str] = []

    def refused(self, words: str) -> None:
        """The gate refused a request; shown until its state changes next."""
        self._refusal = words
        self._tones.append(_REFUSED)

    def hear(self, gate: GateHeard | None) -> None:
        """Take how the gate is; None where nothing of it is heard."""
        before, self._state = self._state, "" if gate is None else gate.name
        changed = self._state != before
        if before and changed:
            self._refusal = ""
            lost = gate is None and before in _FLOWING
            tone = _REFUSED if lost else _TONES.get(self._state, "")
            self._tones += [tone] if tone else []
            self.shown = Signal("FAULT", f"The gate is not heard any more; it was {before}") if lost else None
        if gate is not None:
            self.shown = self._signal(gate)

    def tones(self) -> list[str]:
        """Names of the tones to play since the last call."""
        due, self._tones = self._tones, []
        return due

    def _signal(self, gate: GateHeard) -> Signal:
        if self._refusal:
            return Signal("FAULT", f"Refused: {self._refusal}")
        kind = gate.name if gate.name in _COLORS else "FAULT"
        left = f", {gate.arming_left_s:.1f} s left" if gate.name == "ARMING" else ""
        return Signal(kind, f"{gate.name}{left}: {gate.reason}")
