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

"""The operator's hands as what the robot's hands follow."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from frankmocap_ros.body.pose import Hand, JointState
from frankmocap_ros.settings.gate import GateSettings

_OTHER: Final = {"left": "right", "right": "left"}
_MIRROR: Final = (-1.0, 1.0, 1.0)


def robot_hands(hands: Iterable[Hand], config: GateSettings) -> tuple[Hand, ...]:
    """Hands with the side of the robot that follows them; those that are too uncertain are INVALID.

    Args:
        hands: the operator's.
        config: with ``mirror`` the robot's left hand follows the operator's right one, and hands become each
            other's mirror images.
    """
    return tuple(_of_robot(hand, config) for hand in hands if hand.side in _OTHER)


def _of_robot(hand: Hand, config: GateSettings) -> Hand:
    side = _OTHER[hand.side] if config.mirror else hand.side
    if hand.state == JointState.INVALID or not hand.confidence >= config.min_confidence:
        return Hand(side)
    if not config.mirror:
        return hand
    return replace(hand, side=side, points=hand.points * _MIRROR, palm_normal=hand.palm_normal * _MIRROR)
