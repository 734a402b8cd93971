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

"""How far a hand is open, from its points: nothing but the fingers matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_rotate
from frankmocap_ros.teleop.hands.grip_calibration import DEFAULT_RANGES
from frankmocap_ros.teleop.hands.opening import MEASURES, palm_size
from support.hands import hand_points

OPENINGS = np.linspace(0.0, 1.0, 11)
BOTH = pytest.mark.parametrize("name", ["pinch", "hand"])


@BOTH
def test_a_hand_that_opens_measures_more(name):
    measured = [float(MEASURES[name](hand_points(opening))) for opening in OPENINGS]
    assert (np.diff(measured) > 0.0).all()
    usual = DEFAULT_RANGES[name]
    assert measured[0] < usual.shut < usual.open < measured[-1], "the usual range is within reach"


@BOTH
@given(
    opening=st.floats(0.0, 1.0),
    palm_m=st.floats(0.03, 0.3),
    way=st.tuples(*[st.floats(-3.0, 3.0)] * 3),
    turn=st.tuples(*[st.floats(-3.0, 3.0)] * 3),
)
def test_neither_size_nor_place_nor_direction_matters(name, opening, palm_m, way, turn):
    here = MEASURES[name](hand_points(opening))
    there = quat_rotate(quat_from_rotvec(np.array(turn)), hand_points(opening, palm_m)) + np.array(way)
    assert float(MEASURES[name](there)) == pytest.approx(float(here), abs=1e-6)


@BOTH
def test_the_other_hand_measures_the_same(name):
    points = hand_points(0.6)
    assert MEASURES[name](points * (-1.0, 1.0, 1.0)) == MEASURES[name](points)


@BOTH
def test_many_hands_at_once(name):
    many = np.array([[hand_points(opening) for opening in OPENINGS]] * 2)
    measured = MEASURES[name](many)
    assert measured.shape == (2, len(OPENINGS))
    assert measured[1, 3] == MEASURES[name](hand_points(OPENINGS[3]))


@pytest.mark.parametrize("axis", [0, 1], ids=["about its width", "about its length"])
def test_a_palm_whose_depth_is_lost_keeps_its_size(axis):
    """It is turned by 70 degrees about either of its axes, and the network flattens what points at it."""
    turn = np.zeros(3)
    turn[axis] = np.radians(70.0)
    flat = quat_rotate(quat_from_rotvec(turn), hand_points(1.0)) * (1.0, 1.0, 0.3)
    assert float(palm_size(flat)) == pytest.approx(float(palm_size(hand_points(1.0))), rel=0.05)


@BOTH
@pytest.mark.parametrize("points", [np.zeros((21, 3)), np.full((21, 3), np.nan), np.full((21, 3), np.inf)])
def test_what_is_no_hand_has_no_opening(name, points):
    assert np.isnan(MEASURES[name](points))
