"""What keeps parts of a robot apart: rows of a quadratic program, and how far apart they are."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array

_ROUNDING: Final = 1e-9
_LOOK_M: Final = 0.10  # parts further apart than this are not looked at
_SPARE_M: Final = 0.005  # the program keeps so much more distance, so that few steps must be shortened
_BETWEEN_M: Final = 0.002  # so much nearer pairs may come between the postures that are looked at


class Clearance:
    """P pairs of geoms that are kept apart.

    Args:
        mujoco, mink: the modules.
        configuration: a mink.Configuration, which the caller updates.
        pairs: numbers of geoms.
        keep_m: the distance to keep [m].
    """

    def __init__(
        self, mujoco: Any, mink: Any, configuration: Any, pairs: Sequence[tuple[int, int]], keep_m: float
    ) -> None:
        self._distance = mujoco.mj_geomDistance
        self._configuration, self._pairs, self._keep_m = configuration, pairs, keep_m
        self._limit = (
            mink.CollisionAvoidanceLimit(
                configuration.model,
                [((a,), (b,)) for a, b in pairs],
                minimum_distance_from_collisions=keep_m + _SPARE_M,
                collision_detection_distance=keep_m + _LOOK_M,
                gain=1.0,
            )
            if pairs
            else None
        )

    def gaps(self) -> Array:
        """Distance of each pair, shape (P,) [m]; of those that are far enough apart only that they are."""
        model, data, most_m = self._configuration.model, self._configuration.data, self._keep_m + _BETWEEN_M
        return np.array([self._distance(model, data, a, b, most_m, None) for a, b in self._pairs])

    def is_kept(self, before: Array, between: bool = False) -> bool:
        """Whether the pairs are as far apart as they are to be, or as they were.

        Args:
            before: ``gaps`` of the posture before, shape (P,).
            between: whether there are postures on the way to this one that nobody looks at.
        """
        least = np.minimum(before, self._keep_m + (_BETWEEN_M if between else 0.0))
        return bool((self.gaps() >= least - _ROUNDING).all())

    def rows(self) -> tuple[Array, Array]:
        """How much nearer each pair may come, shape (P,) [m], and rows, shape (P, nv): how it does.

        Those that are far apart may come as near as they like.
        """
        if self._limit is None:
            return np.zeros(0), np.zeros((0, self._configuration.model.nv))
        found = self._limit.compute_qp_inequalities(self._configuration, 1.0)
        return found.h, found.G
