"""Iterative regression without activations, folded into one affine map."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

ITERATIONS = 3


@dataclass(frozen=True, eq=False)
class Affine:
    """``feature @ weight.T + bias``.

    Attributes:
        weight: shape (P, F), float32.
        bias: shape (P,), float32.
    """

    weight: Tensor
    bias: Tensor

    def __call__(self, feature: Tensor) -> Tensor:
        """Parameters (N, P) of features (N, F), in float32 whatever the feature's type."""
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


def fold(step: Callable[[Tensor], Tensor], features: int, start: Tensor) -> Affine:
    """The same as ``iterate`` as one affine map, exact where ``step`` is affine.

    With ``step([x, p]) = A x + B p + c`` one iteration is ``p <- (I + B) p + A x + c``, so three of them
    are ``M^3 p0 + (M^2 + M + I)(A x + c)`` with ``M = I + B``. Computed in float64.

    Args:
        step: affine map (N, F + P) -> (N, P) in float64.
        features: F.
        start: shape (P,), parameters to begin with.
    """
    p0 = start.to(torch.float64)
    n = len(p0)
    with torch.no_grad():
        c = step(torch.zeros(1, features + n, dtype=torch.float64))[0]
        columns = step(torch.eye(features + n, dtype=torch.float64)) - c
    a, b = columns[:features].T, columns[features:].T
    m = torch.eye(n, dtype=torch.float64) + b
    total = torch.eye(n, dtype=torch.float64)
    for _ in range(ITERATIONS - 1):
        total = total @ m + torch.eye(n, dtype=torch.float64)
    bias = torch.linalg.matrix_power(m, ITERATIONS) @ p0 + total @ c
    return Affine((total @ a).float().contiguous(), bias.float())
