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

"""One person's keypoints as those of one body: depths fitted to its bones, smoothed, bones kept.

The order matters: the fit needs the image as it is, and the filter takes away what the fit leaves of the
noise; each point is smoothed by itself, so that bones would breathe again, which is mended last.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import KEYPOINTS, SIDES
from frankmocap_ros.geometry.rotation import Array, Mask, dot, normalize
from frankmocap_ros.one_euro import OneEuro, OneEuroSight
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.bone_lengths import BONES, HANGING, LIMBS, SPREAD, STEADY, BoneLengths
from frankmocap_ros.tracking.depth_fit import FITTED, NETWORK_STDDEV, DepthFitter

_HIPS: Final = np.array([KEYPOINTS.index(f"{side}_hip") for side in SIDES])
_SHOULDERS: Final = np.array([KEYPOINTS.index(f"{side}_shoulder") for side in SIDES])
_HEAD: Final = np.array([KEYPOINTS.index(name) for name in ("nose", "left_ear", "right_ear")])
# in the order of BONES: what leads to elbows and knees, then to wrists and ankles
_TO_MIDDLES: Final = np.array([0, 1, 4, 5])
_TO_ENDS: Final = np.array([2, 3, 6, 7])


@cache
def _hanging(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of so many keypoints hang on wrists and ankles, and on which."""
    hanging = np.concatenate(HANGING)
    ends = np.repeat(LIMBS[:, 2], [len(rows) for rows in HANGING])
    return hanging[hanging < count], ends[hanging < count]


class Depths(Enum):
    """Where the depths of keypoints are from."""

    NETWORK = auto()
    """Guessed by a network: bones are fitted to them."""
    LIFTED = auto()
    """They follow from bones already (``pixel_lifting.py``), which took their noise out as well."""
    CAMERA = auto()
    """Measured by a depth camera, or scaled to what it measures: none is guessed."""


@dataclass(frozen=True)
class PointFilters:
    """Parameters across the line of sight and along it."""

    across: OneEuro
    along: OneEuro


def point_filters(config: Settings) -> PointFilters | None:
    """The filters of positions that settings ask for; None for no smoothing."""
    if config.smoothing == "none":
        return None
    speed_hz = config.one_euro_derivative_cutoff_hz
    return PointFilters(
        OneEuro(config.across_min_cutoff_hz, config.across_beta, speed_hz),
        OneEuro(config.depth_min_cutoff_hz, config.depth_beta, speed_hz),
    )


class SteadyBody:
    """Memory of one person's bones and points."""

    def __init__(self) -> None:
        self.lengths = BoneLengths()
        self._fitter = DepthFitter(self.lengths)
        self.depth_stddev: Array = NETWORK_STDDEV
        """Shape (12,), of the last depths in the order of ``FITTED``, before they are smoothed [m]."""
        self._filter: OneEuroSight | None = None  # of the root, then of the points relative to it

    def update(
        self, pose: KeypointPose, known: Mask, time_s: float, config: Settings, depths: Depths
    ) -> KeypointPose:
        """The next image's keypoints.

        Args:
            pose: as estimated, in the optical frame.
            known: shape (K,), which points are used at all.
            time_s: the image's time [s].
            config: settings of this image.
            depths: where the points' depths are from.
        """
        points = pose.points
        fitted = config.bones == "fitted" and depths is Depths.NETWORK
        if fitted:
            self.lengths.learn(points, known, time_s)
            fit = self._fitter.fit(points, known, time_s)
            points, self.depth_stddev = _at_depths(points, fit.depths), fit.stddev
        else:
            self.depth_stddev = NETWORK_STDDEV
        filters = point_filters(config)
        if filters is not None and depths is Depths.LIFTED:
            filters = replace(filters, along=filters.across)
        points = self._smoothed(points, known, time_s, filters)
        if fitted:
            points = _with_lengths(points, known, self.lengths)
        return replace(pose, points=points)

    def _smoothed(self, points: Array, known: Mask, time_s: float, params: PointFilters | None) -> Array:
        """Root and the rest apart, so that noise in the body's depth does not blur the limbs."""
        if params is None:
            self._filter = None
            return points
        if self._filter is None:
            self._filter = OneEuroSight(1 + len(points), params.across, params.along)
        values = np.concatenate([points[_HIPS].mean(axis=0, keepdims=True), points])
        self._filter.params, self._filter.along = params.across, params.along
        self._filter.sight = normalize(values)
        values[1:] -= values[0]
        smooth = self._filter.filter(values, time_s, np.concatenate([[True], known]))
        return np.asarray(smooth[0] + np.where(known[:, None], smooth[1:], values[1:]))


def _at_depths(points: Array, depths: Array) -> Array:
    """Points on the same rays at the fit's depths; what hangs on them goes with them."""
    result: Array = points.copy()
    ratio = np.ones(len(points))
    ratio[FITTED] = depths / points[FITTED, 2]
    ratio[_HEAD] = ratio[_SHOULDERS].mean()
    hanging, ends = _hanging(len(points))
    ratio[hanging] = ratio[ends]
    result *= ratio[:, None]
    return result


def _with_lengths(points: Array, known: Mask, lengths: BoneLengths) -> Array:
    """Limbs whose bones have their lengths, as far as these are certain, from shoulders and hips outwards."""
    certain = np.minimum(np.maximum((SPREAD + STEADY - lengths.stddev / lengths.meters) / SPREAD, 0.0), 1.0)
    use = known[BONES].all(axis=1) & np.isfinite(certain)
    certain, meters = np.where(use, certain, 0.0), np.where(use, lengths.meters, 0.0)
    result: Array = points.copy()
    for level, bones in ((1, _TO_MIDDLES), (2, _TO_ENDS)):
        inner, outer = LIMBS[:, level - 1], LIMBS[:, level]
        bone = points[outer] - points[inner]
        wanted = meters[bones] / np.maximum(np.sqrt(dot(bone, bone)), 1e-6)
        result[outer] = result[inner] + bone * (1.0 + certain[bones] * (wanted - 1.0))[:, None]
    hanging, ends = _hanging(len(points))
    result[hanging] += result[ends] - points[ends]
    return result
