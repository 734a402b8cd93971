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

"""MoveNet: where it looks, and what a network paints, in the image's pixels."""

import numpy as np
import pytest
from onnx import TensorProto

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.movenet.crop import next_region, whole_image
from frankmocap_ros.estimators.movenet.estimator import make_movenet
from frankmocap_ros.geometry.boxes import Region
from support.small_networks import blank_view, network, written

SIDE = 64
WIDTH, HEIGHT = 640, 360
AT = COCO_17.index


def pose(**points):
    """Keypoints in the image by name, all others unsure in the middle of the hips."""
    pixels, scores = np.full((17, 2), (320.0, 180.0)), np.full(17, 0.05)
    for name, at in points.items():
        pixels[AT[name]], scores[AT[name]] = at, 0.9
    return pixels, scores


# --- the published crop --------------------------------------------------------------------------


def test_crop_by_the_torso():
    pixels, scores = pose(
        left_hip=(330, 180), right_hip=(310, 180), left_shoulder=(340, 130), right_shoulder=(300, 130)
    )
    region = next_region(pixels, scores, (WIDTH, HEIGHT))
    np.testing.assert_allclose(region.center_px, (320.0, 180.0))
    assert region.side_px == pytest.approx(2 * 1.9 * 50.0)  # 95 is more than 1.2 times 50


def test_crop_by_the_body():
    pixels, scores = pose(
        left_hip=(330, 180), right_hip=(310, 180), left_shoulder=(340, 130), left_wrist=(420, 180)
    )
    region = next_region(pixels, scores, (WIDTH, HEIGHT))
    assert region.side_px == pytest.approx(2 * 1.2 * 100.0)
    scores[AT["left_wrist"]] = 0.19  # too unsure to count
    assert next_region(pixels, scores, (WIDTH, HEIGHT)).side_px == pytest.approx(2 * 1.9 * 50.0)


def test_crop_is_no_larger_than_the_way_to_the_image_s_edge():
    pixels, scores = pose(left_hip=(290, 180), right_hip=(290, 180), left_shoulder=(290, 20))
    assert next_region(pixels, scores, (600, 360)).side_px == 600.0  # 608 px are the whole image
    pixels, scores = pose(left_hip=(290, 180), right_hip=(290, 180), left_shoulder=(290, 30))
    assert next_region(pixels, scores, (600, 360)).side_px == pytest.approx(2 * 1.9 * 150.0)
    assert next_region(pixels, scores, (420, 360)).side_px == 420.0


@pytest.mark.parametrize("seen", [("left_hip", "right_hip"), ("left_shoulder", "nose"), ()])
def test_whole_image_without_a_torso(seen):
    region = next_region(*pose(**dict.fromkeys(seen, (100.0, 100.0))), (WIDTH, HEIGHT))
    np.testing.assert_allclose(region.center_px, (320.0, 180.0))
    assert region.side_px == 640.0


# --- the networks --------------------------------------------------------------------------------


def single(folder, scores=0.9):
    """A network that sees a standing person in the middle of every crop."""
    found = np.zeros((1, 1, 17, 3), np.float32)
    found[..., 0], found[..., 1] = np.linspace(0.2, 0.8, 17), np.linspace(0.4, 0.6, 17)
    found[..., 2] = scores
    model = network({"out": found}, (1, SIDE, SIDE, 3), TensorProto.INT32)
    return make_movenet(written(folder / "single.onnx", model)), found[0, 0]


def test_single_pose_in_a_region(tmp_path):
    made, found = single(tmp_path)
    region = Region(np.array([200.0, 100.0]), 120.0)
    (person,) = made.estimate(blank_view(WIDTH, HEIGHT), [region])
    wanted = region.center_px + 120.0 * (found[:, 1::-1] - 0.5)
    for name in ("nose", "left_wrist", "right_ankle"):
        np.testing.assert_allclose(person.pose.pixels[KEYPOINTS.index(name)], wanted[AT[name]], atol=1e-3)
    assert person.pose.confidence[KEYPOINTS.index("left_foot")] == 0.0
    expected = next_region(wanted, found[:, 2], (WIDTH, HEIGHT))
    np.testing.assert_allclose(person.region.center_px, expected.center_px, atol=1e-3)
    assert person.region.side_px == pytest.approx(expected.side_px, rel=1e-5)
    made.close()


