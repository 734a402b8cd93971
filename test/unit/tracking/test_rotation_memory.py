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

"""Twists remembered: no jumps where a limb is straight, nothing lost where it is bent."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.from_keypoints import REST_PRIMARY
from frankmocap_ros.body.kinematics import skeleton_of, solve
from frankmocap_ros.body.pose import KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import dot, normalize, quat_multiply, quat_rotate
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.held_rotations import HeldRotations
from frankmocap_ros.tracking.person_filter import PersonFilter
from frankmocap_ros.tracking.rotation_memory import RotationMemory
from support.moving_keypoints import Clip, K, clip, with_noise

DT = 1.0 / 30.0
LIMBS = [BODY.index[f"{s}_{p}"] for p in ("shoulder", "elbow", "hip", "knee") for s in ("left", "right")]
ARMS = [BODY.index[f"{s}_{p}"] for p in ("shoulder", "elbow", "wrist") for s in ("left", "right")]
CAMERA = Camera.from_fov(1280, 720, 80.0)
BOX = np.array([400.0, 50.0, 400.0, 600.0])

seeds = st.integers(0, 2**32 - 1)


def solved(moving):
    return [(t, solve(pose)) for t, pose in moving.poses()]


def steadied(poses):
    memory = RotationMemory()
    return [memory.steadied(posed, BODY, t) for t, posed in poses]


def rotations(poses, name="orientations_xyzw"):
    return np.array([getattr(posed, name) for posed in poses])


def degrees(a, b):
    """Angles between rotations (..., 4) [deg]."""
    return np.degrees(2.0 * np.arccos(np.clip(np.abs(dot(a, b)), 0.0, 1.0)))


def steps(poses, name="orientations_xyzw"):
    """How far each joint turns from image to image, (T - 1, J) [deg]."""
    q = rotations(poses, name)
    return degrees(q[1:], q[:-1])


def straight_limbs(bend_m=0.01):
    """Somebody who stands with arms and legs nearly straight, the elbows bent by a hair."""
    moving = clip("wave", 4.0)
    points = np.repeat(moving.points[:1], len(moving.times_s), axis=0)
    for chain in (("shoulder", "elbow", "wrist", "index1", "pinky1"), ("hip", "knee", "ankle")):
        for side, out in (("left", 0.2), ("right", -0.2)):
            start = points[0, K[f"{side}_{chain[0]}"]]
            way = normalize(np.array([out, 1.0, 0.0]))
            for i, name in enumerate(chain[1:3], 1):
                points[:, K[f"{side}_{name}"]] = (
                    start + 0.3 * i * way + (i == 1) * np.array([0.0, 0.0, bend_m])
                )
            for name, aside in zip(chain[3:], (-0.03, 0.03), strict=False):
                points[:, K[f"{side}_{name}"]] = start + 0.68 * way + np.array([0.0, 0.0, aside])
    return Clip(moving.times_s, points, moving.confidence)


@pytest.mark.parametrize("seed", range(3))
def test_straight_limbs_keep_their_hinge(seed):
    """Noise of 1 cm turns the plane of a straight elbow by any angle, and the arm with it."""
    poses = solved(with_noise(straight_limbs(), seed, depth_m=0.03, across_m=0.012))
    before = np.percentile(steps([posed for _, posed in poses])[:, LIMBS], 99)
    after = steps(steadied(poses))
    assert before > 60.0
    assert np.percentile(after[:, LIMBS], 99) < 25.0


@pytest.mark.parametrize("motion", ["wave", "cross"])
@pytest.mark.parametrize("name", ["orientations_xyzw", "local_rotations_xyzw"])
def test_one_images_step_of_somebody_who_moves(motion, name):
    """All joints, filtered as by default: below 25 degrees, with errors that the twists jump with."""
    for seed in range(3):
        noisy = with_noise(clip(motion, 8.0), seed, depth_m=0.1, across_m=0.008)
        person = PersonFilter(1, "fake")
        bodies = [
            person.update(Observation(pose, BOX, 0.9, ScaleSource.ASSUMED_HEIGHT), CAMERA, t, Settings())
            for t, pose in noisy.poses()
        ]
        assert np.percentile(steps(bodies, name), 99, axis=0).max() < 25.0


@pytest.mark.parametrize("motion", ["wave", "cross"])
def test_the_truth_is_not_further_away(motion):
    truth = clip(motion, 8.0)
    true = rotations([posed for _, posed in solved(truth)])
    errors = np.zeros(2)
    for seed in range(4):
        poses = solved(with_noise(truth, seed, depth_m=0.06))
        for i, found in enumerate(([posed for _, posed in poses], steadied(poses))):
            errors[i] += degrees(rotations(found), true)[:, ARMS].mean() / 4
    assert errors[1] < errors[0] + 0.2


def test_a_bent_arm_turns_without_lag():
    """An upper arm that turns about itself at 90 degrees a second, with the elbow bent by as much."""
    moving = clip("wave", 1.0)
    points = np.repeat(moving.points[:1], len(moving.times_s), axis=0)
    angle = 0.5 * np.pi * moving.times_s
    for side, out in (("left", 0.25), ("right", -0.25)):
        elbow = points[:, K[f"{side}_shoulder"]] + (out, 0.0, 0.0)
        fore = np.stack([np.zeros_like(angle), np.sin(angle), -np.cos(angle)], axis=1)
        points[:, K[f"{side}_elbow"]], points[:, K[f"{side}_wrist"]] = elbow, elbow + 0.25 * fore
        points[:, K[f"{side}_index1"]] = elbow + 0.32 * fore + (0.03, 0.0, 0.0)
        points[:, K[f"{side}_pinky1"]] = elbow + 0.32 * fore - (0.03, 0.0, 0.0)
    poses = solved(Clip(moving.times_s, points, moving.confidence))
    lag_deg = degrees(rotations(steadied(poses)), rotations([posed for _, posed in poses]))
    arms = ARMS[:4]
    assert lag_deg[15:, arms].max() < 90.0 * 0.030  # 30 ms


def test_turning_around_is_no_twist():
    """Twists are the limbs' own: who turns as a whole takes them along at once."""
    moving = straight_limbs()
    angles = 3.0 * moving.times_s
    cos, sin = np.cos(angles), np.sin(angles)
    turns = np.zeros((len(angles), 3, 3))
    turns[:, 0, 0], turns[:, 0, 2], turns[:, 2, 0], turns[:, 2, 2], turns[:, 1, 1] = cos, sin, -sin, cos, 1.0
    middle = np.array([0.0, 0.0, 2.5])
    points = np.einsum("tij,tkj->tki", turns, moving.points - middle) + middle
    poses = solved(Clip(moving.times_s, points, moving.confidence))
    found = rotations(steadied(poses))
    np.testing.assert_allclose(degrees(found, rotations([p for _, p in poses])), 0.0, atol=1e-3)


