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

"""The gate node: bodies in, commands for a robot out, while an operator is in control."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter

from frankmocap_ros.errors import MocapError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.common.diagnostics_messages import diagnostics, status_message
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.node_clocks import Clocks, NodeClocks, steady_s
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.publisher_nodes import publisher_nodes
from frankmocap_ros.ros.common.qos import HEALTH
from frankmocap_ros.ros.common.robot_description import robot_model
from frankmocap_ros.ros.common.running import run_node
from frankmocap_ros.ros.common.settings_as_parameters import Parameters
from frankmocap_ros.ros.gate.calibration_client import CalibrationClient
from frankmocap_ros.ros.gate.checks.engagement_checks import CheckResults, Surroundings, engagement_checks
from frankmocap_ros.ros.gate.controller_switch import ControllerSwitch
from frankmocap_ros.ros.gate.gate_diagnostics import gate_health
from frankmocap_ros.ros.gate.gate_outputs import GateOutputs
from frankmocap_ros.ros.gate.gate_requests import GateRequests
from frankmocap_ros.ros.gate.gate_worker import GateWorker
from frankmocap_ros.ros.gate.grip_inputs import listen_to_grip_commands
from frankmocap_ros.ros.gate.joint_outputs import CommandedJoints
from frankmocap_ros.ros.gate.operator_input import OperatorInput
from frankmocap_ros.ros.gate.robot_port import JointsPort, PosesPort
from frankmocap_ros.ros.gate.stop_inputs import contact_of, listen_to_protective_stop
from frankmocap_ros.runtime.stamp_offset import StampOffset
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter, load_retargeter
from frankmocap_ros.teleop.operator_state import Target
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot.pose_robot import PoseRobot

NODE_NAME = "gate"
_DIAGNOSTICS_PERIOD_S = 1.0
_GRAPH_PERIOD_S = 0.25  # asking takes 0.15 ms; a second publisher of bodies that sends is noticed at once
_WATCH_PERIOD_S = 0.05


class GateNode(Node):
    """Lets commands through from the operator to the robot, and nothing else.

    One worker takes messages, decides and publishes. The executor serves parameters and hands requests over.

    Args:
        clocks: what the worker and every decision go by; None takes the computer's and the node's. Timers of
            the executor, such as that of diagnostics, do not go by it.
        kwargs: as of Node.
    """

    def __init__(self, clocks: Clocks | None = None, **kwargs: Any) -> None:
        super().__init__(NODE_NAME, **kwargs)
        self._worker: GateWorker | None = None
        self._outputs: GateOutputs | None = None
        clocks = clocks or NodeClocks(self.get_clock())
        self._now_s = partial(steady_s, clocks)
        self._settings = Parameters(
            self,
            GateSettings,
            running=lambda: self._worker is not None,
            on_change=self._configured,
        )
        config = self._settings.config
        self._polling = Polling(self)
        self._input = OperatorInput(self, self._polling, clocks, config)
        found = _robot(self, config) if config.robot else None
        targets = found.targets if found else _targets(config)
        names = [target.name for target in targets]
        contact = contact_of(self._polling, config, found.effort_limits if found else ())
        self._robot: JointController | PoseRobot
        offsets: Sequence[StampOffset]
        if found:
            joints_port = JointsPort(self._polling, found.posture_names, found.observed, clocks)
            joints_port.contact = contact
            self._robot, offsets = self._joint_controller(found, joints_port, config), joints_port.offsets
        else:
            poses_port = PosesPort(self._polling, names, clocks)
            self._robot, offsets = self._pose_robot(names, poses_port, config), poses_port.offsets
        self._switch = ControllerSwitch(self, config) if config.on_fault == "deactivate" else None
        self._controller = Controller(config, targets, self._robot, self._now_s(), self._on_change)
        stops = (*listen_to_protective_stop(self._polling, config), contact, self._switch)
        self._controller.objections.stops = tuple(stop for stop in stops if stop is not None)
        self.add_on_set_parameters_callback(self._only_while_idle)
        outputs = GateOutputs(self, config, targets, _commanded_joints(found, config) if found else None)
        self._outputs = outputs
        self._worker = GateWorker(self, self._controller, self._polling, outputs, clocks)
        if config.calibrate_service:
            self._controller.size.ask = CalibrationClient(self, config.calibrate_service, self._worker).ask
        self._bodies_from: tuple[str, ...] = ()
        self._warned: set[str] = set()
        self._bodies_topic = self._controller.reception.run.topic = self.resolve_topic_name(config.bodies)
        self._input.follow(self._controller)
        listen_to_grip_commands(self._polling, self._controller)
        self._requests = GateRequests(self, self._polling, self._worker, self._controller)
        around = Surroundings(
            outputs.topics,
            offsets,
            self._input.published,
            lambda: self._bodies_from,
            lambda: self._settings.config,
        )
        self._checks = engagement_checks(self, around, self._checked)
        self._diagnostics = advertise(self, Topic(DiagnosticArray, "/diagnostics", HEALTH))
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(
            _DIAGNOSTICS_PERIOD_S, partial(self._worker.hand_over, self._diagnose), clock=steady
        )
        if outputs.repeats:
            self.create_timer(_WATCH_PERIOD_S, self._worker.watch, clock=steady)
        self.create_timer(_GRAPH_PERIOD_S, self._look_around, clock=steady)
        # the first line of a process takes rclpy 0.2 s, which the worker must not lose when it counts
        self.get_logger().info(f"{config.robot or 'poses only'}: {', '.join(names)}; call ~/engage")
        self._worker.start()

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    def destroy_node(self) -> None:
        """Stop the worker before the node goes."""
        if self._worker is not None:
            self._worker.stop()
        if self._outputs is not None:
            self._outputs.close()
        super().destroy_node()

    def _only_while_idle(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        known = {p.name for p in parameters} & set(GateSettings.__dataclass_fields__)
        if known and not self._controller.idle:
            return SetParametersResult(
                successful=False,
                reason=f"{', '.join(sorted(known))} cannot change while the gate is "
                f"{self._controller.state.name}; call ~/engage with false first",
            )
        try:
            self._input.listen(self._settings.changed(parameters))
        except MocapError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _configured(self, config: GateSettings) -> None:
        """Bring changed settings into force."""
        if self._worker is None:
            return

        def configure(now_s: float) -> None:
            self._controller.release("settings changed", now_s)
            self._controller.configure(config)
            self._robot.max_error = _max_error(config)

        self._worker.hand_over(configure)

    def _joint_controller(self, robot: Retargeter, port: JointsPort, config: GateSettings) -> JointController:
        for note in robot.notes:
            self.get_logger().warning(note)

        home = np.concatenate((robot.home, robot.driven.home))

        def measured() -> Array | str:
            return home.copy() if self._settings.config.reference == "home" else port.positions()

        return JointController(robot, measured, _max_error(config), port.observed)

    def _pose_robot(self, names: Sequence[str], port: PosesPort, config: GateSettings) -> PoseRobot:
        n = len(names)
        home = RobotPoses.alone(np.zeros((n, 3)), np.tile(IDENTITY_XYZW, (n, 1)))

        def measured() -> RobotPoses | str:
            return home if self._settings.config.reference == "home" else port.poses()

        return PoseRobot(names, measured, _max_error(config))

    def _on_change(self) -> None:
        if self._worker is not None:
            if self._switch is not None:
                self._switch.state_is(self._controller.state)
            self._worker.changed()

    def _look_around(self) -> None:
        """Tell the controller of changes: who publishes bodies, and what is wrong around the robot."""
        nodes = publisher_nodes(self, self._bodies_topic, BodyPoseArray)
        if self._worker is not None and nodes != self._bodies_from:
            self._bodies_from = nodes
            self._worker.hand_over(lambda now_s: self._controller.objections.published_by(nodes, now_s))
        self._checks.look()

    def _checked(self, found: CheckResults) -> None:
        """Hand over what the checks found; what is to be logged is logged once."""
        for text in found.logged:
            if text not in self._warned:
                self._warned.add(text)
                self.get_logger().warning(text)
        if self._worker is not None:
            refusals, conflict = found.refusals, found.conflict
            self._worker.hand_over(
                lambda now_s: self._controller.objections.checked(refusals, conflict, now_s)
            )

    def _diagnose(self, now_s: float) -> None:
        """Publish how the gate is; for the worker's thread."""
        if self._worker is not None:
            name = self.get_fully_qualified_name().lstrip("/")
            health = gate_health(self._controller, self._worker, self._checks.found.warnings, now_s)
            if self._switch is not None:
                health.values["fault_controllers"] = self._switch.status
            for gripper in self._outputs.grippers if self._outputs is not None else ():
                health.values[f"gripper/{gripper.side}"] = gripper.status
            status = status_message(health, f"{name}: teleoperation", name)
            self._diagnostics.publish(diagnostics(self.get_clock().now().to_msg(), status))


