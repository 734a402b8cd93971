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

"""ResNet-50 up to the pooled feature, with the key names of torchvision's checkpoints.

He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2016; the stride of a stage lies on its
first block's 3x3 convolution, as in all published weights.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

FEATURES = 2048
_EXPANSION = 4
_STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # width, blocks, stride


class _Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions beside a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int, shortcut: bool) -> None:
        super().__init__()
        outputs = width * _EXPANSION
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Sequential | None = None
        if shortcut:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, 4 width, H / stride, W / stride)."""
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = functional.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return functional.relu(y, inplace=True)


def _stage(inputs: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    first = _Bottleneck(inputs, width, stride, shortcut=True)
    rest = [_Bottleneck(width * _EXPANSION, width, 1, shortcut=False) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)


class ResNet50(nn.Module):
    """Image crops to features.

    Input: shape (N, 3, H, W), normalized. Output: shape (N, 2048), the mean over the last stage's cells.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for number, (width, blocks, stride) in enumerate(_STAGES, start=1):
            setattr(self, f"layer{number}", _stage(inputs, width, blocks, stride))
            inputs = width * _EXPANSION

    def features(self, x: Tensor) -> Tensor:
        """Pooled features (N, 2048) of crops (N, 3, H, W)."""
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = functional.max_pool2d(x, 3, 2, 1)
        for number in range(1, len(_STAGES) + 1):
            x = getattr(self, f"layer{number}")(x)
        # not adaptive pooling: with channels last it becomes a gather over a size that is not known, in ONNX
        return x.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """As ``features``; subclasses add to it."""
        return self.features(x)


def without_batch_norms(network: ResNet50) -> ResNet50:
    """Fold every batch normalization into the convolution before it, in place; for inference only."""

    def fuse(parent: nn.Module, conv: str, norm: str) -> None:
        fused = nn.utils.fusion.fuse_conv_bn_eval(
            cast(nn.Conv2d, parent.get_submodule(conv)), cast(nn.BatchNorm2d, parent.get_submodule(norm))
        )
        setattr(parent, conv, fused.requires_grad_(False))
        setattr(parent, norm, nn.Identity())

    for module in network.modules():
        if isinstance(module, _Bottleneck):
            for number in (1, 2, 3):
                fuse(module, f"conv{number}", f"bn{number}")
            if module.downsample is not None:
                fuse(module.downsample, "0", "1")
    fuse(network, "conv1", "bn1")
    return network
