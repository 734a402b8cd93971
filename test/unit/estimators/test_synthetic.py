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

"""The synthetic estimator: it gives the truth of the figure at the image's time."""

import numpy as np
import pytest

from frankmocap_ros.body.kinematics import skeleton_of, solve
from frankmocap_ros.body.pose import JointState, ModelPose, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.estimators.synthetic import SyntheticEstimator
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import quat_conjugate, quat_multiply, quat_to_rotvec
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage, ScaledImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.sources.synthetic import SyntheticSource
from frankmocap_ros.synthetic.human import MOTIONS, PERIOD_S, hand_opening, palm_turn, scene
from frankmocap_ros.tracking.pipeline import Pipeline

CAMERA = Camera.from_fov(640, 480, 60.0)
BLANK = np.zeros((480, 640, 3), np.uint8)
NOW_S = 1.8e9  # a wall clock's time


def image_at(time_s, camera=CAMERA, calibrated=False, pixels=BLANK):
    return ScaledImage(Bitmap(pixels), camera, calibrated, time_s)


def inside(pixels, camera=CAMERA):
    return ((pixels >= 0.0) & (pixels < (camera.width, camera.height))).all(axis=1)


@pytest.mark.parametrize("hands", [False, True])
@pytest.mark.parametrize("motion", MOTIONS)
def test_gives_the_truth(motion, hands):
    estimator = SyntheticEstimator(motion, hands)
    assert estimator.capabilities.hands is hands
    skeleton = BODY_WITH_HANDS if hands else BODY
    for t in (*np.linspace(0.0, PERIOD_S[motion], 11), NOW_S + 0.123):
        seen = [p for p in scene(motion, t) if inside(CAMERA.project(p.positions[: len(skeleton)])).any()]
        found = estimator.estimate(image_at(t), [])
        assert len(found) == len(seen)
        for truth, one in zip(seen, found, strict=True):
            assert isinstance(one.pose, ModelPose)
            assert skeleton_of(one.pose) is skeleton
            posed = solve(one.pose)
            n = len(skeleton)
            assert posed.positions == pytest.approx(truth.positions[:n], abs=1e-9)
            dots = np.sum(posed.orientations_xyzw * truth.orientations_xyzw[:n], axis=1)
            assert np.abs(dots) == pytest.approx(1.0, abs=1e-9)
            assert np.array_equal(posed.local_rotations_xyzw, truth.local_rotations_xyzw[:n])
            assert one.score == 1.0


def test_joints_outside_the_image_have_no_confidence_and_the_box_is_of_those_inside():
    estimator = SyntheticEstimator("walk_out")
    partly = 0
    for t in np.arange(0.0, PERIOD_S["walk_out"], 0.02):
        for one in estimator.estimate(image_at(t), []):
            pixels = CAMERA.project(solve(one.pose).positions)
            in_view = inside(pixels)
            assert np.array_equal(one.pose.confidence, in_view.astype(float))
            low, high = one.box_xywh[:2], one.box_xywh[:2] + one.box_xywh[2:]
            assert (low >= 0.0).all()
            assert (high <= (640.0, 480.0)).all()
            assert low == pytest.approx(pixels[in_view].min(axis=0))
            assert high == pytest.approx(pixels[in_view].max(axis=0))
            partly += not in_view.all()
    assert partly > 3


def test_walks_out_of_the_image_and_comes_back():
    estimator = SyntheticEstimator("walk_out")
    counts = [len(estimator.estimate(image_at(t), [])) for t in np.arange(0.0, PERIOD_S["walk_out"], 0.05)]
    assert counts[0] == counts[-1] == 1
    assert np.count_nonzero(np.diff(counts)) == 2
    assert counts.count(0) > 40


def test_a_smaller_image_sees_less():
    tele = Camera.from_fov(640, 480, 20.0)
    (one,) = SyntheticEstimator("wave").estimate(image_at(0.0, tele), [])
    assert 0.0 < one.pose.confidence.mean() < 1.0
    behind = Camera(CAMERA.fx, CAMERA.fy, -1e5, 240.0, 640, 480)
    assert SyntheticEstimator("wave").estimate(image_at(0.0, behind), []) == []


@pytest.mark.parametrize(
    ("calibrated", "source"), [(False, ScaleSource.ASSUMED_HEIGHT), (True, ScaleSource.CAMERA_INFO)]
)
def test_says_where_the_scale_comes_from(calibrated, source):
    (one,) = SyntheticEstimator().estimate(image_at(0.0, calibrated=calibrated), [])
    assert one.scale_source is source


