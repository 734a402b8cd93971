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

"""Covariances and ellipsoids along lines of sight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.covariance import ellipsoids, lines_of_sight, pose_covariance
from frankmocap_ros.geometry.rotation import normalize, quat_rotate, quat_to_matrix

numbers = st.floats(-3.0, 3.0)
points = st.tuples(numbers, numbers, numbers).map(np.array)
deviations = st.tuples(st.floats(0.001, 1.0), st.floats(0.001, 1.0)).map(np.array)


@given(points, deviations, points)
def test_the_position_varies_as_stated(position, stddev, camera):
    covariance = pose_covariance(position, stddev, camera, oriented=True)
    np.testing.assert_allclose(covariance, covariance.T)
    across, along = stddev
    values = np.linalg.eigvalsh(covariance[:3, :3])
    np.testing.assert_allclose(values, sorted((across**2, across**2, along**2)), atol=1e-12)
    sight = lines_of_sight(position[None], camera)[0]
    assert sight @ covariance[:3, :3] @ sight == pytest.approx(along**2)


@given(points, deviations, points, st.integers(0, 2**32 - 1))
def test_it_turns_with_the_frame(position, stddev, camera, seed):
    """What is published in another frame is the ellipsoid of the camera's, seen from there."""
    rng = np.random.default_rng(seed)
    rotation, move = normalize(rng.normal(size=4)), rng.normal(size=3)
    if np.linalg.norm(position - camera) < 1e-3:
        return
    turn = quat_to_matrix(rotation)
    here = pose_covariance(position, stddev, camera, oriented=True)[:3, :3]
    place = quat_rotate(rotation, np.array((position, camera))) + move
    there = pose_covariance(place[0], stddev, place[1], oriented=True)[:3, :3]
    np.testing.assert_allclose(there, turn @ here @ turn.T, atol=1e-9)


@given(st.lists(points, min_size=1, max_size=4).map(np.array), points)
def test_ellipsoids_have_their_long_axis_along_the_line_of_sight(positions, camera):
    stddev = np.tile((0.02, 0.1), (len(positions), 1))
    found = ellipsoids(positions, stddev, camera)
    x = quat_rotate(found.orientations_xyzw, np.array((1.0, 0.0, 0.0)))
    np.testing.assert_allclose(x, lines_of_sight(positions, camera), atol=1e-7)
    np.testing.assert_array_equal(found.radii, np.tile((0.1, 0.02, 0.02), (len(positions), 1)))


def test_what_is_unknown_has_no_ellipsoid():
    stddev = np.array(((0.1, 0.2), (np.nan, 0.2), (0.1, np.nan), (0.0, 0.0), (np.inf, 0.1), (0.3, 0.4)))
    found = ellipsoids(np.arange(18.0).reshape(6, 3), stddev, np.zeros(3))
    assert found.rows.tolist() == [0, 5]
    assert found.positions.tolist() == [[0.0, 1.0, 2.0], [15.0, 16.0, 17.0]]
    none = ellipsoids(np.zeros((2, 3)), np.full((2, 2), np.nan), np.zeros(3))
    assert none.orientations_xyzw.shape == (0, 4) and none.radii.shape == (0, 3)


def test_a_point_in_the_camera_has_a_direction():
    np.testing.assert_array_equal(lines_of_sight(np.zeros((1, 3)), np.zeros(3)), [[0.0, 0.0, 1.0]])
