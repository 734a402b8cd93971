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

"""What all engines have in common, trunks, and torch's engine."""

import copy
import re
import sys

import numpy as np
import pytest

from frankmocap_ros.engines import base
from frankmocap_ros.engines import torch as torch_engine
from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk, warm_up
from frankmocap_ros.engines.torch import TorchEngine, chosen_device
from frankmocap_ros.errors import EstimatorError, MissingDependencyError
from frankmocap_ros.estimators.frankmocap.int8_notes import weights_key
from frankmocap_ros.estimators.frankmocap.trunks import body_trunk, hand_trunk
from frankmocap_ros.runtime import machine

HAS_BF16 = pytest.mark.skipif(not machine.has_bf16(), reason="this CPU has no bfloat16")


def cuda():
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA here: graphs and half precision did not run")


class Counting(CheckedEngine):
    """Writes down how many crops it was given."""

    name = "counting"

    def __init__(self):
        super().__init__(Trunk(lambda _: None, "", 2, 8), "fp32", "cpu")
        self.seen, self.released = [], 0

    def _features(self, crops):
        assert crops.flags.c_contiguous
        self.seen.append(len(crops))
        return np.zeros((len(crops), 2), np.float32)

    def _release(self):
        self.released += 1


@pytest.mark.parametrize(
    "crops",
    [
        np.zeros((1, 8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((1, 3, 8, 8), np.uint8),
        np.zeros((0, 8, 9, 3), np.uint8),
    ],
)
def test_other_crops_are_refused(crops):
    engine = Counting()
    with pytest.raises(
        EstimatorError, match=re.escape(f"{crops.shape}, expected uint8 of shape (N, 8, 8, 3)")
    ):
        engine(crops)
    assert engine.seen == []


def test_no_crops_need_no_run():
    engine = Counting()
    features = engine(np.zeros((0, 8, 8, 3), np.uint8))
    assert features.shape == (0, 2)
    assert features.dtype == np.float32
    assert engine.seen == []


def test_views_are_made_whole():
    engine = Counting()
    engine(np.zeros((2, 8, 8, 6), np.uint8)[..., ::2])
    assert engine.seen == [2]


def test_a_closed_engine_says_so():
    engine = Counting()
    engine.close()
    engine.close()
    assert engine.released == 1
    with pytest.raises(EstimatorError, match="closed"):
        engine(np.zeros((1, 8, 8, 3), np.uint8))


def test_warming_up_runs_every_number_of_crops():
    engine = Counting()
    warm_up(engine, Trunk(lambda _: None, "", 2, 8), 4)
    assert engine.seen == [1, 2, 3, 4]


def test_cores_are_those_of_this_process_and_its_container(monkeypatch, tmp_path):
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(8)))
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(machine, "_QUOTA", quota)
    assert machine.cores() == 8
    for text, expected in (("max 100000", 8), ("250000 100000", 3), ("1000 100000", 1), ("rubbish", 8)):
        quota.write_text(text)
        assert machine.cores() == expected


def test_what_the_kernel_says_of_the_cpu(monkeypatch, tmp_path):
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "_CPUINFO", info)
    info.write_text("cpu family\t: 25\nmodel\t\t: 17\nmodel name\t: Fast One\nflags\t\t: fpu avx512_bf16\n")
    assert machine.cpu_name() == "Fast One 25 17"
    assert machine.has_bf16()
    info.write_text("model name\t: avx512_bf16\nflags\t: fpu avx512_bf16x\n")
    assert not machine.has_bf16()
    info.unlink()
    assert not machine.has_bf16()
    assert machine.cpu_name()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks for Linux's drivers")
@pytest.mark.parametrize(("nvidia", "amd"), [(False, False), (True, False), (False, True)])
def test_without_a_driver_torch_is_not_asked_for_a_gpu(monkeypatch, tmp_path, nvidia, amd):
    torch = pytest.importorskip("torch")  # before: its import loads libraries too

    def load(name):
        if not nvidia:
            raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(machine.ctypes, "CDLL", load)
    monkeypatch.setattr(machine, "_AMD", tmp_path if amd else tmp_path / "absent")
    assert machine.may_have_gpu() == (nvidia or amd)
    asked = []
    monkeypatch.setattr(torch_engine, "load_torch", lambda engine: asked.append(engine) or torch)
    chosen_device("auto")
    assert asked == (["torch"] if nvidia or amd else [])


def test_versions_are_of_what_is_installed():
    assert set(machine.versions(["numpy", "no-such-package"])) == {"numpy"}


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_torch_in_float32(trunk, options, crops, expected, n):
    found = TorchEngine(trunk, "fp32", options)(crops[:n])
    assert found.shape == (n, 32)
    np.testing.assert_allclose(found, expected[:n], atol=1e-5 * expected.max())


@HAS_BF16
def test_torch_in_bfloat16(trunk, options, crops, expected, relative_error):
    found = TorchEngine(trunk, "bf16", options)(crops)
    assert found.dtype == np.float32
    assert 1e-5 < relative_error(found, expected) < 0.03


