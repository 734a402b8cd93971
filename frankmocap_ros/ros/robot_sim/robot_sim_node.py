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

"""The simulated robot: joint trajectories in, joint states out, with a controller that trusts nobody."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.common.diagnostics_messages import diagnostics, status_message
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.node_clocks import NodeClocks
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import HEALTH, incoming
from frankmocap_ros.ros.common.robot_description import robot_model
from frankmocap_ros.ros.common.running import run_node
from frankmocap_ros.ros.common.settings_as_parameters import Parameters
from frankmocap_ros.ros.common.steady_stamps import SteadyStamps
from frankmocap_ros.ros.robot_sim.object_outputs import ObjectOutputs
from frankmocap_ros.ros.robot_sim.robot_loop import RobotLoop, Viewer
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks
from frankmocap_ros.settings.robot_sim import RobotSimSettings
from frankmocap_ros.teleop.robot_map.map_reading import is_model, load_map
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.simulation.joint_command import JointCommand
from frankmocap_ros.teleop.simulation.simulation import Simulation

NODE_NAME = "robot_sim"
_DIAGNOSTICS_PERIOD_S = 1.0


def _simulation(node: Node, config: RobotSimSettings) -> Simulation:
    """The robot of the settings.

    Raises:
        RobotError: its map or model is missing or wrong.
        MissingDependencyError: a package it needs is not installed.
    """
    robot: RobotMap | str = config.robot
    if not is_model(config.robot):
        robot = load_map(config.robot, robot_model(node, config.robot_model))
    timeout_s = config.command_timeout_s if config.controller == "careful" else None
    return Simulation(robot, timeout_s, time.monotonic(), config.dynamics)


def _open_viewer(simulation: Simulation) -> Viewer:
    """MuJoCo's window.

    Raises:
        SettingError: there is no display.
    """
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise SettingError(
            "viewer: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); set viewer: false, "
            "and watch the robot through joint_states"
        )
    import mujoco.viewer

    # launch_passive waits forever for a window that cannot be opened
    if not mujoco.viewer.glfw.init():
        raise SettingError("viewer: the display cannot be used; set viewer: false, or correct DISPLAY")
    window: Viewer = mujoco.viewer.launch_passive(simulation.model, simulation.data)
    return window


class RobotSimNode(Node):
    """A robot in MuJoCo, as a controller would show it.

    A thread of its own takes commands and steps; the executor serves parameters.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(NODE_NAME, **kwargs)
        self._loop: RobotLoop | None = None
        self._stamps = SteadyStamps(NodeClocks(self.get_clock()))
        self._settings = Parameters(
            self, RobotSimSettings, running=lambda: self._loop is not None, on_change=lambda _: None
        )
        config = self._settings.config
        simulation = _simulation(self, config)
        viewer = _open_viewer(simulation) if config.viewer else None
        self._state = JointState(name=list(simulation.told_names))
        self._states = advertise(self, Topic(JointState, "joint_states", QoSProfile(depth=10)))
        self._scene = ObjectOutputs(self, simulation.objects)
        polling = Polling(self)
        polling.subscribe(JointTrajectory, "joint_trajectory", self._on_trajectory, incoming(1))
        self._loop = RobotLoop(self, simulation, config.rate_hz, self._publish, polling.poll)
        self._loop.viewer = viewer
        self._diagnostics = advertise(self, Topic(DiagnosticArray, "/diagnostics", HEALTH))
        self.create_timer(
            _DIAGNOSTICS_PERIOD_S, self._diagnose, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._loop.start()
        for note in simulation.notes:
            self.get_logger().warning(note)
        self.get_logger().info(f"{config.robot}: {', '.join(simulation.joint_names)}; holding still")

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    def destroy_node(self) -> None:
        """Stop the thread before the node goes."""
        if self._loop is not None:
            self._loop.stop()
        super().destroy_node()

    def _publish(self, positions: Array, velocities: Array) -> None:
        """Tell where the joints and what is around them are; for the loop's thread."""
        state = self._state
        state.header.stamp = self.get_clock().now().to_msg()
        state.position, state.velocity = positions.tolist(), velocities.tolist()
        self._states.publish(state)
        self._scene.publish(state.header.stamp)

    def _on_trajectory(self, msg: JointTrajectory, now_s: float) -> None:
        if self._loop is None:
            return
        stamp_ns = nanoseconds(msg.header.stamp)
        valid_s = self._stamps.time_s(stamp_ns) if stamp_ns else now_s  # zero stands for now
        positions: Sequence[float] = ()
        velocities: Sequence[float] = ()
        from_start_s = 0.0
        if msg.points:
            point = msg.points[-1]
            positions, velocities = point.positions, point.velocities
            from_start_s = 1e-9 * nanoseconds(point.time_from_start)
        command = JointCommand(msg.joint_names, positions, velocities or None, valid_s, from_start_s)
        self._loop.execute(command, now_s)

    def _diagnose(self) -> None:
        if self._loop is None:
            return
        name = self.get_fully_qualified_name().lstrip("/")
        status = status_message(self._loop.health(time.monotonic()), f"{name}: simulation", name)
        self._diagnostics.publish(diagnostics(self.get_clock().now().to_msg(), status))


def main(args: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run the node until SIGINT or SIGTERM; arguments and exit code as of ``run_node``."""
    leave_cores_to_networks()
    return run_node(RobotSimNode, args, settings)
