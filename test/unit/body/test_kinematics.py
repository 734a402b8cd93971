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

"""Forward kinematics against a plain loop, and poses that give their own positions back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.from_keypoints import REST_DIRECTIONS, joint_confidence, joints_from_keypoints
from frankmocap_ros.body.kinematics import forward_kinematics, skeleton_of, solve
from frankmocap_ros.body.pose import KeypointPose, ModelPose
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, dot, normalize, quat_multiply, quat_rotate

seeds = st.integers(0, 2**32 - 1)
skeletons = st.sampled_from([BODY, BODY_WITH_HANDS])
LIMBS = tuple(
    f"{s}_{p}" for s in ("left", "right") for p in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)
ENDS = {
    "elbow": "shoulder",
    "wrist": "elbow",
    "hand": "wrist",
    "knee": "hip",
    "ankle": "knee",
    "foot": "ankle",
}


def random_pose(seed, skeleton):
    rng = np.random.default_rng(seed)
    n = len(skeleton)
    return ModelPose(
        rng.normal(size=3),
        normalize(rng.normal(size=(n, 4))),
        rng.normal(0.0, 0.2, (n, 3)),
        rng.uniform(size=n),
    )


def offsets_of(skeleton, posed):
    """Rest offsets: limbs along REST_DIRECTIONS by their bone's length, what is between as it is."""
    offsets = np.zeros_like(posed.positions)
    for j, (name, parent) in enumerate(zip(skeleton.names, skeleton.parents, strict=True)):
        if parent < 0:
            continue
        bone = posed.positions[j] - posed.positions[parent]
        side, _, part = name.partition("_")
        if part in ENDS:
            assert skeleton.names[parent] == f"{side}_{ENDS[part]}"
            offsets[j] = REST_DIRECTIONS[skeleton.names[parent]] * np.sqrt(bone @ bone)
        else:
            offsets[j] = quat_rotate(posed.orientations_xyzw[parent] * (-1.0, -1.0, -1.0, 1.0), bone)
    return offsets


@given(seeds, skeletons)
def test_forward_kinematics_is_a_walk_down_the_tree(seed, skeleton):
    pose = random_pose(seed, skeleton)
    positions, rotations = forward_kinematics(
        skeleton, pose.root_position, pose.local_rotations, pose.offsets
    )
    for j, parent in enumerate(skeleton.parents):
        if parent < 0:
            expected, rotation = pose.root_position, pose.local_rotations[j]
        else:
            expected = positions[parent] + quat_rotate(rotations[parent], pose.offsets[j])
            rotation = quat_multiply(rotations[parent], pose.local_rotations[j])
        np.testing.assert_allclose(positions[j], expected, atol=1e-12)
        np.testing.assert_allclose(np.abs(dot(rotations[j], rotation)), 1.0, atol=1e-12)


def test_rest_pose_adds_up_the_offsets():
    offsets = np.random.default_rng(0).normal(size=(24, 3))
    positions, rotations = forward_kinematics(
        BODY, np.array([1.0, 2.0, 3.0]), np.tile(IDENTITY_XYZW, (24, 1)), offsets
    )
    np.testing.assert_array_equal(rotations, np.tile(IDENTITY_XYZW, (24, 1)))
    chain = ["left_hip", "left_knee", "left_ankle", "left_foot"]
    rows = [BODY.index[name] for name in chain]
    np.testing.assert_allclose(positions[rows[-1]], np.array([1.0, 2.0, 3.0]) + offsets[rows].sum(axis=0))


def test_input_is_not_written_to():
    pose = random_pose(0, BODY)
    for array in (pose.root_position, pose.local_rotations, pose.offsets, pose.confidence):
        array.flags.writeable = False
    posed = solve(pose)
    posed.local_rotations_xyzw[:] = 0.0  # and what comes out is its own
    assert pose.local_rotations.any()


# -- from keypoints


