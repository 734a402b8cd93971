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

"""PoseNet's outputs as people: the published decoding of several poses.

Heat maps tell where a keypoint may be, offsets where in its cell, and displacements lead from a keypoint to
its neighbors. People grow from their surest keypoint along the tree of keypoints.

Papandreou et al., "PersonLab: Person Pose Estimation and Instance Segmentation with a Bottom-Up, Part-Based,
Geometric Embedding Model", 2018.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import COCO_17

Maps = NDArray[np.float32]

_POINTS: Final = len(COCO_17)
# parent and child of each edge, in the order of the displacements
EDGES: Final = tuple(
    (COCO_17.index[parent], COCO_17.index[child])
    for side in ("left", "right")
    for parent, child in (("nose", f"{side}_eye"), (f"{side}_eye", f"{side}_ear"))
) + tuple(
    (COCO_17.index[parent], COCO_17.index[child])
    for side in ("left", "right")
    for parent, child in (
        ("nose", f"{side}_shoulder"),
        (f"{side}_shoulder", f"{side}_elbow"),
        (f"{side}_elbow", f"{side}_wrist"),
        (f"{side}_shoulder", f"{side}_hip"),
        (f"{side}_hip", f"{side}_knee"),
        (f"{side}_knee", f"{side}_ankle"),
    )
)
_NUMBERED: Final = tuple(enumerate(EDGES))


@dataclass(frozen=True, eq=False)
class PoseNetMaps:
    """Outputs for one image, H x W cells.

    Attributes:
        scores: shape (H, W, 17), 0..1.
        offsets: shape (H, W, 34), y of all keypoints, then x [px].
        forward, backward: shape (H, W, 32), y of all edges, then x, from parent to child and back [px].
        stride: from cell to cell [px].
    """

    scores: Maps
    offsets: Maps
    forward: Maps
    backward: Maps
    stride: float


@dataclass(frozen=True)
class Limits:
    """What counts as a person.

    Attributes:
        people: how many at most.
        root_score: least score of a keypoint from which somebody grows.
        pose_score: least score of a person.
        apart_px: keypoints of one kind that are nearer to each other are of one person [px].
    """

    people: int = 5
    root_score: float = 0.5
    pose_score: float = 0.15
    apart_px: float = 20.0


@dataclass(frozen=True, eq=False)
class FoundPose:
    """One person.

    Attributes:
        points: shape (17, 2), y and x [px].
        scores: shape (17,).
        score: mean of those scores that nobody found before has too.
    """

    points: NDArray[np.float64]
    scores: NDArray[np.float64]
    score: float


def decode(maps: PoseNetMaps, limits: Limits) -> list[FoundPose]:
    """People, in the order of their surest keypoints."""
    offsets = _pairs(maps.offsets)
    forward, backward = _pairs(maps.forward), _pairs(maps.backward)
    steps = [(child, parent, backward[:, :, e]) for e, (parent, child) in reversed(_NUMBERED)]
    steps += [(parent, child, forward[:, :, e]) for e, (parent, child) in _NUMBERED]
    people: list[FoundPose] = []
    for row, column, point in _roots(maps.scores, limits.root_score):
        at = maps.stride * np.array([row, column], float) + offsets[row, column, point]
        if any(_square(person.points[point] - at) <= limits.apart_px**2 for person in people):
            continue
        points, scores = np.zeros((_POINTS, 2)), np.zeros(_POINTS)
        points[point], scores[point] = at, maps.scores[row, column, point]
        for known, wanted, displacements in steps:
            if scores[known] > 0.0 and scores[wanted] == 0.0:
                start = points[known]
                points[wanted], scores[wanted] = _step(maps, offsets, displacements, start, wanted)
        score = _own_score(points, scores, people, limits.apart_px)
        if score >= limits.pose_score:
            people.append(FoundPose(points, scores, score))
        if len(people) >= limits.people:
            break
    return people


def _roots(scores: Maps, least: float) -> list[tuple[int, int, int]]:
    """Row, column and keypoint of all local maxima of a 3 x 3 window, the surest first."""
    padded = np.pad(scores, ((1, 1), (1, 1), (0, 0)))
    rows = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    highest = np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    at = np.argwhere((scores >= least) & (scores == highest))
    order = np.argsort(-scores[at[:, 0], at[:, 1], at[:, 2]], kind="stable")
    return [(int(y), int(x), int(k)) for y, x, k in at[order]]


def _step(
    maps: PoseNetMaps, offsets: Maps, displacements: Maps, start: NDArray[np.float64], point: int
) -> tuple[NDArray[np.float64], float]:
    """Where a displacement leads from a point: the keypoint there, and its score."""
    y, x = _cell(maps, start)
    y, x = _cell(maps, start + displacements[y, x])
    at = maps.stride * np.array([y, x], float) + offsets[y, x, point]
    return at, float(maps.scores[y, x, point])


def _cell(maps: PoseNetMaps, at: NDArray[np.float64]) -> tuple[int, int]:
    height, width = maps.scores.shape[:2]
    y, x = np.rint(at / maps.stride)
    return int(min(max(y, 0.0), height - 1.0)), int(min(max(x, 0.0), width - 1.0))


def _own_score(
    points: NDArray[np.float64], scores: NDArray[np.float64], people: list[FoundPose], apart_px: float
) -> float:
    own = np.ones(_POINTS, bool)
    for person in people:
        own &= ((person.points - points) ** 2).sum(axis=1) > apart_px**2
    return float(scores[own].sum() / _POINTS)


def _pairs(values: Maps) -> Maps:
    """From all y, then all x, to pairs: shape (H, W, K, 2)."""
    height, width, both = values.shape
    return np.asarray(values.reshape(height, width, 2, both // 2).swapaxes(2, 3))


def _square(difference: NDArray[np.float64]) -> float:
    return float(difference @ difference)
