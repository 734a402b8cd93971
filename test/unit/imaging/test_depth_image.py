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

"""What a depth camera says of a person; left out where it is missing, on an edge, or something else."""

import numpy as np
import pytest

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.depth_image import TORSO, DepthImage, at_limbs, at_torso, thickness, torso_ratio
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.render_depth import render_depth
from frankmocap_ros.synthetic.render_rgb import WALL_M, render

CAMERA = Camera.from_fov(640, 480, 60.0)
INDEX = BODY_WITH_HANDS.index
FIGURE = scene("wave", 1.0)[0]
CORNERS = FIGURE.positions[[INDEX[name] for name in TORSO]]
CORNERS_PX = CAMERA.project(CORNERS)


def depth_of_figure(**options):
    return DepthImage(render_depth([FIGURE], CAMERA, random=np.random.default_rng(1), **options))


def test_the_rendered_depth_is_of_what_is_drawn():
    depth, image = render_depth([FIGURE], CAMERA), render([FIGURE], CAMERA)
    room = render([], CAMERA)
    person, drawn = depth < 0.9 * np.minimum(render_depth([], CAMERA), 3.0), (image != room).any(axis=2)
    both = (person & drawn).sum() / (person | drawn).sum()
    assert both > 0.85  # the picture's torso has flat sides
    assert depth[5, 5] == WALL_M
    wrist = FIGURE.positions[INDEX["right_wrist"]]
    x, y = CAMERA.project(wrist).astype(int)
    assert depth[y, x] == pytest.approx(wrist[2] - 0.02 * FIGURE.height_m, abs=0.01)


@pytest.mark.parametrize("noise, holes", [(0.02, 0.0), (0.0, 0.1)])
def test_noise_and_holes_are_as_much_as_asked(noise, holes):
    clean = render_depth([FIGURE], CAMERA)
    depth = render_depth([FIGURE], CAMERA, noise, holes, np.random.default_rng(0))
    assert np.isnan(depth).mean() == pytest.approx(holes, abs=0.01)
    assert np.nanstd(depth / clean - 1.0) == pytest.approx(noise, abs=0.001)


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (1280, 960)])
@pytest.mark.parametrize("kind", [np.float32, np.uint16])
def test_values_are_metres_in_the_pixels_of_the_image(kind, size):
    width, height = size
    values = np.full((height, width), 3.0 if kind == np.float32 else 3000, kind)
    values[: height // 2] = 2.0 if kind == np.float32 else 2000
    found = DepthImage(values).at(np.array([[0.0, 0.0], [639.9, 239.9], [100.0, 240.0]]), CAMERA)
    assert found == pytest.approx([2.0, 2.0, 3.0])


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -np.inf, -1.0, 1e30])
def test_what_is_not_measured_is_nan(value):
    values = np.full((480, 640), value, np.float32)
    assert np.isnan(DepthImage(values).at(np.array([10.0, 10.0]), CAMERA))
    assert torso_ratio(DepthImage(values), CORNERS, CAMERA) is None


@pytest.mark.parametrize("pixel", [(-0.1, 5.0), (5.0, -0.1), (640.0, 5.0), (5.0, 480.0), (1e9, -1e9)])
def test_beside_the_image_nothing_is_known(pixel):
    assert np.isnan(DepthImage(np.ones((480, 640), np.float32)).at(np.array(pixel), CAMERA))


@pytest.mark.parametrize("taken", [0.7, 1.0, 1.4])
def test_the_torso_tells_how_much_further_away_it_is_than_it_was_taken_for(taken):
    ratio = torso_ratio(depth_of_figure(noise=0.02, holes=0.1), CORNERS * taken, CAMERA)
    assert ratio * taken == pytest.approx(1.0, abs=0.008)


def test_an_arm_before_the_chest_does_not_pull_the_torso():
    values = depth_of_figure().values.copy()
    low, high = CORNERS_PX.min(axis=0), CORNERS_PX.max(axis=0)
    y = round(0.5 * (low[1] + high[1]))
    values[y - 12 : y + 12, : round(high[0])] -= 0.25
    assert torso_ratio(DepthImage(values), CORNERS, CAMERA) == pytest.approx(1.0, abs=0.008)


def test_a_torso_that_is_mostly_hidden_is_not_measured():
    values = depth_of_figure().values.copy()
    (x0, y0), (x1, y1) = CORNERS_PX.min(axis=0).astype(int), CORNERS_PX.max(axis=0).astype(int)
    values[y0 : y0 + round(0.85 * (y1 - y0)), x0:x1] = np.nan
    assert torso_ratio(DepthImage(values), CORNERS, CAMERA) is None


def test_samples_on_an_edge_are_left_out():
    values = np.full((480, 640), 2.0, np.float32)
    values[:, 320:] = 3.0
    corners = np.array([[360.0, 100.0], [280.0, 100.0], [280.0, 300.0], [360.0, 300.0]])
    skin = at_torso(DepthImage(values), corners, CAMERA)
    assert set(skin[np.isfinite(skin)]) == {2.0, 3.0}
    assert np.isnan(skin).any()


def test_a_torso_is_thicker_from_its_side():
    turned = CORNERS.copy()
    middle = CORNERS.mean(axis=0)
    offset = CORNERS - middle
    turned[:, 0], turned[:, 2] = middle[0] + offset[:, 2], middle[2] + offset[:, 0]
    assert thickness(turned) > 1.4 * thickness(CORNERS)


def wrist_seen(values, taken_z, window_m=0.4):
    points = np.array([[0.0, 0.0, taken_z]])
    z, found = at_limbs(DepthImage(values), points, np.array([0.03]), window_m, CAMERA)
    return z[0], bool(found[0])


def test_a_wrist_is_behind_its_skin():
    z, found = wrist_seen(np.full((480, 640), 2.0, np.float32), 2.2)
    assert found and z == pytest.approx(2.03)


def test_a_wrist_is_what_is_in_front_of_the_torso():
    values = np.full((480, 640), 2.5, np.float32)
    values[:, :322] = 2.2
    assert wrist_seen(values, 2.3)[0] == pytest.approx(2.23)


@pytest.mark.parametrize("value", [np.nan, 1.0, 4.0])
def test_something_far_from_a_wrist_is_not_it(value):
    assert wrist_seen(np.full((480, 640), value, np.float32), 2.2) == (2.2, False)
