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

"""Joints that are beside the image although the network invents a pixel inside."""

import itertools

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState, KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.image_border import ImageBorder
from frankmocap_ros.tracking.person_filter import PersonFilter
from frankmocap_ros.tracking.pipeline import Pipeline
from support.moving_keypoints import K, clip, with_noise, with_pixels_invented
from support.paths import TAIJI
from support.people import video

WHOLE = Camera.from_fov(1280, 720, 60.0)
BOX = np.array([10.0, 10.0, 100.0, 200.0])
LEAST = Settings().min_confidence
LIMBS = [
    f"{s}_{p}" for s in ("left", "right") for p in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]
ARMS = [name for name in LIMBS if name.endswith(("elbow", "wrist"))]


def cropped(x0, y0, x1, y1):
    """The camera of a part of its image."""
    return Camera(WHOLE.fx, WHOLE.fy, WHOLE.cx - x0, WHOLE.cy - y0, x1 - x0, y1 - y0)


# what one sees of a person who waves or walks: the left or the right half, the upper part, a narrow strip
CROPS = [
    cropped(0, 0, 600, 720),
    cropped(690, 0, 1280, 720),
    cropped(200, 0, 1080, 360),
    cropped(560, 60, 740, 700),
]


def states(moving, camera):
    """States of LIMBS, (T, 12)."""
    person, rows = PersonFilter(1, "fake"), [BODY.index[name] for name in LIMBS]
    return np.array([
        person.update(
            Observation(pose, BOX, 0.9, ScaleSource.ASSUMED_HEIGHT), camera, t, Settings()
        ).states[rows]
        for t, pose in moving.poses()
    ])  # fmt: skip


def test_what_is_beside_the_image_is_not_tracked():
    """The bench of invented pixels: 65 % TRACKED by confidence alone, at most 10 % now, and 3 % false."""
    rows, arms = [K[name] for name in LIMBS], [name in ARMS for name in LIMBS]
    tracked, believed, false = [], [], []
    for seed, camera in enumerate(CROPS):
        for motion in ("wave", "cross"):
            truth = with_noise(clip(motion, 4.0), seed, depth_m=0.03)
            seen, beside = with_pixels_invented(truth, camera, seed)
            found = states(seen, camera) == JointState.TRACKED
            beside = beside[:, rows]
            tracked.append((found & arms)[beside & arms])
            believed.append((seen.confidence[:, rows] >= LEAST)[beside & arms])
            false.append(~found[~beside])
    assert len(np.concatenate(tracked)) > 1000
    assert 0.55 < np.concatenate(believed).mean() < 0.75
    assert np.concatenate(tracked).mean() < 0.10
    assert np.concatenate(false).mean() < 0.03


def held_still(x_px, confidence, camera=WHOLE, **moved_px):
    """One figure whose left wrist is moved to a column of the image, and other joints by name."""
    points = clip("wave", 0.1).points[0].copy()
    sure = np.full(len(points), 0.95)
    for name, x in {"left_wrist": x_px, **moved_px}.items():
        row, pixel = K[name], camera.project(points[K[name]])
        points[row, :2] = camera.rays(np.array([x, pixel[1]])) * points[row, 2]
    sure[K["left_wrist"]] = confidence
    return KeypointPose(points, sure)


def judged(border, pose, t=0.0, name="left_wrist"):
    return border.judged(pose, WHOLE, t, LEAST).confidence[K[name]]


def test_at_the_border_more_confidence_is_needed():
    assert judged(ImageBorder(), held_still(1275.0, 0.7)) < LEAST
    assert judged(ImageBorder(), held_still(1275.0, 0.97)) == 0.97
    assert judged(ImageBorder(), held_still(1200.0, 0.7)) == 0.7
    assert judged(ImageBorder(), held_still(1285.0, 0.97)) == 0.0


def test_what_is_doubted_is_predicted_and_keeps_its_place():
    pose = held_still(1275.0, 0.7)
    person = PersonFilter(1, "fake")
    body = person.update(Observation(pose, BOX, 0.9, ScaleSource.ASSUMED_HEIGHT), WHOLE, 0.0, Settings())
    j = BODY.index["left_wrist"]
    assert body.states[j] == JointState.PREDICTED
    np.testing.assert_allclose(body.pixels[j], WHOLE.project(pose.points[K["left_wrist"]]), atol=1.0)


def test_a_limb_that_is_beside_the_image_takes_what_follows_with_it():
    near = held_still(1260.0, 0.97, left_elbow=1300.0)
    assert judged(ImageBorder(), near) < LEAST
    back_inside = held_still(1000.0, 0.97, left_elbow=1300.0)
    assert judged(ImageBorder(), back_inside) == 0.97


def test_what_was_beside_the_image_must_come_further_in():
    returning = held_still(1240.0, 0.6)
    assert judged(ImageBorder(), returning) == 0.6
    border = ImageBorder()
    judged(border, held_still(1285.0, 0.9))
    assert judged(border, returning, 0.03) < LEAST
    assert judged(border, held_still(1150.0, 0.6), 0.06) == 0.6
    assert judged(border, returning, 0.09) == 0.6


@pytest.mark.parametrize("later_s", [-1.0, 0.6])
def test_a_gap_forgets(later_s):
    border = ImageBorder()
    judged(border, held_still(1285.0, 0.9), 5.0)
    assert judged(border, held_still(1240.0, 0.6), 5.0 + later_s) == 0.6


def test_nothing_is_made_surer():
    moving, _ = with_pixels_invented(with_noise(clip("walk_out", 6.0)), WHOLE)
    border = ImageBorder()
    for t, pose in moving.poses():
        assert (border.judged(pose, WHOLE, t, LEAST).confidence <= pose.confidence).all()


# -- people


@pytest.mark.skipif(not TAIJI.exists(), reason=f"no video {TAIJI}")
def test_limbs_of_a_real_person_that_leave_a_crop(monkeypatch):
    """The network on the whole image tells where joints truly are, also those beside the crop."""
    estimator, seen_at_all = BlazePoseEstimator(), {}
    judge = ImageBorder.judged

    def noted(border, pose, camera, time_s, least):
        seen_at_all[camera.width] = pose.confidence >= least
        return judge(border, pose, camera, time_s, least)

    monkeypatch.setattr(ImageBorder, "judged", noted)
    narrow = cropped(480, 0, 720, 720)
    pipelines = [Pipeline(estimator, Settings(max_people=1), lambda: 0.0) for _ in range(2)]
    tracked, sure = [], []
    for i, bgr in itertools.islice(video(first=316), 36):
        frames = [
            pipeline.process(CameraImage(Bitmap(np.ascontiguousarray(image)), i / 24.0, camera))
            for pipeline, image, camera in zip(
                pipelines, (bgr, bgr[:, 480:720]), (WHOLE, narrow), strict=True
            )
        ]
        if not all(frame.bodies for frame in frames):
            continue
        whole, seen = (frame.bodies[0] for frame in frames)
        for name in LIMBS:
            j = BODY.index[name]
            x = whole.pixels[j, 0] - 480.0
            room = min(x, 240.0 - x)
            if whole.states[j] == JointState.TRACKED and abs(room) > 12.0:
                is_tracked = seen.states[j] == JointState.TRACKED
                (tracked if room < 0.0 else sure).append((is_tracked, seen_at_all[240][K[name]]))
    estimator.close()
    beside, within = np.array(tracked), np.array(sure)
    assert len(beside) > 100
    assert beside[:, 0].mean() < 0.05
    assert (~within[within[:, 1], 0]).mean() < 0.03
