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

"""The synthetic network fails as the real one was measured to."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.bench.person_filter import CAMERA, SCENES, figures, recorded, run
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.keypoints import keypoints_of
from frankmocap_ros.synthetic.network_errors import ErrorAmounts, NetworkErrors

DT = 1.0 / 30.0
NONE = ErrorAmounts(size=1.0, arms=1.0, slope=1.0, along_m=0.0, across_m=0.0, breath=0.0)
WRIST = KEYPOINTS.index("left_wrist")


def landmarks(amounts, times_s, motion="wave", seed=0):
    errors = NetworkErrors(amounts, seed)
    return [errors(scene(motion, t)[0], CAMERA, t) for t in times_s]


def test_without_errors_it_is_the_truth():
    (seen,) = landmarks(NONE, [1.0])
    truth = keypoints_of(scene("wave", 1.0)[0])
    inside = ~seen.beside
    assert inside.sum() >= 17
    np.testing.assert_allclose(seen.pixels[inside], CAMERA.project(truth)[inside], atol=1e-9)
    apart = np.linalg.norm(truth - truth[WRIST], axis=1)
    np.testing.assert_allclose(np.linalg.norm(seen.world - seen.world[WRIST], axis=1), apart, atol=1e-9)


def test_errors_are_those_of_the_seed():
    times_s = np.arange(5) * DT
    first, again, other = (landmarks(None, times_s, seed=seed)[-1].world for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.02


def test_errors_in_depth_correlate_over_time():
    """From 0.3 to 1 s: nearly all of it from one image to the next, little after two seconds."""
    times_s = np.arange(0.0, 24.0, DT)
    clean, wrong = landmarks(NONE, times_s), landmarks(None, times_s)
    error = np.array([w.world[WRIST, 2] - c.world[WRIST, 2] for w, c in zip(wrong, clean, strict=True)])
    error -= error.mean()

    def correlation(frames):
        return float(np.mean(error[frames:] * error[:-frames]) / np.mean(error**2))

    assert correlation(1) > 0.85
    assert correlation(60) < 0.6


def test_a_joint_beside_the_image_gets_a_pixel_inside():
    times_s = np.arange(0.0, 5.0, DT)
    seen = landmarks(None, times_s, motion="walk_out")
    beside = np.array([s.beside for s in seen])
    pixels = np.array([s.pixels for s in seen])[beside]
    assert beside.any()
    assert ((pixels >= 0.0) & (pixels < CAMERA.size_px)).all()
    visibility = np.array([s.visibility for s in seen])
    assert 0.5 < (visibility[beside] >= 0.3).mean() < 0.8  # 65 % were TRACKED on people
    assert visibility[~beside].min() > 0.8


def test_sides_are_exchanged_now_and_then():
    times_s = np.arange(0.0, 30.0, DT)
    seen = landmarks(ErrorAmounts(swaps_hz=0.5), times_s)
    share = np.mean([s.swapped for s in seen])
    assert 0.02 < share < 0.4
    left, right = KEYPOINTS.index("left_shoulder"), KEYPOINTS.index("right_shoulder")
    for s in seen:
        assert (s.pixels[left, 0] < s.pixels[right, 0]) == s.swapped


def test_amounts_are_those_measured_on_people():
    """Wrist relative to the neck: 12 to 16 cm along, 8 to 10 cm across in both directions; bones by 12 %."""
    raw = Settings(smoothing="none", bones="network")
    places = [replace(SCENES[name], seconds=12.0) for name in ("wave", "reach", "walk")]
    f = figures([run(recorded(place, seed=seed), raw) for seed in range(3) for place in places])
    assert f.along_mm == pytest.approx(140.0, abs=25.0)
    assert np.sqrt(2.0) * f.across_mm == pytest.approx(90.0, abs=15.0)
    assert 100.0 * f.bones == pytest.approx(12.0, abs=3.0)
