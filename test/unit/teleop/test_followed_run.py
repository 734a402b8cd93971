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

"""Which publisher is followed: one, until it is over; what others say is told."""

import pytest

from frankmocap_ros.teleop.followed_run import ALIVE_S, FollowedRun

PERIOD_S = 1 / 30


@pytest.fixture
def run():
    return FollowedRun("/frankmocap/bodies")


def test_the_first_is_followed(run):
    assert run.conflict(0.0) == ""
    assert run.follows(0, 0.0)  # 0 is a number like any other
    assert run.conflict(0.0) == ""


def test_another_is_left_out_and_told_while_it_is_heard(run):
    for k in range(60):
        assert run.follows(7, k * PERIOD_S)
        assert not run.follows(8, k * PERIOD_S + 0.01)
    time_s = 60 * PERIOD_S
    assert "another run" in run.conflict(time_s) and "the mocap node was restarted" in run.conflict(time_s)
    run.nodes = ("/mocap",)
    assert "/mocap was restarted, or a second publisher started" in run.conflict(time_s)
    assert run.follows(7, time_s + ALIVE_S)
    assert run.conflict(time_s + ALIVE_S) == ""


def test_another_takes_over_once_the_followed_one_is_over(run):
    assert run.follows(7, 0.0)
    assert not run.follows(8, 0.9 * ALIVE_S)
    assert not run.follows(8, 1.1 * ALIVE_S, may_change=False)
    assert "another run" in run.conflict(1.1 * ALIVE_S)
    assert run.follows(8, 1.2 * ALIVE_S)
    assert run.conflict(1.2 * ALIVE_S) == ""
    assert not run.follows(7, 1.3 * ALIVE_S), "the old one is another one now"


def test_publishers_are_named(run):
    run.follows(7, 0.0)
    run.nodes = ("/mocap", "/player", "/player")
    conflict = run.conflict(0.0)
    assert "3 publishers on /frankmocap/bodies: /mocap, /player (2 times); stop all but one" in conflict
    run.nodes = ("/mocap",)
    assert run.conflict(0.0) == ""


def test_what_was_heard_does_not_grow(run):
    for k in range(10_000):
        run.follows(k, k * 1e-3)
    assert len(run._heard_s) <= 1e3 * ALIVE_S + 2
