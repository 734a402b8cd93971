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

"""Joints of a robot hand for the points of the operator's, by the package ``dex-retargeting``.

Its optimizer runs until it has converged or has looked at ``_MOST_LOOKS`` postures, from the last one on. So
it takes a few milliseconds at most, and comes nearer with the next image.
"""

import contextlib
from typing import Any, Final

import numpy as np

from frankmocap_ros.body.skeleton import HAND_POINTS
from frankmocap_ros.errors import MissingDependencyError, RetargetError, RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.teleop.robot_map.hand_map import HandMap

_MOST_LOOKS: Final = 15  # as near as without a limit, at half of its 95th percentile of time
_MOST_S: Final = 0.01  # where the machine is busy: as near as it has come by then
_POSITION: Final = "position"
_OURS: Final = {"low_pass_alpha": -1.0, "has_joint_limits": True, "ignore_mimic_joint": False}
"""What is not the configuration's to say: the joints' limits of speed and acceleration smooth already."""


def _package() -> Any:
    """The class that reads configurations.

    Raises:
        MissingDependencyError: the package, or what it needs, is not installed.
    """
    try:
        from dex_retargeting.retargeting_config import RetargetingConfig
    except ImportError as error:
        raise MissingDependencyError(
            "hands: dexpilot, vector and position need dex-retargeting with torch, of which one is not "
            f"installed ({error}); run: {install_command('hands')} with Python 3.12 or older, or "
            "use method: ik"
        ) from error
    return RetargetingConfig


class FingerRetargeting:
    """Finds the joints of one robot hand. For one thread.

    Args:
        hand: of the robot's map; with J joints.
        lower, upper: shape (J,), their ranges in the robot's model [rad] or [m].

    Raises:
        RobotError: the configuration is wrong, or does not fit its URDF.
        MissingDependencyError: the package is not installed.
    """

    def __init__(self, hand: HandMap, lower: Array, upper: Array) -> None:
        config = _package()
        try:
            self._retargeting = config.from_dict(dict(hand.settings), dict(_OURS)).build()
        except Exception as error:  # whatever the package and its readers raise
            raise RobotError(
                f"{hand.key}.configuration: dex-retargeting refuses it for {hand.settings.get('urdf_path')}: "
                f"{type(error).__name__}: {error}"
            ) from error
        self._optimizer = self._retargeting.optimizer
        self._optimizer.opt.set_maxeval(_MOST_LOOKS)
        self._optimizer.opt.set_maxtime(_MOST_S)
        self._points = np.asarray(self._optimizer.target_link_human_indices)
        self._is_position = self._optimizer.retargeting_type.lower() == _POSITION
        others = self._optimizer.robot.joint_limits[self._optimizer.idx_pin2fixed]
        self._fixed = np.zeros(len(others)).clip(*others.T)
        own = self._retargeting.joint_limits
        lower, upper = np.maximum(own[:, 0], lower), np.minimum(own[:, 1], upper)
        if (lower > upper).any():
            joint = hand.joints[int((lower - upper).argmax())]
            raise RobotError(
                f"{hand.key}.configuration: {joint} has no range in common in "
                f"{hand.settings.get('urdf_path')} and in the robot's model; correct one of them"
            )
        self._ranges = lower, upper
        self._retargeting.joint_limits = np.column_stack(self._ranges)
        self._optimizer.set_joint_limit(self._retargeting.joint_limits)
        middle = 0.5 * (lower + upper)
        self.start(middle)
        with contextlib.suppress(RetargetError):
            self.solve(np.zeros((len(HAND_POINTS), 3)))  # torch's first one takes many times as long
        self.start(middle)

    def start(self, joints: Array) -> None:
        """Begin from where the robot is, shape (J,) [rad] or [m]."""
        self._retargeting.last_qpos = np.clip(joints, *self._ranges).astype(np.float32)
        pinched = getattr(self._optimizer, "projected", None)
        if pinched is not None:  # which fingers touch, as DexPilot remembers
            pinched[:] = False

    def solve(self, points: Array) -> Array:
        """The joints for a hand, from the last ones on.

        Args:
            points: in the palm's frame, shape (21, 3) [m].

        Returns:
            Shape (J,) [rad] or [m], within their ranges.

        Raises:
            RetargetError: none are found; the last ones stay the last.
        """
        before = self._retargeting.last_qpos
        try:
            self._retargeting.retarget(self._wanted(points), self._fixed)
            found = np.asarray(self._retargeting.last_qpos, dtype=np.float64)
        except Exception as error:  # the solver's own have no common root
            self._retargeting.last_qpos = before
            what = error or type(error).__name__
            raise RetargetError(f"no posture of the hand is found: {what}") from error
        if not np.isfinite(found).all():
            self._retargeting.last_qpos = before
            raise RetargetError("no posture of the hand is found: what is found is not finite")
        return np.asarray(found.clip(*self._ranges))

    def _wanted(self, points: Array) -> Array:
        """What the optimizer follows: points, or ways between two each."""
        if self._is_position:
            return np.asarray(points[self._points])
        start, end = self._points
        return np.asarray(points[end] - points[start])
