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

"""Rotations against their definitions, frames for any input, and the camera against its own inverse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    cross,
    dot,
    frames,
    normalize,
    quat_conjugate,
    quat_from_matrix,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_matrix,
    quat_to_rotvec,
)

seeds = st.integers(0, 2**32 - 1)
vectors = hnp.arrays(float, (5, 3), elements=st.floats(-1e6, 1e6, allow_subnormal=True))
directions = st.builds(lambda seed: normalize(np.random.default_rng(seed).normal(size=3)), seeds)
# angles where formulas lose digits, and everything between them
angles = st.one_of(
    st.floats(0.0, math.pi),
    st.sampled_from([0.0, 5e-324, 1e-300, 1e-16, 1e-12, 1e-9, 1e-8, 1e-6]),
    st.sampled_from([0.0, 1e-16, 1e-15, 1e-12, 1e-9, 1e-8, 1e-6]).map(lambda e: math.pi - e),
)


def random_quaternions(seed, *shape):
    return normalize(np.random.default_rng(seed).normal(size=(*shape, 4)))


def assert_same_rotation(a, b, atol=1e-12):
    np.testing.assert_allclose(np.abs(dot(a, b)), 1.0, atol=atol)
    np.testing.assert_allclose(quat_to_matrix(a), quat_to_matrix(b), atol=1e3 * atol)


def assert_proper(matrices, atol=1e-9):
    eye = np.broadcast_to(np.eye(3), matrices.shape)
    np.testing.assert_allclose(np.swapaxes(matrices, -1, -2) @ matrices, eye, atol=atol)
    np.testing.assert_allclose(np.linalg.det(matrices), 1.0, atol=atol)


# -- vectors


@given(vectors, vectors)
def test_products_are_numpys(a, b):
    scale = 1e-12 * (1.0 + np.abs(a).max() * np.abs(b).max())
    np.testing.assert_allclose(cross(a, b), np.cross(a, b), atol=scale)
    np.testing.assert_allclose(dot(a, b), np.sum(a * b, axis=-1), atol=scale)


def test_products_broadcast():
    a, b = np.arange(3.0), np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_array_equal(cross(a, b), np.cross(a, b))
    np.testing.assert_array_equal(cross(b, a), np.cross(b, a))
    assert cross(a, a[::-1]).shape == (3,)


@given(vectors)
def test_normalized_vectors_have_length_one_and_the_old_direction(v):
    length = np.sqrt(np.sum(v * v, axis=-1))
    unit = normalize(v)
    assert np.isfinite(unit).all()
    long = length > 1e-140
    np.testing.assert_allclose(np.linalg.norm(unit[long], axis=-1), 1.0, atol=1e-12)
    np.testing.assert_allclose(unit[long] * length[long, None], v[long], rtol=1e-9, atol=1e-200)


def test_zero_vectors_stay_zero():
    np.testing.assert_array_equal(normalize(np.zeros((2, 3))), np.zeros((2, 3)))


# -- quaternions


@given(directions, angles)
def test_rotation_vectors_round_trip_to_and_beyond_half_a_turn(axis, angle):
    rotvec = axis * angle
    q = quat_from_rotvec(rotvec)
    assert dot(q, q) == pytest.approx(1.0, abs=1e-15)
    back = quat_to_rotvec(q)
    assert np.linalg.norm(back) <= math.pi + 1e-12
    if angle < math.pi - 1e-7:
        np.testing.assert_allclose(back, rotvec, rtol=1e-9, atol=1e-15)
    else:  # the axis and its opposite are one rotation
        assert_same_rotation(quat_from_rotvec(back), q)
    np.testing.assert_allclose(quat_to_rotvec(-q), back, atol=1e-7 if angle > math.pi - 1e-7 else 1e-12)


def test_identity_in_every_form():
    np.testing.assert_array_equal(quat_from_rotvec(np.zeros(3)), IDENTITY_XYZW)
    np.testing.assert_array_equal(quat_to_rotvec(IDENTITY_XYZW), np.zeros(3))
    np.testing.assert_array_equal(quat_to_matrix(IDENTITY_XYZW), np.eye(3))
    np.testing.assert_array_equal(quat_from_matrix(np.eye(3)), IDENTITY_XYZW)


def test_identity_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        IDENTITY_XYZW[0] = 1.0


@given(directions, angles, seeds)
def test_rotating_by_a_rotation_vector_is_rodrigues_formula(axis, angle, seed):
    v = np.random.default_rng(seed).normal(size=3)
    expected = (
        v * math.cos(angle)
        + np.cross(axis, v) * math.sin(angle)
        + axis * (axis @ v) * (1.0 - math.cos(angle))
    )
    q = quat_from_rotvec(axis * angle)
    np.testing.assert_allclose(quat_rotate(q, v), expected, atol=1e-13)
    np.testing.assert_allclose(quat_to_matrix(q) @ v, expected, atol=1e-13)


def test_quarter_turn_about_z_takes_x_to_y():
    q = quat_from_rotvec(np.array([0.0, 0.0, math.pi / 2.0]))
    np.testing.assert_allclose(q, [0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5)], atol=1e-15)
    np.testing.assert_allclose(quat_rotate(q, np.array([1.0, 0.0, 0.0])), [0.0, 1.0, 0.0], atol=1e-15)


@given(seeds)
def test_product_applies_the_right_one_first(seed):
    a, b = random_quaternions(seed, 2, 7)
    v = np.random.default_rng(seed).normal(size=(7, 3))
    product = quat_multiply(a, b)
    np.testing.assert_allclose(quat_to_matrix(product), quat_to_matrix(a) @ quat_to_matrix(b), atol=1e-13)
    np.testing.assert_allclose(quat_rotate(product, v), quat_rotate(a, quat_rotate(b, v)), atol=1e-13)


@given(seeds)
def test_conjugate_is_the_inverse(seed):
    q = random_quaternions(seed, 7)
    identity = np.broadcast_to(IDENTITY_XYZW, q.shape)
    np.testing.assert_allclose(quat_multiply(q, quat_conjugate(q)), identity, atol=1e-15)
    np.testing.assert_allclose(quat_multiply(quat_conjugate(q), q), identity, atol=1e-15)


@given(directions, angles)
def test_matrices_round_trip_near_identity_and_half_a_turn(axis, angle):
    q = quat_from_rotvec(axis * angle)
    m = quat_to_matrix(q)
    assert_proper(m, 1e-14)
    back = quat_from_matrix(m)
    assert back[3] >= 0.0
    assert_same_rotation(back, q, 1e-15)


@pytest.mark.parametrize("axis", [*np.eye(3).tolist(), [1.0, 1.0, 0.0], [0.0, -1.0, 1.0], [1.0, 1.0, 1.0]])
def test_half_a_turn_exactly(axis):
    axis = normalize(np.array(axis))
    m = 2.0 * np.outer(axis, axis) - np.eye(3)
    assert_same_rotation(quat_from_matrix(m), np.append(axis, 0.0))


@given(seeds)
def test_any_leading_shape(seed):
    q = random_quaternions(seed, 2, 3)
    m = quat_to_matrix(q)
    assert m.shape == (2, 3, 3, 3)
    assert quat_from_matrix(m).shape == quat_multiply(q, q[0]).shape == (2, 3, 4)
    for i in range(2):
        for j in range(3):
            np.testing.assert_allclose(quat_to_matrix(q[i, j]), m[i, j], atol=1e-15)
            np.testing.assert_allclose(quat_from_matrix(m[i, j]), quat_from_matrix(m)[i, j], atol=1e-15)


# -- frames


@given(vectors, vectors)
def test_frames_are_proper_for_any_input(primary, secondary):
    result = frames(primary, secondary)
    assert_proper(result)
    long = np.linalg.norm(primary, axis=-1) > 1e-140
    np.testing.assert_allclose(result[long, :, 0], normalize(primary)[long], atol=1e-12)


@given(seeds)
def test_frames_hold_both_directions(seed):
    primary, secondary = np.random.default_rng(seed).normal(size=(2, 9, 3))
    result = frames(primary, secondary)
    assert (dot(result[..., 1], secondary) > 0.0).all()
    np.testing.assert_allclose(
        dot(result[..., 2], secondary), 0.0, atol=1e-12
    )  # secondary lies in their plane
    np.testing.assert_allclose(dot(result[..., 2], primary), 0.0, atol=1e-12)


X, ZERO = [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("primary", "secondary"),
    [
        (ZERO, ZERO), (X, ZERO), (ZERO, X), (X, X), (X, [-3.0, 0.0, 0.0]), (X, [1.0, 1e-9, 0.0]),
        ([1e-170] * 3, [1e-170, 0.0, 0.0]), ([3e-162, 0.0, 0.0], X), ([1e150] * 3, [1e150, 0.0, 0.0]),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0 + 1e-15]), ([0.3, -0.4, 0.5], [-0.3, 0.4, -0.5]),
    ],
)  # fmt: skip
def test_frames_of_degenerate_input_are_proper(primary, secondary):
    assert_proper(frames(np.array(primary), np.array(secondary)))
    mixed = frames(np.array([primary, X]), np.array([secondary, [0.0, 2.0, 0.0]]))
    assert_proper(mixed)
    np.testing.assert_allclose(mixed[1], np.eye(3), atol=1e-15)  # one bad row does not touch the others


# -- cameras


@given(seeds, st.floats(10.0, 170.0))
def test_rays_undo_projection(seed, fov_deg):
    rng = np.random.default_rng(seed)
    camera = Camera(*rng.uniform(100.0, 2000.0, 2), *rng.uniform(0.0, 1000.0, 2), 640, 480)
    camera = camera if seed % 2 else Camera.from_fov(640, 480, fov_deg)
    points = rng.normal((0.0, 0.0, 8.0), 1.0, (4, 6, 3))
    rays = camera.rays(camera.project(points))
    np.testing.assert_allclose(rays * points[..., 2:], points[..., :2], atol=1e-10)


def test_pixels_grow_right_and_down():
    camera = Camera.from_fov(640, 480, 60.0)
    np.testing.assert_allclose(camera.project(np.array([0.0, 0.0, 2.0])), [320.0, 240.0])
    right, down = camera.project(np.array([[0.1, 0.0, 2.0], [0.0, 0.1, 2.0]]))
    assert right[0] > 320.0
    assert right[1] == 240.0
    assert down[1] > 240.0
    assert down[0] == 320.0


def test_field_of_view_reaches_the_edges():
    camera = Camera.from_fov(640, 480, 90.0)
    np.testing.assert_allclose(camera.project(np.array([2.0, 0.0, 2.0])), [640.0, 240.0])
    np.testing.assert_allclose(camera.project(np.array([-2.0, 0.0, 2.0])), [0.0, 240.0], atol=1e-12)
    assert camera.fx == camera.fy


@pytest.mark.parametrize("z", [0.0, -1.0, -1e9])
def test_points_at_or_behind_the_camera_give_finite_pixels(z):
    camera = Camera.from_fov(640, 480, 60.0)
    near = camera.project(np.array([0.1, -0.1, 1e-3]))
    np.testing.assert_array_equal(camera.project(np.array([0.1, -0.1, z])), near)


def test_scaled_camera_sees_the_same():
    camera = Camera(700.0, 710.0, 600.0, 340.0, 1280, 720)
    small = camera.scaled_to(640, 180)
    assert (small.width, small.height) == (640, 180)
    points = np.random.default_rng(0).normal((0.0, 0.0, 8.0), 1.0, (9, 3))
    np.testing.assert_allclose(small.project(points), camera.project(points) * (0.5, 0.25))
