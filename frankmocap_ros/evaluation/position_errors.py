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

"""How far joints are from where they truly are."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.evaluation.alignment import Pair, kabsch
from frankmocap_ros.evaluation.recording import MAIN, common_joints, reference_points
from frankmocap_ros.geometry.rotation import Array, normalize

_LEAST_POINTS: Final = 4  # three points can always be turned onto their plane
_SWAPPED_M: Final = 0.05  # by how much a pair of joints must fit better the other way round


def joint_errors(pair: Pair) -> tuple[tuple[str, ...], Array]:
    """Distances between joints relative to the pelvis: names, and shape (T, J), NaN where not known [m]."""
    names = common_joints((pair.truth, pair.result), MAIN)
    found = [pair.relative(name, "pelvis") for name in names]
    rows = [
        np.full(len(pair.truth.times_s), np.nan)
        if both is None
        else np.linalg.norm(both[1] - both[0], axis=-1)
        for both in found
    ]
    return names, np.stack(rows, axis=1) if rows else np.empty((len(pair.truth.times_s), 0))


def procrustes_errors(pair: Pair) -> Array:
    """Mean distance of joints at each instant after the best rotation, translation and scale, shape (T,) [m].

    NaN where fewer than four joints are known in both.
    """
    names = common_joints((pair.truth, pair.result), MAIN)
    rows = [pair.truth.row(name) for name in names]
    found = np.full(len(pair.truth.times_s), np.nan)
    both = pair.both[:, rows]
    for i in np.flatnonzero(both.sum(axis=1) >= _LEAST_POINTS):
        columns = np.array(rows)[both[i]]
        found[i] = similarity_error(pair.truth.positions[i, columns], pair.result.positions[i, columns])
    return found


def similarity_error(truth: Array, result: Array) -> float:
    """Mean distance of ``result`` (N, 3) from ``truth`` after the similarity that fits best [m]."""
    a, b = result - result.mean(axis=0), truth - truth.mean(axis=0)
    turned = a @ kabsch(a, b).T
    scale = float(np.sum(turned * b)) / max(float(np.sum(a * a)), 1e-12)
    return float(np.linalg.norm(scale * turned - b, axis=-1).mean())


@dataclass(frozen=True, eq=False)
class LimbError:
    """Where a joint is relative to another one, and where it truly is. All shapes (T, ...), NaN unknown.

    Attributes:
        truth, result: shape (T, 3), relative to the origin [m].
        sight: shape (T, 3), unit vectors from the camera to the true joint.
    """

    truth: Array
    result: Array
    sight: Array

    @property
    def error(self) -> Array:
        """Shape (T, 3) [m]."""
        return np.asarray(self.result - self.truth)

    @property
    def clutched(self) -> Array:
        """The same without its median: what is left where somebody begins from where the robot is."""
        known = self.error[np.isfinite(self.error).all(axis=1)]
        return np.asarray(self.error - np.median(known, axis=0))

    def along(self, vectors: Array) -> Array:
        """Their parts along the line of sight, away from the camera, shape (T,)."""
        return np.asarray(np.einsum("ti,ti->t", vectors, self.sight))

    def across(self, vectors: Array) -> Array:
        """Their parts across the line of sight, shape (T, 2): to the right in the image, and down."""
        down = np.broadcast_to(np.array([0.0, 1.0, 0.0]), self.sight.shape)
        right = normalize(np.cross(down, self.sight))
        lower = np.cross(self.sight, right)
        return np.stack([np.einsum("ti,ti->t", vectors, axis) for axis in (right, lower)], axis=1)


def wrist_errors(pair: Pair, origin: str = "neck") -> dict[str, LimbError]:
    """Both wrists relative to neck or pelvis, those that truth and result have."""
    found = {}
    for side in SIDES:
        both = pair.relative(f"{side}_wrist", origin)
        if both is not None:
            sight = normalize(pair.truth.point(f"{side}_wrist"))
            found[f"{side}_wrist"] = LimbError(*both, sight)
    return found


def following(truth: Array, result: Array) -> tuple[float, float] | None:
    """How much of a motion is followed: the gain (1: all of it) and the correlation.

    Args:
        truth: shape (T, C), or (T,); NaN where not known.
        result: the same.

    Returns:
        None where there is no motion.
    """
    a, b = (x.reshape(len(x), -1) for x in (truth, result))
    known = np.isfinite(a + b).all(axis=1)
    if np.count_nonzero(known) < 2:
        return None
    a, b = a[known] - a[known].mean(axis=0), b[known] - b[known].mean(axis=0)
    aa, ab, bb = float(np.sum(a * a)), float(np.sum(a * b)), float(np.sum(b * b))
    if aa < 1e-12 or bb < 1e-12:
        return None
    return ab / aa, ab / float(np.sqrt(aa * bb))


def swapped_share(pair: Pair) -> float | None:
    """Share of the instants in which left and right fit better the other way round; None where not known.

    Pairs of joints relative to the pelvis count together: elbows, wrists, knees and ankles that are known on
    both sides. The other way must be better by 5 cm a joint.
    """
    origins = reference_points((pair.truth, pair.result), "pelvis")
    parts = [
        p for p in ("elbow", "wrist", "knee", "ankle") if all(f"{s}_{p}" in pair.truth.names for s in SIDES)
    ]
    if origins is None or not parts:
        return None
    truth, result = (
        np.stack([[r.point(f"{s}_{p}") - o for s in SIDES] for p in parts])
        for r, o in zip((pair.truth, pair.result), origins, strict=True)
    )  # (P, 2, T, 3)
    straight = np.linalg.norm(result - truth, axis=-1).mean(axis=1)
    crossed = np.linalg.norm(result[:, ::-1] - truth, axis=-1).mean(axis=1)
    known = np.isfinite(straight + crossed)
    count = known.sum(axis=0)
    gain = np.where(known, straight - crossed, 0.0).sum(axis=0) / np.maximum(count, 1)
    return float(np.mean(gain[count > 0] > _SWAPPED_M)) if count.any() else None
