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

"""The BlazePose estimator on real images: axes and sides as people see them, following, hands."""

import itertools
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.kinematics import solve
from frankmocap_ros.body.pose import JointState, ScaleSource
from frankmocap_ros.body.skeleton import (
    BODY,
    BODY_WITH_HANDS,
    FINGERS,
    KEYPOINTS,
    KEYPOINTS_WITH_HANDS,
)
from frankmocap_ros.errors import EstimatorError, SettingError
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.estimators.blazepose.rays import faced_pixel, on_rays
from frankmocap_ros.estimators.registry import ESTIMATORS, make_estimator
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import EQUIDISTANT, PLUMB_BOB, Distortion
from frankmocap_ros.geometry.rotation import (
    normalize,
    quat_from_matrix,
    quat_rotate,
    quat_to_matrix,
    quat_to_rotvec,
)
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage, ScaledImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of, updated
from frankmocap_ros.tracking.pipeline import Pipeline
from support.blazepose_networks import Networks
from support.paths import TAIJI as VIDEO
from support.people import video

LIMBS = tuple(
    f"{s}_{p}" for s in ("left", "right") for p in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)
J = BODY_WITH_HANDS.index
JOINTS = [J[name] for name in LIMBS]
POINTS = [KEYPOINTS.index(name) for name in LIMBS]
LANDMARKS = [11, 13, 15, 23, 25, 27, 12, 14, 16, 24, 26, 28]  # BlazePose's numbers of LIMBS
RIGHT_HAND_RAISED = 234  # number of an image of the video in which the left arm hangs down
STILL = Settings(smoothing="none")

needs_video = pytest.mark.skipif(not VIDEO.exists(), reason=f"no video {VIDEO}")


@pytest.fixture(scope="module")
def estimator():
    made = BlazePoseEstimator()
    yield made
    made.close()


@pytest.fixture(scope="module")
def estimator_with_hands():
    made = BlazePoseEstimator(BlazePoseOptions(hands=True))
    yield made
    made.close()


def image_of(bgr, fov_deg=60.0):
    bitmap = Bitmap(bgr)
    return ScaledImage(bitmap, Camera.from_fov(*bitmap.size_px, fov_deg), calibrated=False, time_s=0.0)


def frame_of(estimator, bgr, config=STILL, camera=None):
    """The frame of one image on its own."""
    pipeline = Pipeline(estimator, config, itertools.count().__next__)
    return pipeline.process(CameraImage(Bitmap(bgr), 0.0, camera))


# -- against the landmarks themselves, which test_oracle.py compares with MediaPipe's


@dataclass(frozen=True)
class Reference:
    """What BlazePose says of one image: 33 landmarks in pixels, meters, and visibility."""

    number: int
    image: np.ndarray
    pixels: np.ndarray
    world: np.ndarray
    visibility: np.ndarray


