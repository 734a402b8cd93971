"""ONNX files, ONNX Runtime, and what TensorRT says where it cannot run."""

import sys
import types

import numpy as np
import pytest

from frankmocap_ros.engines import onnxruntime as engine_module
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.export import onnx_file
from frankmocap_ros.engines.onnxruntime import OnnxRuntimeEngine
from frankmocap_ros.engines.tensorrt import TensorRtEngine, load_tensorrt
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


def pretend(monkeypatch, listed, loaded):
    """An ONNX Runtime that lists providers and loads others, as where CUDA's libraries are missing."""
    session = types.SimpleNamespace(get_providers=lambda: loaded)
    settings = types.SimpleNamespace(add_session_config_entry=lambda *_: None)
    fake = types.SimpleNamespace(
        get_available_providers=lambda: listed,
        SessionOptions=lambda: settings,
        InferenceSession=lambda *_, **__: session,
    )
    monkeypatch.setattr(engine_module, "load_onnxruntime", lambda: fake)
    monkeypatch.setattr(
        engine_module, "chosen_device", lambda device, _: "cuda" if device != "cpu" else "cpu"
    )
    monkeypatch.setattr(engine_module, "onnx_file", lambda *_: "file")


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


def test_tensorrt_without_a_gpu(trunk, options):
    with pytest.raises(EstimatorError, match="tensorrt needs device cuda; allowed on a CPU: torch"):
        TensorRtEngine(trunk, "fp16", options)
    with pytest.raises(EstimatorError, match=r"no int8; allowed: fp32 \| bf16 \| fp16"):
        TensorRtEngine(trunk, "int8", options)


def test_tensorrt_that_is_absent_or_too_old(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(MissingDependencyError, match="pip install tensorrt"):
        load_tensorrt()
    old = types.ModuleType("tensorrt")
    old.__version__, old.__spec__ = "8.6.1", types.SimpleNamespace()
    monkeypatch.setitem(sys.modules, "tensorrt", old)
    with pytest.raises(EstimatorError, match="is too old; run: pip install 'tensorrt>=10'"):
        load_tensorrt()
    old.__version__ = "10.0.1"
    assert load_tensorrt() is old


def test_tensorrt_agrees_on_a_gpu(needs, onnx, trunk, options, crops, expected, relative_error):
    needs("tensorrt")
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA here: TensorRT did not run")
    options = EngineOptions(device="cuda", cache=options.cache, largest=4)
    for precision, far in (("fp32", 1e-4), ("fp16", 0.01), ("bf16", 0.03)):
        engine = TensorRtEngine(trunk, precision, options)
        for n in (1, 4, 2, 9, 0):
            assert engine(crops[:n]).shape == (n, 32)
        assert relative_error(engine(crops), expected) < far
