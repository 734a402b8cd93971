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

"""What the gate looks at around the robot before it engages, with controllers as nodes of their own."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.msg import Log
from rclpy.logging import LoggingSeverity as LogLevel
from rclpy.parameter import Parameter
from trajectory_msgs.msg import JointTrajectory

from frankmocap_ros.errors import SettingError
from frankmocap_ros.msg import GateState
from frankmocap_ros.ros.common.destroying import destroy_in_executor
from support.controller_nodes import servo, trajectory_controller
from support.gate import ARM, LEFT, Arm, at_reference
from support.peer import Peer, as_dict
from support.spinner import Spinner

TOPIC = "/arm_controller/joint_trajectory"
CONTROLLERS = f"controllers: {{{TOPIC}: [{', '.join(ARM)}]}}"


@pytest.fixture
def arm_gate(gate, mobile_robot):
    """Starts a gate whose map sends all joints to one controller."""

    def begin(**parameters):
        return gate(robot=str(mobile_robot(CONTROLLERS)), **parameters)

    return begin


def refusal(g, *words):
    """Wait until diagnostics say that nothing can be engaged; the answer to who asks then."""
    diagnostics = g.listen(DiagnosticArray, "/diagnostics")
    status = g.wait(diagnostics, lambda m: all(word in m.status[0].message for word in words)).status[0]
    assert status.level == DiagnosticStatus.WARN and "cannot engage: " in status.message
    answers = []

    def answered():
        answers.append(g.engage())
        assert not answers[-1].success
        return all(word in answers[-1].message for word in words)

    g.wait_until(answered)  # who is too busy to answer the gate in between is not in its words
    return answers[-1].message


def engages(g):
    g.wait_until(lambda: g.engage().success)
    g.until("ENGAGED")


@pytest.mark.parametrize("topic, kind", [(LEFT, PoseStamped), (TOPIC, JointTrajectory)])
def test_another_publisher_of_commands_is_named_and_refused(arm_gate, gate, elsewhere, topic, kind):
    g = gate() if topic == LEFT else arm_gate()
    g.listen(kind, topic)
    other = elsewhere("other_commander")
    publisher = other.publisher(kind, topic)
    g.seen()
    said = refusal(g, f"another publisher of commands on {topic}: /other_commander; stop it")
    assert "skip_checks: [command_publishers]" in said
    destroy_in_executor(other.node, other.node.destroy_publisher, publisher)
    engages(g)


def test_a_second_gate_is_told_once_and_as_such(gate, elsewhere):
    g = gate()
    other = elsewhere("gate")
    for topic in (LEFT, LEFT.replace("left", "right")):
        g.listen(PoseStamped, topic)
        other.publisher(PoseStamped, topic)
    g.seen()
    said = refusal(g, "right_wrist: /gate, a second node of this name in ROS_DOMAIN_ID ")
    assert said.count("another publisher") == 1, said


def test_another_publisher_of_commands_ends_following_in_hold_and_silence(gate, elsewhere):
    g = gate().engaged()
    heard = len(g.states)
    elsewhere("other_commander").publisher(PoseStamped, LEFT)
    assert f"another publisher of commands on {LEFT}" in g.until("HOLD", heard).reason
    g.wait(g.states, lambda msg: "/other_commander" in msg.reason, heard)
    g.until("DISENGAGED", heard)
    assert g.silent()
    assert not g.engage().success


def test_who_publishes_something_else_commands_nothing(gate, elsewhere):
    g = gate()
    elsewhere("unrelated").node.create_publisher(JointTrajectory, LEFT, 1)
    g.wait_until(lambda: g.gate.count_publishers(LEFT) == 2)
    g.engaged()
    g.advance(1.0)
    assert g.states.messages[-1].state == GateState.ENGAGED


def test_a_skipped_check_lets_engage_and_follow(gate, elsewhere):
    g = gate(skip_checks=["command_publishers"])
    elsewhere("other_commander").publisher(PoseStamped, LEFT)
    g.wait_until(lambda: g.gate.count_publishers(LEFT) == 2)
    g.engaged()
    g.advance(1.0)
    assert g.states.messages[-1].state == GateState.ENGAGED


def test_a_check_may_be_skipped_while_nothing_moves(arm_gate, elsewhere):
    trajectory_controller(elsewhere("arm_controller"), list(ARM[:3]))
    g = arm_gate()
    g.seen()
    refusal(g, "skip_checks: [controller_parameters]")
    g.set(skip_checks=["controller_parameters"])
    engages(g)


def test_a_check_that_does_not_exist_is_refused_with_those_that_do(gate):
    with pytest.raises(SettingError, match=r"unknown check controllers; allowed: command_publishers, contr"):
        gate(skip_checks=["controllers"])


def test_a_controller_with_other_joints_is_refused_by_name(arm_gate, elsewhere):
    """It would reject every trajectory: it owns fewer joints, and one by another name."""
    trajectory_controller(elsewhere("arm_controller"), ["pan_joint", *ARM[1:3]])
    g = arm_gate()
    g.seen()
    said = refusal(g, "/arm_controller rejects the gate's trajectories")
    assert f"it has no {ARM[0]}, {ARM[3]}, and commands lack its pan_joint" in said
    assert f"its joints are pan_joint, {ARM[1]}, {ARM[2]}" in said


def test_a_controller_that_fits_is_engaged_with_what_its_parameters_warn_of(arm_gate, elsewhere):
    trajectory_controller(elsewhere("arm_controller"), list(ARM), cmd_timeout=0.0)
    g = arm_gate()
    g.seen()
    diagnostics = g.listen(DiagnosticArray, "/diagnostics")
    g.wait(diagnostics, lambda m: "/arm_controller never times out" in as_dict(m.status[0])["warnings"])
    assert g.engage().success
    g.until("ENGAGED")


def test_all_refusals_come_in_one_answer(arm_gate, elsewhere):
    controller = elsewhere("arm_controller")
    trajectory_controller(controller, list(ARM[:3]))
    controller.node.set_parameters([Parameter("use_sim_time", value=True)])
    g = arm_gate(trajectory_velocities=True, require_deadman=True)
    g.seen()
    mixed = "use_sim_time is mixed: true for /arm_controller, false for /gate, /peer"
    said = refusal(g, "rejects every point that moves", mixed)
    assert "(1) the deadman's switch" in said
    assert f"commands lack its {ARM[3]}" not in said and f"it has no {ARM[3]}" in said
    assert all(f"({n}) " in said for n in (1, 2, 3))


def test_what_is_found_while_arming_ends_arming(arm_gate, elsewhere):
    g = arm_gate(arming_s=30.0, arming_timeout_s=600.0)
    g.seen()
    assert g.engage().success
    g.until("ARMING")
    trajectory_controller(elsewhere("arm_controller"), list(ARM[:3]))
    assert "/arm_controller rejects" in g.until("DISENGAGED").reason


def test_who_cannot_be_asked_is_not_refused_until_it_answers(arm_gate, context):
    ours = context()
    silent = Peer(ours, node_name="arm_controller")
    trajectory_controller(silent, list(ARM[:3]))
    g = arm_gate()
    g.wait_until(lambda: g.gate.count_subscribers(TOPIC) == 1)
    g.seen()
    engages(g)
    assert g.engage(False).success
    spinner = Spinner(silent.node, ours)
    try:
        refusal(g, "/arm_controller rejects")
    finally:
        spinner.close()
        silent.node.destroy_node()


def test_servo_that_stops_between_two_poses_is_refused(gate, elsewhere):
    servo(elsewhere("servo_node"), LEFT, incoming_command_timeout=0.01)
    g = gate()
    g.seen()
    refusal(g, "/servo_node would stop between two commands: incoming_command_timeout is 0.01 s")


def test_a_mocap_node_in_simulated_time_before_a_gate_that_is_not_is_refused(gate):
    g = gate()
    g.node.set_parameters([Parameter("use_sim_time", value=True)])  # who publishes bodies
    g.seen()
    refusal(g, "use_sim_time is mixed: true for /peer, false for /gate; start all of them with")


@pytest.mark.parametrize("apart_s, side", [(0.4, "ahead of"), (-0.4, "behind")])
def test_a_robot_whose_clock_is_apart_is_refused(arm_gate, apart_s, side):
    g = arm_gate(reference="measured")
    arm = Arm(g, ARM, (0.2, 0.3, 0.8, 0.1))
    now_ns = arm.gate.next_stamp
    arm.gate.next_stamp = lambda: now_ns() + round(1e9 * apart_s)
    g.seen()
    said = refusal(g, "clocks disagree: joint_states is stamped 0.", f"s {side} the gate's clock, over 0.1 s")
    assert "synchronize the computers of robot and gate" in said
    arm.gate.next_stamp = now_ns
    engages(g)


def on_the_way(seed=5):
    """Tells how long each message has been on a network with 20 to 60 ms of delay [s]."""
    random = np.random.default_rng(seed)
    return lambda: random.uniform(0.02, 0.06)


def test_a_mocap_node_whose_clock_is_ahead_is_refused_with_amount_and_next_step(gate):
    """Bodies would seem younger than they are; that they came before their publication proves it."""
    g = gate()
    log = g.listen(Log, "/rosout")
    g.operator.clock_ahead_s, g.operator.transit_s = 0.3, on_the_way()
    said = refusal(g, "clocks disagree: bodies are published 0.", "s ahead of the gate's clock, over 0.1 s")
    assert 0.25 <= float(said.partition("published ")[2].split()[0]) <= 0.3
    assert "chronyc tracking" in said and "computers of mocap node and gate (chrony" in said
    line = log.wait(lambda m: "bodies are published 0." in m.msg, 0)
    assert line.level == LogLevel.WARN and line.name == "gate"
    g.operator.clock_ahead_s = 0.0
    engages(g)


def test_a_mocap_node_whose_clock_is_behind_is_told(gate):
    """It cannot be told from a slow network: no refusal, and both causes in the text."""
    g = gate()
    log, diagnostics = g.listen(Log, "/rosout"), g.listen(DiagnosticArray, "/diagnostics")
    g.operator.clock_ahead_s, g.operator.transit_s = -0.3, on_the_way()
    status = g.wait(diagnostics, lambda m: "bodies arrive 0." in as_dict(m.status[0])["warnings"]).status[0]
    said = as_dict(status)["warnings"]
    assert 0.3 <= float(said.partition("arrive ")[2].split()[0]) <= 0.35
    for words in ("behind the gate's", "or the network is so slow", "chronyc tracking", "chrony, PTP"):
        assert words in said
    log.wait(lambda m: m.msg == said and m.level == LogLevel.WARN, 0)
    engages(g)


def test_a_slow_network_is_no_difference_of_clocks(gate):
    g = gate()
    diagnostics = g.listen(DiagnosticArray, "/diagnostics")
    g.operator.transit_s = on_the_way()
    g.advance(3.0)
    engages(g)
    g.wait(diagnostics, lambda m: True)
    for msg in diagnostics.messages:
        assert "clock" not in msg.status[0].message
        assert not as_dict(msg.status[0])["warnings"]


def test_a_pose_without_a_map_whose_clock_is_apart_is_refused(gate):
    g = gate(reference="measured", targets=["left_wrist"])
    now_ns = g.next_stamp
    g.next_stamp = lambda: now_ns() + 10**9
    at_reference(g)
    g.seen()
    refusal(g, "clocks disagree: ~/reference/left_wrist is stamped ", "s ahead of the gate's clock")


def test_joint_states_without_a_commanded_joint_tell_which_look_alike(arm_gate):
    g = arm_gate(reference="measured")
    Arm(g, ("shoulder_pan", *ARM[1:]), (0.2, 0.3, 0.8, 0.1))
    g.seen()
    said = refusal(g, f"joint_states has not reported {ARM[0]} for 0.5 s", "may be its shoulder_pan;")
    assert "name joints in the model and the map (joints:) as the robot does" in said


def test_stale_joint_states_are_told_before_anybody_asks(arm_gate):
    g = arm_gate(reference="measured")
    arm = Arm(g, ARM, (0.2, 0.3, 0.8, 0.1))
    g.seen()
    engages(g)
    assert g.engage(False).success
    arm.regular.cancel()
    said = refusal(g, f"joint_states has not reported {', '.join(ARM[:3])}, ... for 0.5 s")
    assert "check that the robot and its joint_state_broadcaster are running" in said


class Manager:
    """ros2_control's manager, which tells of its controllers."""

    def __init__(self, peer, kind, **states):
        from controller_manager_msgs.msg import ControllerState  # a stand-in: see ``list_controllers``

        self._states = {name: ControllerState(name=name, state=told) for name, told in states.items()}
        peer.node.create_service(kind, "/controller_manager/list_controllers", self._list)

    def claim(self, name, *joints):
        self._states[name].claimed_interfaces = [f"{joint}/position" for joint in joints]

    def now(self, name, state):
        self._states[name].state = state

    def _list(self, request, response):
        response.controller = list(self._states.values())
        return response


