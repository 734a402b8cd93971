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

"""Grippers at the gate: in the robot's trajectories, on topics of their own, and as goals of an action."""

import sys
import time

import numpy as np
import pytest
from rclpy.action import ActionServer, GoalResponse
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64, Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import MissingDependencyError
from support.gate import ARM, Arm, deliver
from support.waiting import wait_until

GRIPPER = "joints: [finger_joint], open: 0.04, shut: 0.0, max_speed: 0.1"
NAMES = (*ARM, "finger_joint")
AT = [0.2, 0.3, 0.8, 0.1, 0.04]
WHOLE = "/gate/joint_trajectory"


def lines(more=""):
    return f"grippers: {{right: {{{GRIPPER}{more}}}}}\n"


@pytest.fixture
def robot(distribution, gate, mobile_robot):
    """Starts a gate of an arm with a gripper that ``hand`` opens and shuts."""

    def begin(more="", added="", **settings):
        path = str(mobile_robot(lines(more) + added))
        values = {"reference": "measured", "grip": "topic", "robot": path, **settings}
        g = gate(**values)
        g.arm = Arm(g, NAMES, AT)
        return g

    return begin


class Hand:
    """Somebody who says how far the right gripper is to be open, 50 times a second; None for nothing."""

    def __init__(self, g, opening=1.0):
        self.opening = opening
        self._publisher = g.publisher(Float64, "/gate/grip_command/right")
        g.every(0.02, self._tell)

    def _tell(self):
        if self.opening is not None:
            deliver(self._publisher, Float64(data=self.opening))


def begun(g):
    """Engaged, while the arm goes where it is sent and its gripper stays, as it holds something."""
    trajectories = g.listen(JointTrajectory, WHOLE)

    def go():
        if len(trajectories):
            g.arm.positions[:4] = trajectories.messages[-1].points[0].positions[:4]

    g.every(0.01, go)
    hand = Hand(g)
    g.seen()
    wait_until(lambda: g.engage().success, "the gate does not engage")
    g.until("ENGAGED")
    g.wait(trajectories, lambda msg: len(msg.points) == 1)
    return hand, trajectories


def last(inbox):
    msg = inbox.messages[-1]
    return dict(zip(msg.joint_names, msg.points[0].positions, strict=True))


def test_gripper_joints_are_in_the_trajectory_and_in_the_commands(robot):
    g = robot()
    commands = g.listen(JointState, "/gate/joint_commands")
    hand, trajectories = begun(g)
    assert tuple(trajectories.messages[-1].joint_names) == NAMES
    assert last(trajectories)["finger_joint"] == 0.04
    g.advance(0.2)
    hand.opening = 0.0
    shut = g.wait(trajectories, lambda msg: msg.points[0].positions[4] < 1e-4)
    assert len(shut.points[0].positions) == 5
    path = [msg.points[0].positions[4] for msg in trajectories.messages]
    assert np.abs(np.diff(path)).max() < 0.1 * 0.05, "at its own speed"
    assert tuple(commands.messages[-1].name) == NAMES


def test_with_grip_off_the_gripper_is_not_commanded_nor_asked_for(gate, mobile_robot):
    g = gate(reference="measured", robot=str(mobile_robot(lines())))
    trajectories = g.listen(JointTrajectory, WHOLE)
    Arm(g, ARM, AT[:4])
    g.seen()
    wait_until(lambda: g.engage().success, "the gate does not engage")
    g.until("ENGAGED")
    assert tuple(g.wait(trajectories, lambda msg: True).joint_names) == ARM


def test_a_gripper_that_is_not_told_is_asked_for(robot):
    g = robot()
    g.arm.names, g.arm.positions = list(ARM), np.array(AT[:4])
    g.seen()
    g.advance(1.0)
    assert "joint_states has not reported finger_joint" in g.engage().message


def test_the_arm_is_followed_while_the_gripper_holds_something(robot):
    """Its joint stays where it is, far from its command; nothing lags, and nothing ends."""
    g = robot(max_tracking_error=0.03)
    hand, trajectories = begun(g)
    hand.opening = 0.0
    g.wait(trajectories, lambda msg: msg.points[0].positions[4] < 1e-4)
    heard = len(g.states)
    g.advance(1.0)
    assert g.arm.positions[4] == 0.04
    assert {msg.state for msg in g.states.messages[heard:]} == {g.states.messages[heard].state}
    assert not any("lags" in words for msg in g.states.messages[heard:] for words in msg.limits)


