"""Which way the bones of arms and legs point out of the image plane: the sign that pixels leave open.

Each limb has two bones, and so four hypotheses: either bone towards the camera or away from it. Their
probabilities follow from image to image (a forward filter of a hidden Markov model): a limb does not jump,
elbows and knees bend one way, hands are before the chest more often than behind it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array, cross, dot, normalize

_SPEED: Final = 2.0  # of a joint relative to the torso [m/s]
_LEAK: Final = 1e-4  # share of hypotheses that change whatever their distance
_TOLD_S: Final = 2.0  # after so long a posture counts once more


@dataclass(frozen=True, eq=False)
class Limbs:
    """Arms and legs of one image: left arm, right arm, left leg, right leg.

    Attributes:
        start: shape (4, 3), shoulders and hips [m].
        middle: shape (4, 2, 3), elbows and knees: nearer, further [m].
        end: shape (4, 2, 2, 3), wrists and ankles of each middle: nearer, further [m].
        axes: shape (3, 3), the body's left, up and front as rows.
        height_m: the person's height [m].
    """

    start: Array
    middle: Array
    end: Array
    axes: Array
    height_m: float


class LimbSigns:
    """Probabilities of one person's hypotheses."""

    def __init__(self) -> None:
        self._probability = np.full((4, 4), 0.25)
        self._before: Array | None = None

    def update(self, limbs: Limbs, elapsed_s: float) -> Array:
        """Probabilities (4, 2, 2) of the limbs' hypotheses: sign of the first bone, sign of the second."""
        middle = np.repeat((limbs.middle - limbs.start[:, None]).reshape(4, 2, 1, 3), 2, axis=2)
        end = limbs.end - limbs.start[:, None, None]
        now = np.concatenate([middle, end], axis=-1).reshape(4, 4, 6)
        cost = _cost(limbs, middle[:, :, 0], end).reshape(4, 4)
        if self._before is None:
            self._probability = np.exp(-cost)
        else:
            apart = now[:, None] - self._before[:, :, None]
            step = _SPEED * max(elapsed_s, 1e-3)
            near = np.exp(-0.5 * dot(apart, apart) / step**2) + _LEAK
            near /= near.sum(axis=2, keepdims=True)
            left = self._probability * np.exp(np.minimum(self._cost, MOST))
            told = 1.0 + min(elapsed_s / _TOLD_S, 1.0)
            self._probability = np.einsum("lb,lbn->ln", left, near) * np.exp(-np.minimum(cost, MOST) * told)
        self._before, self._cost = now, cost
        self._probability /= self._probability.sum(axis=1, keepdims=True)
        return self._probability.reshape(4, 2, 2)


MOST = 8.0
W = dict(eb=6., em=0.02, es=0.1, wm=0.06, ws=0.08, inw=0.04, ab=6.0, kb=12., ks=.08, ts=.08)
_OUTWARD: Final = np.array([1.0, -1.0, 1.0, -1.0])  # sign of the body's left on each limb


def _cost(limbs: Limbs, middle: Array, end: Array) -> Array:
    """How unlikely postures are, shape (4, 2, 2), as a negative logarithm.

    Args:
        limbs: for the body's axes.
        middle: shape (4, 2, 3), from the limb's start [m].
        end: shape (4, 2, 2, 3), from the limb's start [m].
    """
    turn = limbs.axes.T
    m, e = middle @ turn, end @ turn
    m[..., 0] *= _OUTWARD[:, None]  # as a left one
    e[..., 0] *= _OUTWARD[:, None, None]
    upper = normalize(m)[:, :, None]
    lower = normalize(e - m[:, :, None])
    axis = cross(np.broadcast_to(upper, lower.shape), lower)
    x, y, z = np.moveaxis(upper, -1, 0)
    cost = np.empty((4, 2, 2))
    # the elbow's hinge, were the shoulder swung there the shortest way from a stretched arm
    reach = 1.0 / np.maximum(1.0 + x[:2], 0.1)
    bent = axis[:2, ..., 0] * y[:2] - axis[:2, ..., 1] * (x[:2] + z[:2] ** 2 * reach)
    bent += axis[:2, ..., 2] * y[:2] * z[:2] * reach
    elbow = m[:2, :, None, 2] / limbs.height_m
    wrist = e[:2, ..., 2] / limbs.height_m - elbow
    cost[:2] = W["eb"] * np.maximum(-bent, 0.0) + 0.5 * ((elbow - W["em"]) / W["es"]) ** 2 + 0.5 * ((wrist - W["wm"]) / W["ws"]) ** 2
    cost[:2] += W["ab"] * np.maximum(-0.6 - z[:2], 0.0)
    inward = np.minimum(m[:2, :, None, 0] / limbs.height_m - 0.03, 0.0)
    cost[:2] += 0.5 * (inward / W["inw"]) ** 2
    # the knee's, were the hip swung there the shortest way from a leg that hangs
    reach = 1.0 / np.maximum(1.0 - y[2:], 0.1)
    bent = axis[2:, ..., 0] * (z[2:] ** 2 * reach - y[2:]) + axis[2:, ..., 1] * x[2:]
    bent -= axis[2:, ..., 2] * x[2:] * z[2:] * reach
    forward = e[2:, ..., 2] / limbs.height_m
    knee = m[2:, :, None, 2] / limbs.height_m
    cost[2:] = W["kb"] * np.maximum(-bent - 0.05, 0.0) + 0.5 * ((forward + 0.02) / W["ks"]) ** 2
    cost[2:] += 0.5 * ((knee - 0.02) / W["ts"]) ** 2
    cost[2:] += 6.0 * np.maximum(-0.4 - z[2:], 0.0)
    return cost
