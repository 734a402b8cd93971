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

"""From a published body back to the vertices of its model."""

from dataclasses import replace

import numpy as np

from frankmocap_ros.body.pose import Body, JointState
from frankmocap_ros.estimators.frankmocap.networks.mesh import Mesh, MeshModel
from frankmocap_ros.estimators.frankmocap.networks.smpl import BETAS, SMPLX, JointModel
from frankmocap_ros.geometry.rotation import Array, quat_from_rotvec, quat_to_matrix


def _spread(points: Array) -> float:
    """Sum of squared distances from the middle."""
    return float(np.square(points - points.mean(axis=0)).sum())


def published_mesh(body: Body, model: JointModel, mesh: MeshModel) -> Mesh:
    """Vertices and joints of a body as it was published: smoothed, scaled, and in the optical frame.

    Joints that the body does not know rest, fingers in the mean hand.

    Args:
        body: one that the model's rotations became.
        model: the model's joints.
        mesh: the same model's vertices.
    """
    own = model.skeleton.index
    rotations = np.broadcast_to(np.eye(3), (len(own), 3, 3)).copy()
    if model.skeleton is SMPLX:
        means = quat_to_matrix(quat_from_rotvec(model.hand_mean.reshape(-1, 3)))
        rotations[own["left_index1"] :] = means
    known = body.states != JointState.INVALID
    rows = [row for row, name in enumerate(body.skeleton.names) if known[row] and name in own]
    same = [own[body.skeleton.names[row]] for row in rows]
    rotations[same] = quat_to_matrix(body.local_rotations_xyzw[rows])
    betas = np.zeros(BETAS) if body.betas is None else body.betas
    posed = mesh(rotations[None], betas[None])
    if not rows:
        return posed
    ours, theirs = body.positions[rows], posed.joints[0][same]
    # the same body up to place, and to size where a height is assumed
    size = np.sqrt(_spread(ours) / max(_spread(theirs), 1e-12)) if len(rows) > 1 else 1.0
    place = ours.mean(axis=0) - size * theirs.mean(axis=0)
    return replace(
        posed,
        vertices=posed.vertices * size + place,
        joints=posed.joints * size + place,
        joints49=posed.joints49 * size + place,
    )
