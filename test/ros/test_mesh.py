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

"""The surface of bodies: for subscribers, beside the poses, and only where the estimator knows a surface."""

import sys
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from rcl_interfaces.msg import Log
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from frankmocap_ros.assets.layout import ASSETS
from frankmocap_ros.body.pose import Frame, JointState, ScaleSource
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators import registry
from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.ros.mocap import mesh
from frankmocap_ros.ros.mocap.mesh import MeshOutput, cloud
from frankmocap_ros.runtime.package_files import share_file
from support.bodies import plain_body

TOPIC = "/frankmocap/mesh"
PLAIN = {"engine": "torch", "precision": "fp32"}  # nothing to measure or to translate


@dataclass
class Made:
    """What ``mesh_of`` was asked for and gave; ``fault`` runs before it."""

    estimators: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    vertices: list = field(default_factory=list)
    fault: object = staticmethod(lambda: None)


@pytest.fixture
def made(monkeypatch):
    made, mesh_of = Made(), FrankMocapEstimator.mesh_of

    def recorded(self, body):
        made.estimators.append(self)
        made.fault()
        surface = mesh_of(self, body)
        made.bodies.append(body)
        made.vertices.append(surface.vertices[0])
        return surface

    monkeypatch.setattr(FrankMocapEstimator, "mesh_of", recorded)
    monkeypatch.setattr(mesh, "PERIOD_S", 0.0)
    monkeypatch.setattr(mesh, "SHARE", 1.0)
    return made


@pytest.fixture
def frank(start, made):
    """Starts a node with FrankMocap; somebody is followed."""

    def begin(**parameters):
        system = start(estimator="frankmocap", **parameters)
        system.wait_until(lambda: system.process().bodies)
        return system

    return begin


@pytest.fixture
def followed(frank, smpl, monkeypatch):
    """The same with an estimator that is made already."""
    monkeypatch.setitem(registry.ESTIMATORS, "frankmocap", lambda *_: smpl)
    return frank


def points(msg):
    """All points as RViz reads them: by the fields of the message, shape (bodies, vertices, 3)."""
    kinds = {PointField.FLOAT32: "f4"}
    order = ">" if msg.is_bigendian else "<"
    layout = np.dtype(
        {
            "names": [f.name for f in msg.fields],
            "formats": [order + kinds[f.datatype] for f in msg.fields],
            "offsets": [f.offset for f in msg.fields],
            "itemsize": msg.point_step,
        }
    )
    assert msg.row_step == msg.point_step * msg.width
    rows = np.frombuffer(msg.data, layout).reshape(msg.height, msg.width)
    return np.stack([rows[name] for name in "xyz"], axis=-1)


def shown(system, inbox):
    """The bodies of an image published now, and their points."""
    heard = len(inbox)
    bodies = system.process()
    assert bodies.bodies
    return bodies, points(inbox.wait(lambda m: m.width and m.header == bodies.header, after=heard))


def test_a_subscriber_sees_the_bodys_vertices(followed, made):
    system = followed()
    inbox = system.listen(PointCloud2, TOPIC)
    bodies, (surface,) = shown(system, inbox)
    (body,) = bodies.bodies
    assert inbox.messages[-1].is_dense
    (vertices,) = made.vertices
    assert len(vertices) > 6000
    assert surface == pytest.approx(vertices, abs=1e-6)
    # around the joints of the same message
    joints = np.array([(p.x, p.y, p.z) for p in (j.pose.position for j in body.joints)])
    assert np.abs(joints.mean(axis=0) - vertices.mean(axis=0)).max() < 0.3


def test_nobody_subscribes(followed, made):
    """No mesh is made, not even of what went before the first subscription."""
    system = followed()
    for _ in range(4):
        assert system.process().bodies
    assert made.estimators == []
    shown(system, system.listen(PointCloud2, TOPIC))
    assert len(made.estimators) == 1


def test_the_mesh_is_of_what_was_published(followed, made):
    system = followed()
    bodies, _ = shown(system, system.listen(PointCloud2, TOPIC))
    published = [(p.x, p.y, p.z) for p in (joint.pose.position for joint in bodies.bodies[0].joints)]
    assert np.abs(made.bodies[0].positions - published).max() < 1e-6