@pytest.fixture(scope="module")
def references():
    """A function from numbered images to what BlazePose says of each."""
    networks = Networks()

    def see(images):
        for number, bgr in images:
            seen, _ = networks.answer(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
            yield Reference(number, bgr, *(seen[name] for name in ("pixels", "world", "visibility")))

    yield see
    networks.close()


@pytest.fixture(scope="module")
def small(references):
    """11 images 640 px wide: smaller than ``resize_short``, so they are estimated as they are."""
    return list(references(video(40, width=640)))


@pytest.fixture(scope="module")
def large(references):
    """21 images of 1280x720, which the pipeline reduces to look for people."""
    return list(references(video(20)))


def aligned(points, to):
    """``points`` moved, turned and scaled onto ``to``, shapes (N, 3) (Procrustes; no mirror images)."""
    a, b = points - points.mean(axis=0), to - to.mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    return (s * sign).sum() / (a * a).sum() * a @ (u * sign) @ vt + to.mean(axis=0)


def displacement_mm(points, reference):
    """How far each limb joint lies from MediaPipe's world landmark after alignment: shape (12,)."""
    world = reference.world[LANDMARKS]
    return 1e3 * np.linalg.norm(aligned(points, world) - world, axis=1)


@needs_video
def test_joints_project_onto_the_image_landmarks(estimator, small, record_property):
    """With the camera used, whichever it is: within 8 px on an image 640 px wide."""
    worst = 0.0
    for fov_deg in (40.0, 60.0, 80.0):
        config = Settings(smoothing="none", horizontal_fov_deg=fov_deg)
        for reference in small:
            frame = frame_of(estimator, reference.image, config)
            (body,) = frame.bodies
            seen = (reference.visibility[LANDMARKS] > 0.3) & (body.states[JOINTS] == JointState.TRACKED)
            assert seen.sum() >= 8
            projected = frame.camera.project(body.positions[JOINTS])
            np.testing.assert_allclose(projected[seen], body.pixels[JOINTS][seen], atol=1e-6)
            worst = max(worst, np.linalg.norm(projected - reference.pixels[LANDMARKS], axis=1)[seen].max())
    record_property("worst_px", float(worst))
    print(f"worst projection: {worst:.2f} px")
    assert worst < 8.0


@needs_video
def test_placing_costs_no_accuracy(estimator, small, record_property):
    """Ours against the world landmarks on the same pixels.

    A displacement d that does not know of the landmarks' own error e (about 50 mm) adds d^2 / 2e to it on
    average at most, as only its part along e could take away what the part across adds.
    """
    away = []
    for reference in small:
        (observation,) = estimator.estimate(
            image_of(reference.image), estimator.detect(image_of(reference.image), 1)
        )
        away.append(displacement_mm(observation.pose.points[POINTS], reference))
    mean, rms = np.mean(away), np.sqrt(np.mean(np.square(away)))
    added_mm = rms**2 / (2.0 * 50.0)
    record_property("displacement_mm", float(mean))
    print(f"displacement: mean {mean:.2f} mm, rms {rms:.2f} mm; adds about {added_mm:.2f} mm")
    assert mean < 5.0
    assert added_mm < 0.7


@needs_video
def test_the_whole_pipeline_costs_little_accuracy(estimator, large, record_property):
    """Also where the image is reduced first, against MediaPipe on all of its pixels: below 2 mm."""
    away = []
    for reference in large:
        # as the network has them, without what is made of them for a body
        (body,) = frame_of(estimator, reference.image, replace(STILL, bones="network")).bodies
        known = body.states[JOINTS] == JointState.TRACKED
        assert known.sum() >= 9
        rows = np.flatnonzero(known)
        world = reference.world[LANDMARKS][rows]
        away += (1e3 * np.linalg.norm(aligned(body.positions[JOINTS][rows], world) - world, axis=1)).tolist()
    rms = np.sqrt(np.mean(np.square(away)))
    added_mm = rms**2 / (2.0 * 50.0)
    record_property("displacement_rms_mm", float(rms))
    print(f"displacement: mean {np.mean(away):.2f} mm, rms {rms:.2f} mm; adds about {added_mm:.2f} mm")
    assert added_mm < 2.0


# -- axes and sides


@needs_video
def test_left_is_the_persons_left_and_up_is_negative_y(estimator, small):
    """The person faces the camera: their left is on the image's right."""
    for reference in small:
        (body,) = frame_of(estimator, reference.image).bodies
        at, pixel = (dict(zip(BODY.names, values, strict=True)) for values in (body.positions, body.pixels))
        for part in ("shoulder", "hip"):
            assert pixel[f"left_{part}"][0] > pixel[f"right_{part}"][0] + 10.0
            assert at[f"left_{part}"][0] > at[f"right_{part}"][0] + 0.05
        heights = [at[name][1] for name in ("head", "neck", "spine3", "pelvis")]
        assert heights == sorted(heights)
        assert at["left_knee"][1] < at["left_ankle"][1]
        assert (body.positions[body.states != JointState.INVALID, 2] > 1.0).all()  # before the camera
        # and the chest looks at the camera: its z axis, out of the chest, points to negative z
        chest = quat_to_matrix(body.orientations_xyzw[J["spine3"]])
        assert chest[2, 2] < -0.5
        assert chest[1, 1] < -0.8
        assert chest[0, 0] > 0.5


@needs_video
def test_a_raised_right_hand_is_right_wrist_up(estimator):
    _, bgr = next(video(1000, first=RIGHT_HAND_RAISED))
    (body,) = frame_of(estimator, bgr).bodies
    at, pixel = (dict(zip(BODY.names, values, strict=True)) for values in (body.positions, body.pixels))
    assert at["right_wrist"][1] < at["right_elbow"][1] - 0.05
    assert at["right_wrist"][1] < at["right_shoulder"][1] - 0.05
    assert pixel["right_wrist"][1] < pixel["right_shoulder"][1]
    assert at["left_wrist"][1] > at["left_elbow"][1] > at["left_shoulder"][1]
    assert pixel["right_wrist"][0] < pixel["left_wrist"][0]
    # the upper arms by their rotations: bone along +x of the left arm, -x of the right one, in rest
    for side, sign in (("left", 1.0), ("right", -1.0)):
        bone = quat_rotate(body.orientations_xyzw[J[f"{side}_elbow"]], np.array([sign, 0.0, 0.0]))
        assert (bone[1] > 0.5) == (side == "left")


@needs_video
def test_turning_the_camera_turns_the_body_by_as_much(estimator):
    """A camera that turns sees the image warped by a homography, exactly; the person has not moved.

    MediaPipe looks at a crop and does not know where in the image it lies: without turning its landmarks
    back, the person would seem to turn along with the camera.
    """
    camera = Camera.from_fov(1280, 720, 60.0)
    k = np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])
    bodies = {}
    _, bgr = next(video(1000))
    for yaw_deg in (-18.0, 0.0, 18.0):
        turned = cv2.Rodrigues(np.radians([0.0, yaw_deg, 0.0]))[0]
        view = cv2.warpPerspective(bgr, k @ turned @ np.linalg.inv(k), (1280, 720))
        (body,) = frame_of(estimator, view, Settings(smoothing="none", resize_short=720)).bodies
        bodies[yaw_deg] = body, turned
    for yaw_deg in (-18.0, 18.0):
        body, turned = bodies[yaw_deg]
        straight, _ = bodies[0.0]
        expected = turned @ quat_to_matrix(straight.orientations_xyzw[0])
        error = expected.T @ quat_to_matrix(body.orientations_xyzw[0])
        assert np.degrees(np.linalg.norm(quat_to_rotvec(quat_from_matrix(error)))) < 9.0
        away = body.positions[0] - turned @ straight.positions[0]
        assert np.linalg.norm(away) < 0.15 * np.linalg.norm(straight.positions[0])


