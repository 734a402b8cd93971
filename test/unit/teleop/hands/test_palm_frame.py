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

"""The points of a hand in the frame of its palm."""

import numpy as np
import pytest

from frankmocap_ros.bench.hand_motions import hand_motion, hand_shape
from frankmocap_ros.body.pose import Hand, JointState
from frankmocap_ros.body.skeleton import HAND_FINGERS
from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import quat_rotate
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.hands.palm_frame import palm_points
from frankmocap_ros.teleop.hands.robot_sides import robot_hands


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hand_is_the_same_wherever_it_is_and_however_it_is_turned(side):
    random = np.random.default_rng(1)
    for k in range(50):
        shape = hand_motion(0.2 * k, side)
        turn = random.normal(size=4)
        moved = quat_rotate(turn / np.linalg.norm(turn), shape) + random.normal(size=3)
        np.testing.assert_allclose(palm_points(moved, side), palm_points(shape, side), atol=1e-12)


def test_z_is_along_the_palm_x_out_of_it_and_y_at_the_thumb_of_a_right_hand():
    for side, sign in (("right", 1.0), ("left", -1.0)):
        points = palm_points(hand_shape(0.5, side=side), side)
        assert points[0] == pytest.approx([0.0, 0.0, 0.0])
        assert points[9] == pytest.approx([0.0, 0.0, 0.092]), "the middle finger's base"
        assert (points[[8, 12, 16, 20], 0] > 0.02).all(), "fingers bend towards the palm's side"
        assert sign * points[4, 1] > sign * points[20, 1]


def test_bones_keep_their_lengths_in_all_motions():
    def lengths(points):
        return np.concatenate(
            [np.linalg.norm(np.diff(points[4 * i + 1 : 4 * i + 5], axis=0), axis=1) for i in range(5)]
        )

    still = lengths(hand_shape())
    for k in range(100):
        assert lengths(hand_motion(0.1 * k)) == pytest.approx(still, abs=1e-6)
    for finger in HAND_FINGERS[1:]:
        pinching = hand_shape(0.15, finger)
        tip = pinching[4 * HAND_FINGERS.index(finger) + 4]
        assert np.linalg.norm(pinching[4] - tip) < 1e-3, finger


@pytest.mark.parametrize(
    "points, words",
    [
        (np.zeros((21, 3)), r"right hand: its palm is 0 m long; a hand's has 0.02 to 0.3 m"),
        (0.1 * hand_shape(), r"right hand: its palm is 0.009\d* m long"),
        (10.0 * hand_shape(), r"right hand: its palm is 0.9\d* m long"),
        (hand_shape() * (1.0, 0.0, 1.0), "right hand: its palm is 0.000 m wide, which shows no plane"),
    ],
)
def test_what_is_no_palm_is_said(points, words):
    with pytest.raises(RetargetError, match=words):
        palm_points(points, "right")


def test_a_point_that_is_not_finite_is_said_and_never_solved_for():
    """A tip that is not would make the size of the hand, and so all later postures, not finite."""
    points = hand_shape()
    points[8, 1] = np.nan
    with pytest.raises(RetargetError, match="right hand: some of its points are not finite"):
        palm_points(points, "right")


def test_the_robots_left_hand_is_the_mirror_image_of_a_right_one():
    hand = Hand("right", JointState.TRACKED, 0.9, hand_shape(0.3) + 0.5, np.array([1.0, 0.0, 0.0]))
    assert robot_hands([hand], GateSettings()) == (hand,)
    (mirrored,) = robot_hands([hand], GateSettings(mirror=True))
    assert (mirrored.side, mirrored.state) == ("left", JointState.TRACKED)
    np.testing.assert_allclose(
        palm_points(mirrored.points, "left"), palm_points(hand_shape(0.3, side="left"), "left"), atol=1e-12
    )


def test_hands_that_are_uncertain_or_of_no_side_are_not_followed():
    hand = Hand("left", JointState.TRACKED, 0.1, hand_shape(side="left"))
    (uncertain,) = robot_hands([hand], GateSettings(min_confidence=0.5))
    assert uncertain.state == JointState.INVALID
    assert robot_hands([Hand("middle", JointState.TRACKED, 1.0)], GateSettings()) == ()
