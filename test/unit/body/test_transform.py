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

"""Poses as seen from another frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.pose import IMAGE_UP, Frame, JointState
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.body.transform import image_of, transformed
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rigid_transform import RigidTransform
from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    normalize,
    quat_multiply,
    quat_rotate,
)
from frankmocap_ros.synthetic.human import scene
from support.bodies import body_of

FIGURE = scene("wave", 3.0)[0]


def frame_of(**changes):
    return Frame(0, 1.0, (body_of(FIGURE, **changes),), 1, {}, Camera.from_fov(64, 48, 60.0))


def placement(seed):
    rng = np.random.default_rng(seed)
    return RigidTransform(rng.normal(0.0, 3.0, 3), normalize(rng.normal(size=4)))


@given(st.integers(0, 2**32 - 1))
def test_there_and_back_and_true_in_between(seed):
    """The moved body is the figure moved as a whole: the same tree from the moved root gives it."""
    there, frame = placement(seed), frame_of()
    body = transformed(frame, there, "base").bodies[0]
    positions, orientations = forward_kinematics(
        BODY_WITH_HANDS, body.positions[0], body.local_rotations_xyzw, FIGURE.offsets
    )
    np.testing.assert_allclose(body.positions, positions, atol=1e-9)
    same = np.abs(np.einsum("ni,ni->n", body.orientations_xyzw, orientations))
    np.testing.assert_allclose(same, 1.0, atol=1e-9)
    again = transformed(transformed(frame, there, "base"), there.inverse(), "cam")
    np.testing.assert_allclose(again.bodies[0].positions, FIGURE.positions, atol=1e-9)
    np.testing.assert_allclose(again.up, IMAGE_UP, atol=1e-12)
    np.testing.assert_array_equal(transformed(frame, there, "base").camera_position, there.translation)
    np.testing.assert_allclose(again.camera_position, 0.0, atol=1e-12)


def test_what_is_not_known_stays_blank_and_nothing_is_written_to():
    states = np.full(len(BODY_WITH_HANDS), JointState.TRACKED, np.uint8)
    blank = [0, 5, 20]
    states[blank] = JointState.INVALID
    positions, rotations = FIGURE.positions.copy(), FIGURE.orientations_xyzw.copy()
    local = FIGURE.local_rotations_xyzw.copy()
    positions[blank], rotations[blank], local[blank] = 0.0, IDENTITY_XYZW, IDENTITY_XYZW
    arrays = {"positions": positions, "orientations_xyzw": rotations, "local_rotations_xyzw": local}
    for array in arrays.values():
        array.flags.writeable = False
    frame = frame_of(states=states, **arrays)
    other = transformed(frame, placement(1), "base")
    assert (frame.frame_id, other.frame_id) == ("", "base")
    body = other.bodies[0]
    for name, array in arrays.items():
        np.testing.assert_array_equal(getattr(body, name)[blank], array[blank])
    assert np.abs(body.positions[1] - positions[1]).max() > 0.1
    np.testing.assert_array_equal(body.local_rotations_xyzw, local)
    np.testing.assert_array_equal(body.pixels, frame.bodies[0].pixels)


def test_up_turns_with_the_poses():
    looking_along_x = quat_multiply(IDENTITY_XYZW, np.array([-0.5, 0.5, -0.5, 0.5]))
    other = transformed(frame_of(), RigidTransform(np.zeros(3), looking_along_x), "base")
    np.testing.assert_allclose(other.up, [0.0, 0.0, 1.0], atol=1e-12)
    head, foot = (other.bodies[0].positions[BODY_WITH_HANDS.index[n]] for n in ("head", "left_foot"))
    assert head[2] - foot[2] > 1.0


@given(st.integers(0, 2**32 - 1))
def test_points_are_seen_in_the_same_place_wherever_they_are_told(seed):
    """Also after two changes of the coordinate frame."""
    rng = np.random.default_rng(seed)
    frame = frame_of()
    points = rng.uniform((-1.0, -1.0, 1.0), (1.0, 1.0, 3.0), (7, 3))
    np.testing.assert_array_equal(image_of(points, frame), frame.camera.project(points))
    moved, there = frame, points
    for place in (placement(seed), placement(seed + 1)):
        moved = transformed(moved, place, "base")
        there = quat_rotate(place.rotation_xyzw, there) + place.translation
    np.testing.assert_allclose(image_of(there, moved), image_of(points, frame), atol=1e-6)
