"""The hand regressor: crops of right hands to MANO's wrist and finger rotations, shape and camera.

Rong, Shiratori, Joo, "FrankMocap: A Monocular 3D Whole-Body Pose Estimation System via Regression and
Integration", 2021: a ResNet-50, two more layers, and an iterative regressor without activations.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from frankmocap_ros.errors import AssetError
from frankmocap_ros.hands import FINGER_JOINTS, HandParameters
from frankmocap_ros.networks.iteration import Affine, fold, iterate, stacked
from frankmocap_ros.networks.loading import load_strictly
from frankmocap_ros.networks.resnet import FEATURES, ResNet50

CAMERA, WRIST, FINGERS, SHAPE = slice(0, 3), slice(3, 6), slice(6, 51), slice(51, 61)
PARAMETERS = 61
_ENCODED = 1024
_MEAN_CAMERA = (5.0, 0.0, 0.0)


class _Trunk(ResNet50):
    """ResNet-50 with its last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(FEATURES, _ENCODED)

    def forward(self, x: Tensor) -> Tensor:
        """Map crops (N, 3, H, W) to (N, 1024)."""
        return self.fc1(self.features(x))  # type: ignore[no-any-return]


class HandNetwork(nn.Module):
    """Encoder and iterative head, under the key names of the published checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.main_encoder = _Trunk()
        # the layer's key in the checkpoint has the number 1
        self.feat_encoder = nn.Sequential(nn.ReLU(), nn.Linear(_ENCODED, _ENCODED), nn.ReLU())
        self.regressor = nn.Sequential(nn.Linear(_ENCODED + PARAMETERS, PARAMETERS))

    def encode(self, x: Tensor) -> Tensor:
        """Features (N, 1024) of crops (N, 3, 224, 224), scaled to [-1, 1]."""
        return self.feat_encoder(self.main_encoder(x))  # type: ignore[no-any-return]

    def unfolded(self, feature: Tensor, start: Tensor) -> Tensor:
        """Parameters (N, 61) of features (N, 1024), iteration by iteration."""
        return iterate(self.regressor, feature, start)

    def folded(self, start: Tensor) -> Affine:
        """All iterations from ``start`` (61,) as one affine map."""
        return fold([stacked(*self.regressor)], start)


def start_of(mean_mano: Mapping[str, NDArray[np.generic]], what: str) -> Tensor:
    """What the head starts from, (61,): a camera, no wrist rotation, the mean fingers, no shape.

    Args:
        mean_mano: arrays of ``mean_mano_params.pkl``, of which ``mean_pose`` (48) is used.
        what: name of the file, for errors.

    Raises:
        AssetError: ``mean_pose`` is missing or has another size.
    """
    pose = mean_mano.get("mean_pose")
    if pose is None or pose.size != 48:
        found = "is missing" if pose is None else f"has {pose.size} numbers"
        raise AssetError(f"{what}: mean_pose {found}, expected 48; take the file that FrankMocap publishes")
    start = np.zeros(PARAMETERS, np.float32)
    start[CAMERA] = _MEAN_CAMERA
    start[FINGERS] = np.asarray(pose, np.float32).reshape(-1)[3:]
    return torch.from_numpy(start)


def load_hand(weights: Mapping[str, NDArray[np.generic]], what: str = "hand regressor") -> HandNetwork:
    """The network from a checkpoint's arrays, key -> array.

    Raises:
        AssetError: a key is missing, not expected, or has another shape.
    """
    return load_strictly(HandNetwork, weights, what)


def parameters(values: NDArray[np.floating[Any]]) -> HandParameters:
    """Parameters of N hands from the regressor's (N, 61) numbers: camera, wrist, fingers, shape.

    Each is as of a right hand; ``hands.unmirrored`` undoes the mirror.
    """
    found = np.asarray(values, np.float64)
    return HandParameters(
        found[:, CAMERA],
        found[:, WRIST],
        found[:, FINGERS].reshape(-1, FINGER_JOINTS, 3),
        found[:, SHAPE],
    )
