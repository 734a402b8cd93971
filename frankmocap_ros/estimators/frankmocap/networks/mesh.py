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

"""Vertices, the original's 49 joints and SMPL-X's own, through the ``smplx`` package: only when asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from frankmocap_ros.errors import AssetError, MissingDependencyError
from frankmocap_ros.estimators.frankmocap.networks.smpl import BETAS, SMPLX, JointModel
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.runtime.installing import install_command

# OpenPose's 25 joints, then 24 of the data sets that FrankMocap's body regressor is trained on. Each name is
# a joint of SMPL, a vertex that ``smplx`` picks, or ("extra_0" .. "extra_8") one of nine joints that a matrix
# of their own regresses from the vertices.
JOINTS49 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist",
    "pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
    "right_ankle", "right_knee", "extra_0", "extra_1", "left_knee", "left_ankle",
    "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
    *(f"extra_{i}" for i in range(2, 9)),
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
)  # fmt: skip
# joints that are vertices: our name -> the name under which ``smplx`` knows the vertex
_PICKED = {
    "nose": "nose", "right_eye": "reye", "left_eye": "leye", "right_ear": "rear", "left_ear": "lear",
    "left_big_toe": "LBigToe", "left_small_toe": "LSmallToe", "left_heel": "LHeel",
    "right_big_toe": "RBigToe", "right_small_toe": "RSmallToe", "right_heel": "RHeel",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Mesh:
    """A posed body in the model's frame.

    Attributes:
        vertices: shape (N, V, 3) [m].
        joints: shape (N, J, 3), the model's own joints [m].
        joints49: shape (N, 49, 3), in the order of ``JOINTS49`` [m].
    """

    vertices: Array
    joints: Array
    joints49: Array


class MeshModel:
    """SMPL or SMPL-X by ``smplx``'s linear blend skinning, in float32 on the CPU.

    Its classes are not used: that of SMPL-X insists on reading a file by itself, with pickle.

    Args:
        arrays: of the body model's file.
        extra: shape (9, V), joints from vertices.
        joints: the same model's joints.
        what: name of the file, for errors.

    Raises:
        MissingDependencyError: ``smplx`` is not installed.
        AssetError: the arrays are not those of a body model.
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[np.generic]],
        extra: NDArray[np.generic],
        joints: JointModel,
        what: str = "body model",
    ) -> None:
        try:
            from smplx.lbs import lbs
            from smplx.vertex_ids import vertex_ids
        except ImportError as error:
            raise MissingDependencyError(
                f"vertices need the package smplx ({error}); run: {install_command('torch')}"
            ) from error
        lacking = sorted(
            {"v_template", "shapedirs", "posedirs", "J_regressor", "weights", "f"} - arrays.keys()
        )
        if lacking:
            raise AssetError(f"{what} holds no {', '.join(lacking)}; take the file of the neutral body model")
        vertices = arrays["v_template"].shape[0]
        if extra.shape != (9, vertices):
            raise AssetError(f"{what}: the extra joints' matrix has shape {extra.shape}, not (9, {vertices})")
        self._skin: Callable[..., tuple[torch.Tensor, torch.Tensor]] = lbs
        posedirs = arrays["posedirs"].reshape(-1, arrays["posedirs"].shape[-1]).T
        self._template = _tensor(arrays["v_template"])[None]
        self._shapedirs = _tensor(arrays["shapedirs"][:, :, :BETAS])
        self._posedirs, self._regressor = _tensor(posedirs), _tensor(arrays["J_regressor"])
        self._weights = _tensor(arrays["weights"])
        self._parents = torch.tensor(joints.skeleton.parents)
        self._extra = np.asarray(extra, np.float64)
        self.faces: NDArray[np.int64] = np.asarray(arrays["f"], np.int64)
        picked = vertex_ids["smplx" if joints.skeleton is SMPLX else "smplh"]
        index = joints.skeleton.index
        # SMPL-X's eyeballs are joints of their own; the 49 have the vertices of the face
        names = {name for name in JOINTS49 if name not in _PICKED and not name.startswith("extra")}
        self._own = [(k, index[name]) for k, name in enumerate(JOINTS49) if name in names]
        self._picked = [(k, picked[_PICKED[name]]) for k, name in enumerate(JOINTS49) if name in _PICKED]
        self._regressed = [(k, int(name[6:])) for k, name in enumerate(JOINTS49) if name.startswith("extra")]

    def __call__(self, rotations: Array, betas: Array) -> Mesh:
        """Pose bodies.

        Args:
            rotations: shape (N, J, 3, 3) of the model's J joints, parent-relative; fingers with their mean.
            betas: shape (N, 10).
        """
        with torch.inference_mode():
            posed = self._skin(
                _tensor(betas), _tensor(rotations), self._template, self._shapedirs, self._posedirs,
                self._regressor, self._parents, self._weights, pose2rot=False,
            )  # fmt: skip
        vertices, joints = (np.asarray(t.numpy(), np.float64) for t in posed)
        extra = np.einsum("ev,nvk->nek", self._extra, vertices, optimize=True)
        joints49 = np.empty((len(rotations), len(JOINTS49), 3))
        for source, rows in ((joints, self._own), (vertices, self._picked), (extra, self._regressed)):
            to, of = zip(*rows, strict=True)
            joints49[:, to] = source[:, of]
        return Mesh(vertices, joints, joints49)


def _tensor(values: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.array(values, np.float32))
