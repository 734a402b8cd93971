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

"""What of a hand is open and shut: what is too little, or no hand, is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.teleop.hands.grip_calibration import GripCalibration, GripRange

USUAL = GripRange(0.25, 0.9)


def seen(*measures):
    calibration = GripCalibration(USUAL)
    for measure in measures:
        calibration.observe(measure)
    return calibration


def lasting(*measures):
    return [m for measure in measures for m in (measure,) * 3]


def test_openings_lie_between_the_ends():
    assert [USUAL.opening(m) for m in (0.0, 0.25, 0.575, 0.9, 2.0)] == pytest.approx([0, 0, 0.5, 1, 1])


def test_a_hand_that_opens_and_shuts_gives_its_range():
    found = seen(*lasting(0.2, 0.7, 1.1, 0.6)).range()
    assert (found.shut, found.open) == pytest.approx((0.2 + 0.09, 1.1 - 0.09)), "a margin at both ends"
    assert (found.opening(0.2), found.opening(1.1)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("measures", "words"),
    [
        (lasting(0.5), "it moved by 0 % of the usual range, 50 % are needed"),
        (lasting(0.5, 0.7), "it moved by 31 % of the usual range, 50 % are needed"),
        (lasting(0.7, 1.4), "it was never shut"),
        (lasting(0.02, 0.4), "it was never open"),
        ([], "it moved by 0 % of the usual range"),
    ],
)
def test_what_is_no_range_is_refused_in_words(measures, words):
    calibration = seen(*measures)
    assert words in calibration.refusal()
    assert calibration.range() is None


def test_what_lasts_for_less_than_three_images_does_not_count():
    assert seen(*lasting(0.6), 0.2, 0.6, 0.6, 0.6, 1.2, 1.2, 0.6, 0.6).range() is None
    assert seen(0.2, 0.2, None, 0.2, 1.2, 1.2, None, 1.2).range() is None
    assert not seen(0.2, 0.2, None, 0.2).started
    assert seen(*lasting(0.2)).started


def test_what_no_hand_reaches_does_not_count():
    assert seen(*lasting(0.2, 9.0)).range() is None
    assert seen(*lasting(0.2, 9.0, 1.0)).range().open < 1.0


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 5.0)), max_size=60))
def test_a_range_is_wide_and_where_hands_are(measures):
    found = seen(*measures).range()
    if found is not None:
        assert found.open - found.shut >= 0.8 * 0.5 * (USUAL.open - USUAL.shut) - 1e-9
        assert found.shut < found.open and np.isfinite((found.shut, found.open)).all()
        assert found.shut >= 0.0 and found.open < 2.0
