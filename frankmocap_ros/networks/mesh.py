"""Vertices, the original's 49 joints and SMPL-X's own, through the ``smplx`` package: only when asked for."""

import contextlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import AssetError, MissingDependencyError
from frankmocap_ros.geometry import Array
from frankmocap_ros.networks.smpl import BETAS, SMPLX, JointModel

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
# the vertices that ``smplx`` appends to its joints, in its order (fingertips follow and are not used)
_PICKED = (
    "nose", "right_eye", "left_eye", "right_ear", "left_ear",
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip


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


class _Struct:
    """Arrays as attributes, as ``smplx`` wants them."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        vars(self).update(arrays)


class MeshModel:
    """SMPL or SMPL-X through ``smplx``, in float32 on the CPU.

    Args:
        arrays: of the body model's file.
        extra: shape (9, V), joints from vertices.
        joints: the same model's joints.
        what: name of the file, for errors.

    Raises:
        MissingDependencyError: ``smplx`` is not installed.
        AssetError: ``smplx`` cannot use the arrays.
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[np.generic]],
        extra: NDArray[np.generic],
        joints: JointModel,
        what: str = "body model",
    ) -> None:
        try:
            import smplx
        except ImportError as error:
            raise MissingDependencyError(
                f"vertices need the package smplx ({error}); run: pip install 'frankmocap_ros[torch]'"
            ) from error
        vertices = arrays["v_template"].shape[0]
        if extra.shape != (9, vertices):
            raise AssetError(
                f"{what}: the extra joints' matrix has shape {extra.shape}, expected (9, {vertices})"
            )
        self._is_smplx = joints.skeleton is SMPLX
        options: dict[str, Any] = {"data_struct": _Struct(arrays), "num_betas": BETAS}
        if self._is_smplx:
            options |= {"use_pca": False, "flat_hand_mean": True, "num_expression_coeffs": 10}
        no_defaults = ("betas", "global_orient", "body_pose", "transl", "left_hand_pose", "right_hand_pose")
        options |= {f"create_{name}": False for name in no_defaults}
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints what nobody can act on
                self._model = (smplx.SMPLX if self._is_smplx else smplx.SMPL)("", **options)
        except (AttributeError, KeyError, ValueError, IndexError, RuntimeError) as error:
            raise AssetError(f"{what}: smplx cannot use it ({type(error).__name__}: {error})") from error
        self._extra = np.asarray(extra, np.float64)
        names = [*joints.skeleton.names, *_PICKED]
        self._index = {name: row for row, name in reversed(list(enumerate(names)))}
        if self._is_smplx:  # its eyeballs are joints of their own, not the vertices of the face
            self._index |= {name: len(joints.skeleton) + row for row, name in enumerate(_PICKED)}

    @property
    def faces(self) -> NDArray[np.int64]:
        """Corners of the triangles as vertex numbers, shape (F, 3)."""
        return np.asarray(self._model.faces, np.int64)

    def __call__(self, rotations: Array, betas: Array) -> Mesh:
        """Pose bodies.

        Args:
            rotations: shape (N, J, 3, 3) of the model's J joints, parent-relative; fingers with their mean.
            betas: shape (N, 10).
        """
        import torch

        def tensor(values: Array) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(values, np.float32))

        pose = {"global_orient": tensor(rotations[:, :1]), "body_pose": tensor(rotations[:, 1:24])}
        if self._is_smplx:
            parts = {"body_pose": (1, 22), "jaw_pose": (22, 23), "leye_pose": (23, 24), "reye_pose": (24, 25)}
            parts |= {"left_hand_pose": (25, 40), "right_hand_pose": (40, 55)}
            pose |= {name: tensor(rotations[:, a:b]) for name, (a, b) in parts.items()}
            pose["expression"] = torch.zeros(len(rotations), 10)
        with torch.inference_mode():
            out = self._model(betas=tensor(betas), pose2rot=False, **pose)
        vertices, joints = (np.asarray(t.numpy(), np.float64) for t in (out.vertices, out.joints))
        extra = np.einsum("ev,nvk->nek", self._extra, vertices, optimize=True)
        rows = [self._index.get(name) for name in JOINTS49]
        joints49 = np.empty((len(rotations), len(JOINTS49), 3))
        for k, (name, row) in enumerate(zip(JOINTS49, rows, strict=True)):
            joints49[:, k] = joints[:, row] if row is not None else extra[:, int(name[6:])]
        own = len(SMPLX) if self._is_smplx else 24
        return Mesh(vertices, joints[:, :own], joints49)
