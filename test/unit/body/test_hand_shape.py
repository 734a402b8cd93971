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

"""Shapes of hands: where their points come from, and where the palm looks."""

import numpy as np
import pytest

from frankmocap_ros.body.hand_shape import (
    TIPS,
    palm_length,
    palm_normal,
    shapes_of_joints,
    shapes_of_keypoints,
)
from frankmocap_ros.body.kinematics import Posed, forward_kinematics
from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, HAND_POINTS, KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_multiply
from frankmocap_ros.synthetic.human import scene
from support.drawn_hands import hand

J = BODY_WITH_HANDS.index
FRONT, BACK = (0.0, 0.0, 0.0), (0.0, np.pi, 0.0)


def posed(figure, confidence=None):
    sure = np.ones(len(figure.positions)) if confidence is None else confidence
    return Posed(figure.positions, figure.orientations_xyzw, figure.local_rotations_xyzw, sure, sure)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("bend", [0.0, 0.9])
@pytest.mark.parametrize(
    ("turn", "looks"),
    [
        (FRONT, (0.0, 0.0, -1.0)),
        (BACK, (0.0, 0.0, 1.0)),
        ((0.0, 0.5 * np.pi, 0.0), (-1.0, 0.0, 0.0)),
        ((0.0, -0.5 * np.pi, 0.0), (1.0, 0.0, 0.0)),
        ((0.5 * np.pi, 0.0, 0.0), (0.0, 1.0, 0.0)),
        ((0.0, 0.0, 2.0), (0.0, 0.0, -1.0)),
    ],
)
def test_the_normal_points_out_of_the_palm(side, bend, turn, looks):
    np.testing.assert_allclose(palm_normal(hand(side, bend, turn), side), looks, atol=1e-9)


def test_palms_of_somebody_with_arms_out_look_down():
    """SMPL's rest pose, of which nobody here chose the signs."""
    figure = scene("wave", 0.0)[0]
    local = np.tile((0.0, 0.0, 0.0, 1.0), (54, 1))
    positions, turned = forward_kinematics(BODY_WITH_HANDS, np.zeros(3), local, figure.offsets)
    sure = np.ones(54)
    for side, shape in zip(
        ("left", "right"), shapes_of_joints(Posed(positions, turned, local, sure, sure)), strict=True
    ):
        assert palm_normal(shape.points, side) @ (0.0, -1.0, 0.0) > 0.9  # y is up


def test_a_models_points_are_its_joints():
    figure = scene("wave", 1.0)[0]
    for side, shape in zip(("left", "right"), shapes_of_joints(posed(figure)), strict=True):
        assert shape.confidence == 1.0
        for i, name in enumerate(HAND_POINTS):
            if not name.endswith("4"):
                joint = figure.positions[J[f"{side}_{name}"]] - figure.positions[J[f"{side}_wrist"]]
                np.testing.assert_allclose(shape.points[i], joint, atol=1e-12)


def test_a_models_tips_turn_with_their_last_joints():
    figure = scene("wave", 1.0)[0]
    local = figure.local_rotations_xyzw.copy()
    row = J["left_index3"]
    turned = []
    for bend in (0.0, 0.8):
        local[row] = quat_multiply(
            figure.local_rotations_xyzw[row], quat_from_rotvec(np.array([0, 0, -bend]))
        )
        positions, orientations = forward_kinematics(
            BODY_WITH_HANDS, figure.positions[0], local, figure.offsets
        )
        (left, _) = shapes_of_joints(Posed(positions, orientations, local, np.ones(54), np.ones(54)))
        tip = HAND_POINTS.index("index4")
        last, before = left.points[tip] - left.points[tip - 1], left.points[tip - 1] - left.points[tip - 2]
        assert np.linalg.norm(last) == pytest.approx(0.88 * np.linalg.norm(before), rel=1e-6)
        turned.append(last)
    cosine = turned[0] @ turned[1] / np.linalg.norm(turned[0]) ** 2
    assert np.arccos(cosine) == pytest.approx(0.8, abs=0.01)


def test_a_model_with_a_finger_that_is_not_known_has_no_such_hand():
    sure = np.ones(54)
    sure[J["left_ring2"]] = 0.0
    left, right = shapes_of_joints(posed(scene("wave", 1.0)[0], sure))
    assert left is None
    assert right is not None


def test_keypoints_give_all_21_points_with_their_tips():
    rng = np.random.default_rng(0)
    points, sure = rng.normal(size=(57, 3)), np.full(57, 0.8)
    for side, shape in zip(("left", "right"), shapes_of_keypoints(KeypointPose(points, sure)), strict=True):
        rows = [KEYPOINTS_WITH_HANDS.index(f"{side}_{name}") for name in HAND_POINTS]
        np.testing.assert_array_equal(shape.points, points[rows] - points[rows[0]])
        assert shape.confidence == 0.8
    sure[KEYPOINTS_WITH_HANDS.index("right_thumb4")] = 0.0
    assert shapes_of_keypoints(KeypointPose(points, sure))[1] is None


def test_a_body_without_fingers_has_no_shapes():
    assert shapes_of_keypoints(KeypointPose(np.zeros((len(KEYPOINTS), 3)), np.ones(len(KEYPOINTS)))) == ()
    n = len(BODY)
    assert shapes_of_joints(Posed(*(np.zeros((n, k)) for k in (3, 4, 4)), np.ones(n), np.ones(n))) == ()


def test_the_palms_length_is_that_to_the_middle_knuckle():
    assert palm_length(hand(bend=1.0)) == pytest.approx(np.hypot(0.005, 0.095))
    assert [HAND_POINTS[i] for i in TIPS] == ["thumb4", "index4", "middle4", "ring4", "pinky4"]
