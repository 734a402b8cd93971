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

"""Checks for ROS and this package's messages, and says what to install."""

import os
from importlib.util import find_spec
from typing import Final

from frankmocap_ros.errors import MissingDependencyError

_TOO_OLD: Final = ("foxy", "galactic", "humble")
"""Their rclpy has no add_pre_set_parameters_callback, by which every node takes its parameters."""


def require_ros(command: str) -> None:
    """Check that rclpy and the generated messages can be imported.

    Raises:
        MissingDependencyError: they cannot, or rclpy is too old; the text says what to install or build.
    """
    sourced = os.environ.get("ROS_DISTRO")
    if sourced in _TOO_OLD:
        raise MissingDependencyError(
            f"`{command}` does not run on ROS {sourced}, whose rclpy cannot check parameters as needed; "
            "source Jazzy, Kilted or Lyrical, or source none and, in a checkout: pip install '.[ros]'. "
            "(`frankmocap_ros process` works without ROS.)"
        )
    if find_spec("rclpy") is None:
        raise MissingDependencyError(
            f"`{command}` needs ROS 2, and rclpy is not installed. With a ROS distribution: source its "
            "setup.bash, then build this package with colcon. Without one, in a checkout: "
            "pip install '.[ros]'. (`frankmocap_ros process` works without ROS.)"
        )
    if find_spec("frankmocap_ros.msg") is None:
        step = (
            f"ROS {sourced} is sourced: build this package in a workspace with `colcon build`, then source "
            "install/setup.bash"
            if sourced
            else "install a C++ compiler, then in a checkout: pip install --force-reinstall '.[ros]'"
        )
        raise MissingDependencyError(
            f"`{command}` needs this package's messages, which are not built. {step}."
        )
