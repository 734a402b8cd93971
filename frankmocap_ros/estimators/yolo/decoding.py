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

"""What YOLO's networks put out, as people.

Two layouts are published, both in pixels of the input:

- *raw*, YOLOv8 and YOLO11, (1, 4 + classes + 3 K, N): each of N columns has a box's middle x, y, width and
  height, a score of each class, and x, y and confidence of K keypoints. Many columns are of one person:
  non-maximum suppression leaves the best.
- *end to end*, YOLO26 and exports with ``nms=True``, (1, N, 6 + 3 K): each of N rows has a box's left, top,
  right, bottom, a score, a class, and the keypoints. Every person is there once.

Networks for poses have one class, a person, and 17 keypoints; networks for objects have COCO's 80 classes,
of which a person is the first, and no keypoints.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import EstimatorError

Floats = NDArray[np.float32]

KEYPOINTS: Final = 17
LEAST_SCORE: Final = 0.25
SAME_PERSON: Final = 0.7
"""Intersection over union above which the box with the lower score is left out."""
_MOST_PEOPLE: Final = 300
_MOST_CANDIDATES: Final = 3000  # a network that takes everything for a person must not stop the node
_CLASSES: Final = 80
_PERSON: Final = 0


@dataclass(frozen=True)
class Layout:
    """How an output is to be read.

    Attributes:
        end_to_end: whether every person is there once.
        classes: how many, of the raw layout; the first is a person.
        keypoints: of each person: 17, or 0 for a network that finds objects.
    """

    end_to_end: bool
    classes: int
    keypoints: int


@dataclass(frozen=True, eq=False)
class Detections:
    """N people, best first.

    Attributes:
        boxes_xyxy: shape (N, 4), left, top, right, bottom [px], in the input or in the image.
        scores: shape (N,), 0..1.
        keypoints: shape (N, K, 3), x and y in the same pixels, and confidence.
    """

    boxes_xyxy: Floats
    scores: Floats
    keypoints: Floats


_LAYOUTS: Final = {
    "raw": {
        4 + 1 + 3 * KEYPOINTS: Layout(False, 1, KEYPOINTS),
        4 + _CLASSES: Layout(False, _CLASSES, 0),
    },
    "end to end": {
        6 + 3 * KEYPOINTS: Layout(True, 1, KEYPOINTS),
        6: Layout(True, _CLASSES, 0),
    },
}
EXPECTED: Final = (
    f"a pose network's (1, {4 + 1 + 3 * KEYPOINTS}, N) as YOLOv8 and YOLO11 have it, or "
    f"(1, N, {6 + 3 * KEYPOINTS}) as YOLO26 has it"
)
"""What an estimator's network may put out, in words."""


def layout_of(shape: tuple[int, ...]) -> Layout | None:
    """The layout of an output's shape; None where it is none. A size that is not known is 0 or less."""
    if len(shape) != 3 or shape[0] > 1:
        return None
    _, rows, columns = shape
    return _LAYOUTS["end to end"].get(columns) or _LAYOUTS["raw"].get(rows)


def decoded(output: NDArray[np.floating], layout: Layout) -> Detections:
    """Everybody in an output, best first.

    Args:
        output: shape (1, ., .), of the network.
        layout: of ``layout_of``.

    Raises:
        EstimatorError: the output does not have that layout.
    """
    if layout_of(output.shape) != layout:
        raise EstimatorError(
            f"the YOLO network put out an array of shape {output.shape}, expected {EXPECTED}"
        )
    values = np.asarray(output[0], np.float32)
    return _listed(values, layout) if layout.end_to_end else _best_of(values, layout)


def _listed(rows: Floats, layout: Layout) -> Detections:
    """People of the end-to-end layout (N, 6 + 3 K)."""
    rows = rows[(rows[:, 4] > LEAST_SCORE) & (np.rint(rows[:, 5]) == _PERSON)]
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    return Detections(rows[:, :4], rows[:, 4], _keypoints(rows[:, 6:], layout))


def _best_of(columns: Floats, layout: Layout) -> Detections:
    """People of the raw layout (4 + classes + 3 K, N)."""
    all_scores = columns[4 : 4 + layout.classes]
    sure = all_scores[_PERSON] > LEAST_SCORE
    if layout.classes > 1:  # what is rather something else is nobody
        sure &= all_scores[_PERSON] >= all_scores.max(axis=0)
    rows = columns[:, sure].T
    rows = rows[np.argsort(-rows[:, 4], kind="stable")][:_MOST_CANDIDATES]
    middle, half = rows[:, :2], 0.5 * rows[:, 2:4]
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    kept = non_maximum_suppression(boxes)[:_MOST_PEOPLE]
    return Detections(boxes[kept], rows[kept, 4], _keypoints(rows[kept, 4 + layout.classes :], layout))


def _keypoints(values: Floats, layout: Layout) -> Floats:
    return values.reshape(len(values), layout.keypoints, 3)


def non_maximum_suppression(boxes_xyxy: Floats, most: float = SAME_PERSON) -> list[int]:
    """Which boxes stay, where one that lies on a better one is left out.

    Args:
        boxes_xyxy: shape (N, 4), best first.
        most: intersection over union with a better box that still is somebody else.
    """
    low, high = boxes_xyxy[:, :2], boxes_xyxy[:, 2:]
    area = np.prod(np.maximum(high - low, 0.0), axis=1)
    left = np.arange(len(boxes_xyxy))
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        overlap = np.minimum(high[left], high[best]) - np.maximum(low[left], low[best])
        shared = np.prod(np.maximum(overlap, 0.0), axis=1)
        # as a product, since boxes without an area have no quotient
        left = left[shared <= most * (area[left] + area[best] - shared)]
    return kept
