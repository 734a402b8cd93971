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

"""ROS packages that PyPI does not have, built for tests from what is published of them.

``tf2_msgs``, ``hri_msgs``, ``control_msgs`` and ``controller_manager_msgs`` are real message packages,
generated from the published fields of the messages that this package uses. ``tf2_ros`` is Python
(``standin_tf2_ros.py``) and has the calls that it uses.
"""

import ctypes
import fcntl
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

_TF2_ROS = Path(__file__).with_name("standin_tf2_ros.py")
_SWITCH = """string[] activate_controllers
string[] deactivate_controllers
int32 strictness
int32 BEST_EFFORT=1
int32 STRICT=2
bool activate_asap
builtin_interfaces/Duration timeout
---
bool ok
string message
"""
_CHAIN = "string name\nstring[] reference_interfaces\n"
_CONTROLLER = """string name
string state
string type
string[] claimed_interfaces
string[] required_command_interfaces
string[] required_state_interfaces
bool is_chainable
bool is_chained
string[] reference_interfaces
ChainConnection[] chain_connections
"""
_REACHED = """float64 position
float64 effort
bool stalled
bool reached_goal
"""
_PARALLEL = """sensor_msgs/JointState command
---
sensor_msgs/JointState state
bool stalled
bool reached_goal
---
sensor_msgs/JointState state
"""
MESSAGES = {
    "control_msgs": (
        "sensor_msgs",
        {
            "msg/GripperCommand.msg": "float64 position\nfloat64 max_effort\n",
            "action/GripperCommand.action": f"GripperCommand command\n---\n{_REACHED}---\n{_REACHED}",
            "action/ParallelGripperCommand.action": _PARALLEL,
        },
    ),
    "tf2_msgs": (
        "geometry_msgs",
        {"msg/TFMessage.msg": "geometry_msgs/TransformStamped[] transforms\n"},
    ),
    "hri_msgs": ("std_msgs", {"msg/IdsList.msg": "std_msgs/Header header\nstring[] ids\n"}),
    "controller_manager_msgs": (
        "builtin_interfaces",
        {
            "msg/ChainConnection.msg": _CHAIN,
            "msg/ControllerState.msg": _CONTROLLER,
            "srv/ListControllers.srv": "---\nControllerState[] controller\n",
            "srv/SwitchController.srv": _SWITCH,
        },
    ),
}
"""Package -> what it depends on, and the definition of each of its files."""
NAMES = (*MESSAGES, "tf2_ros")
_MODULES = {f"{name}.{path.partition('/')[0]}" for name, (_, files) in MESSAGES.items() for path in files}

HRI_MSGS = {"Humble": "2.1.0", "Jazzy": "2.3.2", "Lyrical, Rolling": "2.3.2"}
"""Releases by distribution in August 2026, whose IdsList has these fields; there is none for Kilted."""

_PACKAGE = """<?xml version="1.0"?>
<package format="3">
  <name>{name}</name>
  <version>0.0.0</version>
  <description>A stand-in.</description>
  <maintainer email="nobody@example.com">nobody</maintainer>
  <license>Apache-2.0</license>
  <buildtool_depend>ament_cmake</buildtool_depend>
  <build_depend>rosidl_default_generators</build_depend>
  <depend>{depends}</depend>
  <member_of_group>rosidl_interface_packages</member_of_group>
</package>
"""
# the loop is that of this package's own CMakeLists.txt, and there for the same reason
_CMAKE = """cmake_minimum_required(VERSION 3.20)
project({name})
find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators REQUIRED)
find_package({depends} REQUIRED)
find_package(service_msgs REQUIRED)
find_package(action_msgs REQUIRED)
get_property(imported_targets DIRECTORY PROPERTY IMPORTED_TARGETS)
foreach(target IN LISTS imported_targets)
  if(target MATCHES "__rosidl_generator_py$")
    get_target_property(directories ${{target}} INTERFACE_INCLUDE_DIRECTORIES)
    set(existing "")
    foreach(directory IN LISTS directories)
      if(EXISTS "${{directory}}")
        list(APPEND existing "${{directory}}")
      endif()
    endforeach()
    set_target_properties(${{target}} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${{existing}}")
  endif()
endforeach()
rosidl_generate_interfaces({name} {files} DEPENDENCIES {depends})
ament_package()
"""


def loaded(fallback: Path) -> dict[str, ModuleType]:
    """Their modules by name, imported and taken out of ``sys.modules`` again.

    Args:
        fallback: where to build if the environment cannot be written to.
    """
    packages, libraries = built(fallback)
    for library in sorted(libraries.glob("*.so")):
        ctypes.CDLL(str(library))  # the middleware asks for them by name
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(packages)
        for name in (*_MODULES, "tf2_ros"):
            importlib.import_module(name)
    names = [name for name in sys.modules if name.partition(".")[0] in NAMES]
    return {name: sys.modules.pop(name) for name in names}


def built(fallback: Path) -> tuple[Path, Path]:
    """Build all of them, once for a virtual environment; returns the folders of packages and libraries.

    Args:
        fallback: where to build if the environment cannot be written to.
    """
    sources = [path.read_bytes() for path in (Path(__file__), _TF2_ROS)]
    key = hashlib.sha256(b"".join([*sources, sys.version.encode()])).hexdigest()[:16]
    top = Path(sys.prefix, "standins") if os.access(sys.prefix, os.W_OK) else fallback
    top.mkdir(exist_ok=True)
    with (top / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = top / key
        if not (folder / "done").exists():
            for old in top.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _build(folder)
            (folder / "done").touch()
    (packages,) = {path.parent for path in folder.glob("prefix/lib/python*/site-packages/*_msgs")}
    return packages, folder / "prefix" / "lib"


def _build(folder: Path) -> None:
    prefix = folder / "prefix"
    ros = ("AMENT_", "CMAKE_", "COLCON_", "ROS_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ros)}
    environ |= {"AMENT_PREFIX_PATH": sys.prefix, "CMAKE_PREFIX_PATH": sys.prefix}
    environ["PATH"] = os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ["PATH"]])
    options = {
        "BUILD_TESTING": "OFF",
        "CMAKE_BUILD_TYPE": "Debug",
        "CMAKE_INSTALL_PREFIX": prefix,
        "CMAKE_INSTALL_RPATH": prefix / "lib",
        "Python3_EXECUTABLE": sys.executable,
    }
    running = []
    for name, (depends, files) in MESSAGES.items():
        source = folder / name
        source.mkdir(parents=True)
        (source / "package.xml").write_text(_PACKAGE.format(name=name, depends=depends))
        quoted = " ".join(f'"{path}"' for path in files)
        (source / "CMakeLists.txt").write_text(_CMAKE.format(name=name, depends=depends, files=quoted))
        for path, definition in files.items():
            (source / path).parent.mkdir(exist_ok=True)
            (source / path).write_text(definition)
        configure = ["cmake", "-S", ".", "-B", "build", "-G", "Ninja"]
        configure += [f"-D{key}={value}" for key, value in options.items()]
        install = ["cmake", "--build", "build", "--target", "install"]
        command = ["sh", "-c", f"{' '.join(map(repr, configure))} && {' '.join(install)}"]
        running.append(
            subprocess.Popen(
                command, cwd=source, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        )
    for process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, output
    (packages,) = {path.parent for path in prefix.glob("lib/python*/site-packages/*_msgs")}
    (packages / "tf2_ros").mkdir()
    shutil.copy(_TF2_ROS, packages / "tf2_ros" / "__init__.py")
