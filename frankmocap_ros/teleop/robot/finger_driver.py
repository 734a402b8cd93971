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

"""Where the joints of robot hands are to go, for how the operator's hands are.

While a hand is not seen the fingers brake and stay where they are. One that is seen from its edge moves them
slowly: what it shows may be wrong. A posture is looked for once an image, of one hand a command, so that no
command waits for both.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from frankmocap_ros.body.pose import SEEN, Hand, JointState
from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.hands.palm_frame import palm_points
from frankmocap_ros.teleop.hands.robot_hand import RobotHand

_UNSURE: Final = 0.2  # of a joint's highest speed
_LONGEST_S: Final = 0.1  # of a step


class _Follower:
    """One robot hand and the operator's hand that it follows.

    Attributes:
        pending: what was seen last and has not been solved.
        why: what keeps it from following, in words; empty for nothing.
    """

    def __init__(self, hand: RobotHand) -> None:
        self._hand = hand
        self.begin(0.5 * (hand.lower + hand.upper))

    def begin(self, joints: Array) -> None:
        self._hand.solver.start(joints)
        self._at = joints
        self._found: Array | None = None
        self._last: Hand | None = None
        self._sure = False
        self.pending: Hand | None = None
        self.why = "hand not seen"

    def see(self, hand: Hand | None) -> None:
        if hand is self._last:
            return
        self._last = hand
        self.pending = hand if hand is not None and hand.state in SEEN else None
        self._sure = hand is not None and hand.state == JointState.TRACKED
        self.why = (
            "" if self._sure else "hand not seen" if self.pending is None else "hand seen from its edge"
        )

    def solve(self) -> None:
        hand, self.pending = self.pending, None
        if hand is None:
            return
        try:
            self._found = self._hand.solver.solve(palm_points(hand.points, hand.side))
        except RetargetError as error:
            self.why = str(error)

    def target(self, dt: float) -> Array:
        """Where the joints are to go, shape (J,); NaN where they brake and stay."""
        if self._found is None or self._last is None or self._last.state not in SEEN:
            return np.full(len(self._at), np.nan)
        way = self._found - self._at
        if not self._sure and self.pending is None:
            most = _UNSURE * self._hand.max_speed * min(max(dt, 0.0), _LONGEST_S)
            way = way.clip(-most, most)
        self._at = self._at + way
        return self._at


class FingerDriver:
    """Drives the joints of all robot hands, D of them; a ``JointDriver``. For one thread.

    Attributes:
        names: of the joints, hand after hand.

    Args:
        hands: of the robot.
    """

    def __init__(self, hands: Sequence[RobotHand]) -> None:
        self.names = tuple(name for hand in hands for name in hand.joint_names)
        self._followers = {hand.side: _Follower(hand) for hand in hands}
        self._ends = np.cumsum([len(hand.joint_names) for hand in hands])[:-1]
        self._time_s = math.nan
        self._order = list(self._followers.values())

    def begin(self, positions: Array) -> None:
        """Start where the joints are, shape (D,) [rad] or [m]: nothing that was seen before counts."""
        if self.names:
            parts = np.split(positions, self._ends)
            for follower, joints in zip(self._followers.values(), parts, strict=True):
                follower.begin(joints)
        self._time_s = math.nan

    def targets(self, command: Command) -> Array:
        """Where the joints are to go, shape (D,); NaN for those of a hand of which nothing is known."""
        if not self.names:
            return np.empty(0)
        dt = command.time_s - self._time_s if math.isfinite(self._time_s) else 0.0
        self._time_s = command.time_s
        hands = {hand.side: hand for hand in command.hands}
        for side, follower in self._followers.items():
            follower.see(hands.get(side))
        for follower in self._order:
            if follower.pending is not None:
                follower.solve()
                self._order.append(self._order.pop(self._order.index(follower)))
                break
        return np.concatenate([follower.target(dt) for follower in self._followers.values()])

    def limits(self) -> tuple[str, ...]:
        """What keeps fingers from the operator's, in words."""
        return tuple(f"{side}_hand: {f.why}" for side, f in self._followers.items() if f.why)
