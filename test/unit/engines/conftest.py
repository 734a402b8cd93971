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

"""What the tests of engines share: a trunk that is small enough to make anew."""

import importlib.util

import numpy as np
import pytest

from frankmocap_ros.engines.base import EngineOptions, Trunk


def _build(dtype):
    import torch

    class Small(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(1)
            self.first = torch.nn.Conv2d(3, 16, 3, 2, 1)
            self.second = torch.nn.Conv2d(16, 32, 3, 2, 1)
            self.third = torch.nn.Conv2d(32, 32, 3, 1, 1)
            self.to(dtype).eval().requires_grad_(False)

        def forward(self, crops):
            y = (crops.to(torch.float32) / 127.5 - 1.0).permute(0, 3, 1, 2).to(dtype)
            y = torch.relu(self.second(torch.relu(self.first(y))))
            return (torch.relu(self.third(y)) + y).mean((2, 3)).to(torch.float32)

    return Small()


@pytest.fixture(scope="session")
def needs():
    """Skips where a package is not installed, without importing it: OpenVINO tells its maker of imports."""

    def check(*packages):
        for package in packages:
            if importlib.util.find_spec(package) is None:
                pytest.skip(f"{package} is not installed: what runs on it was not tested")

    return check


@pytest.fixture
def trunk(needs):
    needs("torch")
    return Trunk(_build, "5" * 64, outputs=32, side_px=32)


@pytest.fixture
def options(tmp_path):
    """On the CPU, with a cache of the test's own."""
    return EngineOptions(device="cpu", cache=tmp_path / "engines", largest=4)


@pytest.fixture(scope="session")
def shared_options(tmp_path_factory):
    """As ``options``, for tests that leave the cache as they find it."""
    return EngineOptions(device="cpu", cache=tmp_path_factory.mktemp("engines"), largest=4)


@pytest.fixture(scope="session")
def crops():
    """Soft and hard pictures, 16 of 32 x 32."""
    rng = np.random.default_rng(3)
    blocks = rng.integers(0, 256, (16, 4, 4, 3), np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    return blocks // 2 + rng.integers(0, 128, (16, 32, 32, 3), np.uint8)


@pytest.fixture
def expected(trunk, crops):
    """Features in float32."""
    import torch

    return trunk.build(torch.float32)(torch.from_numpy(crops)).numpy()
