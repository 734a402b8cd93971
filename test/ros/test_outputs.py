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

"""What goes out of a node for a frame: where, in which order, and for whom."""

import gc
import math
from dataclasses import replace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.body.arm_angles import ARM_JOINTS
from frankmocap_ros.body.pose import Frame, JointState
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.msg import BodyPoseArray, JointPoseStamped, Latency
from frankmocap_ros.ros.mocap import outputs
from frankmocap_ros.ros.mocap.outputs import Outputs
from support.bodies import plain_body

BITMAP = Bitmap(np.zeros((48, 64, 3), np.uint8))
HEADER = Header(frame_id="cam")
RUN_ID = 2**64 - 1
TOPICS = {
    "bodies": BodyPoseArray,
    "joints/head": JointPoseStamped,
    "joints/head/pose": PoseStamped,
    "joints/head/pose_with_covariance": PoseWithCovarianceStamped,
    "arm_joint_states": JointStateMessage,
    "markers": MarkerArray,
    "latency": Latency,
}


@pytest.fixture
def node(context):
    """A node that may be told to be active."""
    node = LifecycleNode("mocap", context=context())
    yield node
    node.destroy_node()
    del node
    gc.collect()  # it keeps its DDS participant until Python drops it


def activated(node):
    node.trigger_configure()
    node.trigger_activate()


def frame():
    n = len(BODY)
    positions, stddev = np.arange(3.0 * n).reshape(n, 3), np.tile((0.03, 0.1), (n, 1))
    body = plain_body(id=3, positions=positions, box_xywh=np.ones(4), position_stddev=stddev)
    return Frame(0, 0.0, (body,), 3, {"decode": 1.0}, Camera.from_fov(64, 48, 60.0))


def publish(made):
    made.publish(frame(), HEADER, BITMAP, lambda: 5.0)
    made.publish_latency(HEADER, {"decode": 1.0}, 6.0, 0, 0)


@pytest.fixture
def events(monkeypatch):
    """What is made and what is published, in order."""
    events = []

    def spied(owner, name, event):
        original = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *a, **k: events.append(event(*a)) or original(*a, **k))

    spied(LifecyclePublisher, "publish", lambda publisher, *_: publisher.topic_name)
    spied(outputs.BodiesMessage, "message", lambda *_: "make bodies")
    spied(outputs.JointMessages, "messages", lambda *_: "make joint")
    spied(outputs.JointMessages, "pose_with_covariance", lambda *_: "make covariance")
    spied(outputs.ArmStates, "message", lambda *_: "make arms")
    spied(outputs.MarkerMaker, "make", lambda *_: "make markers")
    spied(outputs, "latency_message", lambda *_: "make latency")
    return events


def heard(node, peer, topics):
    """Inboxes of the topics, when the node knows of them."""
    inboxes = {name: peer.listen(TOPICS[name], f"/mocap/{name}") for name in topics}
    for publisher in node.publishers:
        if publisher.topic_name.removeprefix("/mocap/") in inboxes:
            peer.wait_until(publisher.get_subscription_count, publisher.topic_name)
    return inboxes


def test_only_bodies_where_nobody_listens(node, events):
    made = Outputs(node, RUN_ID, ("head",))
    activated(node)
    publish(made)
    assert events == ["make bodies", "/mocap/bodies"]
    made.destroy()


def test_bodies_go_out_before_anything_else_is_made(node, peer, events):
    made = Outputs(node, RUN_ID, ("head",))
    activated(node)
    inboxes = heard(node, peer, TOPICS)
    publish(made)
    assert events[:2] == ["make bodies", "/mocap/bodies"]
    assert events[2:] == [
        "make covariance", "/mocap/joints/head/pose_with_covariance",
        "make joint", "/mocap/joints/head", "/mocap/joints/head/pose",
        "make arms", "/mocap/arm_joint_states",
        "make markers", "/mocap/markers",
        "make latency", "/mocap/latency",
    ]  # fmt: skip
    assert inboxes["bodies"].wait().bodies[0].joints[15].pose.position.x == 45.0
    assert inboxes["joints/head"].wait().joint.pose.position.x == 45.0
    assert inboxes["joints/head/pose"].wait().pose.position.x == 45.0
    uncertain = inboxes["joints/head/pose_with_covariance"].wait().pose
    assert uncertain.pose == inboxes["joints/head/pose"].messages[0].pose
    assert np.trace(uncertain.covariance.reshape(6, 6)[:3, :3]) == pytest.approx(2 * 0.03**2 + 0.1**2)
    made.destroy()


