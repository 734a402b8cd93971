"""The clutch: where it begins, where it ends, and the way in between."""

import numpy as np
import pytest

from frankmocap_ros.geometry import IDENTITY_XYZW, normalize
from frankmocap_ros.teleop.clutch import Clutch, RobotPoses
from frankmocap_ros.teleop.limits import Goal

ALIGN_S = 2.0
ORIGIN = np.array([[0.1, -0.2, 0.4]])


def goal(position):
    zero = np.zeros((1, 3))
    return Goal(np.array([position], float), zero, IDENTITY_XYZW[None], zero, np.ones(1, bool))


def clutch(operator, robot, align_s=ALIGN_S, scale=1.0):
    poses = RobotPoses(ORIGIN + robot, IDENTITY_XYZW[None], ORIGIN, IDENTITY_XYZW[None], True)
    return Clutch(goal(operator), poses, np.array([scale]), 10.0, align_s)


def way(one, position, align_s=ALIGN_S):
    """Where a hand that stays is led, relative to the shoulder, over the time of aligning."""
    times_s = 10.0 + np.linspace(0.0, align_s, 101)
    return np.array([one.map(goal(position), t).positions[0] - ORIGIN[0] for t in times_s])


@pytest.mark.parametrize("seed", range(30))
def test_it_begins_at_the_robots_hand_and_ends_at_the_operators(seed):
    rng = np.random.default_rng(seed)
    operator, robot = normalize(rng.normal(size=(2, 3))) * rng.uniform(0.3, 0.6, (2, 1))
    path = way(clutch(operator, robot, scale=1.1), operator)
    assert np.allclose(path[0], robot, atol=1e-12)
    assert np.allclose(path[-1], 1.1 * operator, atol=1e-12)
    lengths = np.linalg.norm(path, axis=1)
    ends = sorted((lengths[0], lengths[-1]))
    assert lengths.min() > ends[0] - 1e-9 and lengths.max() < ends[1] + 1e-9, "not through the shoulder"
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.06, "no jump"


@pytest.mark.parametrize("aside", [0.0, 1e-9, 0.02, -0.02])
def test_a_hanging_arm_comes_up_before_the_body(aside):
    path = way(clutch((0.0, aside, 0.5), np.array([-0.02, 0.0, -0.5])), (0.0, aside, 0.5))
    assert path[50, 0] > 0.45, "forward, half-way"
    assert path[:, 0].min() > -0.03


def test_it_tells_where_it_leads_to():
    one = clutch((0.3, 0.1, 0.0), np.array([0.0, 0.4, 0.0]), scale=1.1)
    assert one.aligns and not clutch((0.3, 0.1, 0.0), np.array([0.0, 0.4, 0.0]), align_s=0.0).aligns
    now = goal((0.2, 0.2, 0.1))
    end = one.map(now, 10.0 + ALIGN_S)
    for found, expected in zip(one.aligned(now), (end.positions, end.orientations), strict=True):
        assert np.allclose(found, expected, atol=1e-12)
    assert [one.left_at(10.0 + share * ALIGN_S) for share in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [1, 1, 0.5, 0, 0]


def test_hands_at_the_shoulder_keep_an_offset():
    """There is no direction to turn, or a length ten times the other."""
    for operator in ((0.0, 0.0, 0.0), (0.03, 0.0, 0.0)):
        path = way(clutch(operator, np.array([0.0, 0.0, -0.5])), operator)
        assert np.allclose(path[0], (0.0, 0.0, -0.5)) and np.allclose(path[-1], operator)
        assert np.allclose(path[50], 0.5 * (path[0] + path[-1]))


def test_without_aligning_the_difference_stays():
    one = clutch((0.3, 0.0, 0.0), np.array([0.0, 0.4, 0.0]), align_s=0.0)
    for time_s in (10.0, 20.0):
        moved = one.map(goal((0.3, 0.0, 0.1)), time_s).positions[0] - ORIGIN[0]
        assert np.allclose(moved, (0.0, 0.4, 0.1), atol=1e-12)