def test_a_controller_that_is_not_active_is_refused_with_the_command(list_controllers, arm_gate, elsewhere):
    trajectory_controller(elsewhere("arm_controller"), list(ARM))
    manager = Manager(
        elsewhere("controller_manager"), list_controllers, arm_controller="inactive", jog="active"
    )
    manager.claim("jog", *ARM)
    g = arm_gate()
    g.seen()
    said = refusal(g, "the controller arm_controller is inactive, not active, and jog commands its joints")
    assert "ros2 control switch_controllers --deactivate jog --activate arm_controller" in said
    manager.now("jog", "inactive")
    manager.now("arm_controller", "active")
    manager.claim("arm_controller", *ARM)
    engages(g)


def test_a_controller_that_the_manager_does_not_know_is_refused(list_controllers, arm_gate, elsewhere):
    Manager(elsewhere("controller_manager"), list_controllers, left_arm_controller="active")
    g = arm_gate()
    g.seen()
    said = refusal(g, f"nobody listens on {TOPIC}, and /controller_manager knows no controller arm_contr")
    assert "it has left_arm_controller (active)" in said


def test_without_ros2_control_nobody_asks_for_controllers(arm_gate, elsewhere):
    trajectory_controller(elsewhere("arm_controller"), list(ARM))
    g = arm_gate()
    g.seen()
    engages(g)


def test_looking_around_does_not_stop_while_a_controller_comes_and_goes(arm_gate, elsewhere, context):
    """A node that ended is forgotten; one of the same name is asked again."""
    ours = context()
    first = Peer(ours, node_name="arm_controller")
    spinner = Spinner(first.node, ours)
    trajectory_controller(first, list(ARM[:3]))
    g = arm_gate()
    g.seen()
    refusal(g, "/arm_controller rejects")
    spinner.close()
    first.node.destroy_node()
    engages(g)
    assert g.engage(False).success
    trajectory_controller(elsewhere("arm_controller"), list(ARM[1:]))
    refusal(g, f"/arm_controller rejects the gate's trajectories: it has no {ARM[0]}")
