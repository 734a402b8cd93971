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

"""How far joints move where a network runs in other numbers: the same head and body model after both."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.frankmocap.hand_crop import FINGER_JOINTS
from frankmocap_ros.estimators.frankmocap.networks import body_head, hand_head
from frankmocap_ros.estimators.frankmocap.networks.smpl import SMPLX, JointModel
from frankmocap_ros.estimators.frankmocap.regressors import joint_model_of
from frankmocap_ros.geometry.rotation import Array, quat_from_rotvec, quat_to_matrix

# The regressor's numbers (N, P) to joints (N, J, 3) [m], each from the root or the wrist.
ToJoints = Callable[[NDArray[np.floating[Any]]], Array]


def joint_error(found: Array, exact: Array) -> JointError:
    """The error of joints (N, J, 3) [m] against others; one that is not finite is infinite."""
    distances_mm = 1e3 * np.linalg.norm(found - exact, axis=-1)
    distances_mm[~np.isfinite(distances_mm)] = np.inf
    moves_mm = 1e3 * np.linalg.norm(exact - exact.mean(axis=0), axis=-1)
    return JointError(
        mean_mm=float(distances_mm.mean()),
        # a joint's own distance, not one between two: infinite ones have no between
        p99_mm=float(np.percentile(distances_mm, 99, method="higher")),
        max_mm=float(distances_mm.max()),
        moves_mm=float(moves_mm.mean()),
        crops=len(distances_mm),
    )


def body_joints(model: JointModel) -> ToJoints:
    """SMPL's 24 joints, or the 22 that SMPL-X shares and a joint of each palm, which the wrist turns."""
    known, joints = len(model.skeleton), np.arange(len(model.skeleton))
    if model.skeleton is SMPLX:
        known = 22
        joints = np.r_[:known, [SMPLX.index[f"{side}_middle1"] for side in ("left", "right")]]

    def to_joints(values: NDArray[np.floating[Any]]) -> Array:
        body = body_head.parameters(values)
        rotations = np.tile(np.eye(3), (len(values), len(model.skeleton), 1, 1))
        rotations[:, :known] = body.rotations[:, :known]
        posed = model.joints(rotations, body.betas)
        return np.asarray(posed[:, joints] - posed[:, :1])

    return to_joints


def hand_joints(model: JointModel) -> ToJoints:
    """The 15 finger joints of SMPL-X's right hand, from the wrist, in the camera's axes."""
    wrist = model.skeleton.index["right_wrist"]
    first = model.skeleton.index["right_index1"]
    fingers = slice(first, first + FINGER_JOINTS)

    def to_joints(values: NDArray[np.floating[Any]]) -> Array:
        hand = hand_head.parameters(values)
        rotations = np.tile(np.eye(3), (len(values), len(model.skeleton), 1, 1))
        rotations[:, wrist] = quat_to_matrix(quat_from_rotvec(hand.wrist_axis_angle))
        # relative to the mean hand, as SMPL-X takes them
        rotations[:, fingers] = quat_to_matrix(quat_from_rotvec(hand.fingers + model.hand_mean[1]))
        posed = model.joints(rotations, np.zeros((len(values), 10)))
        return np.asarray(posed[:, fingers] - posed[:, wrist : wrist + 1])

    return to_joints


def joints_of(store: AssetStore, key: str) -> ToJoints:
    """From the numbers of the network ``body_smpl``, ``body_smplx`` or ``hand`` to its joints.

    Raises:
        AssetError: the body model's file is missing, damaged or not what it should be.
        EstimatorError: there is no such network.
    """
    if key not in ("body_smpl", "body_smplx", "hand"):
        raise EstimatorError(f"network {key!r} is not known; allowed: body_smpl | body_smplx | hand")
    joints = joint_model_of(store, "smpl" if key == "body_smpl" else "smplx")
    return hand_joints(joints) if key == "hand" else body_joints(joints)
