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

"""A hand of the operator as what is wanted of a gripper."""

import math

from frankmocap_ros.body.pose import SEEN, Hand
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.hands.believed_opening import BelievedOpening
from frankmocap_ros.teleop.hands.grip_calibration import DEFAULT_RANGES, GripCalibration, GripRange
from frankmocap_ros.teleop.hands.grip_filter import WantedGrip
from frankmocap_ros.teleop.hands.opening import MEASURES

_NOT_YET = "the hand came into view a moment ago"


class HandSource:
    """Measures one hand, image by image.

    Attributes:
        what: the hand, in words.
        side: of the hand, the operator's.
        range: what of the measure is open and shut.
        calibration: finds the operator's own range; None where it is not looked for.

    Args:
        side: see there.
        config: settings; ``grip`` is pinch or hand.
    """

    def __init__(self, side: str, config: GateSettings) -> None:
        self.side, self.what = side, f"the {side} hand"
        self._config = config
        self._measure = MEASURES[config.grip]
        self._usual = DEFAULT_RANGES[config.grip]
        self._believed = BelievedOpening()
        self.forget()

    def forget(self) -> None:
        """Forget everything, as for another person."""
        self._believed.lose()
        self._hand: Hand | None = None
        self._why = "hand not seen"
        self.range = self._usual
        self.calibration: GripCalibration | None = None

    @property
    def is_usual(self) -> bool:
        """Whether the range is that of people in general."""
        return self.range == self._usual

    def calibrate(self) -> None:
        """Begin to calibrate."""
        self.calibration = GripCalibration(self._usual)

    def take(self, found: GripRange | None) -> None:
        """Take another range, None for the usual one; what was believed by the one before is forgotten."""
        found = found or self._usual
        if found != self.range:
            self.range = found
            self._believed.lose()
            self._why = self._why or _NOT_YET

    def observe(self, hands: tuple[Hand, ...], captured_s: float) -> None:
        """Take what an image shows of the operator's hands."""
        hand = None
        for one in hands:
            hand = one if one.side == self.side else hand
        measure, self._why = self._seen(hand)
        self._hand = hand
        if self.calibration is not None:
            self.calibration.observe(measure)
        if measure is None:
            self._believed.lose()
            if not hands:
                self._why = "no hands are estimated; set hands: true on the mocap node"
            return
        self._believed.update(self.range.opening(measure), captured_s)
        if self._believed.opening is None:
            self._why = _NOT_YET

    def wanted(self, time_s: float) -> WantedGrip:
        """What the last image says."""
        if self._hand is None:
            return WantedGrip(why=self._why)
        confidence = min(1.0, max(0.0, self._hand.confidence))
        if self._believed.opening is None:
            return WantedGrip(confidence=confidence, why=self._why)
        return WantedGrip(self._believed.opening, self._hand.state, confidence)

    def _seen(self, hand: Hand | None) -> tuple[float | None, str]:
        """Measure of a hand; None and why where it does not count."""
        if hand is None or hand.state not in SEEN:
            return None, "hand not seen"
        if not hand.confidence >= self._config.min_confidence:
            return None, f"hand uncertain (min_confidence {self._config.min_confidence:g})"
        if not abs(hand.palm_angle_rad - 0.5 * math.pi) >= math.radians(self._config.grip_edge_deg):
            return None, f"hand seen from its edge (grip_edge_deg {self._config.grip_edge_deg:g})"
        measure = float(self._measure(hand.points))
        return (measure, "") if math.isfinite(measure) else (None, "hand not seen")
