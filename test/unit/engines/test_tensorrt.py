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

"""TensorRT: what it says where it cannot run, and by a stand-in what is built, kept and owned."""

import gc
import sys
import types
import weakref
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: TensorRT was not tested")

from frankmocap_ros.engines import cuda_state, export, tensorrt, tensorrt_plan  # noqa: E402
from frankmocap_ros.engines.base import EngineOptions  # noqa: E402
from frankmocap_ros.engines.tensorrt import TensorRtEngine, load_tensorrt  # noqa: E402
from frankmocap_ros.errors import EstimatorError, MissingDependencyError  # noqa: E402
from support import cuda_stand_in  # noqa: E402


class FakeContext:
    """An execution context: its features are the crops' sums. It knows addresses, not tensors."""

    def __init__(self, trt):
        self.trt, self.at = trt, {}

    def set_device_memory(self, address, size):
        self.trt.memory.append((address, size))

    def set_input_shape(self, name, shape):
        return len(shape) == 4

    def set_tensor_address(self, name, address):
        self.at[name] = address

    def execute_async_v3(self, stream):
        return self.trt.runs


class FakeTensorRt:
    """As the package ``tensorrt``; plans are numbered."""

    __version__ = "10.9.0"
    Logger = type("Logger", (), {"ERROR": 1, "__init__": lambda self, _: None})
    NetworkDefinitionCreationFlag = types.SimpleNamespace(STRONGLY_TYPED=1)
    BuilderFlag = types.SimpleNamespace(TF32=3)
    ExecutionContextAllocationStrategy = types.SimpleNamespace(USER_MANAGED="user managed")

    def __init__(self):
        self.built, self.profiles, self.memory, self.strategies, self.cleared = 0, [], [], [], []
        self.unreadable, self.runs, self.errors, self.contexts = 0, True, [], True

    def Runtime(self, logger):  # noqa: N802
        return types.SimpleNamespace(deserialize_cuda_engine=self.read)

    def read(self, plan):
        if self.unreadable:
            self.unreadable -= 1
            return None
        return types.SimpleNamespace(device_memory_size_v2=4096, create_execution_context=self.context)

    def context(self, strategy):
        self.strategies.append(strategy)
        return FakeContext(self) if self.contexts else None

    def Builder(self, logger):  # noqa: N802
        return types.SimpleNamespace(
            create_network=lambda flags: flags,
            create_builder_config=lambda: types.SimpleNamespace(
                clear_flag=self.cleared.append, add_optimization_profile=lambda _: None
            ),
            create_optimization_profile=lambda: types.SimpleNamespace(
                set_shape=lambda name, *shapes: self.profiles.append([shape[0] for shape in shapes])
            ),
            build_serialized_network=self.build,
        )

    def OnnxParser(self, network, logger):  # noqa: N802
        return types.SimpleNamespace(
            parse=lambda _: not self.errors, num_errors=len(self.errors), get_error=self.errors.__getitem__
        )

    def build(self, network, config):
        self.built += 1
        return f"plan {self.built}".encode()


@pytest.fixture
def on_gpu(options):
    return EngineOptions(device="cuda", cache=options.cache, batch=2, largest=4)


@pytest.fixture
def trt(monkeypatch, tmp_path):
    """A TensorRT that is not there, on a GPU that is not there."""
    fake = FakeTensorRt()
    cuda_stand_in.install(monkeypatch)
    monkeypatch.setattr(tensorrt, "load_tensorrt", lambda: fake)
    monkeypatch.setattr(tensorrt, "chosen_device", lambda *_: "cuda")
    monkeypatch.setattr(tensorrt, "_DEVICE", "cpu")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (8, 6))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: types.SimpleNamespace(cuda_stream=7))
    onnx = tmp_path / "model.onnx"
    onnx.write_bytes(b"onnx")
    monkeypatch.setattr(tensorrt_plan, "onnx_file", lambda *_: onnx)
    yield fake
    cuda_state.capture_stream.cache_clear()


def test_built_once_for_a_gpu_and_a_number_of_crops(trt, trunk, on_gpu, crops, monkeypatch):
    for _ in range(2):
        assert TensorRtEngine(trunk, "fp16", on_gpu)(crops[:3]).shape == (3, 32)
    assert (trt.built, trt.profiles, trt.cleared) == (1, [[1, 2, 4]], [3])
    for change in (replace(on_gpu, batch=3), replace(on_gpu, largest=8)):
        TensorRtEngine(trunk, "fp16", change)
    TensorRtEngine(replace(trunk, key="6" * 64), "fp16", on_gpu)
    TensorRtEngine(trunk, "fp32", on_gpu)
    assert trt.built == 5
    monkeypatch.setattr(export, "versions", lambda _: {"torch": "another exporter"})
    TensorRtEngine(trunk, "fp16", on_gpu)
    assert trt.built == 6


def test_all_contexts_work_in_one_memory_of_ours(trt, trunk, on_gpu, crops):
    """A context by itself takes as much as the largest number of crops needs."""
    engine = TensorRtEngine(trunk, "fp16", on_gpu)
    for n in (1, 2, 3, 4, 1):
        engine(crops[:n])
    assert trt.strategies == ["user managed"] * 4
    assert len(set(trt.memory)) == 1
    assert trt.memory[0][1] == 4096


