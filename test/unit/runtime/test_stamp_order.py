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

"""Stamps of one source: in order, late, or a new beginning."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.runtime.stamp_order import MOST_LATE, RESTART_S, Arrival, StampOrder

NEXT, SAME, LATE, RESTART = Arrival.NEXT, Arrival.SAME, Arrival.LATE, Arrival.RESTART
EPOCH_S = 1.75e9  # of wall clocks
PERIOD_S = 1 / 30


def judged(stamps, **options):
    order = StampOrder()
    return [order.classify(stamp, **options) for stamp in stamps]


def test_whatever_comes_first_is_next():
    for stamp in (0.0, -5.0, EPOCH_S):
        assert judged([stamp]) == [NEXT]


@pytest.mark.parametrize("start_s", [0.0, 100.0, EPOCH_S])
@pytest.mark.parametrize("back_s", [1e-3, 0.02, 0.2, 0.999])
def test_one_in_fifteen_is_a_little_earlier(start_s, back_s):
    """The late one alone is left out; those after it are compared with the newest, not with it."""
    arrivals = judged(start_s + n * PERIOD_S - back_s * (n % 15 == 14) for n in range(150))
    late = [n for n, arrival in enumerate(arrivals) if arrival is not NEXT]
    if back_s > 2 * PERIOD_S:
        assert late == list(range(14, 150, 15)) and {arrivals[n] for n in late} == {LATE}
    else:
        assert RESTART not in arrivals


@pytest.mark.parametrize("back_s", [1.001, 2.0, 3600.0, EPOCH_S])
def test_far_earlier_begins_anew(back_s):
    assert judged([EPOCH_S, EPOCH_S - back_s, EPOCH_S - back_s + PERIOD_S]) == [NEXT, RESTART, NEXT]


def test_the_same_again_is_told_apart():
    assert judged([1.0, 1.0, 1.0, 1.1, 1.1]) == [NEXT, SAME, SAME, NEXT, SAME]


@pytest.mark.parametrize("frames", [2, 5, 20])
def test_a_short_recording_that_loops_goes_on(frames):
    """It is shorter than what counts as a restart, yet no loop of it is silent for good."""
    arrivals = judged(EPOCH_S + (n % frames) * PERIOD_S for n in range(40 * frames))
    assert (frames - 1) * PERIOD_S < RESTART_S
    assert arrivals.count(RESTART) >= 1
    heard = [n for n, arrival in enumerate(arrivals) if arrival in (NEXT, RESTART)]
    assert max(b - a for a, b in itertools.pairwise(heard)) <= 2 * MOST_LATE


def test_a_clock_set_back_by_half_a_second_silences_a_third_of_a_second():
    stamps = [n * PERIOD_S for n in range(30)] + [n * PERIOD_S - 0.5 for n in range(30, 60)]
    arrivals = judged(stamps)
    assert arrivals[30 : 30 + MOST_LATE] == [LATE] * (MOST_LATE - 1) + [RESTART]
    assert set(arrivals[30 + MOST_LATE :]) == {NEXT}


def test_two_sources_on_one_topic_never_restart():
    """One is always half a second behind the other: its images are late, however many there are."""
    stamps = [stamp for n in range(200) for stamp in (n * PERIOD_S, n * PERIOD_S - 0.5)]
    assert judged(stamps) == [NEXT, LATE] * 200


def test_where_no_restart_is_taken_the_newest_stays():
    order = StampOrder()
    order.classify(100.0)
    assert [order.classify(s, may_restart=False) for s in (50.0, 50.1, 99.9)] == [RESTART, RESTART, LATE]
    assert order.classify(100.1, may_restart=False) is NEXT
    assert [order.classify(s) for s in (50.0, 50.1)] == [RESTART, NEXT]


def test_forgotten():
    order = StampOrder()
    order.classify(100.0)
    order.reset()
    assert order.classify(99.9) is NEXT


@given(st.lists(st.floats(-1e9, 2e9), max_size=60))
def test_what_is_not_left_out_is_later_unless_time_begins_anew(stamps):
    order, newest = StampOrder(), None
    for stamp in stamps:
        arrival = order.classify(stamp)
        if arrival is NEXT:
            assert newest is None or stamp > newest
        elif arrival is SAME:
            assert stamp == newest
        else:
            assert stamp < newest
            assert arrival is RESTART or newest - stamp <= RESTART_S
        if arrival in (NEXT, RESTART):
            newest = stamp