def test_noise_is_as_large_as_asked_and_repeats_with_its_seed():
    count, noise = 300, 0.02

    def run(seed):
        estimator = SyntheticEstimator("wave", noise=noise, seed=seed)
        return [estimator.estimate(image_at(1.0), [])[0].pose for _ in range(count)]

    poses, again, other = run(1), run(1), run(2)
    truth = scene("wave", 1.0)[0]
    roots = np.array([p.root_position for p in poses])
    assert np.array_equal(roots, [p.root_position for p in again])
    assert not np.allclose(roots, [p.root_position for p in other])
    assert (roots - truth.positions[0]).std(axis=0) == pytest.approx(noise, rel=0.2)
    assert roots.mean(axis=0) == pytest.approx(truth.positions[0], abs=5.0 * noise / np.sqrt(count))
    rotations = np.array([p.local_rotations for p in poses])
    assert np.linalg.norm(rotations, axis=2) == pytest.approx(1.0, abs=1e-12)
    turns = quat_to_rotvec(quat_multiply(quat_conjugate(truth.local_rotations_xyzw[:24]), rotations))
    assert turns.std(axis=0) == pytest.approx(noise, rel=0.25)
    assert all(np.array_equal(p.offsets, truth.offsets[:24]) for p in poses)  # bones keep their length


def test_unknown_motion_is_refused_at_once():
    with pytest.raises(SettingError, match="dance"):
        SyntheticEstimator("dance")


def test_the_registry_makes_it_as_configured():
    estimator = make_estimator(Settings(estimator="synthetic", synthetic_motion="cross", hands=True))
    assert estimator.name == "synthetic"
    assert estimator.capabilities.hands
    estimator.warm_up()
    assert estimator.detect(image_at(0.0), 4) == []
    assert len(estimator.estimate(image_at(0.0), [])) == 2
    estimator.close()


@pytest.mark.parametrize("epoch_s", [0.0, NOW_S])
def test_the_synthetic_camera_shows_what_the_estimator_says(epoch_s):
    """Camera and estimator in two processes agree as long as both go by the time in the stamp."""
    estimator, hand = SyntheticEstimator("wave"), BODY.index["right_hand"]

    def is_skin(shown, camera, time_s):
        (one,) = estimator.estimate(image_at(time_s, camera, True, shown.pixels), [])
        x, y = camera.project(solve(one.pose).positions[hand]).astype(int)
        blue, _, red = shown.pixels[y, x].astype(int)
        return red - blue > 50  # neither the room nor the clothes are so red

    right, late = [], []
    for start_s in epoch_s + np.arange(0.0, PERIOD_S["wave"], 0.4):
        source = SyntheticSource("wave", start_s)
        source.read()
        shown = source.read()
        right.append(is_skin(shown, source.camera, start_s + shown.time_s))
        late.append(is_skin(shown, source.camera, start_s + shown.time_s + 0.2))
    assert all(right)
    assert np.mean(late) < 0.8  # at another time the hand is elsewhere


def test_hands_of_the_figure_reach_the_body():
    """Palms from front to back, and how far they are open, as the figure has them."""
    pipeline = Pipeline(SyntheticEstimator("grip", hands=True), Settings(hands=True), lambda: 0.0)
    states, pinches = set(), {0.0: [], 1.0: []}
    for k in range(240):
        t = k / 30.0
        (body,) = pipeline.process(CameraImage(Bitmap(BLANK), t, CAMERA)).bodies
        assert [hand.side for hand in body.hands] == ["left", "right"]
        for hand in body.hands:
            # beside the figure's turn the direction to the camera counts, which is up to 0.35 away
            assert abs(hand.palm_angle_rad - palm_turn(t)) < 0.4, t
            states.add((hand.state, min(abs(palm_turn(t) - 0.5 * np.pi), 0.6) < 0.6))
            joint = body.positions[body.skeleton.index[f"{hand.side}_index3"]]
            np.testing.assert_allclose(hand.points[7], joint, atol=1e-9)
            palm = np.linalg.norm(hand.points[9] - hand.points[0])
            for opening, found in pinches.items():
                if abs(hand_opening(t) - opening) < 0.02:
                    found.append(np.linalg.norm(hand.points[4] - hand.points[8]) / palm)
    assert states == {
        (JointState.TRACKED, False), (JointState.TRACKED, True), (JointState.PREDICTED, True),
    }  # fmt: skip
    assert max(pinches[0.0]) < 0.4
    assert min(pinches[1.0]) > 0.7
