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

"""The deadline shedder, on a simulated camera and a worker that takes the newest image only."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from frankmocap_ros.runtime.load_shedding import SHEDDING_LEVELS, LoadShedder, SheddingLevel, Spacing

PERIOD_S = 1.0 / 30.0
BUDGET_MS = 100.0
DETECT_EVERY_N = 5
TOP = len(SHEDDING_LEVELS) - 1


@dataclass
class Node:
    """A node on a simulated clock; ``changes`` are the levels taken, with their times."""

    shedder: LoadShedder = field(default_factory=LoadShedder)
    transport_s: float = 0.004
    budget_ms: float = BUDGET_MS
    now_s: float = 100.0
    changes: list[tuple[float, int]] = field(default_factory=list)
    ages_ms: list[float] = field(default_factory=list)
    processed: int = 0

    def run(self, seconds, service_s):
        """Let images come; ``service_s(time, detects)`` is how long one takes. Ages are those of this run."""
        spacing, since_detection = Spacing(), DETECT_EVERY_N
        waiting, free_s, done = None, 0.0, None
        self.ages_ms, end_s, k = [], self.now_s + seconds, 0
        start_s = self.now_s
        while (stamp_s := start_s + k * PERIOD_S) < end_s:
            k += 1
            arrival_s = stamp_s + self.transport_s
            while True:
                if done is not None and free_s <= arrival_s:
                    self._publish(free_s, done)
                    done = None
                if waiting is None or free_s > arrival_s:
                    break
                begin_s, image_s = max(free_s, waiting + self.transport_s), waiting
                waiting = None
                spacing.taken()
                since_detection += 1
                detects = since_detection >= DETECT_EVERY_N * self.shedder.measures.detect_factor
                since_detection = 0 if detects else since_detection
                free_s = begin_s + service_s(begin_s, detects)
                done = image_s
            if not spacing.leaves_out(self.shedder.measures.process_every):
                waiting = stamp_s
        self.now_s = end_s
        return self

    def _publish(self, now_s, stamp_s):
        age_ms = 1e3 * (now_s - stamp_s)
        self.ages_ms.append(age_ms)
        self.processed += 1
        if self.shedder.record(age_ms, 1e3 * self.transport_s, now_s, self.budget_ms):
            self.changes.append((now_s, self.shedder.level))

    @property
    def p95_ms(self):
        late = sorted(self.ages_ms)
        return late[int(0.95 * (len(late) - 1))]


def takes(seconds):
    return lambda now_s, detects: seconds


def test_the_levels_do_less_from_one_to_the_next_and_detect_first():
    assert SHEDDING_LEVELS[0] == SheddingLevel()
    assert [r.process_every for r in SHEDDING_LEVELS] == [1, 1, 1, 2, 3, 4]
    between = [r.detect_factor * r.process_every for r in SHEDDING_LEVELS]
    assert between == sorted(between) and between[1] > 1
    assert between[-1] <= 8  # only detection tells some estimators that somebody has left


def test_words_count_images_that_come():
    assert SheddingLevel().words(5) == ""
    assert SheddingLevel(3).words(5) == "detects every 15 images"
    assert SheddingLevel(3, 2).words(5) == "detects every 30 images; processes every 2nd image"
    assert SheddingLevel(1, 3).words(5) == "processes every 3rd image"
    assert SheddingLevel(2, 4).words(5, 3) == "detects every 120 images; processes every 12th image"
    assert [SheddingLevel(1, n).words(1).split()[2] for n in (4, 11, 21, 22, 23, 113)] == [
        "4th", "11th", "21st", "22nd", "23rd", "113th",
    ]  # fmt: skip


def test_in_time_nothing_is_left_out():
    node = Node().run(60.0, takes(0.02))
    assert node.changes == []
    assert node.shedder.measures == SheddingLevel()
    assert node.processed > 1700


def test_images_wait_for_each_other_until_some_are_left_out():
    node = Node().run(30.0, takes(0.085))
    node.run(30.0, takes(0.085))
    assert [level for _, level in node.changes] == [1, 2, 3, 4]
    assert node.shedder.measures.process_every == 3  # three periods are 100 ms: no image waits
    assert node.p95_ms < BUDGET_MS


def test_detection_in_line_is_made_rarer_and_no_image_is_left_out():
    node = Node().run(300.0, lambda now_s, detects: 0.17 if detects else 0.02)
    assert max(level for _, level in node.changes) == 2
    assert node.shedder.measures.process_every == 1


def test_one_level_at_a_time_and_not_before_a_second():
    node = Node().run(30.0, takes(0.085))
    levels = [0, *(level for _, level in node.changes)]
    times_s = [100.0, *(now_s for now_s, _ in node.changes)]
    assert all(abs(b - a) == 1 for a, b in pairwise(levels))
    assert min(b - a for a, b in pairwise(times_s)) > 1.0


def test_a_single_late_image_changes_nothing():
    late = iter([0.02] * 300 + [0.3] + [0.02] * 5000)
    node = Node().run(30.0, lambda now_s, detects: next(late))
    assert max(node.ages_ms) > 2 * BUDGET_MS
    assert node.changes == []


def test_all_is_done_again_when_the_load_goes():
    node = Node().run(30.0, takes(0.085)).run(60.0, takes(0.02))
    assert node.shedder.level == 0
    down = [(now_s, level) for now_s, level in node.changes if now_s > 130.0]
    assert [level for _, level in down] == [3, 2, 1, 0]
    times_s = [130.0, *(now_s for now_s, _ in down)]
    assert min(b - a for a, b in pairwise(times_s)) >= 4.9


def test_between_the_two_limits_it_stays():
    node = Node().run(30.0, takes(0.085))
    before = list(node.changes)
    node.run(300.0, takes(0.08))  # 0.84 of the budget with the transport
    assert node.changes == before


def test_a_step_down_that_was_wrong_is_tried_ever_more_rarely():
    """Just too much for one level, and little enough for the next one that coming down looks right."""
    shedder = LoadShedder()

    def service_s(now_s, detects):
        return 0.12 if shedder.level < 2 else 0.03

    node = Node(shedder).run(1800.0, service_s)
    assert {level for _, level in node.changes[2:]} == {1, 2}
    waits_s = [b[0] - a[0] for a, b in pairwise(node.changes) if b[1] == 1]
    assert waits_s[0] < 7.0
    assert all(b > 1.5 * a for a, b in pairwise(waits_s[:6]))
    assert max(waits_s) < 170.0  # but it is tried
    assert len(node.changes) < 40


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("typical_s", [0.05, 0.07, 0.08, 0.09, 0.1])
def test_it_does_not_swing_where_it_is_close(typical_s, seed):
    dice = random.Random(seed)
    node = Node().run(1200.0, lambda now_s, detects: typical_s * dice.uniform(0.7, 1.4))
    assert len(node.changes) <= 30


def hopeless():
    """Every image takes longer than the budget, whatever is left out."""
    return Node(budget_ms=20.0)


def test_what_does_not_help_is_taken_back():
    node = hopeless().run(600.0, takes(0.02))
    assert [level for _, level in node.changes][:TOP] == [1, 2, 3, 4, 5]
    assert node.shedder.measures == SheddingLevel()
    assert len(node.changes) == TOP + 1
    assert node.changes[-1][0] < 115.0


def test_what_helps_is_kept_though_it_is_not_enough():
    node = Node().run(600.0, takes(0.12))  # alone it is late, waiting for another one later still
    assert node.shedder.measures.process_every == 4
    node.run(10.0, takes(0.12))
    assert node.p95_ms == pytest.approx(124.0)


def test_what_did_not_help_is_tried_again_when_it_gets_worse():
    node = hopeless().run(60.0, takes(0.02))
    tried = len(node.changes)
    node.run(20.0, takes(0.022))
    assert len(node.changes) == tried
    node.run(20.0, takes(0.03))
    assert len(node.changes) > tried


def test_after_what_did_not_help_a_new_load_is_met():
    node = hopeless().run(60.0, takes(0.02)).run(60.0, takes(0.005))
    tried = len(node.changes)
    assert node.shedder.level == 0
    node.run(10.0, takes(0.02))
    assert len(node.changes) > tried


def feed(shedder, start_s, seconds, age_ms):
    """Let images come whose age is ``age_ms(level)``; returns when the level changed, and to which."""
    changes = []
    for k in range(round(seconds / PERIOD_S)):
        now_s = start_s + k * PERIOD_S
        if shedder.record(age_ms(shedder.level), 4.0, now_s, BUDGET_MS):
            changes.append((now_s, shedder.level))
    return changes


def test_what_hardly_helps_is_no_reason_to_do_less():
    shedder = LoadShedder()
    feed(shedder, 0.0, 15.0, lambda level: 150.0 - 2.0 * level)
    assert shedder.level == 0
    shedder.reset()
    feed(shedder, 0.0, 15.0, lambda level: 200.0 - 40.0 * min(level, 2))
    assert shedder.level == 2


def test_it_rests_after_what_did_not_help_and_longer_each_time():
    shedder = LoadShedder()
    gave_up_s = feed(shedder, 0.0, 10.0, lambda level: 110.0)[-1][0]
    for rest_s, age_ms in ((30.0, 200.0), (60.0, 400.0), (120.0, 800.0)):
        changes = feed(shedder, gave_up_s + PERIOD_S, rest_s + 10.0, lambda level, age_ms=age_ms: age_ms)
        assert changes[0][0] - gave_up_s == pytest.approx(rest_s, abs=1.5)
        assert changes[-1][1] == 0
        gave_up_s = changes[-1][0]


def test_a_step_down_while_it_rests_can_be_taken_back():
    shedder = LoadShedder()
    feed(shedder, 0.0, 9.0, lambda level: 110.0 if level == TOP else 200.0)
    assert shedder.level == TOP
    feed(shedder, 9.0, 6.5, lambda level: 30.0)
    assert shedder.level == TOP - 1
    feed(shedder, 15.5, 4.0, lambda level: 90.0 if level == TOP else 200.0)
    assert shedder.level == TOP


def test_what_was_learned_of_a_level_before_it_was_in_time_does_not_count():
    shedder = LoadShedder()
    feed(shedder, 0.0, 5.0, lambda level: 90.0 if level else 105.0)
    assert shedder.level == 1
    feed(shedder, 5.0, 12.0, lambda level: 300.0)
    assert shedder.level == 1


def test_after_a_step_down_that_held_the_next_is_as_soon_as_at_first():
    shedder = LoadShedder()
    feed(shedder, 0.0, 200.0, lambda level: 30.0 if level > 1 else 200.0)
    feed(shedder, 200.0, 400.0, lambda level: 30.0)
    assert shedder.level == 0
    feed(shedder, 600.0, 5.0, lambda level: 90.0 if level else 200.0)
    assert shedder.level == 1
    ((down_s, _),) = feed(shedder, 605.0, 20.0, lambda level: 30.0)
    assert down_s < 612.5


def test_a_step_down_may_also_turn_out_wrong_after_a_while():
    shedder, images = LoadShedder(), 0

    def age_ms(level):
        nonlocal images
        images = images + 1 if level < 2 else 0
        return 90.0 if level == 1 and 0 < images < 300 else 30.0 if level > 1 else 200.0

    changes = feed(shedder, 0.0, 600.0, age_ms)[2:]
    waits_s = [b[0] - a[0] for a, b in pairwise(changes) if b[1] == 1]
    assert len(waits_s) > 2 and all(b > 1.5 * a for a, b in pairwise(waits_s[:5]))


def test_few_images_are_judged_after_a_longer_while():
    shedder, now_s = LoadShedder(), 0.0
    while not shedder.record(300.0, 4.0, now_s, BUDGET_MS):
        now_s += 0.2
    assert 2.9 < now_s < 3.3


@pytest.mark.parametrize("transport_s", [0.1, 0.5, 3600.0, -0.2, -3600.0])
def test_old_or_future_stamps_alone_change_nothing(transport_s):
    """The node cannot mend a camera's stamps: only its own share counts."""
    shedder = LoadShedder()
    for k in range(3000):
        shedder.record(1e3 * transport_s + 30.0, 1e3 * transport_s, k * PERIOD_S, BUDGET_MS)
    assert shedder.level == 0


