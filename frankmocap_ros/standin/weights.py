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

"""Random weights that keep a network near its mean: activations of size one, and heads that hardly speak.

A standing person fills a known share of the regressor's crop, whatever the image shows: so boxes, tracking
and drawing behave as with a person.
"""

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.kinematics import forward_matrices
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.geometry.rotation import (
    Array,
    quat_from_matrix,
    quat_from_rotvec,
    quat_to_matrix,
    quat_to_rotvec,
)
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.standin.skeleton import rest_joints
from frankmocap_ros.synthetic.human import scene

if TYPE_CHECKING:
    from torch import nn

Numbers = NDArray[np.generic]

_FILLED = 1.0 / 1.25  # longer side of the joints' box, as a share of the crop's
_ITERATIONS = 3
# Local rotations of somebody who stands, the right half: axis-angles [rad].
_STANDING = {
    "right_shoulder": (0.0, 0.0, 1.1),
    "right_elbow": (0.0, 0.15, 0.0),
    "right_hip": (0.0, 0.0, -0.05),
    "right_ankle": (0.0, 0.0, 0.05),
}
_UPRIGHT = (np.pi, 0.0, 0.0)  # the camera's y points down, and the person looks into it
# What layers do to the size of what passes, where that is not 1: last words of a key -> gain.
_GAINS = {
    "decpose.weight": 5e-4, "deccam.weight": 5e-5, "decshape.weight": 2e-3, "regressor.0.weight": 2e-3,
    "heatmaps.1.0.weight": 1e-4, "pafs.1.0.weight": 1e-4, "bn3.weight": 0.3,
}  # fmt: skip
_SILENT = (
    "decpose.bias", "deccam.bias", "decshape.bias", "regressor.0.bias", "heatmaps.1.0.bias", "pafs.1.0.bias",
)  # fmt: skip
_LINEAR = (
    "fc1.weight", "fc2.weight", "decpose.weight", "deccam.weight", "decshape.weight", "regressor.0.weight",
)  # fmt: skip
_RIGHT_WRIST = slice(3, 6)  # in the hand regressor's numbers


def _standing() -> Array:
    """Local rotations (24, 3, 3) of somebody who stands and looks into the camera."""
    rotvec = np.zeros((len(BODY), 3))
    rotvec[0] = _UPRIGHT
    for name, turn in _STANDING.items():
        rotvec[BODY.index[name]] = turn
        rotvec[BODY.index[name.replace("right", "left")]] = np.array(turn) * (1.0, -1.0, -1.0)
    return quat_to_matrix(quat_from_rotvec(rotvec))


def _posed() -> tuple[Array, Array]:
    """Joints (24, 3) [m] and global rotations (24, 3, 3) of the mean pose."""
    rest = rest_joints(BODY)
    offsets = rest - rest[np.maximum(BODY.parents, 0)]
    return forward_matrices(BODY, rest[0], _standing(), offsets)


def mean_params() -> dict[str, Numbers]:
    """Arrays of ``smpl_mean_params.npz``: somebody who stands in the middle of the crop.

    ``pose`` (144) holds the first two columns of each rotation, row by row; ``shape`` (10) is zero; ``cam``
    (3) is the weak perspective s, tx, ty in a crop whose sides reach from -1 to 1.
    """
    seen = _posed()[0][:, :2]
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = 2.0 * _FILLED / float((high - low).max())
    camera = np.array([scale, *(-0.5 * scale * (low + high))])
    return {
        "pose": _standing()[:, :, :2].reshape(-1).astype(np.float32),
        "shape": np.zeros(10, np.float32),
        "cam": camera.astype(np.float32),
    }


def hand_means() -> dict[str, Array]:
    """Axis-angles (15, 3) of slightly bent fingers, for ``"left"`` and ``"right"`` [rad]."""
    rotvec = quat_to_rotvec(scene("wave", 0.0)[0].local_rotations_xyzw)
    rows = {side: BODY_WITH_HANDS.index[f"{side}_index1"] for side in ("left", "right")}
    return {side: rotvec[row : row + 15] for side, row in rows.items()}


def mean_mano() -> dict[str, Numbers]:
    """Arrays of ``mean_mano_params.pkl``: a right hand with slightly bent fingers."""
    pose = np.concatenate([np.zeros(3), hand_means()["right"].reshape(-1)])
    return {"mean_pose": pose, "mean_shape": np.zeros(10)}


def _values(key: str, shape: tuple[int, ...], rng: np.random.Generator) -> Numbers:
    """Random numbers for one key of a state dict."""
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    if key.endswith(_SILENT):
        return np.zeros(shape, np.float32)
    gain = next((gain for end, gain in _GAINS.items() if key.endswith(end)), 1.0)
    if key.endswith("running_var") or (len(shape) == 1 and key.endswith("weight")):
        return (gain * rng.uniform(0.8, 1.2, shape)).astype(np.float32)
    values = rng.standard_normal(shape, np.float32)
    if len(shape) == 1:
        values *= 0.05
    else:
        # half of what a layer gives is cut off by the ReLU after it, which linear layers do not have
        values *= gain * np.sqrt((1.0 if key.endswith(_LINEAR) else 2.0) / np.prod(shape[1:]))
    return values


def _state(network: "nn.Module", salt: str, seed: int) -> dict[str, Numbers]:
    """Random numbers for every key of a network, each independent of the others."""
    state = {}
    for key, tensor in network.state_dict().items():
        rng = np.random.default_rng([seed, zlib.crc32(f"{salt} {key}".encode())])
        state[key] = _values(key, tuple(tensor.shape), rng)
    return state


def state_dict(key: str, seed: int = 0) -> Mapping[str, Numbers]:
    """Weights of one network under the published checkpoint's keys and shapes.

    Args:
        key: ``"body_smpl"``, ``"body_smplx"``, ``"hand"`` or ``"pose2d"``.
        seed: of what is random.

    Raises:
        MissingDependencyError: torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError(
            f"stand-in weights need torch ({error}); run: {install_command('torch')}"
        ) from error
    with torch.device("meta"):  # shapes without numbers
        state = _state(_network(key), key, seed)
    if key == "hand":
        # The hand's rotation is relative to the camera: without this it would not continue the lower arm.
        wrist = quat_to_rotvec(quat_from_matrix(_posed()[1][BODY.index["right_wrist"]]))
        state["regressor.0.bias"][_RIGHT_WRIST] = (wrist / _ITERATIONS).astype(np.float32)
    return state


def _network(key: str) -> "nn.Module":
    if key == "hand":
        from frankmocap_ros.estimators.frankmocap.networks.hand import HandNetwork

        return HandNetwork()
    if key == "pose2d":
        from frankmocap_ros.estimators.openpose.network import Pose2dNetwork

        return Pose2dNetwork()
    from frankmocap_ros.estimators.frankmocap.networks.hmr import Hmr

    return Hmr()
