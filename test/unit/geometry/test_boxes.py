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

"""Boxes of people whom the estimator alone cannot tell from a wall."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.pose import JointState, ModelPose, Observation, ScaleSource
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.frankmocap.body_crop import body_crop
from frankmocap_ros.geometry.boxes import (
    Step,
    anchor_of,
    anchored_box,
    box_around,
    box_iou,
    clipped_box,
    implausible,
    region_of,
    scaled_region,
)  # fmt: skip
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import Pipeline

WIDTH, HEIGHT = 640, 480
BLANK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
CONFIG = Settings(smoothing="none", resize_short=1024)
STILL = np.array([260.0, 90.0, 110.0, 310.0])
DT = 1 / 30


def standing(number):
    return STILL


@dataclass
class Blind:
    """A regressor that gives a body for every region.

    With ``sees`` its joints are those of the person (0.9 of the box, a little lower), as a trained network's
    are; without, they stand in the same place of every crop, as with random weights.
    """

    person: object = standing  # frame number -> box, or None
    sees: bool = False
    noise: float = 0.0  # of detections, as a share of the box's height
    dream: object = None  # frame number -> factor on the joints' size
    number: int = 0
    searched: list = field(default_factory=list)
    name = "blind"
    capabilities = Capabilities(16, True, True, False, "cpu", sees_absence=False)

    def __post_init__(self):
        self._random = np.random.default_rng(4)

    def detect(self, image, max_people):
        self.searched.append(self.number)
        box = self.person(self.number)
        if box is None:
            return []
        return [region_of(box + self._random.normal(0.0, self.noise * box[3], 4))]

    def estimate(self, image, regions):
        return [self._one(image, region) for region in regions]

    def _one(self, image, region):
        side = region.side_px / 1.2
        crop = body_crop(image.bitmap.pixels, np.array([*(region.center_px - side / 2), side, side]))
        if crop is None:
            return None
        box = self.person(self.number)
        if self.sees and box is not None:
            joints = np.array([box[0] + 0.1 * box[2], box[1] + 0.08 * box[3], 0.8 * box[2], 0.9 * box[3]])
            joints = joints + self._random.normal(0.0, 0.5, 4)
        else:
            side = crop.side_px
            joints = np.array([*(crop.center_px - (0.15 * side, 0.38 * side)), 0.3 * side, 0.76 * side])
        factor = self.dream(self.number) if self.dream else 1.0
        joints = np.concatenate([joints[:2] + 0.5 * joints[2:] * (1 - factor), joints[2:] * factor])
        pose = ModelPose(
            np.array([0.0, 0.0, 3.0]),
            np.tile([0.0, 0.0, 0.0, 1.0], (24, 1)),
            np.zeros((24, 3)),
            np.full(24, 0.9),
        )
        return Observation(pose, joints, 0.9, ScaleSource.NONE, region_of(joints), np.zeros(10))


def run(blind, frames, config=CONFIG):
    """Frames of the pipeline."""
    pipeline = Pipeline(blind, config, lambda: 0.0)
    result = []
    for blind.number in range(frames):
        result.append(pipeline.process(CameraImage(Bitmap(BLANK), blind.number * DT)))
    return result


@pytest.mark.parametrize(("margin", "count"), [(0.25, 1000), (0.0, 400), (0.6, 400)])
@pytest.mark.parametrize("sees", [False, True])
def test_a_still_person_keeps_the_box(sees, margin, count):
    """1,000 frames: neither drift nor shrinking, with detections that jitter by 1 %."""
    blind = Blind(sees=sees, noise=0.01 if sees else 0.0)
    frames = run(blind, count, replace(CONFIG, box_margin=margin))
    boxes = np.array([frame.bodies[0].box_xywh for frame in frames])
    assert {body.id for frame in frames for body in frame.bodies} == {1}
    assert np.abs(boxes[:, 2:] / STILL[2:] - 1.0).max() < (0.12 if sees else 0.05)
    assert abs(boxes[:, 3].mean() / STILL[3] - 1.0) < 0.05
    assert abs(boxes[-200:, 3].mean() / boxes[:200, 3].mean() - 1.0) < 0.02
    assert np.abs(boxes[:, :2] - STILL[:2]).max() < 0.05 * STILL[3]
    assert len(blind.searched) == count / 5


def test_no_drift_without_detections():
    """What holds the box then is the anchor alone."""
    frames = run(Blind(sees=True), 1000, replace(CONFIG, detect_every_n=1000))
    heights = np.array([frame.bodies[0].box_xywh[3] for frame in frames])
    assert np.abs(heights / STILL[3] - 1.0).max() < 0.05


@pytest.mark.parametrize("sees", [False, True])
def test_the_box_follows(sees):
    """Also with random weights, which see no motion between two detections, where it is a slow one."""

    def walking(number):
        angle = (1.0 if sees else 0.6) * number * DT
        return np.array([220.0 + 180.0 * np.sin(angle), 90.0, 100.0 + 40.0 * np.sin(2.3 * angle), 300.0])

    blind = Blind(walking, sees)
    frames = run(blind, 600)
    overlaps = [box_iou(f.bodies[0].box_xywh, walking(n)) for n, f in enumerate(frames) if f.bodies]
    assert len(overlaps) == 600
    assert np.mean(np.array(overlaps) >= 0.6) >= 0.95
    assert len(blind.searched) <= 120
    assert {body.id for frame in frames for body in frame.bodies} == {1}


@pytest.mark.parametrize("sees", [False, True])
def test_who_leaves_is_gone(sees):
    """One search that finds nobody makes doubtful, a second one at once ends it."""
    blind = Blind(lambda number: STILL if number < 50 else None, sees)
    frames = run(blind, 70)
    last = max(n for n, frame in enumerate(frames) if frame.bodies)
    assert 50 <= last <= 50 + CONFIG.detect_every_n
    assert blind.searched[-(70 - last) :] == list(range(last, 70))
    states = frames[last].bodies[0].states
    assert (states == JointState.PREDICTED).all()
    assert (frames[last - 1].bodies[0].states == JointState.TRACKED).all()


def test_a_detection_that_fails_once():
    blind = Blind(lambda number: None if number == 50 else STILL)
    frames = run(blind, 60)
    assert {body.id for frame in frames for body in frame.bodies} == {1}
    assert all(frame.bodies for frame in frames)
    assert frames[50].bodies[0].confidence.max() < 0.25
    assert blind.searched[10:13] == [50, 51, 56]


def test_nobody_is_seen_in_a_wall():
    blind = Blind(lambda number: None)
    assert not any(frame.bodies for frame in run(blind, 30))
    assert blind.searched == list(range(30))


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_a_body_that_jumps_in_size_is_lost_and_searched_at_once(factor):
    blind = Blind(sees=True, dream=lambda number: factor if number == 52 else 1.0)
    frames = run(blind, 60)
    assert [n for n, frame in enumerate(frames) if not frame.bodies] == [52]
    assert 53 in blind.searched
    assert {body.id for frame in frames for body in frame.bodies} == {1}


def test_joints_that_do_not_fit_the_detection():
    assert not any(f.bodies for f in run(Blind(sees=True, dream=lambda number: 0.4), 10))


def test_without_tracking_every_image_is_searched():
    blind = Blind(noise=0.01)
    assert all(frame.bodies for frame in run(blind, 20, replace(CONFIG, track_bbox=False)))
    assert blind.searched == list(range(20))


def test_two_people():
    class Two(Blind):
        def detect(self, image, max_people):
            self.searched.append(self.number)
            return [region_of(STILL - [200.0, 0, 0, 0]), region_of(STILL - [-150.0, 0, 0, 0])][:max_people]

    blind = Two()
    frames = run(blind, 30, replace(CONFIG, max_people=2))
    assert all({body.id for body in frame.bodies} == {1, 2} for frame in frames)
    assert len(blind.searched) == 6


sides = st.floats(30, 300)
boxes = st.tuples(st.floats(-50, 500), st.floats(-50, 400), sides, sides).map(np.array)


@given(boxes, boxes)
def test_an_anchor_gives_the_box_back(joints, person):
    anchor = anchor_of(joints, person)
    size = person[2:].max() / joints[2:].max()
    assert (anchor is None) == (not 1 / 1.9 < size < 1.9)
    ratios = person[2:] / joints[2:]
    if anchor is not None and ratios.max() < 4 and ratios.min() > 0.25:
        assert np.allclose(anchored_box(joints, anchor), person)
        moved = anchored_box(joints * 2.0 + [30.0, 0, 0, 0], anchor)
        assert np.allclose(moved, person * 2.0 + [30.0, 0, 0, 0])


def test_implausible_boxes():
    first = Step(None, 0.0, (WIDTH, HEIGHT))
    assert implausible(STILL, first) is None
    assert implausible(STILL, Step(STILL * 0.9, DT, (WIDTH, HEIGHT))) is None
    for box, word in (
        (np.array([0.0, 0.0, 9.0, 15.0]), "size"), (np.array([0.0, 0.0, 9.0, 3000.0]), "size"),
        (np.array([0.0, 0.0, np.nan, 9.0]), "size"), (STILL - [-370.0, 0, 0, 0], "outside"),
    ):  # fmt: skip
        assert implausible(box, first).startswith(word)
    assert implausible(STILL, Step(STILL * 0.5, DT, (WIDTH, HEIGHT))).startswith("scale")
    assert implausible(STILL, Step(STILL * 0.6, 1.0, (WIDTH, HEIGHT))) is None


def test_small_things():
    assert box_around(np.array([[1.0, 5.0], [4.0, 2.0]])).tolist() == [1.0, 2.0, 3.0, 3.0]
    assert clipped_box(np.array([-10.0, 10.0, 30.0, 600.0]), (WIDTH, HEIGHT)).tolist() == [0, 10, 20, 470]
    region = scaled_region(region_of(STILL), np.array([2.0, 2.0]))
    assert region.box_xywh.tolist() == (STILL * 2).tolist()
    assert region.side_px == pytest.approx(1.25 * 620)
