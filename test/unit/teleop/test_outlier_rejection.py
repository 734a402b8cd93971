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

"""What is believed of a measurement."""

import numpy as np
import pytest

from frankmocap_ros.geometry.rotation import quat_from_rotvec
from frankmocap_ros.teleop.outlier_rejection import FORGET_S, OutlierRejection


def believed(rejection, x, time_s, valid=True, turn=0.0):
    inliers = rejection.inliers(
        np.array([[x, 0.0, 0.0]]),
        quat_from_rotvec(np.array([[0.0, 0.0, turn]])),
        time_s,
        np.array([valid]),
    )
    return bool(inliers[0])


@pytest.fixture
def rejection():
    """Nobody moves faster than 5 m/s or turns faster than 50 rad/s; something was seen at 0."""
    rejection = OutlierRejection(np.array([5.0]), np.array([50.0]))
    assert believed(rejection, 0.0, 0.0), "the first one is believed"
    return rejection


def test_nobody_moves_that_fast(rejection):
    assert believed(rejection, 0.19, 0.04)
    assert not believed(rejection, 0.40, 0.08)


def test_what_is_rejected_changes_nothing(rejection):
    assert not believed(rejection, 0.9, 0.04)
    assert believed(rejection, 0.05, 0.08), "compared with the last that was believed"


def test_a_leap_is_not_believed_for_lasting(rejection):
    assert not any(believed(rejection, 0.7, 0.04 * k) for k in range(1, 12))
    assert believed(rejection, 0.7, 0.04 * 13 + FORGET_S), "but somebody may start there"


def test_turning_is_judged_as_well(rejection):
    assert believed(rejection, 0.0, 0.04, turn=1.5)
    assert not believed(rejection, 0.0, 0.06, turn=-1.5)


def test_what_is_not_measured_is_not_believed_and_after_a_reset_anything_is(rejection):
    assert not believed(rejection, 0.0, 0.04, valid=False)
    rejection.reset()
    assert believed(rejection, 9.0, 0.08)
