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

"""Stamps that jump, stand still or lie in the future, and time that is simulated."""

import threading
import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Log
from sensor_msgs.msg import Image

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import Latency
from support.peer import as_dict
from support.simulated_time import SimulatedTime
from support.waiting import TIMEOUT_S

SECOND = 10**9
PERIOD_NS = SECOND // 30
START_NS = 1_000 * SECOND


def pelvis_x(bodies):
    return bodies.bodies[0].joints[BODY.index["pelvis"]].pose.position.x


def test_a_bag_that_loops(start, probe):
    """Filters and tracking start anew at each jump back; nothing else changes."""
    period_ns = SECOND // 5
    system = start(across_min_cutoff_hz=0.1, across_beta=0.0)
    ids, sequences = [], []
    for loop in range(4):
        probe.people = [probe.person(0.1 * loop, -0.1, 3.0)]
        for n in range(10):
            bodies = system.process(stamp_ns=START_NS + n * period_ns)
            ids.append(bodies.bodies[0].id)
            sequences.append(bodies.sequence)
            assert bodies.operator_id == bodies.bodies[0].id
            # a filter of 0.1 Hz would hold on to the old place
            assert pelvis_x(bodies) == pytest.approx(0.1 * loop, abs=1e-6)
    assert ids == [1] * 10 + [2] * 10 + [3] * 10 + [4] * 10
    assert sequences == list(range(40))
    values = system.values(lambda v: v["tracked_ids"] == "4")
    assert values["dropped"] == "0"
    assert values["last_error"] == "none"


def test_a_recording_of_a_third_of_a_second_that_loops(start, probe):
    """It never goes far back, and is not silent for good."""
    system = start()
    for _ in range(4):
        for n in range(10):
            come(system, stamp_ns=START_NS + n * PERIOD_NS)
    system.bodies.wait(lambda bodies: bodies.bodies[0].id > 1)


@pytest.mark.parametrize("back_ms", [1, 20, 300])
def test_images_that_are_a_little_late_are_dropped_and_counted(start, probe, back_ms):
    """One in five. Everybody stays who they are, and what is published is in order."""
    system = start()
    stamps = []
    for n in range(30):
        stamp_ns = START_NS + n * PERIOD_NS
        if n % 5 == 4:
            come(system, stamp_ns=stamps[-1] - back_ms * 1_000_000)
        stamps.append(stamp_ns)
        assert system.process(stamp_ns=stamp_ns).bodies[0].id == 1
    assert [system.stamp(bodies) for bodies in system.bodies.messages] == stamps
    status = system.status(lambda s: as_dict(s).get("dropped/out_of_order") == "6")
    assert as_dict(status)["dropped"] == "6"
    system.send(stamp_ns=START_NS)
    status = system.status(lambda s: "1 images dropped because their stamps are out of order" in s.message)
    assert status.level == DiagnosticStatus.WARN


def test_a_late_image_does_not_push_out_a_newer_one_that_waits(start, probe):
    system = start()
    system.process(stamp_ns=START_NS)
    entered, go_on = threading.Event(), threading.Event()
    probe.during = lambda: entered.set() or go_on.wait(TIMEOUT_S)
    system.send(stamp_ns=START_NS + PERIOD_NS)
    assert entered.wait(TIMEOUT_S)
    probe.during = lambda: None
    newest, late = START_NS + 3 * PERIOD_NS, START_NS + 2 * PERIOD_NS
    come(system, stamp_ns=newest)
    come(system, stamp_ns=late)
    system.values(lambda v: v.get("dropped/out_of_order") == "1")
    go_on.set()
    system.bodies.wait(lambda bodies: system.stamp(bodies) == newest)
    assert late not in [system.stamp(bodies) for bodies in system.bodies.messages]
    assert system.values()["dropped"] == "1"


def test_activating_begins_anew(start, probe):
    """Stamps may be earlier than those before."""
    system = start()
    system.process(stamp_ns=START_NS)
    assert system.change("deactivate") and system.change("activate")
    assert system.process(stamp_ns=START_NS - PERIOD_NS).bodies[0].id == 2


