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

"""Lengths of an adult's bones as shares of the height.

R. Drillis and R. Contini, "Body Segment Parameters" (1966), as printed in D. Winter, "Biomechanics and Motor
Control of Human Movement": arms, legs, and the torso from hip to shoulder. That table's breadths are those of
the body's outline; the widths here are between the joints' centers, which lie within it, and they and the
head's are rounded from what keypoint networks mark.
"""

from typing import Final

SHOULDERS: Final = 0.23
HIPS: Final = 0.105
TORSO: Final = 0.288  # hip to shoulder
UPPER_ARM: Final = 0.186
FOREARM: Final = 0.146
PALM: Final = 0.054  # wrist to knuckles
THIGH: Final = 0.245
SHIN: Final = 0.246
FOOT: Final = 0.09  # ankle to the ball of the foot
EARS: Final = 0.088  # from ear to ear
NOSE: Final = 0.06  # before the ears

ARM: Final = UPPER_ARM + FOREARM
LEG: Final = THIGH + SHIN

ADULT_HEIGHT_M: Final = 1.70
"""An adult's height where nobody says it. The mean heights of men were 1.60 to 1.83 m by country, those of
women 1.49 to 1.70 m (NCD Risk Factor Collaboration, "A century of trends in adult human height", 2016)."""
