"""Keypoints of an estimator that gives pixels only, put into space without a depth image.

Bones of known length seen by a calibrated camera leave open how far away the body is, and for each bone
whether it points towards the camera or away from it. Lengths follow from the person's height, an adult's
proportions and what is seen of the bones (``learned_lengths.py``), and the distance from all of them
together. The signs follow from joint ranges and from the images before (``limb_signs.py``,
``torso_lifting.py``). Where signs are open a joint lies between its hypotheses, weighted by their
probabilities, and its confidence is lower.

The idea of lengths and signs is C. Taylor's, "Reconstruction of articulated objects from point correspondences in
a single uncalibrated image" (2000).
"""

from typing import Final

import numpy as np

from frankmocap_ros.body import proportions
from frankmocap_ros.body.pose import KeypointPose, PixelPose
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, Mask, dot
from frankmocap_ros.tracking.learned_lengths import LearnedLengths, sine_of, weight_of
from frankmocap_ros.tracking import learned_lengths
from frankmocap_ros.tracking.limb_signs import Limbs, LimbSigns
from frankmocap_ros.tracking.torso_lifting import EARS, HIPS, NOSE, SHOULDERS, Torso, TorsoLifting

_K: Final = {name: i for i, name in enumerate(KEYPOINTS)}


def _pair(part: str) -> list[int]:
    return [_K[f"left_{part}"], _K[f"right_{part}"]]


_START: Final = np.array(_pair("shoulder") + _pair("hip"))
_MIDDLE: Final = np.array(_pair("elbow") + _pair("knee"))
_END: Final = np.array(_pair("wrist") + _pair("ankle"))
_TIPS: Final = np.array([_pair("index1"), _pair("pinky1"), _pair("foot")])  # after wrist, wrist, ankle
_UPPER: Final = np.array([learned_lengths.UPPER_ARM] * 2 + [learned_lengths.THIGH] * 2)
_LOWER: Final = np.array([learned_lengths.FOREARM] * 2 + [learned_lengths.SHIN] * 2)
_DEPTH_SPEED: Final = 5.0  # along the optical axis relative to the torso [m/s]
_OPEN_M: Final = 0.08  # standard deviation of the depth of a joint whose sign is open
_PREDICTED: Final = 0.75  # of the least confidence of a TRACKED joint
_MOST_ELAPSED_S: Final = 0.5


class PixelLifting:
    """Puts one person's keypoints into space; remembers lengths, distance and signs."""

    def __init__(self) -> None:
        self._lengths = LearnedLengths()
        self._torso = TorsoLifting()
        self._signs = LimbSigns()
        self._last_s: float | None = None
        self._offsets: Array | None = None
        self._further = np.ones((7, 2))  # bones than the torso

    def lifted(
        self, pose: PixelPose, camera: Camera, time_s: float, height_m: float, least: float
    ) -> KeypointPose | None:
        """Where the keypoints are, in the optical frame; None where the torso is not seen.

        Args:
            pose: the pixels.
            camera: camera of the pixels.
            time_s: the image's time [s].
            height_m: the person's height; 0 for an adult's [m].
            least: confidence of a TRACKED joint.
        """
        height_m = height_m or proportions.ADULT_HEIGHT_M
        confidence = pose.confidence
        seen = confidence >= max(0.5 * least, 1e-6)
        if not seen[_START].all():
            return None
        elapsed_s = _MOST_ELAPSED_S if self._last_s is None else min(time_s - self._last_s, _MOST_ELAPSED_S)
        self._last_s = time_s
        rays = np.ones((len(KEYPOINTS), 3))
        rays[:, :2] = camera.rays(pose.pixels)
        apparent, known = _apparent(rays, seen)
        depth_m = self._lengths.depth(apparent * self._further, known, elapsed_s, height_m)
        lengths = self._lengths.lengths(height_m)
        torso = self._torso.update(rays, seen, depth_m, lengths, elapsed_s)
        limbs = _limbs(rays, torso, lengths, height_m)
        probability = self._signs.update(limbs, elapsed_s)
        z, open_m = _depths(limbs, probability)
        points = rays.copy()
        points[_START] = torso.points
        points[_MIDDLE, 2], points[_END, 2] = z
        _put_head(points, rays, torso, height_m)
        self._follow(points, depth_m, elapsed_s)
        self._further = 0.5 * (points[_FROM, 2] + points[_TO, 2]) / depth_m
        self._further[: learned_lengths.TORSO + 1] = 1.0
        share = apparent * self._further * depth_m / lengths[:, None]
        self._lengths.observe(share, weight_of(known, elapsed_s))
        points[:, :2] = rays[:, :2] * points[:, 2:]
        return KeypointPose(points, _sure(confidence, torso, open_m, least))

    def _follow(self, points: Array, depth_m: float, elapsed_s: float) -> None:
        """Limit how fast points move along the optical axis, and let hands and feet go on as their limbs do."""
        offsets = points[:, 2] - depth_m
        if self._offsets is not None:
            most = _DEPTH_SPEED * max(elapsed_s, 1e-3)
            offsets = self._offsets + np.clip(offsets - self._offsets, -most, most)
        self._offsets = offsets
        points[:, 2] = np.maximum(depth_m + offsets, 0.1)
        lower = points[_END, 2] - points[_MIDDLE, 2]
        points[_TIPS[:2], 2] = points[_END[:2], 2] + lower[:2] * (proportions.PALM / proportions.FOREARM)
        points[_TIPS[2], 2] = points[_END[2:], 2] 


