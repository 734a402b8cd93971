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

"""What is written in more than one place agrees, and the installed package holds what it should."""

import ast
import importlib
import importlib.metadata
import os
import re
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import frankmocap_ros
from support.paths import DATA, ROOT

MANIFEST = xml.etree.ElementTree.parse(ROOT / "package.xml").getroot()
SHARE = Path(sys.prefix, "share", "frankmocap_ros")
EXECUTABLES = (
    "camera_node",
    "frankmocap_node",
    "frankmocap_ros",
    "gate_node",
    "recorder_node",
    "robot_sim_node",
    "view_node",
)

ROSDEP_NAME = {
    "cv2": "python3-opencv",
    "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy",
    "psutil": "python3-psutil",
    "skimage": "python3-skimage",
    "tqdm": "python3-tqdm",
    "yaml": "python3-yaml",
}
# hri_msgs is only for who sets rep155, and not every distribution has it; zmq for who sets sonic_endpoint;
# the others are extras, for who has FrankMocap's files, and rosbags is for who has no cv_bridge
NOT_IN_ROSDEP = {
    "ai_edge_litert", "torch", "safetensors", "smplx", "openvino", "onnxruntime", "onnx", "onnxscript",
    "nncf", "tensorrt", "threadpoolctl", "mujoco", "mink", "daqp", "viser", "trimesh",
    "fast_simplification", "hri_msgs",
    "rosbags", "zmq", "dex_retargeting", "av", "pyarrow", "ray",
}  # fmt: skip

# tf2_ros_py holds the module tf2_ros; of skimage a photograph is read
USED_WITHOUT_AN_IMPORT = {"python3-skimage", "rosidl_default_runtime", "rviz2", "tf2_ros_py"}


def test_tests_run_against_the_installed_package():
    assert Path(frankmocap_ros.__file__).is_relative_to(sys.prefix)
    assert str(ROOT) not in [str(Path(entry).resolve()) for entry in sys.path if entry]


def test_version_is_the_same_everywhere():
    version = MANIFEST.findtext("version")
    released = re.findall(r"^(\d+\.\d+\.\d+) \(.*\)\n-+$", (ROOT / "CHANGELOG.rst").read_text(), re.MULTILINE)
    assert released[:1] in ([], [version])  # the newest; beside what is forthcoming
    assert importlib.metadata.version("frankmocap_ros") == version
    assert frankmocap_ros.__version__ == version
    others = [ROOT / name for name in ("pyproject.toml", "setup.py", "CMakeLists.txt")]
    assert [path.name for path in others if f'"{version}"' in path.read_text()] == []


def test_unknown_attribute_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = frankmocap_ros.no_such_name


def test_manifest_is_that_of_an_interface_package():
    assert MANIFEST.get("format") == "3"
    assert MANIFEST.findtext("name") == "frankmocap_ros"
    assert MANIFEST.findtext("export/build_type") == "ament_cmake"
    assert "rosidl_interface_packages" in [e.text for e in MANIFEST.findall("member_of_group")]


def _declared() -> set[str]:
    return {str(e.text) for tag in ("depend", "exec_depend") for e in MANIFEST.findall(tag)}


def _imported() -> set[str]:
    """rosdep's names of what is imported and not part of Python."""
    sources = [*(ROOT / "frankmocap_ros").rglob("*.py"), *(ROOT / "launch").glob("*.py")]
    imported = {name.partition(".")[0] for path in sources for name in _imports(path)}
    foreign = imported - set(sys.stdlib_module_names) - {"frankmocap_ros"} - NOT_IN_ROSDEP
    return {ROSDEP_NAME.get(name, name) for name in foreign}


def test_manifest_declares_every_package_that_is_imported():
    assert "rclpy" in _imported()
    assert sorted(_imported() - _declared()) == []


def test_manifest_declares_nothing_that_is_not_used():
    assert sorted(_declared() - _imported() - USED_WITHOUT_AN_IMPORT) == []


def _named() -> set[str]:
    """Every package that the manifest names, to build, run, test or document."""
    return {str(e.text) for e in MANIFEST if e.tag == "depend" or e.tag.endswith("_depend")}


def test_every_name_in_the_manifest_resolves_on_every_promised_distribution():
    """rosdep and bloom refuse the whole package for one name that they do not know."""
    kept = yaml.safe_load((DATA / "rosdep_names.yaml").read_text())
    assert list(kept["platforms"]) == ["jazzy", "kilted", "lyrical"]
    assert sorted(_named() - set(kept["everywhere"])) == [], kept["look_up"]
    assert not _named() & set(kept["not_everywhere"])


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.append(node.module)
    return names


def test_cmake_generates_every_message():
    listed = re.findall(r'"msg/(\w+)\.msg"', (ROOT / "CMakeLists.txt").read_text())
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "msg").glob("*.msg"))


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "msg").glob("*.msg")))
def test_every_message_is_installed(name):
    message = getattr(importlib.import_module("frankmocap_ros.msg"), name)
    assert message().get_fields_and_field_types()


def test_every_message_field_is_commented():
    bare = [
        f"{path.name}: {line}"
        for path in (ROOT / "msg").glob("*.msg")
        for line in path.read_text().splitlines()
        if line.strip() and not line.startswith("#") and "#" not in line
    ]
    # one field says it by its type: the joint of a message about one joint
    assert bare == ["JointPoseStamped.msg: JointPose joint"]


def test_executables_are_installed_for_ros2_run():
    listed = re.findall(r"scripts/(\w+)", (ROOT / "CMakeLists.txt").read_text())
    assert sorted(listed) == sorted(path.name for path in (ROOT / "scripts").iterdir())
    assert sorted(listed) == sorted(EXECUTABLES)
    for name in EXECUTABLES:
        installed = Path(sys.prefix, "lib", "frankmocap_ros", name)
        assert installed.read_text().startswith("#!/usr/bin/env python3\n")
        assert os.access(installed, os.X_OK)


def test_console_scripts_lead_to_functions():
    scripts = {
        entry.name: entry
        for entry in importlib.metadata.distribution("frankmocap_ros").entry_points
        if entry.group == "console_scripts"
    }
    assert sorted(scripts) == sorted(EXECUTABLES)
    assert all(callable(entry.load()) for entry in scripts.values())


@pytest.mark.parametrize("folder", ["launch", "config"])
def test_launch_and_config_files_are_installed(folder):
    sources = [path for path in (ROOT / folder).iterdir() if path.is_file()]
    assert sources
    assert [p.name for p in sources if (SHARE / folder / p.name).read_bytes() != p.read_bytes()] == []


def test_third_party_lists_every_requirement(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "build_backend")
    import ros_wheels

    requirements = [Requirement(text) for text in importlib.metadata.requires("frankmocap_ros") or []]
    wheels = [f"ros-{name.partition('[')[0]}" for name in (*ros_wheels.RUN_WHEELS, *ros_wheels.BUILD_WHEELS)]
    names = {requirement.name for requirement in requirements} | set(wheels)
    text = (ROOT / "THIRD_PARTY.md").read_text()
    assert {"numpy", "ros-rclpy", "ros-ament-cmake"} <= names
    assert sorted(name for name in names if f"`{name}`" not in text) == []
