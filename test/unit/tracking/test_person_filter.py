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

"""From one person's observations to bodies: states, scale, smoothing."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.from_keypoints import REST_DIRECTIONS, joint_confidence
from frankmocap_ros.body.height import estimated_height_m
from frankmocap_ros.body.kinematics import solve
from frankmocap_ros.body.pose import Body, JointState, KeypointPose, ModelPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    dot,
    normalize,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
)
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking import person_filter
from frankmocap_ros.tracking.image_border import ImageBorder
from frankmocap_ros.tracking.person_filter import PersonFilter

CAMERA = Camera.from_fov(640, 480, 60.0)
OFF = Settings(smoothing="none", bones="network")
SMOOTH = Settings(bones="network")
DT = 1.0 / 30.0
J = BODY_WITH_HANDS.index
K = {name: i for i, name in enumerate(KEYPOINTS_WITH_HANDS)}
BOX = np.array([200.0, 100.0, 100.0, 250.0])

seeds = st.integers(0, 2**32 - 1)


def seen(points, confidence=None, **lowered):
    """Observation of keypoints; single ones by name with a confidence of their own."""
    confidence = np.full(len(points), 0.9) if confidence is None else confidence
    for name, value in lowered.items():
        confidence[K[name]] = value
    return Observation(KeypointPose(points.copy(), confidence), BOX, 0.9, ScaleSource.ASSUMED_HEIGHT)


def upright(points):
    """A pose in body axes put 3 m before the camera, facing it."""
    return points * (1.0, -1.0, -1.0) + np.array([0.0, 0.0, 3.0])


@pytest.fixture
def points(rest_keypoints):
    return upright(rest_keypoints[:21])


def update(observation, config=OFF, person=None, time_s=0.0):
    return (person or PersonFilter(7, "fake")).update(observation, CAMERA, time_s, config)


def state(body, name):
    return JointState(body.states[J[name]])


def assert_invalid(body, name):
    """Nobody ever sees what is not known as a pose."""
    j = J[name]
    assert state(body, name) == JointState.INVALID
    assert body.confidence[j] == 0.0
    assert body.orientation_confidence[j] == 0.0
    np.testing.assert_array_equal(body.positions[j], 0.0)
    np.testing.assert_array_equal(body.pixels[j], 0.0)
    assert np.isnan(body.position_stddev[j]).all()
    np.testing.assert_array_equal(body.orientations_xyzw[j], IDENTITY_XYZW)
    np.testing.assert_array_equal(body.local_rotations_xyzw[j], IDENTITY_XYZW)


# -- what passes through


@given(seeds, st.booleans())
def test_smoothing_off_passes_everything_on(posture, seed, hands):
    """Of joints that are inside the image and fully known, nothing is changed."""
    observation = seen(posture(seed, hands).points)
    posed = solve(observation.pose)
    for time_s in (0.0, DT, DT, 9.0):
        body = update(observation, time_s=time_s)
        assert body.skeleton is (BODY_WITH_HANDS if hands else BODY)
        assert body.has_hands is hands
        known = body.states != JointState.INVALID
        assert known.sum() > 15
        np.testing.assert_array_equal(body.states[known], JointState.TRACKED)
        np.testing.assert_array_equal(body.positions[known], posed.positions[known])
        np.testing.assert_array_equal(body.pixels[known], CAMERA.project(posed.positions)[known])
        np.testing.assert_array_equal(body.confidence[known], posed.confidence[known])
        sure = body.orientation_confidence > 0.0
        np.testing.assert_array_equal(body.orientations_xyzw[sure], posed.orientations_xyzw[sure])


def test_what_the_body_says_of_itself(points):
    observation = replace(seen(points), betas=np.arange(10.0), scale_source=ScaleSource.CAMERA_INFO)
    body = PersonFilter(7, "fake").update(observation, CAMERA, 0.0, OFF)
    assert (body.id, body.estimator, body.scale_source) == (7, "fake", ScaleSource.CAMERA_INFO)
    np.testing.assert_array_equal(body.betas, np.arange(10.0))
    np.testing.assert_array_equal(body.box_xywh, BOX)
    assert body.has_3d
    assert body.has_orientation
    assert not body.has_hands
    n = len(BODY)
    shapes = {
        name: getattr(body, name).shape for name in ("positions", "orientations_xyzw", "pixels", "states")
    }
    assert shapes == {"positions": (n, 3), "orientations_xyzw": (n, 4), "pixels": (n, 2), "states": (n,)}
    assert body.states.dtype == np.uint8


def test_observations_are_not_written_to(points):
    observation = seen(points, left_wrist=0.0)
    observation.pose.points.flags.writeable = observation.pose.confidence.flags.writeable = False
    person = PersonFilter(1, "fake")
    for i in range(3):
        body = person.update(observation, CAMERA, i * DT, SMOOTH)
    assert not np.shares_memory(body.confidence, observation.pose.confidence)


def test_bodies_do_not_change_afterwards(points):
    person = PersonFilter(1, "fake")
    first = person.update(seen(points), CAMERA, 0.0, SMOOTH)
    before = {name: getattr(first, name).copy() for name in ("positions", "confidence", "states", "pixels")}
    person.update(seen(points + 0.1, left_wrist=0.0), CAMERA, DT, SMOOTH)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(first, name), value)


# -- states


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (1.0, JointState.TRACKED), (0.4, JointState.TRACKED), (0.3999, JointState.PREDICTED),
        (0.2, JointState.PREDICTED), (0.1999, JointState.INVALID), (0.0, JointState.INVALID),
    ],
)  # fmt: skip
def test_state_follows_the_confidence(points, confidence, expected):
    config = replace(OFF, min_confidence=0.4)
    body = update(seen(points, left_wrist=confidence), config)
    assert state(body, "left_wrist") == expected
    if expected == JointState.INVALID:
        assert_invalid(body, "left_wrist")
    else:
        assert body.confidence[J["left_wrist"]] == confidence
    assert state(body, "right_wrist") == JointState.TRACKED


def test_min_confidence_zero_takes_whatever_is_seen_at_all(points):
    config = replace(OFF, min_confidence=0.0)
    body = update(seen(points, left_wrist=1e-6, right_wrist=0.0), config)
    assert state(body, "left_wrist") == JointState.TRACKED
    assert_invalid(body, "right_wrist")
    assert body.orientation_confidence[J["right_elbow"]] == 0.0


def test_joints_beside_the_image_are_not_known(points):
    points = points + np.array([1.5, 0.0, 0.0])  # the right of the image, the person's left, is cut off
    body = update(seen(points))
    pixels = CAMERA.project(solve(seen(points).pose).positions)
    outside = {name for name, (x, _) in zip(BODY.names, pixels, strict=True) if x >= 640.0}
    assert {"left_elbow", "left_wrist", "left_hand"} <= outside
    for name in outside:
        assert_invalid(body, name)
    assert state(body, "right_wrist") == JointState.TRACKED
    inside = body.pixels[body.states != JointState.INVALID]
    assert (inside >= 0.0).all()
    assert (inside < (640.0, 480.0)).all()


def test_a_joint_that_rests_on_points_beside_the_image_is_not_known(points):
    """Feet below the image's edge: where exactly is a guess, so the shins' directions are, too."""
    points = points + np.array([0.0, 0.8, 0.0])
    body = update(seen(points))
    assert_invalid(body, "left_ankle")
    assert state(body, "left_knee") == JointState.TRACKED
    assert body.orientation_confidence[J["left_knee"]] == 0.0
    assert body.orientation_confidence[J["left_hip"]] > 0.0


@pytest.mark.parametrize("corner", [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)])
def test_every_edge_of_the_image_counts(points, corner):
    body = update(seen(points + np.array([9.0 * corner[0], 9.0 * corner[1], 0.0])))
    for name in BODY.names:
        assert_invalid(body, name)


def test_rotation_that_nothing_fixes_goes_with_the_parent(points):
    body = update(seen(points, left_index1=0.05, right_ankle=0.05))
    for name in ("left_wrist", "right_knee"):
        j, parent = J[name], BODY.parents[J[name]]
        assert body.states[j] == JointState.TRACKED
        assert body.orientation_confidence[j] == 0.0
        np.testing.assert_allclose(body.local_rotations_xyzw[j], IDENTITY_XYZW, atol=1e-12)
        np.testing.assert_allclose(body.orientations_xyzw[j], body.orientations_xyzw[parent], atol=1e-12)
    assert body.orientation_confidence[J["right_hip"]] == 0.9


def test_unknown_root_rotation_is_identity(points):
    body = update(seen(points, left_shoulder=0.05))
    assert body.states[0] == JointState.TRACKED
    np.testing.assert_array_equal(body.orientations_xyzw[0], IDENTITY_XYZW)
    assert body.orientation_confidence[0] == 0.0


@given(seeds, st.booleans())
def test_confidences_are_those_of_the_keypoints(posture, seed, hands):
    points = posture(seed, hands).points
    confidence = np.random.default_rng(seed).uniform(0.0, 1.0, len(points))
    body = update(seen(points, confidence.copy()))
    judged = ImageBorder().judged(KeypointPose(points, confidence), CAMERA, 0.0, OFF.min_confidence)
    position, rotation = joint_confidence(judged.confidence)
    known = body.states != JointState.INVALID
    np.testing.assert_array_equal(body.confidence[known], position[known])
    sure = body.orientation_confidence > 0.0
    np.testing.assert_array_equal(body.orientation_confidence[sure], rotation[sure])
    assert (rotation[~sure & known] < 0.15).all()


# -- held


def held_run(points, hold_s, times_s):
    """Bodies at the times given after the left wrist was seen at time 0 and lost."""
    person, config = PersonFilter(1, "fake"), replace(OFF, hold_s=hold_s)
    first = person.update(seen(points), CAMERA, 0.0, config)
    moved = points + np.array([0.02, 0.0, 0.0])
    return first, [person.update(seen(moved, left_wrist=0.0), CAMERA, t, config) for t in times_s]


def test_held_repeats_the_last_value_with_fading_confidence(points):
    times_s = [0.1, 0.2, 0.3]
    first, bodies = held_run(points, 0.4, times_s)
    j = J["left_wrist"]
    for t, body in zip(times_s, bodies, strict=True):
        assert state(body, "left_wrist") == JointState.HELD
        for name in ("positions", "orientations_xyzw", "local_rotations_xyzw", "pixels"):
            np.testing.assert_array_equal(getattr(body, name)[j], getattr(first, name)[j])
        assert body.confidence[j] == pytest.approx(0.9 * (1.0 - t / 0.4))
        assert state(body, "right_wrist") == JointState.TRACKED
        assert body.positions[J["right_wrist"], 0] != first.positions[J["right_wrist"], 0]


def test_standard_deviations_of_what_is_held_grow_and_end_with_it(points, monkeypatch):
    def body_with_deviations(**fields):
        return Body(**{**fields, "position_stddev": np.tile((0.03, 0.04), (len(fields["skeleton"]), 1))})

    monkeypatch.setattr(person_filter, "Body", body_with_deviations)
    first, bodies = held_run(points, 0.3, [0.08, 0.2, 0.31])
    j = J["left_wrist"]
    np.testing.assert_array_equal(first.position_stddev[j], (0.03, 0.04))
    np.testing.assert_allclose(bodies[0].position_stddev[j], (0.05, np.hypot(0.04, 0.04)))
    np.testing.assert_allclose(bodies[1].position_stddev[j], (np.hypot(0.03, 0.1), np.hypot(0.04, 0.1)))
    assert_invalid(bodies[2], "left_wrist")
    np.testing.assert_array_equal(bodies[1].position_stddev[J["right_wrist"]], (0.03, 0.04))


def test_held_ends_after_hold_s(points):
    _, bodies = held_run(points, 0.3, [0.1, 0.29, 0.31, 0.32, 5.0])
    states = [state(body, "left_wrist") for body in bodies]
    assert states == [JointState.HELD] * 2 + [JointState.INVALID] * 3
    for body in bodies[2:]:
        assert_invalid(body, "left_wrist")


def test_hold_s_zero_holds_nothing(points):
    _, (same_time, later) = held_run(points, 0.0, [0.0, DT])
    assert_invalid(same_time, "left_wrist")
    assert_invalid(later, "left_wrist")


def test_never_seen_is_never_held(points):
    person = PersonFilter(1, "fake")
    for i in range(5):
        assert_invalid(update(seen(points, left_wrist=0.0), OFF, person, i * DT), "left_wrist")


def test_seen_again_is_tracked_and_held_anew(points):
    person = PersonFilter(1, "fake")
    update(seen(points), OFF, person, 0.0)
    assert state(update(seen(points, left_wrist=0.0), OFF, person, 0.2), "left_wrist") == JointState.HELD
    assert state(update(seen(points), OFF, person, 0.25), "left_wrist") == JointState.TRACKED
    body = update(seen(points, left_wrist=0.0), OFF, person, 0.5)
    assert state(body, "left_wrist") == JointState.HELD
    assert body.confidence[J["left_wrist"]] == pytest.approx(0.9 * (1.0 - 0.25 / 0.3))


def test_what_was_given_up_is_not_held_when_hold_s_grows(points):
    """Its last value is gone: holding it would put a joint at zero."""
    person = PersonFilter(1, "fake")
    update(seen(points), OFF, person, 0.0)
    assert_invalid(update(seen(points, left_wrist=0.0), OFF, person, 0.5), "left_wrist")
    assert_invalid(update(seen(points, left_wrist=0.0), replace(OFF, hold_s=5.0), person, 0.6), "left_wrist")


def test_nothing_is_held_when_time_goes_back(points):
    person = PersonFilter(1, "fake")
    update(seen(points), OFF, person, 100.0)
    assert_invalid(update(seen(points, left_wrist=0.0), OFF, person, 99.9), "left_wrist")


@given(seeds)
def test_whatever_comes_every_number_is_sound(posture, seed):
    """Random confidence, garbage points, random times: finite, unit, and blank where INVALID."""
    rng, person = np.random.default_rng(seed), PersonFilter(1, "fake")
    time_s = 0.0
    for step in range(12):
        time_s += rng.choice([-0.1, 0.0, DT, 0.2])
        points = posture(seed + step).points if step % 3 else rng.normal(0.0, 1.0, (21, 3))
        config = replace(
            SMOOTH if rng.random() < 0.7 else OFF,
            min_confidence=float(rng.choice([0.0, 0.3, 1.0])),
            hold_s=float(rng.choice([0.0, 0.3, 5.0])),
            assumed_height_m=float(rng.choice([0.0, 1.7])),
            bones=str(rng.choice(["fitted", "network"])),
        )
        confidence = rng.choice([0.0, 0.1, 0.2, 0.5, 1.0], 21)
        body = person.update(seen(points, confidence), CAMERA, time_s, config)
        for name in ("positions", "pixels", "confidence", "orientation_confidence"):
            assert np.isfinite(getattr(body, name)).all()
        for q in (body.orientations_xyzw, body.local_rotations_xyzw):
            np.testing.assert_allclose(dot(q, q), 1.0, atol=1e-9)
        assert ((body.confidence >= 0.0) & (body.confidence <= 1.0)).all()
        known = body.states != JointState.INVALID
        assert (body.pixels[known] >= 0.0).all()
        assert (body.pixels[known] < (640.0, 480.0)).all()
        for j in np.flatnonzero(~known):
            assert_invalid(body, BODY.names[j])


# -- scale


def test_stature_of_a_known_figure(rest_keypoints):
    """Drillis and Contini's shares on our figure's legs, torso and arms; the median of six."""
    posed = solve(KeypointPose(rest_keypoints[:21], np.ones(21)))
    leg = 0.82 / 0.491
    torso = np.hypot(0.08, 0.48) / 0.288
    arm = 0.54 / 0.332
    assert estimated_height_m(BODY, posed, 0.5) == pytest.approx(np.median([leg, torso, arm]))


@given(seeds, st.floats(0.5, 3.0))
def test_stature_does_not_depend_on_the_posture(posture, seed, size):
    posed = solve(KeypointPose(size * posture(seed).points, np.ones(21)))
    legs_and_arms = sorted([0.82 / 0.491, 0.54 / 0.332])
    height = estimated_height_m(BODY, posed, 0.5)
    assert size * legs_and_arms[0] - 1e-9 <= height <= size * legs_and_arms[1] + 0.1


def test_stature_needs_one_part_that_is_seen(points):
    pose = KeypointPose(points, np.full(21, 0.2))
    assert estimated_height_m(BODY, solve(pose), 0.3) is None
    for name in ("left_shoulder", "left_elbow", "left_wrist"):
        pose.confidence[K[name]] = 0.3
    assert estimated_height_m(BODY, solve(pose), 0.3) == pytest.approx(0.54 / 0.332)


@pytest.mark.parametrize("height_m", [0.5, 1.2, 1.95])
@pytest.mark.parametrize("config", [OFF, SMOOTH], ids=["none", "one_euro"])
def test_assumed_height_scales_to_the_stature_and_moves_no_pixel(points, config, height_m):
    plain = update(seen(points), config)
    body = update(seen(points), replace(config, assumed_height_m=height_m))
    assert estimated_height_m(BODY, body, 0.3) == pytest.approx(height_m)
    np.testing.assert_allclose(body.pixels, plain.pixels, atol=1e-9)
    scale = body.positions[0, 2] / plain.positions[0, 2]
    np.testing.assert_allclose(body.positions, scale * plain.positions, atol=1e-12)
    np.testing.assert_allclose(body.orientations_xyzw, plain.orientations_xyzw, atol=1e-12)


def test_assumed_height_is_that_of_the_usual_size(points):
    """One image in which somebody looks twice as large changes little: the median of many counts."""
    person, config = PersonFilter(1, "fake"), replace(OFF, assumed_height_m=1.7)
    for i in range(20):
        last = update(seen(points), config, person, i * DT)
    odd = update(seen(points * 1.5), config, person, 20 * DT)
    np.testing.assert_allclose(odd.positions, 1.5 * last.positions, rtol=1e-9)


def test_unknown_height_keeps_the_estimators_scale(points):
    confidence = np.full(21, 0.2)  # seen badly, but not so badly that it is not used
    body = update(seen(points, confidence.copy()), replace(OFF, assumed_height_m=1.7))
    np.testing.assert_array_equal(body.positions, update(seen(points, confidence)).positions)
    assert (body.states == JointState.PREDICTED).all()


# -- smoothing


def shaky(points, seed, n, size_m=0.01):
    noise = np.random.default_rng(seed).normal(0.0, size_m, (n, *points.shape))
    return points + noise


def test_smoothing_takes_noise_away(points):
    inputs = shaky(points, 0, 90)
    person = PersonFilter(1, "fake")
    smooth = np.array([update(seen(p), SMOOTH, person, i * DT).positions for i, p in enumerate(inputs)])
    raw = np.array([update(seen(p)).positions for p in inputs])
    rows = [J["left_wrist"], J["right_ankle"], J["pelvis"], J["head"]]
    assert (smooth[30:, rows].std(axis=0) < 0.6 * raw[30:, rows].std(axis=0)).all()
    np.testing.assert_allclose(smooth[30:].mean(axis=0), raw[30:].mean(axis=0), atol=0.004)


@given(seeds, st.booleans())
def test_smoothed_positions_and_rotations_agree(posture, seed, hands):
    """Along a limb, joint plus turned bone is the next joint, also after the filter."""
    base = posture(seed, hands).points
    confidence = np.full(len(base), 0.9)
    person = PersonFilter(1, "fake")
    for i, points in enumerate(shaky(base, seed, 5, 0.05)):
        body = update(seen(points, confidence.copy()), SMOOTH, person, i * DT)
    for side in ("left", "right"):
        for limb in (("shoulder", "elbow", "wrist", "hand"), ("hip", "knee", "ankle", "foot")):
            for a, b in pairwise(limb):
                j, following = J[f"{side}_{a}"], J[f"{side}_{b}"]
                if body.orientation_confidence[j] > 0.0 and body.states[following] == JointState.TRACKED:
                    bone = body.positions[following] - body.positions[j]
                    along = quat_rotate(body.orientations_xyzw[j], REST_DIRECTIONS[f"{side}_{a}"])
                    np.testing.assert_allclose(along * np.sqrt(bone @ bone), bone, atol=1e-9)
    for j, parent in enumerate(body.skeleton.parents):
        if parent >= 0 and body.states[j] == body.states[parent] == JointState.TRACKED:
            product = quat_multiply(body.orientations_xyzw[parent], body.local_rotations_xyzw[j])
            np.testing.assert_allclose(np.abs(dot(product, body.orientations_xyzw[j])), 1.0, atol=1e-9)


def test_settled_filter_adds_nothing(points):
    person = PersonFilter(1, "fake")
    for i in range(200):
        body = update(seen(points), SMOOTH, person, i * DT)
    np.testing.assert_allclose(body.positions, update(seen(points)).positions, atol=1e-9)


def test_first_image_passes_unfiltered(points):
    np.testing.assert_allclose(
        update(seen(points), SMOOTH).positions, update(seen(points)).positions, atol=1e-12
    )


@pytest.mark.parametrize("later_s", [-0.5, -1e6, 0.6, 1e6])
def test_filter_starts_anew_after_a_gap_or_when_time_goes_back(points, later_s):
    person = PersonFilter(1, "fake")
    for i in range(30):
        update(seen(points), SMOOTH, person, 1000.0 + i * DT)
    moved = points + np.array([0.3, 0.0, 0.0])
    body = update(seen(moved), SMOOTH, person, 1000.0 + 29 * DT + later_s)
    np.testing.assert_allclose(body.positions, update(seen(moved)).positions, atol=1e-9)


def test_filter_goes_on_within_a_gap(points):
    person = PersonFilter(1, "fake")
    for i in range(30):
        update(seen(points), SMOOTH, person, i * DT)
    moved = points + np.array([0.3, 0.0, 0.0])
    body = update(seen(moved), SMOOTH, person, 30 * DT)
    lag = update(seen(moved)).positions[:, 0] - body.positions[:, 0]
    assert (lag > 0.01).all()


def test_a_joint_seen_again_starts_at_its_place(points):
    """What was seen before it was lost does not pull it back; the others stay smooth."""
    person = PersonFilter(1, "fake")
    for i in range(10):
        update(seen(points), SMOOTH, person, i * DT)
    update(seen(points, left_wrist=0.0), SMOOTH, person, 10 * DT)
    moved = points.copy()
    moved[[K["left_wrist"], K["right_wrist"]]] += (0.0, -0.2, 0.0)
    body = update(seen(moved), SMOOTH, person, 11 * DT)
    np.testing.assert_allclose(body.positions[J["left_wrist"]], moved[K["left_wrist"]], atol=1e-9)
    assert body.positions[J["right_wrist"], 1] > moved[K["right_wrist"], 1] + 0.01


def test_a_guess_stays_where_the_estimator_puts_it(points):
    """A wrist that is not known still says, with the elbow's hinge, how the upper arm is turned."""
    bent = points.copy()
    bent[K["left_wrist"]] = bent[K["left_elbow"]] + (0.0, -0.25, 0.0)
    person = PersonFilter(1, "fake")
    for i in range(5):
        body = update(seen(bent, left_wrist=0.1), SMOOTH, person, i * DT)
    plain = update(seen(bent, left_wrist=0.1))
    j = J["left_shoulder"]
    assert body.orientation_confidence[j] == 0.9
    np.testing.assert_allclose(body.orientations_xyzw[j], plain.orientations_xyzw[j], atol=1e-6)


