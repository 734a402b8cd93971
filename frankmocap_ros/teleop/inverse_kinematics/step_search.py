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

"""How far a step that a program asks for is gone.

The program looks at a linear robot. The real one may come out further off, or with parts closer together: a
step is brought nearer to braking until it does neither (Armijo's rule: of what the program promises a share
must come true, Nocedal and Wright, Numerical Optimization, 3.1). So what stands still is approached and never
circled, and parts that were apart stay so: where the joints would stop is looked at, too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.clearance import Clearance
from frankmocap_ros.teleop.inverse_kinematics.joint_motion import JointMotion

_PROMISED: Final = 0.1  # share of the promised improvement that must come true
_SHARES: Final = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)  # of a step, the rest is braking
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class StepPlan:
    """A step of J joints that a program asks for.

    Attributes:
        brake: shape (J,), the step by which they brake.
        step: shape (J,), the one that is asked for.
        off: how far off the joints would be after braking.
        promised: how much nearer the step is said to come.
    """

    brake: Array
    step: Array
    off: float
    promised: float


class StepSearch:
    """Goes steps. For one thread.

    Args:
        motion: how the joints move.
        clearance: what is to stay apart.
        look: looks at the robot in a posture, shape (J,); raises RetargetError where it cannot be so.
        off: tells how far off a posture is, shape (J,), which is looked at.
    """

    def __init__(
        self,
        motion: JointMotion,
        clearance: Clearance,
        look: Callable[[Array], None],
        off: Callable[[Array], float],
    ) -> None:
        self._motion, self._clearance = motion, clearance
        self._look, self._off = look, off
        self.begin()

    def begin(self) -> None:
        """Begin with the posture that is looked at."""
        self._gaps = self._clearance.gaps()

    def go(self, now: Array, plan: StepPlan, dt: float) -> Array:
        """The posture after a step from ``now``, shape (J,), which lasts ``dt`` [s]; it is looked at then."""
        more = plan.step - plan.brake
        for share in _SHARES:
            after = self._after(now, plan.brake + share * more)
            most_off = plan.off - _PROMISED * share * plan.promised
            if self._is_good(now, after, most_off, dt):
                return self._arrive(now, after, dt)
        return self.stop(now, plan.brake, dt)

    def stop(self, now: Array, brake: Array, dt: float) -> Array:
        """The same for a step by which the joints brake: where that leads was looked at before."""
        after = self._after(now, brake)
        try:
            self._look(after)
        except RetargetError:
            after = now
            self._look(after)
        return self._arrive(now, after, dt)

    def _is_good(self, now: Array, after: Array, most_off: float, dt: float) -> bool:
        """Whether a posture is no more off than that, and can be stopped at, with the pairs apart."""
        try:
            self._look(after)
            if self._off(after) > most_off + _ROUNDING or not self._clearance.is_kept(self._gaps):
                return False
            for posture in self._ways(now, after, dt) if len(self._gaps) else ():
                self._look(posture)
                if not self._clearance.is_kept(self._gaps, between=True):
                    return False
            self._look(after)
        except RetargetError:  # what follows other joints cannot follow them there
            return False
        return True

    def _ways(self, now: Array, after: Array, dt: float) -> Array:
        """Postures on the way to one, where a late tick makes that long, and then on the way to rest."""
        ways = (self._motion.between(now, after), self._motion.stops(after, (after - now) / dt))
        return np.concatenate(ways)

    def _after(self, now: Array, step: Array) -> Array:
        lower, upper = np.minimum(self._motion.lower, now), np.maximum(self._motion.upper, now)
        return np.asarray((now + step).clip(lower, upper))

    def _arrive(self, now: Array, after: Array, dt: float) -> Array:
        self._motion.moved(after - now, dt)
        self._gaps = self._clearance.gaps()
        return after
