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

"""Errors of joints, in millimeters."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.joint_error import JointError, limits_text
from frankmocap_ros.body.skeleton import BODY, FINGERS
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.frankmocap.joint_error import body_joints, hand_joints, joint_error, joints_of
from frankmocap_ros.estimators.frankmocap.networks.smpl import SMPLX, JointModel

IDENTITY_6D = np.tile([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 24)


def model(skeleton):
    """Joints at random places, a shape that moves them, and a mean hand."""
    rng = np.random.default_rng(2)
    n = len(skeleton)
    mean = rng.normal(0.0, 0.3, (2, 15, 3)) if skeleton is SMPLX else np.zeros((2, 15, 3))
    return JointModel(skeleton, rng.normal(0.0, 0.3, (n, 3)), rng.normal(0.0, 0.01, (n, 3, 10)), mean)


def body_values(n=2):
    values = np.zeros((n, 157))
    values[:, :144] = IDENTITY_6D
    return values


def test_of_joints():
    exact = np.zeros((4, 3, 3))
    exact[::2, 1, 0] = 0.2
    found = exact.copy()
    found[0, 0] += (0.003, 0.004, 0.0)
    found[2, 1, 2] -= 0.007
    error = joint_error(found, exact)
    assert error.mean_mm == pytest.approx(12.0 / 12)
    assert error.max_mm == pytest.approx(7.0)
    assert error.moves_mm == pytest.approx(100.0 / 3)
    assert error.crops == 4
    assert error.p99_mm == pytest.approx(7.0)
    assert error.text == "joints differ from fp32 by 1 mm mean, 7 mm p99, 7 mm max over 4 crops"


def test_the_99th_percentile_is_what_one_joint_in_a_hundred_exceeds():
    found = np.zeros((100, 4, 3))
    found[:, 0, 0] = np.linspace(0.001, 0.1, 100)
    error = joint_error(found, np.zeros((100, 4, 3)))
    assert error.p99_mm == pytest.approx(97.0, abs=1.1)
    assert error.max_mm == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("mean_mm", "p99_mm", "fine"),
    [(5.0, 20.0, True), (5.1, 20.0, False), (5.0, 20.1, False), (np.nan, 0.0, False), (0.0, np.inf, False)],
)
def test_limits(mean_mm, p99_mm, fine):
    error = JointError(mean_mm, p99_mm, 1e3, 100.0, 30)
    assert error.within() == fine
    assert not replace(error, mean_mm=4.0, p99_mm=17.0).within(4.0)
    assert limits_text() == "5 mm mean and 20 mm p99"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_no_small_error(value):
    found = np.zeros((2, 3, 3))
    found[1, 2, 0] = value
    error = joint_error(found, np.zeros((2, 3, 3)))
    assert error.mean_mm == error.p99_mm == error.max_mm == np.inf


@pytest.mark.parametrize(("skeleton", "joints"), [(BODY, 24), (SMPLX, 24)])
def test_of_a_body(skeleton, joints):
    """From the root, so that neither camera nor root's place counts; every rotation and the shape do."""
    its = model(skeleton)
    to_joints = body_joints(its)
    values = body_values()
    rest = to_joints(values)
    assert rest.shape == (2, joints, 3)
    np.testing.assert_allclose(rest[0, 1:22], (its.template - its.template[0])[1:22], atol=1e-9)
    values[1, 154:] = 7.0
    assert np.array_equal(to_joints(values), rest)
    for first in range(0, 144, 6):
        turned = body_values()
        turned[0, first : first + 6] = (0.0, -1.0, 1.0, 0.0, 0.0, 0.0)
        moved = np.abs(to_joints(turned) - rest).max(axis=(1, 2))
        joint = first // 6
        moves = joint not in (10, 11, 15, 20, 21, 22, 23) or (skeleton is SMPLX and joint in (20, 21))
        moves = moves or (skeleton is BODY and joint in (20, 21))  # the hands hang on them
        assert (moved[0] > 1e-3) == moves
        assert moved[1] == 0.0
    shaped = body_values()
    shaped[:, 144] = 1.0
    assert np.abs(to_joints(shaped) - rest).max() > 1e-3


def test_of_a_hand():
    """15 joints from the wrist; its turn counts, the shape and the camera do not."""
    its = model(SMPLX)
    to_joints = hand_joints(its)
    values = np.zeros((2, 61))
    mean_hand = to_joints(values)
    assert mean_hand.shape == (2, 15, 3)
    first = SMPLX.index["right_index1"]
    np.testing.assert_allclose(
        mean_hand[0, 0], its.template[first] - its.template[SMPLX.index["right_wrist"]], atol=1e-9
    )
    values[0, 6:51] = -its.hand_mean[1].ravel()  # undone: the flat hand
    flat = to_joints(values)[0]
    np.testing.assert_allclose(
        flat, its.template[first : first + 15] - its.template[SMPLX.index["right_wrist"]], atol=1e-9
    )
    values[0, 3:6] = (0.0, 0.0, np.pi / 2)
    turned = to_joints(values)[0]
    np.testing.assert_allclose(turned, np.stack([-flat[:, 1], flat[:, 0], flat[:, 2]], axis=1), atol=1e-9)
    values[0, :3], values[0, 51:] = 9.0, 3.0
    np.testing.assert_allclose(to_joints(values)[0], turned, atol=1e-12)
    assert len(FINGERS) * 3 == 15


@pytest.mark.parametrize(
    ("key", "numbers", "joints"), [("body_smpl", 157, 24), ("body_smplx", 157, 24), ("hand", 61, 15)]
)
def test_of_each_network(standin, key, numbers, joints):
    from frankmocap_ros.assets.store import AssetStore

    values = np.random.default_rng(0).normal(0.0, 0.5, (3, numbers))
    found = joints_of(AssetStore(standin), key)(values)
    assert found.shape == (3, joints, 3)
    assert np.isfinite(found).all()
    assert 0.01 < np.abs(found).max() < 3.0


def test_no_other_network(tmp_path):
    from frankmocap_ros.assets.store import AssetStore

    with pytest.raises(
        EstimatorError, match=r"'feet' is not known; allowed: body_smpl \| body_smplx \| hand"
    ):
        joints_of(AssetStore(tmp_path), "feet")
