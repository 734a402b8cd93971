"""What keeps parts of a robot apart: rows of a quadratic program, and how far apart they are."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array

_LOOK_M: Final = 0.10  # parts further apart than this are not looked at
_SPARE_M: Final = 0.005  # the program keeps so much more distance, so that few steps must be shortened


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
            )
            if pairs
            else None
        )

    def gaps(self) -> Array:
        """Distance of each pair, shape (P,) [m]; at most the one to keep."""
        model, data = self._configuration.model, self._configuration.data
        return np.array([self._distance(model, data, a, b, self._keep_m, None) for a, b in self._pairs])

    def rows(self, share: float, dt: float) -> tuple[Array, Array]:
        """Rows, shape (P, nv), and the most that they may be times a step, shape (P,).

        Args:
            share: of what is left between two parts, how much a step may take.
            dt: how long the step takes [s].
        """
        if self._limit is None:
            return np.zeros((0, self._configuration.model.nv)), np.zeros(0)
        # mink compares the step with gain * distance / dt: only so it is a share of the distance
        self._limit.gain = share * dt
        found = self._limit.compute_qp_inequalities(self._configuration, dt)
        return found.G, found.h
