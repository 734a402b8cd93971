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

"""The body regressor's head: features to rotations, shape and weak-perspective camera. Needs no torch.

Kanazawa, Black, Jacobs, Malik, "End-to-end Recovery of Human Shape and Pose" (HMR), 2018, with the 6D
rotations of Zhou, Barnes, Lu, Yang, Li, "On the Continuity of Rotation Representations in Neural Networks",
2019.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.frankmocap.networks.folded_head import Affine, fold, layers, numbers, stacked

POSE, SHAPE, CAMERA = slice(0, 144), slice(144, 154), slice(154, 157)
PARAMETERS: Final = 157
FEATURES: Final = 2048
HIDDEN: Final = 1024
# SPIN's checkpoints may carry the mean parameters as buffers; they stand in smpl_mean_params.npz too
START: Final = ("init_pose", "init_shape", "init_cam")
_MEAN: Final = {"pose": 144, "shape": 10, "cam": 3}
_LAYERS: Final = {
    "fc1": (HIDDEN, FEATURES + PARAMETERS),
    "fc2": (HIDDEN, HIDDEN),
    "decpose": (144, HIDDEN),
    "decshape": (10, HIDDEN),
    "deccam": (3, HIDDEN),
}
ARRAYS: Final = (*(f"{name}.{part}" for name in _LAYERS for part in ("weight", "bias")), *START)
"""Keys of the checkpoint that the head is made of."""


@dataclass(frozen=True, eq=False)
class BodyParameters:
    """What the regressor says of N crops.

    Attributes:
        rotations: shape (N, 24, 3, 3), float64; joint 0 relative to the camera, others to their parent.
        betas: shape (N, 10), float64, SMPL shape.
        camera: shape (N, 3), float64: scale s and translation tx, ty of the weak perspective in the crop,
            whose sides reach from -1 to 1.
    """

    rotations: NDArray[np.float64]
    betas: NDArray[np.float64]
    camera: NDArray[np.float64]


def rotations_from_6d(pose: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Rotation matrices (N, J, 3, 3) of their 6D form (N, 6 J).

    Six numbers are a 3x2 matrix row by row; its columns are made orthonormal (Gram-Schmidt), and the third
    column is their cross product.
    """
    columns = np.asarray(pose, np.float64).reshape(len(pose), -1, 3, 2)
    a1, a2 = columns[..., 0], columns[..., 1]
    b1 = _unit(a1)
    b2 = _unit(a2 - np.sum(b1 * a2, axis=-1, keepdims=True) * b1)
    return np.stack([b1, b2, np.cross(b1, b2)], axis=-1)


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(v / np.maximum(np.sqrt(np.sum(v * v, axis=-1, keepdims=True)), 1e-12))


def parameters(values: NDArray[np.floating[Any]]) -> BodyParameters:
    """Rotations, shape and camera from the regressor's (N, 157) numbers."""
    exact: NDArray[np.float64] = values.astype(np.float64)
    return BodyParameters(rotations_from_6d(exact[:, POSE]), exact[:, SHAPE], exact[:, CAMERA])


def start_of(
    mean: Mapping[str, NDArray[np.generic]],
    what: str = "smpl_mean_params.npz",
    weights: Mapping[str, NDArray[np.generic]] | None = None,
) -> NDArray[np.float32]:
    """The parameters (157,) that the head starts from.

    Args:
        mean: arrays ``pose`` (144), ``shape`` (10) and ``cam`` (3).
        what: name of their file, for errors.
        weights: a checkpoint's arrays; where it carries the mean parameters, those are taken.

    Raises:
        AssetError: an array is missing or has another shape.
    """
    given = {name: weights[name] for name in START if name in weights} if weights is not None else {}
    if given.keys() == set(START):
        mean = {name.removeprefix("init_"): array for name, array in given.items()}
    elif given:
        raise AssetError(f"the checkpoint holds {', '.join(given)} but not all of {', '.join(START)}")
    return np.concatenate([numbers(mean, name, n, what) for name, n in _MEAN.items()])


def folded_head(
    weights: Mapping[str, NDArray[np.generic]],
    mean: Mapping[str, NDArray[np.generic]],
    what: str = "body regressor",
) -> Affine:
    """All iterations as one affine map from features (N, 2048) to the regressor's numbers (N, 157).

    Args:
        weights: a checkpoint's arrays, ``ARRAYS`` at least.
        mean: arrays of ``smpl_mean_params.npz``.
        what: name of the checkpoint, for errors.

    Raises:
        AssetError: an array is missing or has another shape.
    """
    fc1, fc2, *last = layers(weights, _LAYERS, what)
    return fold([fc1, fc2, stacked(last)], start_of(mean, weights=weights))
