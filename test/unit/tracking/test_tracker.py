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

"""Ids that stay with their people, when to search the whole image, where to look, and who the operator is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.pose import JointState, KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.boxes import Region, box_center, box_iou
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.tracker import Tracker, choose_operator
from support.bodies import plain_body

DT = 1.0 / 30.0
FORGET_S = 0.3
CONFIG = Settings(max_people=4)
POSE = KeypointPose(np.zeros((21, 3)), np.zeros(21))


def region(x, y=240.0, side=260.0):
    return Region(np.array([x, y]), side)


def observation(x, y=240.0, height=200.0, region=None):
    """Somebody half as wide as high, the box's middle at x, y [px]."""
    box = np.array([x - 0.25 * height, y - 0.5 * height, 0.5 * height, height])
    return Observation(POSE, box, 0.9, ScaleSource.ASSUMED_HEIGHT, region)


def with_region(x, y=240.0, height=200.0):
    return observation(x, y, height, Region(np.array([x, y]), 1.3 * height))


class FindsByItself:
    """A tracker fed as by an estimator without regions."""

    def __init__(self):
        self.tracker, self.time_s = Tracker(), 100.0

    def see(self, *xs, dt=DT, **box):
        """Ids of the people at ``xs``, in that order."""
        self.time_s += dt
        seen = [observation(x, **box) for x in xs]
        owners = self.tracker.match(seen, self.time_s)
        tracks = self.tracker.update(list(zip(seen, owners, strict=True)), self.time_s, FORGET_S)
        return [next(t.id for t in tracks if t.observation is o) for o in seen]


# -- boxes


def test_boxes():
    box = np.array([10.0, 20.0, 4.0, 6.0])
    np.testing.assert_array_equal(box_center(box), [12.0, 23.0])
    assert box_iou(box, box) == 1.0
    assert box_iou(box, box + np.array([2.0, 0.0, 0.0, 0.0])) == pytest.approx(1.0 / 3.0)
    assert box_iou(box, box + np.array([4.0, 0.0, 0.0, 0.0])) == 0.0
    assert box_iou(box, box + np.array([100.0, 100.0, 0.0, 0.0])) == 0.0
    assert box_iou(np.zeros(4), np.zeros(4)) == 0.0
    assert box_iou(box, np.array([11.0, 21.0, 2.0, 3.0])) == pytest.approx(0.25)


# -- ids


def test_ids_start_at_one_and_stay():
    people = FindsByItself()
    for i in range(60):
        assert people.see(100.0 + 2.0 * i, 500.0 - i) == [1, 2]


def test_order_of_the_observations_does_not_matter():
    people = FindsByItself()
    assert people.see(100.0, 500.0) == [1, 2]
    assert people.see(500.0, 100.0) == [2, 1]
    assert people.see(101.0) == [1]
    assert people.see(499.0, 102.0) == [2, 1]


def test_somebody_new_gets_the_next_id():
    people = FindsByItself()
    assert people.see(100.0) == [1]
    assert people.see(500.0, 100.0) == [2, 1]
    assert people.see(100.0, 300.0, 500.0) == [1, 3, 2]


def test_a_jump_is_somebody_else():
    people = FindsByItself()
    assert people.see(100.0) == [1]
    assert people.see(100.0 + 1.5 * 200.0) == [2]


def test_who_is_too_far_away_is_nobody_known():
    tracker = Tracker()
    (track,) = tracker.update([(observation(100.0), None)], 0.0, FORGET_S)
    assert tracker.match([observation(100.0 + 0.4 * 200.0)], 0.0) == [track]
    assert tracker.match([observation(100.0 + 0.6 * 200.0)], 0.0) == [None]
    assert tracker.match([observation(100.0 + 0.6 * 200.0)], 0.1) == [track]
    assert tracker.match([observation(100.0 + 2.0 * 200.0)], 100.0) == [None]


def test_quick_steps_are_not_a_jump():
    people = FindsByItself()
    for i in range(20):  # 3 body heights a second: a sprint
        assert people.see(50.0 + 20.0 * i) == [1]


def test_lost_for_less_than_forget_s_keeps_the_id():
    people = FindsByItself()
    assert people.see(100.0) == [1]
    for _ in range(8):
        assert people.see() == []
    assert people.tracker.ids == {1}
    assert people.see(110.0) == [1]


