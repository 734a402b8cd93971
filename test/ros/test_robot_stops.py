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

"""The gate as a node, and a robot that stops, touches something, or has a controller manager."""

import sys
import threading

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import WrenchStamped
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.msg import GateState
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from support.gate import Arm, deliver
from support.peer import Peer
from support.spinner import Spinner
from support.waiting import TIMEOUT_S, wait_until

TOPIC = "/robot/protective_stop"
STOP = {"protective_stop_topic": TOPIC}
LATCHED = {"durability": DurabilityPolicy.TRANSIENT_LOCAL}
BEST_EFFORT = {"reliability": ReliabilityPolicy.BEST_EFFORT}
ARM = ("shoulder_pan_joint", "shoulder_lift_joint", "elbow_joint", "wrist_joint")
AT = (0.2, 0.3, 0.8, 0.1)
SWITCH = {"on_fault": "deactivate", "fault_controllers": ["arm_controller", "gripper_controller"]}


def driver(g, **qos):
    """Says whether the robot is stopped."""
    publisher = g.node.create_publisher(Bool, TOPIC, QoSProfile(depth=1, **qos))

    def tell(stopped):
        publisher.publish(Bool(data=stopped))

    return publisher, tell


@pytest.mark.parametrize(
    "qos",
    [{}, LATCHED, BEST_EFFORT, LATCHED | BEST_EFFORT],
    ids=["plain", "latched", "lossy", "latched-lossy"],
)
def test_a_protective_stop_ends_commands_and_nothing_resumes(gate, qos):
    """However the driver publishes it."""
    g = gate(**STOP)
    g.seen()
    assert f"nothing was received on {TOPIC}" in g.engage().message
    publisher, tell = driver(g, **qos)
    hears = 1 if BEST_EFFORT.items() <= qos.items() else 3 if qos else 2
    wait_until(lambda: publisher.get_subscription_count() == hears, "the gate does not hear the driver")
    ends = [s for s in g.gate.subscriptions if s.topic_name == TOPIC]
    wait_until(lambda: sum(s.get_publisher_count() for s in ends) == hears, "nor does it know of it")
    tell(False)
    wait_until(lambda: g.engage().success, "the robot is not stopped")
    g.until("ENGAGED")
    g.command()
    heard = len(g.states)
    tell(True)
    ended = g.until("DISENGAGED", heard)
    assert f"the robot is in its protective stop ({TOPIC} is true)" in ended.reason
    assert GateState.HOLD not in {msg.state for msg in g.states.messages[heard:]}
    assert g.silent()
    health = g.wait(g.listen(DiagnosticArray, "/diagnostics"), lambda _: True).status[0]
    assert health.level == DiagnosticStatus.WARN and "protective stop" in health.message
    refusal = g.engage()
    assert not refusal.success and "clear the stop at the robot, then engage again" in refusal.message
    tell(False)
    g.advance(1.0)
    assert g.states.messages[-1].state == GateState.DISENGAGED and g.silent(), "it must be asked for again"
    wait_until(lambda: g.engage().success, "the stop is over")


@pytest.mark.parametrize("stopped", [True, False])
def test_what_a_driver_has_latched_is_known(gate, context, stopped):
    """Published once, before there was a gate; here the topic says that the robot is fine."""
    ours = context()
    before = Peer(ours, node_name="driver")
    spinner = Spinner(before.node, ours)
    try:
        publisher = before.node.create_publisher(Bool, TOPIC, QoSProfile(depth=1, **LATCHED))
        publisher.publish(Bool(data=not stopped))
        g = gate(**STOP, protective_stop_active=False)
        g.seen()
        if stopped:
            g.wait(g.states, lambda _: "is false" in g.engage().message)
        else:
            wait_until(lambda: g.engage().success, "the robot is not stopped")
        assert publisher.wait_for_all_acked(Duration(seconds=TIMEOUT_S))
    finally:
        spinner.close()
        before.node.destroy_node()


