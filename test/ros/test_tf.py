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

"""/tf, target_frame and REP 155, with stand-ins for the packages that PyPI does not have."""

import json
import os
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped, TransformStamped
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.export.rep155_model import HUMAN
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_multiply, quat_rotate, quat_to_matrix
from support import ros2_standin
from support.paths import ROOT
from support.peer import as_dict, nanoseconds
from support.simulated_time import SimulatedTime
from support.standin_packages import HRI_MSGS, MESSAGES, NAMES
from support.waiting import wait_until

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
T0_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000


@pytest.fixture
def bare(monkeypatch):
    """They are not, and nor are the real ones."""
    for name in NAMES:
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.setitem(sys.modules, f"{name}.msg", None)


def xyz(point):
    return np.array((point.x, point.y, point.z))


def xyzw(quaternion):
    return np.array((quaternion.x, quaternion.y, quaternion.z, quaternion.w))


def of_stamp(stamp_ns):
    return lambda msg: nanoseconds(msg.transforms[0].header.stamp) == stamp_ns


def test_everybody_is_on_tf(tf, start, probe):
    probe.people = [
        probe.person(-0.6, -0.1, 3.0, left_wrist=0.0),
        probe.person(0.6, -0.1, 3.0, left_hip=0.0),
    ]
    system = start(publish_tf=True, max_people=2, smoothing="none")
    inbox = system.listen(tf, "/tf")
    bodies = system.process()
    stamp_ns = nanoseconds(bodies.header.stamp)
    (msg,) = [inbox.wait(of_stamp(stamp_ns))]
    assert {(nanoseconds(t.header.stamp), t.header.frame_id) for t in msg.transforms} == {(stamp_ns, "cam")}
    found = {t.child_frame_id: t.transform for t in msg.transforms}
    assert len(found) == len(msg.transforms)
    expected = {"body_1": None}  # the other one's hips are not known
    for body in bodies.bodies:
        known = [j for j in body.joints if j.state != JointState.INVALID]
        assert 0 < len(known) < len(BODY)
        expected |= {f"{j.name}_{body.id}": j for j in known}
    assert found.keys() == expected.keys()
    assert "left_wrist_1" not in found and "left_wrist_2" in found and "pelvis_2" not in found
    for name, joint in expected.items():
        if joint is not None:
            np.testing.assert_allclose(xyz(found[name].translation), xyz(joint.pose.position))
            np.testing.assert_allclose(xyzw(found[name].rotation), xyzw(joint.pose.orientation))
    hips = [xyz(found[f"{side}_hip_1"].translation) for side in ("left", "right")]
    np.testing.assert_allclose(xyz(found["body_1"].translation), np.mean(hips, axis=0))
    axes = quat_to_matrix(xyzw(found["body_1"].rotation))  # of somebody upright who faces the camera
    np.testing.assert_allclose(axes[:, 0], [0.0, 0.0, -1.0], atol=1e-6)
    np.testing.assert_allclose(axes[:, 2], [0.0, -1.0, 0.0], atol=1e-6)


def test_tf_is_switched_while_the_node_runs(tf, start, probe):
    system = start()
    assert system.node.count_publishers("/tf") == 0
    system.set(publish_tf=True)
    wait_until(lambda: system.node.count_publishers("/tf") == 1)
    inbox = system.listen(tf, "/tf")
    stamp_ns = nanoseconds(system.process().header.stamp)
    assert inbox.wait().transforms[0].header.stamp.nanosec == stamp_ns % 10**9
    system.set(publish_tf=False)
    system.process()
    wait_until(lambda: system.node.count_publishers("/tf") == 0)
    assert len(inbox) == 1
    assert system.change("deactivate") and system.change("cleanup")


def test_where_packages_are_missing_settings_are_refused(bare, start, probe):
    system = start()
    for name, value, package in (
        ("publish_tf", True, "tf2-msgs"),
        ("target_frame", "base_link", "tf2-ros-py"),
        ("rep155", True, "hri-msgs"),
    ):
        (result,) = system.try_to_set(**{name: value})
        assert not result.successful
        assert (
            result.reason.startswith(f"{name}: ")
            and f"apt install ros-$ROS_DISTRO-{package}" in result.reason
        )
        assert f"allowed without it: {name}: " in result.reason
        assert ("not on Kilted: there build" in result.reason) == (package == "hri-msgs")
    system.process()
    (result,) = system.try_to_set(target_frame="/base_link")
    assert "begins with a slash" in result.reason


def test_a_node_that_lacks_a_package_says_so_and_can_be_mended(bare, start, probe):
    system = start(target_frame="base_link")
    assert system.state() == "unconfigured"
    assert "target_frame" in system.status(lambda status: status.level == DiagnosticStatus.ERROR).message
    system.set(max_people=2)  # is not refused for it
    system.set(target_frame="")
    assert system.change("configure") and system.change("activate")
    assert system.process().bodies


