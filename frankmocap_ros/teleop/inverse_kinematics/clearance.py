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

"""What keeps geoms apart: rows of a quadratic program, and how far apart they are."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array, Mask, dot

_ROUNDING: Final = 1e-9
_LOOK_M: Final = 0.10  # parts further apart than this are not looked at
_SPARE_M: Final = 0.005  # the program keeps so much more distance, so that few steps must be shortened
_BETWEEN_M: Final = 0.002  # so much nearer pairs may come between the postures that are looked at
_FEW: Final = 30  # so many pairs are measured in the time that it takes to find out which are near
_LEAST_M: Final = 1e-9  # geoms that just touch have no direction to be led apart in


class Clearance:
    """P pairs of geoms that are kept apart.

    Args:
        mujoco: the module.
        configuration: a mink.Configuration, which the caller updates.
        pairs: numbers of geoms.
        keep_m: the distance to keep [m].
    """

    def __init__(
        self, mujoco: Any, configuration: Any, pairs: Sequence[tuple[int, int]], keep_m: float
    ) -> None:
        self._distance, self._jacobian = mujoco.mj_geomDistance, mujoco.mj_jac
        self._configuration, self._keep_m = configuration, keep_m
        self._pairs = [(int(a), int(b)) for a, b in pairs]
        model = configuration.model
        self._first, self._second = np.array(self._pairs, dtype=np.intp).reshape(-1, 2).T
        radius = model.geom_rbound
        self._radius = radius[self._second]
        # how far the first geom reaches along its own axes; a box is more slender than the ball around it
        is_box = model.geom_type[self._first] == int(mujoco.mjtGeom.mjGEOM_BOX)
        self._half = np.where(is_box[:, None], model.geom_size[self._first], 0.0)
        self._radius = self._radius + np.where(is_box, 0.0, radius[self._first])
        self._endless = (radius[self._first] <= 0.0) | (radius[self._second] <= 0.0)  # such as planes
        self._from_to = np.zeros(6)
        self._jacobians = np.zeros((2, 3, model.nv))

    def gaps(self) -> Array:
        """Distance of each pair, shape (P,) [m]; of those that are far enough apart only that they are."""
        most_m = self._keep_m + _BETWEEN_M
        model, data = self._configuration.model, self._configuration.data
        found = [most_m] * len(self._pairs)
        for i in self._near(most_m):
            found[i] = self._distance(model, data, *self._pairs[i], most_m, None)
        return np.array(found)

    def is_kept(self, before: Array, between: bool = False) -> bool:
        """Whether the pairs are as far apart as they are to be, or as they were.

        Args:
            before: ``gaps`` of the posture before, shape (P,).
            between: whether there are postures on the way to this one that nobody looks at.
        """
        least = np.minimum(before, self._keep_m + (_BETWEEN_M if between else 0.0))
        return bool((self.gaps() >= least - _ROUNDING).all())

    def rows(self) -> tuple[Array, Array]:
        """How much nearer each of the K pairs that are near may come, and how it does.

        Returns:
            The distances left, shape (K,) [m], and how the model's velocities shrink them, shape (K, nv).
        """
        model, data = self._configuration.model, self._configuration.data
        most_m = self._keep_m + _LOOK_M
        from_to, (of_first, of_second) = self._from_to, self._jacobians
        left, rows = [], []
        for i in self._near(most_m):
            distance = self._distance(model, data, *self._pairs[i], most_m, from_to)
            if not distance < most_m:
                continue
            for jacobian, point, geom in zip(
                (of_first, of_second), (from_to[:3], from_to[3:]), self._pairs[i], strict=True
            ):
                self._jacobian(model, data, jacobian, None, point, model.geom_bodyid[geom])
            way = from_to[3:] - from_to[:3]  # backwards in geoms that are in each other
            away = way / distance if abs(distance) > _LEAST_M else np.zeros(3)
            rows.append(away @ (of_first - of_second))
            left.append(max(0.0, distance - self._keep_m - _SPARE_M))
        return np.array(left), np.array(rows).reshape(-1, model.nv)

    def _near(self, most_m: float) -> Sequence[int]:
        """Numbers of the pairs that may be nearer than that."""
        if len(self._pairs) <= _FEW:
            return range(len(self._pairs))
        data = self._configuration.data
        way = data.geom_xpos[self._second] - data.geom_xpos[self._first]
        own = np.abs(np.einsum("pi,pij->pj", way, data.geom_xmat[self._first].reshape(-1, 3, 3)))
        outside = np.maximum(own - self._half, 0.0)
        near: Mask = np.sqrt(dot(outside, outside)) <= most_m + self._radius
        return [int(i) for i in np.flatnonzero(near | self._endless)]