def test_a_driver_that_falls_silent_ends_following(gate):
    g = gate(**STOP, protective_stop_timeout_s=0.3)
    publisher, _ = driver(g)
    wait_until(lambda: publisher.get_subscription_count() == 2, "the gate does not hear the driver")
    telling = g.every(0.1, lambda: deliver(publisher, Bool(data=False)))
    g.engaged()
    g.advance(1.0)
    assert g.states.messages[-1].state == GateState.ENGAGED
    telling.cancel()
    assert f"{TOPIC} for 0.3 s" in g.until("DISENGAGED").reason


@pytest.fixture
def armed(gate, mobile_robot):
    """Starts a gate of an arm with effort limits, which tells its efforts."""

    def begin(efforts=(0.0, 0.0, 0.0, 0.0), **parameters):
        g = gate(
            reference="measured", robot=str(mobile_robot("effort_limits: {elbow_joint: 20}\n")), **parameters
        )
        arm = Arm(g, ARM, AT, efforts)
        g.seen()
        return g, arm

    return begin


def test_a_joint_that_meets_resistance_ends_following(armed):
    g, arm = armed()
    wait_until(lambda: g.engage().success, "the arm tells where it is, and its efforts")
    g.until("ENGAGED")
    arm.efforts = [99.0, 99.0, -19.0, 99.0]
    g.advance(0.5)
    assert g.states.messages[-1].state == GateState.ENGAGED, "the others have no limit"
    heard = len(g.states)
    arm.efforts = [0.0, 0.0, -25.0, 0.0]
    reason = g.until("DISENGAGED", heard).reason
    assert "the effort of elbow_joint is 25 Nm, above its limit in effort_limits 20" in reason
    assert g.silent()
    assert g.engage().message == reason


def test_with_hold_the_command_brakes_first(armed):
    g, arm = armed(on_contact="hold", hold_s=0.3)
    wait_until(lambda: g.engage().success, "the arm tells where it is, and its efforts")
    g.until("ENGAGED")
    heard = len(g.states)
    arm.efforts = [0.0, 0.0, 25.0, 0.0]
    assert "elbow_joint is 25 Nm" in g.until("HOLD", heard).reason
    assert "elbow_joint is 25 Nm" in g.until("DISENGAGED", heard).reason
    assert g.silent()


def test_joint_states_without_efforts_are_refused(armed):
    g, arm = armed(efforts=())
    g.advance(0.3)
    refusal = g.engage().message
    assert "joint_states has no effort of elbow_joint" in refusal and "remove effort_limits" in refusal
    arm.efforts = [0.0] * 4
    wait_until(lambda: g.engage().success, "now it tells them")
    g.until("ENGAGED")
    arm.efforts = []
    assert "no effort of elbow_joint" in g.until("DISENGAGED").reason


def test_a_box_keeps_a_hand_out(gate, mobile_robot, capfd):
    """The operator's hand goes on; this arm has no shapes, which the log says."""
    table = "keep_out: [{name: table, center: [0.5, 0, 0], size: [3, 3, 0.1]}]\n"
    path = str(mobile_robot("self_collision: {minimum_distance: 0.03}\n" + table))
    g = gate(robot=path, targets=["right_wrist"], required_joints=["right_wrist"])
    g.seen()
    commands = g.listen(JointState, "/gate/joint_commands")
    assert g.engage().success
    g.until("ENGAGED")
    row = BODY.index["right_wrist"]
    for k in range(40):
        g.operator.offset[row, 1] = 0.02 * (k + 1)  # down, in the optical frame
        g.advance(0.04)
    g.advance(0.5)
    assert "right_wrist: not reached" in g.states.messages[-1].limits
    robot = load_retargeter(path)
    heights = [robot.poses(np.array(msg.position)).positions[0, 2] for msg in commands.messages]
    assert heights[0] > 0.15 and 0.08 - 1e-6 <= min(heights) < 0.09
    g.operator.here = False
    g.until("DISENGAGED")
    heights = [robot.poses(np.array(msg.position)).positions[0, 2] for msg in commands.messages]
    assert min(heights) >= 0.08 - 1e-6, "in HOLD as well"
    assert "of parts without one only the positions of the targets (right_wrist)" in capfd.readouterr().err


