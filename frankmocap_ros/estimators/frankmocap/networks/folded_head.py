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

"""Iterative regression without activations, folded into one affine map."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import AssetError

if TYPE_CHECKING:
    from torch import Tensor

ITERATIONS: Final = 3


@dataclass(frozen=True, eq=False)
class Affine:
    """``feature @ weight.T + bias``.

    Attributes:
        weight: shape (P, F).
        bias: shape (P,).
    """

    weight: NDArray[np.floating[Any]]
    bias: NDArray[np.floating[Any]]

    def __call__(self, feature: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Outputs (N, P) of features (N, F)."""
        outputs: NDArray[np.floating[Any]] = feature @ self.weight.T + self.bias
        return outputs


def iterate(step: "Callable[[Tensor], Tensor]", feature: "Tensor", start: "Tensor") -> "Tensor":
    """Add ``step([feature, parameters])`` to the parameters three times.

    Args:
        step: (N, F + P) -> (N, P).
        feature: shape (N, F).
        start: shape (P,), parameters to begin with.
    """
    import torch

    params = start.expand(len(feature), -1)
    for _ in range(ITERATIONS):
        params = params + step(torch.cat([feature, params], dim=1))
    return params


def layers(
    weights: Mapping[str, NDArray[np.generic]], shapes: Mapping[str, tuple[int, int]], what: str
) -> list[Affine]:
    """Linear layers out of a checkpoint's arrays.

    Args:
        weights: key -> array; each layer has a ``weight`` and a ``bias``.
        shapes: name of each layer -> (outputs, inputs).
        what: name of the checkpoint, for errors.

    Raises:
        AssetError: an array is missing or has another shape.
    """

    def array(key: str, shape: tuple[int, ...]) -> NDArray[np.floating[Any]]:
        found = weights.get(key)
        if found is None or found.shape != shape:
            wrong = "is missing" if found is None else f"has shape {found.shape}"
            raise AssetError(
                f"{what}: {key} {wrong}, expected {shape}; take the file that FrankMocap publishes"
            )
        return np.asarray(found, np.float32)

    return [
        Affine(array(f"{name}.weight", shape), array(f"{name}.bias", shape[:1]))
        for name, shape in shapes.items()
    ]


def numbers(arrays: Mapping[str, NDArray[np.generic]], name: str, n: int, what: str) -> NDArray[np.float32]:
    """The ``n`` numbers of an array, in whatever shape it has.

    Args:
        arrays: by name.
        name: of the array.
        n: how many numbers it must hold.
        what: name of the file, for errors.

    Raises:
        AssetError: it is missing or holds another number of them.
    """
    array = arrays.get(name)
    if array is None or array.size != n:
        found = "is missing" if array is None else f"has {array.size} numbers"
        raise AssetError(f"{what}: {name} {found}, expected {n}; take the file that FrankMocap publishes")
    return np.asarray(array, np.float32).reshape(-1)


def stacked(maps: Sequence[Affine]) -> Affine:
    """Maps of the same input as one, their outputs one after the other."""
    return Affine(np.concatenate([m.weight for m in maps]), np.concatenate([m.bias for m in maps]))


def fold(steps: Sequence[Affine], start: NDArray[np.floating[Any]]) -> Affine:
    """The same as ``iterate`` as one affine map, in float32.

    With ``step([x, p]) = A x + B p + c`` one iteration is ``p <- (I + B) p + A x + c``, so three of them
    are ``M^3 p0 + (M^2 + M + I)(A x + c)`` with ``M = I + B``. Computed in float64.

    Args:
        steps: the step's layers, the first on (F + P) numbers and the last with P outputs.
        start: shape (P,), parameters to begin with.
    """
    p0 = np.asarray(start, np.float64)
    n = len(p0)
    one = np.eye(n)
    weight, c = one, np.zeros(n)
    for layer in reversed(steps):
        c = c + weight @ np.asarray(layer.bias, np.float64)
        weight = weight @ np.asarray(layer.weight, np.float64)
    a, b = weight[:, :-n], weight[:, -n:]
    m = one + b
    total = one
    for _ in range(ITERATIONS - 1):
        total = total @ m + one
    bias = np.linalg.matrix_power(m, ITERATIONS) @ p0 + total @ c
    return Affine(np.ascontiguousarray(total @ a, np.float32), bias.astype(np.float32))
