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

"""Which way the bones of arms and legs point out of the image plane: the sign that pixels leave open.

Each limb has two bones, and so four hypotheses: either bone towards the camera or away from it. Their
probabilities follow from image to image, as those of a hidden Markov model: a limb does not jump, and where
hypotheses come near each other either may be the next. Which of them people take more often is told by
``body/posture_ranges.py``.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.posture_ranges import arm_cost, leg_cost
from frankmocap_ros.geometry.rotation import Array, dot

_SPEED: Final = 1.5  # of a joint relative to the torso [m/s]
_LEAK: Final = 1e-4  # hypotheses that change however far they are from each other
_MOST: Final = 8.0  # of a cost: nothing is impossible
_AGAIN_S: Final = 2.0  # a posture that lasts for so long speaks for itself once more
_OUTWARD: Final = np.array([1.0, -1.0, 1.0, -1.0])  # sign of the body's left on each limb


@dataclass(frozen=True, eq=False)
class Limbs:
    """Hypotheses of one image: left arm, right arm, left leg, right leg.

    Attributes:
        start: shape (4, 3), shoulders and hips [m].
        middle: shape (4, 2, 3), elbows and knees: nearer, further [m].
        end: shape (4, 2, 2, 3), wrists and ankles for each middle: nearer, further [m].
        axes: shape (3, 3), the body's left, up and front as rows.
        height_m: the person's height [m].
    """

    start: Array
    middle: Array
    end: Array
    axes: Array
    height_m: float


class LimbSigns:
    """Probabilities of one person's hypotheses."""

    def __init__(self) -> None:
        self._likely = np.ones((4, 4))  # probability by that of the posture alone
        self._before: Array | None = None

    def update(self, limbs: Limbs, elapsed_s: float) -> Array:
        """Probabilities (4, 2, 2) of the limbs' hypotheses: sign of the first bone, sign of the second.

        Postures are not drawn again in each image: along a path of hypotheses only the cost of where it leads
        to counts (detailed balance), and a little of those on the way.

        Args:
            limbs: the hypotheses.
            elapsed_s: time since the previous image [s].
        """
        relative = np.empty((4, 2, 2, 6))  # to where each limb begins
        relative[..., :3] = (limbs.middle - limbs.start[:, None])[:, :, None]
        relative[..., 3:] = limbs.end - limbs.start[:, None, None]
        cost = np.minimum(_cost(limbs, relative), _MOST).reshape(4, 4)
        now = relative.reshape(4, 4, 6)
        if self._before is not None:
            apart = now[:, None] - self._before[:, :, None]
            near = np.exp(dot(apart, apart) * (-0.5 / (_SPEED * max(elapsed_s, 1e-3)) ** 2)) + _LEAK
            near /= near.sum(axis=2, keepdims=True)
            self._likely = np.matmul(self._likely[:, None], near)[:, 0]
            self._likely *= np.exp(cost * -min(elapsed_s / _AGAIN_S, 1.0))
            self._likely /= self._likely.sum(axis=1, keepdims=True)
        self._before = now
        probability = self._likely * np.exp(-cost)
        return np.asarray((probability / probability.sum(axis=1, keepdims=True)).reshape(4, 2, 2))


def _cost(limbs: Limbs, relative: Array) -> Array:
    """Costs (4, 2, 2) of hypotheses (4, 2, 2, 6), relative to where each limb begins [m]."""
    local = relative.reshape(-1, 3) @ (limbs.axes.T / limbs.height_m)
    local = local.reshape(4, 4, 2, 3)
    local[..., 0] *= _OUTWARD[:, None, None]
    middle, end = local[:, :, 0], local[:, :, 1]
    return np.concatenate([arm_cost(middle[:2], end[:2]), leg_cost(middle[2:], end[2:])])
