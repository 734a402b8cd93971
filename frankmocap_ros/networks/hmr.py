"""The body regressor: crop to rotations, shape and weak-perspective camera.

Kanazawa, Black, Jacobs, Malik, "End-to-end Recovery of Human Shape and Pose" (HMR), 2018, with the 6D
rotations of Zhou, Barnes, Lu, Yang, Li, "On the Continuity of Rotation Representations in Neural Networks",
2019.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from frankmocap_ros.errors import AssetError
from frankmocap_ros.networks.iteration import Affine, fold, iterate, stacked
from frankmocap_ros.networks.loading import load_strictly
from frankmocap_ros.networks.resnet import FEATURES, ResNet50

POSE, SHAPE, CAMERA = slice(0, 144), slice(144, 154), slice(154, 157)
PARAMETERS = 157
_HIDDEN = 1024
# SPIN's checkpoints may carry the mean parameters as buffers; they stand in smpl_mean_params.npz too
_START = ("init_pose", "init_shape", "init_cam")


class Hmr(ResNet50):
    """ResNet-50 with HMR's iterative head, under the key names of the published checkpoints."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(FEATURES + PARAMETERS, _HIDDEN)
        self.fc2 = nn.Linear(_HIDDEN, _HIDDEN)
        self.decpose = nn.Linear(_HIDDEN, 144)
        self.decshape = nn.Linear(_HIDDEN, 10)
        self.deccam = nn.Linear(_HIDDEN, 3)

    def step(self, x: Tensor) -> Tensor:
        """Change of the parameters (N, 157) from features and parameters (N, 2205); as in ``folded``."""
        hidden = self.fc2(self.fc1(x))
        return torch.cat([self.decpose(hidden), self.decshape(hidden), self.deccam(hidden)], dim=1)

    def unfolded(self, feature: Tensor, start: Tensor) -> Tensor:
        """Parameters (N, 157) of features (N, 2048), iteration by iteration."""
        return iterate(self.step, feature, start)

    def folded(self, start: Tensor) -> Affine:
        """All iterations from ``start`` (157,) as one affine map."""
        last = stacked(self.decpose, self.decshape, self.deccam)
        return fold([stacked(self.fc1), stacked(self.fc2), last], start)


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
    values = np.asarray(values, np.float64)
    return BodyParameters(rotations_from_6d(values[:, POSE]), values[:, SHAPE], values[:, CAMERA])


def start_of(mean: Mapping[str, NDArray[np.generic]], what: str) -> Tensor:
    """The mean parameters (157,) from the arrays ``pose`` (144), ``shape`` (10) and ``cam`` (3).

    Raises:
        AssetError: an array is missing or has another shape.
    """
    parts = []
    for name, size in (("pose", 144), ("shape", 10), ("cam", 3)):
        array = mean.get(name)
        if array is None or array.size != size:
            found = "is missing" if array is None else f"has {array.size} numbers"
            raise AssetError(
                f"{what}: {name} {found}, expected {size}; take the file that FrankMocap publishes"
            )
        parts.append(np.asarray(array, np.float32).reshape(-1))
    return torch.from_numpy(np.concatenate(parts))


def load_hmr(
    weights: Mapping[str, NDArray[np.generic]],
    mean: Mapping[str, NDArray[np.generic]],
    what: str = "body regressor",
) -> tuple[Hmr, Tensor]:
    """The regressor and its start from a checkpoint's arrays.

    Args:
        weights: state dict, key -> array.
        mean: arrays of ``smpl_mean_params.npz``.
        what: name of the checkpoint, for errors.

    Raises:
        AssetError: a key is missing, not expected, or has another shape.
    """
    weights = dict(weights)
    given = {name: weights.pop(name) for name in _START if name in weights}
    network = load_strictly(Hmr, weights, what)
    if given.keys() == set(_START):
        mean = {"pose": given["init_pose"], "shape": given["init_shape"], "cam": given["init_cam"]}
    elif given:
        raise AssetError(f"{what} holds {', '.join(given)} but not all of {', '.join(_START)}")
    return network, start_of(mean, "smpl_mean_params.npz")
