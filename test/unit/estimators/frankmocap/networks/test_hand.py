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

"""The hand regressor against the original, in one batch, folded and not, and files that are not its own."""

import numpy as np
import pytest

from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators.frankmocap.hand_crop import hand_crop, unmirrored
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_to_matrix

torch = pytest.importorskip("torch", reason="the networks need torch")

from frankmocap_ros.engines.base import EngineOptions  # noqa: E402
from frankmocap_ros.engines.torch import TorchEngine  # noqa: E402
from frankmocap_ros.estimators.frankmocap.networks.folded_head import Affine, fold  # noqa: E402
from frankmocap_ros.estimators.frankmocap.networks.hand import HandNetwork, load_hand  # noqa: E402
from frankmocap_ros.estimators.frankmocap.networks.hand_head import ARRAYS, folded_head, parameters, start_of  # noqa: E402
from frankmocap_ros.estimators.frankmocap.trunks import hand_trunk  # noqa: E402

PARTS = {"camera": slice(0, 3), "wrist": slice(3, 6), "fingers": slice(6, 51), "betas": slice(51, 61)}


@pytest.fixture(scope="module")
def weights(golden_weights):
    return golden_weights("hand")


@pytest.fixture(scope="module")
def mean_mano(golden):
    """The file's arrays; its wrist and its shape are not what the head starts from."""
    pose = np.concatenate([np.ones(3), golden["hand_mean_params"][6:51]])
    return {"mean_pose": pose.astype(np.float32), "mean_shape": np.ones(10, np.float32)}


@pytest.fixture(scope="module")
def regressor(weights, mean_mano):
    return HandRegressor(weights, mean_mano)


@pytest.fixture(scope="module")
def values(golden, regressor):
    """What it says of the original's crops, shape (N, 61)."""
    return regressor.values(golden["hand_crops_bgr"])


class HandRegressor:
    """Trunk and head together."""

    def __init__(self, weights, mean_mano, precision="fp32"):
        self.head = folded_head({key: weights[key] for key in ARRAYS if key in weights}, mean_mano)
        trunk = hand_trunk(lambda: load_hand(weights), "test")
        self.engine = TorchEngine(trunk, precision, EngineOptions(device="cpu"))

    def values(self, crops):
        return self.head(self.engine(crops))

    def __call__(self, crops):
        return parameters(self.values(crops))


def random_network(seed, gain):
    """A network whose head is not small, and features for it."""
    torch.manual_seed(seed)
    network = HandNetwork()
    network.requires_grad_(False)
    network.regressor[0].weight.normal_(0.0, gain)
    network.regressor[0].bias.normal_(0.0, gain)
    return network, torch.randn(8, 1024).relu(), torch.randn(61)


def test_parameters_of_the_original(golden, values, relative_error):
    found, expected = values, golden["hand_params_raw"]
    for part in PARTS.values():
        assert relative_error(found[:, part], expected[:, part]) < 1e-4
    # the crops differ, and so must what is said of them: agreement is not the mean's alone
    assert np.ptp(expected, axis=0).max() > 0.01
    np.testing.assert_allclose(np.ptp(found, axis=0), np.ptp(expected, axis=0), atol=1e-5)


def test_parameters_by_name(golden, values):
    found = parameters(values)
    expected = golden["hand_params_raw"]
    n = len(expected)
    assert found.fingers.shape == (n, 15, 3)
    for name, array in (
        ("camera", found.camera),
        ("wrist", found.wrist_axis_angle),
        ("fingers", found.fingers.reshape(n, 45)),
        ("betas", found.betas),
    ):
        assert array.dtype == np.float64
        np.testing.assert_allclose(array, expected[:, PARTS[name]], atol=1e-4)


def test_from_the_frame_to_the_parameters(golden, regressor, relative_error):
    crops = [
        hand_crop(golden["frame_bgr"], box, bool(is_left))
        for box, is_left in zip(golden["hand_boxes_xywh"], golden["hand_is_left"], strict=True)
    ]
    found = regressor.values(np.stack([crop.pixels for crop in crops]))
    assert relative_error(found, golden["hand_params_raw"]) < 1e-4


