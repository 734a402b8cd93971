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

"""OpenVINO, and quantization by NNCF."""

import os
import subprocess
import sys

import numpy as np
import pytest

from frankmocap_ros.engines import base, int8
from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.engines.openvino import MODEL, OpenVinoEngine, fp32_model, int8_kept
from frankmocap_ros.errors import EstimatorError, MissingDependencyError
from frankmocap_ros.runtime import machine

HAS_BF16 = pytest.mark.skipif(not machine.has_bf16(), reason="this CPU has no bfloat16")


@pytest.fixture
def openvino(needs):
    """Asked for by tests that need the package itself."""
    needs("openvino")


@pytest.fixture
def nncf(needs):
    """Asked for by tests that quantize."""
    needs("openvino", "nncf")


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_float32(openvino, trunk, shared_options, crops, expected, n):
    found = OpenVinoEngine(trunk, "fp32", shared_options)(crops[:n])
    assert found.shape == (n, 32)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected[:n], atol=1e-4 * expected.max())


def test_read_only_crops(openvino, trunk, shared_options, crops, expected):
    """As they come out of a pipe."""
    crops = np.frombuffer(crops.tobytes(), np.uint8).reshape(crops.shape)
    found = OpenVinoEngine(trunk, "fp32", shared_options)(crops)
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.max())


def test_the_number_of_crops_may_change_from_call_to_call(openvino, trunk, shared_options, crops, expected):
    engine = OpenVinoEngine(trunk, "fp32", shared_options)
    found = [engine(crops[:n]) for n in (2, 4, 1, 3)]
    for n, features in zip((2, 4, 1, 3), found, strict=True):  # also: none is a buffer of the engine
        np.testing.assert_allclose(features, expected[:n], atol=1e-4 * expected.max())


@HAS_BF16
def test_bfloat16(openvino, trunk, shared_options, crops, expected, relative_error):
    found = OpenVinoEngine(trunk, "bf16", shared_options)(crops)
    assert 1e-5 < relative_error(found, expected) < 0.03


def test_bfloat16_is_refused_where_the_cpu_has_none(openvino, trunk, shared_options, monkeypatch):
    monkeypatch.setattr(base, "has_bf16", lambda: False)
    with pytest.raises(EstimatorError, match="no bfloat16; allowed: auto"):
        OpenVinoEngine(trunk, "bf16", shared_options)


def test_translated_once_and_again_where_the_file_is_damaged(openvino, trunk, options, crops, expected):
    told = []
    options = EngineOptions(device="cpu", cache=options.cache, tell=told.append)
    OpenVinoEngine(trunk, "fp32", options)
    OpenVinoEngine(trunk, "fp32", options)
    assert len(told) == 1
    weights = fp32_model(trunk, options).with_suffix(".bin")
    weights.write_bytes(bytes(weights.stat().st_size))
    found = OpenVinoEngine(trunk, "fp32", options)(crops)
    assert len(told) == 2
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.max())


def test_other_weights_are_another_file(openvino, trunk, options):
    other = Trunk(trunk.build, "6" * 64, trunk.outputs, trunk.side_px)
    assert fp32_model(trunk, options) != fp32_model(other, options)


def test_precisions_that_openvino_has_not(trunk, shared_options):
    with pytest.raises(EstimatorError, match=r"no fp16; allowed: fp32 \| bf16 \| int8"):
        OpenVinoEngine(trunk, "fp16", shared_options)


def test_int8_needs_a_quantized_network(openvino, trunk, options):
    with pytest.raises(EstimatorError, match="quantized before; run: frankmocap_ros convert --int8"):
        OpenVinoEngine(trunk, "int8", options)


def test_quantized(nncf, trunk, options, crops, expected, relative_error, capfd):
    quantized = int8.quantize(trunk, crops, options)
    far = relative_error(quantized.engine(crops), expected)
    assert 1e-5 < far < 0.1
    assert capfd.readouterr().out == ""
    # nothing is there before somebody keeps it
    assert int8.notes(trunk, options) is None
    quantized.keep({"joint_error_mm": 2.5})
    notes = int8.notes(trunk, options)
    assert (notes["crops"], notes["joint_error_mm"]) == (16, 2.5)
    assert set(notes["made_with"]) == {"openvino", "nncf", "torch"}
    kept = OpenVinoEngine(trunk, "int8", options)
    assert (kept.name, kept.precision, kept.device) == ("openvino", "int8", "cpu")
    for n in (0, 1, 2, 3, 4):
        np.testing.assert_allclose(kept(crops[:n]), expected[:n], atol=2 * far * expected.max())
    # damaged, it is not run, and it is not made again behind somebody's back
    (int8_kept(trunk, options.cache).folder / MODEL).write_bytes(b"")
    with pytest.raises(EstimatorError, match="quantized before"):
        OpenVinoEngine(trunk, "int8", options)


def test_quantized_weights_are_in_8_bits(nncf, trunk, options, crops):
    int8.quantize(trunk, crops, options).keep()
    weights = int8_kept(trunk, options.cache).folder / "model.bin"
    exact = fp32_model(trunk, options).with_suffix(".bin")
    assert weights.stat().st_size < 0.5 * exact.stat().st_size
    int8_kept(trunk, options.cache).drop()
    assert int8.notes(trunk, options) is None


@pytest.mark.parametrize("wrong", [np.zeros((7, 32, 32, 3), np.uint8), np.zeros((9, 32, 32, 3), np.float32)])
def test_crops_to_quantize_by(trunk, options, wrong):
    with pytest.raises(EstimatorError, match="N at least 8; take a longer video"):
        int8.quantize(trunk, wrong, options)


@pytest.mark.parametrize(("package", "extra"), [("openvino", "openvino"), ("nncf", "int8")])
def test_packages_that_are_not_installed(needs, trunk, options, crops, monkeypatch, package, extra):
    if package == "nncf":
        needs("openvino")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=rf"pip install 'frankmocap_ros\[{extra}\]'"):
        int8.quantize(trunk, crops, options)


def test_nothing_is_sent(nncf, tmp_path):
    """Both packages would write down a client's number in the home folder before they send."""
    program = """
import pathlib, sys
from frankmocap_ros.engines.int8 import _load_nncf
from frankmocap_ros.engines.openvino import load_openvino
load_openvino(), _load_nncf()
sent = [name for name in sys.modules if name.startswith("openvino_telemetry")]
assert sent == [], sent
"""
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    for name in ("CI", "TF_BUILD", "JENKINS_URL", "NNCF_CI", "NNCF_DEV"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "intel").exists()
