"""What of a hand's measure is open and what is shut: of people in general, or of one operator.

While arming, the operator opens and shuts the hand. The widest and the narrowest of it that lasted for three
images are its ends; a margin inside them lets the operator reach both without effort. What is too little, or
not where hands are open and shut, is refused.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

_LASTS: Final = 3  # images
_LEAST_SHARE: Final = 0.5  # of the usual range
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
        return float(np.clip((measure - self.shut) / (self.open - self.shut), 0.0, 1.0))


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
        self._shut, self._open = np.inf, -np.inf

    @property
    def started(self) -> bool:
        """Whether the hand has been seen for long enough to say anything of it."""
        return bool(self._open >= self._shut or len(self._last) == _LASTS)

    def observe(self, measure: float | None) -> None:
        """Take what one image shows; None where the hand is not seen, which starts three images again."""
        if measure is None:
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
        return GripRange(float(self._shut + margin), float(self._open - margin))