def test_single_pose_looks_at_the_whole_image_first_and_then_closer(tmp_path):
    made, found = single(tmp_path)
    image = blank_view(WIDTH, HEIGHT)
    (region,) = made.detect(image, 1)
    assert region.side_px == whole_image((WIDTH, HEIGHT)).side_px == 640.0
    first = 640.0 * (found[:, 1::-1] - 0.5) + (320.0, 180.0)
    closer = next_region(first, found[:, 2], (WIDTH, HEIGHT))
    (person,) = made.estimate(image, [region])
    if closer.side_px < 0.6 * 640.0:
        first = closer.center_px + closer.side_px * (found[:, 1::-1] - 0.5)
    nose = person.pose.pixels[KEYPOINTS.index("nose")]
    np.testing.assert_allclose(nose, first[AT["nose"]], atol=1e-3)
    made.close()


def test_single_pose_sees_nobody_where_nothing_is_sure(tmp_path):
    made, _ = single(tmp_path, 0.1)
    image = blank_view(WIDTH, HEIGHT)
    assert made.estimate(image, made.detect(image, 1)) == [None]
    assert made.estimate(image, [Region(np.array([np.nan, 0.0]), 100.0)]) == [None]
    assert made.estimate(image, []) == []
    made.close()


def test_several_cameras_give_what_each_gives_alone(tmp_path):
    made, _ = single(tmp_path)
    views = [
        (blank_view(WIDTH, HEIGHT), [Region(np.array([200.0, 100.0]), 120.0)]),
        (blank_view(WIDTH, HEIGHT), []),
        (blank_view(320, 240), [Region(np.array([100.0, 90.0]), 60.0)]),
    ]
    together = made.estimate_views(views)
    assert [len(people) for people in together] == [1, 0, 1]
    for (image, regions), people in zip(views, together, strict=True):
        for one, alone in zip(people, made.estimate(image, regions), strict=True):
            np.testing.assert_array_equal(one.pose.pixels, alone.pose.pixels)
    made.close()


def test_multi_pose(tmp_path):
    found = np.zeros((1, 6, 56), np.float32)
    for n, score in enumerate((0.8, 0.5, 0.05)):
        points = found[0, n, :51].reshape(17, 3)
        points[:, 0], points[:, 1], points[:, 2] = np.linspace(0.3, 0.7, 17), 0.2 + 0.3 * n, 0.7
        found[0, n, 55] = score
    model = network({"people": found}, (1, SIDE, SIDE, 3), TensorProto.INT32)
    made = make_movenet(written(tmp_path / "multi.onnx", model))
    assert (made.capabilities.max_people, made.capabilities.needs_regions) == (6, False)
    people = made.estimate(blank_view(WIDTH, HEIGHT), made.detect(blank_view(WIDTH, HEIGHT), 6))
    assert len(people) == 2
    for n, person in enumerate(people):
        # 64 px are 640 of the image, which lies 14 px below the square's edge
        x = (0.2 + 0.3 * n) * 640.0 - 0.5
        np.testing.assert_allclose(person.pose.pixels[0], (x, (0.3 * 64.0 - 14.0) * 10.0 - 0.5), atol=0.1)
    made.close()


def test_another_network_says_both_kinds(tmp_path):
    path = written(tmp_path / "net.onnx", network({"out": np.zeros((1, 5), np.float32)}))
    with pytest.raises(AssetError, match=r"Expected: single pose: .*; or multi pose: .*\(N, P, 56\)"):
        make_movenet(path)