@pytest.mark.parametrize("kind", ["trajectory", "positions"])
def test_a_gripper_has_a_topic_of_its_own(robot, kind):
    g = robot(f", controller: {{type: {kind}, topic: /hand/commands}}")
    own = g.listen(JointTrajectory if kind == "trajectory" else Float64MultiArray, "/hand/commands")
    hand, trajectories = begun(g)
    assert tuple(trajectories.messages[-1].joint_names) == ARM, "only there"

    def at(msg):
        return msg.points[0].positions[0] if kind == "trajectory" else msg.data[0]

    assert at(g.wait(own, lambda msg: True)) == 0.04
    hand.opening = 0.5
    msg = g.wait(own, lambda msg: abs(at(msg) - 0.02) < 1e-4)
    assert kind == "positions" or list(msg.joint_names) == ["finger_joint"]


def test_with_robot_controllers_off_all_joints_are_in_one_trajectory(robot):
    g = robot(", controller: {type: gripper_action, topic: /hand}", robot_controllers=False)
    _, trajectories = begun(g)
    assert tuple(trajectories.messages[-1].joint_names) == NAMES, "as a simulated robot takes it"


class Server:
    """A gripper's controller, with an action.

    Attributes:
        goals: that came, with the times at which they did.
        cancelled: how many of them somebody wanted to be cancelled.
    """

    def __init__(self, g, action, name, accepts=True, stalled=False):
        self.goals, self.times, self.cancelled = [], [], 0
        self._clocks, self._accepts, self._stalled, self._action = g.clocks, accepts, stalled, action
        self.server = ActionServer(
            g.node, action, name, self._execute, goal_callback=self._goal, cancel_callback=self._cancel
        )

    def _goal(self, goal):
        self.goals.append(goal.command)
        self.times.append(1e-9 * self._clocks.steady_ns())
        return GoalResponse.ACCEPT if self._accepts else GoalResponse.REJECT

    def _cancel(self, _):
        self.cancelled += 1

    def accept(self):
        """Reject no goal from now on."""
        self._accepts = True

    def _execute(self, handle):
        if self._stalled:
            handle.abort()
        else:
            handle.succeed()
        return self._action.Result(reached_goal=not self._stalled, stalled=self._stalled)


@pytest.fixture
def server(distribution):
    def begin(g, kind="ParallelGripperCommand", name="/hand/gripper_cmd", **how):
        made = Server(g, getattr(distribution["control_msgs.action"], kind), name, **how)
        (client,) = g.gate._outputs.grippers
        wait_until(client._client.server_is_ready, "the action's server is not found")
        return made

    return begin


def action(kind, more=""):
    return f", controller: {{type: {kind}, topic: /hand/gripper_cmd}}{more}"


def status(g):
    (client,) = g.gate._outputs.grippers
    return client.status


def settled(g, server, position):
    """Let time pass until a goal for a position."""

    def at(command):
        return command.position[0] if hasattr(command, "name") else command.position

    end_s = time.monotonic() + 20.0
    while not any(abs(at(goal) - position) < 1e-5 for goal in list(server.goals)):
        assert time.monotonic() < end_s, [at(goal) for goal in server.goals]
        g.advance(0.01)
    return [at(goal) for goal in server.goals]