LENSES = (None, Distortion(PLUMB_BOB, (-0.3, 0.1, 0.001, -0.001, 0.0)), Distortion(EQUIDISTANT, (0.0,) * 4))


@given(st.integers(0, 2**32 - 1), st.sampled_from(LENSES))
def test_landmarks_that_agree_are_placed_exactly(posture, seed, lens):
    """World landmarks as a crop shows them: z along the ray through the hips, origin in the hips."""
    points = posture(seed).points
    camera = replace(Camera.from_fov(640, 480, 60.0), distortion=lens)
    hips = [KEYPOINTS.index("left_hip"), KEYPOINTS.index("right_hip")]
    pixels = camera.project(points)
    x, y = camera.rays(pixels[hips].mean(axis=0))
    ray = normalize(np.array([x, y, 1.0]))
    axis = np.cross([0.0, 0.0, 1.0], ray)
    angle = np.arctan2(np.linalg.norm(axis), ray[2])
    turned = cv2.Rodrigues(normalize(axis) * angle)[0]
    np.testing.assert_allclose(turned @ (0.0, 0.0, 1.0), ray, atol=1e-12)
    world = (points - points[hips].mean(axis=0)) @ turned
    np.testing.assert_allclose(on_rays(world, pixels, np.ones(21), camera), points, atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(1.0, 200.0), st.sampled_from(LENSES))
def test_no_joint_is_drawn_far_beside_its_landmark(posture, seed, noise_px, lens):
    """However badly image and world landmarks agree: within 6 px on an image 640 px wide."""
    rng, camera = np.random.default_rng(seed), replace(Camera.from_fov(1280, 960, 60.0), distortion=lens)
    points = posture(seed).points
    pixels = camera.project(points) + rng.normal(0.0, noise_px, (21, 2))
    placed = on_rays(points - points.mean(axis=0), pixels, rng.uniform(0.0, 1.0, 21), camera)
    assert (placed[:, 2] > 0.0).all()
    assert np.linalg.norm(camera.project(placed) - pixels, axis=1).max() < 12.0 + 1e-6


# -- what it says of itself and of the image


