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

"""Keypoints of an estimator that gives pixels only, put into space.

Without a depth image, bones of known length seen by a calibrated camera leave open how far away the body is,
and for each bone whether it points towards the camera or away from it. Lengths follow from the person's
height, an adult's proportions and what is seen of the bones (``learned_lengths.py``), and the distance from
all of them together. The signs follow from joint ranges and from the images before (``limb_signs.py``,
``torso_lifting.py``). Where signs are open a joint lies between its hypotheses, weighted by their
probabilities, and its confidence is lower.

The idea of lengths and signs is C. Taylor's, "Reconstruction of articulated objects from point
correspondences in a single uncalibrated image" (2000).
"""

import math
from typing import Final

import numpy as np

from frankmocap_ros.body import proportions
from frankmocap_ros.body.pose import KeypointPose, PixelPose
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.geometry.rotation import Array, Mask, dot
from frankmocap_ros.tracking import learned_lengths
from frankmocap_ros.tracking.absent_tips import FEET, HANDS, with_tips
from frankmocap_ros.tracking.depth_lifting import lifted
from frankmocap_ros.tracking.depth_scale import KEPT_S, DepthView
from frankmocap_ros.tracking.learned_lengths import LearnedLengths, sine_of, weight_of
from frankmocap_ros.tracking.limb_signs import Limbs, LimbSigns
from frankmocap_ros.tracking.torso_lifting import HIPS, NOSE, SHOULDERS, Torso, TorsoLifting, put_head

_K: Final = {name: i for i, name in enumerate(KEYPOINTS)}


def _pair(part: str) -> list[int]:
    return [_K[f"left_{part}"], _K[f"right_{part}"]]


_START: Final = np.array(_pair("shoulder") + _pair("hip"))
_MIDDLE: Final = np.array(_pair("elbow") + _pair("knee"))
_END: Final = np.array(_pair("wrist") + _pair("ankle"))
_UPPER: Final = np.array([learned_lengths.UPPER_ARM] * 2 + [learned_lengths.THIGH] * 2)
_LOWER: Final = np.array([learned_lengths.FOREARM] * 2 + [learned_lengths.SHIN] * 2)
# the ends of each kind of bones, on both sides
_FROM: Final = np.array(
    [[SHOULDERS[0]] * 2, [HIPS[0]] * 2, SHOULDERS, SHOULDERS, _MIDDLE[:2], HIPS, _MIDDLE[2:]]
)
_TO: Final = np.array([[SHOULDERS[1]] * 2, [HIPS[1]] * 2, HIPS, _MIDDLE[:2], _END[:2], _MIDDLE[2:], _END[2:]])
_NEARER_FURTHER: Final = np.array([-1.0, 1.0])
_LEAST_DEPTH_M: Final = 0.1
_DEPTH_SPEED: Final = 5.0  # along the optical axis relative to the torso [m/s]
_SMOOTHED_S: Final = 0.2  # depth's time constant for steps that are small against noise
_NOISE_M: Final = 0.15
_OPEN_M: Final = 0.13  # standard deviation of the depth of a joint whose sign is open
_MOST_OPEN_M: Final = 0.5
_PREDICTED: Final = (0.55, 0.75)  # its confidence, in shares of the least of a TRACKED one
_GAP_S: Final = 0.5  # after a longer pause nothing that was known of the posture counts


