"""State dicts of numpy arrays into torch modules, strictly."""

from collections.abc import Collection, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from frankmocap_ros.errors import AssetError

_SHOWN = 5


def _some(names: Collection[str]) -> str:
    """Some names, and how many more there are."""
    shown = sorted(names)[:_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def load_strictly(module: nn.Module, arrays: Mapping[str, NDArray[np.generic]], what: str) -> None:
    """Fill every parameter and buffer of a module, and set it up for inference.

    Args:
        module: whose state dict has the checkpoint's keys.
        arrays: key -> array, as a checkpoint holds them; a ``module.`` that stands before all keys
            (as ``DataParallel`` writes them) is left out.
        what: name of the file, for errors.

    Raises:
        AssetError: a key is missing or not expected, or an array has another shape.
    """
    if arrays and all(key.startswith("module.") for key in arrays):
        arrays = {key.removeprefix("module."): array for key, array in arrays.items()}
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
    with torch.no_grad():
        for key, tensor in wanted.items():
            tensor.copy_(torch.from_numpy(np.require(arrays[key], requirements=["C", "W"])))
    module.requires_grad_(False)
    module.eval()
