"""The trunks of this package's networks."""

import copy
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import Trunk

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from frankmocap_ros.networks.hand import HandNetwork
    from frankmocap_ros.networks.resnet import ResNet50

_VERSION: Final = "1"  # of the graphs below; a change makes every file anew
_BODY_SCALE = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))  # ImageNet's mean and deviation, of RGB
_HAND_SCALE = ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))  # from -1 to 1


def weights_key(kind: str, arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Name of a network's weights: a SHA-256 of its arrays with their names, and of the graph here."""
    digest = hashlib.sha256(f"{kind} {_VERSION}".encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()


def _module(
    network: "nn.Module",
    method: str,
    scale: tuple[tuple[float, ...], tuple[float, ...]],
    dtype: "torch.dtype",
) -> "nn.Module":
    """Scaling, and what a method of a network makes of that, in one module."""
    import torch

    # a class is garbage that only the collector finds: no weights may hang on it
    class Module(torch.nn.Module):
        def __init__(self, network: "nn.Module") -> None:
            super().__init__()
            self.network = network
            self.mean = torch.nn.Buffer(torch.tensor(scale[0], dtype=torch.float32))
            self.deviation = torch.nn.Buffer(torch.tensor(scale[1], dtype=torch.float32))

        def forward(self, crops: "Tensor") -> "Tensor":
            """Features (N, outputs), float32, of crops (N, side, side, 3), uint8."""
            scaled = (crops.to(torch.float32) - self.mean) / self.deviation
            # channels stay last in memory, which is how CPUs and GPUs run convolutions fastest
            features: Tensor = getattr(self.network, method)(scaled.permute(0, 3, 1, 2).to(dtype))
            return features.to(torch.float32)

    return Module(network).eval().requires_grad_(False)


def body_trunk(network: "ResNet50", key: str) -> Trunk:
    """RGB crops to the body regressor's 2048 features.

    Args:
        network: loaded; it is not changed.
        key: of its weights, see ``weights_key``.
    """

    def build(dtype: "torch.dtype") -> "nn.Module":
        own = _folded(network).to(dtype)
        return _module(own, "features", _BODY_SCALE, dtype)

    return Trunk(build, key, 2048)


def hand_trunk(network: "HandNetwork", key: str) -> Trunk:
    """BGR crops to the hand regressor's 1024 features; as ``body_trunk``."""

    def build(dtype: "torch.dtype") -> "nn.Module":
        own = copy.deepcopy(network)
        own.main_encoder = cast(Any, _folded(own.main_encoder))
        own = own.to(dtype)
        return _module(own, "encode", _HAND_SCALE, dtype)

    return Trunk(build, key, 1024)


def _folded(network: "ResNet50") -> "ResNet50":
    """A copy without batch normalisations."""
    import torch

    from frankmocap_ros.networks.resnet import without_batch_norms

    own = copy.deepcopy(network).eval()
    return without_batch_norms(own) if isinstance(own.bn1, torch.nn.BatchNorm2d) else own