def flipped(posed, joint, angle=np.pi):
    """The pose with a joint and what follows turned about its bone."""
    q = posed.orientations_xyzw.copy()
    local = posed.local_rotations_xyzw.copy()
    twist = np.append(np.sin(0.5 * angle) * normalize(REST_PRIMARY[joint]), np.cos(0.5 * angle))
    q[joint], local[joint] = quat_multiply(q[joint], twist), quat_multiply(local[joint], twist)
    return replace(posed, orientations_xyzw=q, local_rotations_xyzw=local)


@pytest.mark.parametrize("name", ["left_shoulder", "right_wrist", "left_hip", "right_ankle"])
def test_one_flip_is_ignored_and_what_stays_is_taken(name):
    j = BODY.index[name]
    posed = solve(KeypointPose(clip("wave", 0.1).points[0], np.full(len(K), 0.95)))
    memory = RotationMemory()
    for i in range(30):
        memory.steadied(posed, BODY, i * DT)
    other = flipped(posed, j, 3.0)
    once = memory.steadied(other, BODY, 30 * DT)
    assert degrees(once.orientations_xyzw[j], posed.orientations_xyzw[j]) < 5.0
    for i in range(31, 121):
        found = memory.steadied(other, BODY, i * DT)
    assert degrees(found.orientations_xyzw[j], other.orientations_xyzw[j]) < 5.0


