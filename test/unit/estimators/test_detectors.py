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

"""Where BlazePose's networks look for who is followed."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import KeypointPose, Observation, ScaleSource
from frankmocap_ros.estimators.blazepose import making
from frankmocap_ros.estimators.detectors import BlazePoseDetector
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage

IMAGE = ScaledImage(Bitmap(np.zeros((480, 640, 3), np.uint8)), Camera.from_fov(640, 480, 60.0), False, 0.0)
BOX = np.array([200.0, 100.0, 100.0, 300.0])
OTHER = np.array([450.0, 120.0, 90.0, 280.0])


def shifted(x, y=0):
    return BOX + np.array([x, y, 0, 0])


class Fake:
    """Finds ``people`` (boxes) in the whole image, and where a region's middle lies in one of them."""

    def __init__(self, tell):
        self.people, self.searched, self.looked = [BOX], 0, []

    def warm_up(self):
        pass

    def detect(self, image, max_people):
        self.searched += 1
        return [self.region(box) for box in self.people][:max_people]

    @staticmethod
    def region(box):
        # around the hips, larger than the box, as BlazePose's are
        return Region(box[:2] + (0.5, 0.6) * box[2:], 1.4 * box[3], 0.1)

    def estimate(self, image, regions):
        self.looked += list(regions)
        return [self.seen(region) for region in regions]

    def seen(self, region):
        for box in self.people:
            if (np.abs(region.center_px - self.region(box).center_px) < 0.3 * box[2:]).all():
                pose = KeypointPose(np.zeros((21, 3)), np.ones(21))
                return Observation(pose, box, 0.9, ScaleSource.NONE, self.region(box))
        return None


@pytest.fixture
def detector(monkeypatch):
    monkeypatch.setattr(making, "make_blazepose_detector", Fake)
    return BlazePoseDetector()


def found(detector, *followed, max_people=1):
    regions = detector.detect(replace(IMAGE, followed=followed), max_people)
    return [region.box_xywh.tolist() for region in regions]


def test_who_is_followed_needs_no_search(detector):
    fake = detector._estimator
    assert found(detector) == [BOX.tolist()]
    fake.people = [shifted(8, -4)]
    for _ in range(3):
        assert found(detector, shifted(5)) == [fake.people[0].tolist()]
    assert fake.searched == 1


def test_the_region_goes_with_the_box(detector):
    """It moves and grows as the box of the follower did since the last look."""
    fake = detector._estimator
    found(detector)
    moved = np.array([215.0, 95.0, 110.0, 330.0])
    found(detector, moved)
    region, expected = fake.looked[-1], Fake.region(moved)
    assert np.abs(region.center_px - expected.center_px).max() < 4.0
    assert region.side_px == pytest.approx(1.1 * 1.4 * 300.0)
    assert region.rotation_rad == 0.1


@pytest.mark.parametrize(
    ("people", "followed"),
    [
        ([OTHER], [BOX]),  # gone, and somebody else is there
        ([BOX], [shifted(80)]),  # found beside where the follower believes to be
        ([BOX], [OTHER]),  # nobody was ever seen there
    ],
)
def test_the_whole_image_is_searched_where_both_disagree(detector, people, followed):
    found(detector)
    detector._estimator.people = people
    assert found(detector, *followed) == [people[0].tolist()]
    assert detector._estimator.searched == 2


def test_nobody_is_nobody(detector):
    found(detector)
    detector._estimator.people = []
    assert found(detector, BOX) == []


def test_more_people_than_are_followed_are_searched_for(detector):
    found(detector)
    detector._estimator.people = [BOX, OTHER]
    assert found(detector, BOX, max_people=2) == [BOX.tolist(), OTHER.tolist()]
    assert detector._estimator.searched == 2
    assert found(detector, BOX, OTHER, max_people=2) == [BOX.tolist(), OTHER.tolist()]
    assert detector._estimator.searched == 2


@pytest.mark.parametrize(("precision", "half"), [("auto", None), ("fp32", None), ("bf16", "bfloat16")])
def test_the_2d_pose_network_runs_in_float32_unless_asked_otherwise(monkeypatch, precision, half):
    """Nobody compares what fewer bits do to it, however fast they are on this machine."""
    torch = pytest.importorskip("torch")
    from frankmocap_ros.engines.torch_device import choose_torch_device

    how = choose_torch_device("cpu", precision)
    assert how.half == (getattr(torch, half) if half else None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_torch_device("auto", "auto").half is None
