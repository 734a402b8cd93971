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

"""One person's calibrated size, which comes into force little by little."""

import math
from typing import Final

RAMP_S: Final = 0.5
"""A size that was measured is in force after this: nobody leaps, and no robot with them [s]."""


class PersonSize:
    """How many times as large as estimated a person is.

    Attributes:
        known: whether the size was calibrated, by whatever.
        calibrated: whether it is ``at`` that tells it; what depth measures needs nothing here.
    """

    def __init__(self) -> None:
        self._old = self._new = 1.0
        self._since_s = -math.inf
        self.known = self.calibrated = False

    def set(self, old: float, new: float, time_s: float) -> None:
        """Go from the size in force to another.

        Args:
            old: the size in force.
            new: the one that was measured.
            time_s: now [s].
        """
        self._old, self._new, self._since_s = old, new, time_s
        self.known = self.calibrated = True

    def at(self, time_s: float) -> float:
        """The size in force at a time [s]; 1 where none is known."""
        share = min(max((time_s - self._since_s) / RAMP_S, 0.0), 1.0)
        return float(self._old ** (1.0 - share) * self._new**share)