def _robot(node: Node, config: GateSettings) -> Retargeter:
    """The robot of the settings; its grippers are commanded where something opens and shuts them."""
    return load_retargeter(config.robot, robot_model(node, config.robot_model), grips=config.grip != "off")


def _targets(config: GateSettings) -> tuple[Target, ...]:
    """The targets of the settings, where no robot names its own."""
    origin = "" if config.relative_to == "camera" else config.relative_to
    return tuple(Target(name, name, "" if name == origin else origin) for name in config.targets)


def _commanded_joints(robot: Retargeter, config: GateSettings) -> CommandedJoints:
    """The robot's joints, and its controllers where they are commanded."""
    accelerations = np.concatenate((robot.max_acceleration, robot.driven.max_acceleration))
    if not config.robot_controllers:
        return CommandedJoints(robot.posture_names, accelerations)
    actions = [one for one in robot.grippers if one.controller is not None and one.controller.is_action]
    return CommandedJoints(robot.posture_names, accelerations, robot.controllers, robot.joints_apart, actions)


def _max_error(config: GateSettings) -> float:
    """How far the robot may be from its commands; as far as it likes where nothing tells where it is."""
    return config.max_tracking_error if config.reference == "measured" else 0.0


def main(args: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run the node until SIGINT or SIGTERM; arguments and exit code as of ``run_node``."""
    leave_cores_to_networks()
    return run_node(GateNode, args, settings, publishes_at_end=True)
