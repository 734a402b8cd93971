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

"""Image in, frame out: the order of the steps, live settings, and that nothing bad ever leaves."""

import gc
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.pose import JointState, KeypointPose, ModelPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY, KEYPOINTS_WITH_HANDS
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import dot, quat_from_rotvec
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.tracking.person_filter import PersonFilter, estimated_height_m
from frankmocap_ros.tracking.pipeline import Pipeline

DT = 1.0 / 30.0
K = {name: i for i, name in enumerate(KEYPOINTS_WITH_HANDS)}
CONFIG = Settings(smoothing="none", bones="network", max_people=4)
PIXELS = np.zeros((480, 640, 3), np.uint8)


@pytest.fixture
def person(rest_keypoints):
    """Makes keypoints of somebody ``z`` m away and ``x`` m to the right, facing the camera."""

    def make(x=0.0, z=3.0):
        return rest_keypoints[:21] * (1.0, -1.0, -1.0) + np.array([x, 0.0, z])

    return make


class FakeEstimator:
    """Sees the ``people`` (lists of keypoints) that a test puts before it, exactly, and notes every call."""

    name = "fake"

    def __init__(self, needs_regions, *people, max_people=16):
        self.people = list(people)
        self.scores = itertools.repeat(0.9)
        self.confidence = 0.9
        self.capabilities = Capabilities(max_people, needs_regions, False, False, "cpu")
        self.calls, self.images, self.regions, self.searched = [], [], [], []
        self.during = lambda: None  # what happens while it estimates
        self.spoil = lambda observation: observation

    def warm_up(self):
        self.calls.append("warm_up")

    def close(self):
        self.calls.append("close")

    def detect(self, image, max_people):
        self.calls.append("detect")
        self.searched.append(image)
        return [o.region for o in self._all(image)][:max_people]

    def estimate(self, image, regions):
        self.calls.append("estimate")
        self.images.append(image)
        self.regions.append(list(regions))
        self.during()
        found = self._all(image)
        if self.capabilities.needs_regions:
            found = [self._at(r, found) for r in regions]
        else:
            found = [replace(o, region=None) for o in found]
        return [None if o is None else self.spoil(o) for o in found]

    def _all(self, image):
        return [self._observation(p, s, image) for p, s in zip(self.people, self.scores, strict=False)]

    def _observation(self, points, score, image):
        pixels = image.camera.project(points)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        side = 1.25 * float((high - low).max())
        return Observation(
            pose=KeypointPose(points.copy(), np.full(len(points), self.confidence)),
            box_xywh=np.concatenate([low, high - low]),
            score=score,
            scale_source=ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT,
            region=Region(0.5 * (low + high), side),
        )

    @staticmethod
    def _at(region, found):
        """Whoever stands in the middle of the region, as a network that looks at a crop sees it."""
        near = [o for o in found if np.hypot(*(o.region.center_px - region.center_px)) < 0.5 * region.side_px]
        return min(near, key=lambda o: np.hypot(*(o.region.center_px - region.center_px)), default=None)


class Run:
    """A pipeline with a clock of its own that gets an image every 33 ms."""

    def __init__(self, estimator, config=CONFIG):
        self.ticks = itertools.count()
        self.estimator = estimator
        self.pipeline = Pipeline(estimator, config, lambda: 0.001 * next(self.ticks))
        self.time_s = 100.0

    def __call__(self, *people, dt=DT, pixels=PIXELS, camera=None):
        """The frame of the next image, in which ``people`` are seen; where none are given, who was before."""
        if people:
            self.estimator.people = list(people)
        self.time_s += dt
        return self.pipeline.process(CameraImage(Bitmap(pixels), self.time_s, camera))

    def set(self, **changes):
        self.pipeline.config = replace(self.pipeline.config, **changes)


@pytest.fixture(params=[True, False], ids=["regions", "finds by itself"])
def run(request, person):
    return Run(FakeEstimator(request.param, person()))


@pytest.fixture
def with_regions(person):
    return Run(FakeEstimator(True, person()))


def ids(frame):
    return [body.id for body in frame.bodies]


# -- the steps


