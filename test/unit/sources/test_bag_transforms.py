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

"""TF of a bag: chains of static and moving frames, at a time and between times."""

import numpy as np
import pytest

from frankmocap_ros.errors import SourceError, TransformError
from frankmocap_ros.geometry.rotation import quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate
from frankmocap_ros.sources.bag_transforms import BagTransforms
from support.bags import transforms, write_bag

T0 = 1_700_000_000_000_000_000
S = 1_000_000_000
NO_TURN = (0.0, 0.0, 0.0, 1.0)
QUARTER = quat_from_rotvec(np.array([0.0, 0.0, np.pi / 2]))
OPTICAL = quat_from_rotvec(np.array([0.3, -0.8, 0.5]))


def angle(a, b):
    return 2.0 * np.arccos(min(1.0, abs(float(np.dot(a, b)))))


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """The base turns a quarter in 2 s and moves 1 m; the camera is fixed to the head, that to the base."""
    messages = [
        ("/tf_static", T0, transforms(("head", "camera", 0, (0.0, 0.1, 0.2), OPTICAL))),
        ("/tf", T0 + 1, transforms(
            ("map", "base", T0, (0.0, 0.0, 0.0), NO_TURN), ("base", "head", T0, (0.0, 0.0, 1.0), NO_TURN))),
        ("/tf", T0 + 2 * S, transforms(("map", "base", T0 + 2 * S, (1.0, 0.0, 0.0), QUARTER))),
        ("/tf", T0 + 2 * S + 1, transforms(("base", "head", T0 + 2 * S, (0.0, 0.0, 1.0), NO_TURN))),
        ("/tf", T0 + 2 * S + 2, transforms(("map", "other", T0, (9.0, 0.0, 0.0), NO_TURN))),
        ("/tf", T0 + 2 * S + 3, transforms(("island", "hut", T0, (9.0, 0.0, 0.0), NO_TURN))),
    ]  # fmt: skip
    return write_bag(tmp_path_factory.mktemp("tf") / "bag", messages)


def test_between_two_transforms_both_parts_are_interpolated(bag):
    found = BagTransforms(bag, "map", "camera")
    for share in (0.0, 0.25, 0.5, 1.0):
        turn = quat_from_rotvec(np.array([0.0, 0.0, share * np.pi / 2]))
        there = found.at(T0 + round(share * 2 * S))
        expected = quat_rotate(turn, np.array([0.0, 0.1, 1.2])) + np.array([share, 0.0, 0.0])
        np.testing.assert_allclose(there.translation, expected, atol=1e-9)
        assert angle(there.rotation_xyzw, quat_multiply(turn, OPTICAL)) < 1e-7


def test_the_way_back_and_across_branches(bag):
    there = BagTransforms(bag, "camera", "map").at(T0 + 2 * S)
    back = quat_conjugate(quat_multiply(QUARTER, OPTICAL))
    camera = quat_rotate(QUARTER, np.array([0.0, 0.1, 1.2])) + np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(there.translation, quat_rotate(back, -camera), atol=1e-9)
    assert angle(there.rotation_xyzw, back) < 1e-7
    across = BagTransforms(bag, "other", "base").at(T0)
    np.testing.assert_allclose(across.translation, (-9.0, 0.0, 0.0), atol=1e-9)


def test_static_frames_and_the_frame_itself_are_known_at_any_time(bag):
    fixed = BagTransforms(bag, "head", "camera").at(T0 - 100 * S)
    np.testing.assert_allclose(fixed.translation, (0.0, 0.1, 0.2), atol=1e-12)
    same = BagTransforms(bag, "camera", "camera").at(5)
    np.testing.assert_allclose([*same.translation, *same.rotation_xyzw], [0, 0, 0, *NO_TURN], atol=1e-12)


@pytest.mark.parametrize("stamp_ns", [T0 - 1, T0 + 2 * S + 1])
def test_nothing_is_extrapolated(bag, stamp_ns):
    with pytest.raises(TransformError, match=r"known from 1700000000\.000 s to 1700000002\.000 s, the image"):
        BagTransforms(bag, "map", "camera").at(stamp_ns)


def test_frames_that_nothing_connects_are_refused(bag):
    for target in ("hut", "nowhere"):
        with pytest.raises(SourceError, match=f"not connect 'camera', the images' frame, with '{target}'"):
            BagTransforms(bag, target, "camera")