def test_a_force_sensor_ends_following(gate):
    g = gate(wrench_topic="/ft/wrench", max_force=30.0)
    g.seen()
    assert "nothing was received on /ft/wrench" in g.engage().message
    publisher = g.publisher(WrenchStamped, "/ft/wrench")
    msg = WrenchStamped()
    g.every(0.01, lambda: publisher.publish(msg))
    wait_until(lambda: g.engage().success, "the sensor tells its force")
    g.until("ENGAGED")
    heard = len(g.states)
    msg.wrench.force.z = -31.0
    assert "the force on /ft/wrench is 31 N, above max_force 30" in g.until("DISENGAGED", heard).reason
    assert g.silent()


@pytest.fixture
def manager(distribution):
    """Starts a controller manager beside a gate; gives what it was asked for."""
    kind = distribution["controller_manager_msgs.srv"].SwitchController

    def begin(g, answer=True, gate_open=None):
        asked = []

        def switch(request, response):
            asked.append(request)
            if gate_open is not None:
                gate_open.wait(TIMEOUT_S)
            response.ok, response.message = answer, "" if answer else "arm_controller is not loaded"
            return response

        g.node.create_service(kind, "/controller_manager/switch_controller", switch)
        return asked

    return begin


def breaks(g, monkeypatch):
    """Let the gate meet a bug while it commands."""
    g.engaged()
    monkeypatch.setattr(Controller, "tick", lambda self, time_s: 1 / 0)
    g.until("FAULT")


@pytest.mark.parametrize("fine", [True, False])
def test_a_fault_deactivates_the_controllers(gate, manager, monkeypatch, fine, capfd):
    g = gate(**SWITCH)
    g.seen()
    refusal = g.engage().message
    assert "there is no service /controller_manager/switch_controller" in refusal
    assert "set on_fault: nothing" in refusal
    asked = manager(g, answer=fine)
    wait_until(lambda: g.engage(False) and not g.gate._switch.refusal(0.0), "the service is not found")
    breaks(g, monkeypatch)
    words = "deactivated" if fine else "not deactivated: arm_controller is not loaded"
    wait_until(lambda: g.gate._switch.status == words, "no answer")
    (request,) = asked
    assert request.deactivate_controllers == SWITCH["fault_controllers"]
    assert not request.activate_controllers and request.strictness == request.BEST_EFFORT
    g.advance(0.3)
    assert len(asked) == 1, "once for a fault"
    monkeypatch.undo()
    assert g.call(Trigger, "reset", Trigger.Request()).success
    g.advance(0.2)
    assert len(asked) == 1, "nothing is activated again"


def test_a_controller_manager_that_does_not_answer_blocks_nothing(gate, manager, monkeypatch):
    g, answer = gate(**SWITCH), threading.Event()
    g.seen()
    asked = manager(g, gate_open=answer)
    wait_until(lambda: not g.gate._switch.refusal(0.0), "the service is not found")
    try:
        g.engaged()
        monkeypatch.setattr(Controller, "tick", lambda self, time_s: 1 / 0)
        g.clocks.step(0.01)
        wait_until(lambda: asked, "it is not asked")
        g.clocks.step(0.5)  # the worker goes on
        assert g.gate._controller.state.name == "FAULT" and g.gate._switch.status == "asked"
    finally:
        answer.set()
    wait_until(lambda: g.gate._switch.status == "deactivated", "no answer")


def test_without_its_messages_on_fault_is_refused_at_the_start(gate, monkeypatch):
    monkeypatch.setitem(sys.modules, "controller_manager_msgs", None)
    monkeypatch.setitem(sys.modules, "controller_manager_msgs.srv", None)
    with pytest.raises(MissingDependencyError, match=r"apt install ros-\$ROS_DISTRO-controller-manager-msgs"):
        gate(**SWITCH)


def test_a_fault_alone_asks_nobody(gate, manager, monkeypatch):
    g = gate()
    asked = manager(g)
    breaks(g, monkeypatch)
    g.advance(0.2)
    assert not asked