def test_to_the_beginning_of_time_and_back(start, probe):
    system = start()
    stamps = [START_NS, 0, 1, (2**31 - 1) * SECOND, 5 * SECOND, START_NS]
    assert [system.process(stamp_ns=stamp).bodies[0].id for stamp in stamps] == [1, 2, 2, 3, 4, 5]


def test_a_stamp_that_repeats(start, probe):
    system = start()
    first = [system.process(stamp_ns=START_NS + n * PERIOD_NS) for n in range(5)][-1]
    stamp = system.stamp(first)
    probe.people = [probe.person(0.1, -0.1, 3.0)]
    for n in range(1, 4):  # the filters have no time to follow in
        system.send(stamp_ns=stamp)
        again = system.bodies.wait(lambda b, n=n: b.sequence == first.sequence + n)
        assert again.bodies[0].id == first.bodies[0].id
        assert pelvis_x(again) == pytest.approx(pelvis_x(first))
    later = system.process(stamp_ns=stamp + PERIOD_NS)
    assert later.bodies[0].id == first.bodies[0].id
    assert 0.0 < pelvis_x(later) <= 0.1


@pytest.mark.parametrize(("gap_s", "new"), [(0.2, False), (5.0, True), (86_400.0, True)])
def test_a_gap(start, probe, gap_s, new):
    system = start()
    assert system.process(stamp_ns=START_NS).bodies[0].id == 1
    after = system.process(stamp_ns=START_NS + int(gap_s * SECOND))
    assert after.bodies[0].id == 1 + new


def test_stamps_from_the_future_are_told(start, probe):
    system = start(max_image_age_s=0.5)
    bodies = system.process(stamp_ns=system.next_stamp() + 5 * SECOND)
    assert len(bodies.bodies) == 1
    assert -5000.0 <= bodies.age_ms < -4000.0
    status = system.status(lambda status: "clocks disagree" in status.message)
    assert status.level == DiagnosticStatus.WARN
    assert "chrony" in status.message


@pytest.mark.parametrize(
    ("apart_s", "says", "least_s", "most_s"),
    [(0.3, "clocks disagree: images are stamped ", 0.2, 0.28), (-0.3, "images arrive ", 0.32, 0.45)],
)
def test_clocks_that_are_apart_are_told_with_amount_and_side(start, probe, apart_s, says, least_s, most_s):
    """By 0.3 s, with 20 to 60 ms of network: in /diagnostics, and once in the log."""
    random = np.random.default_rng(2)
    system = start(max_image_age_s=1.0)
    log = system.listen(Log, "/rosout")

    def send():
        delay_s = random.uniform(0.02, 0.06)
        system.send(stamp_ns=time.time_ns() + round(1e9 * (apart_s - delay_s)))

    timer = system.node.create_timer(1 / 30, send)
    status = system.status(lambda s: says in s.message)
    assert status.level == DiagnosticStatus.WARN
    assert least_s <= float(status.message.partition(says)[2].split()[0]) <= most_s
    assert "chronyc tracking" in status.message and "chrony, PTP" in status.message
    system.status(lambda s: says in s.message)
    timer.cancel()
    assert len([m for m in log.messages if says in m.msg]) == 1


STAMPS = {
    "zero": (lambda: 0, "images are stamped 0: the camera's driver sets no stamps"),
    "constant": (lambda: START_NS, "images are all stamped 1000.000 s"),
    "boot time": (time.monotonic_ns, "a clock that began with"),
    "one second ahead": (lambda: time.time_ns() + SECOND, "s in the future"),
}


