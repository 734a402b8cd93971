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

"""Clocks and frames: by stamps, as given, or found from the motion, and always told which."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.accuracy import accuracy_record
from frankmocap_ros.evaluation.accuracy_table import accuracy_table
from frankmocap_ros.evaluation.alignment import AlignmentOptions, kabsch, paired
from frankmocap_ros.evaluation.resampling import interpolated, resampled
from frankmocap_ros.evaluation.truth_files import Truth
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix
from support.recordings import figure, moved, standing, times

TIMES = times()
TRUTH = figure(times(12.0, 100.0, -2.0))
PLACE = np.eye(4)
PLACE[:3, :3] = quat_to_matrix(quat_from_rotvec(np.array([0.5, -1.0, 2.0])))
PLACE[:3, 3] = (1.0, -2.0, 0.5)


def elsewhere(recording):
    """As seen in another frame, from which ``PLACE`` brings it back."""
    return replace(recording, positions=(recording.positions - PLACE[:3, 3]) @ PLACE[:3, :3])


def later(recording, seconds):
    return replace(recording, times_s=recording.times_s + seconds)


@pytest.mark.parametrize("clock_s", [1000.0, -250.0, 1.7e9])
def test_clocks_that_differ(clock_s):
    """The figure's motion repeats after 8 s, and the truth holds 12: several offsets fit nearly alike."""
    truth = figure(times(9.0, 100.0, -0.5))
    pair = paired(Truth(later(truth, -clock_s), True), figure(TIMES))
    assert pair.time == "estimated"
    assert pair.offset_s == pytest.approx(clock_s, abs=0.003)
    record = accuracy_record(pair)
    assert record["root_aligned_mm"]["all"] < 3.0
    assert record["lag"]["lag_ms"] is None  # which nobody can know then
    assert "leaves no lag to be seen" in accuracy_table(record)
    assert f"{pair.offset_s:+.3f} s were added to the truth's times" in accuracy_table(record)


def test_stamps_are_taken_where_they_overlap():
    pair = paired(Truth(TRUTH, True), figure(TIMES, late_s=0.04))
    assert (pair.time, pair.offset_s) == ("stamps", 0.0)


def test_a_given_offset():
    pair = paired(Truth(later(TRUTH, -5.0), True), figure(TIMES), AlignmentOptions(offset_s=5.0))
    assert (pair.time, pair.offset_s) == ("given", 5.0)
    assert accuracy_record(pair)["root_aligned_mm"]["all"] == 0.0


def test_a_small_offset_is_estimated_only_when_asked():
    truth = figure(times(9.0, 100.0, -0.5))
    result = figure(TIMES, late_s=0.3)
    assert paired(Truth(truth, True), result, AlignmentOptions(time="estimated")).offset_s == pytest.approx(
        0.3, abs=0.003
    )
    assert paired(Truth(truth, True), result).offset_s == 0.0


def test_a_frame_of_its_own_is_fitted_and_told():
    pair = paired(Truth(elsewhere(TRUTH), False), figure(TIMES))
    assert pair.frame == "fitted"
    wrist = pair.truth.positions[:, pair.truth.row("left_wrist")]
    np.testing.assert_allclose(wrist, figure(TIMES).point("left_wrist"), atol=1e-9)
    record = accuracy_record(pair)
    assert "fits best" in accuracy_table(record)
    assert record["root_aligned_mm"]["pelvis_in_camera_frame"] is None
    assert "in_camera_frame" not in record["coverage"]


def test_a_fit_is_not_turned_by_errors_of_the_distance():
    """Somebody who is seen nearer and farther than they are, all joints alike."""
    nearer = 0.5 * np.sin(3.0 * TIMES)[:, None, None] * (0.0, 0.0, 1.0)
    record = accuracy_record(paired(Truth(elsewhere(TRUTH), False), moved(figure(TIMES), nearer)))
    assert record["root_aligned_mm"]["all"] < 0.1


