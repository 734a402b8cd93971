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

"""Each measure on data whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY, mirrored
from frankmocap_ros.evaluation.accuracy import accuracy_record
from frankmocap_ros.evaluation.accuracy_table import accuracy_table
from frankmocap_ros.evaluation.alignment import AlignmentOptions, paired
from frankmocap_ros.evaluation.motion import calmest_jitter, jitter, rests
from frankmocap_ros.evaluation.position_errors import following
from frankmocap_ros.evaluation.recording import BONES
from frankmocap_ros.evaluation.truth_files import Truth
from frankmocap_ros.geometry.rotation import normalize, quat_from_rotvec, quat_multiply
from support.recordings import figure, moved, standing, times

TIMES = times()
TRUTH = figure(TIMES)


def measured(result, truth=TRUTH, **asked):
    """The record of a result beside a truth that is in the camera's frame, by its stamps."""
    asked = {"time": "stamps", **asked}
    return accuracy_record(paired(Truth(truth, in_camera_frame=True), result, AlignmentOptions(**asked)))


def rng():
    return np.random.default_rng(5)


def rays(positions):
    """Of points: the line of sight, and the two axes across it."""
    sight = normalize(positions)
    right = normalize(np.cross(np.broadcast_to((0.0, 1.0, 0.0), sight.shape), sight))
    return sight, right, np.cross(sight, right)


def test_the_truth_itself_has_no_error():
    found = measured(TRUTH)
    assert found["root_aligned_mm"]["all"] == found["procrustes_mm"] == 0.0
    assert found["wrist_mm"] == {"mean": 0.0, "p95": 0.0, "after_clutch": 0.0, "after_clutch_p95": 0.0}
    assert found["sight"]["along"]["gain"] == found["sight"]["across"]["correlation"] == 1.0
    assert abs(found["lag"]["lag_ms"]) < 0.05
    assert found["rest"]["jitter_mm"] == 0.0
    assert found["acceleration_ratio"] == 1.0
    assert found["swapped_share"] == 0.0
    assert found["joints"]["counted_share"] == 1.0
    steps = found["rotation_steps_deg"]
    assert steps["result"] == steps["truth"]
    assert {error["mean"] for error in found["rotation_error_deg"].values()} == {0.0}


def test_a_wrist_that_is_off():
    """40 mm to the right and 30 mm down, of one wrist of two; a clutch takes it away."""
    found = measured(moved(TRUTH, (0.04, 0.03, 0.0), "left_wrist"))
    assert found["wrist_relative_to"] == "neck"
    assert found["wrist_mm"]["mean"] == pytest.approx(25.0, abs=0.01)
    assert found["wrist_mm"]["p95"] == pytest.approx(50.0, abs=0.01)
    assert found["wrist_mm"]["after_clutch"] == 0.0
    assert found["root_aligned_mm"]["by_joint"]["left_wrist"] == pytest.approx(50.0, abs=0.01)
    assert found["root_aligned_mm"]["by_joint"]["right_wrist"] == 0.0
    assert found["root_aligned_mm"]["arms"] == pytest.approx(50.0 / 4, abs=0.01)
    assert found["root_aligned_mm"]["legs"] == 0.0


def test_somebody_seen_in_another_place():
    """A whole body 0.3 m too near: poses relative to the pelvis are right, its place is not."""
    found = measured(moved(TRUTH, (0.0, 0.0, -0.3)))
    assert found["root_aligned_mm"]["all"] == found["procrustes_mm"] == found["wrist_mm"]["mean"] == 0.0
    assert found["root_aligned_mm"]["pelvis_in_camera_frame"] == pytest.approx(300.0)


