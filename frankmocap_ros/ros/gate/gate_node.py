"""The gate node: bodies in, commands for a robot out, while an operator is in control."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future
from sensor_msgs.msg import Joy
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.errors import MessageError, MocapError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.monitor import diagnostics, status_message
from frankmocap_ros.ros.common.node_clocks import Clocks, NodeClocks, steady_s
from frankmocap_ros.ros.common.parameters import Parameters
from frankmocap_ros.ros.common.publisher_nodes import publisher_nodes
from frankmocap_ros.ros.common.qos import HEALTH, incoming
from frankmocap_ros.ros.common.running import run_node
from frankmocap_ros.ros.common.steady_stamps import SteadyStamps
from frankmocap_ros.ros.common.transforms import Transforms, need_package
from frankmocap_ros.ros.gate.camera_level import Gravity, level_from_tf
from frankmocap_ros.ros.gate.gate_outputs import GateOutputs
from frankmocap_ros.ros.gate.gate_worker import GateWorker
from frankmocap_ros.ros.gate.operator_message import OperatorReader, Seen, read_bodies
from frankmocap_ros.ros.gate.polling import Polling
from frankmocap_ros.ros.gate.robot_port import JointsPort, PosesPort
from frankmocap_ros.runtime.health import Health
from frankmocap_ros.runtime.snapshot import Level
from frankmocap_ros.runtime.stamp_watch import StampWatch
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter, load_retargeter
from frankmocap_ros.teleop.operator_state import Target
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot.pose_robot import PoseRobot

NODE_NAME = "gate"
_DIAGNOSTICS_PERIOD_S = 1.0
_PUBLISHERS_PERIOD_S = (
    0.25  # asking the graph takes 0.15 ms; a second publisher that sends is noticed at once
)
_WARNING_PERIOD_S = 5.0


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
        self._controller: Controller | None = None
        self._clocks = clocks or NodeClocks(self.get_clock())
        self._now_s = partial(steady_s, self._clocks)
        self._stamps = SteadyStamps(self._clocks)
        self._watch = StampWatch("bodies", "max_age_s", "see in /diagnostics what is slow")
        self._reader = OperatorReader(())
        self._frame_id = ""  # of the poses, as last heard
        self._transforms: Transforms | None = None
        self._settings = Parameters(
            self,
            GateSettings,
            running=lambda: self._worker is not None,
            on_change=self._configured,
        )
        config = self._settings.config
        self._polling = Polling(self)
        self._gravity = Gravity(self._polling)
        self._look_up(config)
        self.add_on_set_parameters_callback(self._only_while_idle)
        found = load_retargeter(config.robot, config.robot_model) if config.robot else None
        targets = found.targets if found else _targets(config)
        names = [target.name for target in targets]
        self._robot = self._joint_controller(found, config) if found else self._pose_robot(names, config)
        self._controller = Controller(config, targets, self._robot, self._now_s(), self._on_change)
        controllers = found.controllers if found and config.robot_controllers else {}
        joints = found.joint_names if found else ()
        outputs = GateOutputs(self, config.base_frame, names, joints, controllers)
        self._worker = GateWorker(self, self._controller, self._polling, outputs, self._clocks)
        self._bodies_from: tuple[str, ...] = ()
        self._bodies_topic = self._controller.run.topic = self.resolve_topic_name(config.bodies)
        self._subscribe(config)
        # the first line of a process takes rclpy 0.2 s, which the worker must not lose when it counts
        self.get_logger().info(f"{config.robot or 'poses only'}: {', '.join(names)}; call ~/engage")
        self._worker.start()

    def _subscribe(self, config: GateSettings) -> None:
        self._polling.subscribe_raw(BodyPoseArray, config.bodies, self._on_bodies, incoming(1))
        # one that is lost errs towards standing still, within deadman_timeout_s: see docs/source/safety.md
        self._polling.subscribe(Bool, "~/deadman", self._on_deadman, incoming(1))
        self._polling.subscribe(Joy, "joy", self._on_joy, incoming(10))
        # whoever waits for an answer does not keep messages waiting
        services = MutuallyExclusiveCallbackGroup()
        self.create_service(SetBool, "~/engage", self._on_engage, callback_group=services)
        self.create_service(Trigger, "~/reset", self._on_reset, callback_group=services)
        self._buttons: tuple[int, ...] = ()
        self._diagnostics = advertise(self, Topic(DiagnosticArray, "/diagnostics", HEALTH))
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_DIAGNOSTICS_PERIOD_S, self._diagnose, clock=steady)
        self.create_timer(_PUBLISHERS_PERIOD_S, self._look_for_publishers, clock=steady)

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    def destroy_node(self) -> None:
        """Stop the worker before the node goes."""
        if self._worker is not None:
            self._worker.stop()
        super().destroy_node()

    def _only_while_idle(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        controller = self._controller
        known = {p.name for p in parameters} & set(GateSettings.__dataclass_fields__)
        if controller is not None and known and not controller.idle:
            return SetParametersResult(
                successful=False,
                reason=f"{', '.join(sorted(known))} cannot change while the gate is "
                f"{controller.state.name}; call ~/engage with false first",
            )
        try:
            new = self._settings.changed(parameters)
            self._listen_to_tf(new)
        except MocapError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _look_up(self, config: GateSettings) -> None:
        """Listen to what else tells where up and forward is."""
        if config.gravity == "imu":
            self._gravity.listen()
        self._listen_to_tf(config)

    def _listen_to_tf(self, config: GateSettings) -> None:
        if config.heading == "tf" and self._transforms is None:
            need_package("tf2_ros", "heading: tf", "heading: operator, heading: camera")
            self._transforms = Transforms(self)

    def _configured(self, config: GateSettings) -> None:
        """Bring changed settings into force."""
        self._look_up(config)
        worker, controller = self._worker, self._controller
        if worker is not None and controller is not None:

            def configure(now_s: float) -> None:
                controller.release("settings changed", now_s)
                controller.configure(config)
                self._robot.max_error = _max_error(config)

            worker.hand_over(configure)

    def _joint_controller(self, robot: Retargeter, config: GateSettings) -> JointController:
        for note in robot.notes:
            self.get_logger().warning(note)
        port = JointsPort(self._polling, robot.joint_names, robot.observed, self._now_s)

        def measured() -> Array | str:
            return robot.home if self._settings.config.reference == "home" else port.positions()

        return JointController(robot, measured, _max_error(config), port.observed)

    def _pose_robot(self, names: Sequence[str], config: GateSettings) -> PoseRobot:
        port = PosesPort(self._polling, names, self._now_s)
        n = len(names)
        home = RobotPoses.alone(np.zeros((n, 3)), np.tile(IDENTITY_XYZW, (n, 1)))

        def measured() -> RobotPoses | str:
            return home if self._settings.config.reference == "home" else port.poses()

        return PoseRobot(names, measured, _max_error(config))

    def _on_change(self) -> None:
        if self._worker is not None:
            self._worker.changed()

    def _on_bodies(self, data: bytes, now_s: float) -> None:
        controller = self._controller
        if controller is None:
            return
        if self._reader.watched is not controller.watched:
            self._reader = OperatorReader(controller.watched)
        try:
            msg = read_bodies(data)
        except MessageError as error:
            controller.ignored["unreadable"] += 1
            self.get_logger().warning(str(error), throttle_duration_sec=_WARNING_PERIOD_S)
            return
        if not controller.follows(msg.run_id, now_s):
            return
        seen = self._reader.read(msg)
        self._level(controller, seen, now_s)
        self._watch.note(1e-9 * seen.stamp_ns, 1e-9 * self._stamps.stamp_ns(now_s), now_s)
        controller.stamp_fault = self._watch.fault(controller.config.max_age_s)
        controller.observe(seen.operator_state(self._stamps.time_s(seen.stamp_ns)), now_s)

    def _level(self, controller: Controller, seen: Seen, now_s: float) -> None:
        """Tell the controller where up and forward is, where the settings alone do not."""
        config = controller.config
        if seen.frame_id != self._frame_id:
            if self._frame_id:
                controller.release(f"poses are now in {seen.frame_id!r}, not {self._frame_id!r}", now_s)
                controller.configure(config)
            self._frame_id = seen.frame_id
        if seen.frame_id == config.base_frame:  # the mocap node's target_frame: up and forward are theirs
            controller.level = IDENTITY_XYZW
        elif config.heading == "tf" and self._transforms is not None:
            sec, nanosec = divmod(seen.stamp_ns, 10**9)
            stamp = Time(sec=sec, nanosec=nanosec)
            controller.level = level_from_tf(self._transforms, config.base_frame, seen.frame_id, stamp)
        elif config.gravity == "imu" and controller.idle:  # what is engaged keeps its frame
            controller.level = self._gravity.level(config, now_s)

    def _on_deadman(self, msg: Bool, now_s: float) -> None:
        if self._controller is not None:
            self._controller.deadman(bool(msg.data), now_s)

    def _on_joy(self, msg: Joy, now_s: float) -> None:
        before, self._buttons = self._buttons, tuple(msg.buttons)
        config, controller = self._settings.config, self._controller

        def pressed(button: int) -> bool:
            """Whether it is down now and was up before; the first message tells nothing."""
            return 0 <= button < min(len(before), len(self._buttons)) and (
                bool(self._buttons[button]) and not before[button]
            )

        if controller is None:
            return
        if pressed(config.joy_release_button):
            controller.release("the joystick's button", now_s)
        elif pressed(config.joy_engage_button):
            self._request(controller, now_s)

    def _request(self, controller: Controller, now_s: float) -> None:
        refusal = controller.request(now_s)
        if refusal:
            self.get_logger().warning(f"not engaged: {refusal}")

    async def _on_engage(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        response.success, response.message = await self._asked(
            lambda controller, now_s: _engage(controller, request.data, now_s)
        )
        return response

    async def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = await self._asked(_reset)
        return response

    async def _asked(self, ask: Any) -> tuple[bool, str]:
        """Let the worker answer, and wait for it beside the executor."""
        worker, controller = self._worker, self._controller
        if worker is None or controller is None:
            return False, "the gate is not ready yet"
        future: Future = Future(executor=self.executor)
        future.add_done_callback(lambda _: None)  # wakes the executor

        def reply(now_s: float) -> None:
            try:
                future.set_result(ask(controller, now_s))
            except Exception as error:  # the worker's next: FAULT; whoever asked must not wait for ever
                step = "check the gate's log, then call ~/reset"
                future.set_result((False, f"the gate failed: {type(error).__name__}: {error}; {step}"))
                raise

        worker.hand_over(reply)
        answer = await future
        return answer if answer is not None else (False, "the gate ends")

    def _look_for_publishers(self) -> None:
        """Tell the controller who publishes bodies, where that has changed."""
        worker, controller = self._worker, self._controller
        nodes = publisher_nodes(self, self._bodies_topic, BodyPoseArray)
        if worker is not None and controller is not None and nodes != self._bodies_from:
            self._bodies_from = nodes
            worker.hand_over(lambda now_s: controller.published_by(nodes, now_s))

    def _diagnose(self) -> None:
        worker, controller = self._worker, self._controller
        if worker is not None and controller is not None:
            worker.hand_over(lambda now_s: self._publish_health(worker, controller, now_s))

    def _publish_health(self, worker: GateWorker, controller: Controller, now_s: float) -> None:
        level = {State.FAULT: Level.ERROR, State.HOLD: Level.WARN}.get(controller.state, Level.OK)
        conflict = controller.run.conflict(now_s) or controller.stamp_problem(now_s)
        text = f"{controller.state.name}: {controller.reason}"
        if conflict and conflict not in text:
            text += f"; cannot engage: {conflict}"
        values = {
            "state": controller.state.name,
            "operator": str(controller.operator_id),
            "publishers": ", ".join(controller.run.nodes) or "none",
            "lag_ms": f"{controller.tracking_quality.lag_ms:.1f}",
            "jitter_mm": f"{controller.tracking_quality.jitter_mm:.2f}",
            "limits": ", ".join(controller.limits_hit),
        }
        for name, meter in (("late_ms", worker.late_ms), ("busy_ms", worker.busy_ms)):
            found = meter.percentiles((50.0, 99.0))
            if found:
                values[name] = f"p50 {found[0]:.2f}, p99 {found[1]:.2f}"
        values |= {f"ignored/{reason}": str(n) for reason, n in controller.ignored.items()}
        health = Health(max(level, Level.WARN) if conflict else level, text, values)
        name = self.get_fully_qualified_name().lstrip("/")
        status = status_message(health, f"{name}: teleoperation", name)
        self._diagnostics.publish(diagnostics(self.get_clock().now().to_msg(), status))


def _targets(config: GateSettings) -> tuple[Target, ...]:
    """The targets of the settings, where no robot names its own."""
    origin = "" if config.relative_to == "camera" else config.relative_to
    return tuple(Target(name, name, "" if name == origin else origin) for name in config.targets)


def _max_error(config: GateSettings) -> float:
    """How far the robot may be from its commands; as far as it likes where nothing tells where it is."""
    return config.max_tracking_error if config.reference == "measured" else 0.0


def _engage(controller: Controller, wanted: bool, now_s: float) -> tuple[bool, str]:
    if not wanted:
        controller.release("asked to", now_s)
        return True, f"{controller.state.name}: no commands"
    refusal = controller.request(now_s)
    return not refusal, refusal or f"{controller.state.name}: {controller.reason}"


def _reset(controller: Controller, now_s: float) -> tuple[bool, str]:
    if controller.state is not State.FAULT:
        return False, f"no fault to reset; the gate is {controller.state.name}"
    controller.reset(now_s)
    return True, "DISENGAGED: no commands until the next request"


def main(args: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run the node until SIGINT or SIGTERM; arguments and exit code as of ``run_node``."""
    leave_cores_to_networks()
    return run_node(GateNode, args, settings)