@pytest.mark.parametrize("of_file", [True, False])
def test_a_given_transform(of_file):
    truth = Truth(elsewhere(TRUTH), False, PLACE if of_file else None)
    result = moved(figure(TIMES), (0.0, 0.0, 0.2))
    pair = paired(truth, result, AlignmentOptions(T_camera_truth=None if of_file else PLACE))
    assert pair.frame == "given"
    assert accuracy_record(pair)["root_aligned_mm"]["pelvis_in_camera_frame"] == pytest.approx(200.0)


def test_both_at_once():
    truth = figure(times(9.0, 100.0, -0.5))
    pair = paired(Truth(elsewhere(later(truth, 77.0)), False), figure(TIMES))
    assert (pair.time, pair.frame) == ("estimated", "fitted")
    assert accuracy_record(pair)["root_aligned_mm"]["all"] < 3.0


def test_a_single_marker_in_its_own_frame():
    truth = elsewhere(figure(times(9.0, 100.0, -0.5))).only(("right_wrist",))
    pair = paired(Truth(later(truth, 50.0), False), figure(TIMES))
    assert (pair.time, pair.frame) == ("estimated", "fitted")
    assert pair.offset_s == pytest.approx(-50.0, abs=0.005)


STILL = standing(TIMES, left_wrist=(0, 0, 2), left_elbow=(0, 0.3, 2))
NOT_COMPARABLE = {
    "no joint": (TRUTH.only(("head", "spine1")), {}, "no joint in common; the truth has head, spine1"),
    "no time": (later(TRUTH, 100.0), {"time": "stamps"}, "share 0 instants"),
    "a wrong offset": (TRUTH, {"offset_s": 500.0}, r"aligned by given \(\+500.000 s\)"),
    "nobody moves": (later(STILL, 99.0), {}, "too little motion"),
    "too short": (later(figure(times(0.5)), 99.0), {}, "too little motion"),
}


@pytest.mark.parametrize("what", NOT_COMPARABLE)
def test_what_cannot_be_compared(what):
    truth, asked, words = NOT_COMPARABLE[what]
    with pytest.raises(EvaluationError, match=words):
        paired(Truth(truth, True), figure(TIMES), AlignmentOptions(**asked))


def test_another_motion_is_refused():
    """Somebody who shakes beside the figure that waves."""
    noise = np.random.default_rng(1).normal(0.0, 0.2, (len(TRUTH.times_s), 2, 3))
    other = moved(standing(TRUTH.times_s, left_wrist=(0, 0, 2), right_wrist=(0, 0.3, 2)), noise)
    with pytest.raises(EvaluationError, match=r"best correlation is 0\.\d\d"):
        paired(Truth(later(other, 500.0), True), figure(TIMES))


def test_values_in_between():
    t = np.array([0.0, 0.1, 0.2, 1.0, 1.1])
    v = np.array([0.0, 1.0, np.nan, 3.0, 4.0])
    found = interpolated(t, v, np.array([-0.01, 0.0, 0.05, 0.1, 0.15, 0.2, 0.6, 1.0, 1.05, 1.1, 1.2]))
    nan = np.nan  # outside, beside what is not known, and in the gap
    np.testing.assert_allclose(found, [nan, 0.0, 0.5, 1.0, nan, nan, nan, 3.0, 3.5, 4.0, nan])


def test_rotations_in_between():
    """Through half a turn, although the sign of a quaternion means nothing."""
    once = figure(np.array([0.0, 0.1]))
    q = np.tile((0.0, 0.0, 0.0, 1.0), (2, len(once.names), 1))
    q[1] = -quat_from_rotvec(np.array([0.0, 0.0, 0.5]))
    found = resampled(replace(once, orientations_xyzw=q), np.array([0.05])).orientations_xyzw[0, 0]
    np.testing.assert_allclose(np.abs(found), np.abs(quat_from_rotvec(np.array([0.0, 0.0, 0.25]))), atol=1e-6)


def test_the_best_rotation_is_no_reflection():
    a = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, -1.0, 0.0], [0.0, 0.0, 0.1]])
    found = kabsch(a, a * (1.0, 1.0, -1.0))
    assert np.linalg.det(found) == pytest.approx(1.0)
    np.testing.assert_allclose(kabsch(a, a @ PLACE[:3, :3].T), PLACE[:3, :3], atol=1e-12)
