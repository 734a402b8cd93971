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

"""Left and right exchanged by the estimator: given back, and never where people turn or cross arms."""

import numpy as np
import pytest

from frankmocap_ros.body.pose import KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY, KEYPOINTS, mirrored
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.person_filter import PersonFilter
from frankmocap_ros.tracking.side_swaps import SideSwaps
from support.moving_keypoints import Clip, K, clip, with_noise, with_sides_exchanged

LEGS = np.array([name.endswith(("hip", "knee", "ankle", "foot")) for name in KEYPOINTS])
PARTS = {"everything": np.ones(len(KEYPOINTS), bool), "arms": ~LEGS, "legs": LEGS}
MIRROR = np.array([K[mirrored(name)] for name in KEYPOINTS])
MOTIONS = ("wave", "walk_out", "cross")


def changed(moving):
    """In which images something was given back."""
    sides = SideSwaps()
    return np.array([sides.undone(pose, t) is not pose for t, pose in moving.poses()])


def given_back(moving):
    sides = SideSwaps()
    return np.array([sides.undone(pose, t).points for t, pose in moving.poses()])


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("count", [1, 20])
def test_an_exchange_is_undone(motion, part, count):
    truth = with_noise(clip(motion, 3.0), seed=1)
    for start in range(25, 70, 11):
        wrong = with_sides_exchanged(truth, PARTS[part], start, count)
        np.testing.assert_array_equal(given_back(wrong), truth.points)


def crossed_arms():
    """Somebody who lays the forearms over each other and takes them apart again."""
    moving = clip("wave", 4.0)
    points = np.repeat(moving.points[:1], len(moving.times_s), axis=0)
    share = 0.5 - 0.5 * np.cos(np.pi * moving.times_s)
    for side, other in (("left", "right"), ("right", "left")):
        for name in ("wrist", "index1", "pinky1"):
            start = points[0, K[f"{side}_{name}"]]
            end = points[0, K[f"{other}_elbow"]] + (0.0, -0.05, -0.2)
            points[:, K[f"{side}_{name}"]] = start + share[:, None] * (end - start)
    return Clip(moving.times_s, points, moving.confidence)


def turning():
    """Somebody who turns once around within two seconds."""
    moving = clip("wave", 4.0)
    middle = moving.points[0].mean(axis=0)
    angles = np.pi * moving.times_s
    cos, sin = np.cos(angles), np.sin(angles)
    turns = np.zeros((len(angles), 3, 3))
    turns[:, 0, 0], turns[:, 0, 2], turns[:, 2, 0], turns[:, 2, 2], turns[:, 1, 1] = cos, sin, -sin, cos, 1.0
    points = np.einsum("tij,tkj->tki", turns, moving.points - middle) + middle
    return Clip(moving.times_s, points, moving.confidence)


@pytest.mark.parametrize("every", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "moving", [*(clip(m, 8.0) for m in MOTIONS), clip("cross", 8.0, person=1), crossed_arms(), turning()]
)
def test_nobody_who_moves_is_exchanged(moving, seed, every):
    noisy = with_noise(moving, seed)
    slower = Clip(noisy.times_s[::every], noisy.points[::every], noisy.confidence[::every])
    assert not changed(slower).any()


def test_what_lasts_was_the_truth():
    """Sides that were wrong from the first image on are wrong for no longer than they were before."""
    truth = clip("wave", 4.0)
    wrong = with_sides_exchanged(truth, PARTS["everything"], 0, 6)
    found = given_back(wrong)
    np.testing.assert_array_equal(found[12:], truth.points[12:])
    forever = with_sides_exchanged(truth, PARTS["everything"], 60, len(truth.times_s))
    found = given_back(forever)
    np.testing.assert_array_equal(found[60:100], truth.points[60:100])
    np.testing.assert_array_equal(found[110:], forever.points[110:])


@pytest.mark.parametrize("later_s", [-1.0, 0.6])
def test_a_gap_forgets(later_s):
    truth = clip("wave", 1.0)
    sides = SideSwaps()
    for t, pose in truth.poses():
        sides.undone(pose, t)
    exchanged = KeypointPose(truth.points[-1][MIRROR], truth.confidence[-1])
    assert sides.undone(exchanged, float(truth.times_s[-1]) + later_s) is exchanged


def test_the_person_filter_gives_sides_back():
    camera, box = Camera.from_fov(1280, 720, 60.0), np.array([400.0, 50.0, 400.0, 600.0])
    truth = clip("wave", 1.0)
    people = [PersonFilter(1, "fake"), PersonFilter(2, "fake")]
    for i, (t, pose) in enumerate(truth.poses()):
        exchanged = KeypointPose(pose.points[MIRROR], pose.confidence[MIRROR]) if i in (20, 21) else pose
        bodies = [
            person.update(Observation(p, box, 0.9, ScaleSource.ASSUMED_HEIGHT), camera, t, Settings())
            for person, p in zip(people, (pose, exchanged), strict=True)
        ]
        for name in ("left_wrist", "right_shoulder", "left_ankle"):
            j = BODY.index[name]
            np.testing.assert_allclose(bodies[1].positions[j], bodies[0].positions[j], atol=1e-9)