def transform(position, rotvec, stamp_ns=0, parent="base", child="cam"):
    msg = TransformStamped(child_frame_id=child)
    msg.header.frame_id = parent
    msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    t, q = msg.transform.translation, msg.transform.rotation
    t.x, t.y, t.z = map(float, position)
    q.x, q.y, q.z, q.w = quat_from_rotvec(np.array(rotvec)).tolist()
    return msg


WAY = {  # where the camera is in base: it moves and turns
    T0_NS: ((1.0, 0.0, 0.5), (0.0, 0.0, 0.0)),
    T0_NS + STEP_NS: ((1.0, 2.0, 0.5), (0.0, 0.0, 1.0)),
    T0_NS + 50 * STEP_NS: ((9.0, 9.0, 9.0), (0.5, 0.5, 0.5)),
}


def tell(system, publisher, message):
    """Publish to the node; it has heard it: an executor takes messages that are there before it answers."""
    publisher.publish(message)
    assert publisher.wait_for_all_acked(Duration(seconds=60))
    system.state()


def follow_way(system, tf):
    """Publish the camera's way; the node has heard it."""
    message = tf(transforms=[transform(*where, stamp_ns) for stamp_ns, where in WAY.items()])
    tell(system, system.publisher(tf, "/tf", 100), message)


def poses(body):
    known = [j for j in body.joints if j.state != JointState.INVALID]
    return (
        np.array([xyz(j.pose.position) for j in known]),
        np.array([xyzw(j.pose.orientation) for j in known]),
        np.array([xyzw(j.local_rotation) for j in known]),
    )


def assert_same_rotations(a, b):
    np.testing.assert_allclose(np.abs(np.einsum("ni,ni->n", a, b)), 1.0, atol=1e-9)