def test_lost_for_longer_is_forgotten_and_the_id_is_not_used_again():
    people = FindsByItself()
    assert people.see(100.0) == [1]
    for _ in range(10):
        assert people.see() == []
    assert people.tracker.ids == set()
    assert people.see(100.0) == [2]


def test_reset_forgets_everybody_but_not_the_count():
    people = FindsByItself()
    assert people.see(100.0, 300.0) == [1, 2]
    people.tracker.reset()
    assert people.tracker.ids == set()
    assert people.see(100.0, 300.0) == [3, 4]


def test_frames_of_the_same_time_are_no_speed():
    people = FindsByItself()
    assert people.see(100.0) == [1]
    assert people.see(110.0, dt=0.0) == [1]
    assert people.see(112.0) == [1]


@pytest.mark.parametrize("gap", [0.0, 20.0])
def test_two_people_crossing_keep_their_ids(gap):
    """They pass each other in 2 s; where they overlap only their way tells them apart."""
    people = FindsByItself()
    for x in np.linspace(100.0, 500.0, 60):
        people.time_s += DT
        one, other = observation(x, 240.0), observation(600.0 - x, 240.0 + gap, 190.0)
        owners = people.tracker.match([other, one], people.time_s)
        people.tracker.update([(other, owners[0]), (one, owners[1])], people.time_s, FORGET_S)
        by_id = {t.id: t.observation for t in people.tracker._tracks}
        assert len(by_id) == 2
        assert by_id[2] is one
        assert by_id[1] is other


@given(st.integers(0, 2**32 - 1))
def test_no_id_is_ever_used_twice(seed):
    """Whoever comes, goes and jumps: an id that was forgotten is never seen again, and ids only rise."""
    rng, people = np.random.default_rng(seed), FindsByItself()
    gone, alive, highest = set(), set(), 0
    for _ in range(60):
        if rng.random() < 0.05:
            people.tracker.reset()
        ids = people.see(*rng.uniform(0.0, 640.0, rng.integers(0, 4)), dt=rng.choice([0.0, DT, 0.2, 1.0]))
        assert len(set(ids)) == len(ids)
        assert not set(ids) & gone
        assert all(i > highest for i in set(ids) - alive)
        gone |= alive - people.tracker.ids
        alive, highest = people.tracker.ids, max([highest, *ids])


def test_update_returns_who_is_seen_oldest_first():
    tracker = Tracker()
    tracker.update([(observation(100.0), None), (observation(400.0), None)], 0.0, FORGET_S)
    a, b = tracker.match([observation(100.0), observation(400.0)], DT)
    tracks = tracker.update([(observation(400.0), b), (observation(100.0), a)], DT, FORGET_S)
    assert [t.id for t in tracks] == [1, 2]
    assert [t.id for t in tracker.update([(observation(400.0), b)], 2 * DT, FORGET_S)] == [2]


# -- two that run onto one person


def test_twins_become_one_and_the_elder_stays():
    tracker = Tracker()
    first = tracker.update([(with_region(100.0), None), (with_region(400.0), None)], 0.0, FORGET_S)
    tracks = tracker.update([(with_region(251.0), first[1]), (with_region(250.0), first[0])], 0.2, FORGET_S)
    assert [t.id for t in tracks] == [1]


def test_somebody_new_on_top_of_somebody_known_is_a_twin():
    tracker = Tracker()
    (track,) = tracker.update([(with_region(100.0), None)], 0.0, FORGET_S)
    tracks = tracker.update([(with_region(101.0), None), (with_region(100.0), track)], DT, FORGET_S)
    assert [t.id for t in tracks] == [1]


def test_people_side_by_side_are_not_twins():
    tracker = Tracker()
    tracks = tracker.update([(with_region(100.0), None), (with_region(125.0), None)], 0.0, FORGET_S)
    assert [t.id for t in tracks] == [1, 2]


def test_an_estimator_that_tells_people_apart_is_believed():
    tracker = Tracker()
    tracks = tracker.update([(observation(100.0), None), (observation(100.0), None)], 0.0, FORGET_S)
    assert [t.id for t in tracks] == [1, 2]


# -- when to search the whole image


def run_schedule(config, frames, missed=(), config_at=None, limit=None):
    """Frames in which detection is due, for one person who is not found in ``missed``."""
    tracker, due = Tracker(), []
    for i in range(frames):
        now = (config_at or {}).get(i, config)
        config = now
        searched = tracker.detection_due(now, limit)
        due += [i] if searched else []
        candidates = tracker.candidates([region(300.0)] if searched else None, now, 1)
        seen = [(with_region(300.0), c.track) for c in candidates] if i not in missed else []
        tracker.update(seen, i * DT, FORGET_S)
    return due