def test_low_confidence_is_not_smoothed_into_the_good(points):
    """With min_confidence 0 a hand that is not seen is not filtered either: it would drag when it appears."""
    config = replace(SMOOTH, min_confidence=0.0)
    person = PersonFilter(1, "fake")
    for i in range(10):
        update(seen(points, left_wrist=0.0), config, person, i * DT)
    moved = points.copy()
    moved[K["left_wrist"]] += (0.0, -0.2, 0.0)
    body = update(seen(moved), config, person, 10 * DT)
    np.testing.assert_allclose(body.positions[J["left_wrist"]], moved[K["left_wrist"]], atol=1e-9)


@pytest.mark.parametrize(
    ("change", "way"),
    [
        ({"across_min_cutoff_hz": 0.2}, (0.0, 0.1, 0.0)),
        ({"across_beta": 30.0}, (0.0, 0.1, 0.0)),
        ({"depth_min_cutoff_hz": 5.0}, (0.0, 0.0, 0.1)),
        ({"depth_beta": 30.0}, (0.0, 0.0, 0.1)),
        ({"one_euro_derivative_cutoff_hz": 0.05}, (0.0, 0.1, 0.0)),
    ],
)
def test_each_cut_off_takes_effect_at_once(points, change, way):
    a, b = PersonFilter(1, "fake"), PersonFilter(1, "fake")
    for i in range(10):
        update(seen(points), SMOOTH, a, i * DT)
        update(seen(points), SMOOTH, b, i * DT)
    moved = points + np.array(way)
    before = update(seen(moved), SMOOTH, a, 10 * DT).positions
    after = update(seen(moved), replace(SMOOTH, **change), b, 10 * DT).positions
    assert np.abs(after - before).max() > 1e-3