@given(seeds, st.booleans())
def test_bones_still_point_where_they_did(posture, seed, hands):
    """Only turns about bones change: positions stay, and joints still lead to the next; locals agree."""
    rng = np.random.default_rng(seed)
    memory = RotationMemory()
    for i in range(4):
        points = posture(seed, hands).points
        pose = KeypointPose(points + rng.normal(0.0, 0.03, points.shape), rng.uniform(0.0, 1.0, len(points)))
        posed = solve(pose)
        found = memory.steadied(posed, skeleton_of(pose), i * DT)
    np.testing.assert_array_equal(found.positions, posed.positions)
    rest = normalize(REST_PRIMARY[: len(posed.positions)])
    np.testing.assert_allclose(
        quat_rotate(found.orientations_xyzw, rest), quat_rotate(posed.orientations_xyzw, rest), atol=1e-9
    )
    parents = np.array(skeleton_of(pose).parents[1:])
    product = quat_multiply(found.orientations_xyzw[parents], found.local_rotations_xyzw[1:])
    np.testing.assert_allclose(np.abs(dot(product, found.orientations_xyzw[1:])), 1.0, atol=1e-9)


@given(seeds, st.booleans())
def test_settled_and_fresh_memories_add_nothing(posture, seed, hands):
    pose = KeypointPose(posture(seed, hands).points, np.full(57 if hands else 21, 0.9))
    posed, skeleton, memory = solve(pose), skeleton_of(pose), RotationMemory()
    other = solve(KeypointPose(posture(seed + 1, hands).points, pose.confidence))
    for t in (0.0, DT, 2 * DT, 2 * DT):
        found = memory.steadied(posed, skeleton, t)
        np.testing.assert_allclose(degrees(found.orientations_xyzw, posed.orientations_xyzw), 0.0, atol=1e-4)
    for t in (5.0, 4.0):  # after a gap, and back in time
        found = memory.steadied(other, skeleton, t)
        np.testing.assert_allclose(degrees(found.orientations_xyzw, other.orientations_xyzw), 0.0, atol=1e-4)
        memory.steadied(posed, skeleton, t)


@given(seeds)
def test_any_input_gives_proper_rotations(seed):
    rng = np.random.default_rng(seed)
    memory = RotationMemory()
    for i in range(6):
        points = rng.normal(0.0, 1.0, (21, 3)) * rng.integers(0, 2)
        found = memory.steadied(solve(KeypointPose(points, rng.uniform(0, 1, 21))), BODY, i * DT * (i != 3))
        for q in (found.orientations_xyzw, found.local_rotations_xyzw):
            np.testing.assert_allclose(dot(q, q), 1.0, atol=1e-9)


# -- rotations that nothing fixes


def test_an_unknown_rotation_is_held_and_then_goes_with_its_parent():
    posed = solve(KeypointPose(clip("wave", 0.1).points[0], np.full(len(K), 0.95)))
    j = BODY.index["left_shoulder"]
    unknown = np.zeros(len(BODY), bool)
    held = HeldRotations()
    held.filled(posed, BODY, unknown, 0.0, 0.3)
    unknown[j] = True
    moved = flipped(posed, BODY.index["pelvis"], 0.2)
    for t in (0.1, 0.3):
        found = held.filled(moved, BODY, unknown, t, 0.3)
        np.testing.assert_array_equal(found.local_rotations_xyzw[j], posed.local_rotations_xyzw[j])
        above = found.orientations_xyzw[BODY.parents[j]]
        np.testing.assert_allclose(
            found.orientations_xyzw[j], quat_multiply(above, posed.local_rotations_xyzw[j])
        )
        assert found.orientation_confidence[j] == 0.0
    for t in (0.4, 0.2):  # given up stays so
        found = held.filled(moved, BODY, unknown, t, 0.3)
        np.testing.assert_array_equal(found.local_rotations_xyzw[j], (0.0, 0.0, 0.0, 1.0))


def test_an_elbow_whose_wrist_is_hidden_does_not_jump():
    """The wrist is hidden for 0.2 s; before, the elbow's rotation snapped to its upper arm's and back."""
    moving = clip("wave", 1.0)
    confidence = moving.confidence.copy()
    confidence[10:16, [K[f"right_{name}"] for name in ("wrist", "index1", "pinky1")]] = 0.0
    person = PersonFilter(1, "fake")
    bodies = [
        person.update(Observation(pose, BOX, 0.9, ScaleSource.ASSUMED_HEIGHT), CAMERA, t, Settings())
        for t, pose in replace(moving, confidence=confidence).poses()
    ]
    j = BODY.index["right_elbow"]
    assert bodies[12].orientation_confidence[j] == 0.0
    assert steps(bodies)[:, j].max() < 8.0
