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

"""How far joints are from where they should be, and how far a network in fewer bits may move them.

Nothing is loaded to read it, not even NumPy.
"""

from dataclasses import dataclass
from typing import Final

# EFT's own joints are some 50 mm off (after alignment, on 3DPW): a tenth of that is lost among it. One joint
# in a hundred that is 20 mm off is less than a hand's width; farther it would jerk.
MEAN_LIMIT_MM: Final = 5.0
P99_IN_MEANS: Final = 4.0  # the 99th percentile that is allowed, in mean errors that are
_WHOLE_MM: Final = 10.0  # from here on without fractions
LIMITS: Final = f"1: {MEAN_LIMIT_MM:g} mm mean, {P99_IN_MEANS * MEAN_LIMIT_MM:g} mm p99"
"""Version of the limits; what was judged by others is judged again."""


@dataclass(frozen=True)
class JointError:
    """Distances between the joints of both, each from the body's root or the hand's wrist.

    Attributes:
        mean_mm: over all joints of all crops.
        p99_mm: what one joint in a hundred exceeds.
        max_mm: of the one joint that moves farthest.
        moves_mm: how far these joints are from their own mean over the crops, on the average: what an error
            is to be compared with. Random weights give nearly the same pose for every crop.
        crops: how many.
    """

    mean_mm: float
    p99_mm: float
    max_mm: float
    moves_mm: float
    crops: int

    def within(self, mean_mm: float = MEAN_LIMIT_MM) -> bool:
        """Whether the mean is at most ``mean_mm``, and the 99th percentile at most four times that."""
        return self.mean_mm <= mean_mm and self.p99_mm <= P99_IN_MEANS * mean_mm

    @property
    def text(self) -> str:
        """Such as ``joints differ from fp32 by 0.04 mm mean, 0.15 mm p99, 0.21 mm max over 60 crops``."""
        mean, p99, largest = (
            f"{mm:.2g}" if mm < _WHOLE_MM else f"{mm:.0f}" for mm in (self.mean_mm, self.p99_mm, self.max_mm)
        )
        words = f"{mean} mm mean, {p99} mm p99, {largest} mm max over {self.crops} crops"
        return f"joints differ from fp32 by {words}"


def limits_text(mean_mm: float = MEAN_LIMIT_MM) -> str:
    """Such as ``5 mm mean and 20 mm p99``."""
    return f"{mean_mm:g} mm mean and {P99_IN_MEANS * mean_mm:g} mm p99"