@pytest.mark.parametrize("transport_s", [0.5, -0.5])
def test_with_such_stamps_too_the_nodes_own_share_counts(transport_s):
    shedder = LoadShedder()
    for k in range(90):
        shedder.record(1e3 * transport_s + 130.0, 1e3 * transport_s, k * PERIOD_S, BUDGET_MS)
    assert shedder.level > 0


def test_a_transport_that_leaves_little_is_part_of_the_age():
    shedder = LoadShedder()
    for k in range(45):
        shedder.record(90.0 + 30.0, 90.0, k * PERIOD_S, BUDGET_MS)
    assert shedder.level == 1


def test_where_nothing_detects_only_images_are_left_out():
    node = Node(LoadShedder(detects=False)).run(30.0, takes(0.085))
    assert [level for _, level in node.changes] == [1, 2]
    assert node.shedder.measures == SheddingLevel(1, 3)


def test_slow_estimators_are_judged_too():
    shedder, now_s = LoadShedder(), 0.0
    while shedder.level == 0 and now_s < 60.0:
        now_s += 0.7
        shedder.record(900.0, 4.0, now_s, BUDGET_MS)
    assert now_s < 5.0


def test_silence_is_no_sign_of_calm():
    node = Node().run(20.0, takes(0.085))
    level = node.shedder.level
    node.run(4.5, takes(0.02))
    node.now_s += 600.0
    node.run(4.5, takes(0.02))
    assert node.shedder.level == level
    assert node.run(10.0, takes(0.02)).shedder.level < level


