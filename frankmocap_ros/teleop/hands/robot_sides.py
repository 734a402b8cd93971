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
