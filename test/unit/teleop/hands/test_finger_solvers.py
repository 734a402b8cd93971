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

"""What finds the joints of a robot hand: dex-retargeting and our inverse kinematics, on the same hands."""

import numpy as np
import pytest

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.bench.hand_motions import PERIOD_S, hand_motion, hand_shape
from frankmocap_ros.body.skeleton import HAND_FINGERS

METHODS = ("ik", "vector", "dexpilot")
FRAMES_S = 1.0 / 15.0


def tips_of(judge, hand, joints):
    """Where the tips of a hand's joints are relative to its wrist, by MuJoCo's kinematics."""
    order = [hand.joint_names.index(name) for name in judge.joint_names]
    return judge.solver.tips(joints[order])


def random_hand(random):
    """Points that no hand has, or hardly any."""
    kind = random.integers(5)
    if kind == 0:
        return random.normal(scale=0.1, size=(21, 3))
    if kind == 1:
        return hand_motion(random.uniform(0.0, 10.0)) * random.uniform(0.0, 5.0)
    if kind == 2:
        return np.zeros((21, 3))
    if kind == 3:
        return np.tile(random.normal(scale=10.0, size=3), (21, 1))
    return hand_motion(random.uniform(0.0, 10.0)) + random.normal(scale=0.02, size=(21, 3))


@pytest.mark.parametrize("hand", ["five_finger", "three_finger"])
@pytest.mark.parametrize("method", METHODS)
def test_joints_stay_in_their_ranges_whatever_the_hand_looks_like(loaded, hand, method):
    of = loaded(hand, method)
    random = np.random.default_rng(0)
    of.solver.start(random.uniform(of.lower, of.upper))
    moved = np.zeros(len(of.joint_names))
    for _ in range(600 if method == "ik" else 150):  # benchmarks/bench_hands.py has 10,000
        joints = of.solver.solve(random_hand(random))
        assert (joints >= of.lower).all() and (joints <= of.upper).all()
        moved = np.maximum(moved, joints - of.lower)
    assert (moved > 0.3 * (of.upper - of.lower)).all(), "they do go about"


@pytest.mark.parametrize("hand", ["five_finger", "three_finger"])
def test_what_mimics_a_joint_is_within_its_range_too(loaded, hand):
    of = loaded(hand, "ik")
    driven = dict(zip(of.joint_names, of.upper.tolist(), strict=True))
    assert driven["index_middle_joint" if hand == "five_finger" else "second_middle_joint"] == pytest.approx(
        1.1 / 0.7
    ), "1.7 of its own, but 1.1 of the joint that goes along 0.7 times"
    assert "index_distal_joint" not in of.joint_names


@pytest.mark.parametrize(
    "method, mean_mm", [("ik", 1.0), ("vector", 3.0), ("position", 6.0), ("dexpilot", 8.0)]
)
def test_tips_follow_a_hand_that_opens_shuts_and_pinches(loaded, method, mean_mm):
    """A hand of a person's size; dexpilot pulls fingers together that come near the thumb."""
    of, judge = loaded("five_finger", method), loaded("five_finger", "ik")
    of.solver.start(np.zeros(len(of.joint_names)))
    off = []
    for k in range(round(len(HAND_FINGERS) * PERIOD_S / FRAMES_S)):
        points = hand_motion(k * FRAMES_S)
        tips = tips_of(judge, of, of.solver.solve(points))
        off.append(np.linalg.norm(tips - points[4::4], axis=1))
    assert 1e3 * np.mean(off[15:]) < mean_mm


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("finger", HAND_FINGERS[1:])
def test_the_thumb_comes_to_each_finger(loaded, method, finger):
    of, judge = loaded("five_finger", method), loaded("five_finger", "ik")
    of.solver.start(np.zeros(len(of.joint_names)))
    for k in range(15):
        joints = of.solver.solve(hand_shape(0.15, finger, min(1.0, k / 10.0)))
    tips = tips_of(judge, of, joints)
    gap_mm = 1e3 * np.linalg.norm(tips[0] - tips[HAND_FINGERS.index(finger)])
    others_mm = [
        1e3 * np.linalg.norm(tips[0] - tips[HAND_FINGERS.index(other)])
        for other in HAND_FINGERS[1:]
        if other != finger
    ]
    assert gap_mm < (20.0 if method == "vector" else 10.0), "vector looks at tips one by one"
    assert gap_mm < min(others_mm)


def test_a_hand_of_another_size_is_scaled_to_the_robots(loaded):
    of = loaded("five_finger", "ik")
    of.solver.start(np.zeros(len(of.joint_names)))
    as_is = of.solver.wanted(hand_shape(0.5))
    of.solver.start(np.zeros(len(of.joint_names)))
    assert of.solver.wanted(1.3 * hand_shape(0.5)) == pytest.approx(as_is)
    larger = loaded("five_finger", "ik", scale=2.0)
    assert larger.solver.wanted(hand_shape(0.5)) == pytest.approx(2.0 * hand_shape(0.5)[4::4])


def test_the_palm_may_be_turned_in_the_robots_wrist(loaded):
    turned = loaded("five_finger", "ik", scale=1.0, rotation=[0.0, 0.0, 0.5**0.5, 0.5**0.5])
    wanted = turned.solver.wanted(hand_shape(0.5))
    x, y, z = hand_shape(0.5)[4::4].T
    np.testing.assert_allclose(wanted, np.column_stack([-y, x, z]), atol=1e-12)


def test_a_prefix_names_the_robots_joints(loaded):
    of, plain = loaded("five_finger", "vector", prefix="right_"), loaded("five_finger", "vector")
    assert of.joint_names == tuple(f"right_{name}" for name in plain.joint_names)


@pytest.mark.parametrize("method", METHODS)
def test_a_start_leaves_nothing_of_what_was_before(loaded, method):
    of = loaded("five_finger", method)
    start = np.zeros(len(of.joint_names))

    def first(before):
        of.solver.start(start)
        for points in before:
            of.solver.solve(points)
        of.solver.start(start)
        return of.solver.solve(hand_shape(0.3))

    np.testing.assert_allclose(
        first([hand_shape(0.15, "index")] * 5), first([hand_shape(1.0)] * 2), atol=1e-9
    )


def test_a_solver_that_fails_leaves_the_last_posture(loaded, monkeypatch):
    from frankmocap_ros.errors import RetargetError

    of = loaded("five_finger", "vector")
    of.solver.start(np.zeros(len(of.joint_names)))
    before = of.solver.solve(hand_shape(0.2))
    with pytest.raises(RetargetError, match="no posture of the hand is found"):
        of.solver.solve(np.full((21, 3), np.nan))
    after = of.solver.solve(hand_shape(0.2))
    assert np.abs(after - before).max() < 0.3