def test_target_frame_is_looked_up_at_the_images_time(tf, start, probe):
    """The camera was elsewhere in each image, and is elsewhere again by now."""
    system = start(smoothing="none")
    plain = poses(system.process().bodies[0])
    for label in ("deactivate", "cleanup"):
        assert system.change(label)
    system.set(target_frame="base", joint_topics=["head"], publish_tf=True)
    for label in ("configure", "activate"):
        assert system.change(label)
    follow_way(system, tf)
    others = {
        "markers": system.listen(MarkerArray, "/frankmocap/markers"),
        "pose": system.listen(PoseStamped, "/frankmocap/joints/head/pose"),
        "tf": system.listen(tf, "/tf"),
        "annotated": system.listen(Image, "/frankmocap/annotated"),
    }
    halfway = ((1.0, 1.0, 0.5), (0.0, 0.0, 0.5))  # nobody has said so: it is between two that were told
    way = dict(sorted({**WAY, T0_NS + STEP_NS // 2: halfway}.items()))
    for stamp_ns, (translation, rotvec) in list(way.items())[:3]:
        bodies = system.process(stamp_ns=stamp_ns)
        assert bodies.header.frame_id == "base"
        positions, orientations, local = poses(bodies.bodies[0])
        turn = quat_from_rotvec(np.array(rotvec))
        np.testing.assert_allclose(positions, quat_rotate(turn, plain[0]) + translation, atol=1e-6)
        assert_same_rotations(orientations, quat_multiply(turn, plain[1]))
        assert_same_rotations(local[1:], plain[2][1:])
        assert_same_rotations(local[:1], orientations[:1])
    head = bodies.bodies[0].joints[15].pose
    assert {m.header.frame_id for m in others["markers"].wait(after=1).markers} == {"base"}
    assert others["pose"].wait(after=2).pose == head and others["pose"].wait().header.frame_id == "base"
    (on_tf,) = (
        t
        for t in others["tf"]
        .wait(lambda m: m.transforms[0].child_frame_id == "body_2" and of_stamp(stamp_ns)(m))
        .transforms
        if t.child_frame_id == "head_2"
    )
    assert on_tf.header.frame_id == "base"
    np.testing.assert_allclose(xyz(on_tf.transform.translation), xyz(head.position))
    assert others["annotated"].wait(after=1).header.frame_id == "cam", "pixels are the camera's"


def test_without_a_transform_nothing_is_published(tf, start, probe):
    """Neither in the wrong frame nor with the latest transform; and the diagnostics say why."""
    system = start(target_frame="base", transform_wait_ms=0.0)
    system.send(stamp_ns=T0_NS - 2 * STEP_NS)
    status = system.status(lambda s: as_dict(s).get("dropped/no_transform") == "1")
    assert status.level == DiagnosticStatus.ERROR
    assert "from 'cam' to 'base'" in status.message and "does not exist" in status.message
    follow_way(system, tf)
    system.send(stamp_ns=T0_NS - STEP_NS)
    system.status(lambda s: "extrapolation into the past" in s.message)
    system.send(stamp_ns=T0_NS + 60 * STEP_NS)
    system.status(lambda s: "extrapolation into the future" in s.message)
    system.send(stamp_ns=0)
    system.status(lambda s: "has no stamp" in s.message)
    system.process(stamp_ns=T0_NS)
    assert len(system.bodies) == 1
    assert system.values()["dropped/no_transform"] == "4"


def test_a_transform_that_comes_a_little_later_is_waited_for(tf, start, probe):
    system = start(target_frame="base", transform_wait_ms=200.0)
    follow_way(system, tf)
    stamp_ns = T0_NS + 60 * STEP_NS
    message = tf(transforms=[transform((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), stamp_ns)])
    publisher = system.publisher(tf, "/tf", 100)
    timers = []

    def later():
        timers.append(threading.Timer(0.05, lambda: publisher.publish(message)))
        timers[-1].start()

    probe.during = later
    assert system.process(stamp_ns=stamp_ns).bodies
    timers[0].join()
    assert "dropped/no_transform" not in system.values()


def way_at(system, publisher, tf, stamp_ns):
    """Tell where the camera is from a time on, for one second."""
    there = [transform((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), ns) for ns in (stamp_ns, stamp_ns + 10 * STEP_NS)]
    tell(system, publisher, tf(transforms=there))


def test_simulated_time_that_begins_again(tf, start, probe):
    """TF refuses what is more than 10 s older than what it knows: a recording that loops would be lost."""
    system = start(use_sim_time=True, target_frame="base", transform_wait_ms=0.0)
    clock, publisher = SimulatedTime(system), system.publisher(tf, "/tf", 100)
    for stamp_ns in (T0_NS + 600 * STEP_NS, T0_NS, T0_NS + 600 * STEP_NS):
        clock.set(stamp_ns)
        way_at(system, publisher, tf, stamp_ns)
        assert system.process(stamp_ns=stamp_ns + STEP_NS).header.frame_id == "base"
    assert "dropped/no_transform" not in system.values()


def test_a_recording_that_begins_again_without_its_clock(tf, start, probe):
    """The first image shows it; what TF refused until then is missing for that image alone."""
    system = start(target_frame="base", transform_wait_ms=0.0)
    publisher = system.publisher(tf, "/tf", 100)
    way_at(system, publisher, tf, T0_NS + 600 * STEP_NS)
    assert system.process(stamp_ns=T0_NS + 601 * STEP_NS).bodies
    way_at(system, publisher, tf, T0_NS)
    system.send(stamp_ns=T0_NS + STEP_NS)
    system.values(lambda v: v.get("dropped/no_transform") == "1")
    way_at(system, publisher, tf, T0_NS)
    for step in (2, 3):
        assert system.process(stamp_ns=T0_NS + step * STEP_NS).bodies
    assert system.values()["dropped/no_transform"] == "1"


def test_a_fixed_camera(tf, start, probe):
    system = start(target_frame="base")
    latched = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    where = transform((0.0, 0.0, 2.0), (-np.pi / 2, 0.0, 0.0))  # level, looking along y
    tell(system, system.publisher(tf, "/tf_static", latched), tf(transforms=[where]))
    body = system.process().bodies[0]
    assert body.joints[0].pose.position.y == pytest.approx(3.0, abs=0.1)
    texts = system.listen(MarkerArray, "/frankmocap/markers")
    system.process()
    (text,) = (m for m in texts.wait().markers if m.ns == "text")
    head = body.joints[15].pose.position
    assert text.pose.position.z == pytest.approx(head.z + 0.25, abs=0.01), (
        "above the head, also where z is up"
    )


def test_names_of_several_cameras_are_apart(tf, standins, start, probe):
    cameras = ("left", "right")
    system = start(image_topics=[f"{c}/image" for c in cameras], publish_tf=True, rep155=True)
    frames = system.listen(tf, "/tf")
    tracked = system.listen(standins["hri_msgs.msg"].IdsList, "/humans/bodies/tracked")
    stamps = {}
    for camera in cameras:
        msg = system.image()
        stamps[camera] = nanoseconds(msg.header.stamp)
        msg.header.frame_id = f"{camera}_optical"
        system.publisher(Image, f"{camera}/image").publish(msg)
    for camera, stamp_ns in stamps.items():
        transforms = frames.wait(of_stamp(stamp_ns)).transforms
        assert {t.header.frame_id for t in transforms} == {f"{camera}_optical"}
        names = {t.child_frame_id for t in transforms}
        roots = {f"body_{camera}_1", f"body_{camera}_p1"}
        assert names == {*roots, *(f"{name}_{camera}_1" for name in BODY.names)}
    assert tracked.wait(lambda msg: len(msg.ids) == 2).ids == ["left_p1", "right_p1"]
    assert system.node.count_publishers("/humans/bodies/right_p1/urdf") == 1


def test_rep_155(tf, standins, start, probe, links_of):
    probe.people = [probe.person(-0.6, -0.1, 3.0), probe.person(0.6, -0.1, 3.0)]
    system = start(rep155=True, publish_tf=True, max_people=2, smoothing="none", hold_s=0.0)
    tracked = system.listen(standins["hri_msgs.msg"].IdsList, "/humans/bodies/tracked")
    frames = system.listen(tf, "/tf")
    first = system.process()
    assert tracked.wait().ids == ["p1", "p2"] and tracked.wait().header == first.header
    angles = system.listen(JointStateMessage, "/humans/bodies/p1/joint_states")
    model = system.listen(String, "/humans/bodies/p1/urdf", LATCHED).wait().data
    bodies = system.process()
    stamp_ns = nanoseconds(bodies.header.stamp)
    states = angles.wait()
    assert states.header == bodies.header
    urdf = ET.fromstring(model)
    assert set(states.name) == {j.get("name") for j in urdf.findall("joint") if j.get("type") == "revolute"}
    on_tf = {t.child_frame_id: t.transform for t in frames.wait(of_stamp(stamp_ns)).transforms}
    root = on_tf["body_p1"]
    assert root == on_tf["body_1"]
    where = (xyz(root.translation), quat_to_matrix(xyzw(root.rotation)))
    links = links_of(urdf, where, dict(zip(states.name, states.position, strict=True)))
    (person,) = (body for body in bodies.bodies if body.id == 1)
    joints = {joint.name: joint for joint in person.joints}
    for part in HUMAN:
        position, _ = links[f"{part.link}_p1"]
        np.testing.assert_allclose(
            position, xyz(joints[part.joint].pose.position), atol=0.01, err_msg=part.link
        )

    probe.people = probe.people[:1]
    left = system.node.count_publishers
    wait_until(lambda: [b.id for b in system.process().bodies] == [1])
    tracked.wait(lambda msg: msg.ids == ["p1"])
    for topic in ("joint_states", "urdf"):
        wait_until(lambda topic=topic: left(f"/humans/bodies/p2/{topic}") == 0)
        assert left(f"/humans/bodies/p1/{topic}") == 1
    heard = len(tracked)
    assert tracked.wait(lambda msg: not msg.ids, after=heard), "a silent camera sees nobody"
    assert system.change("deactivate")
    wait_until(lambda: left("/humans/bodies/tracked") == 0)


def test_the_line_for_robot_state_publisher_works(tf, start, probe, domain, tmp_path):
    """As it stands in the documentation, with a stand-in for ``ros2`` that takes what the real one does."""
    page = (ROOT / "docs" / "source" / "conventions.md").read_text(encoding="utf-8")
    (lines,) = (block for block in re.findall(r"^```bash\n(.*?)^```", page, re.M | re.S) if "urdf()" in block)
    (tmp_path / "ros2").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ros2_standin.__file__}" "$@"\n')
    (tmp_path / "ros2").chmod(0o755)
    system = start(rep155=True, publish_tf=True, hold_s=0.0)
    model = system.listen(String, "/humans/bodies/p1/urdf", LATCHED)
    system.process()
    timer = system.node.create_timer(0.1, system.send)
    run = subprocess.run(
        ["bash", "-euc", lines],
        env={**os.environ, "ROS_DOMAIN_ID": str(domain), "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )
    timer.cancel()
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["node"] == "/human_p1"
    assert told["topics"] == ["/humans/bodies/p1/robot_description", "/humans/bodies/p1/joint_states"]
    urdf = model.messages[-1].data
    assert told["robot_description"] == urdf
    assert "\n" not in urdf and len(urdf.encode()) < 128 * 1024, "one line, and one word of a command"
    movable = [joint.get("name") for joint in ET.fromstring(urdf).findall("joint[@type='revolute']")]
    assert sorted(told["joints"]) == sorted(movable)
    assert told["publish_frequency"] >= 60.0 and told["frame_prefix"] == ""


def test_versions_of_hri_msgs_are_those_of_the_documentation():
    page = (ROOT / "docs" / "source" / "conventions.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| (Humble|Jazzy|Lyrical, Rolling) \| ([\d.]+) \|", page, re.M)) == HRI_MSGS
    assert "string[] ids" in MESSAGES["hri_msgs"][1]["msg/IdsList.msg"]
