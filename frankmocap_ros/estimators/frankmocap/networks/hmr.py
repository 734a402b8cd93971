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

"""The body regressor as a network: crops to features, and its head iteration by iteration.

Kanazawa, Black, Jacobs, Malik, "End-to-end Recovery of Human Shape and Pose" (HMR), 2018. What runs is the
part up to the features; the head is folded, see ``body_head``.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from frankmocap_ros.engines.state_dict import load_strictly
from frankmocap_ros.estimators.frankmocap.networks.body_head import FEATURES, HIDDEN, PARAMETERS, START
from frankmocap_ros.estimators.frankmocap.networks.folded_head import iterate
from frankmocap_ros.estimators.frankmocap.networks.resnet import ResNet50


class Hmr(ResNet50):
    """ResNet-50 with HMR's iterative head, under the key names of the published checkpoints."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(FEATURES + PARAMETERS, HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.decpose = nn.Linear(HIDDEN, 144)
        self.decshape = nn.Linear(HIDDEN, 10)
        self.deccam = nn.Linear(HIDDEN, 3)

    def step(self, x: Tensor) -> Tensor:
        """Change of the parameters (N, 157) from features and parameters (N, 2205)."""
        hidden = self.fc2(self.fc1(x))
        return torch.cat([self.decpose(hidden), self.decshape(hidden), self.deccam(hidden)], dim=1)

    def unfolded(self, feature: Tensor, start: Tensor) -> Tensor:
        """Parameters (N, 157) of features (N, 2048), iteration by iteration."""
        return iterate(self.step, feature, start)


def load_hmr(weights: Mapping[str, NDArray[np.generic]], what: str = "body regressor") -> Hmr:
    """The network from a checkpoint's arrays, key -> array.

    Raises:
        AssetError: a key is missing, not expected, or has another shape.
    """
    return load_strictly(Hmr, {k: v for k, v in weights.items() if k not in START}, what)
