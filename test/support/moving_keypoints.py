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

"""Keypoints of the synthetic figure with known truth, and the faults that a landmark network adds to them."""

import functools
from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import KEYPOINTS, mirrored
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.keypoints import keypoints_of

K = {name: i for i, name in enumerate(KEYPOINTS)}

_CHAINS = (
    ("shoulder", 0.4, ""), ("elbow", 0.6, "shoulder"), ("wrist", 0.7, "elbow"), ("index1", 0.2, "wrist"),
    ("pinky1", 0.2, "wrist"), ("hip", 0.3, ""), ("knee", 0.5, "hip"), ("ankle", 0.5, "knee"),
    ("foot", 0.3, "ankle"),
)  # fmt: skip
_DEPTH_ERRORS = tuple(
    (f"{side}_{name}", share, before and f"{side}_{before}")
    for side in ("left", "right")
    for name, share, before in _CHAINS
)


@dataclass(frozen=True)
class Clip:
    """Keypoints of one person over time.

    Attributes:
        times_s: shape (T,) [s].
        points: shape (T, 21, 3), in the optical frame [m].
        confidence: shape (T, 21).
    """

    times_s: np.ndarray
    points: np.ndarray
    confidence: np.ndarray

    def poses(self):
        """Pairs of time and ``KeypointPose``."""
        for t, points, confidence in zip(self.times_s, self.points, self.confidence, strict=True):
            yield float(t), KeypointPose(points.copy(), confidence.copy())


@functools.cache
def clip(motion, seconds=8.0, fps=30.0, person=0):
    """The truth: the keypoints of somebody in a scene."""
    times = np.arange(round(seconds * fps)) / fps
    points = np.array([keypoints_of(scene(motion, t)[person]) for t in times])
    confidence = np.full(points.shape[:2], 0.95)
    for kept in (times, points, confidence):
        kept.flags.writeable = False
    return Clip(times, points, confidence)


def with_noise(truth, seed=0, depth_m=0.05, across_m=0.006, lasting_s=0.3):
    """Errors of depth that last (first order) and grow along a limb, and white ones across.

    A joint's error is that of the joint before it and one of its own, as the network's errors are: a hand
    goes where its forearm goes.
    """
    rng = np.random.default_rng(seed)
    dt = truth.times_s[1] - truth.times_s[0]
    keep = np.exp(-dt / lasting_s)
    own = np.zeros_like(truth.points[..., 2])
    state = rng.normal(0.0, 1.0, own.shape[1])
    for i in range(len(own)):
        state = keep * state + np.sqrt(1.0 - keep**2) * rng.normal(0.0, 1.0, own.shape[1])
        own[i] = state
    error = rng.normal(0.0, across_m, truth.points.shape)
    for name, share, before in _DEPTH_ERRORS:
        error[:, K[name], 2] += depth_m * share * own[:, K[name]]
        if before:
            error[:, K[name], 2] += error[:, K[before], 2]
    return replace(truth, points=truth.points + error)


def inside(points, camera):
    """Whether points project into the image."""
    pixels = camera.project(points)
    return ((pixels >= 0.0) & (pixels < camera.size_px)).all(axis=-1)


def with_pixels_invented(truth, camera, seed=0):
    """What truly lies beside the image moved a little inside, with a confidence around that of TRACKED.

    Returns:
        the clip, and where keypoints were moved (T, 21).
    """
    rng = np.random.default_rng(seed)
    beside = ~inside(truth.points, camera)
    size = np.array(camera.size_px)
    border = size * rng.uniform(0.005, 0.03, (*beside.shape, 2))
    pixels = np.clip(camera.project(truth.points), border, size - border)
    rays = np.concatenate([camera.rays(pixels), np.ones((*beside.shape, 1))], axis=-1)
    moved = rays * truth.points[..., 2:]
    unsure = np.clip(0.36 + rng.normal(0.0, 0.15, beside.shape), 0.0, 1.0)
    points = np.where(beside[..., None], moved, truth.points)
    return replace(truth, points=points, confidence=np.where(beside, unsure, truth.confidence)), beside


def with_sides_exchanged(truth, rows, start, count):
    """Left and right exchanged for ``count`` images, for the keypoints of ``rows`` (21,)."""
    mirror = np.where(rows, [K[mirrored(name)] for name in KEYPOINTS], np.arange(len(KEYPOINTS)))
    points, confidence = truth.points.copy(), truth.confidence.copy()
    during = slice(start, start + count)
    points[during], confidence[during] = points[during, mirror], confidence[during, mirror]
    return replace(truth, points=points, confidence=confidence)
