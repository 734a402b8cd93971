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

"""A synthetic operator who picks something up: sees gripper and object, and moves the own hand.

It closes the loop as people do: what it sees is old by a reaction time, it knows of its own movements what
has not shown yet, its hand has a speed and an acceleration, and it goes on only when it sees that what it
wanted has happened. Positions are in the robot's frame: x forward, y left, z up; the hand's are those of the
operator's wrist from where it began.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array

_GAIN: Final = 2.0  # of the hand's speed, for what is left [1/s]
_MAX_SPEED: Final = 0.3  # [m/s]
_MAX_ACCELERATION: Final = 2.5  # [m/s^2]
_HAND_SPEED: Final = 2.5  # from open to shut in 0.4 s [1/s]
_CHAIN_S: Final = 0.2  # from the hand to the gripper: camera, filters, robot; what the operator is used to
_ABOVE_M: Final = 0.1  # over the object, and while carrying
_BESIDE_M: Final = 0.012  # so near it is right above
_SETTLED_S: Final = 0.3  # so long the hand waits for the fingers
_PATIENCE_S: Final = 2.0  # so long a gripper that does not do as the hand is waited for
_STILL_M: Final = 0.002  # a gripper that changes by less has stopped
_AROUND_M: Final = 0.01  # a gripper around the object is no wider than it by more
_PRESSED_M: Final = 0.008  # deeper than where it lies: the hand trembles
_CARRYING: Final = ("lift", "carry", "lower")
_NEXT: Final = {
    "above": "down", "down": "shut", "lift": "carry", "carry": "lower", "lower": "open", "open": "rise",
    "rise": "done",
}  # fmt: skip
_LOST_M: Final = 0.06  # an object further from the gripper is not in it


@dataclass(frozen=True, eq=False)
class Scene:
    """What can be seen.

    Attributes:
        time_s: when [s].
        following: whether the robot follows the operator.
        gripper: shape (3,), between the finger tips [m].
        opening: between the fingers [m].
        thing: shape (3,), the object's middle [m].
    """

    time_s: float
    following: bool
    gripper: Array
    opening: float
    thing: Array


@dataclass(frozen=True, eq=False)
class PickGoal:
    """What is to be done with the object.

    Attributes:
        goal: shape (2,), where it is to lie, x and y [m].
        size_m: of the object, a cube on a table at z = 0.
        open_m: how far the fingers are apart where the gripper is open.
    """

    goal: Array
    size_m: float = 0.04
    open_m: float = 0.08


@dataclass
class _Memory:
    """What the operator has before its eyes, has perceived lately, and has done; newest last."""

    coming: deque[Scene] = field(default_factory=deque)
    perceived: deque[Scene] = field(default_factory=deque)
    hands: deque[tuple[float, Array]] = field(default_factory=deque)


class PickOperator:
    """Decides where the hand goes.

    Attributes:
        hand: shape (3,), where the wrist is, from where it began [m].
        opening: of the own hand, 0 shut to 1 open.
        phase: what it is at: above, down, shut, lift, carry, lower, open, rise or done.
        regrips: how often it had to begin again.

    Args:
        wanted: what is to be done.
        scale: robot's meters in operator's, as ``motion_scale``.
        reaction_s: age of what it sees [s].
    """

    def __init__(self, wanted: PickGoal, scale: float, reaction_s: float) -> None:
        self._wanted, self._scale, self._reaction_s = wanted, scale, reaction_s
        self.hand: Array = np.zeros(3)
        self.opening = 1.0
        self.phase = "above"
        self.regrips = 0
        self._velocity: Array = np.zeros(3)
        self._memory = _Memory()
        self._since_s = -math.inf
        self._from: Array = np.zeros(2)  # where the object was gripped

    @property
    def done(self) -> bool:
        """Whether it has let go and left."""
        return self.phase == "done"

    def see(self, scene: Scene) -> None:
        """Look; what is seen is acted on a reaction time later."""
        self._memory.coming.append(scene)

    def move(self, time_s: float, dt: float) -> None:
        """Let time pass.

        Args:
            time_s: now [s].
            dt: since the last call [s].
        """
        coming, perceived = self._memory.coming, self._memory.perceived
        while coming and coming[0].time_s <= time_s - self._reaction_s:
            perceived.append(coming.popleft())
        while perceived and perceived[0].time_s < perceived[-1].time_s - _SETTLED_S:
            perceived.popleft()
        wanted: Array = np.zeros(3)
        if perceived and perceived[-1].following:
            now = perceived[-1]
            self._decide(now, time_s)
            left = self._aim(now) - now.gripper - self._under_way(now.time_s)
            wanted = _shortened(_GAIN * left / self._scale, _MAX_SPEED)
        self._velocity = self._velocity + _shortened(wanted - self._velocity, _MAX_ACCELERATION * dt)
        self.hand = self.hand + self._velocity * dt
        self._memory.hands.append((time_s, self.hand))
        shut = self.phase in ("shut", "lift", "carry", "lower")
        self.opening = float(np.clip(self.opening + (-1.0 if shut else 1.0) * _HAND_SPEED * dt, 0.0, 1.0))

    def _under_way(self, seen_s: float) -> Array:
        """What the hand has done that does not show yet in what was seen then, as the gripper's way."""
        hands = self._memory.hands
        while len(hands) > 1 and hands[1][0] <= seen_s - _CHAIN_S:
            hands.popleft()
        return self._scale * (self.hand - hands[0][1]) if hands else np.zeros(3)

    def _aim(self, now: Scene) -> Array:
        """Where the gripper is to be."""
        thing, half = now.thing, 0.5 * self._wanted.size_m
        if self.phase == "above":
            return np.array([thing[0], thing[1], half + _ABOVE_M])
        if self.phase in ("down", "shut"):
            # who is beside it does not press on
            beside = max(0.0, self._beside(now, thing[:2]) - _BESIDE_M)
            up = 0.0 if self.phase == "shut" else min(_ABOVE_M, 4.0 * beside)
            return np.array([thing[0], thing[1], half + up])
        if self.phase == "lift":
            return np.array([*self._from, half + _ABOVE_M])
        goal = self._wanted.goal
        offset = now.gripper[:2] - thing[:2]  # the object is to be there, not the gripper
        if self.phase == "carry":
            return np.array([*(goal + offset), half + _ABOVE_M])
        if self.phase in ("lower", "open"):  # who lets go presses the object down until it is free
            over = goal + offset if self.phase == "lower" else now.gripper[:2]
            return np.array([*over, now.gripper[2] - (thing[2] - half) - _PRESSED_M])
        return np.array([*now.gripper[:2], half + _ABOVE_M])

    def _beside(self, now: Scene, point: Array) -> float:
        return float(np.linalg.norm(now.gripper[:2] - point))

    def _decide(self, now: Scene, time_s: float) -> None:
        """Go on to the next phase where this one is seen to have come to its end."""
        if self.phase in _CARRYING and np.linalg.norm(now.thing - now.gripper) > _LOST_M:
            self.regrips += 1
            self._enter("above", time_s)
        elif self.phase == "shut":
            self._gripped(now, time_s)
        elif self.phase == "open" and self._in_vain(time_s) and not self._over(now):
            self._enter("lower", time_s)  # shut the hand, and open it again
        elif self.phase in _NEXT and self._over(now):
            self._enter(_NEXT[self.phase], time_s)

    def _over(self, now: Scene) -> bool:
        """Whether a phase that moves the hand, or opens it, has come to its end."""
        thing, half = now.thing, 0.5 * self._wanted.size_m
        high, lifted, beside = now.gripper[2] - half, thing[2] - half, self._beside(now, thing[:2])
        ends = {
            "above": beside < _BESIDE_M and abs(high - _ABOVE_M) < 0.03,
            "down": beside < _BESIDE_M and high < 0.012,
            "lift": lifted > 0.8 * _ABOVE_M,
            "carry": np.linalg.norm(thing[:2] - self._wanted.goal) < _BESIDE_M,
            "lower": lifted < 0.003 and self.opening == 0.0,
            "open": now.opening > 0.85 * self._wanted.open_m,
            "rise": high > 0.7 * _ABOVE_M,
        }
        return bool(ends[self.phase])

    def _gripped(self, now: Scene, time_s: float) -> None:
        """Lift where the fingers rest around the object; begin again where it is not between them."""
        waited = time_s - self._since_s > self._reaction_s + _SETTLED_S
        if waited and now.opening < self._wanted.size_m + _AROUND_M and self._fingers_rest():
            self._from = now.thing[:2].copy()
            gripped = now.opening > 0.5 * self._wanted.size_m
            self.regrips += not gripped
            self._enter("lift" if gripped else "above", time_s)
        elif self._in_vain(time_s):
            self.regrips += 1
            self._enter("above", time_s)

    def _in_vain(self, time_s: float) -> bool:
        """Whether the gripper has not done as the hand for long: control began anew, and nobody has it yet.

        Who opens and shuts the hand takes it over.
        """
        return time_s - self._since_s > _PATIENCE_S and self._fingers_rest()

    def _fingers_rest(self) -> bool:
        """Whether the gripper, as far as it is seen, has stopped."""
        openings = [scene.opening for scene in self._memory.perceived]
        return max(openings) - min(openings) < _STILL_M

    def _enter(self, phase: str, time_s: float) -> None:
        self.phase, self._since_s = phase, time_s


def _shortened(vector: Array, length: float) -> Array:
    return np.asarray(vector * min(1.0, length / max(float(np.linalg.norm(vector)), 1e-12)))
