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

"""Where the robot is now, as the robot itself says."""

import math
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from functools import cache, partial

import numpy as np
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState

from frankmocap_ros.body.message_fields import pose_numbers
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.common.node_clocks import Clocks, steady_s
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.runtime.stamp_offset import StampOffset
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.contact import Contact
from frankmocap_ros.teleop.robot_stop import FRESH_S

_MAX_LISTED = 3


class JointsPort:
    """The robot's joints, from ``joint_states``.

    Attributes:
        offsets: of the clock that stamps ``joint_states``.
        contact: is told the joints' efforts; None for nobody.

    Args:
        polling: subscribes and polls.
        names: the joints that are commanded, which have to be told.
        observed: others of which it counts where they are.
        clocks: those that messages arrive by.
    """

    def __init__(
        self, polling: Polling, names: Sequence[str], observed: Sequence[str], clocks: Clocks
    ) -> None:
        self.contact: Contact | None = None
        self._names = tuple(names)
        self._others = tuple(observed)
        self._observed = np.full(len(observed), np.nan)
        self._clocks = clocks
        self.offsets = (StampOffset("joint_states"),)
        self._reported: frozenset[str] = frozenset()  # all joints that were ever told
        self._positions = np.full(len(names), np.nan)
        self._heard_s = np.full(len(names), -np.inf)
        # often enough: what is sent is never far from where this says that the robot is
        polling.subscribe(JointState, "joint_states", self._on_joints, incoming(2), every=2)

    def _on_joints(self, msg: JointState, now_s: float) -> None:
        self.offsets[0].note(nanoseconds(msg.header.stamp), self._clocks.ros_ns())
        told = dict(zip(msg.name, msg.position, strict=False))  # a state may tell speeds only
        if not self._reported.issuperset(told):
            self._reported = self._reported.union(told)
        positions = np.array([told.get(name, np.nan) for name in self._names])
        known = np.isfinite(positions)
        self._positions[known] = positions[known]
        self._heard_s[known] = now_s
        if self._others:
            others = np.array([told.get(name, np.nan) for name in self._others])
            self._observed = np.where(np.isfinite(others), others, self._observed)

        if self.contact is not None:
            self.contact.hear_efforts(dict(zip(msg.name, msg.effort, strict=False)), now_s)

    def observed(self) -> Array:
        """Where the other joints were told last, shape (K,); NaN where never."""
        return self._observed

    def positions(self) -> Array | str:
        """Positions of the joints, or why they are not known."""
        now_s = steady_s(self._clocks)
        if now_s - self._heard_s.min() <= FRESH_S:
            return self._positions.copy()
        silent = [n for n, s in zip(self._names, self._heard_s, strict=True) if not now_s - s <= FRESH_S]
        lacking = tuple(name for name in silent if name not in self._reported)
        others = self._reported.difference(self._names)
        step = _names_step(lacking, others) if lacking and self._reported else _RUNNING_STEP
        return (
            f"joint_states has not reported {_some(silent)} for {FRESH_S:g} s: {step} (reference: home works "
            "without, for a robot in its home posture)"
        )


_RUNNING_STEP = "check that the robot and its joint_state_broadcaster are running"


@cache
def _names_step(lacking: Sequence[str], others: Collection[str]) -> str:
    """What to do about joints that the robot reports by other names, or not at all.

    Args:
        lacking: joints that are commanded and not reported.
        others: joints that are reported and not commanded.
    """
    alike = {name: get_close_matches(name, sorted(others), n=1) for name in lacking[:_MAX_LISTED]}
    pairs = [f"{name} may be its {near[0]}" for name, near in alike.items() if near]
    said = "; ".join(pairs) or f"the other joints that it reports: {_some(sorted(others)) or 'none'}"
    return f"{said}; name joints in the model and the map (joints:) as the robot does"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MAX_LISTED]) + (", ..." if len(names) > _MAX_LISTED else "")


class PosesPort:
    """The poses of the robot's targets, from ``~/reference/<target>``.

    Attributes:
        offsets: of the clocks that stamp them, one for each target.

    Args:
        polling: subscribes and polls.
        names: of the targets.
        clocks: those that messages arrive by.
    """

    def __init__(self, polling: Polling, names: Sequence[str], clocks: Clocks) -> None:
        self._names = tuple(names)
        self._clocks = clocks
        self.offsets = tuple(StampOffset(f"~/reference/{name}") for name in names)
        self._at: dict[str, tuple[tuple[float, ...], float]] = {}
        for name, offset in zip(names, self.offsets, strict=True):
            on_pose = partial(self._on_pose, name, offset)
            polling.subscribe(PoseStamped, f"~/reference/{name}", on_pose, incoming(1))

    def _on_pose(self, name: str, offset: StampOffset, msg: PoseStamped, now_s: float) -> None:
        offset.note(nanoseconds(msg.header.stamp), self._clocks.ros_ns())
        values = pose_numbers(msg.pose)
        if np.isfinite(values).all() and abs(sum(v * v for v in values[3:]) - 1.0) < 1e-2:
            self._at[name] = (values, now_s)

    def poses(self) -> RobotPoses | str:
        """The poses, or why they are not known."""
        now_s = steady_s(self._clocks)
        heard_s = {name: s for name, (_, s) in self._at.items()}
        silent = [name for name in self._names if not now_s - heard_s.get(name, -math.inf) <= FRESH_S]
        if silent:
            topics = ", ".join(f"~/reference/{name}" for name in silent)
            return (
                f"nothing received on {topics} for {FRESH_S:g} s: "
                "publish the robot's pose there at 20 Hz or more (reference: home works without, with motion "
                "relative to engagement)"
            )
        values = np.array([self._at[name][0] for name in self._names])
        return RobotPoses.alone(values[:, :3], values[:, 3:])
