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

"""What of a hand's measure is open and what is shut: of people in general, or of one operator.

While arming, the operator opens and shuts the hand. The widest and the narrowest of it that lasted for three
images are its ends; a margin inside them lets the operator reach both without effort. What is too little, or
not where hands are open and shut, is refused.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_LASTS: Final = 3  # images
_LEAST_SHARE: Final = 0.5  # of the usual range
_BEYOND: Final = 1.5  # usual ranges: what is more open than this is no hand
_MARGIN: Final = 0.1  # of the range that was seen, at each end


@dataclass(frozen=True)
class GripRange:
    """Values of a measure of ``opening`` between which a hand opens.

    Attributes:
        shut: where it counts as shut.
        open: where it counts as open, above ``shut``.
    """

    shut: float
    open: float

    def opening(self, measure: float) -> float:
        """The opening, 0 shut to 1 open."""
        return min(1.0, max(0.0, (measure - self.shut) / (self.open - self.shut)))


OperatorRanges = dict[tuple[int, str], GripRange]
"""Ranges of operators' hands, by the operator's id and the hand's side."""

DEFAULT_RANGES: Final[Mapping[str, GripRange]] = {
    "pinch": GripRange(0.25, 0.9),
    "hand": GripRange(1.0, 1.65),
}
"""Of an adult's hand, by the value of the setting ``grip``: the ends lie inside what a hand reaches."""


class GripCalibration:
    """Finds the range of one hand of one operator.

    Args:
        usual: range of people in general.
    """

    def __init__(self, usual: GripRange) -> None:
        self._usual = usual
        self._last: deque[float] = deque(maxlen=_LASTS)
        self._shut, self._open = math.inf, -math.inf

    @property
    def started(self) -> bool:
        """Whether the hand has been seen for long enough to say anything of it."""
        return bool(self._open >= self._shut or len(self._last) == _LASTS)

    def observe(self, measure: float | None) -> None:
        """Take what one image shows; None where the hand is not seen: three images are counted again."""
        usual = self._usual
        if measure is None or measure > usual.open + _BEYOND * (usual.open - usual.shut):
            self._last.clear()
            return
        self._last.append(measure)
        if len(self._last) == _LASTS:
            self._shut = min(self._shut, max(self._last))
            self._open = max(self._open, min(self._last))

    def refusal(self) -> str:
        """Why what was seen so far is no calibration, in words; empty where it is one."""
        usual = self._usual
        span, middle = usual.open - usual.shut, 0.5 * (usual.open + usual.shut)
        share = (self._open - self._shut) / span if self._open > self._shut else 0.0
        if share < _LEAST_SHARE:
            least = f"{100.0 * _LEAST_SHARE:.0f} % are needed"
            return f"it moved by {100.0 * share:.0f} % of the usual range, {least}"
        if self._open < middle:
            return "it was never open"
        if self._shut > middle:
            return "it was never shut"
        return ""

    def range(self) -> GripRange | None:
        """The operator's range; None where what was seen is refused."""
        if self.refusal():
            return None
        margin = _MARGIN * (self._open - self._shut)
        return GripRange(self._shut + margin, self._open - margin)