def test_who_vanishes_leaves_no_points(followed, made):
    """Also when nobody is there any more: RViz shows a cloud until the next one."""
    system = followed()
    inbox = system.listen(PointCloud2, TOPIC)
    shown(system, inbox)
    heard = len(inbox)
    assert system.call(Trigger, "reset", Trigger.Request()).success
    system.process()
    assert inbox.wait(after=heard).width == 0


def test_poses_do_not_wait_for_the_mesh(followed, made):
    """They go out while a mesh takes for ever; then the newest frame is shown, not those between."""
    system = followed()
    inbox = system.listen(PointCloud2, TOPIC)
    begun, go_on = threading.Event(), threading.Event()

    def fault():
        begun.set()
        go_on.wait(60.0)

    made.fault = fault
    try:
        first = system.process()
        assert begun.wait(60.0)
        for _ in range(3):
            last = system.process()
        assert len(inbox) == 0
    finally:
        go_on.set()
    inbox.wait(lambda m: m.header == last.header)
    assert [m.header for m in inbox.messages] == [first.header, last.header]


def test_meshes_are_rare(followed, made, monkeypatch):
    monkeypatch.setattr(mesh, "PERIOD_S", 1000.0)
    system = followed()
    shown(system, system.listen(PointCloud2, TOPIC))
    for _ in range(5):
        system.process()
    assert len(made.estimators) == 1


def test_many_people_do_not_make_them_take_all_the_time(followed, made, monkeypatch):
    monkeypatch.setattr(mesh, "SHARE", 1e-6)
    system = followed()
    shown(system, system.listen(PointCloud2, TOPIC))
    for _ in range(5):
        system.process()
    assert len(made.estimators) == 1


def test_a_fault_is_told_once_and_poses_go_on(followed, made, monkeypatch):
    monkeypatch.setattr(mesh, "RETRY_S", 1000.0)
    system = followed()
    log = system.listen(Log, "/rosout")
    inbox = system.listen(PointCloud2, TOPIC)

    def fault():
        raise ValueError("no skin")

    made.fault = fault
    for _ in range(4):
        assert system.process().bodies
    assert "ValueError: no skin" in log.wait(lambda m: "no mesh" in m.msg).msg
    assert len(made.estimators) == 1
    assert len(inbox) == 0
    assert "no skin" not in system.status().message


def test_meshes_come_once_the_fault_is_gone(followed, made, monkeypatch):
    monkeypatch.setattr(mesh, "RETRY_S", 0.0)
    system = followed()
    log = system.listen(Log, "/rosout")
    inbox = system.listen(PointCloud2, TOPIC)

    def fault():
        made.fault = lambda: None
        raise AssetError("damaged")

    made.fault = fault
    system.process()
    text = log.wait(lambda m: "no mesh" in m.msg).msg
    assert text.endswith("damaged")
    shown(system, inbox)


@pytest.fixture
def without_extra_joints(standin, tmp_path):
    """The stand-in files but the one that only meshes need."""
    for path in standin.rglob("*"):
        if path.is_file() and path.name != ASSETS["extra_regressor"].path.rpartition("/")[2]:
            link = tmp_path / "some" / path.relative_to(standin)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return tmp_path / "some"


def test_a_file_that_only_meshes_need(frank, standing, without_extra_joints):
    system = frank(assets_dir=str(without_extra_joints), **PLAIN)
    log = system.listen(Log, "/rosout")
    system.listen(PointCloud2, TOPIC)
    assert system.process().bodies
    assert ASSETS["extra_regressor"].path in log.wait(lambda m: "no mesh" in m.msg).msg
    assert system.process().bodies


def test_a_package_that_only_meshes_need(frank, standing, standin, monkeypatch):
    for name in ("smplx", "smplx.lbs", "smplx.vertex_ids"):
        monkeypatch.setitem(sys.modules, name, None)
    system = frank(assets_dir=str(standin), **PLAIN)
    log = system.listen(Log, "/rosout")
    system.listen(PointCloud2, TOPIC)
    assert system.process().bodies
    assert "pip install" in log.wait(lambda m: "no mesh" in m.msg).msg
    assert system.process().bodies


def test_an_estimator_without_a_mesh(start, probe):
    """There is no such topic."""
    system = start(estimator="blazepose")
    inbox = system.listen(PointCloud2, TOPIC)
    assert system.process().bodies
    assert system.node.count_publishers("/frankmocap/bodies") == 1
    assert system.node.count_publishers(TOPIC) == 0
    assert len(inbox) == 0


