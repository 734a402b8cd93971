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

"""Joints and rotations from keypoints: the rest pose, known angles, and what must hold for any input."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from frankmocap_ros.body.from_keypoints import REST_DIRECTIONS, joint_confidence, joints_from_keypoints
from frankmocap_ros.body.skeleton import (
    BODY,
    BODY_WITH_HANDS,
    FINGERS,
    KEYPOINTS,
    KEYPOINTS_WITH_HANDS,
    mirrored,
)
from frankmocap_ros.geometry.rotation import (
    dot,
    normalize,
    quat_from_matrix,
    quat_from_rotvec,
    quat_to_matrix,
    quat_to_rotvec,
)

J = BODY_WITH_HANDS.index
K = {name: i for i, name in enumerate(KEYPOINTS_WITH_HANDS)}
SIZES = (len(KEYPOINTS), len(KEYPOINTS_WITH_HANDS))
LIMBS = tuple(
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for limb in (("shoulder", "elbow", "wrist", "hand"), ("hip", "knee", "ankle", "foot"))
    for a, b in pairwise(limb)
)

seeds = st.integers(0, 2**32 - 1)
sizes = st.sampled_from(SIZES)


def skeleton(rotations):
    return BODY if len(rotations) == len(BODY) else BODY_WITH_HANDS


def local(rotations):
    """Parent-relative rotation matrices; the root's own."""
    parents = np.array(skeleton(rotations).parents[1:])
    return np.concatenate([rotations[:1], np.swapaxes(rotations[parents], -1, -2) @ rotations[1:]])


def degrees(matrices):
    """Angle of rotation matrices [deg]."""
    rotvec = quat_to_rotvec(quat_from_matrix(matrices))
    return np.degrees(np.sqrt(dot(rotvec, rotvec)))


def between(a, b):
    """Angle between rotations [deg]."""
    return degrees(np.swapaxes(a, -1, -2) @ b)


def turn(*rotvec):
    return quat_to_matrix(quat_from_rotvec(np.array(rotvec)))


def assert_proper(positions, rotations):
    assert np.isfinite(positions).all()
    eye = np.broadcast_to(np.eye(3), rotations.shape)
    np.testing.assert_allclose(np.swapaxes(rotations, -1, -2) @ rotations, eye, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(rotations), 1.0, atol=1e-9)


# -- rest pose


@pytest.mark.parametrize("size", SIZES)
def test_rest_pose_is_identity(rest_keypoints, size):
    _, rotations = joints_from_keypoints(rest_keypoints[:size])
    angle = dict(zip(J, degrees(rotations), strict=False))
    idealised = {"left_collar": 3.0, "right_collar": 3.0}  # the collar bone is not quite level
    wrong = {name: round(a, 2) for name, a in angle.items() if a > idealised.get(name, 0.01)}
    assert wrong == {}