def test_somebody_seen_too_small():
    """Nine tenths of the size: Procrustes takes it away, lengths and gains tell it."""
    found = measured(replace(TRUTH, positions=0.9 * TRUTH.positions))
    assert found["procrustes_mm"] == 0.0
    root = np.linalg.norm(TRUTH.point("left_wrist") - TRUTH.point("pelvis"), axis=1)
    assert found["root_aligned_mm"]["by_joint"]["left_wrist"] == pytest.approx(100.0 * root.mean(), abs=0.01)
    assert {bone["length_ratio"] for bone in found["bones"].values()} == {0.9}
    assert {bone["variation"] for bone in found["bones"].values()} == {0.0}
    assert {bone["direction_deg"] for bone in found["bones"].values()} == {0.0}
    assert found["sight"]["across"]["gain"] == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_half_of_the_motion_towards_the_camera(share):
    """A wrist on the optical axis that goes to and fro, of which the result sees a share."""
    way = (0.2 * np.sin(TIMES)[:, None] * (0.0, 0.0, 1.0))[:, None]
    still = {"neck": (0.0, -0.2, 2.0), "left_shoulder": (0.2, -0.2, 2.0), "right_shoulder": (-0.2, -0.2, 2.0)}
    body = standing(TIMES, left_wrist=(0.0, 0.0, 2.0), **still)
    found = measured(moved(body, share * way, "left_wrist"), moved(body, way, "left_wrist"))
    along, across = found["sight"]["along"], found["sight"]["across"]
    mean_mm = 1e3 * (1.0 - share) * np.abs(way[..., 2]).mean()
    assert along["mean_mm"] == pytest.approx(mean_mm, abs=0.01)
    assert across["mean_mm"] == 0.0
    assert along["gain"] == (pytest.approx(0.5) if share else None)
    assert along["correlation"] == (pytest.approx(1.0) if share else None)


def test_errors_along_and_across_the_ray():
    """The ray of a joint, not the camera's axis."""
    sight, right, down = rays(TRUTH.point("left_wrist"))
    for vectors, along, across in ((sight, 40.0, 0.0), (right, 0.0, 40.0), (down, 0.0, 40.0)):
        found = measured(moved(TRUTH, 0.08 * vectors[:, None], "left_wrist"))["sight"]
        assert found["along"]["mean_mm"] == pytest.approx(along, abs=0.01)
        assert found["across"]["mean_mm"] == pytest.approx(across, abs=0.01)


@pytest.mark.parametrize("late_ms", [-25.0, 0.0, 7.0, 40.0, 133.0])
def test_lag(late_ms):
    found = measured(figure(TIMES, late_s=1e-3 * late_ms))["lag"]
    assert found["lag_ms"] == pytest.approx(late_ms, abs=1.0)
    assert found["correlation"] > 0.99


def test_lag_under_noise_and_half_of_the_depth():
    late = figure(TIMES, late_s=0.04)
    neck = late.point("neck")[:, None]
    late = replace(late, positions=neck + (late.positions - neck) * (1.0, 1.0, 0.5))
    noise = rng().normal(0.0, 0.02, late.positions.shape)
    assert measured(moved(late, noise))["lag"]["lag_ms"] == pytest.approx(40.0, abs=4.0)


def test_no_lag_without_motion():
    still = standing(TIMES, neck=(0, -0.4, 2), left_wrist=(0.3, 0, 2), left_elbow=(0.3, -0.2, 2))
    found = measured(still, still)["lag"]
    assert found["lag_ms"] is None
    assert "too little motion" in found["why"]


def test_jitter_of_known_size():
    """5 mm on each axis of a wrist at rest, 20 mm in depth: the root of the sum of the variances."""
    still = standing(times(40.0), neck=(0, -0.4, 2), left_wrist=(0.0, 0.0, 2), left_elbow=(0.3, -0.2, 2))
    noise = rng().normal(0.0, 1.0, (len(still.times_s), 1, 3)) * (0.005, 0.005, 0.02)
    found = measured(moved(still, noise, "left_wrist"), still)["rest"]
    assert found["jitter_mm"] == pytest.approx(1e3 * np.sqrt(0.005**2 * 2 + 0.02**2), rel=0.04)
    assert found["along_mm"] == pytest.approx(20.0, rel=0.04)
    assert found["across_mm"] == pytest.approx(5.0 * np.sqrt(2.0), rel=0.04)
    assert found["instants"] == len(still.times_s)


def test_jitter_counts_only_at_rest():
    """Noise while the wrist moves is no jitter at rest; neither is a constant error."""
    t = times(8.0)
    moving = t >= 4.0
    way = np.where(moving, 0.5 * (t - 4.0), 0.0)[:, None] * (1.0, 0.0, 0.0)
    truth = np.array([0.1, 0.2, 2.0]) + way
    assert [(round(t[s.start], 1), round(t[s.stop - 1], 1)) for s in rests(t, truth)] == [(0.0, 3.9)]
    error = np.where(moving[:, None], rng().normal(0.0, 0.1, way.shape), 0.07)
    assert jitter(error, rests(t, truth))[0] == pytest.approx(0.0, abs=1e-12)
    short = slice(0, 15)
    assert rests(t[short], truth[short]) == []
    assert jitter(error, []) is None