@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_detection_runs_once_in_n_images_while_tracked(n):
    assert run_schedule(replace(CONFIG, detect_every_n=n), 61) == list(range(0, 61, n))


@pytest.mark.parametrize("n", [1, 5])
def test_detection_runs_less_often_while_nobody_new_can_be_taken(n):
    config = replace(CONFIG, detect_every_n=n)
    assert run_schedule(config, 61, limit=1) == list(range(0, 61, 6 * n))
    assert run_schedule(config, 61, limit=2) == list(range(0, 61, n))


def test_somebody_lost_is_searched_at_once_also_where_nobody_new_can_be_taken():
    assert run_schedule(replace(CONFIG, detect_every_n=2), 25, missed=(13, 14), limit=1) == [0, 12, 14, 15]


def test_default_searches_at_most_one_image_in_five_while_tracked():
    assert len(run_schedule(Settings(), 100)) <= 20


def test_detection_runs_in_every_image_until_somebody_is_found():
    assert run_schedule(CONFIG, 9, missed=range(5)) == [0, 1, 2, 3, 4, 5]


def test_detection_runs_at_once_when_somebody_is_lost():
    assert run_schedule(replace(CONFIG, detect_every_n=10), 25, missed=(13, 14)) == [0, 10, 14, 15]


def test_detection_runs_while_one_of_two_is_lost():
    tracker = Tracker()
    a, b = tracker.update([(with_region(100.0), None), (with_region(400.0), None)], 0.0, FORGET_S)
    tracker.candidates(None, CONFIG, 4)
    assert not tracker.detection_due(CONFIG, None)
    tracker.update([(with_region(400.0), b)], DT, FORGET_S)
    assert tracker.detection_due(CONFIG, None)
    tracker.candidates([], CONFIG, 4)
    tracker.update([(with_region(400.0), b)], 1.0, FORGET_S)  # by now forgotten
    assert tracker.ids == {b.id} != {a.id}
    assert not tracker.detection_due(CONFIG, None)


def test_without_track_bbox_every_image_is_searched():
    assert run_schedule(replace(CONFIG, track_bbox=False), 7) == list(range(7))


def test_a_new_schedule_holds_from_the_next_image():
    every_two = replace(CONFIG, detect_every_n=2)
    assert run_schedule(replace(CONFIG, detect_every_n=100), 26, config_at={20: every_two}) == [0, 20, 22, 24]


def test_after_reset_everybody_is_searched():
    tracker = Tracker()
    tracker.update([(with_region(100.0), None)], 0.0, FORGET_S)
    assert not tracker.detection_due(CONFIG, None)
    tracker.reset()
    assert tracker.detection_due(CONFIG, None)
    assert tracker.candidates(None, CONFIG, 4) == []


# -- where to look


def followed(*xs):
    tracker = Tracker()
    tracks = tracker.update([(with_region(x), None) for x in xs], 0.0, FORGET_S)
    return tracker, tracks


def test_looks_where_people_were():
    tracker, tracks = followed(100.0, 400.0)
    candidates = tracker.candidates(None, CONFIG, 4)
    assert [c.track for c in candidates] == tracks
    assert [c.region.center_px[0] for c in candidates] == [100.0, 400.0]


