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

"""Which measured openings are believed: nothing that is wrong for a moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.teleop.hands.believed_opening import SEEN_S, BelievedOpening

IMAGE_S = 1 / 30


class Images:
    """A camera that shows one hand."""

    def __init__(self):
        self.believed = BelievedOpening()
        self.time_s = 10.0

    def show(self, *openings, every_s=IMAGE_S):
        """What is believed after each image; None is an image in which the hand is not seen."""
        told = []
        for opening in openings:
            self.time_s += every_s
            if opening is None:
                self.believed.lose()
            else:
                self.believed.update(opening, self.time_s)
            told.append(self.believed.opening)
        return told


def seen(opening):
    """A hand that has been seen for a while."""
    images = Images()
    images.show(*(opening,) * 10)
    assert images.believed.opening == opening
    return images


def test_a_hand_has_to_be_seen_for_a_moment():
    told = Images().show(*(0.3,) * 10)
    waits = told.index(0.3)
    assert told == [None] * waits + [0.3] * (10 - waits)
    assert waits * IMAGE_S == pytest.approx(SEEN_S, abs=IMAGE_S)


def test_one_image_in_which_it_is_lost_begins_that_again():
    images = seen(0.3)
    told = images.show(None, *(1.0,) * 10)
    assert told.index(1.0) * IMAGE_S >= SEEN_S
    assert told[: told.index(1.0)] == [None] * told.index(1.0)


def test_a_hand_that_is_never_twice_the_same_is_not_believed():
    assert Images().show(*(0.0, 0.3) * 20) == [None] * 40


@pytest.mark.parametrize("every_s", [0.1, 0.01], ids=["10 fps", "100 fps"])
def test_at_any_rate_it_takes_three_images_and_the_time(every_s):
    told = Images().show(*(0.3,) * 30, every_s=every_s)
    waits = told.index(0.3)
    assert waits >= 2 and waits * every_s >= SEEN_S - 1e-9


@pytest.mark.parametrize("wrong", [0.0, 0.25, 0.75, 1.0])
def test_a_single_wrong_image_never_passes(wrong):
    assert seen(0.5).show(wrong, 0.5, 0.5, 0.5, wrong, 0.5, wrong, 0.5, 0.5) == [0.5] * 9


def test_two_images_that_are_wrong_open_nothing():
    assert seen(0.2).show(1.0, 1.0, 0.2, 1.0, 1.0, 0.2) == [0.2] * 6


def test_a_hand_that_shuts_quickly_is_followed_one_image_later():
    assert seen(1.0).show(0.6, 0.2, 0.0, 0.0) == [1.0, 0.6, 0.2, 0.0]


def test_a_hand_that_shuts_slowly_is_followed_at_once():
    assert seen(1.0).show(0.9, 0.75, 0.6) == [0.9, 0.75, 0.6]


def test_a_hand_that_opens_is_followed_two_images_later():
    assert seen(0.0).show(0.5, 1.0, 1.0, 1.0) == [0.0, 0.0, 0.5, 1.0]


def test_images_far_apart_or_out_of_order_do_not_follow_each_other():
    images = seen(0.5)
    assert images.show(0.5, every_s=0.5) == [None]
    images = seen(0.5)
    assert images.show(0.5, every_s=-3.0) == [None]
    assert images.show(*(0.5,) * 8)[-1] == 0.5


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 1.0)), max_size=80))
def test_opening_needs_three_images_shutting_by_a_jump_two(shown):
    images, before, last = Images(), None, []
    for opening in shown:
        (now,) = images.show(opening)
        last = [] if opening is None else [*last, opening]
        if now is not None:
            assert len(last) >= 3
            assert now <= max(last[-3:])
            if before is not None and now > before:
                assert min(last[-3:]) > before
            if before is not None and now < before - 0.2:
                assert max(last[-2:]) <= now
        before = now