def test_a_frame(run, person):
    frame = run()
    (body,) = frame.bodies
    assert (frame.index, frame.time_s, frame.operator_id, body.id) == (0, run.time_s, 1, 1)
    assert body.estimator == "fake"
    assert (body.states == JointState.TRACKED).all()
    camera = Camera.from_fov(640, 480, 60.0)
    assert frame.camera == camera
    for name in set(K) & set(BODY.names):
        np.testing.assert_allclose(body.positions[BODY.index[name]], person()[K[name]], atol=1e-12)
        np.testing.assert_allclose(
            body.pixels[BODY.index[name]], camera.project(person()[K[name]]), atol=1e-9
        )


def test_frames_are_counted(run):
    assert [run().index for _ in range(4)] == [0, 1, 2, 3]


def test_steps_in_order_with_regions(with_regions):
    frame = with_regions()
    assert with_regions.estimator.calls == ["detect", "estimate"]
    assert frame.detected
    assert list(frame.stages_ms) == ["decode", "detect", "regress", "post"]
    frame = with_regions()
    assert with_regions.estimator.calls == ["detect", "estimate", "estimate"]
    assert not frame.detected
    assert list(frame.stages_ms) == ["decode", "regress", "post"]


def test_steps_in_order_without_regions(person):
    run = Run(FakeEstimator(False, person()))
    for _ in range(3):
        frame = run()
        assert frame.detected
        assert list(frame.stages_ms) == ["decode", "regress", "post"]
    assert run.estimator.calls == ["estimate"] * 3
    assert run.estimator.regions == [[]] * 3


def test_stages_are_timed_by_the_given_clock(run):
    frame = run()  # the clock ticks 1 ms each time it is read
    assert all(ms == pytest.approx(1.0) for ms in frame.stages_ms.values())
    assert frame.inference_ms == pytest.approx(len(frame.stages_ms))


def test_estimator_gets_the_images_time_and_camera(run):
    run()
    image = run.estimator.images[-1]
    assert image.time_s == run.time_s
    assert image.bitmap.size_px == image.camera.size_px == (640, 480)
    assert not image.calibrated
    run(camera=Camera(500.0, 510.0, 300.0, 250.0, 640, 480))
    assert run.estimator.images[-1].calibrated
    assert run.estimator.images[-1].camera.fx == pytest.approx(500.0)


def test_nobody_gives_an_empty_tuple(run):
    run.estimator.people = []
    frame = run()
    assert frame.bodies == ()
    assert frame.operator_id == 0


def test_nobody_any_more_gives_an_empty_tuple_at_once(run):
    assert ids(run()) == [1]
    run.estimator.people = []
    frame = run()
    assert frame.bodies == ()
    assert frame.operator_id == 0


def test_back_within_hold_s_with_the_old_id_later_with_a_new_one(run, person):
    assert ids(run()) == [1]
    run.estimator.people = []
    for _ in range(5):
        run()
    assert ids(run(person())) == [1]
    run.estimator.people = []
    for _ in range(12):
        run()
    assert ids(run(person())) == [2]


# -- images and cameras


@pytest.mark.parametrize(
    ("size", "reduced"),
    [
        ((1280, 720), (1280, 720)),
        ((1600, 1300), (1418, 1152)),
        ((1153, 1537), (1152, 1536)),
        ((320, 240), (320, 240)),
    ],
)
def test_pixels_are_those_of_the_full_image(run, person, size, reduced):
    width, height = size
    frame = run(pixels=np.zeros((height, width, 3), np.uint8))
    assert run.estimator.images[-1].bitmap.size_px == reduced
    assert frame.camera == Camera.from_fov(width, height, 60.0)
    (body,) = frame.bodies
    known = body.states != JointState.INVALID
    assert known.sum() >= 10
    np.testing.assert_allclose(body.pixels[known], frame.camera.project(body.positions)[known], atol=1e-6)
    corners = frame.camera.project(person())
    np.testing.assert_allclose(body.box_xywh[:2], corners.min(axis=0), atol=1e-6)
    np.testing.assert_allclose(body.box_xywh[2:], np.ptp(corners, axis=0), atol=1e-6)


def test_calibrated_camera_is_used(run, person):
    camera = Camera(700.0, 690.0, 330.0, 235.0, 640, 480)
    (body,) = run(camera=camera).bodies
    assert body.scale_source == ScaleSource.CAMERA_INFO
    wrist = camera.project(person()[K["left_wrist"]])
    np.testing.assert_allclose(body.pixels[BODY.index["left_wrist"]], wrist, atol=1e-6)
    assert run().bodies[0].scale_source == ScaleSource.ASSUMED_HEIGHT


