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

"""The trunks of this package's networks."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from frankmocap_ros.engines.base import Trunk

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from frankmocap_ros.estimators.frankmocap.networks.hand import HandNetwork
    from frankmocap_ros.estimators.frankmocap.networks.resnet import ResNet50

_BODY_SCALE = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))  # ImageNet's mean and deviation, of RGB
_HAND_SCALE = ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))  # from -1 to 1


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


def body_trunk(load: "Callable[[], ResNet50]", key: str) -> Trunk:
    """RGB crops to the body regressor's 2048 features.

    Args:
        load: loads the network each time that one is built, which may change it.
        key: of its weights, see ``weights_key``.
    """

    def build(dtype: "torch.dtype") -> "nn.Module":
        from frankmocap_ros.estimators.frankmocap.networks.resnet import without_batch_norms

        return _module(without_batch_norms(load().eval()).to(dtype), "features", _BODY_SCALE, dtype)

    return Trunk(build, key, 2048)


def hand_trunk(load: "Callable[[], HandNetwork]", key: str) -> Trunk:
    """BGR crops to the hand regressor's 1024 features; as ``body_trunk``."""

    def build(dtype: "torch.dtype") -> "nn.Module":
        from frankmocap_ros.estimators.frankmocap.networks.resnet import without_batch_norms

        network = load().eval()
        without_batch_norms(network.main_encoder)
        return _module(network.to(dtype), "encode", _HAND_SCALE, dtype)

    return Trunk(build, key, 1024)
