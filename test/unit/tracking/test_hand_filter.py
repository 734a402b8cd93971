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

"""Hands from image to image: states, what is held, what a hand cannot do, and whose it is."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.hand_shape import palm_normal
from frankmocap_ros.body.pose import (
    HandShape,
    JointState,
    KeypointPose,
    Observation,
    PixelPose,
    ScaleSource,
)
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_rotate
from frankmocap_ros.one_euro import OneEuro
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.keypoints import keypoints_of
from frankmocap_ros.tracking.hand_filter import HandRules, HandsFilter
from frankmocap_ros.tracking.hand_outliers import HandOutliers
from frankmocap_ros.tracking.person_filter import PersonFilter
from support.bodies import plain_body
from support.drawn_hands import hand

J = BODY_WITH_HANDS.index
RULES = HandRules(0.0, 0.3, 0.3, None)
CAMERA = Camera.from_fov(640, 480, 60.0)


def body(turn=(0.0, 0.0, 0.0), left=JointState.TRACKED, right=JointState.TRACKED, wrist=(0.0, 0.0, 2.0)):
    """A body of which only the wrists matter, both at one place."""
    n = len(BODY_WITH_HANDS)
    states = np.full(n, JointState.TRACKED, np.uint8)
    states[[J["left_wrist"], J["right_wrist"]]] = left, right
    turned = np.tile(quat_from_rotvec(np.array(turn)), (n, 1))
    return plain_body(
        BODY_WITH_HANDS, positions=np.tile(wrist, (n, 1)), orientations_xyzw=turned, states=states,
        has_hands=True,
    )  # fmt: skip


def seen(side="right", confidence=0.9, **how):
    return HandShape(hand(side, **how), confidence)


def right_of(hands, shape, time_s, on=None, rules=RULES):
    return hands.update((None, shape), on or body(), replace(rules, time_s=time_s))[1]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("turn_y", "state", "angle"),
    [
        (0.0, JointState.TRACKED, 0.0),
        (0.4, JointState.TRACKED, 0.4),
        (0.5 * np.pi, JointState.PREDICTED, 0.5 * np.pi),
        (0.5 * np.pi - 0.1, JointState.PREDICTED, 0.5 * np.pi - 0.1),
        (np.pi, JointState.TRACKED, np.pi),
    ],
    ids=["front", "oblique", "edge", "nearly the edge", "back"],
)
def test_a_hand_seen_from_front_edge_and_back(side, turn_y, state, angle):
    shapes = tuple(seen(s, turn=(0.0, turn_y, 0.0)) if s == side else None for s in ("left", "right"))
    found = next(h for h in HandsFilter().update(shapes, body(), RULES) if h.side == side)
    assert found.state == state
    assert found.palm_angle_rad == pytest.approx(angle, abs=1e-6)
    shape = hand(side, turn=(0.0, turn_y, 0.0))
    np.testing.assert_allclose(found.points - (0.0, 0.0, 2.0), shape, atol=1e-9)
    np.testing.assert_allclose(found.palm_normal, palm_normal(shape, side), atol=1e-9)
    assert (found.confidence < 0.9) == (state == JointState.PREDICTED)


def test_the_angle_is_to_the_direction_of_the_camera_not_to_its_axis():
    found = right_of(HandsFilter(), seen(), 0.0, body(wrist=(1.0, 0.0, 1.0)))
    assert found.palm_angle_rad == pytest.approx(0.25 * np.pi)


@pytest.mark.parametrize(
    ("confidence", "state"),
    [
        (0.9, JointState.TRACKED),
        (0.2, JointState.PREDICTED),
        (0.1, JointState.INVALID),
        (0.0, JointState.INVALID),
    ],
)
def test_confidence_decides_what_a_hand_is(confidence, state):
    found = right_of(HandsFilter(), seen(confidence=confidence), 0.0)
    assert found.state == state
    assert found.points.any() == (state != JointState.INVALID)


def test_a_hand_that_is_lost_is_held_ever_less_surely_and_then_invalid():
    hands = HandsFilter()
    first = right_of(hands, seen(bend=0.4), 0.0)
    at = [right_of(hands, None, t) for t in (0.1, 0.2, 0.29, 0.31)]
    assert [h.state for h in at] == [JointState.HELD] * 3 + [JointState.INVALID]
    np.testing.assert_allclose([h.confidence for h in at], [0.6, 0.3, 0.03, 0.0], atol=1e-9)
    for held in at[:3]:
        np.testing.assert_allclose(held.points, first.points)
    assert not at[3].points.any()
    assert not at[3].palm_normal.any()


def test_a_held_hand_goes_and_turns_with_its_wrist():
    hands = HandsFilter()
    before = right_of(hands, seen(bend=0.4), 0.0).points - (0.0, 0.0, 2.0)
    turn, wrist = (0.0, 0.0, 0.7), (0.3, -0.2, 1.5)
    held = right_of(hands, None, 0.1, body(turn, wrist=wrist))
    np.testing.assert_allclose(held.points, quat_rotate(quat_from_rotvec(np.array(turn)), before) + wrist)


def test_without_a_wrist_there_is_no_hand_and_afterwards_the_old_one_only_while_it_is_fresh():
    hands = HandsFilter()
    right_of(hands, seen(), 0.0)
    assert right_of(hands, seen(), 0.1, body(right=JointState.INVALID)).state == JointState.INVALID
    assert right_of(hands, None, 0.2).state == JointState.HELD
    assert right_of(hands, None, 0.4).state == JointState.INVALID


def test_nothing_is_held_without_a_time_to_hold():
    hands, rules = HandsFilter(), replace(RULES, hold_s=0.0)
    right_of(hands, seen(), 0.0, rules=rules)
    assert right_of(hands, None, 0.01, rules=rules).state == JointState.INVALID


def test_the_shape_is_smoothed_and_not_where_its_wrist_is():
    hands, rules, rng = HandsFilter(), replace(RULES, params=OneEuro(2.5, 6.0, 1.0)), np.random.default_rng(1)
    noise, out = [], []
    for k in range(60):
        wrist = np.array([0.01 * k, 0.0, 2.0])
        shape = HandShape(hand() + rng.normal(0.0, 0.003, (21, 3)), 0.9)
        found = right_of(hands, shape, k / 30.0, body(wrist=wrist), rules)
        noise.append(shape.points[8])
        out.append(found.points[8] - wrist)
    assert np.std(out[20:], axis=0).max() < 0.6 * np.std(noise[20:], axis=0).max()
    assert np.linalg.norm(np.mean(out[20:], axis=0) - hand()[8]) < 0.002


# -- shapes that a hand cannot have come to


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"turn": (0.0, np.pi, 0.0)},  # front and back exchanged
        {"bend": 1.3},  # shut within one image
        {"bend": -0.8},  # bent to the back of the hand
    ],
)
def test_an_impossible_shape_of_one_image_is_not_followed(side, wrong):
    hands = HandsFilter()

    def found(shape, time_s):
        shapes = (shape, None) if side == "left" else (None, shape)
        return hands.update(shapes, body(), replace(RULES, time_s=time_s))[side == "right"]

    before = found(seen(side), 0.0)
    odd = found(seen(side, **wrong), 1 / 30.0)
    after = found(seen(side), 2 / 30.0)
    assert (before.state, odd.state, after.state) == (
        JointState.TRACKED, JointState.HELD, JointState.TRACKED,
    )  # fmt: skip
    np.testing.assert_allclose(odd.points, before.points)


def test_a_palm_whose_bones_change_at_once_is_not_followed():
    outliers = HandOutliers("right")
    assert outliers.accepts(hand(), 0.0)
    wide = hand() * (1.8, 1.0, 1.0)
    assert not outliers.accepts(wide, 1 / 30.0)
    assert outliers.accepts(1.05 * hand(), 2 / 30.0)


def test_what_goes_on_is_believed_unless_no_hand_can_be_like_it():
    turned, backwards = hand(turn=(0.0, np.pi, 0.0)), hand(bend=-0.8)
    for shape, believed in ((turned, True), (backwards, False)):
        outliers = HandOutliers("right")
        assert outliers.accepts(hand(), 0.0)
        answers = [outliers.accepts(shape, k / 30.0) for k in range(1, 12)]
        assert not any(answers[:3])
        assert all(answers[5:]) is believed
        assert any(answers) is believed


def test_a_hand_that_shuts_and_turns_as_fast_as_people_do_is_followed():
    outliers = HandOutliers("right")
    for k in range(31):  # shut within 0.2 s, while the forearm turns by 90 degrees
        share = min(k / 6.0, 1.0)
        assert outliers.accepts(hand(bend=1.2 * share, turn=(0.0, 0.5 * np.pi * share, 0.0)), k / 30.0), k


# -- the body's side


def observation(hands, exchanged=False):
    figure = scene("wave", 1.0)[0]
    points = np.concatenate([keypoints_of(figure), np.zeros((36, 3))])
    if exchanged:
        names = list(KEYPOINTS)
        rows = [
            names.index(n.replace("left", "r!").replace("right", "left").replace("r!", "right"))
            for n in names
        ]
        points[:21] = points[rows]
    sure = np.r_[np.full(21, 0.9), np.zeros(36)]
    assert len(sure) == len(KEYPOINTS_WITH_HANDS)
    box = np.array([200.0, 100.0, 200.0, 300.0])
    return Observation(KeypointPose(points, sure), box, 0.9, ScaleSource.ASSUMED_HEIGHT, hands=hands)


def test_hands_stay_on_their_sides_where_the_body_network_exchanges_them():
    person, config = PersonFilter(1, "test"), Settings(hands=True)
    left, right = seen("left", bend=0.9), seen("right")
    for k in range(20):
        exchanged = 10 <= k < 13
        given = (right, left) if exchanged else (left, right)
        found = person.update(observation(given, exchanged), CAMERA, k / 30.0, config)
        for side, truth, one in zip(("left", "right"), (left, right), found.hands, strict=True):
            assert (one.side, one.state) == (side, JointState.TRACKED), k
            wrist = found.positions[J[f"{side}_wrist"]]
            np.testing.assert_allclose(one.points - wrist, truth.points, atol=1e-6)


def test_hands_grow_with_their_body():
    person, config = PersonFilter(1, "test"), Settings(hands=True, assumed_height_m=1.2)
    for k in range(5):
        found = person.update(observation((seen("left"), seen())), CAMERA, k / 30.0, config)
    size = np.linalg.norm(found.hands[1].points[9] - found.hands[1].points[0]) / np.linalg.norm(hand()[9])
    bone = found.positions[J["left_elbow"]] - found.positions[J["left_wrist"]]
    figure = scene("wave", 1.0)[0].positions
    whole = figure[J["left_elbow"]] - figure[J["left_wrist"]]
    assert size == pytest.approx(np.linalg.norm(bone) / np.linalg.norm(whole), rel=0.03)
    assert size < 0.8


def test_a_body_without_hands_has_none():
    pose = KeypointPose(keypoints_of(scene("wave", 1.0)[0]), np.full(21, 0.9))
    box = np.array([200.0, 100.0, 200.0, 300.0])
    plain = Observation(pose, box, 0.9, ScaleSource.ASSUMED_HEIGHT)
    found = PersonFilter(1, "test").update(plain, CAMERA, 0.0, Settings())
    assert (found.skeleton, found.hands) == (BODY, ())


def test_a_body_of_which_only_pixels_are_known_has_two_invalid_hands():
    pose = PixelPose(np.full((57, 2), 100.0), np.zeros(57))
    flat = Observation(pose, np.zeros(4), 0.9, ScaleSource.NONE)
    found = PersonFilter(1, "test").update(flat, CAMERA, 0.0, Settings(hands=True))
    assert [(h.side, h.state) for h in found.hands] == [
        ("left", JointState.INVALID), ("right", JointState.INVALID),
    ]  # fmt: skip