@pytest.mark.parametrize("kind", ["joints/head", "joints/head/pose"])
def test_a_joint_goes_where_somebody_listens(node, peer, events, kind):
    made = Outputs(node, RUN_ID, ("head", "left_wrist"))
    activated(node)
    inboxes = heard(node, peer, [kind])
    publish(made)
    assert events[2:] == ["make joint", f"/mocap/{kind}"]
    inboxes[kind].wait()
    made.destroy()


def test_a_covariance_is_made_only_for_who_wants_it(node, peer, events):
    made = Outputs(node, RUN_ID, ("head", "left_wrist"))
    activated(node)
    inboxes = heard(node, peer, ["joints/head/pose_with_covariance"])
    publish(made)
    assert events[2:] == ["make covariance", "/mocap/joints/head/pose_with_covariance"]
    inboxes["joints/head/pose_with_covariance"].wait()
    made.destroy()


def in_t_pose(**changes):
    """A frame with somebody whose arms are stretched to the sides."""
    seen = frame()
    positions = seen.bodies[0].positions.copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for part, x in (("shoulder", 0.2), ("elbow", 0.5), ("wrist", 0.8)):
            positions[BODY.index[f"{side}_{part}"]] = (sign * x, 0.0, 3.0)
    return replace(seen, bodies=(replace(seen.bodies[0], positions=positions, **changes),))


def states_with(name, state):
    states = np.full(len(BODY), JointState.TRACKED, np.uint8)
    states[BODY.index[name]] = state
    return states


def test_the_operators_arms(node, peer, events):
    """All fourteen angles with the image's stamp; those of an arm that is not known are left out."""
    made = Outputs(node, RUN_ID, ())
    activated(node)
    inbox = heard(node, peer, ["arm_joint_states"])["arm_joint_states"]
    header = Header(frame_id="cam", stamp=Time(sec=1234))
    for seen in (
        replace(in_t_pose(), operator_id=0),
        replace(in_t_pose(), operator_id=0, bodies=()),
        in_t_pose(has_orientation=False),
        in_t_pose(states=np.zeros(len(BODY), np.uint8)),
    ):
        made.publish(seen, header, BITMAP, lambda: 5.0)
    assert "/mocap/arm_joint_states" not in events
    made.publish(in_t_pose(), header, BITMAP, lambda: 5.0)
    message = inbox.wait()
    assert message.header == header
    assert tuple(message.name) == ARM_JOINTS
    expected = {"left_shoulder_roll": math.pi / 2, "right_shoulder_roll": -math.pi / 2}
    np.testing.assert_allclose(message.position, [expected.get(name, 0.0) for name in ARM_JOINTS], atol=1e-6)
    assert not message.velocity
    assert not message.effort
    made.publish(in_t_pose(states=states_with("left_elbow", JointState.INVALID)), HEADER, BITMAP, lambda: 5.0)
    assert tuple(inbox.wait(after=1).name) == ARM_JOINTS[7:]
    made.destroy()


def test_namespaces_keep_cameras_apart(node, events):
    left, right = (
        Outputs(node, RUN_ID, ("head",), namespace="left"),
        Outputs(node, RUN_ID, ("head",), namespace="right"),
    )
    topics = {p.topic_name for p in node.publishers if p.topic_name.startswith("/mocap/")}
    for camera in ("left", "right"):
        assert {f"/mocap/{camera}/{name}" for name in (*TOPICS, "annotated")} <= topics
    assert "/mocap/bodies" not in topics
    activated(node)
    publish(left)
    publish(right)
    assert [event for event in events if event[0] == "/"] == ["/mocap/left/bodies", "/mocap/right/bodies"]
    left.destroy()
    right.destroy()
    assert not [p for p in node.publishers if p.topic_name.endswith("/bodies")]
