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

"""The operator's size: what tells it, what it takes, and how it comes into force."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.kinematics import skeleton_of, solve
from frankmocap_ros.body.pose import KeypointPose, ScaleSource
from frankmocap_ros.body.skeleton import BODY, KEYPOINTS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.tracking.person_size import RAMP_S
from frankmocap_ros.tracking.pipeline import Pipeline
from frankmocap_ros.tracking.size_calibration import TIMEOUT_S, SizeCalibration, SizeSample
from support.probe import FIGURE, Person, Probe

DT = 1 / 30
FOREARM_M = 0.25  # of the probe's figure
HANDS_UP = FIGURE.copy()
for _side, _sign in (("right", -1.0), ("left", 1.0)):
    for _part, _height in (("elbow", -0.2), ("wrist", -0.45)):
        HANDS_UP[KEYPOINTS.index(f"{_side}_{_part}")] = (_sign * 0.2, _height, 0.0)
POINTING = HANDS_UP.copy()
for _side in ("right", "left"):
    _elbow = POINTING[KEYPOINTS.index(f"{_side}_elbow")]
    POINTING[KEYPOINTS.index(f"{_side}_wrist")] = _elbow + np.array((0.0, -0.05, -0.24))


def measured(points=HANDS_UP, by_depth=None, body_id=1, **lowered):
    confidence = np.array([lowered.get(name, 0.9) for name in KEYPOINTS])
    pose = KeypointPose(points + np.array((0.0, -0.1, 3.0)), confidence)
    return SizeSample(body_id, solve(pose), skeleton_of(pose), by_depth)


def outcome(frames, config=None, **settings):
    """What comes of frames 1/30 s apart, and when [s]."""
    config = config or Settings(**settings)
    calibration = SizeCalibration()
    for n, one in enumerate(itertools.islice(frames, 1000)):
        found = calibration.observe(one, 100.0 + n * DT, config)
        if found is not None:
            return found, n * DT
    raise AssertionError("no outcome")


def test_a_known_forearm_tells_the_size():
    found, took_s = outcome(itertools.repeat(measured()), forearm_length_m=0.28)
    assert found.success and found.id == 1 and not found.by_depth
    assert found.size == pytest.approx(0.28 / FOREARM_M)
    assert took_s == pytest.approx(1.0, abs=2 * DT)
    assert "1.12 times" in found.message and "forearm_length_m, 0.28" in found.message


def test_the_forearm_that_is_seen_is_enough():
    found, _ = outcome(itertools.repeat(measured(left_elbow=0.1)), forearm_length_m=0.28)
    assert found.size == pytest.approx(1.12)


def test_depth_comes_before_the_forearm_before_the_height():
    given = {"forearm_length_m": 0.28, "assumed_height_m": 1.9}
    found, _ = outcome(itertools.repeat(measured(by_depth=1.2)), **given)
    assert (found.size, found.by_depth) == (pytest.approx(1.2), True)
    found, _ = outcome(itertools.repeat(measured()), **given)
    assert found.size == pytest.approx(1.12)
    low, _ = outcome(itertools.repeat(measured()), assumed_height_m=1.6)
    high, _ = outcome(itertools.repeat(measured()), assumed_height_m=1.8)
    assert high.size / low.size == pytest.approx(1.8 / 1.6)


def test_with_nothing_known_it_says_so_at_once_and_what_that_costs():
    found, took_s = outcome(itertools.repeat(measured()))
    assert not found.success and took_s < 1.5
    for word in ("forearm_length_m", "assumed_height_m", "depth", "too small"):
        assert word in found.message


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (None, "no operator in view"),
        (measured(POINTING), "the forearms point towards the camera"),
        (measured(left_wrist=0.1, right_elbow=0.1), "no forearm is seen"),
    ],
    ids=["nobody", "pointing", "unseen"],
)
def test_what_is_missing_is_told_with_the_posture(frame, why):
    found, took_s = outcome(itertools.repeat(frame), forearm_length_m=0.28)
    assert not found.success and took_s == pytest.approx(TIMEOUT_S, abs=2 * DT)
    assert why in found.message and "forearms raised" in found.message and "~/calibrate" in found.message


def test_an_arm_towards_the_camera_tells_no_height():
    found, _ = outcome(itertools.repeat(measured(POINTING)), assumed_height_m=1.8)
    assert not found.success and "an arm points towards the camera" in found.message


def test_it_takes_a_whole_second_of_the_same_person():
    frames = [measured()] * 25 + [None] + [measured()] * 25 + [measured(body_id=2)] * 100
    found, took_s = outcome(frames, forearm_length_m=0.28)
    assert found.id == 2
    assert took_s == pytest.approx((len(frames) - 100) * DT + 1.0, abs=3 * DT)


def test_sizes_that_vary_are_not_taken():
    rng = np.random.default_rng(1)
    frames = (measured(by_depth=float(rng.uniform(0.8, 1.2))) for _ in itertools.count())
    found, _ = outcome(frames)
    assert not found.success and "varied from" in found.message


def test_nobody_is_thrice_as_large():
    found, _ = outcome(itertools.repeat(measured()), forearm_length_m=0.1)
    assert not found.success and "0.40 times" in found.message and "0.5 to 2" in found.message


@pytest.mark.parametrize("length", [0.05, 0.6, -0.1])
def test_lengths_that_no_forearm_has_are_refused(length):
    with pytest.raises(SettingError, match="forearm_length_m"):
        updated(Settings(), {"forearm_length_m": length})


# -- in force


class Run:
    """A pipeline that sees the probe's person 30 times a second."""

    def __init__(self, **settings):
        self.probe = Probe()
        self.probe.people = [Person(points=lambda _: HANDS_UP + Person.position)]
        self.pipeline = Pipeline(
            self.probe, Settings(smoothing="none", bones="network", **settings), lambda: 0.0
        )
        self.time_s = 10.0
        self.outcomes = []

    def __call__(self, seconds=DT):
        for _ in range(max(1, round(seconds / DT))):
            self.time_s += DT
            frame = self.pipeline.process(CameraImage(Bitmap(np.zeros((240, 320, 3), np.uint8)), self.time_s))
            yield frame.bodies[0] if frame.bodies else None

    def calibrate(self):
        self.pipeline.calibrate(self.outcomes.append)


