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

"""Joint angles of the arms: exact where a robot's arm can do what the person does, and steady everywhere."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import frankmocap_ros
from frankmocap_ros.body.arm_angles import ARM_JOINTS, PARTS, ArmAngles, arm_angles, known_arm_joints
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import quat_from_matrix, quat_from_rotvec, quat_multiply, quat_rotate
from frankmocap_ros.synthetic.human import MOTIONS, PERIOD_S, scene
from support.bodies import body_of

TORSO = Path(frankmocap_ros.__file__).parent / "robots" / "torso.xml"
SIDES = (("left", 1.0), ("right", -1.0))
BONES = [
    (a, b)
    for side, _ in SIDES
    for a, b in ((f"{side}_shoulder", f"{side}_elbow"), (f"{side}_elbow", f"{side}_wrist"))
]
# columns: SMPL's x (left), y (up), z (front) in the chest's frame x forward, y left, z up
CHEST_FROM_SMPL = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
DOWN = np.array([0.0, 0.0, -1.0])


def about(axis, angle):
    """Rotation matrix about x, y or z."""
    c, s = math.cos(angle), math.sin(angle)
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def chain(angles):
    """Upper arm, forearm's hinge and hand of one side in the chest's frame; the identity at zero."""
    pitch, roll, yaw, elbow, forearm, wrist_pitch, wrist_yaw = angles
    upper = about("y", pitch) @ about("x", roll) @ about("z", yaw)
    fore = upper @ about("y", -elbow)
    return upper, fore, fore @ about("z", forearm) @ about("y", wrist_pitch) @ about("x", wrist_yaw)


def smpl(angles, share=0.5, collar=None):
    """Local rotations (24, 4) of somebody whose arms have these angles; the pronation is shared out."""
    local = np.tile([0.0, 0.0, 0.0, 1.0], (len(BODY), 1))
    for (side, sign), own in zip(SIDES, np.split(np.asarray(angles, float), 2), strict=True):
        hang = about("x", -sign * math.pi / 2) @ CHEST_FROM_SMPL  # the rest pose's arm -> the hanging one
        upper, fore, hand = chain(own)
        turned = fore @ about("z", share * own[4])
        collar_matrix = np.eye(3) if collar is None else collar
        shoulder = collar_matrix.T @ CHEST_FROM_SMPL.T @ upper @ hang
        for part, matrix in (
            ("collar", collar_matrix),
            ("shoulder", shoulder),
            ("elbow", hang.T @ upper.T @ turned @ hang),
            ("wrist", hang.T @ turned.T @ hand @ hang),
        ):
            local[BODY.index[f"{side}_{part}"]] = quat_from_matrix(matrix)
    return local


def mirrored(angles):
    """The angles of the posture's mirror image."""
    left, right = np.split(np.asarray(angles, float), 2)
    sign = np.array([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    return np.concatenate([right * sign, left * sign])


def possible(rng, n):
    """Random postures (n, 14) that people can take, away from the singularities."""
    low = np.radians([-150, -20, -70, 20, -80, -35, -60])
    high = np.radians([50, 70, 70, 145, 80, 35, 60])
    return np.concatenate(
        [sign * rng.uniform(low, high, (n, 7)) for sign in (1.0, np.array([1, -1, -1, 1, -1, 1, -1]))], axis=1
    )


def difference(a, b):
    """Angles between angles."""
    return np.abs((np.asarray(a) - b + math.pi) % math.tau - math.pi)


def angle_between(a, b):
    """Angle between two directions [rad]."""
    return math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))


def test_names():
    assert ARM_JOINTS[0] == "left_shoulder_pitch"
    assert ARM_JOINTS[-1] == "right_wrist_yaw"
    assert [f"{side}_{part}" for side, _ in SIDES for part in PARTS] == list(ARM_JOINTS)


