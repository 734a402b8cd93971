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

"""Peaks and part affinity fields to people: the original's, and drawn ones in any place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frankmocap_ros.estimators.openpose.grouping import group_people, limb_scores
from frankmocap_ros.estimators.openpose.parts import BODY_25, COCO
from frankmocap_ros.estimators.openpose.peaks import MOST_PEAKS, find_peaks, upsampled
from support import openpose_maps

KEYPOINTS, LIMBS, EXTRA_LIMBS = COCO.keypoints.points, COCO.limbs, COCO.extra_limbs
K = {name: row for row, name in enumerate(KEYPOINTS)}
SHAPE = (48, 80)  # rows and columns of the maps' cells
# A standing person: x, y in shares of the height
STANDING = np.array([
    (0.00, 0.06), (0.00, 0.18),
    (-0.12, 0.19), (-0.17, 0.34), (-0.19, 0.48), (0.12, 0.19), (0.17, 0.34), (0.19, 0.48),
    (-0.07, 0.50), (-0.08, 0.74), (-0.08, 0.98), (0.07, 0.50), (0.08, 0.74), (0.08, 0.98),
    (-0.03, 0.03), (0.03, 0.03), (-0.07, 0.05), (0.07, 0.05),
])  # fmt: skip
UPRIGHT = [K["neck"], K["nose"], K["right_hip"], K["left_hip"]]


def drawn(people, limbs=None, parts=COCO):
    return openpose_maps.drawn(people, SHAPE, limbs, parts)


def large(cells):
    """Where a point in cells lies in the maps 4 times as large."""
    return 4.0 * (np.asarray(cells) + 0.5) - 0.5


def matched(found, people):
    """Largest distance of a keypoint [px at x4], each person drawn matched with one of those found."""
    assert len(found) == len(people)
    distance = np.array(
        [
            [np.abs(large(p) - f.keypoints)[f.found & np.isfinite(p[:, 0])].max(initial=0.0) for f in found]
            for p in people
        ]
    )
    nearest = distance.argmin(axis=1)
    assert sorted(nearest) == list(range(len(people)))
    for person, row in zip(people, nearest, strict=True):
        np.testing.assert_array_equal(found[row].found, np.isfinite(person[:, 0]))
    return distance.min(axis=1).max()


def crowd(rng, number):
    """People in random places and postures, who may stand before each other.

    Keypoints of two people do not touch, and the same ones are farther apart than short limbs are long: where
    one's limb leads into another's in one line, fields do not tell whose is whose.
    """
    people = []
    for _ in range(200):
        height = rng.uniform(28.0, 42.0)
        low = np.array([0.2 * height, -1.0])
        place = rng.uniform(low, np.maximum(low, (SHAPE[1] - 0.2 * height, SHAPE[0] - 0.97 * height)))
        person = place + height * STANDING + rng.normal(0.0, 0.25, (18, 2))
        person = np.clip(person, 2.0, np.array(SHAPE[::-1]) - 3.0)
        steps = [np.abs(person[:, None] - other).max(axis=-1) for other in people]
        if all(step.min() > 2.0 and np.diagonal(step).min() > 8.0 for step in steps):
            people.append(person)
        if len(people) == number:
            break
    return people


def test_people_of_the_original(golden):
    found = group_people(golden["group_heatmaps"], golden["group_pafs"])
    assert len(found) == len(golden["group_keypoints_x4"])
    for person in found:
        row = np.abs(golden["group_keypoints_x4"] - person.keypoints).max(axis=(1, 2)).argmin()
        assert np.abs(golden["group_keypoints_x4"][row] - person.keypoints).max() <= 1.0
        assert person.score == pytest.approx(golden["group_scores"][row], rel=1e-4)
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


@pytest.mark.parametrize(
    "limb", LIMBS + EXTRA_LIMBS, ids=lambda limb: f"{KEYPOINTS[limb[0]]}-{KEYPOINTS[limb[1]]}"
)
def test_every_limb_has_the_field_of_the_original(golden, limb):
    start, end, channel = limb
    people = golden["group_keypoints_x4"].astype(np.int64)
    paf = upsampled(golden["group_pafs"][:, :, channel : channel + 2])
    scores = limb_scores(paf, people[:, start], people[:, end])
    assert (np.diagonal(scores) > 0.8).all()
    # and leads from the one to the other
    assert (limb_scores(-paf, people[:, start], people[:, end]) == 0.0).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), number=st.integers(1, 5))
def test_everybody_is_found_with_their_own_limbs(seed, number):
    people = crowd(np.random.default_rng(seed), number)
    found = group_people(*drawn(people))
    assert matched(found, people) <= 1.5
    # nearly all of what a whole person can have: no limb leads to somebody else
    assert min(person.score for person in found) > 0.8 * (len(KEYPOINTS) + len(LIMBS))


def test_people_who_reach_across_each_other_keep_their_arms():
    left = np.array([22.0, 4.0]) + 38.0 * STANDING
    right = np.array([44.0, 4.0]) + 38.0 * STANDING
    # both arms lead to the other's side, and cross halfway
    for person, toward, down in ((left, 1.0, 14.0), (right, -1.0, 3.0)):
        side = "left" if toward > 0.0 else "right"
        shoulder, reach = person[K[f"{side}_shoulder"]], np.array([16.0 * toward, down])
        person[K[f"{side}_elbow"]] = shoulder + 0.5 * reach
        person[K[f"{side}_wrist"]] = shoulder + reach
    # and the same keypoints of both cross as well
    right[[K["right_knee"], K["right_ankle"]]] += (-20.0, -3.0)
    left[[K["right_knee"], K["right_ankle"]]] += (18.0, 1.0)
    people = [left, right]
    for order in (people, people[::-1]):
        assert matched(group_people(*drawn(order)), people) <= 1.5


def test_a_mirrored_image_has_mirrored_people():
    people = crowd(np.random.default_rng(3), 4)
    heatmaps, pafs = drawn(people)
    pafs_mirrored = pafs[:, ::-1].copy()
    pafs_mirrored[:, :, ::2] *= -1.0
    mirrored = group_people(heatmaps[:, ::-1], pafs_mirrored)
    width = 4 * SHAPE[1]
    plain = group_people(heatmaps, pafs)
    assert len(mirrored) == len(plain) == 4
    for a, b in zip(plain, mirrored, strict=True):
        assert np.abs(a.keypoints * (-1.0, 1.0) + (width - 1.0, 0.0) - b.keypoints).max() <= 1.0
        assert a.score == pytest.approx(b.score, abs=0.05)


def test_the_order_of_people_does_not_matter():
    people = crowd(np.random.default_rng(5), 4)
    first, second = (group_people(*drawn(order)) for order in (people, people[::-1]))
    assert matched(first, people) <= 1.5
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.keypoints, b.keypoints)


def test_keypoints_that_nobody_sees_are_zero():
    person = np.array([30.0, 4.0]) + 38.0 * STANDING
    hidden = [K["left_wrist"], K["right_ankle"], K["right_knee"]]
    person[hidden] = np.nan
    (found,) = group_people(*drawn([person]))
    assert matched([found], [person]) <= 1.5
    assert (found.keypoints[hidden] == 0.0).all()
    assert (found.confidence[hidden] == 0.0).all()


def test_ears_without_a_face_hang_on_the_shoulders():
    person = np.array([30.0, 4.0]) + 38.0 * STANDING
    person[[K["nose"], K["left_eye"], K["right_eye"]]] = np.nan
    assert matched(group_people(*drawn([person])), [person]) <= 1.5


def test_a_head_apart_from_its_body_is_joined_over_ears_and_shoulders():
    person = np.array([30.0, 4.0]) + 38.0 * STANDING
    without_neck_to_nose = [limb for limb in LIMBS if limb[1] != K["nose"]]
    apart = group_people(*drawn([person], limbs=without_neck_to_nose))
    assert len(apart) == 2
    found = group_people(*drawn([person], limbs=without_neck_to_nose + list(EXTRA_LIMBS)))
    assert matched(found, [person]) <= 1.5
    # score of both parts
    assert found[0].score == pytest.approx(sum(part.score for part in apart))


def test_a_limb_needs_its_field_and_its_direction():
    person = np.array([30.0, 4.0]) + 38.0 * STANDING
    heatmaps, pafs = drawn([person])
    assert group_people(heatmaps, 0.0 * pafs) == []
    assert group_people(heatmaps, -pafs) == []
    assert len(group_people(heatmaps, pafs)) == 1


def test_two_keypoints_are_nobody_and_three_are_somebody():
    person = np.full((18, 2), np.nan)
    person[UPRIGHT[:2]] = np.array([30.0, 4.0]) + 38.0 * STANDING[UPRIGHT[:2]]
    assert group_people(*drawn([person])) == []
    person[UPRIGHT[2]] = np.array([30.0, 4.0]) + 38.0 * STANDING[UPRIGHT[2]]
    assert matched(group_people(*drawn([person])), [person]) <= 1.5


def test_the_surest_comes_first():
    people = [np.array([x, 4.0]) + 38.0 * STANDING for x in (15.0, 40.0, 65.0)]
    people[0][[K["left_wrist"], K["left_ankle"]]] = np.nan
    people[1][K["left_ankle"]] = np.nan
    found = group_people(*drawn(people))
    assert [int(p.found.sum()) for p in found] == [18, 17, 16]


# BODY_25 has the middle of the hips, and feet: big toe, small toe and heel
FEET = np.array([(0.11, 1.02), (0.14, 1.01), (0.06, 1.01)])
STANDING_25 = np.concatenate(
    [STANDING[:8], [(0.0, 0.50)], STANDING[8:], FEET, FEET * (-1.0, 1.0)]
)  # fmt: skip


@pytest.mark.parametrize("parts", [COCO, BODY_25], ids=lambda parts: parts.name)
def test_the_maps_of_a_model_are_all_used_once(parts):
    used = [channel for *_, x in parts.limbs + parts.extra_limbs for channel in (x, x + 1)]
    assert sorted(used) == list(range(parts.fields))
    # people grow from the neck: each keypoint is reached once, from one that was reached before
    reached = [parts.keypoints.index["neck"]]
    for start, end, _ in parts.limbs:
        assert start in reached
        reached.append(end)
    assert sorted(reached) == list(range(len(parts.keypoints)))
    # and limbs of the left side do not lead to the right
    for start, end, _ in parts.limbs + parts.extra_limbs:
        sides = {parts.keypoints.points[k].partition("_")[0] for k in (start, end)}
        assert not {"left", "right"} <= sides


def test_people_with_feet_are_put_together_from_body_25_s_maps():
    people = [np.array([x, 3.0]) + 40.0 * STANDING_25 for x in (20.0, 55.0)]
    people[1][BODY_25.keypoints.index["left_heel"]] = np.nan
    heatmaps, pafs = drawn(people, parts=BODY_25)
    found = group_people(heatmaps, pafs, BODY_25)
    assert matched(found, people) <= 1.5
    assert found[0].score > 0.8 * BODY_25.whole_score


def one_map(points, heights, shape=(20, 30), sigma=1.0):
    """One map with drops at points (N, 2) in cells."""
    y, x = np.indices(shape)
    drops = [
        h * np.exp(-((x - p[0]) ** 2 + (y - p[1]) ** 2) / (2 * sigma**2))
        for p, h in zip(points, heights, strict=True)
    ]
    return np.max(drops, axis=0).astype(np.float32)[:, :, None]


@pytest.mark.parametrize(
    "place", [(12.0, 9.0), (12.5, 9.5), (12.3, 9.1), (0.0, 0.0), (29.0, 19.0), (29.0, 7.4)]
)
def test_a_drop_is_one_peak_wherever_it_is(place):
    # in a cell's middle, two pixels of the large map are equally high: neither is lost, nor is it two
    (peaks,) = find_peaks(one_map([place], [0.8]))
    assert len(peaks.xy) == 1
    assert np.abs(peaks.xy[0] - large(place)).max() <= 1.5


def test_a_level_stretch_is_at_most_one_peak():
    assert len(find_peaks(np.ones((20, 30, 1), np.float32))[0].xy) <= 1
    ridge = np.zeros((20, 30, 1), np.float32)
    ridge[10, 5:25] = 1.0
    assert len(find_peaks(ridge)[0].xy) <= 20 * 4 // 6


def test_a_peak_is_higher_than_a_tenth():
    assert len(find_peaks(one_map([(12.4, 9.4)], [0.09]))[0].xy) == 0
    assert len(find_peaks(one_map([(12.4, 9.4)], [0.12]))[0].xy) == 1


def test_peaks_come_highest_first_and_apart():
    points = [(4.0, 4.0), (20.0, 5.0), (10.0, 15.0)]
    (peaks,) = find_peaks(one_map(points, [0.4, 0.9, 0.6]))
    assert np.abs(peaks.xy - large(points)[[1, 2, 0]]).max() <= 1.0
    # nearer than 6 px they are one: the higher
    beside = np.zeros((20, 30, 1), np.float32)
    beside[10, 10], beside[11, 11], beside[10, 14] = 0.6, 0.9, 0.7
    (peaks,) = find_peaks(beside)
    assert np.abs(peaks.xy - large([(11.0, 11.0), (14.0, 10.0)])).max() <= 1.5
    (peaks,) = find_peaks(np.random.default_rng(6).random((20, 30, 1), np.float32))
    step = np.hypot(*(peaks.xy[:, None] - peaks.xy).transpose(2, 0, 1))
    assert step[~np.eye(len(step), dtype=bool)].min() >= 6.0


def test_limbs_score_the_mean_of_the_field_along_the_line():
    paf = np.zeros((20, 40, 2), np.float32)
    paf[:, :, 0] = 0.6
    starts, ends = np.array([[2, 5], [2, 15]]), np.array([[38, 5], [2, 5], [20, 18]])
    expected = 0.6 * np.array(
        [[1.0, 0.0, 18 / np.hypot(18, 13)], [36 / np.hypot(36, 10), 0.0, 18 / np.hypot(18, 3)]]
    )
    np.testing.assert_allclose(limb_scores(paf, starts, ends), expected, rtol=1e-6)
    # one sample of ten may fail, two may not
    paf[:, 6:9] = 0.0
    assert limb_scores(paf, starts[:1], ends[:1])[0, 0] == pytest.approx(0.6)
    paf[:, 6:13] = 0.0
    assert limb_scores(paf, starts[:1], ends[:1])[0, 0] == 0.0


@pytest.mark.parametrize("shape", [(32, 57), (64, 96)])
@pytest.mark.parametrize("kind", ["normal", "positive field", "huge", "not numbers"])
def test_noise_stays_bounded(shape, kind):
    rng = np.random.default_rng(11)
    heatmaps = rng.normal(0.0, 1.0, (*shape, 19)).astype(np.float32)
    pafs = rng.normal(0.0, 1.0, (*shape, 38)).astype(np.float32)
    if kind == "positive field":
        pafs = np.abs(pafs)
    if kind == "huge":
        heatmaps, pafs = 1e30 * heatmaps, 1e30 * pafs
    if kind == "not numbers":
        heatmaps[rng.random(heatmaps.shape) < 0.01] = np.nan
        pafs[rng.random(pafs.shape) < 0.01] = np.inf
    peaks = find_peaks(heatmaps[:, :, :18])
    assert all(0 < len(p.xy) <= MOST_PEAKS for p in peaks)
    found = group_people(heatmaps, pafs)
    assert len(found) <= MOST_PEAKS * len(LIMBS)
    # no keypoint belongs to two people
    for part in range(18):
        places = [tuple(p.keypoints[part]) for p in found if p.found[part]]
        assert len(set(places)) == len(places)
    for person in found:
        assert person.found.sum() >= 3
        assert np.isfinite(person.keypoints).all()
        assert (person.keypoints >= 0.0).all()
        assert (person.keypoints <= (4 * shape[1] - 1, 4 * shape[0] - 1)).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 128), (32, 1), (2, 3)])
def test_maps_of_a_few_cells(shape):
    rng = np.random.default_rng(2)
    for value in (0.0, 1.0, None):
        heatmaps = (
            rng.random((*shape, 19), np.float32) if value is None else np.full((*shape, 19), value, "f4")
        )
        pafs = rng.normal(0.0, 1.0, (*shape, 38)).astype(np.float32)
        for person in group_people(heatmaps, pafs):
            assert (person.keypoints <= (4 * shape[1] - 1, 4 * shape[0] - 1)).all()


def test_upsampling_a_part_changes_no_value():
    maps = np.random.default_rng(1).normal(0.0, 1.0, (20, 30, 2)).astype(np.float32)
    np.testing.assert_allclose(
        upsampled(maps[3:15, 5:20])[8:-8, 8:-8], upsampled(maps)[20:52, 28:72], rtol=0.0, atol=1e-5
    )