def upper_arm(body):
    rows = [BODY.index[f"left_{part}"] for part in ("shoulder", "elbow")]
    return float(np.linalg.norm(np.diff(body.positions[rows], axis=0)))


def test_a_size_comes_into_force_little_by_little_and_is_kept():
    run = Run(forearm_length_m=0.3)
    before = list(run(1.0))
    assert before[-1].scale_source == ScaleSource.ASSUMED_HEIGHT
    run.calibrate()
    while not run.outcomes:
        before += run()
    (found,) = run.outcomes
    assert found.success and found.size == pytest.approx(1.2)
    sizes = np.array([upper_arm(body) for body in before]) / upper_arm(before[0])
    assert sizes[-1] == pytest.approx(1.2, abs=1e-6), "it is in force when the answer comes"
    assert np.abs(np.diff(sizes)).max() < 1.5 * 0.2 * DT / RAMP_S, "nobody leaps"
    after = list(run(3.0))
    assert {body.scale_source for body in after} == {ScaleSource.CALIBRATED}
    assert [upper_arm(body) / upper_arm(before[0]) for body in after] == pytest.approx([1.2] * len(after))
    wrist = BODY.index["left_wrist"]
    np.testing.assert_allclose(after[-1].pixels[wrist], before[0].pixels[wrist], atol=1e-6)


def test_it_is_this_persons_and_nobody_elses():
    run = Run(forearm_length_m=0.3)
    run.calibrate()
    while not run.outcomes:
        list(run())
    (body,) = run()
    run.pipeline.reset()
    (other,) = run()
    assert other.id != body.id and other.scale_source == ScaleSource.ASSUMED_HEIGHT
    assert upper_arm(body) / upper_arm(other) == pytest.approx(1.2)


def test_calibrating_again_goes_on_from_the_size_in_force():
    run = Run(forearm_length_m=0.3)
    list(run(0.5))
    sizes = []
    for length in (0.3, 0.26):
        run.pipeline.config = replace(run.pipeline.config, forearm_length_m=length)
        run.calibrate()
        asked = len(run.outcomes)
        while len(run.outcomes) == asked:
            sizes += [upper_arm(body) for body in run()]
    assert sizes[-1] / sizes[0] == pytest.approx(1.04)
    assert np.abs(np.diff(sizes)).max() / sizes[0] < 1.5 * 0.2 * DT / RAMP_S


def test_an_assumed_height_gives_way_to_the_calibrated_size():
    run = Run(forearm_length_m=0.25, assumed_height_m=1.9)
    before = list(run(0.5))
    run.calibrate()
    while not run.outcomes:
        before += run()
    assert upper_arm(before[-1]) == pytest.approx(np.linalg.norm((0.02, 0.3, 0.0)))
