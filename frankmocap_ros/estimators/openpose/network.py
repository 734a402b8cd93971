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

"""The 2D pose network that finds people.

Osokin, "Real-time 2D Multi-Person Pose Estimation on CPU: Lightweight OpenPose", 2018: a MobileNet, then heat
maps of 18 keypoints and part affinity fields of 19 limbs, and one stage that refines both.
"""

from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from frankmocap_ros.engines.cuda_graph import Graphs
from frankmocap_ros.engines.cuda_state import set_up_cudnn
from frankmocap_ros.engines.state_dict import load_strictly
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.openpose.fitting import fitted
from frankmocap_ros.estimators.openpose.grouping import group_people
from frankmocap_ros.estimators.openpose.parts import COCO
from frankmocap_ros.estimators.openpose.peaks import Floats
from frankmocap_ros.estimators.openpose.people import PersonBox, person_box

_HEATMAPS, _PAFS = COCO.heatmaps, COCO.fields
_SIZES = 4  # of images that are fast on a GPU, one after the other
_FEATURES = 128
# Outputs and stride of the trunk's separable convolutions. The trunk's last stage has no stride: its first
# convolution looks twice as far instead.
_TRUNK = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 1),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
)  # fmt: skip
_DILATED = 6


def _conv(inputs: int, outputs: int, size: int = 3, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=dilation * (size // 2), dilation=dilation)


def _conv_relu(inputs: int, outputs: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(_conv(inputs, outputs, size), nn.ReLU(inplace=True))


def _conv_norm_relu(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        _conv(inputs, outputs, dilation=dilation), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def _separable(inputs: int, outputs: int, stride: int, dilation: int) -> nn.Sequential:
    """A convolution of each channel, then one of each pixel."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, dilation, dilation, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _trunk() -> nn.Sequential:
    """MobileNet's first 12 layers."""
    first = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
    layers = [nn.Sequential(first, nn.BatchNorm2d(32), nn.ReLU(inplace=True))]
    inputs = 32
    for number, (outputs, stride) in enumerate(_TRUNK):
        layers.append(_separable(inputs, outputs, stride, 2 if number == _DILATED else 1))
        inputs = outputs
    return nn.Sequential(*layers)


class _Narrowing(nn.Module):
    """From the trunk's 512 channels to 128."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.align = _conv_relu(inputs, _FEATURES, 1)
        self.trunk = nn.Sequential(*(self._separable() for _ in range(3)))
        self.conv = _conv_relu(_FEATURES, _FEATURES)

    @staticmethod
    def _separable() -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(_FEATURES, _FEATURES, 3, padding=1, groups=_FEATURES, bias=False),
            nn.ELU(inplace=True),
            nn.Conv2d(_FEATURES, _FEATURES, 1, bias=False),
            nn.ELU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.align(x)
        return self.conv(x + self.trunk(x))  # type: ignore[no-any-return]


class _Residual(nn.Module):
    """Two convolutions, the second of which looks twice as far, beside a shortcut."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.initial = _conv_relu(inputs, _FEATURES, 1)
        self.trunk = nn.Sequential(
            _conv_norm_relu(_FEATURES, _FEATURES), _conv_norm_relu(_FEATURES, _FEATURES, dilation=2)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.initial(x)
        return x + self.trunk(x)  # type: ignore[no-any-return]


class _Stage(nn.Module):
    """Heat maps and part affinity fields from features."""

    def __init__(self, trunk: nn.Sequential, inner: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.heatmaps = nn.Sequential(
            _conv_relu(_FEATURES, inner, 1), nn.Sequential(_conv(inner, _HEATMAPS, 1))
        )
        self.pafs = nn.Sequential(_conv_relu(_FEATURES, inner, 1), nn.Sequential(_conv(inner, _PAFS, 1)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.trunk(x)
        return self.heatmaps(x), self.pafs(x)


class Pose2dNetwork(nn.Module):
    """The network, under the key names of the published checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.model = _trunk()
        self.cpm = _Narrowing(_TRUNK[-1][0])
        self.initial_stage = _Stage(nn.Sequential(*(_conv_relu(_FEATURES, _FEATURES) for _ in range(3))), 512)
        inputs = (_FEATURES + _HEATMAPS + _PAFS, *(_FEATURES for _ in range(4)))
        refinement = _Stage(nn.Sequential(*(_Residual(n) for n in inputs)), _FEATURES)
        self.refinement_stages = nn.ModuleList([refinement])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The last stage's heat maps (N, 19, H/8, W/8) and fields (N, 38, H/8, W/8) of (N, 3, H, W)."""
        features = self.cpm(self.model(x))
        maps = self.initial_stage(features)
        for stage in self.refinement_stages:
            maps = stage(torch.cat([features, *maps], dim=1))
        return maps  # type: ignore[no-any-return]


def load_pose2d(weights: Mapping[str, NDArray[np.generic]], what: str = "2D pose network") -> Pose2dNetwork:
    """The network from a checkpoint's arrays, key -> array.

    Raises:
        AssetError: a key is missing, not expected, or has another shape.
    """
    return load_strictly(Pose2dNetwork, weights, what)


def _without_batch_norms(network: Pose2dNetwork) -> Pose2dNetwork:
    """Fold every batch normalization into the convolution before it, in place; for inference only."""
    for layers in [module for module in network.modules() if isinstance(module, nn.Sequential)]:
        for number, norm in enumerate(layers):
            if isinstance(norm, nn.BatchNorm2d):
                fused = nn.utils.fusion.fuse_conv_bn_eval(cast(nn.Conv2d, layers[number - 1]), norm)
                layers[number - 1], layers[number] = fused.requires_grad_(False), nn.Identity()
    return network


class MapsOfPixels(nn.Module):
    """The network with its normalization: maps (H/8, W/8, 57), float32, of an image (H, W, 3), uint8, BGR.

    Heat maps come first, then fields.

    Args:
        network: becomes part of this, and is changed.
        dtype: type in which it computes.
    """

    def __init__(self, network: Pose2dNetwork, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = _without_batch_norms(network).to(dtype)
        self.dtype = dtype

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        # channels stay last in memory, which is how CPUs and GPUs run convolutions fastest
        x = ((pixels.to(self.dtype) - 128.0) / 256.0).permute(2, 0, 1)[None]
        return torch.cat(self.network(x), dim=1).squeeze(0).permute(1, 2, 0).to(torch.float32)


class Pose2dDetector:
    """Images to people's boxes and keypoints.

    Args:
        weights: state dict of the published checkpoint, key -> array.
        device: torch's name of the device.
        precision: type in which the network computes, such as ``torch.bfloat16``; None for float32.
        eager: without a CUDA graph, where a GPU runs it.

    Raises:
        AssetError: the arrays are not those of this network.

    Attributes:
        parts: which keypoints and limbs it finds.
    """

    parts = COCO

    def __init__(
        self,
        weights: Mapping[str, NDArray[np.generic]],
        device: str | torch.device = "cpu",
        precision: torch.dtype | None = None,
        eager: bool = False,
    ) -> None:
        self.device = torch.device(device)
        maps = MapsOfPixels(load_pose2d(weights), precision or torch.float32).to(self.device)
        self._maps = maps.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._graphs: Graphs | None = None
        if self.device.type == "cuda" and not eager:
            set_up_cudnn()
            # kernels that cuDNN finds are a thread's own, and images are searched in another than loads
            self._graphs = Graphs(lambda _: self._maps, _SIZES)

    @torch.inference_mode()
    def maps(self, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Heat maps (H/8, W/8, 19) and fields (H/8, W/8, 38) of an image (H, W, 3), BGR."""
        found: Floats
        if self._graphs is not None:
            found = self._graphs(pixels)
        else:
            found = self._maps(torch.from_numpy(pixels).to(self.device)).cpu().numpy()
        return found[..., :_HEATMAPS], found[..., _HEATMAPS:]

    def close(self) -> None:
        """Give back memory; a second time is allowed."""
        if self._graphs is not None:
            self._graphs.close()

    def detect(self, bgr: NDArray[np.uint8], max_people: int) -> list[PersonBox]:
        """People in an image, best first.

        Args:
            bgr: shape (H, W, 3), 8 bit, of any size.
            max_people: how many to give at most.

        Raises:
            EstimatorError: the array is not such an image.
        """
        if bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3 or not bgr.size:
            raise EstimatorError(
                f"the image is {bgr.dtype} of shape {bgr.shape}; expected uint8 of shape (H, W, 3), BGR"
            )
        image = fitted(bgr)
        heatmaps, pafs = (m[image.cells] for m in self.maps(image.pixels))
        return [person_box(person, image) for person in group_people(heatmaps, pafs)[: max(0, max_people)]]