def test_the_calmest_second_needs_no_truth():
    t = times(6.0)
    points = np.where((t < 3.0)[:, None], 0.05, 0.004) * rng().normal(0.0, 1.0, (len(t), 2))
    drift = 0.1 * t[:, None]  # a straight way is no jitter
    found = calmest_jitter(t, points + drift)
    assert found == pytest.approx(0.004 * np.sqrt(2.0), rel=0.25)
    by_hand = []
    for start in range(251):
        window, at = points[start : start + 50] + drift[start : start + 50], t[start : start + 50]
        rest = window - np.stack([np.polyval(np.polyfit(at, one, 1), at) for one in window.T], axis=1)
        by_hand.append(np.sqrt(np.sum(rest**2) / 48))
    assert found == pytest.approx(min(by_hand), rel=1e-6)
    points[np.arange(0, len(t), 30)] = np.nan
    assert calmest_jitter(t, points) is None


def test_breathing_bones():
    """An elbow that moves along the upper arm by a sine of 10 % root mean square of its length."""
    above, below = (TRUTH.point(name) for name in BONES["left upper arm"])
    breath = 0.1 * np.sqrt(2.0) * np.sin(2 * np.pi * 5 * np.arange(len(TIMES)) / len(TIMES))[:, None]
    found = measured(moved(TRUTH, (breath * (below - above))[:, None], "left_elbow"))["bones"]["upper arm"]
    assert found["variation"] == pytest.approx(0.05, abs=0.001)  # the other arm does not breathe
    assert found["variation_truth"] == 0.0
    assert found["length_ratio"] == 1.0
    assert found["direction_deg"] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_swapped_sides(share):
    """Left and right exchanged at the beginning of the recording."""
    rows = [TRUTH.row(mirrored(name)) for name in TRUTH.names]
    first = (np.arange(len(TIMES)) < share * len(TIMES))[:, None, None]
    result = replace(TRUTH, positions=np.where(first, TRUTH.positions[:, rows], TRUTH.positions))
    assert measured(result)["swapped_share"] == pytest.approx(share)


def test_rotations_that_jump():
    """10 degrees forth and back in each frame, in one joint of twelve of a body that stands still."""
    still = replace(figure(np.zeros(len(TIMES))), times_s=TIMES)
    q = still.orientations_xyzw.copy()
    row = BODY.index["left_elbow"]
    q[1::2, row] = quat_multiply(q[1::2, row], quat_from_rotvec(np.array([np.radians(10.0), 0.0, 0.0])))
    q[::3] *= -1.0  # the same rotations
    found = measured(replace(still, orientations_xyzw=q), still)
    assert found["rotation_steps_deg"]["result"]["p99"] == pytest.approx(10.0, abs=0.01)
    assert found["rotation_steps_deg"]["result"]["p50"] == 0.0
    assert found["rotation_steps_deg"]["result"]["above_45_share"] == 0.0
    assert found["rotation_steps_deg"]["truth"]["max"] == 0.0
    assert found["rotation_error_deg"]["left_elbow"]["mean"] == pytest.approx(5.0, abs=0.01)


def test_a_pause_is_no_step():
    """Half of the frames are missing in the middle, and the figure turns meanwhile."""
    kept = np.r_[0:100, 300:400]
    still = replace(figure(np.zeros(len(TIMES))), times_s=TIMES)
    q = still.orientations_xyzw.copy()
    q[200:] = quat_multiply(quat_from_rotvec(np.array([0.0, np.radians(80.0), 0.0])), q[200:])
    assert measured(replace(still, orientations_xyzw=q))["rotation_steps_deg"]["result"]["max"] == 80.0
    arrays = {"times_s": TIMES, "positions": still.positions, "states": still.states, "orientations_xyzw": q,
              "pixels": still.pixels, "stddev": still.stddev}  # fmt: skip
    result = replace(still, **{name: array[kept] for name, array in arrays.items()})
    assert measured(result)["rotation_steps_deg"]["result"]["max"] == 0.0


def test_states_beside_the_image_and_behind_something():
    """A wrist beside the image is called TRACKED in 30 % of the instants, an elbow that is hidden never."""
    n, t = 200, times(4.0)
    at = {"left_wrist": (3.0, 0, 2), "left_elbow": (0.3, -0.2, 2), "right_wrist": (0.1, 0, 2)}
    body = standing(t, neck=(0, -0.4, 2), **at)
    states = body.states.copy()
    states[:, body.row("left_elbow")] = JointState.PREDICTED
    truth = replace(body, states=states.copy())
    states[60:, body.row("left_wrist")] = JointState.INVALID
    found = measured(replace(body, states=states), truth)["states"]
    assert found["seen"] == {"count": n, "INVALID": 0.0, "TRACKED": 1.0, "PREDICTED": 0.0, "HELD": 0.0}
    assert found["hidden in the image"]["PREDICTED"] == 1.0
    outside = {"count": n, "INVALID": 0.7, "TRACKED": 0.3, "PREDICTED": 0.0, "HELD": 0.0}
    assert found["outside the image"] == outside