def test_configured_anew(followed):
    """The thread ends with its publisher, and another begins."""
    system = followed()
    inbox = system.listen(PointCloud2, TOPIC)
    shown(system, inbox)
    for transition in ("deactivate", "cleanup"):
        assert system.change(transition)
    assert [t.name for t in threading.enumerate() if t.name == "mocap_mesh"] == []
    for transition in ("configure", "activate"):
        assert system.change(transition)
    system.wait_until(lambda: system.node.count_publishers(TOPIC) == 1)
    system.wait_until(lambda: system.process().bodies)
    shown(system, system.listen(PointCloud2, TOPIC))


def test_rviz_shows_it_on_demand(followed):
    config = yaml.safe_load(share_file("config", "frankmocap.rviz").read_text())
    (display,) = (d for d in config["Visualization Manager"]["Displays"] if d["Name"] == "Mesh")
    assert display["Class"] == "rviz_default_plugins/PointCloud2"
    assert not display["Enabled"]
    system = followed()
    system.listen(PointCloud2, TOPIC)
    (publisher,) = system.node.get_publishers_info_by_topic(display["Topic"]["Value"])
    qos = publisher.qos_profile
    assert publisher.topic_type == "sensor_msgs/msg/PointCloud2"
    assert qos.reliability.name == "RELIABLE"  # matches what asks for less, too
    assert display["Topic"]["Durability Policy"].upper() == qos.durability.name
    assert qos.deadline.nanoseconds > 10**15  # none: meshes are rarer than bodies


@pytest.mark.parametrize("people", [0, 1, 3])
def test_a_row_a_body(people):
    surfaces = [np.random.default_rng(i).normal(size=(7, 3)) for i in range(people)]
    msg = cloud(surfaces, Header(frame_id="cam"))
    assert deserialize_message(serialize_message(msg), PointCloud2) == msg
    assert (msg.height, msg.width) == ((people, 7) if people else (0, 0))
    assert points(msg).tolist() == np.array(surfaces, np.float32).reshape(people, msg.width, 3).tolist()


def body(body_id, state):
    return plain_body(id=body_id, states=np.full(len(BODY), state, np.uint8), scale_source=ScaleSource.NONE)


class Published:
    """A publisher with subscribers, and what it was given."""

    def __init__(self):
        self.messages = []
        self.changed = threading.Event()

    def get_subscription_count(self):
        return 1

    def publish(self, message):
        self.messages.append(message)
        self.changed.set()


@pytest.fixture
def output(start, probe):
    """What publishes meshes, apart from a node; each body has four vertices. And its publisher."""
    publisher = Published()
    surface = SimpleNamespace(vertices=np.arange(12.0).reshape(1, 4, 3))
    estimator = SimpleNamespace(mesh_of=lambda body: surface)
    output = MeshOutput(start(estimator="blazepose").mocap, publisher, estimator)
    yield output, publisher, estimator
    output.close()


def offer(output, *bodies):
    output.offer(Frame(0, 0.0, bodies, 0, {}, Camera.from_fov(640, 480, 60.0)), Header(frame_id="cam"))


def test_a_body_of_which_nothing_is_known_is_not_shown(output):
    """It has no place; a mesh in the camera would be a lie."""
    output, publisher, _ = output
    offer(output, body(3, JointState.INVALID), body(4, JointState.HELD))
    assert publisher.changed.wait(60.0)
    (msg,) = publisher.messages
    assert points(msg).tolist() == np.arange(12.0).reshape(1, 4, 3).tolist()


def test_closing_waits_for_the_mesh_under_way(output):
    """Which does not go out any more: its publisher may be gone."""
    output, publisher, estimator = output
    mesh_of = estimator.mesh_of
    begun, go_on = threading.Event(), threading.Event()

    def slow(body):
        begun.set()
        go_on.wait(60.0)
        return mesh_of(body)

    estimator.mesh_of = slow
    offer(output, body(4, JointState.TRACKED))
    assert begun.wait(60.0)
    closing = threading.Thread(target=output.close)
    closing.start()
    closing.join(0.3)
    waits = closing.is_alive()
    go_on.set()
    closing.join(60.0)
    assert waits
    assert publisher.messages == []
