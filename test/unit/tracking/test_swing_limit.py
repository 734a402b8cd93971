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

"""Limbs that swing faster than any limb does are held back; what moves as people do is left as it is."""

import numpy as np
import pytest

from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import FINGERS, KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.rotation import dot
from frankmocap_ros.tracking.bone_lengths import LIMBS
from frankmocap_ros.tracking.swing_limit import FASTEST, SwingLimit, turned

DT = 1.0 / 30.0
LEAST = 0.3
WRIST, ELBOW, SHOULDER = (KEYPOINTS.index(f"left_{name}") for name in ("wrist", "elbow", "shoulder"))
HAND = tuple(f"left_{finger}" for finger in FINGERS)


def pose(angle_rad, names=KEYPOINTS):
    """A body that stands, whose left forearm points to an angle in the image plane."""
    rng = np.random.default_rng(4)
    points = rng.normal((0.0, 0.0, 3.0), 0.3, (len(names), 3))
    points[ELBOW] = points[SHOULDER] + (0.0, 0.28, 0.0)
    points[WRIST] = points[ELBOW] + 0.25 * np.array([np.cos(angle_rad), np.sin(angle_rad), 0.0])
    for i, name in enumerate(names):
        if name.startswith(HAND):
            points[i] = points[WRIST] + 0.1 * np.array([1.0, 0.02 * i, 0.1])
    return KeypointPose(points, np.ones(len(names)))


def angle(points):
    forearm = points[WRIST] - points[ELBOW]
    return np.arctan2(forearm[1], forearm[0])


@pytest.fixture
def limit():
    swings, number = SwingLimit(), iter(range(1000))

    def step(given, known=None, dt=DT, at=None):
        known = np.ones(len(given.points), bool) if known is None else known
        return swings.limited(given, known, dt * next(number) if at is None else at, LEAST)

    return step


def test_what_moves_as_people_do_is_the_same_object(limit):
    for i in range(30):
        given = pose(0.9 * FASTEST * DT * i)
        assert limit(given) is given


@pytest.mark.parametrize("names", [KEYPOINTS, KEYPOINTS_WITH_HANDS])
def test_a_forearm_that_jumps_follows_at_the_limit(limit, names):
    limit(pose(0.0, names))
    for i in range(1, 10):
        jumped = pose(2.5, names)
        found = limit(jumped)
        assert angle(found.points) == pytest.approx(min(2.5, FASTEST * DT * i), abs=1e-9)
        # bones keep their length, and the hand stays on the wrist as it was
        assert np.linalg.norm(found.points[WRIST] - found.points[ELBOW]) == pytest.approx(0.25)
        hand = [j for j, n in enumerate(names) if n.startswith(HAND)]
        np.testing.assert_allclose(
            found.points[hand] - found.points[WRIST], jumped.points[hand] - jumped.points[WRIST], atol=1e-12
        )
        late = 2.5 - FASTEST * DT * i > 0.35  # far from where it was seen
        assert (found.confidence[WRIST] < LEAST) == late
        others = np.ones(len(names), bool)
        others[[WRIST, *hand]] = False
        np.testing.assert_array_equal(found.points[others], jumped.points[others])
        assert (found.confidence[others] == 1.0).all()


def test_one_image_with_a_wrong_wrist_moves_it_by_little(limit):
    limit(pose(0.0))
    limit(pose(np.pi))
    assert abs(angle(limit(pose(0.0)).points)) < 1e-9


def test_an_upper_arm_takes_what_hangs_on_it_with_it(limit):
    limit(pose(0.0))
    jumped = pose(0.0)
    jumped.points[[ELBOW, WRIST]] += [0.3, -0.4, 0.0]
    found = limit(jumped)
    shift = found.points[ELBOW] - jumped.points[ELBOW]
    assert np.linalg.norm(shift) > 0.1
    np.testing.assert_allclose(found.points[WRIST] - jumped.points[WRIST], shift, atol=1e-12)
    assert (found.confidence[[ELBOW, WRIST]] < LEAST).all()


def test_after_a_gap_or_where_nothing_is_known_it_starts_anew(limit):
    limit(pose(0.0), at=0.0)
    assert angle(limit(pose(2.5), at=0.6).points) == pytest.approx(2.5)
    assert angle(limit(pose(0.0), at=0.5).points) == pytest.approx(0.0)  # time that goes back
    unknown = np.ones(len(KEYPOINTS), bool)
    unknown[WRIST] = False
    limit(pose(1.0), unknown, at=0.53)
    assert angle(limit(pose(2.5), at=0.56).points) == pytest.approx(2.5)


def test_no_number_becomes_none(limit):
    """Opposite directions, bones without length, the same image twice."""
    limit(pose(0.0))
    flat = pose(np.pi)
    flat.points[LIMBS[1]] = flat.points[LIMBS[1, 0]]
    for given in (flat, pose(0.0), pose(np.pi)):
        assert np.isfinite(limit(given).points).all()
    assert np.isfinite(limit(pose(1.0), dt=0.0).points).all()


def test_turned_by_no_more_than_the_angle():
    rng = np.random.default_rng(1)
    old, new = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in rng.normal(size=(2, 1000, 3)))
    new[0] = -old[0]
    found = turned(old, new, 0.5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1.0, atol=1e-12)
    between, left = (np.arccos(np.clip(dot(found, v), -1.0, 1.0)) for v in (old, new))
    whole = np.arccos(np.clip(dot(old, new), -1.0, 1.0))
    assert (between <= 0.5 + 1e-7).all()
    np.testing.assert_allclose(between + left, whole, atol=1e-6)  # the shortest way
    np.testing.assert_array_equal(turned(np.full((1, 3), np.nan), new[:1], 0.5), new[:1])
