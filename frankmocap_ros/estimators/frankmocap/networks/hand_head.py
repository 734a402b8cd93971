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

"""The hand regressor's head: features to wrist and finger rotations, shape and camera. Needs no torch."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.estimators.frankmocap.hand_crop import FINGER_JOINTS, HandParameters
from frankmocap_ros.estimators.frankmocap.networks.folded_head import Affine, fold, layers, numbers

CAMERA, WRIST, FINGERS, SHAPE = slice(0, 3), slice(3, 6), slice(6, 51), slice(51, 61)
PARAMETERS: Final = 61
FEATURES: Final = 1024
ARRAYS: Final = ("regressor.0.weight", "regressor.0.bias")
"""Keys of the checkpoint that the head is made of."""
_MEAN_CAMERA: Final = (5.0, 0.0, 0.0)


def start_of(
    mean_mano: Mapping[str, NDArray[np.generic]], what: str = "mean_mano_params.pkl"
) -> NDArray[np.float32]:
    """What the head starts from, (61,): a camera, no wrist rotation, the mean fingers, no shape.

    Args:
        mean_mano: arrays of ``mean_mano_params.pkl``, of which ``mean_pose`` (48) is used.
        what: name of the file, for errors.

    Raises:
        AssetError: ``mean_pose`` is missing or has another size.
    """
    start = np.zeros(PARAMETERS, np.float32)
    start[CAMERA] = _MEAN_CAMERA
    start[FINGERS] = numbers(mean_mano, "mean_pose", 48, what)[3:]
    return start


def folded_head(
    weights: Mapping[str, NDArray[np.generic]],
    mean_mano: Mapping[str, NDArray[np.generic]],
    what: str = "hand regressor",
) -> Affine:
    """All iterations as one affine map from features (N, 1024) to the regressor's numbers (N, 61).

    Args:
        weights: a checkpoint's arrays, ``ARRAYS`` at least.
        mean_mano: arrays of ``mean_mano_params.pkl``.
        what: name of the checkpoint, for errors.

    Raises:
        AssetError: an array is missing or has another shape.
    """
    step = layers(weights, {"regressor.0": (PARAMETERS, FEATURES + PARAMETERS)}, what)
    return fold(step, start_of(mean_mano))


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