def test_features_are_not_buffers_of_the_engine(trunk, options, crops):
    engine = TorchEngine(trunk, "fp32", options)
    first = engine(crops[:1])
    before = first.copy()
    engine(crops[1:2])
    np.testing.assert_array_equal(first, before)


def test_read_only_crops_run_without_a_warning(trunk, options, crops, recwarn):
    frozen = crops.copy()
    frozen.flags.writeable = False
    TorchEngine(trunk, "fp32", options)(frozen)
    assert not recwarn.list


def test_threads_of_torch(trunk, options):
    import torch

    before = torch.get_num_threads()
    try:
        TorchEngine(trunk, "fp32", EngineOptions(device="cpu", threads=1, cache=options.cache))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("precision", "mode", "text"),
    [
        ("int8", "auto", "torch has no int8; allowed: fp32 | bf16 | fp16"),
        ("fp16", "auto", "fp16 needs device cuda"),
        ("fp32", "graph", "graph needs device cuda"),
        ("fp32", "fast", "allowed: auto | eager | compile"),
    ],
)
def test_what_torch_cannot_do_on_a_cpu(trunk, options, precision, mode, text):
    with pytest.raises(EstimatorError, match=re.escape(text)):
        TorchEngine(trunk, precision, options, mode)


def test_bfloat16_is_refused_where_the_cpu_has_none(trunk, options, monkeypatch):
    monkeypatch.setattr(base, "has_bf16", lambda: False)
    with pytest.raises(EstimatorError, match="no bfloat16; allowed: auto"):
        TorchEngine(trunk, "bf16", options)


def test_devices_that_are_not_there(trunk, options):
    import torch

    with pytest.raises(EstimatorError, match="'tpu' is not known; allowed: auto"):
        TorchEngine(trunk, "fp32", EngineOptions(device="tpu", cache=options.cache))
    if not torch.cuda.is_available():
        with pytest.raises(EstimatorError, match=r"cuda is not there .* nvidia-smi"):
            TorchEngine(trunk, "fp32", EngineOptions(device="cuda", cache=options.cache))


def test_torch_that_is_not_installed(options, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=re.escape("pip install 'frankmocap_ros[torch]'")):
        TorchEngine(Trunk(lambda _: None, "", 2, 8), "fp32", options)


@pytest.mark.parametrize("mode", ["eager", "graph", "compile+graph"])
@pytest.mark.parametrize(("precision", "far"), [("fp32", 1e-4), ("fp16", 0.01), ("bf16", 0.03)])
def test_torch_on_a_gpu(trunk, options, crops, expected, relative_error, mode, precision, far):
    cuda()
    engine = TorchEngine(trunk, precision, EngineOptions(device="cuda", cache=options.cache), mode)
    for n in (1, 4, 2, 1, 16):
        assert relative_error(engine(crops[:n]), expected[:n]) < far


def test_key_of_weights():
    key = weights_key("body", "ab12")
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert weights_key("body", "ab12") == key
    assert len({key, weights_key("hand", "ab12"), weights_key("body", "ab13")}) == 3


@pytest.fixture(scope="module")
def photograph():
    return np.random.default_rng(5).integers(0, 256, (1, 224, 224, 3), np.uint8)


def test_trunk_of_the_body(needs, photograph, normalized, relative_error):
    needs("torch")
    import torch

    from frankmocap_ros.estimators.frankmocap.networks.resnet import ResNet50

    torch.manual_seed(0)
    network = ResNet50().eval().requires_grad_(False)
    network.bn1.running_var.fill_(0.3)
    network.bn1.running_mean.fill_(0.1)
    trunk = body_trunk(lambda: copy.deepcopy(network), "k")
    pixels = torch.from_numpy(photograph)
    expected = network.features(normalized(pixels)).numpy()
    assert (trunk.outputs, trunk.side_px) == (2048, 224)
    assert relative_error(trunk.build(torch.float32)(pixels).numpy(), expected) < 1e-5
    half = trunk.build(torch.bfloat16)
    assert half.network.conv1.weight.dtype == torch.bfloat16
    assert half.mean.dtype == half.deviation.dtype == torch.float32
    assert half(pixels).dtype == torch.float32


def test_trunk_of_the_hand(needs, photograph, relative_error):
    needs("torch")
    import torch

    from frankmocap_ros.estimators.frankmocap.networks.hand import HandNetwork

    torch.manual_seed(0)
    network = HandNetwork().eval().requires_grad_(False)
    trunk = hand_trunk(lambda: copy.deepcopy(network), "k")
    pixels = torch.from_numpy(photograph)
    found = trunk.build(torch.float32)(pixels).numpy()
    assert found.shape == (1, trunk.outputs) == (1, 1024)
    assert relative_error(found, network.encode((pixels / 127.5 - 1.0).permute(0, 3, 1, 2)).numpy()) < 1e-5


def test_memory_of_a_gpu_that_does_not_suffice_is_told(trunk, options, crops, monkeypatch):
    engine = TorchEngine(trunk, "fp32", options)
    engine._device = "cuda"

    def full(_):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    engine._eagerly = full
    with pytest.raises(
        EstimatorError, match=r"torch fails on the GPU .*2\.00 GiB.*does not suffice: see nvidia-smi"
    ):
        engine(crops[:1])
