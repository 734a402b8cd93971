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

"""Heat maps and part affinity fields to people.

Cao, Simon, Wei, Sheikh, "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", 2017:
keypoints are the peaks of the heat maps, and a limb is where the field between two peaks points from one to
the other. Limbs are taken best first, and put together from the neck outwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.estimators.openpose.parts import COCO, Limb, Parts
from frankmocap_ros.estimators.openpose.peaks import UPSAMPLING, Floats, Peaks, find_peaks, upsampled
from frankmocap_ros.geometry.rotation import Array, Mask

_LEAST_ALONG = 0.05  # of the field along a limb, for a sample to count
_SAMPLES = 10
_LEAST_SHARE = 0.8  # of the samples that have to count, and one more
_LEAST_KEYPOINTS = 3
_LEAST_MEAN = 0.2  # score per keypoint
_LIMB_STEPS = np.linspace(0.0, 1.0, _SAMPLES)[:, None, None, None]


@dataclass(frozen=True, eq=False)
class Grouped:
    """One person in the upsampled maps.

    Attributes:
        keypoints: shape (K, 2), x and y [px of the upsampled maps], zero where not found.
        confidence: shape (K,), heights of the peaks, zero where not found.
        score: heights of the peaks plus the mean field along each limb, see ``Parts.whole_score``.
    """

    keypoints: Array
    confidence: Array
    score: float

    @property
    def found(self) -> Mask:
        """Which keypoints are known, shape (K,)."""
        return np.asarray(self.confidence > 0.0)


@dataclass(eq=False)
class _Person:
    """Somebody who is being put together."""

    members: dict[int, int] = field(default_factory=dict)  # keypoint -> number of its peak
    limbs: float = 0.0  # sum of the limbs' scores


def limb_scores(paf: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Array:
    """How well a field leads from each start to each end.

    Args:
        paf: shape (H, W, 2), upsampled.
        starts: shape (N, 2), pixels x, y.
        ends: shape (M, 2).

    Returns:
        shape (N, M): the mean of the field along the line, of those samples where it leads along at all;
        0 where these are too few.
    """
    line = (ends - starts[:, None]).astype(np.float64)
    unit = line / np.maximum(np.sqrt((line * line).sum(axis=-1, keepdims=True)), 1e-9)
    at = np.rint(starts[:, None] + _LIMB_STEPS * line).astype(np.intp)
    # (samples, N, M)
    along = np.einsum("snmc,nmc->snm", paf[at[..., 1], at[..., 0]], unit)
    counts = along > _LEAST_ALONG
    number = counts.sum(axis=0)
    mean = np.where(counts, along, 0.0).sum(axis=0) / np.maximum(number, 1)
    return np.where(number > _LEAST_SHARE * _SAMPLES, mean, 0.0)


def _best_pairs(scores: Array) -> list[tuple[int, int, float]]:
    """Pairs (row, column, score), best first, no row or column twice."""
    scores, pairs = scores.copy(), []
    for _ in range(min(scores.shape)):
        row, column = divmod(int(scores.argmax()), scores.shape[1])
        best = float(scores[row, column])
        if not best > 0.0:
            break
        pairs.append((row, column, best))
        scores[row], scores[:, column] = 0.0, 0.0
    return pairs


def _connections(pafs: Floats, peaks: Sequence[Peaks], limb: Limb) -> list[tuple[int, int, float]]:
    """Limbs of one kind: number of the start's peak, of the end's, and the score."""
    start, end, channel = limb
    starts, ends = peaks[start].xy, peaks[end].xy
    if not len(starts) or not len(ends):
        return []
    # Only where the peaks lie, and as far around as the interpolation reaches; it does not change the values.
    both = np.concatenate([starts, ends]) // UPSAMPLING
    (left, top), (right, bottom) = np.maximum(both.min(axis=0) - 2, 0), both.max(axis=0) + 3
    paf = upsampled(pafs[top:bottom, left:right, channel : channel + 2])
    corner = UPSAMPLING * np.array([left, top])
    return _best_pairs(limb_scores(paf, starts - corner, ends - corner))


def _assembled(pafs: Floats, peaks: Sequence[Peaks], parts: Parts) -> list[_Person]:
    """People from the limbs between the peaks."""
    owners: dict[tuple[int, int], _Person] = {}  # of a keypoint's peak
    people: list[_Person] = []
    for limb in parts.limbs:
        start, end, _ = limb
        for i, j, score in _connections(pafs, peaks, limb):
            person = owners.get((start, i))
            if person is None:
                person = owners[start, i] = _Person({start: i})
                people.append(person)
            person.members[end] = j
            person.limbs += score
            owners[end, j] = person
    for limb in parts.extra_limbs:
        start, end, _ = limb
        for i, j, _ in _connections(pafs, peaks, limb):
            _join(people, owners, (start, i), (end, j))
    return people


def _join(
    people: list[_Person], owners: dict[tuple[int, int], _Person], a: tuple[int, int], b: tuple[int, int]
) -> None:
    """Join what two peaks belong to, where neither has anything that the other has."""
    first, second = owners.get(a), owners.get(b)
    if first is None and second is None:
        return
    ours = first.members if first else dict([a])
    theirs = second.members if second else dict([b])
    if ours.keys() & theirs.keys():
        return
    whole = first or second
    assert whole is not None
    if first and second:
        first.limbs += second.limbs
        people.remove(second)
    whole.members = ours | theirs
    owners.update(dict.fromkeys(whole.members.items(), whole))


def _grouped(person: _Person, peaks: Sequence[Peaks]) -> Grouped:
    keypoints, confidence = np.zeros((len(peaks), 2)), np.zeros(len(peaks))
    for part, number in person.members.items():
        keypoints[part] = peaks[part].xy[number]
        confidence[part] = peaks[part].height[number]
    return Grouped(keypoints, confidence, float(confidence.sum()) + person.limbs)


def _is_real(person: Grouped) -> bool:
    number = int(person.found.sum())
    return number >= _LEAST_KEYPOINTS and person.score >= _LEAST_MEAN * number


def group_people(heatmaps: Floats, pafs: Floats, parts: Parts = COCO) -> list[Grouped]:
    """People in the network's maps, best first.

    Args:
        heatmaps: shape (H, W, ``parts.heatmaps``): the keypoints and the background.
        pafs: shape (H, W, ``parts.fields``): the limbs, x and y.
        parts: which keypoints and limbs.

    Returns:
        Everybody with at least 3 keypoints, in pixels of the maps 4 times as large; empty for nobody.
    """
    peaks = find_peaks(heatmaps[:, :, : len(parts.keypoints)])
    people = [_grouped(person, peaks) for person in _assembled(pafs, peaks, parts)]
    return sorted((person for person in people if _is_real(person)), key=lambda person: -person.score)