def _apparent(rays: Array, seen: Mask) -> tuple[Array, Mask]:
    """Lengths in the plane z = 1 m of the 7 kinds of bones on both sides, (7, 2), and which are seen."""
    across = rays[_FROM, :2] - rays[_TO, :2]
    known = seen[_FROM] & seen[_TO]
    across[learned_lengths.TORSO] = across[learned_lengths.TORSO].mean(axis=0)
    known[: learned_lengths.TORSO + 1, 1] = False  # there is one of each
    return np.sqrt(dot(across, across)), known


_FROM: Final = np.array([[SHOULDERS[0]] * 2, [HIPS[0]] * 2, SHOULDERS, SHOULDERS, _MIDDLE[:2], HIPS, _MIDDLE[2:]])
_TO: Final = np.array([[SHOULDERS[1]] * 2, [HIPS[1]] * 2, HIPS, _MIDDLE[:2], _END[:2], _MIDDLE[2:], _END[2:]])


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
    return closest[..., None] + half[..., None] * _NEARER_FURTHER


_NEARER_FURTHER: Final = np.array([-1.0, 1.0])


def _depths(limbs: Limbs, probability: Array) -> tuple[Array, Array]:
    """Mean depth of middles and ends, (2, 4) [m], and its standard deviation (2, 4) [m]."""
    z = np.stack([np.repeat(limbs.middle[..., 2], 2, axis=1), limbs.end[..., 2].reshape(4, 4)])
    weight = probability.reshape(4, 4)
    mean = (z * weight).sum(axis=2)
    return mean, np.sqrt((weight * (z - mean[..., None]) ** 2).sum(axis=2))


def _put_head(points: Array, rays: Array, torso: Torso, height_m: float) -> None:
    """Depths of ears and nose: the nose is before the ears, on the side on which it is seen."""
    top = torso.points[:2].mean(axis=0)
    at_z = top[2] + 0.03 * height_m * torso.axes[2, 2]
    ears = rays[EARS] * at_z
    nose = rays[NOSE] * at_z - ears.mean(axis=0)
    ahead_m = proportions.NOSE * height_m
    facing = np.copysign(1.0, ears[0, 0] - ears[1, 0])
    away = np.clip(nose[0] / ahead_m, -1.0, 1.0)
    points[EARS, 2] = at_z + np.array([0.5, -0.5]) * proportions.EARS * height_m * away
    points[NOSE, 2] = at_z - facing * ahead_m * np.sqrt(max(1.0 - away * away, 0.0))


def _sure(confidence: Array, torso: Torso, open_m: Array, least: float) -> Array:
    """Confidence, lower where the depth is less certain; that of a PREDICTED joint where its sign is open."""
    off = np.zeros(len(confidence))
    off[SHOULDERS] = torso.open_m
    off[_MIDDLE], off[_END] = open_m
    off[_TIPS[:2]] = off[_END[:2]]
    off[_TIPS[2]] = off[_END[2:]]
    sure = confidence / (1.0 + (off / (2.0 * _OPEN_M)) ** 2)
    is_open = (off > _OPEN_M) & (confidence > 0.0)
    return np.where(is_open, np.minimum(sure, _PREDICTED * least), sure)
