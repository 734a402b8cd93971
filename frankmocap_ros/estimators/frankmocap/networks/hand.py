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

"""The hand regressor as a network: crops to features, and its head iteration by iteration.

Rong, Shiratori, Joo, "FrankMocap: A Monocular 3D Whole-Body Pose Estimation System via Regression and
Integration", 2021: a ResNet-50, two more layers, and an iterative regressor without activations. What runs is
the part up to the features; the head is folded, see ``hand_head``.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from frankmocap_ros.engines.state_dict import load_strictly
from frankmocap_ros.estimators.frankmocap.networks.folded_head import iterate
from frankmocap_ros.estimators.frankmocap.networks.hand_head import FEATURES, PARAMETERS
from frankmocap_ros.estimators.frankmocap.networks.resnet import FEATURES as POOLED
from frankmocap_ros.estimators.frankmocap.networks.resnet import ResNet50


class _Trunk(ResNet50):
    """ResNet-50 with its last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(POOLED, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        """Map crops (N, 3, H, W) to (N, 1024)."""
        return self.fc1(self.features(x))  # type: ignore[no-any-return]


class HandNetwork(nn.Module):
    """Encoder and iterative head, under the key names of the published checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.main_encoder = _Trunk()
        # the layer's key in the checkpoint has the number 1
        self.feat_encoder = nn.Sequential(nn.ReLU(), nn.Linear(FEATURES, FEATURES), nn.ReLU())
        self.regressor = nn.Sequential(nn.Linear(FEATURES + PARAMETERS, PARAMETERS))

    def encode(self, x: Tensor) -> Tensor:
        """Features (N, 1024) of crops (N, 3, 224, 224), scaled to [-1, 1]."""
        return self.feat_encoder(self.main_encoder(x))  # type: ignore[no-any-return]

    def unfolded(self, feature: Tensor, start: Tensor) -> Tensor:
        """Parameters (N, 61) of features (N, 1024), iteration by iteration."""
        return iterate(self.regressor, feature, start)


def load_hand(weights: Mapping[str, NDArray[np.generic]], what: str = "hand regressor") -> HandNetwork:
    """The network from a checkpoint's arrays, key -> array.

    Raises:
        AssetError: a key is missing, not expected, or has another shape.
    """
    return load_strictly(HandNetwork, weights, what)