def test_rest_pose_places_joints_where_they_are(rest_keypoints):
    positions, _ = joints_from_keypoints(rest_keypoints)
    for name in set(J) & set(K):
        np.testing.assert_array_equal(positions[J[name]], rest_keypoints[K[name]])
    heights = [positions[J[name], 1] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")]
    assert heights == sorted(heights)
    assert 0.0 < heights[0] < heights[1]
    assert positions[J["neck"], 1] > rest_keypoints[K["left_shoulder"], 1]
    middle = [J[name] for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")]
    np.testing.assert_allclose(positions[middle, 0], 0.0, atol=1e-12)
    assert positions[J["left_collar"], 0] > 0.02
    np.testing.assert_allclose(positions[J["right_collar"]], positions[J["left_collar"]] * (-1.0, 1.0, 1.0))
    np.testing.assert_allclose(positions[J["left_hand"]], (0.81, 0.48, 0.0))


def test_rest_directions_are_unit_and_cover_every_limb_joint():
    assert set(REST_DIRECTIONS) == set(J) - {"pelvis", "head"}
    np.testing.assert_allclose([v @ v for v in REST_DIRECTIONS.values()], 1.0, atol=1e-12)
    for name, v in REST_DIRECTIONS.items():
        np.testing.assert_array_equal(
            REST_DIRECTIONS[mirrored(name)], v * (1.0 if mirrored(name) == name else -1.0, 1.0, 1.0)
        )


# -- positions and rotations agree


def assert_bones_follow_rotations(positions, rotations):
    pairs = list(LIMBS)
    if len(positions) > len(BODY):
        pairs += [
            (f"{s}_{f}{k}", f"{s}_{f}{k + 1}") for s in ("left", "right") for f in FINGERS for k in (1, 2)
        ]
    for joint, following in pairs:
        bone = positions[J[following]] - positions[J[joint]]
        along = rotations[J[joint]] @ REST_DIRECTIONS[joint]
        np.testing.assert_allclose(along * math.sqrt(bone @ bone), bone, atol=1e-9, err_msg=joint)
    spine = ("spine1", "spine2", "spine3", "neck", "head")
    for joint, following in pairwise(spine):
        bone = positions[J[following]] - positions[J[joint]]
        along = rotations[J[joint]] @ REST_DIRECTIONS[joint]
        np.testing.assert_allclose(along * math.sqrt(bone @ bone), bone, atol=1e-9, err_msg=joint)


@given(seeds, st.booleans())
def test_bones_follow_rotations_in_possible_postures(posture, seed, hands):
    positions, rotations = joints_from_keypoints(posture(seed, hands).points)
    assert_proper(positions, rotations)
    assert_bones_follow_rotations(positions, rotations)


@given(seeds, sizes, st.sampled_from([1e-3, 1.0, 100.0]))
def test_bones_follow_rotations_for_garbage(seed, size, scale):
    positions, rotations = joints_from_keypoints(np.random.default_rng(seed).normal(0.0, scale, (size, 3)))
    assert_proper(positions, rotations)
    assert_bones_follow_rotations(positions, rotations)


@given(
    sizes.flatmap(
        lambda k: hnp.arrays(
            float, (k, 3), elements=st.one_of(st.floats(-10.0, 10.0), st.sampled_from([0.0, 1.0, -1.0]))
        )
    )
)
def test_any_finite_points_give_proper_rotations(points):
    assert_proper(*joints_from_keypoints(points))


@pytest.mark.parametrize("size", SIZES)
def test_coincident_points_give_proper_rotations(rest_keypoints, size):
    assert_proper(*joints_from_keypoints(np.zeros((size, 3))))
    assert_proper(*joints_from_keypoints(np.ones((size, 3))))
    line = np.zeros((size, 3))
    line[:, 0] = np.arange(size)
    assert_proper(*joints_from_keypoints(line))
    for row in range(size):  # one keypoint lies in another
        for other in range(0, size, 5):
            points = rest_keypoints[:size].copy()
            points[row] = points[other]
            assert_proper(*joints_from_keypoints(points))


# -- rigid motion and mirror images


@given(seeds, st.booleans())
def test_rigid_motion_turns_the_root_and_nothing_else(posture, seed, hands):
    rng = np.random.default_rng(seed)
    points = posture(seed, hands).points
    q, shift = quat_to_matrix(normalize(rng.normal(size=4))), rng.normal(0.0, 10.0, 3)
    positions, rotations = joints_from_keypoints(points)
    moved, turned = joints_from_keypoints(points @ q.T + shift)
    np.testing.assert_allclose(moved, positions @ q.T + shift, atol=1e-9)
    np.testing.assert_allclose(turned[0], q @ rotations[0], atol=1e-6)
    np.testing.assert_allclose(local(turned)[1:], local(rotations)[1:], atol=1e-6)


@given(seeds, st.booleans(), st.floats(0.1, 10.0))
def test_size_changes_no_rotation(posture, seed, hands, scale):
    points = posture(seed, hands).points
    positions, rotations = joints_from_keypoints(points)
    larger, same = joints_from_keypoints(points * scale)
    np.testing.assert_allclose(larger, positions * scale, atol=1e-9)
    np.testing.assert_allclose(same, rotations, atol=1e-6)


@given(seeds, st.booleans())
def test_mirror_image_gives_the_mirrored_rotations(posture, seed, hands):
    points = posture(seed, hands).points
    names = KEYPOINTS_WITH_HANDS[: len(points)]
    flip = np.diag([-1.0, 1.0, 1.0])
    image = points[[K[mirrored(name)] for name in names]] @ flip
    positions, rotations = joints_from_keypoints(points)
    rows = [J[mirrored(name)] for name in skeleton(rotations).names]
    image_positions, image_rotations = joints_from_keypoints(image)
    np.testing.assert_allclose(image_positions, positions[rows] @ flip, atol=1e-9)
    np.testing.assert_allclose(image_rotations, flip @ rotations[rows] @ flip, atol=1e-6)


# -- known angles


@given(seeds)
def test_bent_limbs_give_back_the_rotations_they_were_made_with(posture, seed):
    """Where elbow and knee are bent the hinge fixes the twist, so that all of the rotation is known."""
    truth = posture(seed, bend_rad=(0.5, 2.4))
    _, rotations = joints_from_keypoints(truth.points)
    relative = local(rotations)
    for i, (side, s) in enumerate((("left", 1.0), ("right", -1.0))):
        np.testing.assert_allclose(rotations[J[f"{side}_shoulder"]], truth.upper[i], atol=1e-9)
        np.testing.assert_allclose(
            relative[J[f"{side}_elbow"]], turn(0.0, -s * truth.elbow_rad[i], 0.0), atol=1e-9
        )
        np.testing.assert_allclose(rotations[J[f"{side}_hip"]], truth.thigh[i], atol=1e-9)
        np.testing.assert_allclose(relative[J[f"{side}_knee"]], turn(truth.knee_rad[i], 0.0, 0.0), atol=1e-9)


def bent(points, side, joint, end, *rotvec):
    """Rest keypoints with everything beyond a joint turned about it."""
    points = points.copy()
    pivot = points[K[f"{side}_{joint}"]].copy()
    rows = [
        row
        for name, row in K.items()
        if name.startswith(side) and row < len(points) and name.partition("_")[2] in end
    ]
    points[rows] = pivot + (points[rows] - pivot) @ turn(*rotvec).T
    return points


HAND = ("wrist", "index1", "pinky1")


@pytest.mark.parametrize(("side", "s"), [("left", 1.0), ("right", -1.0)])
def test_elbow_bent_by_90_degrees(rest_keypoints, side, s):
    rest = rest_keypoints[: len(KEYPOINTS)]
    points = bent(rest, side, "elbow", HAND, 0.0, -s * math.pi / 2.0, 0.0)
    assert points[K[f"{side}_wrist"], 2] > 0.2  # the hand is before the body
    _, rotations = joints_from_keypoints(points)
    rotvec = quat_to_rotvec(quat_from_matrix(local(rotations)[J[f"{side}_elbow"]]))
    np.testing.assert_allclose(rotvec, (0.0, -s * math.pi / 2.0, 0.0), atol=1e-9)
    untouched = [
        j for name, j in J.items() if j < 24 and name.partition("_")[2] not in ("elbow", "wrist", "hand")
    ]
    assert degrees(local(rotations)[untouched]).max() < 3.0
    assert degrees(local(rotations)[J[f"{side}_wrist"]]) < 1e-6


@pytest.mark.parametrize(("side", "s"), [("left", 1.0), ("right", -1.0)])
@pytest.mark.parametrize("angle", [-1.2, -0.4, 0.4, 1.2])
def test_straight_arm_raised_and_lowered(rest_keypoints, side, s, angle):
    """Up is a turn about the axis out of the chest: counter-clockwise on the left, clockwise on the right."""
    points = bent(rest_keypoints[:21], side, "shoulder", ("elbow", *HAND), 0.0, 0.0, s * angle)
    assert (points[K[f"{side}_wrist"], 1] > points[K[f"{side}_shoulder"], 1]) == (angle > 0.0)
    _, rotations = joints_from_keypoints(points)
    rotvec = quat_to_rotvec(quat_from_matrix(rotations[J[f"{side}_shoulder"]]))
    np.testing.assert_allclose(rotvec, (0.0, 0.0, s * angle), atol=1e-6)
    assert degrees(local(rotations)[[J[f"{side}_elbow"], J[f"{side}_wrist"]]]).max() < 1e-6


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("angle", [0.6, 1.5, 2.4])
def test_knee_flexion_is_positive_about_x(rest_keypoints, side, angle):
    points = bent(rest_keypoints[:21], side, "knee", ("ankle", "foot"), angle, 0.0, 0.0)
    assert points[K[f"{side}_ankle"], 2] < -0.1  # heel to the back
    _, rotations = joints_from_keypoints(points)
    rotvec = quat_to_rotvec(quat_from_matrix(local(rotations)[J[f"{side}_knee"]]))
    np.testing.assert_allclose(rotvec, (angle, 0.0, 0.0), atol=1e-9)
    assert degrees(local(rotations)[[J[f"{side}_hip"], J[f"{side}_ankle"]]]).max() < 1e-6


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("angle", [-0.5, 0.5, 1.5])
def test_straight_leg_swung(rest_keypoints, side, angle):
    points = bent(rest_keypoints[:21], side, "hip", ("knee", "ankle", "foot"), -angle, 0.0, 0.0)
    assert (points[K[f"{side}_ankle"], 2] > 0.0) == (angle > 0.0)
    _, rotations = joints_from_keypoints(points)
    rotvec = quat_to_rotvec(quat_from_matrix(local(rotations)[J[f"{side}_hip"]]))
    np.testing.assert_allclose(rotvec, (-angle, 0.0, 0.0), atol=1e-6)
    assert degrees(local(rotations)[J[f"{side}_knee"]]) < 1e-6


@pytest.mark.parametrize(("side", "s"), [("left", 1.0), ("right", -1.0)])
def test_hand_turned_at_the_wrist(rest_keypoints, side, s):
    palm_up = bent(rest_keypoints[:21], side, "wrist", ("index1", "pinky1"), s * 1.1, 0.0, 0.0)
    rotvec = quat_to_rotvec(quat_from_matrix(local(joints_from_keypoints(palm_up)[1])[J[f"{side}_wrist"]]))
    np.testing.assert_allclose(rotvec, (s * 1.1, 0.0, 0.0), atol=1e-9)


def test_head_turned_and_nodded(rest_keypoints):
    for rotvec in ((0.0, 0.7, 0.0), (0.4, 0.0, 0.0), (0.0, 0.0, -0.3)):
        points = rest_keypoints[:21].copy()
        rows = [K[name] for name in ("nose", "left_ear", "right_ear")]
        middle = 0.5 * (points[K["left_ear"]] + points[K["right_ear"]])
        points[rows] = middle + (points[rows] - middle) @ turn(*rotvec).T
        _, rotations = joints_from_keypoints(points)
        np.testing.assert_allclose(quat_to_rotvec(quat_from_matrix(rotations[J["head"]])), rotvec, atol=1e-9)
        if rotvec[1]:  # half of a turn to the side is the neck's
            assert 0.3 < quat_to_rotvec(quat_from_matrix(rotations[J["neck"]]))[1] < 0.4


@given(seeds)
def test_elbows_and_knees_have_no_twist(posture, seed):
    """A forearm goes on from its upper arm by the shortest way, wherever the hinge points."""
    _, rotations = joints_from_keypoints(posture(seed).points)
    q = quat_from_matrix(local(rotations))
    for name in ("left_elbow", "right_elbow", "left_knee", "right_knee"):
        assert abs(q[J[name], :3] @ REST_DIRECTIONS[name]) < 1e-9


@pytest.mark.parametrize(("side", "s"), [("left", 1.0), ("right", -1.0)])
def test_toes_turned_out_turn_a_straight_leg(rest_keypoints, side, s):
    """The knee gives no hinge then; half of the way is what the foot says, half stays with the pelvis."""
    points = bent(rest_keypoints[:21], side, "ankle", ("foot",), 0.0, s * 0.8, 0.0)
    assert s * points[K[f"{side}_foot"], 0] > 0.15
    _, rotations = joints_from_keypoints(points)
    rotvec = quat_to_rotvec(quat_from_matrix(rotations[J[f"{side}_hip"]]))
    np.testing.assert_allclose(rotvec, (0.0, s * 0.4, 0.0), atol=0.1)


def chest_turned(points, angle):
    points = points.copy()
    hips = [K["left_hip"], K["right_hip"]]
    points[hips] = points[hips] @ turn(0.0, angle, 0.0).T
    return points


@pytest.mark.parametrize(("guessed", "expected"), [("hip", 0.0), ("shoulder", 0.9)])
def test_a_torso_turns_with_what_is_seen(rest_keypoints, guessed, expected):
    """Hips turned by 0.9 rad against the shoulders: where the ones are guessed, the others say it all."""
    points, sure = chest_turned(rest_keypoints[:21], 0.9), np.full(21, 0.9)
    for confidence, angles in ((0.5, (0.9, 0.0)), (1e-6, (expected, expected))):
        sure[[K[f"left_{guessed}"], K[f"right_{guessed}"]]] = confidence
        _, rotations = joints_from_keypoints(points, sure)
        for name, angle in zip(("pelvis", "spine3"), angles, strict=True):
            rotvec = quat_to_rotvec(quat_from_matrix(rotations[J[name]]))
            np.testing.assert_allclose(rotvec, (0.0, angle, 0.0), atol=1e-4)
    _, alike = joints_from_keypoints(points, np.full(21, 0.3))
    np.testing.assert_array_equal(alike, joints_from_keypoints(points)[1])


def test_twist_of_the_chest_is_shared_by_the_spine(rest_keypoints):
    points = rest_keypoints[:21].copy()
    legs = [
        row
        for name, row in K.items()
        if row < 21 and name.partition("_")[2] in ("hip", "knee", "ankle", "foot")
    ]
    above = np.setdiff1d(np.arange(21), legs)
    points[above] = points[above] @ turn(0.0, 0.9, 0.0).T
    _, rotations = joints_from_keypoints(points)
    twist = [
        quat_to_rotvec(quat_from_matrix(rotations[J[n]]))[1]
        for n in ("pelvis", "spine1", "spine2", "spine3", "neck")
    ]
    assert twist == sorted(twist)
    assert np.ptp(np.diff(twist[:4])) < 0.1
    np.testing.assert_allclose([twist[0], twist[3], twist[4]], [0.0, 0.9, 0.9], atol=1e-9)


@pytest.mark.parametrize(("side", "s"), [("left", 1.0), ("right", -1.0)])
@pytest.mark.parametrize("finger", FINGERS)
def test_bent_finger(rest_keypoints, side, s, finger):
    points = rest_keypoints.copy()
    rows = [K[f"{side}_{finger}{k}"] for k in (3, 4)]
    pivot = points[K[f"{side}_{finger}2"]].copy()
    points[rows] = pivot + (points[rows] - pivot) @ turn(0.0, 0.0, -s * 0.8).T
    _, rotations = joints_from_keypoints(points)
    angle = degrees(local(rotations))
    bends = {
        name: round(a, 3)
        for name, a in zip(J, angle, strict=True)
        if name[-1] in "123" and J[name] >= 24 and a > 0.01
    }
    if finger != "thumb":
        assert bends == {f"{side}_{finger}2": pytest.approx(math.degrees(0.8), abs=0.01)}
        rotvec = quat_to_rotvec(quat_from_matrix(local(rotations)[J[f"{side}_{finger}2"]]))
        np.testing.assert_allclose(rotvec, (0.0, 0.0, -s * 0.8), atol=1e-6)
    else:  # it lies askew to this axis
        assert set(bends) == {f"{side}_thumb2"}
        assert 10.0 < bends[f"{side}_thumb2"] < 46.0


# -- continuity


@given(seeds, st.booleans())
def test_small_changes_turn_bent_limbs_little(posture, seed, hands):
    points = posture(seed, hands, bend_rad=(0.5, 2.4)).points
    noise = np.random.default_rng(seed + 1).normal(size=points.shape)
    noise *= 1e-5 / np.sqrt(dot(noise, noise))[:, None]  # each keypoint by 0.01 mm
    _, a = joints_from_keypoints(points)
    _, b = joints_from_keypoints(points + noise)
    assert between(a, b)[: len(BODY)].max() < 0.1  # the shortest lever, between the knuckles, is 6 cm


@pytest.mark.parametrize("seed", range(4))
def test_no_jump_while_a_leg_straightens(posture, seed):
    """Through the whole fade from hinge to foot, 2 milliradians turn nothing by more than 2 degrees."""
    bends = np.arange(0.0, 0.6, 2e-3)
    legs = [J[f"{side}_{part}"] for side in ("left", "right") for part in ("hip", "knee", "ankle")]
    rotations = np.array(
        [joints_from_keypoints(posture(seed, bend_rad=(bend, bend)).points)[1][legs] for bend in bends]
    )
    assert between(rotations[:-1], rotations[1:]).max() < 2.0


# -- confidence


@given(seeds, sizes)
def test_confidence_is_the_least_of_the_sources(seed, size):
    """Lowering one keypoint lowers exactly the joints that rest on it, to the same value."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1.0, size)
    position, rotation = joint_confidence(confidence)
    assert position.shape == rotation.shape == ((24,) if size == 21 else (54,))
    assert set(position) <= set(confidence)
    assert set(rotation) <= set(confidence)
    row = int(rng.integers(size))
    lower = confidence.copy()
    lower[row] = 0.1
    for before, after in zip((position, rotation), joint_confidence(lower), strict=True):
        changed = before != after
        np.testing.assert_array_equal(after[changed], 0.1)


def resting_on(keypoint, kind, size=21):
    confidence = np.ones(size)
    confidence[K[keypoint]] = 0.2
    return {BODY_WITH_HANDS.names[j] for j in np.flatnonzero(joint_confidence(confidence)[kind] == 0.2)}


def test_what_rests_on_what():
    torso = {"pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"}
    assert resting_on("left_wrist", 0) == {"left_wrist"}
    assert resting_on("left_wrist", 1) == {"left_elbow", "left_wrist", "left_hand"}
    assert resting_on("left_elbow", 1) == {"left_shoulder", "left_elbow"}
    assert resting_on("right_ankle", 1) == {"right_knee", "right_ankle", "right_foot"}
    assert resting_on("left_hip", 0) == torso | {"left_hip"}
    assert resting_on("left_shoulder", 0) == torso - {"pelvis"} | {"neck", "left_shoulder"}
    assert resting_on("nose", 0) == set()
    assert resting_on("nose", 1) == {"head"}
    assert resting_on("left_pinky1", 0) == {"left_hand"}
    assert resting_on("left_pinky1", 1) == {"left_wrist", "left_hand"}
    assert resting_on("left_pinky1", 0, 57) == {"left_hand", "left_pinky1"}
    assert resting_on("right_ring2", 1, 57) == {"right_ring1", "right_ring2"}
    assert resting_on("right_ring4", 0, 57) == set()
    assert resting_on("right_ring4", 1, 57) == {"right_ring3"}


def test_every_joint_rests_on_something():
    for size in SIZES:
        for values in joint_confidence(np.full(size, 0.7)):
            np.testing.assert_array_equal(values, 0.7)
