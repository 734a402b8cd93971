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

"""An operator of whom it is known how far the joints may be off: what counts, what slows, what holds."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import quat_rotate
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.uncertainty import depth_shares, followed_stddev, speed_shares, too_uncertain
from support.teleoperation import TICK_S, Teleoperation

SWAY = 0.07  # of the figure's arms, which no test looks at


class Uncertain(Teleoperation):
    """The left hand goes ``way`` from ``moves_s`` on within ``takes_s``; its place may be off by ``stddev``.

    Attributes:
        stddev: of the left wrist across and along the line of sight [m]; NaN for unknown.
        camera: where the camera is in the frame of the poses [m].
    """

    def __init__(self, **config):
        super().__init__(smoothing="none", **config)
        self.stddev = (np.nan, np.nan)
        self.camera = np.zeros(3)
        self.moves_s, self.takes_s, self.way = np.inf, 1.0, np.zeros(3)
        self.at_hand = self.controller.watched.index("left_wrist")
        self.person, self.altered = self._moved, self._told

    def move(self, way, takes_s=1.0):
        self.moves_s, self.takes_s, self.way = self.time_s, takes_s, np.asarray(way)

    def sight(self):
        """From the camera to the left hand, in the optical frame."""
        way = self.seen(self.time_s).poses.positions[self.at_hand] - self.camera
        return way / np.linalg.norm(way)

    def _moved(self, p, q, s):
        share = min(max((s - self.moves_s) / self.takes_s, 0.0), 1.0)
        p = p + self.camera
        p[self.at_hand] += share * self.way
        # still but for a tremble, without which the image would count as frozen
        p[self.at_hand] -= (0.0, 0.03 * np.sin(np.pi * s), 0.0)
        return p, q

    def _told(self, seen):
        stddev = np.full((len(seen.poses.valid), 2), np.nan)
        stddev[self.at_hand] = self.stddev
        return replace(seen, stddev=stddev, camera_position=self.camera)

    def traveled(self, seconds):
        """How far the left command goes within a time, shape (3,) [m]."""
        before = self.commands[-1].positions[0]
        self.run(seconds)
        self.check()
        return self.commands[-1].positions[0] - before

    def commanded(self, way):
        """A way of the operator, in the optical frame, as the robot is to go it."""
        return quat_rotate(
            self.controller._engagement.facing_forward, quat_rotate(self.controller.level, way)
        )


# -- along the line of sight


@pytest.mark.parametrize("camera", [(0.0, 0.0, 0.0), (5.0, -2.0, 1.0)], ids=["optical", "elsewhere"])
@pytest.mark.parametrize(
    ("mode", "along", "counts"),
    [("follow", 0.2, 1.0), ("locked", 0.2, 0.0), ("locked", np.nan, 0.0), ("scaled", 0.1, 0.5),
     ("scaled", np.nan, 1.0), ("scaled", 0.2, 0.2)],
)  # fmt: skip
def test_how_much_of_the_depth_counts(mode, along, counts, camera):
    t = Uncertain(depth_mode=mode)
    t.camera, t.stddev = np.array(camera), (0.02, along)
    t.engaged()
    sight = t.sight()
    across = np.cross(sight, (0.0, 1.0, 0.0))
    t.move(0.3 * sight + 0.2 * across)
    way = t.traveled(2.0)
    assert way @ t.commanded(sight) == pytest.approx(0.3 * counts, abs=0.02)
    assert way @ t.commanded(across) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_locked_hand_stays_in_its_plane_and_so_does_its_twist(mirror):
    t = Uncertain(depth_mode="locked", mirror=mirror).engaged()
    name = "right_wrist" if mirror else "left_wrist"  # the same target, whose joint is the other side's
    t.at_hand = t.controller.watched.index(name)
    normal = t.commanded(t.sight()) * ((1.0, -1.0, 1.0) if mirror else (1.0, 1.0, 1.0))
    since = len(t.commands)
    t.move(np.array((0.3, -0.2, -0.5)), takes_s=0.7)
    t.run(1.5)
    t.check()
    for command in t.commands[since:]:
        assert (command.positions[0] - t.commands[since].positions[0]) @ normal == pytest.approx(
            0.0, abs=5e-3
        )
        assert command.twists[0, 0] @ normal == pytest.approx(0.0, abs=0.03)
    assert np.abs(t.commands[-1].positions[0] - t.commands[since].positions[0]).max() > 0.15


def test_certainty_that_changes_moves_nothing():
    """What counts is motion: a hand that went far out while uncertain does not fly there later."""
    t = Uncertain(depth_mode="scaled")
    t.stddev = (0.02, 0.3)
    t.engaged()
    t.move(0.5 * t.sight())
    t.run(1.5)
    for along in (0.01, 0.5, np.nan, 0.1):
        t.stddev = (0.02, along)
        assert np.abs(t.traveled(1.0) @ t.commanded(t.sight())) < 0.02
    t.check()


@pytest.mark.parametrize("mode", ["scaled", "locked"])
def test_without_the_cameras_place_only_follow_is_engaged(mode):
    t = Uncertain(depth_mode=mode)
    t.camera = np.full(3, np.nan)
    t.person = lambda p, q, s: (p, q)
    t.run(0.3)
    t.controller.request(t.time_s)
    t.run(2.0)
    assert t.controller.state is State.DISENGAGED and t.commands == []
    assert "depth_mode" in t.controller.reason and "camera_position" in t.controller.reason


def test_what_is_unknown_changes_nothing():
    """The same commands, to the last digit, as from a publisher that says nothing of it."""
    ways = []
    for told in (False, True):
        t = Uncertain(slow_stddev_m=0.1, hold_stddev_m=0.2)
        if not told:
            t.altered = lambda seen: seen
        t.engaged()
        t.move((0.2, 0.1, -0.2))
        t.run(1.5)
        ways.append(np.array([c.positions for c in t.commands]))
    np.testing.assert_array_equal(*ways)


# -- slower, then held


@pytest.mark.parametrize(("slow", "hold"), [(0.1, 0.3), (0.1, 0.0)])
@pytest.mark.parametrize("off", [0.1, 0.2, 0.28])
def test_speed_falls_with_uncertainty(slow, hold, off):
    t = Uncertain(slow_stddev_m=slow, hold_stddev_m=hold, max_speed=1.0)
    t.engaged()
    t.stddev = (0.05, off)
    t.run(0.3)
    since = len(t.commands)
    t.move((0.0, -1.2, 0.0), takes_s=0.6)
    t.run(1.0)
    t.check()
    share = (hold - off) / (hold - slow) if hold else slow / off
    fastest = max(np.linalg.norm(c.twists[0, 0]) for c in t.commands[since:])
    assert fastest == pytest.approx(share * t.config.max_speed, abs=1e-6)
    assert ("left: slowed, uncertain" in t.controller.limits_hit) == (share < 1.0)
    assert "right: slowed, uncertain" not in t.controller.limits_hit


def test_nothing_leaps_when_certainty_returns():
    """The command has fallen behind; it may make up for that only little by little."""
    t = Uncertain(slow_stddev_m=0.1, hold_stddev_m=0.3, max_speed=1.5)
    t.engaged()
    t.stddev = (0.05, 0.29)
    t.run(0.3)
    t.move((0.0, -0.6, 0.0), takes_s=0.5)
    t.run(1.0)
    t.stddev = (0.05, 0.05)
    returned_s, since = t.time_s, len(t.commands)
    t.run(1.5)
    t.check()
    for command in t.commands[since:]:
        allowed = 0.05 + (command.time_s - returned_s + TICK_S)
        assert np.linalg.norm(command.twists[0, 0]) <= min(1.0, allowed) * t.config.max_speed + 1e-6
    fastest = max(np.linalg.norm(c.twists[0, 0]) for c in t.commands[since:])
    assert 0.1 < fastest < 0.9 * t.config.max_speed
    assert t.controller.limits_hit == ()


def test_too_much_uncertainty_of_a_required_joint_holds_and_does_not_arm():
    t = Uncertain(slow_stddev_m=0.1, hold_stddev_m=0.3).engaged()
    t.stddev = (0.05, 0.31)
    t.run(1.0, until=State.HOLD)
    assert t.controller.reason == "uncertain by 0.31 m, above hold_stddev_m 0.3: left_wrist"
    t.run(2.0)
    t.check()
    assert t.controller.request(t.time_s) == ""
    t.run(2.0)
    assert t.controller.state is State.ARMING and "uncertain by 0.31 m" in t.controller.reason
    t.stddev = (0.05, 0.05)
    t.run(3.0, until=State.ENGAGED)
    t.check()


def test_a_locked_depth_may_be_uncertain():
    t = Uncertain(slow_stddev_m=0.1, hold_stddev_m=0.3, depth_mode="locked")
    t.stddev = (0.05, 9.0)
    t.engaged()
    t.run(1.0)
    assert t.controller.state is State.ENGAGED and t.controller.limits_hit == ()
    t.stddev = (0.4, 0.05)
    t.run(1.0, until=State.HOLD)


def test_a_joint_that_is_not_required_waits_where_it_is():
    others = ("left_shoulder", "right_shoulder", "right_wrist")
    t = Uncertain(hold_stddev_m=0.3, required_joints=others).engaged()
    t.stddev = (0.05, 0.5)
    t.run(0.3)
    t.move((0.0, -0.4, 0.0), takes_s=0.3)
    assert np.abs(t.traveled(1.0)).max() < 1e-3
    assert t.controller.state is State.ENGAGED
    t.stddev = (0.05, 0.1)
    assert t.traveled(2.0)[2] == pytest.approx(0.4, abs=SWAY)


def test_an_uncertain_origin_slows_what_is_measured_from_it():
    t = Uncertain(slow_stddev_m=0.1, max_speed=1.0)
    t.engaged()
    neck = t.controller.watched.index("neck")

    def told(seen):
        stddev = np.full((len(seen.poses.valid), 2), np.nan)
        stddev[neck] = 0.4
        return replace(seen, stddev=stddev)

    t.altered = told
    t.run(0.3)
    since = len(t.commands)
    t.move((0.0, -1.0, 0.0), takes_s=0.5)
    t.run(1.0)
    fastest = max(np.linalg.norm(c.twists[0, 0]) for c in t.commands[since:])
    assert fastest == pytest.approx(0.25, abs=1e-6)


def test_speed_and_acceleration_hold_whatever_certainty_does():
    """Uncertainty that jumps about at every image, with the hand racing: never faster than allowed then."""
    t = Uncertain(slow_stddev_m=0.1, hold_stddev_m=0.3, max_speed=1.0, max_missed_frames=100)
    t.engaged()
    rng = np.random.default_rng(4)
    t.move((0.0, -1.5, 0.0), takes_s=0.8)
    since = len(t.commands)
    for _ in range(60):
        t.stddev = (0.02, float(rng.choice((0.05, 0.15, 0.25, 0.4, np.nan))))
        t.run(0.033)
    t.check()
    for before, after in itertools.pairwise(t.commands[since:]):
        speed = np.linalg.norm(after.twists[0, 0])
        change = np.linalg.norm(after.twists[0, 0] - before.twists[0, 0])
        assert speed <= 1.0 + 1e-9
        assert change <= t.config.max_acceleration * (after.time_s - before.time_s) + 1e-6


# -- the numbers


def test_shares_of_speed():
    off = np.array((np.nan, 0.0, 0.1, 0.2, 0.3, 0.5, np.inf))
    both = updated(GateSettings(), {"slow_stddev_m": 0.1, "hold_stddev_m": 0.3})
    np.testing.assert_allclose(speed_shares(off, both), (1.0, 1.0, 1.0, 0.5, 0.0, 0.0, 0.0))
    assert too_uncertain(off, both).tolist() == [False] * 5 + [True] * 2
    slow = updated(GateSettings(), {"slow_stddev_m": 0.1})
    np.testing.assert_allclose(speed_shares(off, slow), (1.0, 1.0, 1.0, 0.5, 1 / 3, 0.2, 0.0))
    assert not too_uncertain(off, slow).any()
    assert (speed_shares(off, GateSettings()) == 1.0).all()


def test_what_may_be_off_is_what_counts():
    stddev = np.array(((0.02, 0.2), (0.3, 0.2), (np.nan, 0.2), (0.02, np.nan), (np.nan, np.nan)))
    follow, scaled, locked = (
        updated(GateSettings(), {"depth_mode": mode, "depth_half_stddev_m": 0.2})
        for mode in ("follow", "scaled", "locked")
    )
    np.testing.assert_allclose(followed_stddev(stddev, follow), (0.2, 0.3, 0.2, 0.02, np.nan))
    np.testing.assert_allclose(followed_stddev(stddev, scaled), (0.1, 0.3, 0.1, 0.02, np.nan))
    np.testing.assert_allclose(followed_stddev(stddev, locked), (0.02, 0.3, 0.0, 0.02, np.nan))
    np.testing.assert_allclose(depth_shares(stddev, scaled), (0.5, 0.5, 0.5, 1.0, 1.0))


@pytest.mark.parametrize("hold", [0.1, 0.05])
def test_holding_below_slowing_is_refused(hold):
    with pytest.raises(SettingError, match=r"hold_stddev_m: .* must be above slow_stddev_m"):
        updated(GateSettings(), {"slow_stddev_m": 0.1, "hold_stddev_m": hold})
