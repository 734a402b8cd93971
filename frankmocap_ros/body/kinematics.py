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

"""Forward kinematics, and joints with rotations from whatever an estimator gives."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.from_keypoints import joint_confidence, joints_from_keypoints
from frankmocap_ros.body.pose import KeypointPose, ModelPose, PixelPose
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, KEYPOINTS, Skeleton
from frankmocap_ros.geometry.rotation import (
    Array,
    quat_conjugate,
    quat_from_matrix,
    quat_multiply,
    quat_to_matrix,
)


@dataclass(frozen=True, eq=False)
class Posed:
    """Joints with rotations, J in skeleton order; see ``Body`` for the meaning of the arrays.

    Attributes:
        positions: shape (J, 3) [m].
        orientations_xyzw: shape (J, 4), global.
        local_rotations_xyzw: shape (J, 4), parent-relative.
        confidence: shape (J,), of the positions.
        orientation_confidence: shape (J,).
    """

    positions: Array
    orientations_xyzw: Array
    local_rotations_xyzw: Array
    confidence: Array
    orientation_confidence: Array


@lru_cache(maxsize=8)
def levels(skeleton: Skeleton) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]:
    """Joints that can be computed at once as (joints, their parents), from the root's children outwards."""
    depth = [0] * len(skeleton)
    for j, parent in enumerate(skeleton.parents):
        depth[j] = depth[parent] + 1 if parent >= 0 else 0
    return tuple(
        (np.array(js), np.array([skeleton.parents[j] for j in js]))
        for js in ([j for j, d in enumerate(depth) if d == level] for level in range(1, max(depth) + 1))
    )


def forward_matrices(
    skeleton: Skeleton, root_position: Array, local_matrices: Array, offsets: Array
) -> tuple[Array, Array]:
    """Positions and global rotations from parent-relative ones, as matrices, for any number of bodies.

    Args:
        skeleton: the tree of J joints.
        root_position: shape (..., 3) [m].
        local_matrices: shape (..., J, 3, 3).
        offsets: shape (..., J, 3), each joint in its parent's frame in the rest pose [m].

    Returns:
        positions (..., J, 3) [m] and global rotations (..., J, 3, 3), in the frame of the root's position.
    """
    matrices = local_matrices.copy()
    positions = np.empty(matrices.shape[:-1])
    positions[..., 0, :] = root_position
    for joints, parents in levels(skeleton):
        above = matrices[..., parents, :, :]
        steps = above @ offsets[..., joints, :, None]
        positions[..., joints, :] = positions[..., parents, :] + steps[..., 0]
        matrices[..., joints, :, :] = above @ matrices[..., joints, :, :]
    return positions, matrices


def forward_kinematics(
    skeleton: Skeleton, root_position: Array, local_rotations: Array, offsets: Array
) -> tuple[Array, Array]:
    """Positions and global rotations from parent-relative ones.

    Args:
        skeleton: the tree of J joints.
        root_position: shape (3,) [m].
        local_rotations: shape (J, 4), unit quaternions x y z w.
        offsets: shape (J, 3), each joint in its parent's frame in the rest pose [m].

    Returns:
        positions (J, 3) [m] and global rotations (J, 4), in the frame of the root's position.
    """
    matrices = quat_to_matrix(local_rotations)
    positions, matrices = forward_matrices(skeleton, root_position, matrices, offsets)
    return positions, quat_from_matrix(matrices)


def skeleton_of(pose: KeypointPose | PixelPose | ModelPose) -> Skeleton:
    """The skeleton that a pose fills: with hands where it has finger joints."""
    small = len(BODY) if isinstance(pose, ModelPose) else len(KEYPOINTS)
    return BODY if len(pose.confidence) == small else BODY_WITH_HANDS


@lru_cache(maxsize=8)
def _parents(skeleton: Skeleton) -> NDArray[np.intp]:
    return np.array(skeleton.parents[1:])


def solve(pose: KeypointPose | ModelPose) -> Posed:
    """Positions, global and local rotations of every joint of a pose.

    The result is consistent: along a limb, a joint plus its rotation times the bone is the next joint.
    """
    skeleton = skeleton_of(pose)
    if isinstance(pose, ModelPose):
        positions, rotations = forward_kinematics(
            skeleton, pose.root_position, pose.local_rotations, pose.offsets
        )
        local = pose.local_rotations.copy()
        return Posed(positions, rotations, local, pose.confidence, pose.confidence.copy())
    positions, matrices = joints_from_keypoints(pose.points, pose.confidence)
    rotations = quat_from_matrix(matrices)
    local = rotations.copy()
    local[1:] = quat_multiply(quat_conjugate(rotations[_parents(skeleton)]), rotations[1:])
    return Posed(positions, rotations, local, *joint_confidence(pose.confidence))