def test_smoothing_can_be_switched(points):
    person = PersonFilter(1, "fake")
    for i in range(10):
        update(seen(points), SMOOTH, person, i * DT)
    moved = points + np.array([0.2, 0.0, 0.0])
    body = update(seen(moved), OFF, person, 10 * DT)
    np.testing.assert_array_equal(body.positions, update(seen(moved)).positions)
    again = points - np.array([0.2, 0.0, 0.0])  # what was before it was switched off is forgotten
    body = update(seen(again), SMOOTH, person, 11 * DT)
    np.testing.assert_allclose(body.positions, update(seen(again)).positions, atol=1e-9)


# -- a body model's rotations


def model_observation(seed, rotvecs=0.3):
    rng = np.random.default_rng(seed)
    local = quat_from_rotvec(rng.normal(0.0, rotvecs, (24, 3)))
    pose = ModelPose(np.array([0.0, 0.0, 3.0]), local, rng.normal(0.0, 0.1, (24, 3)), np.full(24, 0.9))
    return Observation(pose, BOX, 0.9, ScaleSource.CAMERA_INFO, betas=np.zeros(10))


@given(seeds)
def test_model_pose_passes_unsmoothed(seed):
    observation = model_observation(seed)
    body = update(observation)
    posed = solve(observation.pose)
    np.testing.assert_array_equal(body.positions, posed.positions)
    np.testing.assert_array_equal(body.local_rotations_xyzw, posed.local_rotations_xyzw)
    assert (body.states == JointState.TRACKED).all()


