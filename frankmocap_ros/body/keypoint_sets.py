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

"""Published sets of keypoints, and which of them are ours: matched by name, in one table.

A set lists its points in its own order. Points that we have carry our names (``body/skeleton.py``), all
others a name of their own. What a set does not have is not known: confidence 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import HAND_FINGERS, KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.rotation import Array


@dataclass(frozen=True)
class KeypointSet:
    """Keypoints of one family of networks.

    Attributes:
        name: of the set.
        points: name of each point, in the networks' order. Our ``foot`` is the big toe.
    """

    name: str
    points: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def has_hands(self) -> bool:
        """Whether it has every point of the fingers."""
        return set(KEYPOINTS_WITH_HANDS) <= set(self.points)

    @cached_property
    def index(self) -> dict[str, int]:
        """Name -> place in the networks' order."""
        return {name: i for i, name in enumerate(self.points)}

    def ours(self, pixels: Array, confidence: Array, names: Sequence[str] = KEYPOINTS) -> tuple[Array, Array]:
        """A person's points in our order.

        Args:
            pixels: shape (K, 2), in the set's order [px]; more columns are moved along.
            confidence: shape (K,), 0..1.
            names: ``KEYPOINTS`` or ``KEYPOINTS_WITH_HANDS``.

        Returns:
            pixels (len(names), ...) and confidence (len(names),), both 0 where the set has no such point.
        """
        here, there = self._rows(tuple(names))
        placed, sure = np.zeros((len(names), *pixels.shape[1:])), np.zeros(len(names))
        placed[here], sure[here] = pixels[there], confidence[there]
        return placed, sure

    def _rows(self, names: tuple[str, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Places in our order, and in the set's, of the points that both have."""
        if names not in self._kept:
            pairs = [(i, self.index[name]) for i, name in enumerate(names) if name in self.index]
            here, there = np.array(pairs, np.intp).reshape(-1, 2).T
            self._kept[names] = (here, there)
        return self._kept[names]

    @cached_property
    def _kept(self) -> dict[tuple[str, ...], tuple[NDArray[np.intp], NDArray[np.intp]]]:
        return {}


def _sides(*parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts for side in ("left", "right"))


def _hand(side: str) -> tuple[str, ...]:
    """21 points of one hand; the first is the hand's own guess of the wrist, which the body has already."""
    return (f"{side}_hand_root", *(f"{side}_{f}{k}" for f in HAND_FINGERS for k in (1, 2, 3, 4)))


def _limb(side: str, *parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts)


_FOOT = ("foot", "small_toe", "heel")
_ARM, _LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")

COCO_17 = KeypointSet(
    "COCO-17", ("nose", *_sides("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"))
)
HALPE_26 = KeypointSet("Halpe-26", (*COCO_17.points, "head_top", "neck", "mid_hip", *_sides(*_FOOT)))
WHOLEBODY_133 = KeypointSet(
    "COCO-WholeBody-133",
    (
        *COCO_17.points,
        *_limb("left", *_FOOT),
        *_limb("right", *_FOOT),
        *(f"face{i}" for i in range(68)),
        *_hand("left"),
        *_hand("right"),
    ),
)
BODY_25 = KeypointSet(
    "BODY_25",
    (
        "nose", "neck", *_limb("right", *_ARM), *_limb("left", *_ARM), "mid_hip",
        *_limb("right", *_LEG), *_limb("left", *_LEG), "right_eye", "left_eye", "right_ear", "left_ear",
        *_limb("left", *_FOOT), *_limb("right", *_FOOT),
    ),
)  # fmt: skip
BODY_18 = KeypointSet(
    "BODY_18", tuple(name for name in BODY_25.points[:19] if name != "mid_hip")
)  # OpenPose's COCO model
