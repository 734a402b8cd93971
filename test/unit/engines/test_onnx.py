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

"""ONNX files and ONNX Runtime."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.engines import onnxruntime as engine_module
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.export import onnx_file
from frankmocap_ros.engines.onnxruntime import OnnxRuntimeEngine
from frankmocap_ros.errors import EstimatorError, MissingDependencyError


@pytest.fixture
def onnx(needs):
    """Asked for by tests that write ONNX."""
    needs("onnx", "onnxscript")


@pytest.fixture
def onnxruntime(needs):
    """Asked for by tests that run it."""
    needs("onnx", "onnxscript", "onnxruntime")


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_float32(onnxruntime, trunk, shared_options, crops, expected, n):
    engine = OnnxRuntimeEngine(trunk, "fp32", shared_options)
    assert (engine.name, engine.device, engine.provider) == ("onnxruntime", "cpu", "cpu")
    found = engine(crops[:n])
    assert found.shape == (n, 32)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected[:n], atol=1e-4 * expected.max())


def test_exported_once_and_again_where_the_file_is_damaged(onnx, trunk, options, capfd):
    told = []
    options = EngineOptions(device="cpu", cache=options.cache, tell=told.append)
    path = onnx_file(trunk, "fp32", options)
    content = path.read_bytes()
    assert onnx_file(trunk, "fp32", options) == path
    assert len(told) == 1
    path.write_bytes(content[:-1])
    onnx_file(trunk, "fp32", options)
    assert len(told) == 2
    assert len(path.read_bytes()) == len(content)
    assert capfd.readouterr().out == ""


def test_half_precision_is_in_the_file(onnx, trunk, options):
    import onnx as package

    model = package.load(onnx_file(trunk, "fp16", options))
    types_of = {tensor.data_type for tensor in model.graph.initializer if len(tensor.dims) == 4}
    assert types_of == {package.TensorProto.FLOAT16}
    assert model.graph.input[0].type.tensor_type.elem_type == package.TensorProto.UINT8
    assert model.graph.output[0].type.tensor_type.elem_type == package.TensorProto.FLOAT
    with pytest.raises(EstimatorError, match=r"no int8; allowed: fp32 \| bf16 \| fp16"):
        onnx_file(trunk, "int8", options)


def test_what_writes_onnx_is_not_installed(trunk, options, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(
        MissingDependencyError, match=r"onnxscript.*pip install 'frankmocap_ros\[onnxruntime\]'"
    ):
        onnx_file(trunk, "fp32", options)
    assert not list(options.cache.glob("*onnx*"))


def test_onnxruntime_that_is_not_installed(trunk, options, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'frankmocap_ros\[onnxruntime\]'"):
        OnnxRuntimeEngine(trunk, "fp32", options)


@pytest.mark.parametrize(
    ("precision", "provider", "text"),
    [
        ("bf16", "auto", "no bf16 on cpu; allowed: fp32"),
        ("fp32", "directml", r"'directml' is not known; allowed: auto \| cpu \| cuda \| tensorrt"),
    ],
)
def test_what_onnxruntime_cannot_do(onnxruntime, trunk, options, precision, provider, text):
    with pytest.raises(EstimatorError, match=text):
        OnnxRuntimeEngine(trunk, precision, options, provider)


class FakeRuntime:
    """An ONNX Runtime that lists providers and loads others, as where CUDA's libraries are missing."""

    cuda_version, __version__, __file__ = "12.8", "1.30.0", "/nowhere/onnxruntime/__init__.py"

    def __init__(self, listed, loaded, fails=None):
        self.listed, self.loaded, self.fails = listed, loaded, fails
        self.entries, self.providers, self.keywords, self.may_fall_back = {}, [], {}, True
        self.runs = []

    def get_available_providers(self):
        return self.listed

    def SessionOptions(self):  # noqa: N802
        return types.SimpleNamespace(add_session_config_entry=self.entries.__setitem__)

    def InferenceSession(self, _file, _settings, providers, **keywords):  # noqa: N802
        self.providers, self.keywords = providers, keywords
        if self.fails:
            raise self.fails
        return self

    def disable_fallback(self):
        self.may_fall_back = False

    def get_providers(self):
        return self.loaded

    def run(self, _names, given):
        if self.fails:
            raise self.fails
        crops = given["crops"]
        self.runs.append(len(crops))
        return [np.zeros((len(crops), 32), np.float32)]


def pretend(monkeypatch, listed, loaded, fails=None):
    """Have engines find such an ONNX Runtime beside a torch for CUDA 12.6; returns it."""
    fake = FakeRuntime(listed, loaded, fails)
    monkeypatch.setattr(engine_module, "load_onnxruntime", lambda: fake)
    monkeypatch.setattr(
        engine_module, "chosen_device", lambda device, _: "cuda" if device != "cpu" else "cpu"
    )
    torch = types.SimpleNamespace(version=types.SimpleNamespace(cuda="12.6"))
    monkeypatch.setattr(engine_module, "load_torch", lambda _: torch)
    monkeypatch.setattr(engine_module, "load_tensorrt", lambda: types.SimpleNamespace(__version__="10.9.0"))
    monkeypatch.setattr(engine_module, "onnx_file", lambda *_: "file")
    return fake


CPU, CUDA, TENSORRT = (f"{name}ExecutionProvider" for name in ("CPU", "CUDA", "Tensorrt"))


