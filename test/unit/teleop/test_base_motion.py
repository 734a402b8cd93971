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

"""How fast the base is to drive, from where the operator's torso is since engagement."""

import numpy as np
import pytest

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, quat_from_rotvec, quat_rotate
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.base_motion import BaseMotion

DT = 0.01
UPRIGHT = np.array([(0.0, 0.0, 1.0), (0.0, 0.0, 1.5), (0.0, 0.18, 1.45), (0.0, -0.18, 1.45)])
"""Pelvis, neck, left and right shoulder of somebody who faces x [m]."""


def about(axis, degrees):
    return quat_from_rotvec(np.radians(degrees) * np.array(axis, float))


def leaning(forward_deg=0.0, left_deg=0.0):
    turn = about((-1, 0, 0), left_deg) if left_deg else about((0, 1, 0), forward_deg)
    return UPRIGHT[0] + quat_rotate(turn, UPRIGHT - UPRIGHT[0])


def turning(degrees):
    return quat_rotate(about((0, 0, 1), degrees), UPRIGHT)


def motion(mode="lean", start=UPRIGHT, facing=IDENTITY_XYZW, **config):
    base = BaseMotion(updated(GateSettings(), {"base_command": mode, **config}))
    base.engage(start, facing)
    return base


def settled(base, torso):
    base.observe(torso)
    for _ in range(500):
        velocity = base.step(DT, following=True)
    return velocity


@pytest.mark.parametrize(
    ("torso", "expected"),
    [
        (leaning(25.0), (0.3, 0.0, 0.0)),
        (leaning(60.0), (0.3, 0.0, 0.0)),
        (leaning(-25.0), (-0.3, 0.0, 0.0)),
        (leaning(left_deg=25.0), (0.0, 0.3, 0.0)),
        (leaning(16.5), (0.15, 0.0, 0.0)),
        (leaning(7.9), (0.0, 0.0, 0.0)),
        (turning(45.0), (0.0, 0.0, 0.5)),
        (turning(-30.0), (0.0, 0.0, -0.25)),
        (turning(14.9), (0.0, 0.0, 0.0)),
    ],
)
def test_leaning_and_turning(torso, expected):
    assert settled(motion(), torso) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ((0.6, 0.0, 0.0), (0.3, 0.0)),
        ((0.0, -0.4, 0.0), (0.0, -0.15)),
        ((-3.0, 0.0, 0.0), (-0.3, 0.0)),
        ((0.19, 0.0, 0.0), (0.0, 0.0)),
        ((0.0, 0.0, 0.5), (0.0, 0.0)),
        ((0.6 * 0.6, 0.6 * 0.8, 0.0), (0.18, 0.24)),
    ],
)
def test_stepping(way, expected):
    assert settled(motion("step"), UPRIGHT + way) == pytest.approx((*expected, 0.0), abs=1e-3)


def test_it_counts_from_how_the_operator_stood_at_engagement():
    base = motion(start=leaning(12.0))
    assert settled(base, leaning(12.0)) == pytest.approx((0.0, 0.0, 0.0))
    assert settled(base, leaning(37.0)) == pytest.approx((0.3, 0.0, 0.0), abs=1e-3)


@pytest.mark.parametrize("degrees", [90.0, -150.0, 179.0])
def test_forward_is_where_the_operator_faced(degrees):
    """Also across the angle at which the shoulders' direction jumps by a whole turn."""
    around = about((0, 0, 1), degrees)
    base = motion(start=quat_rotate(around, UPRIGHT), facing=about((0, 0, 1), -degrees))
    assert settled(base, quat_rotate(around, leaning(25.0))) == pytest.approx((0.3, 0.0, 0.0), abs=1e-3)
    assert settled(base, quat_rotate(around, turning(45.0))) == pytest.approx((0.0, 0.0, 0.5), abs=1e-3)
    plain = motion(start=quat_rotate(around, UPRIGHT))  # heading: camera
    assert settled(plain, quat_rotate(around, turning(45.0))) == pytest.approx((0.0, 0.0, 0.5), abs=1e-3)


