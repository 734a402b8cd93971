"""From the operator's hands to the controller's grips."""

from dataclasses import replace

import numpy as np

from frankmocap_ros.teleop.gate import State
from support.hands import hands
from support.teleoperation import Teleoperation


def showing(t, left=1.0, right=1.0):
    """The operator holds the hands so from now on."""
    t.altered = lambda seen: replace(seen, hands=hands(left, right))


def gripping(left=0.0, right=0.0, **config):
    """An engaged operator, with the hands so."""
    t = Teleoperation(**{"grip": "pinch", **config})
    showing(t, left, right)
    return t.engaged()


def openings(t, side="left"):
    return np.array([g.opening for c in t.commands for g in c.grips if g.side == side])


def test_hands_open_and_shut_grippers():
    t = gripping()
    assert openings(t)[-1] == 0.0
    showing(t, left=1.0, right=0.0)
    t.run(1.0)
    assert (openings(t)[-1], openings(t, "right")[-1]) == (1.0, 0.0)
    showing(t, left=0.0, right=1.0)
    t.run(1.0)
    assert (openings(t)[-1], openings(t, "right")[-1]) == (0.0, 1.0)


def test_nothing_grips_without_the_setting():
    t = gripping(grip="off")
    assert t.controller.state is State.ENGAGED
    assert {command.grips for command in t.commands} == {()}
