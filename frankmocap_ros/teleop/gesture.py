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

"""A gesture that asks: both wrists above the head for a while."""

MARGIN_M = 0.05
"""So far above the head both wrists must be to count as raised, and so far below it to count as lowered."""


class RaisedHands:
    """Tells once when both hands have been up for a while; they must be lowered before it tells again.

    Args:
        for_s: how long they must be up [s].
    """

    def __init__(self, for_s: float) -> None:
        self.for_s = for_s
        self._up_since_s: float | None = None
        self._lowered = False

    def reset(self) -> None:
        """Forget everything; hands that are up now do not count until they were lowered."""
        self._up_since_s = None
        self._lowered = False

    def update(self, above_head_m: tuple[float, float] | None, time_s: float) -> bool:
        """Whether the gesture has just been made.

        Args:
            above_head_m: how far each wrist is above the head [m]; None where that is not known.
            time_s: when that was [s].
        """
        if above_head_m is None or min(above_head_m) < MARGIN_M:
            self._up_since_s = None
            if above_head_m is not None and max(above_head_m) < -MARGIN_M:
                self._lowered = True
            return False
        if not self._lowered:
            return False
        if self._up_since_s is None:
            self._up_since_s = time_s
        if time_s - self._up_since_s < self.for_s:
            return False
        self.reset()
        return True