def test_a_graph_keeps_features_context_and_memory(trt, trunk, on_gpu, crops, monkeypatch):
    """Nobody else does, and every replay writes to them."""
    held = []
    made = tensorrt._runner

    def runner(trt_package, engine, memory, shape, outputs):
        run = made(trt_package, engine, memory, shape, outputs)
        cells = dict(zip(run.__code__.co_freevars, run.__closure__, strict=True))
        held.extend(weakref.ref(cells[name].cell_contents) for name in ("context", "features", "memory"))
        return run

    monkeypatch.setattr(tensorrt, "_runner", runner)
    engine = TensorRtEngine(trunk, "fp16", on_gpu)
    engine(crops[:2])
    gc.collect()
    assert all(reference() is not None for reference in held)
    engine(crops[:2])
    engine.close()
    gc.collect()
    assert [reference() for reference in held] == [None] * 3


def test_a_plan_that_cannot_be_read_is_built_once_more(trt, trunk, on_gpu):
    trt.unreadable = 1
    TensorRtEngine(trunk, "fp16", on_gpu)
    assert trt.built == 2
    trt.unreadable = 2
    with pytest.raises(
        EstimatorError, match=r"cannot read the plan that it just built .*or set engine: torch"
    ):
        TensorRtEngine(trunk, "fp16", on_gpu)
    assert trt.built == 3


def test_no_context_is_an_error_in_words(trt, trunk, on_gpu, crops):
    engine = TensorRtEngine(trunk, "fp16", on_gpu)
    trt.contexts = False
    with pytest.raises(EstimatorError, match="no execution context for 2 crops; the GPU's memory does not"):
        engine(crops[:2])
    trt.contexts, trt.runs = True, False
    with pytest.raises(EstimatorError, match="could not run; look at nvidia-smi"):
        engine(crops[:2])


def test_all_reasons_of_the_parser_are_told(trt, trunk, on_gpu):
    trt.errors = ["no kernel for Gather", "and none for Shape"]
    with pytest.raises(
        EstimatorError, match=r"10\.9\.0 cannot read .*: no kernel for Gather; and none for Shape"
    ):
        TensorRtEngine(trunk, "fp16", on_gpu)


@pytest.mark.parametrize("what", ["Runtime", "Builder"])
def test_an_old_driver_is_named(trt, trunk, on_gpu, monkeypatch, what):
    """TensorRT's objects then fail with a TypeError of their binding."""

    def fail(*_):
        raise TypeError("factory function returned nullptr")

    monkeypatch.setattr(trt, what, fail)
    text = r"tensorrt fails on the GPU \(TypeError: factory.*\); the driver.*reason. Look at nvidia-smi"
    with pytest.raises(EstimatorError, match=text):
        TensorRtEngine(trunk, "fp16", on_gpu)


def test_bfloat16_is_refused_on_an_old_gpu(trt, trunk, on_gpu, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 5))
    text = (
        r"bf16 needs a GPU of compute capability 8\.0 or more, a GPU has 7\.5; allowed: auto \| fp32 \| fp16"
    )
    with pytest.raises(EstimatorError, match=text):
        TensorRtEngine(trunk, "bf16", on_gpu)
    TensorRtEngine(trunk, "fp16", on_gpu)


def test_building_and_giving_back_have_the_device_alone(trt, trunk, on_gpu, crops, monkeypatch):
    depth, seen = [0], []

    class Alone:
        def __enter__(self):
            depth[0] += 1

        def __exit__(self, *_):
            depth[0] -= 1

    monkeypatch.setattr(tensorrt_plan, "alone_on_gpu", Alone)
    monkeypatch.setattr(tensorrt, "alone_on_gpu", Alone)
    build = trt.build
    monkeypatch.setattr(trt, "build", lambda *given: seen.append(depth[0]) or build(*given))
    engine = TensorRtEngine(trunk, "fp16", on_gpu)
    engine(crops[:2])
    close = engine._graphs.close
    engine._graphs.close = lambda: seen.append(depth[0]) or close()
    engine.close()
    assert seen == [1, 1]


def test_tensorrt_without_a_gpu(trunk, options):
    with pytest.raises(EstimatorError, match="tensorrt needs device cuda; allowed on a CPU: torch"):
        TensorRtEngine(trunk, "fp16", options)
    with pytest.raises(EstimatorError, match=r"no int8; allowed: fp32 \| bf16 \| fp16"):
        TensorRtEngine(trunk, "int8", options)


def test_tensorrt_that_is_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    for cuda, name in ((None, "tensorrt"), ("12.8", "tensorrt-cu12"), ("13.0", "tensorrt-cu13")):
        monkeypatch.setattr(torch.version, "cuda", cuda)
        with pytest.raises(MissingDependencyError, match=rf"pip install '{name}>=10\.1'"):
            load_tensorrt()


def test_tensorrt_that_is_too_old(monkeypatch):
    old = types.ModuleType("tensorrt")
    old.__version__, old.__spec__ = "10.0.1", types.SimpleNamespace()
    monkeypatch.setitem(sys.modules, "tensorrt", old)
    with pytest.raises(
        EstimatorError, match=r"10\.0\.1 is too old, allowed is 10\.1 or newer; run: pip install"
    ):
        load_tensorrt()
    old.__version__ = "10.13.3.9"
    assert load_tensorrt() is old


def test_tensorrt_agrees_on_a_gpu(needs, trunk, options, crops, expected, relative_error):
    needs("onnx", "onnxscript", "tensorrt")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA here: TensorRT did not run")
    options = EngineOptions(device="cuda", cache=options.cache, largest=4)
    for precision, far in (("fp32", 1e-4), ("fp16", 0.01), ("bf16", 0.03)):
        engine = TensorRtEngine(trunk, precision, options)
        for n in (1, 4, 2, 9, 0):
            assert engine(crops[:n]).shape == (n, 32)
        assert relative_error(engine(crops), expected) < far
