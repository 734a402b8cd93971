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

"""Stage times, percentiles, rates and counts, with clocks made by hand."""

import math
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.runtime.timing import Counters, RateMeter, RollingPercentiles, StageTimer


class Clock:
    """Says what it is told."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


WRITES = 5000


# -- StageTimer


def test_stages_are_timed_in_milliseconds(clock):
    timer = StageTimer(clock)
    with timer.stage("detect"):
        clock.now_s += 0.020
    clock.now_s += 5.0  # between stages: nobody's
    with timer.stage("regress"):
        clock.now_s += 0.003
    assert timer.finish() == pytest.approx({"detect": 20.0, "regress": 3.0})


def test_a_stage_that_runs_twice_holds_the_sum(clock):
    timer = StageTimer(clock)
    for _ in range(2):
        with timer.stage("regress"):
            clock.now_s += 0.004
    assert timer.finish() == pytest.approx({"regress": 8.0})


def test_finish_starts_anew(clock):
    timer = StageTimer(clock)
    with timer.stage("detect"):
        clock.now_s += 0.001
    first = timer.finish()
    with timer.stage("post"):
        clock.now_s += 0.002
    assert timer.finish() == pytest.approx({"post": 2.0})
    assert first == pytest.approx({"detect": 1.0})
    assert timer.finish() == {}


def test_a_stage_that_raises_is_timed_and_ended(clock):
    timer = StageTimer(clock)
    with pytest.raises(KeyError), timer.stage("detect"):
        clock.now_s += 0.005
        raise KeyError
    with timer.stage("post"):
        clock.now_s += 0.001
    assert timer.finish() == pytest.approx({"detect": 5.0, "post": 1.0})


def test_stages_do_not_nest(clock):
    timer = StageTimer(clock)
    with timer.stage("detect"):
        with pytest.raises(RuntimeError, match="'post' starts inside 'detect'"), timer.stage("post"):
            pass
        with pytest.raises(RuntimeError, match="'detect' still runs"):
            timer.finish()
        clock.now_s += 0.001
    assert timer.finish() == pytest.approx({"detect": 1.0})


def test_a_clock_that_goes_back_gives_no_negative_time(clock):
    timer = StageTimer(clock)
    with timer.stage("detect"):
        clock.now_s -= 50.0
    assert timer.finish() == {"detect": 0.0}


# -- RollingPercentiles


def test_without_numbers_there_are_no_percentiles():
    assert RollingPercentiles(5).percentiles((50, 95, 99)) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(1, 12))
def test_percentiles_are_those_of_the_last_numbers(numbers, window):
    rolling = RollingPercentiles(window)
    for x in numbers:
        rolling.add(x)
    assert len(rolling) == min(window, len(numbers))
    last = np.array(numbers[-window:])
    got = rolling.percentiles((0, 50, 95, 99, 100))
    assert got == pytest.approx(tuple(np.percentile(last, (0, 50, 95, 99, 100))))
    assert got[0] == last.min() and got[-1] == last.max()
    assert all(type(p) is float for p in got)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_left_out(bad):
    rolling = RollingPercentiles(3)
    rolling.add(bad)
    assert rolling.percentiles((50,)) is None
    rolling.add(1.0)
    rolling.add(bad)
    assert rolling.percentiles((50,)) == (1.0,)


def test_clear_forgets_numbers():
    rolling = RollingPercentiles(3)
    rolling.add(1.0)
    rolling.clear()
    assert rolling.percentiles((50,)) is None
    rolling.add(7.0)
    assert rolling.percentiles((50,)) == (7.0,)


def test_a_window_below_one_is_refused():
    with pytest.raises(ValueError, match="window: 0"):
        RollingPercentiles(0)


# -- RateMeter


def test_nothing_happened_is_a_rate_of_zero():
    meter = RateMeter(1.0)
    assert meter.rate_hz(5.0) == 0.0
    meter.tick(5.0)
    assert meter.rate_hz(5.0) == 0.0
    assert meter.rate_hz(5.5) == 0.0


@given(st.floats(1.0, 200.0), st.floats(0.0, 1e6))
def test_a_steady_rate_is_found_from_the_second_event_on(rate_hz, start_s):
    meter = RateMeter(2.0)
    for k in range(int(5 * rate_hz)):
        now_s = start_s + k / rate_hz
        meter.tick(now_s)
        if k:
            assert meter.rate_hz(now_s) == pytest.approx(rate_hz, abs=0.51)


def test_the_rate_falls_to_zero_when_events_stop():
    meter = RateMeter(1.0)
    for k in range(31):
        meter.tick(k * 0.1)
    assert meter.rate_hz(3.55) == pytest.approx(5.0)
    assert meter.rate_hz(4.01) == 0.0
    assert meter.rate_hz(1000.0) == 0.0


def test_a_restart_after_silence_counts_the_silence():
    meter = RateMeter(1.0)
    for time_s in (0.0, 0.1, 50.0, 50.1, 50.2):
        meter.tick(time_s)
    assert meter.rate_hz(50.2) == pytest.approx(3.0)


def test_a_clock_that_jumps_back_starts_anew():
    meter = RateMeter(1.0)
    for k in range(50):
        meter.tick(100.0 + k * 0.1)
    meter.tick(3.0)
    assert meter.rate_hz(3.0) == 0.0
    for k in range(1, 6):
        meter.tick(3.0 + k * 0.05)
    assert meter.rate_hz(3.25) == pytest.approx(20.0)


def test_a_question_from_before_the_events_is_answered_with_zero():
    meter = RateMeter(1.0)
    for k in range(50):
        meter.tick(100.0 + k * 0.1)
    assert meter.rate_hz(3.0) == 0.0
    assert meter.rate_hz(104.9) == pytest.approx(10.0)  # and nothing is lost by it


def test_events_after_the_question_do_not_count():
    meter = RateMeter(1.0)
    for time_s in (0.0, 0.2, 0.5):
        meter.tick(time_s)
    assert meter.rate_hz(0.4) == pytest.approx(2.5)


def test_an_event_while_another_thread_asks_does_no_harm():
    entered, other_done = threading.Event(), threading.Event()

    class Slow(float):
        """A time whose comparison takes as long as the other thread needs, were it let in."""

        def __gt__(self, other):
            if not entered.is_set():
                entered.set()
                other_done.wait(0.1)
            return float(self) > other

    def tick_once():
        entered.wait()
        meter.tick(2.0)
        other_done.set()

    meter = RateMeter(10.0)
    meter.tick(1.0)
    meter.tick(Slow(1.5))
    thread = threading.Thread(target=tick_once)
    thread.start()
    assert meter.rate_hz(2.0) == pytest.approx(1.0)
    thread.join()
    assert meter.rate_hz(2.0) == pytest.approx(2.0)


def test_events_at_one_instant_have_no_rate_yet():
    meter = RateMeter(1.0)
    meter.tick(5.0)
    meter.tick(5.0)
    assert meter.rate_hz(5.0) == 0.0
    assert meter.rate_hz(5.5) == pytest.approx(2.0)


@given(st.lists(st.floats(-1e6, 1e6), max_size=40), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_any_times_give_a_rate(times_s, now_s, window_s):
    meter = RateMeter(window_s)
    for time_s in times_s:
        meter.tick(time_s)
    rate_hz = meter.rate_hz(now_s)
    assert math.isfinite(rate_hz) and rate_hz >= 0.0


def test_memory_is_bounded_by_the_window():
    meter = RateMeter(0.5)
    for k in range(10000):
        meter.tick(k * 0.01)
    assert len(meter._times_s) <= 51


def test_reset_forgets_events():
    meter = RateMeter(1.0)
    for k in range(20):
        meter.tick(k * 0.1)
    meter.reset()
    assert meter.rate_hz(1.9) == 0.0
    meter.tick(2.0)
    meter.tick(2.5)
    assert meter.rate_hz(2.5) == pytest.approx(2.0)


@pytest.mark.parametrize("window_s", [0.0, -1.0, math.nan])
def test_a_window_of_no_length_is_refused(window_s):
    with pytest.raises(ValueError, match="window_s"):
        RateMeter(window_s)


# -- Counters


def test_counts_by_name():
    counters = Counters()
    counters.add("too_old")
    counters.add("bad_step", 3)
    counters.add("too_old")
    assert counters.counts() == {"too_old": 2, "bad_step": 3}
    assert counters.total() == 5


def test_new_counts_are_those_since_the_last_question():
    counters = Counters()
    assert counters.take_new() == {}
    counters.add("too_old", 2)
    assert counters.take_new() == {"too_old": 2}
    assert counters.take_new() == {}
    counters.add("too_old")
    counters.add("bad_step")
    assert counters.take_new() == {"too_old": 1, "bad_step": 1}
    assert counters.counts() == {"too_old": 3, "bad_step": 1}


def test_reset_forgets_counts():
    counters = Counters()
    counters.add("too_old", 2)
    counters.take_new()
    counters.reset()
    assert counters.counts() == {} and counters.total() == 0
    counters.add("too_old")
    assert counters.take_new() == {"too_old": 1}


def test_two_threads_that_count_at_once_both_count():
    entered, other_done = threading.Event(), threading.Event()

    class Slow(int):
        """A one whose addition takes as long as the other thread needs, were it let in."""

        def __radd__(self, count):
            entered.set()
            other_done.wait(0.1)
            return count + 1

    def count_once():
        entered.wait()
        counters.add("x")
        other_done.set()

    counters = Counters()
    thread = threading.Thread(target=count_once)
    thread.start()
    counters.add("x", Slow(1))
    thread.join()
    assert counters.total() == 2


def test_what_is_handed_out_is_a_copy():
    counters = Counters()
    counters.add("too_old")
    counters.counts()["too_old"] = 99
    counters.take_new()["too_old"] = 99
    assert counters.counts() == {"too_old": 1}


@pytest.fixture
def restless_threads():
    """Threads take turns as often as Python can, so that what is not guarded is seen."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval_s)


@pytest.mark.usefixtures("restless_threads")
def test_threads_may_share_them():
    counters, meter, rolling = Counters(), RateMeter(10.0), RollingPercentiles(100)
    taken, errors = [], []

    def write():
        for k in range(WRITES):
            counters.add("x")
            meter.tick(k / WRITES)
            rolling.add(1.0)

    def read():
        try:
            for _ in range(200):
                taken.append(counters.take_new().get("x", 0))
                meter.rate_hz(1.0)
                assert rolling.percentiles((50,)) in (None, (1.0,))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=target) for target in (write, write, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert counters.total() == 2 * WRITES
    assert sum(taken) + counters.take_new().get("x", 0) == 2 * WRITES
