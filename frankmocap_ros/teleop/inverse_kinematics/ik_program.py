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

"""The quadratic program of one step: the step nearest to the one that is wanted, within what may be."""

from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.joint_motion import StepBounds

_UNBOUNDED: Final = 1e30  # daqp's own


def nearest_step(
    daqp: Any, hessian: Array, wanted: Array, bounds: StepBounds, rows: tuple[Array, Array]
) -> Array:
    """The step for which (step - wanted)' hessian (step - wanted) is smallest, shape (J,).

    Args:
        daqp: the solver's module.
        hessian: shape (J, J), positive definite.
        wanted: shape (J,).
        bounds: of the step.
        rows: shape (P, J), and shape (P,), the most that they may be times the step. Where braking itself is
            more, so may the step be: there is always a solution.

    Raises:
        RetargetError: the solver finds none.
    """
    matrix, most = rows
    most = np.maximum(most, matrix @ bounds.brake)
    try:
        step, _, status, _ = daqp.solve(
            hessian,
            -hessian @ wanted,
            matrix,
            np.concatenate([bounds.high, most]),
            np.concatenate([bounds.low, np.full(len(most), -_UNBOUNDED)]),
        )
    except Exception as error:  # the solver's own have no common root
        raise RetargetError(f"no posture of the robot is found: {error or type(error).__name__}") from error
    if not (status > 0 and np.isfinite(step).all()):
        raise RetargetError("no posture of the robot is found: the program has no solution")
    return np.asarray(step.clip(bounds.low, bounds.high))