@pytest.mark.parametrize("name", STAMPS)
def test_stamps_that_tell_no_time(start, probe, name):
    """The cause, and what helps; not that max_image_age_s should be raised, which does not."""
    stamp_ns, words = STAMPS[name]
    system = start(max_image_age_s=0.5)
    timer = system.node.create_timer(0.05, lambda: system.send(stamp_ns=stamp_ns()))
    status = system.status(lambda s: words in s.message)
    assert status.level == DiagnosticStatus.WARN
    assert "stamps: arrival" in status.message
    assert "raise" not in status.message and "resize_short" not in status.message
    system.set(stamps="arrival")
    # an image may have been on its way when that was set
    bodies = system.bodies.next(lambda b: 0 <= time.time_ns() - system.stamp(b) < TIMEOUT_S * SECOND)
    assert 0.0 <= bodies.age_ms < 500.0
    status = system.status(lambda s: s.level == DiagnosticStatus.OK)
    timer.cancel()
    assert status.message.endswith("stamped on arrival")
    assert as_dict(status)["stamps"] == "arrival"


def test_stamps_on_arrival_rise_and_depth_is_found_by_the_images_own(start, probe):
    """A driver that counts from its start stamps image and depth alike."""
    system = start(stamps="arrival", depth_wait_ms=200.0)
    stamps = []
    for k in range(20):
        own_ns = 5 * SECOND + k * PERIOD_NS
        depth = system.stamped(Image(), own_ns)
        write_image(depth, np.full((240, 320), 2.0, np.float32), "32FC1")
        system.publisher(Image, "depth").publish(depth)
        heard = len(system.bodies)
        system.send(stamp_ns=own_ns)
        stamps.append(system.stamp(system.bodies.wait(after=heard)))
    assert stamps == sorted(set(stamps)) and stamps[0] > 10**18
    values = system.values(lambda v: "depth/paired" in v)
    assert int(values["depth/paired"]) > 10


def test_age_is_now_minus_stamp(start, probe):
    system = start()
    stamp_ns = system.next_stamp() - 700_000_000
    before_ms = 1e-6 * (system.next_stamp() - stamp_ns)
    bodies = system.process(stamp_ns=stamp_ns)
    after_ms = 1e-6 * (system.next_stamp() - stamp_ns)
    assert before_ms <= bodies.age_ms <= after_ms
    assert bodies.age_ms >= 700.0


def come(system, **options):
    """Publish an image and wait until the node has it: of those that wait it hears the newest only."""
    stream = system.mocap.streams[0]
    count = stream.count
    system.send(**options)
    system.wait_until(lambda: stream.count > count)


def test_simulated_time(start, probe):
    system = start(use_sim_time=True, max_image_age_s=0.5)
    latencies = system.listen(Latency, "/frankmocap/latency")
    clock = SimulatedTime(system)
    clock.set(START_NS)
    bodies = system.process(stamp_ns=START_NS - 50_000_000)
    assert bodies.age_ms == 50.0  # the clock stands
    latency = latencies.wait()
    assert latency.transport == 50.0
    assert latency.total >= 50.0
    assert bodies.bodies[0].id == 1

    clock.set(START_NS + SECOND)
    system.send(stamp_ns=START_NS)
    values = system.values(lambda v: v.get("dropped/too_old") == "1")
    assert values["age_ms/p50"] == "50.00"
    assert system.process(stamp_ns=START_NS + SECOND).bodies[0].id == 1

    clock.set(10 * SECOND)  # the simulation starts again
    bodies = system.process(stamp_ns=10 * SECOND - 100_000_000)
    assert bodies.age_ms == 100.0
    assert bodies.bodies[0].id == 2
    assert system.values()["dropped"] == "1"


def test_diagnostics_go_on_while_simulated_time_stands(start, probe):
    system = start(use_sim_time=True)
    SimulatedTime(system).set(START_NS)
    for _ in range(5):
        assert system.stamp(system.diagnostics.next(system.stamp)) == START_NS


def test_simulated_time_that_has_not_begun(start, probe):
    """No /clock yet: the node's time is 0, and images are processed all the same."""
    system = start(use_sim_time=True, max_image_age_s=0.5)
    assert len(system.process(stamp_ns=START_NS).bodies) == 1