@needs_video
def test_observation(estimator, small):
    image = image_of(small[0].image)
    (region,) = estimator.detect(image, 4)
    (observation,) = estimator.estimate(image, [region])
    x, y, width, height = observation.box_xywh
    seen = small[0].pixels[small[0].visibility > 0.5]
    assert (seen >= (x - 10.0, y - 20.0)).all()
    assert (seen <= (x + width + 10.0, y + height + 10.0)).all()
    assert 0.8 < observation.score <= 1.0
    assert observation.scale_source == ScaleSource.ASSUMED_HEIGHT
    assert observation.pose.points.shape == (21, 3)
    # the next region is where the person is: about the detected one
    assert np.linalg.norm(observation.region.center_px - region.center_px) < 0.1 * region.side_px
    assert observation.region.side_px == pytest.approx(region.side_px, rel=0.25)
    calibrated = ScaledImage(image.bitmap, image.camera, calibrated=True, time_s=0.0)
    assert estimator.estimate(calibrated, [region])[0].scale_source == ScaleSource.CAMERA_INFO


def test_capabilities(estimator, estimator_with_hands):
    assert estimator.name == "blazepose"
    assert estimator.capabilities.needs_regions
    assert not estimator.capabilities.hands
    assert estimator.capabilities.max_people > 1
    assert estimator_with_hands.capabilities.hands


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_found_in_noise(estimator, seed):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (360, 640, 3), np.uint8)
    smooth = cv2.resize(rng.integers(0, 256, (9, 16, 3), np.uint8), (640, 360), interpolation=cv2.INTER_CUBIC)
    for bgr in (noise, smooth, np.full((360, 640, 3), 60 * seed, np.uint8)):
        assert estimator.detect(image_of(bgr), 4) == []
        frame = frame_of(estimator, bgr)
        assert frame.bodies == ()
        assert frame.operator_id == 0


def test_nobody_is_there_where_nobody_is(estimator):
    gray = image_of(np.full((360, 640, 3), 128, np.uint8))
    assert estimator.estimate(gray, [Region(np.array([320.0, 180.0]), 300.0)]) == [None]
    assert estimator.estimate(gray, []) == []


@needs_video
@pytest.mark.parametrize(
    "region",
    [
        Region(np.array([np.nan, 100.0]), 100.0),
        Region(np.array([100.0, np.inf]), 100.0),
        Region(np.array([100.0, 100.0]), np.nan),
        Region(np.array([100.0, 100.0]), 0.0),
        Region(np.array([100.0, 100.0]), -5.0),
        Region(np.array([100.0, 100.0]), 1e-9),
        Region(np.array([100.0, 100.0]), np.inf),
        Region(np.array([100.0, 100.0]), 1e300),
        Region(np.array([100.0, 100.0]), 100.0, np.nan),
        Region(np.array([-1e6, 1e6]), 100.0),
    ],
    ids=str,
)
def test_regions_that_cannot_be_cropped_break_nothing(estimator, small, region):
    image = image_of(small[0].image)
    (good,) = estimator.detect(image, 1)
    seen = estimator.estimate(image, [region, good])
    assert seen[0] is None
    assert seen[1] is not None


@pytest.mark.parametrize(
    ("shape", "order"), [((1, 1, 3), "bgr"), ((1, 3000, 3), "rgb"), ((2000, 1), "gray"), ((3, 2, 4), "bgra")]
)
def test_images_of_any_shape(estimator, shape, order):
    bitmap = Bitmap(np.full(shape, 99, np.uint8), order)
    image = ScaledImage(bitmap, Camera.from_fov(*bitmap.size_px, 60.0), calibrated=False, time_s=0.0)
    assert estimator.detect(image, 1) == []
    assert estimator.estimate(image, [Region(np.array([0.5, 0.5]), 1.0)]) == [None]


@needs_video
def test_the_order_of_the_channels_does_not_matter(estimator, small):
    bgr = small[0].image
    region = estimator.detect(image_of(bgr), 1)
    expected = estimator.estimate(image_of(bgr), region)[0].pose.points
    codes = {"rgb": cv2.COLOR_BGR2RGB, "rgba": cv2.COLOR_BGR2RGBA, "bgra": cv2.COLOR_BGR2BGRA}
    for order, code in codes.items():
        bitmap = Bitmap(cv2.cvtColor(bgr, code), order)
        image = ScaledImage(bitmap, image_of(bgr).camera, calibrated=False, time_s=0.0)
        np.testing.assert_array_equal(estimator.estimate(image, region)[0].pose.points, expected)