def test_hanging_arms_are_zero():
    """From SMPL's T-pose: a quarter turn about the axis to the front, and nothing else."""
    local = np.tile([0.0, 0.0, 0.0, 1.0], (len(BODY), 1))
    for side, sign in SIDES:
        local[BODY.index[f"{side}_shoulder"]] = quat_from_rotvec([0.0, 0.0, -sign * math.pi / 2])
    np.testing.assert_allclose(arm_angles(local, BODY.index), 0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ({}, {"shoulder_roll": 90}),  # the T-pose itself
        ({"shoulder": [(0, -90, 0)]}, {"shoulder_pitch": -90, "shoulder_yaw": -90}),  # forward, palm down
        ({"shoulder": [(0, 0, -90)], "elbow": [(0, -60, 0)]}, {"elbow": 60}),
        ({"shoulder": [(0, 0, -90)], "elbow": [(0, -150, 0)]}, {"elbow": 150}),
        ({"shoulder": [(0, 0, -90)], "elbow": [(-80, 0, 0)]}, {"forearm": 80}),  # palm to the front
        ({"shoulder": [(0, 0, -90)], "elbow": [(-50, 0, 0)], "wrist": [(-30, 0, 0)]}, {"forearm": 80}),
        ({"shoulder": [(0, 0, -90)], "wrist": [(0, 0, 40)]}, {"wrist_yaw": 40}),  # the back of the hand up
        ({"shoulder": [(0, 0, -90)], "wrist": [(0, -25, 0)]}, {"wrist_pitch": -25}),  # the thumb up
        ({"shoulder": [(0, 0, 60)]}, {"shoulder_roll": 150}),  # up by the side
        ({"collar": [(0, 0, 20)], "shoulder": [(0, 0, -60)]}, {"shoulder_roll": 50}),
    ],
)
def test_postures_by_hand(turns, expected):
    """SMPL's left arm turned about SMPL's axes (degrees); the right one as its mirror image."""
    local = np.tile([0.0, 0.0, 0.0, 1.0], (len(BODY), 1))
    for part, steps in turns.items():
        for side, sign in SIDES:
            q = np.array([0.0, 0.0, 0.0, 1.0])
            for step in steps:
                q = quat_multiply(q, quat_from_rotvec(np.radians(step) * (1.0, sign, sign)))
            local[BODY.index[f"{side}_{part}"]] = q
    left = np.array([expected.get(part, 0.0) for part in PARTS])
    both = np.concatenate([left, mirrored(np.tile(left, 2))[7:]])
    np.testing.assert_allclose(np.degrees(arm_angles(local, BODY.index)), both, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_all_seven_angles_come_back(share):
    """Of both arms, wherever the pronation is, and whatever the collars do."""
    rng = np.random.default_rng(5)
    for angles in possible(rng, 300):
        collar = about("x", rng.normal(0, 0.3)) @ about("z", rng.normal(0, 0.3))
        previous = angles + rng.uniform(-0.3, 0.3, 14)
        found = arm_angles(smpl(angles, share, collar), BODY.index, previous)
        np.testing.assert_allclose(found, angles, atol=1e-6)
        if all(np.abs(own[:3]).sum() < 1.5 * math.pi for own in np.split(angles, 2)):
            alone = arm_angles(smpl(angles, share, collar), BODY.index)  # nearest to hanging arms
            np.testing.assert_allclose(alone, angles, atol=1e-6)


def test_the_chest_does_not_count():
    rng = np.random.default_rng(6)
    angles = possible(rng, 1)[0]
    local = smpl(angles)
    for name in ("pelvis", "spine1", "spine2", "spine3"):
        local[BODY.index[name]] = quat_from_rotvec(rng.normal(0.0, 1.0, 3))
    np.testing.assert_allclose(arm_angles(local, BODY.index), angles, atol=1e-6)


def test_the_other_set_of_angles_where_it_is_nearer_to_the_previous():
    """The same posture as pitch, roll, yaw and as pitch + pi, pi - roll, yaw + pi."""
    angles = np.radians([-20.0, 70.0, 30.0, 60.0, 0.0, 0.0, 0.0, -20.0, -70.0, -30.0, 60.0, 0.0, 0.0, 0.0])
    other = angles.copy()
    other[[0, 1, 2]] = math.pi + angles[0], math.pi - angles[1], angles[2] - math.pi
    other[[7, 8, 9]] = math.pi + angles[7], -math.pi - angles[8], angles[9] + math.pi
    # 160 degrees backwards is beyond a person, so that the first set is taken whatever was before
    np.testing.assert_allclose(arm_angles(smpl(angles), BODY.index, other), angles, atol=1e-6)
    angles[[0, 7]] = np.radians(-150.0)
    other[[0, 7]] = np.radians(30.0)
    np.testing.assert_allclose(arm_angles(smpl(angles), BODY.index, other), other, atol=1e-6)
    np.testing.assert_allclose(arm_angles(smpl(angles), BODY.index, angles), angles, atol=1e-6)


def test_angles_go_on_through_the_t_pose():
    """Arms go up by the side and down again, past the singularity, in steps of an image and in tiny ones."""
    for steps in (30, 1000):
        last = None
        for t in np.linspace(0.0, math.tau, steps):
            roll = math.radians(85.0) * (1.0 - math.cos(t))
            angles = np.array([0.03, roll, 0.02, 0.5, 0.1, 0.0, 0.0, -0.02, -roll, 0.04, 0.7, 0.0, 0.1, 0.0])
            found = arm_angles(smpl(angles), BODY.index, last)
            if last is not None:
                assert difference(found, last).max() < math.radians(85.0) * math.tau / steps + 0.15
            last = found
        np.testing.assert_allclose(last, angles, atol=1e-6)  # and come back to where they began


def test_the_singularity_itself_keeps_the_previous_pitch():
    angles = np.tile([0.4, math.pi / 2, -0.3, 0.8, 0.2, 0.1, 0.0], 2) * np.repeat([1.0, -1.0], 7)
    angles[[7, 10, 11, 12]] *= -1.0
    found = arm_angles(smpl(angles), BODY.index, angles + 0.01)
    np.testing.assert_allclose(found[[0, 7]], angles[[0, 7]] + 0.01, atol=1e-6)
    assert difference(found, angles).max() < 0.02


def test_a_hand_bent_by_a_right_angle_keeps_the_previous_pronation():
    """There the forearm and the wrist's yaw turn about the same axis."""
    angles = np.tile(np.radians([-20.0, 0.0, 0.0, 60.0, 30.0, 90.0, 20.0]), 2)
    previous = angles.copy()
    previous[[4, 11]] = 0.7
    found = arm_angles(smpl(angles), BODY.index, previous)
    np.testing.assert_allclose(found[[4, 11]], 0.7, atol=1e-6)
    for side in (0, 7):
        np.testing.assert_allclose(
            chain(found[side : side + 7])[2], chain(angles[side : side + 7])[2], atol=1e-6
        )


def test_noise_in_a_straight_arm_does_not_turn_it():
    """A hanging arm with an elbow that is bent by half a degree to any side."""
    rng = np.random.default_rng(8)
    straight = smpl(np.zeros(14))
    for _ in range(50):
        local = straight.copy()
        way = rng.normal(size=2)
        for side, _ in SIDES:
            turn = quat_from_rotvec(math.radians(0.5) * np.array([0.0, *way]) / np.linalg.norm(way))
            local[BODY.index[f"{side}_elbow"]] = turn
        found = dict(zip(ARM_JOINTS, arm_angles(local, BODY.index), strict=True))
        assert max(abs(a) for a in found.values()) < math.radians(0.6)


def test_after_a_turn_all_around_the_arm_hangs_as_a_person_does():
    """Up by the side, down in front: the angles leap once instead of staying where no shoulder goes."""
    last, leaps, steps = None, 0, 400
    path = [(0.0, 150.0 * t, 0.0) for t in np.linspace(0.0, 1.0, steps)]
    path += [np.multiply((-180.0, 30.0, 180.0), 1.0 - t) for t in np.linspace(0.0, 1.0, steps)]
    for pitch, roll, yaw in path:
        one = np.radians([pitch, roll, yaw, 40.0, 0.0, 0.0, 0.0])
        angles = np.concatenate([one, mirrored(np.tile(one, 2))[7:]])
        found = arm_angles(smpl(angles), BODY.index, last)
        leaps += last is not None and difference(found, last).max() > 1.0
        last = found
    assert leaps == 1
    np.testing.assert_allclose(found, angles, atol=1e-6)


def test_overstretched_elbow_is_negative_and_does_not_turn_the_arm():
    angles = np.tile(np.radians([-20.0, 10.0, 5.0, -10.0, 0.0, 0.0, 0.0]), 2)
    angles = np.concatenate([angles[:7], mirrored(angles)[7:]])
    last = None
    for elbow in np.radians(np.linspace(20.0, -10.0, 61)):
        angles[[3, 10]] = elbow
        last = arm_angles(smpl(angles), BODY.index, last)
        np.testing.assert_allclose(last, angles, atol=1e-6)


def test_an_elbow_that_turns_sideways_keeps_the_direction():
    """What is left out is the upper arm's own twist; the text gives its size."""
    carrying, bend = math.radians(10.0), math.radians(30.0)
    local = smpl(np.zeros(14))
    aim = np.array(
        [math.sin(bend) * math.cos(carrying), math.sin(carrying), -math.cos(bend) * math.cos(carrying)]
    )
    turn = np.cross(DOWN, aim)
    turn *= math.acos(DOWN @ aim) / np.linalg.norm(turn)
    hang = about("x", -math.pi / 2) @ CHEST_FROM_SMPL
    local[BODY.index["left_elbow"]] = quat_from_rotvec(hang.T @ turn)
    found = arm_angles(local, BODY.index)[:7]
    upper, fore, hand = chain(found)
    assert angle_between(upper @ DOWN, DOWN) < 1e-9
    assert angle_between(fore @ DOWN, aim) < 1e-6
    np.testing.assert_allclose(hand, np.array([about("x", 0.0)])[0] @ _matrix(turn), atol=1e-6)
    assert found[2] == pytest.approx(math.atan(math.tan(carrying) / math.sin(bend)), abs=1e-6)


def _matrix(rotvec):
    angle = np.linalg.norm(rotvec)
    x, y, z = rotvec / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * k + (1.0 - math.cos(angle)) * k @ k


rotations = st.lists(st.floats(-4.0, 4.0), min_size=24, max_size=24)


@given(rotations, st.lists(st.floats(-math.pi, math.pi), min_size=14, max_size=14))
def test_any_rotations_give_the_same_directions_and_hands(vectors, previous):
    """Within a degree, in the range, from any previous angles."""
    local = np.tile([0.0, 0.0, 0.0, 1.0], (len(BODY), 1))
    rows = [
        BODY.index[f"{side}_{part}"] for side, _ in SIDES for part in ("collar", "shoulder", "elbow", "wrist")
    ]
    local[rows] = quat_from_rotvec(np.reshape(vectors, (8, 3)))
    found = arm_angles(local, BODY.index, np.array(previous))
    assert np.isfinite(found).all()
    assert (found > -math.pi).all()
    assert (found <= math.pi).all()
    for i, (_, sign) in enumerate(SIDES):
        collar, shoulder, elbow, wrist = local[rows[4 * i : 4 * i + 4]]
        first = quat_multiply(collar, shoulder)
        second = quat_multiply(first, elbow)
        upper, fore, hand = chain(found[7 * i : 7 * i + 7])
        bone = np.array([sign, 0.0, 0.0])
        assert angle_between(upper @ DOWN, CHEST_FROM_SMPL @ quat_rotate(first, bone)) < math.radians(1.0)
        assert angle_between(fore @ DOWN, CHEST_FROM_SMPL @ quat_rotate(second, bone)) < math.radians(1.0)
        third = quat_multiply(second, wrist)
        palm, thumb = np.array([0.0, -sign, 0.0]), np.array([1.0, 0.0, 0.0])
        for of_hand, in_rest in ((palm, (0.0, -1.0, 0.0)), (thumb, (0.0, 0.0, 1.0))):
            true = CHEST_FROM_SMPL @ quat_rotate(third, np.array(in_rest))
            np.testing.assert_allclose(hand @ of_hand, true, atol=1e-6)


@pytest.mark.parametrize("motion", MOTIONS)
def test_directions_of_the_figure(motion):
    """The bones themselves, also where the figure's elbow is no hinge; steady from image to image."""
    arms = ArmAngles()
    for time_s in np.arange(0.0, PERIOD_S[motion], 1.0 / 30.0):
        figure = scene(motion, time_s)[0]
        found = np.array(list(arms.of(body_of(figure)).values()))
        assert found.shape == (14,)
        chest = figure.orientations_xyzw[BODY_WITH_HANDS.index["spine3"]] * (-1.0, -1.0, -1.0, 1.0)
        upper_and_fore = [m for own in np.split(found, 2) for m in chain(own)[:2]]
        for matrix, (a, b) in zip(upper_and_fore, BONES, strict=True):
            start, end = (figure.positions[BODY_WITH_HANDS.index[name]] for name in (a, b))
            assert angle_between(
                matrix @ DOWN, CHEST_FROM_SMPL @ quat_rotate(chest, end - start)
            ) < math.radians(1)


def test_the_figures_angles_are_continuous():
    """At 200 images a second, nothing in the waving figure's arms leaps."""
    arms, last = ArmAngles(), None
    for time_s in np.arange(0.0, PERIOD_S["wave"], 0.005):
        found = np.array(list(arms.of(body_of(scene("wave", time_s)[0])).values()))
        if last is not None:
            assert difference(found, last).max() < 0.3
        last = found


def test_bones_that_are_no_axes():
    """SMPL's bones do not lie exactly along its x axis: hanging is where the bones hang."""
    rng = np.random.default_rng(3)
    bones = np.array([[1.0, -0.05, -0.1], [1.0, 0.05, -0.03], [-1.0, -0.05, -0.1], [-1.0, 0.05, -0.03]])
    bones /= np.linalg.norm(bones, axis=1, keepdims=True)
    local = smpl(possible(rng, 1)[0])
    found = arm_angles(local, BODY.index, None, bones)
    for i, (side, _) in enumerate(SIDES):
        upper, fore, _ = chain(found[7 * i : 7 * i + 7])
        rotation = np.array([0.0, 0.0, 0.0, 1.0])
        for part, matrix, bone in (("shoulder", upper, bones[2 * i]), ("elbow", fore, bones[2 * i + 1])):
            rotation = quat_multiply(rotation, local[BODY.index[f"{side}_{part}"]])
            assert angle_between(matrix @ DOWN, CHEST_FROM_SMPL @ quat_rotate(rotation, bone)) < 1e-6


def known(**changes):
    mask = known_arm_joints(body_of(scene("wave", 0.0)[0], **changes))
    return {name for name, is_it in zip(ARM_JOINTS, mask, strict=True) if is_it}


def with_value(name, value, array):
    array = array.copy()
    array[BODY_WITH_HANDS.index[name]] = value
    return array


ALL_TRACKED = np.full(len(BODY_WITH_HANDS), JointState.TRACKED, np.uint8)
ALL_SURE = np.ones(len(BODY_WITH_HANDS))
RIGHT = set(ARM_JOINTS[7:])
LEFT = set(ARM_JOINTS[:7])


def test_what_is_known():
    assert known() == LEFT | RIGHT
    assert known(has_orientation=False) == set()
    for state in (JointState.INVALID, JointState.HELD):
        for part in ("shoulder", "elbow", "wrist"):
            assert known(states=with_value(f"left_{part}", state, ALL_TRACKED)) == RIGHT
    assert known(states=with_value("right_elbow", JointState.PREDICTED, ALL_TRACKED)) == LEFT | RIGHT
    assert known(states=with_value("pelvis", JointState.INVALID, ALL_TRACKED)) == LEFT | RIGHT
    for part in ("shoulder", "elbow"):
        assert known(orientation_confidence=with_value(f"right_{part}", 0.0, ALL_SURE)) == LEFT
    without_hand = known(orientation_confidence=with_value("right_wrist", 0.0, ALL_SURE))
    assert LEFT | RIGHT - without_hand == LEFT | {"right_forearm", "right_wrist_pitch", "right_wrist_yaw"}


def test_what_is_not_known_is_left_out_and_the_rest_stays():
    arms, figure = ArmAngles(), scene("wave", 3.0)[0]
    everything = arms.of(body_of(figure))
    assert list(everything) == list(ARM_JOINTS)
    states = with_value("left_wrist", JointState.INVALID, ALL_TRACKED)
    blank = with_value("left_wrist", 0.0, figure.positions)
    found = arms.of(body_of(figure, states=states, positions=blank))
    assert found == {name: everything[name] for name in ARM_JOINTS[7:]}
    assert arms.of(body_of(figure, has_orientation=False)) == {}


def test_each_person_goes_on_alone():
    """What one person did before does not change another's angles; nor does an image without the arm."""
    raised = np.radians([-150.0, 60.0, 40.0, 60.0, 0.0, 0.0, 0.0])
    other = np.radians([30.0, 120.0, -140.0, 60.0, 0.0, 0.0, 0.0])  # the same posture

    def body(angles, number, **changes):
        figure = scene("wave", 0.0)[0]
        local = figure.local_rotations_xyzw.copy()
        local[: len(BODY)] = smpl(np.concatenate([angles, mirrored(np.tile(angles, 2))[7:]]))
        return body_of(figure, id=number, local_rotations_xyzw=local, **changes)

    def pitch(arms, seen):
        return math.degrees(arms.of(seen)["left_shoulder_pitch"])

    fresh = pitch(ArmAngles(), body(raised, 1))
    arms = ArmAngles()
    for t in np.linspace(0.0, 1.0, 30):  # up by whichever way the first image does not take
        way = other if abs(fresh + 150.0) < 5.0 else raised
        arms.of(body(t * way, 1))
    led = pitch(arms, body(raised, 1))
    assert abs(led - fresh) > 90.0
    assert pitch(arms, body(raised, 2)) == pytest.approx(fresh)
    bent = np.radians([-20.0, 10.0, 0.0, 60.0, 0.0, 0.0, 0.0])
    unseen = body(bent, 1, states=with_value("left_elbow", JointState.INVALID, ALL_TRACKED))
    assert "left_elbow" not in arms.of(unseen)
    assert pitch(arms, body(raised, 1)) == pytest.approx(led)


def test_the_angles_drive_the_built_in_robot():
    """Its arms, posed with these angles, point where the person's do, and so do its hands."""
    mujoco = pytest.importorskip("mujoco")
    model = mujoco.MjModel.from_xml_path(str(TORSO))
    data = mujoco.MjData(model)
    joint = {name: model.joint(name) for name in ARM_JOINTS}
    hands = [model.jnt_bodyid[joint[f"{side}_wrist_yaw"].id] for side, _ in SIDES]
    mujoco.mj_forward(model, data)
    at_zero = [data.xmat[body].reshape(3, 3).copy() for body in hands]
    for angles in possible(np.random.default_rng(9), 20):
        for name, angle in zip(ARM_JOINTS, angles, strict=True):
            data.qpos[joint[name].qposadr[0]] = angle
        mujoco.mj_forward(model, data)
        for i, (side, _) in enumerate(SIDES):
            anchor = {part: data.xanchor[joint[f"{side}_{part}"].id] for part in PARTS}
            upper, fore, hand = chain(angles[7 * i : 7 * i + 7])
            assert angle_between(anchor["elbow"] - anchor["shoulder_pitch"], upper @ DOWN) < math.radians(1.0)
            assert angle_between(anchor["wrist_pitch"] - anchor["elbow"], fore @ DOWN) < math.radians(1.0)
            np.testing.assert_allclose(data.xmat[hands[i]].reshape(3, 3) @ at_zero[i].T, hand, atol=0.02)