def test_a_provider_that_is_not_there_is_an_error(trunk, options, monkeypatch):
    on_gpu = EngineOptions(device="cuda", cache=options.cache)
    pretend(monkeypatch, [CPU], [CPU])
    with pytest.raises(EstimatorError, match=r"no CUDAExecutionProvider .*pip install onnxruntime-gpu"):
        OnnxRuntimeEngine(trunk, "fp32", on_gpu)
    # listed, but it falls back to the CPU in silence
    pretend(monkeypatch, [CUDA, CPU], [CPU])
    with pytest.raises(EstimatorError, match="could not load its CUDAExecutionProvider"):
        OnnxRuntimeEngine(trunk, "fp32", on_gpu)
    pretend(monkeypatch, [TENSORRT, CUDA, CPU], [TENSORRT, CUDA, CPU])
    assert OnnxRuntimeEngine(trunk, "fp16", on_gpu, "tensorrt").device == "cuda (tensorrt)"
    with pytest.raises(EstimatorError, match="no fp32 on tensorrt; allowed: fp16"):
        OnnxRuntimeEngine(trunk, "fp32", on_gpu, "tensorrt")
    with pytest.raises(EstimatorError, match="cuda does not run on device cpu"):
        OnnxRuntimeEngine(trunk, "fp32", options, "cuda")


def test_nothing_falls_back_to_the_cpu(trunk, options, monkeypatch):
    """By itself ONNX Runtime does so in the session's making, for each node, and in every run."""
    fake = pretend(monkeypatch, [CUDA, CPU], [CUDA, CPU])
    OnnxRuntimeEngine(trunk, "fp16", EngineOptions(device="cuda", cache=options.cache))
    assert fake.entries["session.disable_cpu_ep_fallback"] == "1"
    assert fake.keywords == {"enable_fallback": 0}
    assert not fake.may_fall_back
    fake = pretend(monkeypatch, [CPU], [CPU])
    OnnxRuntimeEngine(trunk, "fp32", options)
    assert "session.disable_cpu_ep_fallback" not in fake.entries


def test_this_onnxruntime_knows_what_is_asked_of_it(onnxruntime, trunk, shared_options):
    engine = OnnxRuntimeEngine(trunk, "fp32", shared_options)
    assert engine._session._enable_fallback is False


def test_errors_of_a_session_and_of_a_run_are_in_words(trunk, options, crops, monkeypatch):
    on_gpu = EngineOptions(device="cuda", cache=options.cache)
    pretend(monkeypatch, [CUDA, CPU], [CUDA, CPU], fails=RuntimeError("cudaErrorInsufficientDriver"))
    text = r"onnxruntime fails on the GPU \(RuntimeError: cudaErrorInsufficientDriver\); the driver.*set eng"
    with pytest.raises(EstimatorError, match=text):
        OnnxRuntimeEngine(trunk, "fp16", on_gpu)
    fake = pretend(monkeypatch, [CUDA, CPU], [CUDA, CPU])
    engine = OnnxRuntimeEngine(trunk, "fp16", on_gpu)
    fake.fails = MemoryError("out of memory")
    with pytest.raises(
        EstimatorError, match=r"\(MemoryError: out of memory\); the GPU's memory does not suffice: see"
    ):
        engine(crops[:1])


def test_an_onnxruntime_for_another_cuda_than_torch(trunk, options, monkeypatch):
    fake = pretend(monkeypatch, [CUDA, CPU], [CUDA, CPU])
    fake.cuda_version = "13.0"
    with pytest.raises(
        EstimatorError, match=r"1\.30\.0 is made for CUDA 13\.0 and torch for CUDA 12\.6; install"
    ):
        OnnxRuntimeEngine(trunk, "fp16", EngineOptions(device="cuda", cache=options.cache))


def tensorrt_options(monkeypatch, trunk, options):
    fake = pretend(monkeypatch, [TENSORRT, CUDA, CPU], [TENSORRT])
    OnnxRuntimeEngine(trunk, "fp16", options, "tensorrt")
    return fake.providers[0][1]


def test_engines_of_other_weights_are_never_loaded(trunk, options, monkeypatch):
    """The provider names its engines by file and nodes, which SMPL and SMPL-X have in common."""
    on_gpu = EngineOptions(device="cuda", cache=options.cache, batch=2, largest=4)
    others = [replace(trunk, key="6" * 64)]
    changes = [replace(on_gpu, batch=3), replace(on_gpu, largest=8)]
    cases = [
        (trunk, on_gpu),
        *((other, on_gpu) for other in others),
        *((trunk, change) for change in changes),
    ]
    found = [tensorrt_options(monkeypatch, *case)["trt_engine_cache_path"] for case in cases]
    assert len(set(found)) == len(cases)
    monkeypatch.setattr(engine_module, "versions", lambda _: {"tensorrt": "10.10"})
    assert tensorrt_options(monkeypatch, trunk, on_gpu)["trt_engine_cache_path"] not in found


def test_one_engine_is_for_all_numbers_of_crops(trunk, options, crops, monkeypatch):
    """Otherwise the provider builds anew, for minutes, at the first frame with more people."""
    on_gpu = EngineOptions(device="cuda", cache=options.cache, batch=2, largest=4)
    found = tensorrt_options(monkeypatch, trunk, on_gpu)
    assert [found[f"trt_profile_{which}_shapes"] for which in ("min", "opt", "max")] == [
        "crops:1x32x32x3", "crops:2x32x32x3", "crops:4x32x32x3",
    ]  # fmt: skip
    fake = pretend(monkeypatch, [TENSORRT, CUDA, CPU], [TENSORRT])
    engine = OnnxRuntimeEngine(trunk, "fp16", on_gpu, "tensorrt")
    assert engine(crops[:9]).shape == (9, 32)
    assert fake.runs == [3, 3, 3]
