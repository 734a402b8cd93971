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

"""Networks that torch compiles: every size, each network by itself, never eager without a word."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: compiled networks were not tested")

from frankmocap_ros.engines import torch as torch_engine  # noqa: E402
from frankmocap_ros.engines.compiled import CompiledNetwork  # noqa: E402
from frankmocap_ros.engines.torch import TorchEngine  # noqa: E402
from frankmocap_ros.errors import EstimatorError  # noqa: E402


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.rand(3), requires_grad=False)

    def forward(self, crops):
        return crops.to(torch.float32).mean((1, 2)) * self.scale


def crops(n):
    return torch.arange(n * 12, dtype=torch.uint8).reshape(n, 2, 2, 3)


def test_every_size_is_compiled_for_each_of_several_networks():
    """Torch by itself stops at 8 in all, and runs the others eagerly."""
    for _ in range(3):
        network = Network()
        compiled = CompiledNetwork(network, "eager")
        with torch.inference_mode():
            for n in (*range(1, 13), 3, 12):
                torch.testing.assert_close(compiled(crops(n)), network(crops(n)))
        assert compiled.sizes == tuple(range(1, 13))


def test_a_size_that_torch_does_not_compile_is_an_error(monkeypatch):
    compiled = CompiledNetwork(Network(), "eager")
    compiled(crops(1))
    monkeypatch.setattr(compiled, "_run", lambda pixels: pixels)
    with pytest.raises(EstimatorError, match=r"2 crops without compiling them; compiled are \(1,\), allowed"):
        compiled(crops(2))


def test_an_engine_says_what_was_compiled(trunk, options, crops, expected, monkeypatch):
    monkeypatch.setattr(torch_engine, "CompiledNetwork", lambda module: CompiledNetwork(module, "eager"))
    engine = TorchEngine(trunk, "fp32", options, "compile")
    assert engine.compiled == ()
    for n in (2, 1, 2):
        found = engine(crops[:n])
        assert abs(found - expected[:n]).max() < 1e-4 * expected.max()
    assert engine.compiled == (1, 2)
    assert TorchEngine(trunk, "fp32", options).compiled == ()
