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

"""Every topic of every node: who matches, who can change that, and what is said about who does not."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.msg import Log
from rclpy.duration import Duration
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState

import frankmocap_ros
from frankmocap_ros.ros.camera.camera_node import CameraNode
from frankmocap_ros.ros.common import qos
from frankmocap_ros.ros.common.endpoints import mismatches
from frankmocap_ros.ros.gate.gate_node import GateNode
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from frankmocap_ros.ros.robot_sim.robot_sim_node import RobotSimNode
from support.peer import Peer
from support.spinner import Spinner

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SYNTHETIC = {"source": "synthetic"}
NODES = {
    "mocap": (MocapNode, {"estimator": "synthetic"}),
    "mocap, compressed": (MocapNode, {"estimator": "synthetic", "image_transport": "compressed"}),
    "gate, poses": (GateNode, {"gravity": "imu"}),
    "gate, joints": (GateNode, {"robot": "torso"}),
    "robot_sim": (RobotSimNode, {}),
}
INPUTS = {
    "mocap": {"/image", "/camera_info", "/depth"},
    "mocap, compressed": {"/image/compressed", "/camera_info", "/depth"},
    "gate, poses": {
        "/frankmocap/bodies", "/gate/deadman", "/joy", "/imu",
        "/gate/reference/left_wrist", "/gate/reference/right_wrist",
    },
    "gate, joints": {"/frankmocap/bodies", "/gate/deadman", "/joy", "/joint_states"},
    "robot_sim": {"/joint_trajectory"},
}  # fmt: skip


@pytest.fixture
def run(context):
    """Runs a node with parameters; returns it and a peer."""
    with ExitStack() as stack:

        def begin(kind, parameters):
            theirs, ours = context(), context()
            given = [Parameter(name, value=value) for name, value in parameters.items()]
            node = kind(context=theirs, parameter_overrides=given)
            stack.callback(node.destroy_node)
            stack.callback(Spinner(node, theirs).close)
            peer = Peer(ours)
            stack.callback(peer.node.destroy_node)
            stack.callback(Spinner(peer.node, ours).close)
            return node, peer

        yield begin


@pytest.mark.parametrize("name", NODES)
def test_inputs_hear_whoever_is_best_effort(run, name):
    """DDS counts only those that match: a subscription that demands reliable is never found."""
    if name in ("gate, joints", "robot_sim"):
        pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
    node, peer = run(*NODES[name])
    inputs = {s.topic_name: s.msg_type for s in node.subscriptions}
    assert INPUTS[name] <= inputs.keys()
    for topic, kind in inputs.items():
        peer.publisher(kind, topic, BEST_EFFORT)
        assert node.has_parameter(f"qos_overrides.{topic}.subscription.reliability"), topic


@pytest.mark.parametrize("name", [*NODES, "camera"])
def test_outputs_can_be_overridden(run, name):
    if name in ("gate, joints", "robot_sim"):
        pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
    node, _ = run(*(NODES | {"camera": (CameraNode, SYNTHETIC)})[name])
    own = {p.topic_name for p in node.publishers} - {"/parameter_events", "/rosout"}
    assert "/diagnostics" in own
    for topic in own - {topic for topic in own if topic.endswith("transition_event")}:
        assert node.has_parameter(f"qos_overrides.{topic}.publisher.reliability"), topic


def test_an_override_is_for_its_topic_alone(run):
    node, _ = run(GateNode, {"qos_overrides./gate/command/left_wrist.publisher.depth": 7})
    depths = {p.topic_name: p.qos_profile.depth for p in node.publishers}
    assert depths["/gate/command/left_wrist"] == 7
    assert depths["/gate/command/right_wrist"] == 1
    assert qos.COMMANDS.depth == 1


def test_a_polled_input_can_be_made_reliable_and_says_who_does_not_match(run):
    override = "qos_overrides./gate/reference/left_wrist.subscription.reliability"
    _, peer = run(GateNode, {override: "reliable"})
    log = peer.listen(Log, "/rosout", LATCHED)
    publisher = peer.node.create_publisher(PoseStamped, "/gate/reference/left_wrist", BEST_EFFORT)
    said = log.wait(lambda msg: "/gate/reference/left_wrist" in msg.msg and "receives" in msg.msg).msg
    assert "receives nothing from /peer" in said
    assert "reliability: BEST_EFFORT offered there, RELIABLE requested here" in said
    assert override in said
    assert publisher.get_subscription_count() == 0


def test_an_output_says_who_does_not_match(run):
    _, peer = run(GateNode, {})
    log = peer.listen(Log, "/rosout", LATCHED)
    peer.node.create_subscription(PoseStamped, "/gate/command/left_wrist", lambda _: None, LATCHED)
    said = log.wait(lambda msg: "/gate/command/left_wrist" in msg.msg and "sends" in msg.msg).msg
    assert "sends nothing to /peer" in said
    assert "durability: VOLATILE offered here, TRANSIENT_LOCAL requested there" in said
    assert "qos_overrides./gate/command/left_wrist.publisher.durability" in said


def test_a_state_of_the_robot_that_does_not_match_is_told_beside_one_that_does(run):
    pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
    _, peer = run(GateNode, {"robot": "torso", "qos_overrides./joint_states.subscription.deadline": 10**8})
    log = peer.listen(Log, "/rosout", LATCHED)
    prompt = QoSProfile(depth=1, deadline=Duration(seconds=0.05))
    peer.publisher(JointState, "/joint_states", prompt)  # matches
    other = peer.node.create_publisher(JointState, "/joint_states", QoSProfile(depth=1))
    said = log.wait(lambda msg: "/joint_states" in msg.msg and "receives" in msg.msg).msg
    assert "deadline: inf s offered there, 0.1 s requested here" in said
    assert other.get_subscription_count() == 0


def test_nobody_makes_topics_another_way():
    """Else they have no parameters, change the QoS of others, or mismatch without a word."""
    root = Path(frankmocap_ros.__file__).parent
    direct = re.compile(r"\.create_(subscription|publisher|lifecycle_publisher)\b")
    found = [str(path.relative_to(root)) for path in root.rglob("*.py") if direct.search(path.read_text())]
    assert [Path(name).name for name in found] == ["endpoints.py"]


def profile(**policies):
    return QoSProfile(depth=1, **policies)


@pytest.mark.parametrize(
    ("offered", "requested", "found"),
    [
        (profile(), profile(), []),
        (profile(), BEST_EFFORT, []),
        (LATCHED, profile(), []),
        (BEST_EFFORT, profile(), [("reliability", "BEST_EFFORT", "RELIABLE")]),
        (
            BEST_EFFORT,
            LATCHED,
            [("reliability", "BEST_EFFORT", "RELIABLE"), ("durability", "VOLATILE", "TRANSIENT_LOCAL")],
        ),
        (
            profile(liveliness=LivelinessPolicy.AUTOMATIC),
            profile(liveliness=LivelinessPolicy.MANUAL_BY_TOPIC),
            [("liveliness", "AUTOMATIC", "MANUAL_BY_TOPIC")],
        ),
        (profile(deadline=Duration(seconds=0.1)), profile(deadline=Duration(seconds=0.2)), []),
        (profile(deadline=Duration(seconds=0.1)), profile(), []),
        (
            profile(deadline=Duration(seconds=0.2)),
            profile(deadline=Duration(seconds=0.1)),
            [("deadline", "0.2 s", "0.1 s")],
        ),
        (
            profile(),
            profile(liveliness_lease_duration=Duration(seconds=1)),
            [("liveliness_lease_duration", "inf s", "1 s")],
        ),
    ],
)
def test_mismatches(offered, requested, found):
    assert mismatches(offered, requested) == found
