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

"""Whether messages are built by pip, and which ROS wheels from PyPI that takes.

Three cases. A ROS distribution is sourced: it brings ROS, and ``colcon build`` makes the messages;
no wheel may shadow either. No ROS, but CPython, its headers and a C++ compiler on a platform that
has the wheels: pip builds the messages against the wheels. Anything else: no messages.

The wheels are ROS 2 Kilted's; the variable FRANKMOCAP_ROS_WHEELS names another distribution that has some.

``python build_backend/ros_wheels.py build`` prints what a build without isolation needs, ``run`` what runs.
"""

import os
import platform
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "FRANKMOCAP_ROS_WHEELS"
DISTRIBUTIONS = ("kilted", "jazzy")
"""Whose wheels there are, the default first: the columns of the tables."""

# The wheels pin each other to a minor version in the same way.
RUN_WHEELS = {
    "rclpy[fastrtps]": ("9.1.2", "7.1.6"),
    "action-msgs": ("2.3.0", "2.0.3"),
    "builtin-interfaces": ("2.3.0", "2.0.3"),
    "diagnostic-msgs": ("5.5.1", "5.3.6"),
    "geometry-msgs": ("5.5.1", "5.3.6"),
    "lifecycle-msgs": ("2.3.0", "2.0.3"),
    "rcl-interfaces": ("2.3.0", "2.0.3"),
    "rosidl-default-runtime": ("1.7.1", "1.6.0"),
    "sensor-msgs": ("5.5.1", "5.3.6"),
    "std-msgs": ("5.5.1", "5.3.6"),
    "std-srvs": ("5.5.1", "5.3.6"),
    "trajectory-msgs": ("5.5.1", "5.3.6"),
    "visualization-msgs": ("5.5.1", "5.3.6"),
}
RUN_TOOLS = ("rosbags-image>=0.10.4",)  # does what a distribution's cv_bridge does
BUILD_WHEELS = {
    "ament-cmake": ("2.7.3", "2.5.4"),
    "ament-cmake-gmock": ("2.7.3", "2.5.4"),
    "ament-cmake-gtest": ("2.7.3", "2.5.4"),
    "ament-cmake-include-directories": ("2.7.3", "2.5.4"),
    "ament-cmake-pytest": ("2.7.3", "2.5.4"),
    "ament-cmake-ros": ("0.14.5", "0.12.0"),
    "ament-cmake-ros-core": ("0.14.5", ""),  # part of ament-cmake-ros before Kilted
    "ament-package": ("0.17.2", "0.16.4"),
    "fastrtps-cmake-module": ("", "3.6.2"),  # Jazzy's messages are built with it
    "geometry-msgs": ("5.5.1", "5.3.6"),
    "python-cmake-module": ("0.11.1", "0.11.1"),
    "rosidl-core-generators": ("0.3.1", "0.2.0"),
    "rosidl-default-generators": ("1.7.1", "1.6.0"),
    "std-msgs": ("5.5.1", "5.3.6"),
}
BUILD_TOOLS = (
    "catkin-pkg>=1.0",
    "cmake>=3.20",
    "empy==3.3.4",
    "lark>=1.1",
    "ninja",
    "numpy>=2.0",  # what is built against it runs with NumPy 1.26 too, not the other way round
)
COMPILERS = {"CC": ("cc", "gcc", "clang"), "CXX": ("c++", "g++", "clang++")}  # as CMake looks for them


def distribution(environ: Mapping[str, str] = os.environ) -> str:
    """The distribution whose wheels are taken."""
    name = environ.get(VARIABLE) or DISTRIBUTIONS[0]
    if name not in DISTRIBUTIONS:
        raise SystemExit(
            f"{VARIABLE} is {name!r}: PyPI has no wheels of it; allowed: {', '.join(DISTRIBUTIONS)}"
        )
    return name


def _pinned(wheels: Mapping[str, tuple[str, ...]], environ: Mapping[str, str]) -> list[str]:
    column = DISTRIBUTIONS.index(distribution(environ))
    return [f"ros-{name}~={versions[column]}" for name, versions in wheels.items() if versions[column]]


def ros_is_sourced(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a ROS distribution, or a workspace on top of one, is sourced."""
    return bool(environ.get("ROS_DISTRO") or environ.get("AMENT_PREFIX_PATH"))


def run_wheels(environ: Mapping[str, str] = os.environ) -> list[str]:
    """What the ``ros`` extra needs beyond the package's own requirements."""
    if ros_is_sourced(environ):
        return []
    marker = "sys_platform == 'linux' and platform_machine == 'x86_64'"
    return [*(f"{wheel}; {marker}" for wheel in _pinned(RUN_WHEELS, environ)), *RUN_TOOLS]


def build_wheels(environ: Mapping[str, str] = os.environ) -> list[str]:
    """What building the messages needs; nothing where pip cannot build them."""
    return [] if why_no_messages(environ) else [*_pinned(BUILD_WHEELS, environ), *BUILD_TOOLS]


def why_no_messages(environ: Mapping[str, str] = os.environ) -> str:
    """Why pip cannot build the messages here; empty if it can."""
    if ros_is_sourced(environ):
        return "a ROS distribution is sourced: build the messages with `colcon build`"
    if sys.platform != "linux" or platform.machine() != "x86_64" or sys.implementation.name != "cpython":
        return "PyPI has ROS wheels for CPython on Linux x86_64 only: install ROS and use `colcon build`"
    for variable, usual in COMPILERS.items():
        asked = shlex.split(environ.get(variable, ""))
        programs = asked[:1] or usual
        if not any(shutil.which(program, path=environ.get("PATH")) for program in programs):
            wanted = " or ".join(programs)
            return f"no compiler {wanted}: install one (Debian, Ubuntu: apt install g++) and install again"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "no Python headers: install them (Debian, Ubuntu: apt install python3-dev) and install again"
    return ""


if __name__ == "__main__":
    print(*{"build": build_wheels, "run": run_wheels}[sys.argv[1]](), sep="\n")
