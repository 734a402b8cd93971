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

"""How far away the hips are, from pixels, depths around the hips, and the bones' usual lengths."""

from itertools import pairwise

import numpy as np
import pytest

from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.estimators.rtmpose.positions import _ENDS, _LENGTHS, hip_distance_m, positions
from frankmocap_ros.geometry.camera_model import Camera

CAMERA = Camera.from_fov(1280, 720, 60.0)
K = {name: i for i, name in enumerate(KEYPOINTS)}


def of_usual_lengths(posture, seed, at):
    """A posture with an adult's bones, with the middle of the hips at a point."""
    points = posture(seed).points.copy()
    moved = points.copy()
    lengths = {tuple(ends): length for ends, length in zip(_ENDS.tolist(), _LENGTHS, strict=True)}
    for side in ("left", "right"):
        for chain in (("hip", "shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")):
            for a, b in pairwise(K[f"{side}_{part}"] for part in chain):
                step = points[b] - points[a]
                moved[b] = moved[a] + step / np.linalg.norm(step) * lengths[a, b]
    return moved + np.array(at) - 0.5 * (moved[K["left_hip"]] + moved[K["right_hip"]])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("at", [(0.0, 0.0, 2.0), (0.6, -0.2, 4.0), (-2.0, 0.5, 8.0)])
def test_positions_are_those_of_the_person(posture, seed, at):
    points = of_usual_lengths(posture, seed, at)
    pixels, depth_m = CAMERA.project(points), points[:, 2] - at[2]
    found = positions(pixels, depth_m, np.ones(21), CAMERA)
    np.testing.assert_allclose(found, points, atol=1e-6)
    # with pixels and depths as a network's bins give them, only the distance of the whole body is uncertain
    rng = np.random.default_rng(seed)
    noisy = positions(
        pixels + rng.normal(0.0, 1.0, (21, 2)), depth_m + rng.normal(0.0, 0.02, 21), np.ones(21), CAMERA
    )
    assert abs(noisy[K["left_hip"], 2] / points[K["left_hip"], 2] - 1.0) < 0.08


def test_keypoints_that_are_not_seen_do_not_count(posture):
    points = of_usual_lengths(posture, 3, (0.0, 0.0, 3.0))
    pixels, depth_m = CAMERA.project(points), points[:, 2] - 3.0
    confidence = np.ones(21)
    for name in ("left_wrist", "right_knee", "right_ankle", "left_shoulder"):
        pixels[K[name]], depth_m[K[name]], confidence[K[name]] = (5.0, 700.0), 1.5, 0.0
    rays = np.c_[CAMERA.rays(pixels), np.ones(21)]
    assert hip_distance_m(rays, depth_m, confidence) == pytest.approx(3.0, abs=1e-6)


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_whatever_is_seen_gives_finite_positions_before_the_camera(confidence):
    rng = np.random.default_rng(2)
    for pixels in (np.zeros((21, 2)), rng.uniform(-500.0, 2000.0, (21, 2)), np.full((21, 2), 640.0)):
        for depth_m in (np.zeros(21), rng.uniform(-2.2, 2.2, 21)):
            found = positions(pixels, depth_m, np.full(21, confidence), CAMERA)
            assert np.isfinite(found).all()
            assert (found[:, 2] > 0.0).all()