def test_a_batch_is_its_hands_one_by_one(golden, regressor, values):
    crops = golden["hand_crops_bgr"]
    single = np.concatenate([regressor.values(crops[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(values[:3], single, atol=1e-5)


def test_nobody_s_hands(regressor):
    found = regressor(np.empty((0, 224, 224, 3), np.uint8))
    assert found.camera.shape == (0, 3)
    assert found.wrist_axis_angle.shape == (0, 3)
    assert found.fingers.shape == (0, 15, 3)
    assert found.betas.shape == (0, 10)


def test_crops_may_be_views(golden, regressor):
    crops = golden["hand_crops_bgr"].copy()
    crops.flags.writeable = False
    expected = regressor.values(crops[:2, :, ::-1].copy())
    np.testing.assert_array_equal(regressor.values(crops[:2, :, ::-1]), expected)


@pytest.mark.parametrize(
    "crops",
    [
        np.zeros((1, 224, 224, 3), np.float32),
        np.zeros((224, 224, 3), np.uint8),
        np.zeros((1, 3, 224, 224), np.uint8),
    ],
)
def test_crops_of_another_kind(regressor, crops):
    with pytest.raises(EstimatorError, match="expected uint8 of shape"):
        regressor(crops)


def test_a_mirrored_pair_has_mirrored_rotations(golden, regressor):
    frame, box = golden["frame_bgr"], (160, 100, 60, 48)
    mirrored_box = (frame.shape[1] - 220, 100, 60, 48)
    crops = [hand_crop(frame, box, True), hand_crop(frame[:, ::-1], mirrored_box, False)]
    found = unmirrored(regressor(np.stack([c.pixels for c in crops])), np.array([c.is_left for c in crops]))
    mirror = np.diag([-1.0, 1.0, 1.0])
    for rotvec in (found.wrist_axis_angle, found.fingers):
        left, right = quat_to_matrix(quat_from_rotvec(rotvec))
        np.testing.assert_allclose(left, mirror @ right @ mirror, atol=1e-3)
    assert np.abs(found.fingers[0] - found.fingers[1]).max() > 0.01
    np.testing.assert_allclose(found.camera[0], found.camera[1] * (1.0, -1.0, 1.0), atol=1e-3)


@pytest.mark.parametrize("gain", [1e-3, 1e-2])
def test_folded_is_unfolded(gain):
    network, feature, start = random_network(1, gain)
    unfolded = network.unfolded(feature, start).numpy()
    layer = network.regressor[0]
    head = fold([Affine(layer.weight.numpy(), layer.bias.numpy())], start.numpy())
    folded = head(feature.numpy())
    assert np.abs(unfolded - start.numpy()).max() > 10 * gain
    assert np.abs(folded - unfolded).max() <= 1e-5 * np.abs(unfolded).max()
    assert folded.dtype == np.float32


def test_folded_is_unfolded_on_stand_in_weights(golden, weights, mean_mano, relative_error):
    network, start = load_hand(weights), torch.from_numpy(start_of(mean_mano))
    with torch.inference_mode():
        crops = torch.from_numpy(golden["hand_crops_bgr"][:1])
        feature = network.encode((crops / 127.5 - 1.0).permute(0, 3, 1, 2))
        unfolded = network.unfolded(feature, start).numpy()
        folded = folded_head(weights, mean_mano)(feature.numpy())
    assert np.abs(folded - unfolded).max() <= 1e-5
    assert relative_error(folded, golden["hand_params_raw"][:1]) < 1e-4


def test_start(golden, mean_mano):
    np.testing.assert_array_equal(start_of(mean_mano), golden["hand_mean_params"])


@pytest.mark.parametrize("mean", [{}, {"mean_pose": np.zeros(45, np.float32)}])
def test_start_of_another_file(mean):
    with pytest.raises(AssetError, match=r"mean\.pkl: mean_pose .* expected 48"):
        start_of(mean, "mean.pkl")


def test_half_precision_is_close_and_the_head_stays_whole(golden, weights, mean_mano, values):
    half = HandRegressor(weights, mean_mano, "bf16")
    found, expected = half.values(golden["hand_crops_bgr"][:3]), values[:3]
    difference = np.abs(found - expected).max()
    print(f"bfloat16 against float32: largest difference of a parameter {difference:.5f}")
    assert found.dtype == np.float32
    assert 0.0 < difference < 0.02
    # a head in bfloat16 could give only what bfloat16 can hold
    held = torch.from_numpy(found).bfloat16().float().numpy()
    assert (held != found).mean() > 0.5


def test_key_names_are_those_of_the_checkpoint(weights):
    assert set(HandNetwork().state_dict()) == set(weights)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("main_encoder.fc1.weight", None),
        ("regressor.0.bias", None),
        ("feat_encoder.0.weight", np.zeros(3, np.float32)),
        ("feat_encoder.1.weight", np.zeros((1024, 1), np.float32)),
    ],
)
def test_a_checkpoint_of_something_else_names_the_key(weights, mean_mano, key, change):
    other = dict(weights)
    if change is None:
        del other[key]
    else:
        other[key] = change
    with pytest.raises(AssetError, match=key):
        HandRegressor(other, mean_mano)
