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

"""Motion along the line of sight, of which one camera sees the least: followed, scaled or locked.

With the unit vector u along a joint's line of sight, the positions p that are measured and the index 0 for
the moment of engagement, the positions c that count are::

    follow   c = p
    scaled   c += dp - (1 - share) u (u . dp)     for every measured dp, with the line of sight of then
    locked   c = p - u0 (u0 . (p - p0))

What counts while scaled is motion, not where the joint is: a share that changes moves nothing by itself.
Where the share changes on the way, c does not come back with p; engaging again sets both equal.
"""

from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import Array, dot
from frankmocap_ros.teleop.setpoint import Setpoint


@dataclass(frozen=True, eq=False)
class FollowedTargets:
    """What N targets follow, in one frame.

    Attributes:
        setpoint: as measured, relative to each target's origin.
        confidence: shape (N,), 0..1.
        sights: shape (N, 3), unit vectors from the camera towards the joints; zero where that is not known.
        depth_shares: shape (N,), how much of the motion along them counts, 0..1.
        speed_shares: shape (N,), how much of the maximum speed is allowed, 0..1.
    """

    setpoint: Setpoint
    confidence: Array
    sights: Array
    depth_shares: Array
    speed_shares: Array


class DepthMode:
    """What counts of the motion of one engagement.

    Args:
        mode: follow, scaled or locked.
        start: at engagement.

    Raises:
        SettingError: the mode needs the lines of sight, and they are not known.
    """

    def __init__(self, mode: str, start: FollowedTargets) -> None:
        if mode != "follow" and not (dot(start.sights, start.sights) > 0.5).all():
            raise SettingError(
                f"depth_mode: {mode} needs to know where the camera is, and the bodies do not say it "
                "(camera_position); allowed without it: follow"
            )
        self._mode = mode
        self._sights = start.sights
        self._start = self._last = self._counted = start.setpoint.positions

    def counted(self, followed: FollowedTargets) -> Setpoint:
        """What counts of what is followed. Call it once for each measurement, in their order."""
        measured = followed.setpoint
        if self._mode == "follow":
            return measured
        if self._mode == "locked":
            way = measured.positions - self._start
            positions = self._start + _without(way, self._sights, 1.0)
            return replace(
                measured, positions=positions, velocities=_without(measured.velocities, self._sights, 1.0)
            )
        left_out = (1.0 - followed.depth_shares)[:, None]
        way = measured.positions - self._last
        self._last = measured.positions
        self._counted = self._counted + _without(way, followed.sights, left_out)
        velocities = _without(measured.velocities, followed.sights, left_out)
        return replace(measured, positions=self._counted, velocities=velocities)


def _without(vectors: Array, sights: Array, share: Array | float) -> Array:
    """Vectors without a share of what they have along the lines of sight."""
    return np.asarray(vectors - share * dot(vectors, sights)[:, None] * sights)