@pytest.mark.parametrize("change", [{"one_euro_min_cutoff_hz": 20.0}, {"one_euro_beta": 50.0}])
def test_cut_offs_of_a_body_model(change):
    a, b = PersonFilter(1, "fake"), PersonFilter(1, "fake")
    for person in (a, b):
        for i in range(5):
            update(model_observation(3), SMOOTH, person, i * DT)
    first = model_observation(3)
    moved = replace(first, pose=replace(first.pose, root_position=np.array([0.1, 0.0, 3.0])))
    usual = update(moved, SMOOTH, a, 5 * DT).positions[0, 0]
    quick = update(moved, replace(SMOOTH, **change), b, 5 * DT).positions[0, 0]
    assert usual + 1e-3 < quick < 0.1


@given(seeds)
def test_model_pose_is_smoothed_on_its_rotations(seed):
    """Bones keep their lengths, whatever the filter does."""
    person = PersonFilter(1, "fake")
    update(model_observation(seed), SMOOTH, person, 0.0)
    second = model_observation(seed)
    wild = normalize(np.random.default_rng(seed + 1).normal(size=(24, 4)))
    second = replace(
        second, pose=replace(second.pose, local_rotations=wild, root_position=np.array([0.2, 0.0, 3.0]))
    )
    body = update(second, SMOOTH, person, DT)
    offsets = second.pose.offsets
    for j, parent in enumerate(BODY.parents):
        if parent >= 0 and body.states[j] == body.states[parent] == JointState.TRACKED:
            bone = body.positions[j] - body.positions[parent]
            assert np.sqrt(bone @ bone) == pytest.approx(np.sqrt(offsets[j] @ offsets[j]))
    assert 0.0 < body.positions[0, 0] < 0.2
    agreement = np.abs(dot(body.local_rotations_xyzw, wild))
    assert (agreement[body.states == JointState.TRACKED] < 1.0 - 1e-6).any()


def test_model_pose_takes_the_assumed_height(posture):
    observation = model_observation(3, 0.0)
    body = update(observation, replace(OFF, assumed_height_m=1.7))
    assert estimated_height_m(BODY, body, 0.3) == pytest.approx(1.7)
    np.testing.assert_allclose(body.pixels, update(observation).pixels, atol=1e-9)


def test_model_pose_with_joints_that_are_not_known():
    observation = model_observation(3, 0.1)
    observation.pose.confidence[J["left_wrist"]] = 0.05
    for config in (OFF, SMOOTH):
        person = PersonFilter(1, "fake")
        for i in range(3):
            body = update(observation, config, person, i * DT)
        assert_invalid(body, "left_wrist")
        assert state(body, "left_elbow") == JointState.TRACKED
