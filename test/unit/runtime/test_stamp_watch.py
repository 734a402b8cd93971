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

"""Stamps that tell no time: each cause in its own words, with a next step that helps."""

import numpy as np
import pytest

from frankmocap_ros.runtime.stamp_watch import FUTURE_S, StampWatch

NOW_S = 1.7e9
SYNCHRONIZE, ARRIVAL, SIMULATED = "synchronize the clocks", "stamps: arrival", "use_sim_time: true"


def watch(stamp_s, now_s=NOW_S, messages=30, limit_s=0.5):
    """Stamps that go on with the clock from one that came at ``now_s``."""
    seen = StampWatch("images", "max_image_age_s", "see why the driver is slow")
    for n in range(messages):
        seen.note(stamp_s + n / 30, now_s + n / 30, n / 30)
    return seen.fault(limit_s)


def test_nothing_is_wrong_before_the_first_and_with_good_ones():
    assert StampWatch("images", "max_image_age_s", "").fault(0.5) == ""
    for age_s in (-FUTURE_S + 1e-3, 0.0, 0.1, 0.49):
        assert watch(NOW_S - age_s) == ""


@pytest.mark.parametrize(
    ("stamp_s", "now_s", "says", "steps", "not_steps"),
    [
        (NOW_S + 1.0, NOW_S, "stamped 1.00 s in the future", [SYNCHRONIZE, ARRIVAL], ["raise"]),
        (NOW_S, 35.0, "stamped with the date", ["use_sim_time: false"], ["raise", SYNCHRONIZE]),
        (4711.5, NOW_S, "clock that began with", [SIMULATED, ARRIVAL], ["raise", SYNCHRONIZE]),
        (NOW_S - 3600.0, NOW_S, "stamped 3600 s before", [SYNCHRONIZE, SIMULATED, ARRIVAL], ["raise"]),
        (NOW_S - 0.8, NOW_S, "stamped 0.80 s before", [SYNCHRONIZE, "is slow", "raise max_image_age_s"], []),
    ],
    ids=["future", "date", "boot", "recording", "slow"],
)
def test_causes(stamp_s, now_s, says, steps, not_steps):
    text = watch(stamp_s, now_s)
    assert text.count("images") == 1 and says in text
    for step in steps:
        assert step in text
    for step in not_steps:
        assert step not in text


@pytest.mark.parametrize("stamp_s", [4711.5, NOW_S - 3600.0, NOW_S - 0.8])
def test_without_a_limit_any_age_is_fine(stamp_s):
    assert watch(stamp_s, limit_s=0.0) == ""


@pytest.mark.parametrize("limit_s", [0.0, 0.5])
def test_zero(limit_s):
    seen = StampWatch("images", "max_image_age_s", "")
    seen.note(0.0, NOW_S, 0.0)
    assert "stamped 0: the camera's driver sets no stamps" in seen.fault(limit_s)
    assert ARRIVAL in seen.fault(limit_s)


def test_constant():
    """The same stamp for over a second; a coarse clock repeats stamps for less."""
    seen = StampWatch("images", "max_image_age_s", "")
    for n in range(40):
        assert ("all stamped" in seen.fault(0.0)) == (n > 30)
        seen.note(NOW_S, NOW_S + n / 30, n / 30)
    assert f"all stamped {NOW_S:.3f} s" in seen.fault(0.5) and ARRIVAL in seen.fault(0.5)
    seen.note(NOW_S + 1.3, NOW_S + 1.3, 1.3)
    assert seen.fault(0.5) == ""


def test_two_messages_a_second_are_not_constant():
    seen = StampWatch("images", "max_image_age_s", "")
    seen.note(NOW_S, NOW_S, 0.0)
    seen.note(NOW_S, NOW_S + 1.2, 1.2)
    assert seen.fault(0.0) == ""


def test_simulated_time_that_has_not_begun_is_no_fault_of_the_stamps():
    assert watch(NOW_S, now_s=0.0, messages=1) == ""


def test_forgetting():
    seen = StampWatch("images", "max_image_age_s", "")
    seen.note(0.0, NOW_S, 0.0)
    seen.reset()
    assert seen.fault(0.5) == ""


def through_a_network(apart_s, limit_s=0.5, messages=90):
    """A watch, by a clock that is this far ahead of the node's, with 20 to 60 ms of delay."""
    random = np.random.default_rng(1)
    seen = StampWatch("images", "max_image_age_s", "see why the driver is slow")
    told = set()
    for n in range(messages):
        now_s = NOW_S + n / 30
        seen.note(now_s + apart_s - random.uniform(0.02, 0.06), now_s, n / 30)
        told.add(seen.fault(limit_s) or seen.suspicion(limit_s))
    return seen, told


def amount(text, before):
    return float(text.partition(before)[2].split()[0])


def test_delay_and_jitter_are_no_difference_of_clocks():
    assert through_a_network(0.0)[1] == {""}
    assert through_a_network(0.0, limit_s=0.0)[1] == {""}


def test_a_clock_that_is_ahead_is_certain_and_told_at_once():
    seen, told = through_a_network(0.3)
    assert "" not in told
    assert 0.25 <= amount(seen.fault(0.5), "images are stamped ") <= 0.28
    assert "in the future" in seen.fault(0.5) and "chronyc tracking" in seen.fault(0.5)


@pytest.mark.parametrize("limit_s", [0.5, 0.0])
def test_a_clock_that_is_behind_is_told_when_no_message_comes_sooner(limit_s):
    """It cannot be told from a delay that every message has: both causes are named."""
    seen, _ = through_a_network(-0.3, limit_s)
    assert seen.fault(limit_s) == ""
    text = seen.suspicion(limit_s)
    assert 0.32 <= amount(text, "images arrive ") <= 0.33
    for words in ("behind this node's by up to that", "each takes so long", "chronyc tracking", SYNCHRONIZE):
        assert words in text


def test_one_message_that_comes_soon_clears_a_clock():
    seen, _ = through_a_network(-0.3)
    seen.note(NOW_S + 10.0 - 0.04, NOW_S + 10.0, 10.0)
    assert seen.suspicion(0.5) == ""


def test_few_late_messages_are_no_difference_of_clocks():
    seen, _ = through_a_network(-0.3, messages=19)
    assert seen.suspicion(0.5) == ""


def test_what_is_told_as_too_old_is_not_told_twice():
    seen, _ = through_a_network(-0.8)
    assert "over max_image_age_s" in seen.fault(0.5)
    assert seen.suspicion(0.5) == ""
