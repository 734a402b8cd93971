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

"""BlazePose's person detector: middle of the hips, and a circle around the body.

A single-shot detector: 2254 anchors of one size on grids of 28, 14 and 7 cells, each with a box and four
points relative to it. Boxes of one person are averaged with their scores as weights.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020; "BlazeFace", 2019, for anchors
and the averaging.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.tflite import TfliteModel, TfliteNetwork, TfliteOptions
from frankmocap_ros.engines.tflite_choice import load_tflite
from frankmocap_ros.estimators.square_crop import region_along, square_crop
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.runtime.thread_priority import giving_way

SIDE_PX: Final = 224
SIDES_PER_RADIUS: Final = 2.5  # a region is 1.25 times as large as the circle around the person
_GRIDS: Final = ((28, 2), (14, 2), (7, 6))  # cells in a row, anchors in a cell
_LEAST_SCORE: Final = 0.5
_SAME_PERSON: Final = 0.3  # intersection over union of two boxes
_MOST_LOGIT: Final = 100.0


def _anchors() -> Array:
    """Middles of all anchors in shares of the image's side, shape (2254, 2)."""
    rows = []
    for cells, each in _GRIDS:
        at = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(at, at, indexing="ij")
        rows.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(rows)


_ANCHORS: Final = _anchors()


def candidates(raw: NDArray[np.float32], logits: NDArray[np.float32]) -> tuple[Array, Array]:
    """What the network believes to be people.

    Args:
        raw: shape (2254, 12), box (x, y, width, height) and four points (x, y), relative to the anchor [px].
        logits: shape (2254,).

    Returns:
        scores (N,), and (N, 6, 2): the box's middle and size, then the points, in shares of the side.
    """
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -_MOST_LOGIT, _MOST_LOGIT)))
    rows = np.flatnonzero(scores >= _LEAST_SCORE)
    points = raw[rows].astype(np.float64).reshape(len(rows), 6, 2) / SIDE_PX
    anchors = _ANCHORS[rows]
    points[:, 0] += anchors
    points[:, 2:] += anchors[:, None]
    whole = (points[:, 1] >= 0.0).all(axis=1)
    return scores[rows][whole], points[whole]


def merged(scores: Array, points: Array) -> list[Array]:
    """One (4, 2) of points for each person, best first: the mean of all candidates that overlap the best.

    Args:
        scores: shape (N,).
        points: shape (N, 6, 2), as ``candidates`` gives them.
    """
    order = np.argsort(-scores, kind="stable")
    scores, points = scores[order], points[order]
    low, high = points[:, 0] - 0.5 * points[:, 1], points[:, 0] + 0.5 * points[:, 1]
    area = points[:, 1].prod(axis=1)
    left, people = np.arange(len(scores)), []
    while len(left):
        best = left[0]
        shared = np.minimum(high[left], high[best]) - np.maximum(low[left], low[best])
        overlap = np.maximum(shared, 0.0).prod(axis=1)
        same = overlap > _SAME_PERSON * np.maximum(area[left] + area[best] - overlap, 1e-12)
        same[0] = True
        weights = scores[left[same]]
        people.append(np.einsum("n,npc->pc", weights, points[left[same], 2:]) / weights.sum())
        left = left[~same]
    return people


def person_regions(people: Sequence[Array], size_px: tuple[int, int]) -> list[Region]:
    """The square around each person in the image.

    Args:
        people: points as ``merged`` gives them, in shares of the image's longer side with bars beside it.
        size_px: width and height of the image.
    """
    size = np.array(size_px, float)
    side = size.max()
    found = []
    for points in people:
        middle, rim = points[:2] * side - 0.5 * (side - size)
        found.append(region_along(middle, rim, SIDES_PER_RADIUS, 0.5 * np.pi))
    return found


class PersonDetector:
    """Runs the network on whole images.

    Its threads give way to what else wants the cores: while somebody is followed nobody waits for it.

    Args:
        path: the network's file.

    Raises:
        EstimatorError: it is no such network.
        MissingDependencyError: nothing is installed that runs it.
    """

    def __init__(self, path: Path) -> None:
        model = TfliteModel(path, (0, 1), SIDE_PX, low=-1.0)
        self._network: TfliteNetwork = giving_way(lambda: load_tflite(model, TfliteOptions(threads=1)))
        self.engine = self._network.engine

    def __call__(self, bitmap: Bitmap) -> list[Region]:
        """Regions of everybody in the image, best first."""
        size = np.array(bitmap.size_px, float)
        whole = Region(0.5 * size, float(size.max()))
        crop = square_crop(bitmap, whole, SIDE_PX, zero_border=True)
        ((raw, logits),) = self._network([crop])
        return person_regions(merged(*candidates(raw, logits[:, 0])), bitmap.size_px)

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()