def assert_limbs_come_back(points):
    """Joints' positions from local rotations, rest directions and bone lengths alone."""
    pose = KeypointPose(points, np.ones(len(points)))
    posed, skeleton = solve(pose), skeleton_of(pose)
    positions, rotations = forward_kinematics(
        skeleton, posed.positions[0], posed.local_rotations_xyzw, offsets_of(skeleton, posed)
    )
    rows = [skeleton.index[name] for name in LIMBS]
    error = positions[rows] - posed.positions[rows]
    assert np.sqrt(dot(error, error)).max() < 1e-6  # a thousandth of what is promised
    np.testing.assert_allclose(np.abs(dot(rotations, posed.orientations_xyzw)), 1.0, atol=1e-9)


@given(seeds, st.booleans())
def test_limbs_come_back_in_possible_postures(posture, seed, hands):
    assert_limbs_come_back(posture(seed, hands).points)


@given(seeds, st.sampled_from([21, 57]))
def test_limbs_come_back_for_garbage(seed, size):
    assert_limbs_come_back(np.random.default_rng(seed).normal(size=(size, 3)))


def test_limbs_come_back_in_the_rest_pose(rest_keypoints):
    assert_limbs_come_back(rest_keypoints)


@given(seeds, st.booleans())
def test_solve_is_keypoints_with_quaternions(posture, seed, hands):
    points = posture(seed, hands).points
    confidence = np.random.default_rng(seed).uniform(size=len(points))
    posed = solve(KeypointPose(points, confidence))
    positions, matrices = joints_from_keypoints(points, confidence)
    np.testing.assert_array_equal(posed.positions, positions)
    axes = np.eye(3)
    turned = quat_rotate(posed.orientations_xyzw[:, None], axes)  # rows are the turned axes
    np.testing.assert_allclose(np.swapaxes(turned, 1, 2), matrices, atol=1e-12)
    position, rotation = joint_confidence(confidence)
    np.testing.assert_array_equal(posed.confidence, position)
    np.testing.assert_array_equal(posed.orientation_confidence, rotation)


@given(seeds, st.booleans())
def test_local_rotations_multiply_up_to_the_global_ones(posture, seed, hands):
    pose = KeypointPose(posture(seed, hands).points, np.ones(57 if hands else 21))
    posed, skeleton = solve(pose), skeleton_of(pose)
    np.testing.assert_array_equal(posed.local_rotations_xyzw[0], posed.orientations_xyzw[0])
    for j, parent in enumerate(skeleton.parents[1:], start=1):
        product = quat_multiply(posed.orientations_xyzw[parent], posed.local_rotations_xyzw[j])
        np.testing.assert_allclose(np.abs(dot(product, posed.orientations_xyzw[j])), 1.0, atol=1e-12)
    np.testing.assert_allclose(dot(posed.local_rotations_xyzw, posed.local_rotations_xyzw), 1.0, atol=1e-12)


# -- from rotations


@given(seeds, skeletons)
def test_model_pose_keeps_its_rotations(seed, skeleton):
    pose = random_pose(seed, skeleton)
    posed = solve(pose)
    np.testing.assert_array_equal(posed.local_rotations_xyzw, pose.local_rotations)
    positions, rotations = forward_kinematics(
        skeleton, pose.root_position, pose.local_rotations, pose.offsets
    )
    np.testing.assert_array_equal(posed.positions, positions)
    np.testing.assert_array_equal(posed.orientations_xyzw, rotations)
    np.testing.assert_array_equal(posed.confidence, pose.confidence)
    np.testing.assert_array_equal(posed.orientation_confidence, pose.confidence)


@pytest.mark.parametrize(("keypoints", "skeleton"), [(21, BODY), (57, BODY_WITH_HANDS)])
def test_skeleton_of_a_pose(keypoints, skeleton):
    n = len(skeleton)
    assert skeleton_of(KeypointPose(np.zeros((keypoints, 3)), np.zeros(keypoints))) is skeleton
    assert skeleton_of(ModelPose(np.zeros(3), np.zeros((n, 4)), np.zeros((n, 3)), np.zeros(n))) is skeleton