@needs_video
def test_one_image_after_the_other_does_not_mix(estimator, small):
    """The estimator has no memory: any order gives the same."""

    def answer(reference):
        image = image_of(reference.image)
        return estimator.estimate(image, estimator.detect(image, 1))[0].pose.points

    first = [answer(reference) for reference in small[:4]]
    again = [answer(reference) for reference in reversed(small[:4])]
    np.testing.assert_array_equal(first, again[::-1])


# -- following somebody


@needs_video
def test_a_person_is_followed_through_the_video(estimator):
    """Every second image: one id, few detections, and the arms tracked."""
    pipeline = Pipeline(estimator, Settings(), itertools.count().__next__)
    images = itertools.islice(video(2), 120)
    frames = [pipeline.process(CameraImage(Bitmap(bgr), i / 23.976)) for i, bgr in images]
    bodies = [body for frame in frames for body in frame.bodies]
    assert len(bodies) == len(frames) == 120
    assert {body.id for body in bodies} == {1}
    assert sum(frame.detected for frame in frames) <= 0.2 * len(frames) + 1
    states = np.array([body.states for body in bodies])
    ratio = (states == JointState.TRACKED).mean(axis=0)
    for side in ("left", "right"):
        for part in ("shoulder", "elbow", "wrist"):
            assert ratio[J[f"{side}_{part}"]] >= 0.9
    for body in bodies:
        for q in (body.orientations_xyzw, body.local_rotations_xyzw):
            np.testing.assert_allclose((q * q).sum(axis=1), 1.0, atol=1e-6)


# -- hands


@needs_video
def test_fingers_lie_in_the_hand(estimator_with_hands):
    """What the hand network sees in pixels becomes joints near the wrist; what it does not see is INVALID."""
    config = Settings(smoothing="none", hands=True, resize_short=720)
    seen = 0
    for _, bgr in video(60):
        (body,) = frame_of(estimator_with_hands, bgr, config).bodies
        assert body.skeleton is BODY_WITH_HANDS
        assert body.has_hands
        for side in ("left", "right"):
            fingers = [J[f"{side}_{finger}{k}"] for finger in FINGERS for k in (1, 2, 3)]
            # the body's own landmarks hold the first joints of index and pinky
            beyond = [J[f"{side}_{finger}{k}"] for finger in FINGERS for k in (2, 3)]
            if (body.states[beyond] == JointState.INVALID).all():
                assert not body.positions[beyond].any()
                continue
            seen += 1
            away = np.linalg.norm(body.positions[fingers] - body.positions[J[f"{side}_wrist"]], axis=1)
            assert away.max() < 0.25
            assert away.min() > 0.005
    assert seen >= 5


@needs_video
def test_hands_change_nothing_else(estimator, estimator_with_hands, small):
    image = image_of(small[0].image)
    region = estimator.detect(image, 1)
    plain = estimator.estimate(image, region)[0].pose
    with_hands = estimator_with_hands.estimate(image, region)[0].pose
    limbs = [KEYPOINTS.index(name) for name in LIMBS]
    np.testing.assert_array_equal(with_hands.points[limbs], plain.points[limbs])
    assert with_hands.points.shape == (57, 3)


@needs_video
def test_seen_hands_turn_the_wrists(estimator, estimator_with_hands):
    """A wrist's rotation follows from the hand network's knuckles, and else from the body's."""
    rows = {s: [KEYPOINTS.index(f"{s}_{p}") for p in ("index1", "pinky1")] for s in ("left", "right")}
    fingers = {s: KEYPOINTS_WITH_HANDS.index(f"{s}_middle3") for s in rows}
    turned = 0
    for _, bgr in video(60):
        image = image_of(cv2.resize(bgr, None, fx=0.5, fy=0.5))
        region = estimator.detect(image, 1)
        plain = estimator.estimate(image, region)[0].pose
        with_hands = estimator_with_hands.estimate(image, region)[0].pose
        for side in rows:
            seen = with_hands.confidence[fingers[side]] > 0.0
            same = (with_hands.points[rows[side]] == plain.points[rows[side]]).all()
            assert same != seen
            before, after = (
                solve(pose).orientations_xyzw[J[f"{side}_wrist"]] for pose in (plain, with_hands)
            )
            turned += seen and abs(before @ after) < 0.995
    assert turned >= 3


# -- the registry


def test_registry_holds_every_choice_but_auto():
    choices = next(s.choices for s in settings_of(Settings) if s.name == "estimator")
    assert set(ESTIMATORS) == set(choices) - {"auto"}


