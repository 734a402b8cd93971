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

"""SMPL's and SMPL-X's joints without vertices.

Loper, Mahmood, Romero, Pons-Moll, Black, "SMPL: A Skinned Multi-Person Linear Model", 2015. A joint of the
rest pose is a linear function of the vertices, and these are one of the shape; so each joint is
``J_template + J_shapedirs . beta``, folded here once. Pose blend shapes never move joints.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.kinematics import forward_matrices
from frankmocap_ros.body.skeleton import BODY, FINGERS, Skeleton
from frankmocap_ros.errors import AssetError
from frankmocap_ros.geometry.rotation import Array

BETAS = 10
ARRAYS = ("v_template", "shapedirs", "J_regressor", "kintree_table", "hands_meanl", "hands_meanr")
"""Arrays of a body model's file that its joints are made of; the last two are SMPL-X's."""
_SHARED = 22  # joints that SMPL and SMPL-X have in common, in the same order
_NO_PARENT = 4294967295  # -1 as the files write it


def _smplx_skeleton() -> Skeleton:
    """SMPL-X's 55 joints: 22 of the body, jaw and eyes, MANO's 15 finger joints a side."""
    pairs = list(zip(BODY.names, BODY.parent_names, strict=True))[:_SHARED]
    pairs += [("jaw", "head"), ("left_eye", "head"), ("right_eye", "head")]
    for side in ("left", "right"):
        for finger in FINGERS:
            above = f"{side}_wrist"
            for k in (1, 2, 3):
                pairs.append((f"{side}_{finger}{k}", above))
                above = f"{side}_{finger}{k}"
    return Skeleton.from_pairs(pairs)


SMPLX = _smplx_skeleton()


@dataclass(frozen=True, eq=False)
class JointModel:
    """Joints of a body model in the rest pose, as a function of the shape.

    Attributes:
        skeleton: the model's own joints.
        template: shape (J, 3), joints of the mean shape [m].
        shape_dirs: shape (J, 3, 10), their change with the shape.
        hand_mean: shape (2, 15, 3), axis-angles [rad] that SMPL-X adds to the left and right fingers'; zero
            for SMPL.
    """

    skeleton: Skeleton
    template: Array
    shape_dirs: Array
    hand_mean: Array

    def rest(self, betas: Array) -> Array:
        """Joints of shapes (N, 10) in the rest pose: (N, J, 3) [m]."""
        return np.asarray(self.template + np.einsum("jkb,nb->njk", self.shape_dirs, betas))

    def offsets(self, betas: Array) -> Array:
        """Each joint from its parent in the rest pose, the root from the origin: (N, J, 3) [m]."""
        joints = self.rest(betas)
        parents = np.array(self.skeleton.parents[1:])
        joints[:, 1:] -= joints[:, parents]
        return joints

    def joints(self, rotations: Array, betas: Array) -> Array:
        """As ``posed``, of shapes (N, 10)."""
        return self.posed(rotations, self.offsets(betas))

    def posed(self, rotations: Array, offsets: Array) -> Array:
        """Joints of posed bodies, as the model's forward pass gives them.

        Args:
            rotations: shape (N, J, 3, 3), parent-relative; the root's turns about the root joint.
            offsets: shape (N, J, 3), as ``offsets`` gives them [m].

        Returns:
            shape (N, J, 3) [m], in the model's frame.
        """
        return forward_matrices(self.skeleton, offsets[:, 0], rotations, offsets)[0]


def joint_model(arrays: Mapping[str, NDArray[np.generic]], what: str) -> JointModel:
    """Fold a body model's file into its joints.

    Args:
        arrays: ``v_template``, ``shapedirs``, ``J_regressor``, ``kintree_table`` and, for SMPL-X,
            ``hands_meanl`` and ``hands_meanr``.
        what: name of the file, for errors.

    Raises:
        AssetError: an array is missing, or the joints are not SMPL's or SMPL-X's.
    """
    missing = {"v_template", "shapedirs", "J_regressor", "kintree_table"} - arrays.keys()
    if missing:
        raise AssetError(
            f"{what} holds no {', '.join(sorted(missing))}; take the file of the neutral body model"
        )
    regressor = np.asarray(arrays["J_regressor"], np.float64)
    skeleton = {len(BODY): BODY, len(SMPLX): SMPLX}.get(len(regressor))
    table = np.asarray(arrays["kintree_table"]).astype(np.int64)
    if skeleton is None or tuple(np.where(table[0] == _NO_PARENT, -1, table[0]).tolist()) != skeleton.parents:
        raise AssetError(
            f"{what} has {len(regressor)} joints in another tree than SMPL's {len(BODY)} or "
            f"SMPL-X's {len(SMPLX)}; take the file of the neutral body model"
        )
    dirs = np.asarray(arrays["shapedirs"][:, :, :BETAS], np.float64)
    mean = np.zeros((2, 15, 3))
    if skeleton is SMPLX:
        for row, name in enumerate(("hands_meanl", "hands_meanr")):
            mean[row] = np.asarray(arrays[name], np.float64).reshape(15, 3)
    return JointModel(
        skeleton,
        regressor @ np.asarray(arrays["v_template"], np.float64),
        np.einsum("jv,vkb->jkb", regressor, dirs, optimize=True),
        mean,
    )
