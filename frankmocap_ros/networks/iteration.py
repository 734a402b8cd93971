"""Iterative regression without activations, folded into one affine map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

ITERATIONS = 3


@dataclass(frozen=True, eq=False)
class Affine:
    """``feature @ weight.T + bias``.

    Attributes:
        weight: shape (P, F).
        bias: shape (P,).
    """

    weight: Tensor
    bias: Tensor

    def __call__(self, feature: Tensor) -> Tensor:
        """Parameters (N, P) of features (N, F) of any type, where this is in float32."""
        return torch.addmm(self.bias, feature.to(torch.float32), self.weight.T)


def iterate(step: Callable[[Tensor], Tensor], feature: Tensor, start: Tensor) -> Tensor:
    """Add ``step([feature, parameters])`` to the parameters three times.

    Args:
        step: (N, F + P) -> (N, P).
        feature: shape (N, F).
        start: shape (P,), parameters to begin with.
    """
    params = start.expand(len(feature), -1)
    for _ in range(ITERATIONS):
        params = params + step(torch.cat([feature, params], dim=1))
    return params


def stacked(*layers: nn.Linear) -> Affine:
    """Layers on the same input as one map, their outputs one after the other."""
    return Affine(torch.cat([layer.weight for layer in layers]), torch.cat([layer.bias for layer in layers]))


def fold(layers: Sequence[Affine], start: Tensor) -> Affine:
    """The same as ``iterate`` as one affine map.

    With ``step([x, p]) = A x + B p + c`` one iteration is ``p <- (I + B) p + A x + c``, so three of them
    are ``M^3 p0 + (M^2 + M + I)(A x + c)`` with ``M = I + B``. Computed in float64.

    Args:
        layers: the step's, the first on (F + P) numbers and the last with P outputs.
        start: shape (P,), parameters to begin with.
    """
    p0 = start.to(torch.float64)
    n = len(p0)
    one = torch.eye(n, dtype=torch.float64)
    weight, c = one, torch.zeros(n, dtype=torch.float64)
    for layer in reversed(layers):
        c = c + weight @ layer.bias.to(torch.float64)
        weight = weight @ layer.weight.to(torch.float64)
    a, b = weight[:, :-n], weight[:, -n:]
    m = one + b
    total = one
    for _ in range(ITERATIONS - 1):
        total = total @ m + one
    bias = torch.linalg.matrix_power(m, ITERATIONS) @ p0 + total @ c
    return Affine((total @ a).float().contiguous(), bias.float())