def test_ages_before_a_silence_do_not_count():
    shedder = LoadShedder()
    for k in range(19):
        shedder.record(500.0, 4.0, k * PERIOD_S, BUDGET_MS)
    for k in range(40):
        assert not shedder.record(20.0, 4.0, 50.0 + k * PERIOD_S, BUDGET_MS)


def test_ages_of_the_level_before_do_not_count():
    """A change is judged by what comes after it."""
    shedder = LoadShedder()
    k = 0
    while not shedder.record(300.0, 4.0, k * PERIOD_S, BUDGET_MS):
        k += 1
    for j in range(k + 1, k + 200):
        assert not shedder.record(80.0, 4.0, j * PERIOD_S, BUDGET_MS)
    assert shedder.level == 1


def test_a_larger_budget_gives_everything_back():
    node = Node().run(60.0, takes(0.085))
    node.budget_ms = 400.0
    assert node.run(30.0, takes(0.085)).shedder.level == 0


def test_a_new_budget_is_learned_anew():
    node = hopeless().run(60.0, takes(0.02))
    tried = len(node.changes)
    node.budget_ms = 21.0
    node.run(3.0, takes(0.02))
    assert len(node.changes) > tried


def test_reset_begins_anew():
    node = hopeless().run(60.0, takes(0.02))
    node.shedder.reset()
    assert node.shedder.level == 0 and node.shedder.measures == SheddingLevel()
    node.changes.clear()
    node.run(60.0, takes(0.02))
    assert [level for _, level in node.changes][:TOP] == [1, 2, 3, 4, 5]


# -- Spacing


def test_the_first_image_is_never_left_out():
    assert not Spacing().leaves_out(100)


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_an_idle_worker_gets_one_image_in_so_many(every):
    spacing, taken = Spacing(), []
    for k in range(50):
        if not spacing.leaves_out(every):
            spacing.taken()
            taken.append(k)
    assert taken == list(range(0, 50, every))


def test_a_busy_worker_finds_the_newest_image():
    """Leaving images out must not make those older that are processed."""
    spacing = Spacing()
    assert not spacing.leaves_out(3)
    spacing.taken()
    offered = [k for k in range(1, 10) if not spacing.leaves_out(3)]  # it works all the while
    assert offered == [3, 4, 5, 6, 7, 8, 9]
    spacing.taken()
    assert [k for k in range(10, 16) if not spacing.leaves_out(3)] == [12, 13, 14, 15]
