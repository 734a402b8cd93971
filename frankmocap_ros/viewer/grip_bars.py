"""How far the robot's grippers are to be open: a bar and words for each side. Pure."""

import html
from collections.abc import Sequence
from typing import Final

from frankmocap_ros.body.drawing import COLORS_BGR
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.hands.grip import Grip

_WORDS: Final = {
    JointState.INVALID: "hand not seen yet, gripper stays as it is",
    JointState.TRACKED: "measured",
    JointState.PREDICTED: "hand hardly visible",
    JointState.HELD: "hand not seen, held",
}
_HOLD: Final = "held: nothing is followed"


def grip_words(grip: Grip, gate_state: str) -> str:
    """Opening and state of one gripper.

    Args:
        grip: what the gate wants of it.
        gate_state: name of the gate's state.
    """
    if grip.state == JointState.INVALID:
        return _WORDS[grip.state]
    return f"{grip.opening:.0%} open, {_HOLD if gate_state == 'HOLD' else _WORDS[grip.state]}"


def grip_bars(grips: Sequence[Grip], gate_state: str) -> str:
    """A bar for each gripper with its words, as HTML; empty for none.

    Args:
        grips: what the gate wants now.
        gate_state: name of the gate's state.
    """
    return "".join(_bar(grip, gate_state) for grip in grips)


def _bar(grip: Grip, gate_state: str) -> str:
    known = grip.state != JointState.INVALID
    percent = round(100.0 * min(max(grip.opening, 0.0), 1.0)) if known else 0
    blue, green, red = COLORS_BGR.get(grip.state, (200, 200, 200))
    side = html.escape(grip.side)
    text = f"{side} gripper: {html.escape(grip_words(grip, gate_state))}"
    return (
        f'<div style="margin:4px 12px;font-size:14px"><div>{text}</div>'
        f'<div role="meter" aria-label="{side} gripper" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}" style="height:8px;border-radius:4px;background:#dee2e6">'
        f'<div style="height:8px;border-radius:4px;width:{percent}%;background:rgb({red},{green},{blue})">'
        f"</div></div></div>"
    )
