"""The nodes as programs: what they import may be missing or broken, so that it is imported when they run."""

import importlib
import sys
from collections.abc import Sequence
from typing import Final

from frankmocap_ros.cli.ending import ended
from frankmocap_ros.cli.ros_available import require_ros

# command of `frankmocap_ros`: (program, module with its ``main``)
NODES: Final = {
    "node": ("frankmocap_node", "frankmocap_ros.ros.mocap.mocap_node"),
    "camera": ("camera_node", "frankmocap_ros.ros.camera.camera_node"),
    "gate": ("gate_node", "frankmocap_ros.ros.gate.gate_node"),
    "robot": ("robot_sim_node", "frankmocap_ros.ros.robot_sim.robot_sim_node"),
    "view": ("view_node", "frankmocap_ros.ros.view.view_node"),
}


def run_node_command(command: str, args: Sequence[str]) -> int:
    """Run a node until SIGINT or SIGTERM, which may come while it is still imported; returns the exit code.

    Args:
        command: one of ``NODES``.
        args: of the program, without its name.

    Raises:
        MissingDependencyError: ROS or this package's messages are not there.
    """
    require_ros(command)
    program, module = NODES[command]
    try:
        return int(importlib.import_module(module).main([program, *args]))
    except KeyboardInterrupt:
        return 0


def _executable(command: str) -> int:
    return ended(NODES[command][0], lambda: run_node_command(command, sys.argv[1:]))


def frankmocap_node() -> int:
    """The mocap node."""
    return _executable("node")


def camera_node() -> int:
    """The camera node."""
    return _executable("camera")


def gate_node() -> int:
    """The gate node."""
    return _executable("gate")


def robot_sim_node() -> int:
    """The node of a simulated robot."""
    return _executable("robot")


def view_node() -> int:
    """The node of the browser view."""
    return _executable("view")
