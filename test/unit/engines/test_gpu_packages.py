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

"""Versions that do not fit each other are named, with what to do, on desktops and on a Jetson."""

import re
import types

import pytest

from frankmocap_ros.engines import gpu_packages
from frankmocap_ros.engines.gpu_packages import (
    check_onnxruntime,
    check_provider_of_tensorrt,
    check_tensorrt,
    driver_text,
    how_to_install_tensorrt,
)
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime import machine

JETPACK_5 = "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64\n"
JETPACK_6 = "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n"
DRIVER = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.10  Wed Jan 15 2025\nGCC version:  gcc 12\n"
OPEN_DRIVER = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  575.57.08  Release Build\n"


@pytest.fixture(autouse=True)
def files(monkeypatch, tmp_path):
    """A machine without NVIDIA's files; gives where they would be."""
    found = types.SimpleNamespace(tegra=tmp_path / "nv_tegra_release", driver=tmp_path / "version")
    monkeypatch.setattr(machine, "_TEGRA", found.tegra)
    monkeypatch.setattr(machine, "_NVIDIA", found.driver)
    return found


@pytest.mark.parametrize(("text", "version"), [(DRIVER, "570.86.10"), (OPEN_DRIVER, "575.57.08"), ("x", "")])
def test_version_of_the_driver(files, text, version):
    assert machine.nvidia_driver() == ""
    assert "the driver's version is not known" in driver_text()
    files.driver.write_text(text)
    assert machine.nvidia_driver() == version
    if version:
        assert f"the driver is {version}; a driver that is older" in driver_text()


@pytest.mark.parametrize(
    ("text", "system"),
    [
        (JETPACK_5, "JetPack 5 (L4T 35.4.1)"),
        (JETPACK_6, "JetPack 6 (L4T 36.4.3)"),
        ("# R99 (release), REVISION: 1.0, GCID: 1", "JetPack ? (L4T 99.1.0)"),
        ("nothing", "JetPack (L4T of unknown version)"),
    ],
)
def test_a_jetson_is_named(files, text, system):
    assert machine.jetson() == ""
    files.tegra.write_text(text)
    assert machine.jetson() == system
    assert system in driver_text()


def test_a_jetson_gets_tensorrt_with_its_system(files):
    files.tegra.write_text(JETPACK_5)
    text = r"8\.5\.2\.2 is too old.*Jetson has JetPack 5 \(L4T 35\.4\.1\); TensorRT 10 comes"
    with pytest.raises(EstimatorError, match=text):
        check_tensorrt("8.5.2.2", "11.4")
    assert "pip install" not in how_to_install_tensorrt("11.4")


def test_a_tensorrt_for_another_cuda_than_torch(monkeypatch):
    monkeypatch.setattr(
        gpu_packages, "versions", lambda names: {name: "10.13" for name in names if name == "tensorrt-cu13"}
    )
    check_tensorrt("10.13.3", "13.0")
    check_tensorrt("10.13.3", None)
    text = (
        "tensorrt 10.13.3 is made for CUDA 13 and torch for CUDA 12.8; run: pip install 'tensorrt-cu12>=10.1'"
    )
    with pytest.raises(EstimatorError, match=re.escape(text)):
        check_tensorrt("10.13.3", "12.8")


def test_a_tensorrt_that_is_not_of_pip_may_fit():
    check_tensorrt("10.3.0", "12.6")
    check_tensorrt("11.4.0.1", "13.0")


def test_an_onnxruntime_that_does_not_say_its_cuda_may_fit():
    check_onnxruntime(types.SimpleNamespace(__version__="1.22.0"), "12.8")
    check_onnxruntime(types.SimpleNamespace(__version__="1.22.0", cuda_version="12.4"), "12.8")


@pytest.mark.parametrize(
    ("content", "fits"), [(b"\0libnvinfer.so.10\0", True), (b"\0libnvinfer.so.11\0", False)]
)
def test_the_tensorrt_that_onnxruntime_is_linked_to(tmp_path, content, fits):
    (tmp_path / "capi").mkdir()
    ort = types.SimpleNamespace(__version__="1.30.0", __file__=str(tmp_path / "__init__.py"))
    check_provider_of_tensorrt(ort, "10.9.0")  # a provider that is not there is another's error
    library = tmp_path / "capi" / "libonnxruntime_providers_tensorrt.so"
    for nothing in (b"", b"no name"):
        library.write_bytes(nothing)
        check_provider_of_tensorrt(ort, "10.9.0")
    library.write_bytes(bytes(5000) + content)
    if fits:
        check_provider_of_tensorrt(ort, "10.9.0")
        return
    text = (
        r"onnxruntime 1\.30\.0 is made for TensorRT 11, installed is 10\.9\.0; run: pip install 'tensorrt==11"
    )
    with pytest.raises(EstimatorError, match=text):
        check_provider_of_tensorrt(ort, "10.9.0")
