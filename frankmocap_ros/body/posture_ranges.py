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

"""How usual postures of an arm and of a leg are: joint ranges, and where hands and feet are.

Costs are negative logarithms of how often, up to a constant. Positions are relative to where the limb begins
(shoulder or hip), in shares of the person's height, in axes of the body: outward (to the limb's own side),
up, front. Means and spreads are rounded, and set by eye; a factor of two in any of them hardly changes what
``tracking/limb_signs.py`` makes of them.
"""

from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array, cross, normalize

_ELBOW_FRONT: Final = (0.02, 0.14)  # mean and standard deviation
_ELBOW_BACK: Final = (0.02, 0.1)  # as well, behind that mean: people reach forward
_HAND_FRONT: Final = (0.08, 0.06)  # from the elbow: hands are before people
_ELBOW_OUT: Final = (0.03, 0.03)  # further inward there is the chest
_KNEE_FRONT, _FOOT_FRONT = (0.02, 0.08), (-0.02, 0.08)
_KNEE_OUT, _FOOT_OUT = (0.01, 0.06), (0.02, 0.12)
_BEHIND: Final = 6.0  # for an upper arm or a thigh that points straight back, by its sine beyond the range
_ARM_BACK, _THIGH_BACK = 0.6, 0.4  # the range, as a sine
_ELBOW_BENT: Final = (0.0, 0.25)  # sine of an elbow that is bent the other way
_KNEE_WRONG: Final = 12.0  # for a right angle the other way
_KNEE_SLACK: Final = 0.05  # sine of an angle that knees are straightened beyond


def _off(value: Array, usual: tuple[float, float]) -> Array:
    mean, spread = usual
    return np.asarray(0.5 * ((value - mean) / spread) ** 2)


def arm_cost(elbow: Array, wrist: Array) -> Array:
    """Costs (...) of arms with these elbows and wrists, (..., 3) each."""
    upper, fore = normalize(elbow), normalize(wrist - elbow)
    x, y, z = upper[..., 0], upper[..., 1], upper[..., 2]
    axis = cross(upper, fore)
    # the elbow's hinge of an arm that is stretched outwards points down; where the shoulder swings it
    reach = 1.0 / np.maximum(1.0 + x, 0.1)
    bent = axis[..., 0] * y - axis[..., 1] * (x + z * z * reach) + axis[..., 2] * (y * z * reach)
    cost = _off(np.minimum(bent, _ELBOW_BENT[0]), _ELBOW_BENT) + _BEHIND * np.maximum(-_ARM_BACK - z, 0.0)
    cost += _off(elbow[..., 2], _ELBOW_FRONT) + _off(wrist[..., 2] - elbow[..., 2], _HAND_FRONT)
    cost += _off(np.minimum(elbow[..., 2], _ELBOW_BACK[0]), _ELBOW_BACK)
    return np.asarray(cost + _off(np.minimum(elbow[..., 0], _ELBOW_OUT[0]), _ELBOW_OUT))


def leg_cost(knee: Array, ankle: Array) -> Array:
    """Costs (...) of legs with these knees and ankles, (..., 3) each."""
    thigh, shin = normalize(knee), normalize(ankle - knee)
    x, y, z = thigh[..., 0], thigh[..., 1], thigh[..., 2]
    axis = cross(thigh, shin)
    # the knee's hinge of a leg that hangs points outwards; where the hip swings it
    reach = 1.0 / np.maximum(1.0 - y, 0.1)
    bent = axis[..., 0] * (z * z * reach - y) + axis[..., 1] * x - axis[..., 2] * (x * z * reach)
    cost = _KNEE_WRONG * np.maximum(-bent - _KNEE_SLACK, 0.0) + _BEHIND * np.maximum(-_THIGH_BACK - z, 0.0)
    cost += _off(knee[..., 2], _KNEE_FRONT) + _off(ankle[..., 2], _FOOT_FRONT)
    return np.asarray(cost + _off(knee[..., 0], _KNEE_OUT) + _off(ankle[..., 0], _FOOT_OUT))
