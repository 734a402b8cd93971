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

"""State dicts of numpy arrays into torch modules, strictly."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from frankmocap_ros.errors import AssetError

M = TypeVar("M", bound=nn.Module)

_SHOWN = 5


def _some(names: Collection[str]) -> str:
    """Some names, and how many more there are."""
    shown = sorted(names)[:_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def load_strictly(make: Callable[[], M], arrays: Mapping[str, NDArray[np.generic]], what: str) -> M:
    """A module with every parameter and buffer from arrays, set up for inference.

    Args:
        make: makes the module, whose state dict has the checkpoint's keys. It draws no random weights.
        arrays: key -> array, as a checkpoint holds them. The module works on their memory.
        what: name of the file, for errors.

    Raises:
        AssetError: a key is missing or not expected, or an array has another shape.
    """
    with torch.device("meta"):  # shapes and no memory
        module = make()
    wanted = module.state_dict()
    missing, unknown = wanted.keys() - arrays.keys(), arrays.keys() - wanted.keys()
    if missing or unknown:
        parts = [
            f"{word}: {_some(keys)}"
            for word, keys in (("missing", missing), ("not expected", unknown))
            if keys
        ]
        raise AssetError(
            f"{what} does not hold this network ({'; '.join(parts)}); take the file that FrankMocap publishes"
        )
    wrong = [key for key, tensor in wanted.items() if tuple(tensor.shape) != arrays[key].shape]
    if wrong:
        key = wrong[0]
        raise AssetError(
            f"{what}: {key} has shape {arrays[key].shape}, expected {tuple(wanted[key].shape)} "
            f"({len(wrong)} such keys); take the file that FrankMocap publishes"
        )
    tensors = {
        key: torch.from_numpy(np.require(arrays[key], requirements=["C", "W"])).to(tensor.dtype)
        for key, tensor in wanted.items()
    }
    module.load_state_dict(tensors, assign=True)
    return module.requires_grad_(False).eval()