@pytest.mark.parametrize("margin", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("found", [None, [region(600.0, side=260.0)]])
def test_box_margin_scales_every_region(margin, found):
    """Estimators give regions with a margin of 0.25, which is also the default: it changes nothing."""
    tracker, _ = followed(100.0)
    candidates = tracker.candidates(found, replace(CONFIG, box_margin=margin), 4)
    assert len(candidates) == 1 + len(found or ())
    for candidate in candidates:
        assert candidate.region.side_px == pytest.approx(260.0 * (1.0 + margin) / 1.25)


def test_detections_of_known_people_make_no_new_ones():
    tracker, tracks = followed(100.0, 400.0)
    candidates = tracker.candidates([region(410.0), region(90.0)], CONFIG, 4)
    assert [c.track for c in candidates] == tracks
    # a region that follows the person is better than a new detection
    assert [c.region.center_px[0] for c in candidates] == [100.0, 400.0]


def test_detection_of_somebody_new():
    tracker, tracks = followed(100.0)
    candidates = tracker.candidates([region(105.0), region(500.0)], CONFIG, 4)
    assert [c.track for c in candidates] == [tracks[0], None]
    assert candidates[1].region.center_px[0] == 500.0


def test_one_detection_belongs_to_one_person():
    tracker, tracks = followed(100.0, 160.0)
    candidates = tracker.candidates([region(120.0), region(130.0)], CONFIG, 4)
    assert [c.track for c in candidates] == tracks


def test_at_most_limit_people_known_ones_first():
    tracker, tracks = followed(100.0, 400.0)
    assert [c.track for c in tracker.candidates([region(250.0, 700.0)], CONFIG, 2)] == tracks
    assert [c.track for c in tracker.candidates(None, CONFIG, 1)] == tracks[:1]


def test_somebody_lost_is_looked_for_only_where_detection_says():
    tracker, (track,) = followed(100.0)
    tracker.update([], DT, FORGET_S)
    assert tracker.candidates(None, CONFIG, 4) == []
    assert tracker.candidates([], CONFIG, 4) == []
    (candidate,) = tracker.candidates([region(130.0)], CONFIG, 4)
    assert candidate.track is track
    assert candidate.region.center_px[0] == 130.0


@pytest.mark.parametrize(("side", "used"), [(100.0, 100.0), (160.0, 260.0), (420.0, 260.0), (500.0, 500.0)])
def test_a_region_that_has_drifted_is_replaced(side, used):
    tracker, _ = followed(100.0)
    (candidate,) = tracker.candidates([region(100.0, side=side)], CONFIG, 4)
    assert candidate.region.side_px == pytest.approx(used)


def test_without_track_bbox_detections_are_taken_and_ids_stay():
    config = replace(CONFIG, track_bbox=False)
    tracker, (track,) = followed(100.0)
    (candidate,) = tracker.candidates([region(110.0)], config, 4)
    assert candidate.track is track
    assert candidate.region.center_px[0] == 110.0
    assert tracker.candidates([], config, 4) == []


# -- the operator


def body(body_id, z=2.0, x=320.0, height=200.0):
    positions = np.tile((0.0, 0.0, z), (len(BODY), 1))
    box = np.array([x - 0.25 * height, 240.0 - 0.5 * height, 0.5 * height, height])
    return plain_body(id=body_id, positions=positions, box_xywh=box)


PEOPLE = (
    body(3, z=4.0, x=330.0, height=150.0),
    body(5, z=2.0, x=100.0, height=100.0),
    body(8, z=3.0, x=500.0, height=300.0),
)


def operator(rule, bodies=PEOPLE, current=0, operator_id=0):
    return choose_operator(bodies, current, Settings(operator=rule, operator_id=operator_id), 640, 480)


@pytest.mark.parametrize(("rule", "expected"), [("center", 3), ("nearest", 5), ("largest", 8), ("id", 0)])
def test_rules(rule, expected):
    assert operator(rule) == expected
    assert operator(rule, PEOPLE[::-1]) == expected


@pytest.mark.parametrize("rule", ["nearest", "largest", "center"])
@pytest.mark.parametrize("current", [3, 5, 8])
def test_whoever_is_the_operator_stays_it(rule, current):
    assert operator(rule, current=current) == current


@pytest.mark.parametrize(("rule", "expected"), [("center", 3), ("nearest", 5), ("largest", 8)])
def test_the_rule_chooses_when_the_operator_is_gone(rule, expected):
    assert operator(rule, current=4) == expected


@pytest.mark.parametrize("rule", ["nearest", "largest", "center", "id"])
def test_nobody_is_operator_of_nobody(rule):
    assert operator(rule, (), current=3, operator_id=3) == 0


def test_rule_id_knows_only_that_one():
    assert operator("id", operator_id=8) == 8
    assert operator("id", operator_id=8, current=5) == 8
    assert operator("id", operator_id=4, current=5) == 0


def test_nearest_goes_by_the_joints_that_are_known():
    """At a desk the hips are out of the image: joints that are not known lie at zero."""
    far, near = body(1, z=3.0), body(2, z=1.0)
    for person in (far, near):
        person.states[:12] = JointState.INVALID
        person.positions[:12] = 0.0
    unknown = body(3, z=0.0)
    unknown.states[:] = JointState.INVALID
    assert operator("nearest", (unknown, far, near)) == 2
    assert operator("nearest", (unknown,)) == 3
