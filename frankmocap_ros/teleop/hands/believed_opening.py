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

"""Which of a hand's measured openings are believed.

- A hand that comes into view is believed once it has been seen for 0.15 s and in three images, each within
  0.2 of the one before.
- It opens as far as all of the last three images say: what is wrong for a moment opens nothing.
- It shuts at once, but by more than 0.2 only as far as the last two images say.
"""

from collections import deque
from typing import Final

SEEN_S: Final = 0.15
"""So long a hand must be seen before it is believed."""
JUMP: Final = 0.2
"""More than this within one image is doubted."""

_IMAGES: Final = 3
_GAP_S: Final = 0.3  # images that are further apart do not follow each other


class BelievedOpening:
    """Takes the openings of one hand, image by image.

    Attributes:
        opening: what is believed, 0 shut to 1 open; None where nothing is.
    """

    def __init__(self) -> None:
        self.opening: float | None = None
        self._recent: deque[float] = deque(maxlen=_IMAGES)
        self.lose()

    def lose(self) -> None:
        """The hand is not seen: it has to be seen for a while again."""
        self.opening = None
        self._recent.clear()
        self._since_s = self._before_s = 0.0
        self._before = 0.0

    def update(self, measured: float, captured_s: float) -> None:
        """Take what an image shows.

        Args:
            measured: opening, 0 shut to 1 open.
            captured_s: when the image was taken; later than that before [s].
        """
        if self._recent and not 0.0 < captured_s - self._before_s <= _GAP_S:
            self.lose()
        if self.opening is None:
            self._acquire(measured, captured_s)
        else:
            believed = measured
            if measured < self.opening - JUMP:
                believed = min(self.opening, max(measured, self._before))
            self._recent.append(believed)
            self.opening = min(self._recent)
        self._before, self._before_s = measured, captured_s

    def _acquire(self, measured: float, captured_s: float) -> None:
        if not self._recent or abs(measured - self._before) > JUMP:
            self._recent.clear()
            self._since_s = captured_s
        self._recent.append(measured)
        if len(self._recent) == _IMAGES and captured_s - self._since_s >= SEEN_S:
            self.opening = min(self._recent)