@pytest.mark.parametrize("hands", [False, True])
def test_auto_takes_blazepose(hands):
    made = make_estimator(Settings(hands=hands))
    assert made.name == "blazepose"
    assert made.capabilities.hands is hands
    made.warm_up()
    made.close()


def test_a_device_that_cannot_be_is_an_error():
    with pytest.raises(EstimatorError, match=r"device: cuda .*blazepose; allowed: auto \| cpu"):
        make_estimator(Settings(estimator="blazepose", device="cuda"))


@pytest.mark.parametrize("name", ["estimator", "detector"])
def test_the_old_name_is_refused_with_the_new_one(name):
    with pytest.raises(SettingError, match=rf"{name}: 'mediapipe' is called 'blazepose' now; allowed: auto"):
        updated(Settings(), {name: "mediapipe"})


# -- several people


@needs_video
@pytest.mark.parametrize("hands", [False, True])
def test_several_people_are_what_each_is_alone(small, estimator, estimator_with_hands, hands):
    """Two people in one image, and somebody who is not there between them."""
    both = np.hstack([small[0].image, small[1].image])
    one, image = (estimator, estimator_with_hands)[hands], image_of(both)
    first, second = (one.detect(image_of(reference.image), 1)[0] for reference in small[:2])
    second = replace(second, center_px=second.center_px + np.array([640.0, 0.0]))
    nobody = Region(np.array([20.0, 20.0]), 30.0)
    together = one.estimate(image, [first, nobody, second])
    assert together[1] is None
    for found, region in ((together[0], first), (together[2], second)):
        alone = one.estimate(image, [region])[0]
        np.testing.assert_array_equal(found.pose.points, alone.pose.points)
        np.testing.assert_array_equal(found.pose.confidence, alone.pose.confidence)


@needs_video
def test_a_second_person_is_found(estimator, small):
    both = image_of(np.hstack([reference.image[:, 180:460] for reference in small[:2]]))
    left, right = sorted(estimator.detect(both, 4), key=lambda region: region.center_px[0])
    assert left.center_px[0] < 280.0 < right.center_px[0]
    assert len(estimator.detect(both, 1)) == 1


# -- which ray


def test_the_ray_goes_through_the_shoulders_where_the_hips_are_beside_the_image():
    camera = Camera.from_fov(640, 480, 60.0)
    pixels, visibility = np.full((21, 2), 100.0), np.ones(21)
    hips = [KEYPOINTS.index("left_hip"), KEYPOINTS.index("right_hip")]
    shoulders = [KEYPOINTS.index("left_shoulder"), KEYPOINTS.index("right_shoulder")]
    pixels[hips], pixels[shoulders] = ((300.0, 400.0), (340.0, 400.0)), ((280.0, 200.0), (380.0, 200.0))

    def faced():
        return faced_pixel(pixels, visibility, camera)

    np.testing.assert_allclose(faced(), (320.0, 400.0))
    pixels[hips[0], 1] = 481.0
    np.testing.assert_allclose(faced(), (330.0, 200.0))
    # a hip beside the image gets a pixel just inside it: visibility tells
    pixels[hips, 1] = 465.0
    np.testing.assert_allclose(faced(), (320.0, 465.0))
    visibility[hips] = 0.4
    np.testing.assert_allclose(faced(), (330.0, 200.0))
    # hidden hips in the middle of the image are no guess of that kind
    pixels[hips, 1] = 400.0
    np.testing.assert_allclose(faced(), (320.0, 400.0))


def test_no_noise_at_the_border_makes_the_ray_jump():
    """A step of one pixel, or of one hundredth of visibility, moves it by no more than a few pixels."""
    camera = Camera.from_fov(640, 480, 60.0)
    hips = [KEYPOINTS.index("left_hip"), KEYPOINTS.index("right_hip")]
    pixels = np.full((21, 2), 200.0)

    def faced_y(hip_y, visibility):
        pixels[hips, 1] = hip_y
        return faced_pixel(pixels, np.full(21, visibility), camera)[1]

    for visibility in (0.3, 0.6, 0.95):
        along = [faced_y(y, visibility) for y in np.arange(380.0, 490.0, 1.0)]
        assert np.abs(np.diff(along)).max() < 0.16 * 280.0
    seen = [faced_y(465.0, visibility) for visibility in np.arange(0.3, 1.0, 0.01)]
    assert np.abs(np.diff(seen)).max() < 0.06 * 280.0