def test_image_is_not_written_to(run):
    pixels = np.full((480, 640, 3), 7, np.uint8)
    pixels.flags.writeable = False
    run(pixels=pixels)
    assert (pixels == 7).all()


# -- time


def test_time_that_goes_back_forgets_everybody(run, person):
    run.set(smoothing="one_euro")
    for _ in range(5):
        assert ids(run()) == [1]
    moved = person(0.1)
    frame = run(moved, dt=-1.0)
    assert ids(frame) == [2]
    assert frame.detected
    np.testing.assert_allclose(frame.bodies[0].positions[BODY.index["left_wrist"]], moved[K["left_wrist"]])
    assert ids(run()) == [2]


@pytest.mark.parametrize(("pause_s", "expected"), [(0.0, [1]), (1.9, [1]), (2.1, [2]), (1e6, [2])])
def test_a_pause_of_more_than_two_seconds_forgets_everybody(run, pause_s, expected):
    run.set(hold_s=5.0)
    run()
    assert ids(run(dt=pause_s)) == expected


def test_reset_forgets_everybody(run):
    assert ids(run()) == [1]
    run.pipeline.reset()
    frame = run()
    assert ids(frame) == [2]
    assert frame.operator_id == 2
    assert frame.index == 1
    assert frame.detected


# -- faults


@pytest.mark.parametrize("error", [EstimatorError("broken"), ValueError("unexpected"), MemoryError()])
def test_an_exception_leaves_the_pipeline_usable(run, error):
    def fail():
        raise error

    assert ids(run()) == [1]
    run.estimator.during = fail
    for _ in range(3):
        with pytest.raises(type(error)):
            run()
    run.estimator.during = lambda: None
    frame = run()
    assert ids(frame) == [1]
    assert frame.index == 1
    assert sum(frame.stages_ms.values()) < 10.0  # nothing of the failed images is left in the timer


def spoiled(observation, part, value):
    """The observation with one number replaced; the same where it has no such part."""
    pose, region = observation.pose, observation.region
    if part in ("points", "confidence"):
        array = getattr(pose, part).copy()
        array.flat[7] = value
        return replace(observation, pose=replace(pose, **{part: array}))
    if part in ("hips", "all"):
        points = pose.points.copy()
        points[[K["left_hip"], K["right_hip"]] if part == "hips" else slice(None)] = value
        return replace(observation, pose=replace(pose, points=points))
    if part in REGION_PARTS:
        value = np.array([value, 100.0]) if part == "center_px" else value
        return (
            observation if region is None else replace(observation, region=replace(region, **{part: value}))
        )
    whole = {"box_xywh": np.array([value, 0.0, 100.0, 200.0]), "betas": np.full(10, value), "score": value}
    return replace(observation, **{part: whole[part]})


PARTS = ("points", "confidence", "hips", "all", "box_xywh", "betas", "score")
REGION_PARTS = ("center_px", "side_px", "rotation_rad")


def assert_withheld(run, part, value):
    before = run().bodies[0]
    run.estimator.spoil = lambda o: spoiled(o, part, value)
    for _ in range(3):
        frame = run()
        assert (frame.bodies, frame.withheld) == ((), 1)
    run.estimator.spoil = lambda o: o
    frame = run()
    assert ids(frame) == [1]  # and what was known of the person is unspoilt
    np.testing.assert_allclose(frame.bodies[0].positions, before.positions, atol=1e-9)
    assert frame.withheld == 0