@pytest.mark.parametrize("kind", ["parallel_gripper_action", "gripper_action"])
def test_goals_are_sent_where_something_changes(robot, server, kind):
    g = robot(action(kind, ", max_effort: 40"))
    parallel = kind == "parallel_gripper_action"
    controller = server(g, "ParallelGripperCommand" if parallel else "GripperCommand")
    hand, trajectories = begun(g)
    assert tuple(trajectories.messages[-1].joint_names) == ARM
    g.advance(0.5)
    assert not controller.goals, "it is where it begins, and may hold something"
    hand.opening = 0.0
    sent = settled(g, controller, 0.0)
    assert sent == sorted(sent, reverse=True) and len(sent) <= 8, "40 mm at 0.1 m/s, ten times a second"
    goal = controller.goals[-1]
    if parallel:
        assert (list(goal.name), list(goal.velocity), list(goal.effort)) == (["finger_joint"], [0.1], [40.0])
    else:
        assert goal.max_effort == 40.0
    heard = len(controller.goals)
    g.advance(0.5)
    assert len(controller.goals) == heard, "nothing changes"
    wait_until(lambda: status(g) == "succeeded: there", "the result is not told")
    g.engage(False)
    g.advance(0.5)
    assert len(controller.goals) == heard and not controller.cancelled, "the end lets go of nothing"


def test_what_becomes_of_a_goal_is_told(robot, server, capfd):
    g = robot(action("gripper_action"))
    controller = server(g, "GripperCommand", stalled=True)
    hand, _ = begun(g)
    g.advance(0.1)
    hand.opening = 0.0
    settled(g, controller, 0.0)
    wait_until(lambda: status(g) == "aborted: stalled, as where it holds something", "it is not told")
    assert "right gripper" not in capfd.readouterr().err, "that is how grippers hold"


def test_a_goal_that_is_rejected_is_told(robot, server, capfd):
    g = robot(action("gripper_action"))
    server(g, "GripperCommand", accepts=False)
    hand, _ = begun(g)
    g.advance(0.1)
    hand.opening = 0.0
    g.advance(0.3)
    wait_until(lambda: "/hand/gripper_cmd rejected a goal" in status(g), "it is not told")
    wait_until(lambda: "right gripper: /hand/gripper_cmd rejected a goal" in capfd.readouterr().err, "no log")


def test_a_goal_that_is_rejected_is_sent_again(robot, server):
    """The command is at rest by then: it would never be sent for a change."""
    g = robot(action("gripper_action"))
    controller = server(g, "GripperCommand", accepts=False)
    hand, _ = begun(g)
    g.advance(0.1)
    hand.opening = 0.0
    sent = settled(g, controller, 0.0)
    wait_until(lambda: "rejected" in status(g), "it is not told")
    g.advance(1.5)
    seconds = np.diff(controller.times)
    assert len(controller.goals) == len(sent) + 1 and (seconds[1:] > 0.9).all(), "once a second"
    controller.accept()
    g.advance(1.2)
    wait_until(lambda: status(g) == "succeeded: there", "the goal is not accepted")
    g.engage(False)
    heard = len(controller.goals)
    g.advance(1.5)
    assert len(controller.goals) == heard, "not after the end"


def test_without_a_server_the_arm_is_followed_and_it_is_told(robot, distribution):
    g = robot(action("parallel_gripper_action"))
    hand, trajectories = begun(g)
    g.advance(0.1)
    hand.opening = 0.0
    g.advance(0.3)
    assert "no server of the action /hand/gripper_cmd: start the controller" in status(g)
    heard = len(trajectories)
    g.advance(0.1)
    assert len(trajectories) > heard


def test_a_server_that_answers_nothing_blocks_nothing(robot, server, monkeypatch, held_call):
    g = robot(action("gripper_action"))
    controller = server(g, "GripperCommand")
    hand, trajectories = begun(g)
    g.advance(0.1)
    monkeypatch.setattr(g.gate._outputs.grippers[0], "_on_answer", lambda number, future: None)
    hand.opening = 0.0
    heard = len(trajectories)
    g.advance(0.8)
    assert len(trajectories) >= heard + 40
    assert len(controller.goals) == 1, "it waits for an answer, and sends the newest then"
    settled(g, controller, 0.0)


def test_without_control_msgs_it_is_refused_with_the_next_step(robot, monkeypatch):
    for name in ("control_msgs", "control_msgs.action"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependencyError) as error:
        robot(action("gripper_action"))
    assert "grippers.right.controller of the robot's map, of the type gripper_action, needs" in str(
        error.value
    )
    assert "apt install ros-$ROS_DISTRO-control-msgs" in str(error.value)
    assert "robot_controllers: false" in str(error.value)
