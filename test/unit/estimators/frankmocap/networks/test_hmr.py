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

"""The body regressor against the original, and its strict loading."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.engines.torch import TorchEngine
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.frankmocap.networks.body_head import (
    ARRAYS,
    folded_head,
    parameters,
    rotations_from_6d,
    start_of,
)
from frankmocap_ros.estimators.frankmocap.networks.folded_head import Affine, fold, iterate
from frankmocap_ros.estimators.frankmocap.networks.hmr import Hmr, load_hmr
from frankmocap_ros.estimators.frankmocap.networks.resnet import without_batch_norms
from frankmocap_ros.estimators.frankmocap.trunks import body_trunk
from frankmocap_ros.runtime.machine import has_bf16


@pytest.fixture(scope="module")
def weights(golden_weights):
    return golden_weights("body")


@pytest.fixture(scope="module")
def mean(synth):
    return synth.smpl_mean_params()


@pytest.fixture(scope="module")
def network(weights):
    return load_hmr(weights)


@pytest.fixture(scope="module")
def head(weights, mean):
    return folded_head({key: weights[key] for key in ARRAYS if key in weights}, mean)


@pytest.fixture(scope="module")
def features(network, golden, normalized):
    ok = golden["body_crop_ok"]
    with torch.inference_mode():
        return network.features(normalized(torch.from_numpy(golden["body_crops_rgb"][ok])))


def test_features_are_the_originals(features, golden, relative_error):
    assert relative_error(features, golden["body_feature"][golden["body_crop_ok"]]) < 1e-4


def test_parameters_are_the_originals(network, mean, head, features, golden, relative_error):
    ok = golden["body_crop_ok"]
    with torch.inference_mode():
        unfolded = network.unfolded(features, torch.from_numpy(start_of(mean))).numpy()
    for values in (head(features.numpy()), unfolded):
        found = parameters(values)
        assert relative_error(found.rotations, golden["body_rotmat"][ok]) < 1e-4
        assert relative_error(found.betas, golden["body_betas"][ok]) < 1e-4
        assert relative_error(found.camera, golden["body_camera"][ok]) < 1e-4


def test_folded_is_unfolded(network, mean, head, features):
    many = torch.cat([features, 2.0 * torch.rand(64, 2048, generator=torch.Generator().manual_seed(1))])
    with torch.inference_mode():
        unfolded = network.unfolded(many, torch.from_numpy(start_of(mean))).numpy()
    assert np.abs(head(many.numpy()) - unfolded).max() < 1e-5
    assert head.weight.dtype == head.bias.dtype == np.float32


def test_folding_an_affine_map_that_feeds_back_much():
    """With a feedback that is not small, as trained heads have."""
    step = torch.nn.Linear(5 + 4, 4).double()
    for parameter in step.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(2))
    start = torch.tensor([0.5, -1.0, 2.0, 0.1])
    x = torch.rand(8, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    with torch.inference_mode():
        unfolded = iterate(step, x, start.double()).numpy()
        folded = fold([Affine(step.weight.numpy(), step.bias.numpy())], start.numpy())(x.numpy())
    assert np.abs(folded - unfolded).max() < 1e-6 * np.abs(unfolded).max()


def test_the_trunk_in_fp32_and_bf16(weights, golden, features, relative_error):
    """Normalization in the graph, batch norms folded into the convolutions."""
    crops = np.ascontiguousarray(golden["body_crops_rgb"][golden["body_crop_ok"]])
    trunk = body_trunk(lambda: load_hmr(weights), "golden")
    assert relative_error(TorchEngine(trunk, "fp32")(crops), features.numpy()) < 1e-4
    if has_bf16():
        half = TorchEngine(trunk, "bf16")(crops)
        assert half.dtype == np.float32
        assert 1e-6 < relative_error(half, features.numpy()) < 0.05


def test_batch_norms_are_gone():
    network = without_batch_norms(Hmr().eval())
    assert not [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]


def test_missing_unexpected_and_wrong_keys(weights, mean):
    lacking = {k: v for k, v in weights.items() if k != "layer3.2.conv1.weight"}
    with pytest.raises(AssetError, match=r"a\.pt.*missing: layer3\.2\.conv1\.weight"):
        load_hmr(lacking, "a.pt")
    with pytest.raises(AssetError, match=r"not expected: layer5\.0\.weight"):
        load_hmr({**weights, "layer5.0.weight": np.zeros(3, np.float32)})
    with pytest.raises(AssetError, match=r"deccam\.weight has shape \(4, 1024\), expected \(3, 1024\)"):
        load_hmr({**weights, "deccam.weight": np.zeros((4, 1024), np.float32)})
    with pytest.raises(AssetError, match=r"a\.pt: deccam\.weight has shape \(4, 1024\), expected"):
        folded_head({**weights, "deccam.weight": np.zeros((4, 1024), np.float32)}, mean, "a.pt")
    with pytest.raises(AssetError, match=r"a\.pt: fc2\.bias is missing"):
        folded_head({k: v for k, v in weights.items() if k != "fc2.bias"}, mean, "a.pt")
    with pytest.raises(AssetError, match=r"cam is missing"):
        start_of({k: v for k, v in mean.items() if k != "cam"}, "mean.npz")
    with pytest.raises(AssetError, match=r"pose has 143 numbers, expected 144"):
        start_of({**mean, "pose": np.zeros(143)}, "mean.npz")


def test_keys_of_spin(weights, mean):
    """SPIN's checkpoints carry the mean parameters too, which then count."""
    own = {
        "init_pose": mean["pose"][None] * 2,
        "init_shape": mean["shape"][None],
        "init_cam": mean["cam"][None],
    }
    assert start_of(mean, weights={**weights, **own})[0] == 2.0
    doubled = folded_head(weights, {**mean, "pose": mean["pose"] * 2})
    assert np.array_equal(folded_head({**weights, **own}, mean).bias, doubled.bias)
    assert torch.equal(load_hmr({**weights, **own}).fc1.bias, torch.from_numpy(weights["fc1.bias"]))
    with pytest.raises(AssetError, match="init_cam"):
        folded_head({**weights, "init_cam": mean["cam"]}, mean)


@given(st.integers(0, 10**6))
def test_rotations_are_rotations(seed):
    rotations = rotations_from_6d(np.random.default_rng(seed).normal(0, 1, (3, 144)))
    assert rotations.shape == (3, 24, 3, 3)
    assert np.allclose(rotations @ rotations.swapaxes(-1, -2), np.eye(3), atol=1e-9)
    assert np.allclose(np.linalg.det(rotations), 1.0)
    again = rotations[..., :2].reshape(3, 144)  # a rotation's own first two columns, row by row
    assert np.allclose(rotations_from_6d(again), rotations, atol=1e-12)
