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

"""The robot's model from a topic, as robot_state_publisher offers it."""

from functools import partial

import pytest
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from frankmocap_ros.errors import RobotError
from frankmocap_ros.msg import GateState
from frankmocap_ros.ros.common.robot_description import robot_model
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel
from support.waiting import wait_until

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def node(context):
    node = Node("some", context=context())
    yield node
    node.destroy_node()


@pytest.fixture
def offer(context):
    """Publishes a text once, before anybody listens."""
    node = Node("robot_state_publisher", context=context())

    def publish(text, topic="robot_description", qos=LATCHED):
        node.create_publisher(String, topic, qos).publish(String(data=text))

    yield publish
    node.destroy_node()


def text_of(mobile_robot):
    """A robot's URDF, whose file is then gone; and its map."""
    path = mobile_robot()
    model = path.parent / "arm.urdf"
    text = model.read_text(encoding="utf-8")
    model.unlink()
    return text, path


@pytest.mark.parametrize(
    "setting, topic",
    [("topic", "robot_description"), ("topic:/left/robot_description", "/left/robot_description")],
)
def test_a_model_that_was_published_before(node, offer, setting, topic):
    offer("<robot/>", topic)
    found = robot_model(node, setting)
    assert found == ReceivedModel(f"topic /{topic.lstrip('/')}", "<robot/>")
    assert not [s for s in node.subscriptions if s.topic_name.endswith("robot_description")]


@pytest.mark.parametrize("setting", ["", "models/topic.urdf", "topic.urdf", "package://topic/a.urdf"])
def test_files_stay_files(node, setting):
    assert robot_model(node, setting) == setting


def test_two_publishers_are_told(node, offer, capfd):
    offer("<robot/>")
    offer("<robot/>")
    wait_until(lambda: node.count_publishers("/robot_description") == 2, "both are known")
    robot_model(node, "topic")
    assert "/robot_description: it has 2 publishers; what came first is taken" in capfd.readouterr().err


def test_nobody_publishes_a_model(node):
    with pytest.raises(RobotError, match=r"no model of the robot on /robot_description within 0.2 s: nobody"):
        robot_model(node, "topic", patience_s=0.2)


def test_a_publisher_that_does_not_keep_it_is_named(node, offer):
    offer("<robot/>", qos=QoSProfile(depth=1))
    with pytest.raises(RobotError, match="durability: VOLATILE offered there, TRANSIENT_LOCAL requested"):
        robot_model(node, "topic", patience_s=1.0)


@pytest.mark.parametrize(
    "text, said",
    [
        ("  ", "/robot_description: it is empty"),
        (f"<robot>{'x' * 2000}</robot>", "it has 0 MiB; allowed: 0"),
    ],
)
def test_what_is_no_model(node, offer, monkeypatch, text, said):
    monkeypatch.setattr("frankmocap_ros.ros.common.robot_description.MAX_BYTES", 1000)
    offer(text)
    with pytest.raises(RobotError, match=said):
        robot_model(node, "topic")


def test_no_name_of_a_topic(node):
    with pytest.raises(RobotError, match=r"robot_model 'topic:no name': no name of a topic"):
        robot_model(node, "topic:no name")


def test_gate_and_simulated_robot_take_it_from_the_topic(program, peer, offer, mobile_robot):
    text, map_path = text_of(mobile_robot)
    of_robot = ("--ros-args", "-p", f"robot:={map_path}", "-p", "robot_model:=topic")
    gate, robot = program("gate_node", *of_robot), program("robot_sim_node", *of_robot)
    joints = peer.listen(JointState, "joint_states")
    states = peer.listen(GateState, "gate/state", LATCHED)
    peer.wait_until(lambda: "waiting for the robot's model on /robot_description" in gate.text(), "it says")
    assert not len(states)
    assert not len(joints)
    offer(text)
    told = joints.wait(lambda msg: "elbow_joint" in msg.name)
    assert dict(zip(told.name, told.position, strict=True))["elbow_joint"] == pytest.approx(0.8)
    states.wait(lambda msg: msg.state == GateState.DISENGAGED)
    peer.wait_until(partial(_holds, robot), "the robot is there")


def _holds(robot):
    return "holding still" in robot.text()


def test_a_model_with_an_error_is_not_printed(program, offer, mobile_robot):
    text, map_path = text_of(mobile_robot)
    offer(text.replace("</robot>", f"<joint name='{'long' * 500}'/></robot>"))
    of_robot = ("--ros-args", "-p", f"robot:={map_path}", "-p", "robot_model:=topic")
    gate = program("gate_node", *of_robot)
    assert gate.process.wait(60.0) == 2
    assert "topic /robot_description: MuJoCo cannot read it" in gate.text()
    assert len(gate.text()) < 2000
    assert "Traceback" not in gate.text()
