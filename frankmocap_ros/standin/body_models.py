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

"""Body models that stand in for SMPL and SMPL-X: the synthetic human's skeleton in a skin of tubes.

Keys, shapes and kinds of numbers are those of the published files, so that whatever reads them reads these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import BODY, FINGERS, Skeleton
from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.estimators.frankmocap.networks.smpl import SMPLX
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.standin.skeleton import PELVIS, figure_joints, rest_joints, sided, tubes_of
from frankmocap_ros.standin.tubes import Skin, skin

Numbers = NDArray[np.generic]

_NO_PARENT = 4294967295  # -1 as the files write it
_POSE_DIRS_M = 1e-5
_SHAPE_DIRS_M = 0.004
_EXPRESSION_DIRS_M = 0.001

# vertices that ``smplx`` takes for joints, of the left side: from which joint, how far [m]
_PICKED = {
    "nose": ("head", (0.0, 0.05, 0.105)), "eye": ("head", (0.032, 0.083, 0.082)),
    "ear": ("head", (0.075, 0.065, 0.005)), "BigToe": ("foot", (-0.012, -0.008, 0.075)),
    "SmallToe": ("foot", (0.035, -0.01, 0.05)), "Heel": ("ankle", (0.0, -0.045, -0.05)),
}  # fmt: skip
# nine more joints: the middle of a ring of this joint's tube, or the top of the tube
_EXTRA = (
    "right_hip", "left_hip", "neck", "head top", "pelvis", "spine3", "spine2", "neck top", "head",
)  # fmt: skip


@dataclass(frozen=True)
class _Model:
    """What tells SMPL and SMPL-X apart."""

    skeleton: Skeleton
    vertices: int
    faces: int
    pose_dirs: int
    picks: str  # name in ``smplx.vertex_ids``


_SMPL = _Model(BODY, 6890, 13776, 207, "smplh")
_SMPLX = _Model(SMPLX, 10475, 20908, 486, "smplx")


def _picks(model: _Model) -> dict[int, tuple[str, Array]]:
    """Vertex -> the joint that it moves with and its place, for those that ``smplx`` takes for joints.

    Raises:
        MissingDependencyError: ``smplx`` is not installed; only it knows the numbers.
    """
    try:
        from smplx.vertex_ids import vertex_ids
    except ImportError as error:
        raise MissingDependencyError(
            f"stand-in body models need the package smplx ({error}); run: {install_command('torch')}"
        ) from error
    rest = figure_joints()
    result = {}
    for name, vertex in vertex_ids[model.picks].items():
        side = "left_" if name[0] in "lL" else "right_"
        part = name if name == "nose" else name[1:]
        if part in FINGERS:
            joint = f"{side}{part}3"
            place = rest[joint] + 0.9 * (rest[joint] - rest[f"{side}{part}2"])
            owner = joint if joint in model.skeleton.index else f"{side}hand"
        else:
            joint, offset = _PICKED[part]
            owner = joint if joint == "head" else side + joint
            place = rest[owner] + sided(side if part != "nose" else "", offset)
        result[int(vertex)] = owner, place
    return result


def _shape_dirs(vertices: Array, outward: Array, rng: np.random.Generator) -> Array:
    """Shape (V, 3, 10): height, girth, and eight slow waves through the body."""
    dirs = np.empty((*vertices.shape, 10))
    dirs[..., 0] = 0.03 * (vertices - PELVIS)
    dirs[..., 1] = 0.05 * outward
    for k in range(2, 10):
        wave = np.sin(vertices @ rng.normal(0.0, 3.0, 3) + rng.uniform(0.0, 2.0 * np.pi))
        direction = rng.normal(0.0, 1.0, 3)
        dirs[..., k] = _SHAPE_DIRS_M * wave[:, None] * direction / np.linalg.norm(direction)
    return dirs


def _regressor(made: Skin, joints: int) -> Array:
    """Shape (J, V'): each joint is the mean of a ring of the skin's vertices."""
    rows = np.zeros((joints, len(made.vertices)))
    for joint, ring in made.rings.items():
        rows[joint, ring] = 1.0 / len(ring)
    return rows


def _extra_rows(made: Skin, skeleton: Skeleton) -> Array:
    rows = np.zeros((len(_EXTRA), len(made.vertices)))
    for row, text in zip(rows, _EXTRA, strict=True):
        name, _, top = text.partition(" ")
        joint = skeleton.index[name]
        row[[made.tops[joint]] if top else made.rings[joint]] = 1.0 / (1 if top else len(made.rings[joint]))
    return rows


def _make(model: _Model, seed: int) -> tuple[dict[str, Numbers], Numbers]:
    """What both files hold, and the matrix of nine extra joints (9, V)."""
    rng = np.random.default_rng([seed, model.vertices])
    skeleton, picks = model.skeleton, _picks(model)
    joints, n = len(skeleton), model.vertices
    made = skin(tubes_of(skeleton), joints, n - len(picks))
    picked = np.fromiter(picks, np.int64)
    others = np.setdiff1d(np.arange(n), picked)

    def placed(values: Array, first: Array | float = 0.0) -> Array:
        """Values of the skin's vertices among all, with those of the picked ones."""
        result = np.empty((n, *values.shape[1:]))
        result[others], result[picked] = values, first
        return result

    vertices = placed(made.vertices, np.array([place for _, place in picks.values()]))
    weights = placed(made.weights, np.eye(joints)[[skeleton.index[owner] for owner, _ in picks.values()]])
    faces = others[made.faces]
    parents = [_NO_PARENT if parent < 0 else parent for parent in skeleton.parents]
    pose_dirs = rng.standard_normal((n, 3, model.pose_dirs), np.float32)
    pose_dirs *= _POSE_DIRS_M
    content: dict[str, Numbers] = {
        "v_template": vertices,
        "shapedirs": _shape_dirs(vertices, placed(made.outward), rng),
        "posedirs": pose_dirs,
        "J_regressor": placed(_regressor(made, joints).T).T,
        "weights": weights,
        "kintree_table": np.array([parents, range(joints)], np.uint32),
        # tubes have fewer triangles than one closed skin: some are there twice
        "f": faces[np.arange(model.faces) % len(faces)].astype(np.uint32),
    }
    return content, placed(_extra_rows(made, skeleton).T).T


def smpl_model(seed: int = 0) -> tuple[dict[str, Numbers], Numbers]:
    """Arrays of SMPL's file, and ``J_regressor_extra`` (9, 6890).

    Raises:
        MissingDependencyError: ``smplx`` is not installed.
    """
    content, extra = _make(_SMPL, seed)
    content["J"] = rest_joints(BODY)
    return content, extra


def smplx_model(hand_means: Mapping[str, Array], seed: int = 0) -> tuple[dict[str, Numbers], Numbers]:
    """Arrays of SMPL-X's file, and its ``J_regressor_extra`` (9, 10475).

    Args:
        hand_means: shape (15, 3) for ``"left"`` and ``"right"``: mean finger rotations, axis-angles [rad].
        seed: of what is random.

    Raises:
        MissingDependencyError: ``smplx`` is not installed.
    """
    content, extra = _make(_SMPLX, seed)
    rng = np.random.default_rng([seed, 51])
    from_mouth = content["v_template"] - rest_joints(SMPLX)[SMPLX.index["jaw"]]
    near = np.exp(-np.sum(from_mouth**2, axis=1) / 0.05**2)[:, None, None]
    expression = _EXPRESSION_DIRS_M * near * rng.normal(0.0, 1.0, (1, 3, 10))
    content["shapedirs"] = np.concatenate([content["shapedirs"], expression], axis=2)
    face_count = len(content["f"])
    for side in ("left", "right"):
        content[f"hands_mean{side[0]}"] = np.asarray(hand_means[side], np.float64).reshape(45)
        content[f"hands_components{side[0]}"] = np.eye(45)
    content["lmk_faces_idx"] = rng.integers(0, face_count, 51)
    content["lmk_bary_coords"] = np.full((51, 3), 1.0 / 3.0)
    content["dynamic_lmk_faces_idx"] = rng.integers(0, face_count, (79, 17))
    content["dynamic_lmk_bary_coords"] = np.full((79, 17, 3), 1.0 / 3.0)
    return content, extra