class PixelLifting:
    """Puts one person's keypoints into space; remembers lengths, distance and signs.

    Attributes:
        open_m: shape (12,), standard deviations of the last depths by the signs that are open, in the order
            of ``depth_fit.FITTED`` [m]; None where a depth image measured them.
    """

    def __init__(self) -> None:
        self._lengths = LearnedLengths()
        self._torso = TorsoLifting()
        self._signs = LimbSigns()
        self._last_s = self._depth_s = -math.inf
        self.open_m: Array | None = None
        self._offsets: Array | None = None  # of the keypoints' depths from the torso's [m]
        self._further = np.ones((learned_lengths.KINDS, 2))  # how many times as far as the torso bones are

    def lifted(self, pose: PixelPose, view: DepthView, assumed_height_m: float) -> KeypointPose | None:
        """Where the keypoints are, in the optical frame; None where the torso is not seen.

        A depth image measures it. Without one it follows from lengths, as long as no depth was there for
        ``KEPT_S``: nobody is moved because a single depth image is missing.

        Args:
            pose: the pixels.
            view: what there is to measure with.
            assumed_height_m: the person's height; 0 for an adult's [m].
        """
        height_m = assumed_height_m or proportions.ADULT_HEIGHT_M
        self.open_m = None
        if view.depth is not None:
            found = lifted(pose, view.depth, view.camera, view.least)
            if found is None:
                return None
            self._learn(found, view, height_m)
            return with_tips(found, height_m)
        if 0.0 <= view.time_s - self._depth_s <= KEPT_S:
            return None
        seen = _seen(pose, view)
        if not seen[_START].all():
            return None
        return with_tips(self._without_depth(pose, seen, view, height_m), height_m)

    def _learn(self, found: KeypointPose, view: DepthView, height_m: float) -> None:
        """Learn lengths in meters while depth is known."""
        elapsed_s, self._depth_s = view.time_s - self._depth_s, view.time_s
        self._last_s = -math.inf
        rays = found.points / found.points[:, 2:]
        apparent, known = _apparent(rays, found.confidence >= view.least)
        away = 0.5 * (found.points[_FROM, 2] + found.points[_TO, 2])
        share = apparent * away / self._lengths.lengths(height_m)[:, None]
        self._lengths.observe(share, weight_of(known, elapsed_s), measured=True)

    def _without_depth(self, pose: PixelPose, seen: Mask, view: DepthView, height_m: float) -> KeypointPose:
        elapsed_s, self._last_s = view.time_s - self._last_s, view.time_s
        if not 0.0 <= elapsed_s <= _GAP_S:
            self._signs, self._offsets, elapsed_s = LimbSigns(), None, _GAP_S
        rays = np.ones((len(KEYPOINTS), 3))
        rays[:, :2] = view.camera.rays(pose.pixels)
        _stand_in(rays, seen)
        apparent, known = _apparent(rays, seen)
        depth_m = self._lengths.depth(apparent * self._further, known, elapsed_s, height_m)
        lengths = self._lengths.lengths(height_m)
        torso = self._torso.update(rays, bool(seen[NOSE]), depth_m, lengths, elapsed_s)
        limbs = _limbs(rays, torso, lengths, height_m)
        z, open_m = _depths(limbs, self._signs.update(limbs, elapsed_s))
        points = rays.copy()
        points[_START] = torso.points
        points[_MIDDLE, 2], points[_END, 2] = z
        put_head(points, rays, torso, height_m)
        self._follow(points, seen, depth_m, elapsed_s)
        points[:, :2] = rays[:, :2] * points[:, 2:]
        self._further = 0.5 * (points[_FROM, 2] + points[_TO, 2]) / depth_m
        self._further[: learned_lengths.TORSO + 1] = 1.0
        share = apparent * self._further * depth_m / lengths[:, None]
        self._lengths.observe(share, weight_of(known, elapsed_s))
        open_m[1, ~seen[_MIDDLE]] = np.inf  # an end whose middle is not seen may be anywhere as well
        self.open_m = np.minimum(np.concatenate([np.zeros(4), *_by_part(open_m)]), _MOST_OPEN_M)
        return KeypointPose(points, _sure(pose.confidence, torso, open_m, view.least))

    def _follow(self, points: Array, seen: Mask, depth_m: float, elapsed_s: float) -> None:
        """Take noise out of depths relative to the torso, and limit how fast they change.

        Noise of pixels is many times as large along the optical axis, above all in bones that are nearly
        parallel to the image. A step that is small against that noise is followed slowly.
        """
        offsets = points[:, 2] - depth_m
        if self._offsets is not None:
            elapsed_s = max(elapsed_s, 1e-3)
            step = offsets - self._offsets
            slow = elapsed_s / (elapsed_s + _SMOOTHED_S)
            step *= slow + (1.0 - slow) * np.minimum(np.abs(step) / _NOISE_M, 1.0)
            most = _DEPTH_SPEED * elapsed_s
            step = self._offsets + np.clip(step, -most, most)
            offsets = np.where(np.isfinite(step), step, offsets)
        self._offsets = np.where(seen, offsets, np.nan)  # who comes back may be anywhere
        points[:, 2] = np.maximum(depth_m + offsets, _LEAST_DEPTH_M)
        points[HANDS, 2] = points[_END[:2], 2]
        points[FEET, 2] = points[_END[2:], 2]


