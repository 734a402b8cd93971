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

"""Lenses: the same as OpenCV's, the other way round exactly, and whole where OpenCV's models end."""

import cv2
import numpy as np
import pytest

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import EQUIDISTANT, PLUMB_BOB, RATIONAL_POLYNOMIAL, Distortion

LENSES = {
    "webcam": Distortion(PLUMB_BOB, (-0.28, 0.09, 0.001, -0.0005, 0.0)),
    "barrel": Distortion(PLUMB_BOB, (-0.35, 0.0, 0.002, 0.001, 0.0)),
    "pincushion": Distortion(PLUMB_BOB, (0.2, 0.05, 0.0, 0.0, 0.0)),
    "kinect": Distortion(RATIONAL_POLYNOMIAL, (0.45, -2.6, 0.0004, -0.0003, 1.5, 0.33, -2.4, 1.4)),
    "tilted": Distortion(
        RATIONAL_POLYNOMIAL, (-0.28, 0.09, 0.001, -0.0005, 0.0, 0, 0, 0, 0.001, 0, 0.001, 0, 0.01, 0.02)
    ),
    "fisheye": Distortion(EQUIDISTANT, (-0.006, 0.04, -0.037, 0.006)),
    "plain fisheye": Distortion(EQUIDISTANT, (0.0, 0.0, 0.0, 0.0)),
}
WILD = {
    "folds": Distortion(PLUMB_BOB, (-0.3, -5.0, 0.0, 0.0, 9.0)),
    "grows": Distortion(PLUMB_BOB, (1e3, 1e8, 0.0, 0.0, 9.0)),
    "shrinks": Distortion(PLUMB_BOB, (-1e5, 0.0, 0.0, 0.0, 9.0)),
    "infinite": Distortion(RATIONAL_POLYNOMIAL, (0.0, 0.0, 0.0, 0.0, 0.0, -4.0, 0.0, 0.0)),
    "fisheye that folds": Distortion(EQUIDISTANT, (-1.0, 0.0, 0.0, 0.0)),
}
RNG = np.random.default_rng(2)
RAYS = RNG.uniform(-0.6, 0.6, (60, 2))  # 100 degrees across the corners


@pytest.mark.parametrize("name", LENSES)
def test_distortion_is_that_of_opencv(name):
    lens = LENSES[name]
    points = np.concatenate([RAYS, np.ones((60, 1))], axis=1)
    none, eye, d = np.zeros(3), np.eye(3), np.array(lens.coefficients, float)
    if lens.model == EQUIDISTANT:
        expected = cv2.fisheye.projectPoints(points[:, None], none, none, eye, d)[0]
    else:
        expected = cv2.projectPoints(points, none, none, eye, d)[0]
    np.testing.assert_allclose(lens.distorted(RAYS), expected.reshape(-1, 2), atol=1e-12)


@pytest.mark.parametrize("name", LENSES)
def test_the_other_way_round(name):
    lens = LENSES[name]
    assert lens.holds(RAYS).all()
    np.testing.assert_allclose(lens.undistorted(lens.distorted(RAYS)), RAYS, atol=1e-9)
    np.testing.assert_allclose(lens.distorted(lens.undistorted(0.7 * RAYS)), 0.7 * RAYS, atol=1e-9)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (0, 2), (3, 4, 2)])
@pytest.mark.parametrize("name", ["webcam", "fisheye"])
def test_any_shape(name, shape):
    rays = RNG.uniform(-0.3, 0.3, shape)
    lens = LENSES[name]
    assert lens.distorted(rays).shape == lens.undistorted(rays).shape == shape
    assert lens.holds(rays).shape == shape[:-1]


@pytest.mark.parametrize("name", [*LENSES, *WILD])
def test_what_is_further_out_stays_further_out(name):
    """A polynomial alone brings somebody beside the image back into it."""
    lens = (LENSES | WILD)[name]
    distances = np.geomspace(1e-4, 1e3, 400)
    for angle in np.linspace(0.0, 2 * np.pi, 7):
        rays = distances[:, None] * (np.cos(angle), np.sin(angle))
        seen = np.linalg.norm(lens.distorted(rays), axis=1)
        assert np.isfinite(seen).all()
        assert (np.diff(seen) > -1e-2 * np.diff(distances)).all()
        assert seen[-1] > 500.0
        assert np.isfinite(lens.undistorted(rays)).all()


def test_where_a_model_ends():
    assert LENSES["barrel"].holds(np.array([0.85, 0.0]))
    assert not LENSES["barrel"].holds(np.array([0.976, 0.0]))  # 1 - 3 k r^2 is 0 there: rays fold back
    assert not WILD["shrinks"].holds(RAYS).any()
    assert LENSES["plain fisheye"].holds(np.array([0.0, 11.0]))  # 84 degrees


# -- a camera with a lens


def camera_with(name):
    return Camera(610.0, 590.0, 325.0, 238.0, 640, 480, LENSES[name])


@pytest.mark.parametrize("name", LENSES)
def test_a_camera_is_opencvs(name):
    camera = camera_with(name)
    points = np.concatenate([RAYS, np.ones((60, 1))], axis=1) * RNG.uniform(1.0, 6.0, (60, 1))
    k = np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])
    d, none = np.array(camera.distortion.coefficients, float), np.zeros(3)
    if camera.distortion.model == EQUIDISTANT:
        expected = cv2.fisheye.projectPoints(points[:, None], none, none, k, d)[0]
    else:
        expected = cv2.projectPoints(points, none, none, k, d)[0]
    pixels = camera.project(points)
    np.testing.assert_allclose(pixels, expected.reshape(-1, 2), atol=1e-8)
    np.testing.assert_allclose(camera.rays(pixels), points[:, :2] / points[:, 2:], atol=1e-8)


@pytest.mark.parametrize("name", LENSES)
def test_a_smaller_image_of_the_same_lens(name):
    camera = camera_with(name)
    small = camera.scaled_to(320, 240)
    points = np.concatenate([RAYS, np.ones((60, 1))], axis=1)
    np.testing.assert_allclose(small.project(points), 0.5 * camera.project(points), atol=1e-9)


@pytest.mark.parametrize("name", LENSES)
def test_the_focal_length_at_a_ray_is_how_far_its_pixel_moves(name):
    camera = camera_with(name)
    for axis, step in enumerate(np.eye(2) * 1e-5):
        moved = camera.project(np.r_[RAYS[3] + step, 1.0]) - camera.project(np.r_[RAYS[3] - step, 1.0])
        assert camera.focal_px(RAYS)[3, axis] == pytest.approx(np.linalg.norm(moved) / 2e-5, rel=1e-4)
    assert camera.focal_px(np.zeros(2)) == pytest.approx([610.0, 590.0], rel=0.03)


def test_without_a_lens_the_focal_length_is_the_same_everywhere():
    assert Camera(610.0, 590.0, 325.0, 238.0, 640, 480).focal_px(RAYS).tolist() == [610.0, 590.0]


def test_the_field_of_view_is_that_of_the_lens():
    assert Camera.from_fov(640, 480, 60.0).fov_rad[0] == pytest.approx(np.radians(60.0))
    fisheye = Camera(300.0, 300.0, 320.0, 240.0, 640, 480, LENSES["plain fisheye"])
    assert fisheye.fov_rad == pytest.approx((640 / 300, 480 / 300))  # an angle a pixel