@pytest.mark.parametrize("smoothing", ["none", "one_euro"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("part", PARTS)
def test_numbers_that_are_not_finite_never_leave(run, part, value, smoothing):
    run.set(smoothing=smoothing)
    assert_withheld(run, part, value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("part", REGION_PARTS)
def test_regions_that_are_not_finite_are_not_looked_in(with_regions, part, value):
    assert_withheld(with_regions, part, value)


def test_a_spoilt_person_does_not_take_the_others_along(run, person):
    run(person(-0.8), person(0.8))
    other = person(0.8)
    run.estimator.spoil = lambda o: o if o.pose.points[0, 0] > 0.0 else spoiled(o, "points", np.nan)
    (body,) = run().bodies
    np.testing.assert_allclose(body.positions[BODY.index["left_wrist"]], other[K["left_wrist"]])


@pytest.mark.parametrize("huge", [1e200, -1e200])
def test_numbers_that_overflow_never_leave(run, huge):
    run.estimator.spoil = lambda o: spoiled(o, "all", huge)
    with np.errstate(all="ignore"):
        for body in run().bodies:
            assert np.isfinite(body.positions).all()
            assert (body.states == JointState.INVALID).all()


def test_rotations_that_are_not_of_unit_length_never_leave():
    run = Run(FakeEstimator(False))
    run.estimator.people = [np.tile((0.0, 0.0, 3.0), (21, 1))]
    local = quat_from_rotvec(np.random.default_rng(0).normal(0.0, 0.2, (24, 3)))
    length = 1.0

    def as_model(observation):
        offsets = np.full((24, 3), 0.05)
        pose = ModelPose(np.array([0.0, 0.0, 3.0]), local * length, offsets, np.ones(24))
        return replace(observation, pose=pose)

    run.estimator.spoil = as_model
    assert len(run().bodies) == 1
    length = 1.001
    frame = run()
    assert (frame.bodies, frame.withheld) == ((), 1)
    length = 1.0
    assert len(run().bodies) == 1


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_whatever_the_estimator_says_what_leaves_is_sound(seed, needs_regions):
    rng = np.random.default_rng(seed)
    run = Run(FakeEstimator(needs_regions), replace(CONFIG, smoothing="one_euro"))
    bad = (np.nan, np.inf, 0.0, 1e9, -1e9, 1.0)

    def spoil(observation):
        part = rng.choice(PARTS + REGION_PARTS)
        return spoiled(observation, part, rng.choice(bad)) if rng.random() < 0.5 else observation

    run.estimator.spoil = spoil
    for _ in range(8):
        people = [rng.normal((rng.normal(), 0.0, 3.0), 0.4, (21, 3)) for _ in range(rng.integers(0, 4))]
        run.estimator.people = people
        with np.errstate(all="ignore"):
            frame = run(dt=rng.choice([DT, 0.0, 0.5, -1.0]))
        assert len(set(ids(frame))) == len(frame.bodies) <= 4
        for body in frame.bodies:
            for name in ("positions", "pixels", "box_xywh", "confidence", "orientation_confidence"):
                assert np.isfinite(getattr(body, name)).all()
            for q in (body.orientations_xyzw, body.local_rotations_xyzw):
                np.testing.assert_allclose(dot(q, q), 1.0, atol=1e-6)


# -- several people


def test_two_people_crossing_keep_their_ids(run, person):
    """They pass each other 1 m apart in depth, in 3 s."""
    for x in np.linspace(-1.0, 1.0, 90):
        frame = run(person(x, 2.5), person(-x, 3.5))
        depth = {body.id: body.positions[0, 2] for body in frame.bodies}
        assert depth == {1: pytest.approx(2.5), 2: pytest.approx(3.5)}


def test_the_operator_comes_first(run, person):
    run.set(operator="center")
    frame = run(person(-1.0), person(0.1), person(1.0))
    assert frame.operator_id == frame.bodies[0].id == 2
    assert ids(frame) == [2, 1, 3]


def test_the_operator_stays_when_somebody_comes_nearer(run, person):
    assert run(person(-0.5, 3.0)).operator_id == 1
    for _ in range(5):
        frame = run(person(-0.5, 3.0), person(0.8, 2.0))
        # with regions somebody new is found when detection is due
    assert 2 in ids(run()) + ids(run()) + ids(run())
    assert frame.operator_id == frame.bodies[0].id == 1


def test_one_missed_image_makes_nobody_else_the_operator(run, person):
    """An arm must not follow whoever stands behind because of a single image."""
    a, b = person(-0.5, 2.0), person(0.8, 3.0)
    for _ in range(3):
        assert run(a, b).operator_id == 1
    frame = run(b)
    assert frame.operator_id == 0
    assert ids(frame) == [2]
    assert run(a, b).operator_id == 1


def test_somebody_lost_does_not_take_over_who_is_seen(run, person):
    """However long the one is gone: the other's id is the nearest, as it was there a moment ago."""
    run.set(hold_s=5.0)
    a, b = person(-0.5, 2.0), person(0.8, 3.0)
    assert sorted(ids(run(a, b))) == [1, 2]
    for _ in range(30):
        assert ids(run(b)) == [2]


def test_somebody_else_is_the_operator_once_the_first_is_forgotten(run, person):
    a, b = person(-0.5, 2.0), person(0.8, 3.0)
    run(a, b)
    frames = [run(b) for _ in range(15)]
    operators = [frame.operator_id for frame in frames]
    assert operators == sorted(operators)
    assert set(operators) == {0, 2}
    assert run(a, b).operator_id == 2


def test_who_is_followed_is_not_swapped_for_who_is_surer(person):
    """With room for one only, scores that change from image to image change nothing."""
    run = Run(FakeEstimator(False), replace(CONFIG, max_people=1))
    a, b = person(-0.8), person(0.8)
    run.estimator.scores = [0.9, 0.5]
    first = run(a, b)
    run.estimator.scores = [0.5, 0.9]
    for _ in range(5):
        frame = run(a, b)
        assert ids(frame) == [1]
        np.testing.assert_array_equal(frame.bodies[0].positions, first.bodies[0].positions)


def test_people_who_are_gone_leave_nothing_behind(run, person):
    def kept():
        gc.collect()
        return sum(type(o) is PersonFilter for o in gc.get_objects())  # isinstance asks some objects too much

    before = kept()
    for i in range(12):
        run(person(-0.8 if i % 2 else 0.8), dt=1.0)
    assert len(run.pipeline.process(CameraImage(Bitmap(PIXELS), run.time_s + DT)).bodies) == 1
    assert kept() <= before + 2


def test_the_best_are_followed_where_there_is_no_room_for_all(person):
    run = Run(FakeEstimator(False), replace(CONFIG, max_people=2))
    run.estimator.scores = [0.3, 0.9, 0.6]
    frame = run(person(-0.8), person(0.0), person(0.8))
    assert sorted(round(body.positions[0, 0], 1) for body in frame.bodies) == [0.0, 0.8]


def test_no_more_than_the_estimator_can(person):
    run = Run(FakeEstimator(True, max_people=1), replace(CONFIG, max_people=5))
    assert len(run(person(-0.8), person(0.8)).bodies) == 1


# -- live settings: each takes effect at the next frame

OF_THE_NODE = {
    "preset", "process_every_n", "max_image_age_s", "diagnostics_period_s", "latency_budget_ms", "adapt",
    "publish_tf", "transform_wait_ms", "depth_wait_ms", "rectified", "stamps",
    "marker_ellipsoids",
}  # fmt: skip
TESTED_HERE = {
    "resize_short", "detect_every_n", "box_margin", "track_bbox", "max_people", "min_confidence", "smoothing",
    "across_min_cutoff_hz", "across_beta", "one_euro_derivative_cutoff_hz", "hold_s", "assumed_height_m",
    "horizontal_fov_deg", "operator", "operator_id", "bones", "depth_min_cutoff_hz", "depth_beta",
    "forearm_length_m",
}  # fmt: skip


OF_A_BODY_MODEL = {"one_euro_min_cutoff_hz", "one_euro_beta"}  # test_person_filter.py


def test_every_live_setting_is_tested():
    live = {s.name for s in settings_of(Settings) if s.live and not s.loads}
    assert live == OF_THE_NODE | TESTED_HERE | OF_A_BODY_MODEL


def test_a_frame_under_way_keeps_its_settings(run):
    run.estimator.during = lambda: run.set(min_confidence=1.0)
    assert (run().bodies[0].states == JointState.TRACKED).all()
    assert (run().bodies[0].states == JointState.PREDICTED).all()


def test_resize_short(with_regions):
    """People are looked for in a small image and cropped from a larger one, in whose pixels regions are."""
    pixels = np.zeros((1000, 1500, 3), np.uint8)
    with_regions.set(track_bbox=False)
    for short in (384, 256, 1024):
        with_regions.set(resize_short=short)
        assert len(with_regions(pixels=pixels).bodies) == 1
    estimator = with_regions.estimator
    assert [image.bitmap.size_px for image in estimator.searched] == [(576, 384), (384, 256), (1500, 1000)]
    assert [image.bitmap.size_px for image in estimator.images] == [(1500, 1000), (1152, 768), (1500, 1000)]
    for image, (region,) in zip(estimator.images, estimator.regions, strict=True):
        width, height = image.bitmap.size_px
        assert region.center_px / (width, height) == pytest.approx([0.5, 0.5], abs=0.1)
        assert region.side_px / height == pytest.approx(estimator.regions[0][0].side_px / 1000, rel=0.01)


def test_detect_every_n(with_regions):
    with_regions.set(detect_every_n=100, max_people=2)
    assert [with_regions().detected for _ in range(20)] == [True] + [False] * 19
    with_regions.set(detect_every_n=3)
    assert [with_regions().detected for _ in range(7)] == [True, False, False] * 2 + [True]
    with_regions.set(detect_every_n=1)
    assert [with_regions().detected for _ in range(3)] == [True] * 3


def test_detect_every_n_while_everybody_is_tracked(with_regions):
    """The estimator tells who is there, so that a search could only find somebody who is not wanted."""
    with_regions.set(detect_every_n=2, max_people=1)
    assert [with_regions().detected for _ in range(25)] == ([True] + [False] * 11) * 2 + [True]


def test_track_bbox(with_regions):
    assert [with_regions().detected for _ in range(3)] == [True, False, False]
    with_regions.set(track_bbox=False)
    assert [with_regions().detected for _ in range(3)] == [True] * 3
    with_regions.set(track_bbox=True)
    assert not with_regions().detected


def test_box_margin(with_regions):
    for margin in (0.25, 0.0, 1.0):
        with_regions.set(box_margin=margin)
        with_regions()
    sides = [regions[0].side_px for regions in with_regions.estimator.regions]
    np.testing.assert_allclose(np.array(sides) / sides[0], [1.0, 1.0 / 1.25, 2.0 / 1.25])


def test_max_people(run, person):
    run.set(max_people=1, detect_every_n=1)
    assert len(run(person(-0.8), person(0.8)).bodies) == 1
    run.set(max_people=2)
    assert sorted(ids(run())) == [1, 2]
    run.set(max_people=1)
    assert ids(run()) == [1]


def test_min_confidence(run):
    run.estimator.confidence = 0.5
    for least, state in ((0.3, JointState.TRACKED), (0.7, JointState.PREDICTED), (0.5, JointState.TRACKED)):
        run.set(min_confidence=least)
        assert (run().bodies[0].states == state).all()
    run.pipeline.reset()
    run.estimator.confidence = 0.3
    run.set(min_confidence=1.0)
    assert (run().bodies[0].states == JointState.INVALID).all()


def wrist_x(frame):
    return frame.bodies[0].positions[BODY.index["left_wrist"], 0]


def test_smoothing(run, person):
    start = wrist_x(run(person()))
    assert wrist_x(run(person(0.1))) == pytest.approx(start + 0.1)
    run.set(smoothing="one_euro")
    run(person(0.1))
    assert start + 0.11 < wrist_x(run(person(0.2))) < start + 0.19
    run.set(smoothing="none")
    assert wrist_x(run(person(0.2))) == pytest.approx(start + 0.2)


@pytest.mark.parametrize(
    ("name", "value", "quicker"),
    [
        ("across_min_cutoff_hz", 50.0, True), ("across_min_cutoff_hz", 0.05, False),
        ("across_beta", 50.0, True), ("across_beta", 0.0, False),
        ("one_euro_derivative_cutoff_hz", 50.0, True), ("one_euro_derivative_cutoff_hz", 0.01, False),
    ],
)  # fmt: skip
def test_cut_offs(run, person, name, value, quicker):
    other = Run(FakeEstimator(run.estimator.capabilities.needs_regions))
    for r in (run, other):
        r.set(smoothing="one_euro")
        for _ in range(5):
            r(person())
    run.set(**{name: value})
    changed, usual = wrist_x(run(person(0.1))), wrist_x(other(person(0.1)))
    assert (changed > usual + 1e-3) if quicker else (changed < usual - 1e-3)


def test_hold_s(run):
    run()
    run.set(hold_s=1.0)
    run.estimator.confidence = 0.0
    assert (run().bodies[0].states == JointState.HELD).all()
    run.set(hold_s=0.0)
    assert (run().bodies[0].states == JointState.INVALID).all()


def test_hold_s_is_also_how_long_an_id_is_kept(run, person):
    run.set(hold_s=1.0)
    run()
    run.estimator.people = []
    for _ in range(20):
        run()
    assert ids(run(person())) == [1]
    run.estimator.people = []
    run.set(hold_s=0.05)
    for _ in range(3):
        run()
    assert ids(run(person())) == [2]


def test_forearm_length_m(run):
    """What a calibration goes by that begins after it was set."""

    def forearm_m():
        ends = [run().bodies[0].positions[BODY.index[f"left_{part}"]] for part in ("elbow", "wrist")]
        return float(np.linalg.norm(ends[1] - ends[0]))

    for length in (0.3, 0.2):
        run.set(forearm_length_m=length)
        outcomes = []
        run.pipeline.calibrate(outcomes.append)
        for _ in range(60):
            run()
        assert [outcome.success for outcome in outcomes] == [True]
        assert forearm_m() == pytest.approx(length, abs=1e-3)


def test_assumed_height_m(run):
    own = run().bodies[0]
    run.set(assumed_height_m=1.2)
    scaled = run().bodies[0]
    assert estimated_height_m(BODY, scaled, 0.3) == pytest.approx(1.2)
    np.testing.assert_allclose(scaled.pixels, own.pixels, atol=1e-6)
    run.set(assumed_height_m=0.0)
    np.testing.assert_array_equal(run().bodies[0].positions, own.positions)


def test_horizontal_fov_deg(run):
    run()
    run.set(horizontal_fov_deg=90.0)
    frame = run()
    assert frame.camera == Camera.from_fov(640, 480, 90.0)
    assert run.estimator.images[-1].camera.fx == pytest.approx(320.0)
    calibrated = Camera(500.0, 500.0, 320.0, 240.0, 640, 480)
    assert run(camera=calibrated).camera == calibrated


def test_operator(run, person):
    people = (person(0.1, 3.5), person(-1.0, 2.5))
    run.set(operator="center")
    assert run(*people).operator_id == 1
    for rule, expected in (("nearest", 2), ("largest", 2), ("center", 1)):
        run.pipeline.reset()
        run.set(operator=rule)
        frame = run(*people)
        depths = {body.positions[0, 2] for body in frame.bodies if body.id == frame.operator_id}
        assert depths == {2.5 if expected == 2 else 3.5}


def test_operator_id(run, person):
    run(person(-0.8), person(0.8))
    run.set(operator="id", operator_id=2)
    frame = run()
    assert frame.operator_id == frame.bodies[0].id == 2
    run.set(operator_id=1)
    assert run().operator_id == 1
    run.set(operator_id=9)
    assert run().operator_id == 0
    run.set(operator="nearest")
    assert run().operator_id in (1, 2)


def test_operator_id_holds_also_while_the_one_before_is_lost(run, person):
    a, b = person(-0.8), person(0.8)
    run.set(operator="id", operator_id=1)
    assert run(a, b).operator_id == 1
    run.set(operator_id=2)
    assert run(b).operator_id == 2


def test_settings_and_estimator_are_told(run):
    assert run.pipeline.config is CONFIG
    assert run.pipeline.estimator is run.estimator
    run()
    assert "close" not in run.estimator.calls


# -- hands


def asked_for_hands(run):
    """Of the regions of the last image, from left to right, whether hands are wanted in them."""
    return [r.hands for r in sorted(run.estimator.regions[-1], key=lambda r: r.center_px[0])]


@pytest.fixture
def with_hands(person):
    made = Run(FakeEstimator(True, person(0.6, 2.0), person(-0.6, 3.0)), replace(CONFIG, max_people=2))
    made.estimator.capabilities = replace(made.estimator.capabilities, hands=True)
    return made


def test_hands_are_asked_for_on_the_operator_alone(with_hands):
    for _ in range(5):
        frame = with_hands()
        assert sum(asked_for_hands(with_hands)) == 1
    # who is nearer stands on the right
    assert asked_for_hands(with_hands) == [False, True]
    with_hands.set(operator="id", operator_id=3 - frame.operator_id)
    with_hands()
    assert asked_for_hands(with_hands) == [True, False]


def test_while_there_is_no_operator_one_person_is_asked_for_hands(with_hands):
    with_hands()
    assert sum(asked_for_hands(with_hands)) == 1
    with_hands.set(operator="id", operator_id=99)
    with_hands()
    assert asked_for_hands(with_hands) == [False, False]


def test_what_an_estimator_keeps_comes_back_with_its_person(with_hands):
    with_hands.estimator.spoil = lambda o: replace(o, region=replace(o.region, kept=o.score))
    with_hands.estimator.scores = (0.9, 0.8)
    with_hands()
    for _ in range(8):
        with_hands()
        regions = sorted(with_hands.estimator.regions[-1], key=lambda r: r.center_px[0])
        assert [region.kept for region in regions] == [0.8, 0.9]
