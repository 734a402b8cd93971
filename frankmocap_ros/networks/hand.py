"""The hand regressor: crops of right hands to MANO's wrist and finger rotations, shape and camera.

Rong, Shiratori, Joo, "FrankMocap: A Monocular 3D Whole-Body Pose Estimation System via Regression and
Integration", 2021: a ResNet-50, two more layers, and an iterative regressor without activations.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.hands import CROP_PX, FINGER_JOINTS, HandParameters
from frankmocap_ros.networks.iteration import Affine, fold, iterate
from frankmocap_ros.networks.loading import load_strictly
from frankmocap_ros.networks.resnet import FEATURES, ResNet50, without_batch_norms

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
        self.regressor.double()
        try:
            return fold(self.regressor, _ENCODED, start)
        finally:
            self.regressor.float()


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


def scaled(crops: Tensor) -> Tensor:
    """Crops (N, H, W, 3), 8 bit, as the network wants them: (N, 3, H, W), from -1 to 1."""
    # channels stay last in memory, which is how CPUs and GPUs run convolutions fastest
    return (crops.to(torch.float32) / 127.5 - 1.0).permute(0, 3, 1, 2)


def load_hand(weights: Mapping[str, NDArray[np.generic]], what: str = "hand regressor") -> HandNetwork:
    """The network from a checkpoint's arrays, key -> array.

    Raises:
        AssetError: a key is missing, not expected, or has another shape.
    """
    network = HandNetwork()
    load_strictly(network, weights, what)
    return network


class HandRegressor:
    """Crops to parameters, all hands of a frame as one batch.

    Args:
        weights: state dict of the published checkpoint, key -> array.
        mean_mano: arrays of ``mean_mano_params.pkl``.
        device: torch's name of the device.
        autocast: type in which the encoder computes, such as ``torch.bfloat16``; None for float32. The head
            is always float32.

    Raises:
        AssetError: the arrays are not those of this network.
    """

    def __init__(
        self,
        weights: Mapping[str, NDArray[np.generic]],
        mean_mano: Mapping[str, NDArray[np.generic]],
        device: str | torch.device = "cpu",
        autocast: torch.dtype | None = None,
    ) -> None:
        self.device = torch.device(device)
        network = load_hand(weights)
        head = network.folded(start_of(mean_mano, "mean_mano_params.pkl"))
        without_batch_norms(network.main_encoder)
        # Without batch norms there is nothing left that autocast would keep in float32, so the weights are
        # converted once: the same numbers, and 10 % less time on a CPU with bfloat16.
        self._precision = autocast or torch.float32
        network.to(self.device, self._precision)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._head = Affine(head.weight.to(self.device), head.bias.to(self.device))

    @torch.inference_mode()
    def values(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Raw parameters (N, 61) of BGR crops (N, 224, 224, 3): camera, wrist, fingers, shape."""
        if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[1:] != (CROP_PX, CROP_PX, 3):
            raise EstimatorError(
                f"hand crops are {crops.dtype} of shape {crops.shape}, expected uint8 of shape "
                f"(N, {CROP_PX}, {CROP_PX}, 3); take those of hands.hand_crop"
            )
        if not len(crops):
            return np.empty((0, PARAMETERS), np.float32)
        pixels = torch.from_numpy(np.require(crops, requirements=["C", "W"])).to(self.device)
        feature = self._network.encode(scaled(pixels).to(self._precision))
        found: NDArray[np.float32] = self._head(feature).cpu().numpy()
        return found

    def __call__(self, crops: NDArray[np.uint8]) -> HandParameters:
        """Parameters of N hands, each as of a right one (``hands.unmirrored`` undoes the mirror).

        Args:
            crops: shape (N, 224, 224, 3), 8 bit, BGR, left hands mirrored; N may be 0.
        """
        found = self.values(crops).astype(np.float64)
        return HandParameters(
            found[:, CAMERA],
            found[:, WRIST],
            found[:, FINGERS].reshape(-1, FINGER_JOINTS, 3),
            found[:, SHAPE],
        )
