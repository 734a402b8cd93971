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

"""Whether an object was picked up, carried and put down, or dropped or flung on the way."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.simulation.scene_objects import ObjectPose

LIFTED_M: Final = 0.05
"""Height of an object's middle above its place from which on it has been picked up."""
GOAL_M: Final = 0.05
"""It must come to rest no further from its goal."""
_FALLING_M: Final = 0.01  # higher above the table nothing but a finger may carry it
_FLUNG: Final = 2.0  # nothing that is carried is as fast [m/s]
_REST: Final = 0.02  # [m/s]
_REST_S: Final = 0.5


class Watched(Protocol):
    """Tells of objects, as ``SceneObjects`` does."""

    def pose(self, name: str) -> ObjectPose:
        """Where an object is now."""

    def touching(self, name: str) -> frozenset[str]:
        """Names of the bodies that it touches now."""


@dataclass
class Verdict:
    """What was seen of the object.

    Attributes:
        picked: whether it was lifted by ``LIFTED_M``, in the gripper.
        dropped_s: when it was above the table and touched by no finger, first; NaN for never.
        flung: whether it was faster than anything that is carried.
        highest_m: above its place.
        off_goal_m: how far it is from its goal.
        resting: whether it lies still on the table, and no finger touches it.
    """

    picked: bool = False
    dropped_s: float = float("nan")
    flung: bool = False
    highest_m: float = 0.0
    off_goal_m: float = float("inf")
    resting: bool = False

    @property
    def success(self) -> bool:
        """Picked up, never dropped nor flung, and at rest near the goal."""
        return self.picked and not self.dropped and not self.flung and self.placed

    @property
    def dropped(self) -> bool:
        """Whether it was ever let go above the table."""
        return not np.isnan(self.dropped_s)

    @property
    def placed(self) -> bool:
        """Whether it lies near its goal."""
        return self.resting and self.off_goal_m <= GOAL_M

    @property
    def words(self) -> str:
        """The same for people."""
        if self.dropped:
            return f"dropped after {self.dropped_s:.2f} s"
        if self.flung:
            return "flung"
        if not self.picked:
            return f"not picked up: lifted by {100.0 * self.highest_m:.1f} cm"
        where = f"{100.0 * self.off_goal_m:.1f} cm from its goal"
        return f"put down {where}" if self.placed else f"not put down: {where}"


class PickJudge:
    """Watches one object of a simulation.

    Args:
        objects: tells of them, with the object in its place on the table.
        name: of the object.
        fingers: names of the robot's bodies that hold it.
        goal: shape (2,), where it is to be put, x and y [m].
    """

    def __init__(self, objects: Watched, name: str, fingers: frozenset[str], goal: Array) -> None:
        self._objects, self._name, self._fingers, self._goal = objects, name, fingers, goal
        self._table_m = float(objects.pose(name).position[2])
        self._moved_s = 0.0
        self.verdict = Verdict()

    def look(self, time_s: float) -> None:
        """Look at the object now [s]."""
        verdict, pose = self.verdict, self._objects.pose(self._name)
        held = bool(self._objects.touching(self._name) & self._fingers)
        lifted = float(pose.position[2]) - self._table_m
        verdict.highest_m = max(verdict.highest_m, lifted)
        verdict.picked |= held and lifted > LIFTED_M
        verdict.flung |= pose.speed > _FLUNG
        if np.isnan(verdict.dropped_s) and lifted > _FALLING_M and not held:
            verdict.dropped_s = time_s
        if held or pose.speed > _REST or abs(lifted) > _FALLING_M:
            self._moved_s = time_s
        verdict.resting = time_s - self._moved_s >= _REST_S
        verdict.off_goal_m = float(np.linalg.norm(pose.position[:2] - self._goal))