def test_a_mirrored_operator_drives_the_other_way_round():
    base = motion(mirror=True)
    assert settled(base, leaning(left_deg=25.0)) == pytest.approx((0.0, -0.3, 0.0), abs=1e-3)
    assert settled(base, turning(45.0)) == pytest.approx((0.0, 0.0, -0.5), abs=1e-3)
    assert settled(base, leaning(25.0)) == pytest.approx((0.3, 0.0, 0.0), abs=1e-3)


def test_speeds_change_within_acceleration_whatever_the_torso_does():
    base, random = motion("step"), np.random.default_rng(2)
    before = np.zeros(3)
    for k in range(2000):
        if k % 3 == 0:
            torso = quat_rotate(about((0, 0, 1), random.uniform(-180, 180)), UPRIGHT)
            base.observe(None if random.random() < 0.1 else torso + random.uniform(-2, 2, 3) * (1, 1, 0))
        dt = random.choice((0.002, 0.01, 0.3))
        now = base.step(dt, following=True)
        counted = min(dt, 0.05)
        assert np.linalg.norm((now - before)[:2]) <= 0.5 * counted + 1e-12
        assert abs(now[2] - before[2]) <= 1.0 * counted + 1e-12
        assert np.linalg.norm(now[:2]) <= 0.3 + 1e-12 and abs(now[2]) <= 0.5 + 1e-12
        before = now


def test_a_torso_that_is_not_tracked_brakes_the_base_and_says_so():
    base = motion()
    assert settled(base, leaning(25.0))[0] == pytest.approx(0.3, abs=1e-3)
    base.observe(None)
    assert base.limits() == ("base: torso not TRACKED",)
    assert base.step(DT, following=True)[0] == pytest.approx(0.3 - 0.5 * DT, abs=1e-3), "within acceleration"
    assert settled(base, None) == pytest.approx((0.0, 0.0, 0.0))
    assert settled(base, leaning(25.0))[0] == pytest.approx(0.3, abs=1e-3)
    assert base.limits() == ()


def test_shoulders_above_each_other_tell_no_direction():
    base = motion()
    base.observe(quat_rotate(about((1, 0, 0), 90), UPRIGHT))
    assert base.limits() == ("base: torso not TRACKED",)
    with pytest.raises(SettingError, match="the torso is not TRACKED"):
        base.engage(quat_rotate(about((1, 0, 0), 90), UPRIGHT), IDENTITY_XYZW)


def test_whoever_is_not_followed_stands_still_at_once_and_stays():
    base = motion()
    settled(base, leaning(25.0))
    assert base.step(DT, following=False) == pytest.approx((0.0, 0.0, 0.0), abs=0.0)
    base.observe(leaning(25.0))
    assert base.step(DT, following=True) == pytest.approx((0.0, 0.0, 0.0), abs=0.0), (
        "until it is engaged again"
    )


def test_what_was_stopped_begins_at_rest():
    base = motion()
    settled(base, leaning(25.0))
    base.stop()
    assert base.step(DT, following=True)[0] == pytest.approx(0.5 * DT)


def test_nothing_without_the_setting():
    base = motion("off", start=None)
    base.observe(leaning(25.0))
    assert base.step(DT, following=True) is None
    assert base.limits() == ()


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("base_lean_dead_zone_deg", "base_lean_full_deg"),
        ("base_step_dead_zone", "base_step_full"),
        ("base_turn_dead_zone_deg", "base_turn_full_deg"),
    ],
)
def test_the_dead_zone_ends_before_the_highest_speed(low, high):
    with pytest.raises(SettingError, match=f"{high}: 2 must be above {low}, 2"):
        updated(GateSettings(), {low: 2.0, high: 2.0})