def test_joints_that_nobody_may_follow_do_not_count():
    states = TRUTH.states.copy()
    row = TRUTH.row("left_wrist")
    states[100:200, row] = JointState.HELD
    states[200:, row] = JointState.INVALID
    wrong = np.where(np.arange(400) < 100, 0.0, 5.0)[:, None, None]
    found = measured(replace(moved(TRUTH, wrong, "left_wrist"), states=states))
    assert found["wrist_mm"]["mean"] == 0.0
    assert found["joints"]["counted_share"] == pytest.approx(1.0 - 300 / (12 * 400), abs=1e-4)


def test_coverage_of_normal_errors():
    """Errors that are drawn with the standard deviations that are told, and with twice as much."""
    truth = figure(times(20.0))
    stddev = np.stack(np.broadcast_arrays(0.01 + 0.02 * rng().random(truth.known.shape), 0.1), axis=-1)
    sight, right, down = rays(truth.positions)
    drawn = rng().normal(0.0, 1.0, truth.positions.shape)
    across = drawn[..., :1] * right + drawn[..., 1:2] * down
    errors = stddev[..., :1] * across + stddev[..., 1:] * drawn[..., 2:] * sight
    result = replace(moved(truth, errors), stddev=stddev)
    found = measured(result, truth)["coverage"]["in_camera_frame"]
    assert [found[key] for key in ("across_1", "along_1")] == pytest.approx([0.683] * 2, abs=0.015)
    assert [found[key] for key in ("across_2", "along_2")] == pytest.approx([0.954] * 2, abs=0.01)
    half = measured(replace(result, stddev=0.5 * stddev), truth)["coverage"]["in_camera_frame"]
    assert half["along_2"] == pytest.approx(found["along_1"], abs=1e-9)


@pytest.mark.parametrize("stddev", [np.nan, 0.0])
def test_nothing_of_standard_deviations_that_are_not_told(stddev):
    found = measured(replace(TRUTH, stddev=np.full_like(TRUTH.stddev, stddev)))
    assert found["coverage"] == {"relative_to_pelvis": None, "in_camera_frame": None}
    assert "no standard deviations (position_stddev) in the result" in accuracy_table(found)


def test_acceleration():
    t = times(10.0, 100.0)
    body = standing(t, neck=(0, -0.4, 2), left_wrist=(0, 0, 2), left_elbow=(0.3, -0.2, 2))
    way = (np.sin(3.0 * t)[:, None] * (1.0, 0, 0))[:, None]
    truth, result = (moved(body, size * way, "left_wrist") for size in (0.1, 0.14))
    assert measured(result, truth)["acceleration_ratio"] == pytest.approx(1.4, abs=0.01)


def test_following_a_motion():
    way = np.sin(TIMES)
    assert following(way, 0.5 * way + 3.0) == pytest.approx((0.5, 1.0))
    assert following(way, -way) == pytest.approx((-1.0, -1.0))
    assert following(way, np.zeros_like(way)) is None


def test_a_single_marker():
    """Nothing but a wrist: what cannot be told is None, and the table says so."""
    found = measured(figure(TIMES, late_s=0.04), TRUTH.only(("left_wrist",)))
    assert found["wrist_relative_to"] == ""
    assert found["root_aligned_mm"]["all"] is None
    assert found["lag"]["lag_ms"] == pytest.approx(40.0, abs=1.0)
    assert "not measured: truth or result has no wrist, or neither neck nor pelvis" in accuracy_table(found)


def test_every_line_of_the_table():
    stddev = np.full_like(TRUTH.stddev, 0.02)
    table = accuracy_table(measured(replace(moved(TRUTH, (0.04, 0.03, 0.0), "left_wrist"), stddev=stddev)))
    for words in (
        "400 instants over 8.0 s", "clocks aligned by their stamps", "the truth is in the camera's frame",
        "wrist relative to neck             ", "25 mm, p95 50 mm", "upper arm's length", "lag ", "swapped",
        "joints seen", "within 1 and 2 stddev, relative to pelvis",
    ):  # fmt: skip
        assert words in table, table
    assert "nan" not in table
    assert "None" not in table