def _seen(pose: PixelPose, view: DepthView) -> Mask:
    """Which keypoints are known and inside the image."""
    inside = ((pose.pixels >= 0.0) & (pose.pixels < view.camera.size_px)).all(axis=1)
    return np.asarray(inside & (pose.confidence > 0.0) & (pose.confidence >= 0.5 * view.least))


def _stand_in(rays: Array, seen: Mask) -> None:
    """Put rays (K, 3) of middles and ends that are not seen where they say nothing of what is seen."""
    start, middle, end = rays[_START], rays[_MIDDLE], rays[_END]
    middle_seen, end_seen = seen[_MIDDLE, None], seen[_END, None]
    rays[_END] = end = np.where(end_seen, end, np.where(middle_seen, middle, start))
    rays[_MIDDLE] = np.where(middle_seen, middle, 0.5 * (start + end))


def _apparent(rays: Array, seen: Mask) -> tuple[Array, Mask]:
    """Lengths in the plane z = 1 m of the 7 kinds of bones on both sides, (7, 2), and which are seen."""
    across = rays[_FROM, :2] - rays[_TO, :2]
    known = seen[_FROM] & seen[_TO]
    across[learned_lengths.TORSO] = across[learned_lengths.TORSO].mean(axis=0)
    known[: learned_lengths.TORSO + 1, 1] = False  # there is one of each
    return np.sqrt(dot(across, across)), known


def _limbs(rays: Array, torso: Torso, lengths: Array, height_m: float) -> Limbs:
    """All hypotheses of arms and legs."""
    start = torso.points
    z = _chord(rays[_MIDDLE], start[:, None], lengths[_UPPER])
    middle = rays[_MIDDLE][:, None] * z[:, 0, :, None]
    z = _chord(rays[_END], middle, lengths[_LOWER])
    end = rays[_END][:, None, None] * z[..., None]
    return Limbs(start, middle, end, torso.axes, height_m)


def _chord(rays: Array, start: Array, lengths: Array) -> Array:
    """Depths at which rays (4, 3) are a bone's length away from where the bone starts.

    Args:
        rays: shape (4, 3), with z = 1.
        start: shape (4, H, 3) [m].
        lengths: shape (4,) [m].

    Returns:
        shape (4, H, 2), nearer and further [m].
    """
    square = dot(rays, rays)[:, None]
    closest = dot(start, rays[:, None]) / square
    beside = start - closest[..., None] * rays[:, None]
    share = np.sqrt(dot(beside, beside)) / lengths[:, None]
    half = sine_of(learned_lengths.UPPER_ARM, share) * (lengths[:, None] / np.sqrt(square))
    return np.asarray(closest[..., None] + half[..., None] * _NEARER_FURTHER)


def _depths(limbs: Limbs, probability: Array) -> tuple[Array, Array]:
    """Mean depth of middles and ends, (2, 4) [m], and its standard deviation (2, 4) [m]."""
    z = np.stack([np.repeat(limbs.middle[..., 2], 2, axis=1), limbs.end[..., 2].reshape(4, 4)])
    weight = probability.reshape(4, 4)
    mean = (z * weight).sum(axis=2)
    return mean, np.sqrt((weight * (z - mean[..., None]) ** 2).sum(axis=2))


def _by_part(limbs: Array) -> list[Array]:
    """Values of middles and ends (2, 4) as those of elbows, wrists, knees and ankles, left and right each."""
    return [limbs[0, :2], limbs[1, :2], limbs[0, 2:], limbs[1, 2:]]


def _sure(confidence: Array, torso: Torso, open_m: Array, least: float) -> Array:
    """Confidence, lower where the depth is less certain; that of a PREDICTED joint where its sign is open."""
    off = np.zeros(len(confidence))
    off[SHOULDERS] = torso.open_m
    off[_MIDDLE], off[_END] = open_m
    off[HANDS], off[FEET] = off[_END[:2]], off[_END[2:]]
    sure = confidence / (1.0 + (off / (2.0 * _OPEN_M)) ** 2)
    low, high = (share * least for share in _PREDICTED)
    sure = np.where(off > _OPEN_M, np.minimum(sure, high), sure)
    return np.maximum(sure, np.minimum(confidence, low))
