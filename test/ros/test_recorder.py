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

"""The recorder node: episodes hold the very bytes that were published, whatever ends them."""

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from functools import partial

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from mcap.reader import make_reader
from rcl_interfaces.msg import ParameterEvent
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
from sensor_msgs.msg import CompressedImage, Image, JointState, Joy
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.msg import BodyPoseArray, GateState
from frankmocap_ros.recording import mcap_writer
from frankmocap_ros.recording.episodes import episodes, read_info
from frankmocap_ros.ros.recorder.parameter_snapshots import ParameterSnapshots
from frankmocap_ros.ros.recorder.recorder_node import RecorderNode
from frankmocap_ros.sources.bag_source import BagSource
from support.peer import Peer
from support.spinner import Spinner
from support.waiting import wait_until

BEST_EFFORT = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=50)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def recorder(context, tmp_path):
    """Starts a recorder that waits to be asked, and everybody around it."""
    with ExitStack() as stack:

        def begin(**parameters):
            values = {
                "folder": str(tmp_path / "runs"), "record_at_start": False, "min_free_mb": 0, **parameters,
            }  # fmt: skip
            theirs, ours = context(), context()
            given = [Parameter(name, value=value) for name, value in values.items()]
            node = RecorderNode(context=theirs, parameter_overrides=given)
            stack.callback(node.destroy_node)
            spinner = Spinner(node, theirs)
            stack.callback(spinner.close)
            peer = Peer(ours, node, name="recorder")
            stack.callback(peer.node.destroy_node)
            stack.callback(Spinner(peer.node, ours).close)
            peer.end = lambda: (spinner.close(), node.destroy_node())
            peer.ask = partial(ask, peer)
            return peer

        yield begin


def ask(peer, what):
    answer = peer.call(Trigger, what, Trigger.Request())
    return answer.success, answer.message


def stored(folder):
    """Messages by topic: log time and bytes."""
    found = {}
    with Reader(folder) as reader:
        for connection, stamp, data in reader.messages():
            found.setdefault(connection.topic, []).append((stamp, bytes(data)))
    return found


def wait_for_messages(folder, topic, count):
    """Until the recorder's own account, once a second, has them."""

    def there():
        topics = read_info(folder).topics if (folder / "episode.json").exists() else {}
        return topic in topics and topics[topic].messages >= count

    wait_until(there, f"{count} messages of {topic}")


@pytest.mark.distribution
def test_an_episode_holds_what_was_published_byte_for_byte(recorder, tmp_path):
    peer = recorder(topics=["wrist/image"], task="stack two cubes", robot_map="torso")
    sent = {}
    messages = {
        "/frankmocap/bodies": (BodyPoseArray, RELIABLE), "/gate/state": (GateState, LATCHED),
        "/joint_trajectory": (JointTrajectory, RELIABLE), "/joint_states": (JointState, BEST_EFFORT),
        "/image": (Image, BEST_EFFORT), "/wrist/image": (CompressedImage, BEST_EFFORT),
    }  # fmt: skip
    publishers = {topic: peer.publisher(kind, topic, qos) for topic, (kind, qos) in messages.items()}
    wait_until(lambda: all(one.get_subscription_count() for one in publishers.values()))
    latched = bytes(serialize_message(peer.stamped(GateState(reason="before the episode"))))
    publishers["/gate/state"].publish(latched)
    assert peer.ask("start") == (True, "recording episode_000001")
    assert peer.ask("start") == (False, "episode_000001 is being recorded; call ~/stop or ~/discard first")
    folder = tmp_path / "runs" / "episode_000001"
    wait_for_messages(folder, "/gate/state", 1)
    sent["/gate/state"] = [latched]
    began_ns = time.time_ns()
    for number in range(10):
        for topic, (kind, _) in messages.items():
            cdr = bytes(serialize_message(peer.stamped(kind(), frame_id=f"{topic} {number}")))
            publishers[topic].publish(cdr)  # bytes between fields are whatever was in memory
            sent.setdefault(topic, []).append(cdr)
    ended_ns = time.time_ns()
    for topic, published in sent.items():
        wait_for_messages(folder, topic, len(published))
    peer.set(outcome="success", notes="second try")
    granted, words = peer.ask("stop")
    assert granted
    assert "nothing dropped" in words

    found = stored(folder)
    for topic, published in sent.items():
        assert [data for _, data in found[topic]] == published, topic
    info = read_info(folder)
    assert (info.task, info.outcome, info.notes, info.robot_map, info.complete) == (
        "stack two cubes", "success", "second try", "torso", True,
    )  # fmt: skip
    times = [stamp for messages in found.values() for stamp, _ in messages]
    assert info.start_ns <= min(times) <= max(times) <= info.end_ns
    assert {count.dropped for count in info.topics.values()} == {0}
    assert peer.get("outcome", "notes") == ["unknown", ""]  # not true of the next episode
    with (folder / "episode_000001_0.mcap").open("rb") as file:
        seen = [(c.topic, m) for _, c, m in make_reader(file).iter_messages(topics=list(messages))]
    latched_ns, *published_ns = [m.publish_time for topic, m in seen if topic == "/gate/state"]
    assert latched_ns < began_ns, "when it was sent, and not when the recorder came"
    assert began_ns <= published_ns[0] < published_ns[-1] <= ended_ns
    assert all(m.publish_time < m.log_time for _, m in seen)
    with Reader(folder) as reader:
        offered = {c.topic: c.ext.offered_qos_profiles for c in reader.connections}
    assert offered["/gate/state"][0].durability.name == "TRANSIENT_LOCAL"
    assert offered["/image"][0].reliability.name == "BEST_EFFORT"


def test_images_are_recorded_as_video_beside_everything_else(recorder, tmp_path, capfd):
    peer = recorder(images="h264")
    publishers = {
        topic: peer.publisher(kind, topic, RELIABLE)
        for topic, kind in (("image", Image), ("joint_states", JointState))
    }
    peer.node.create_publisher(CompressedImage, "image/compressed", 1)  # is left out
    wait_until(lambda: all(one.get_subscription_count() for one in publishers.values()))
    assert peer.ask("start")[0]
    stamps = []
    for number in range(10):
        seen = peer.stamped(Image(height=48, width=64, encoding="mono8", step=64), frame_id="lens")
        seen.data = bytes([20 * number]) * (48 * 64)
        stamps.append(seen.header.stamp.sec + 1e-9 * seen.header.stamp.nanosec)
        publishers["image"].publish(seen)
        publishers["joint_states"].publish(JointState(name=["elbow"], position=[0.1 * number]))
    folder = tmp_path / "runs" / "episode_000001"
    wait_for_messages(folder, "/image/h264", 10)
    granted, words = peer.ask("stop")
    assert granted
    assert "nothing dropped" in words
    topics = read_info(folder).topics
    assert not topics.keys() & {"/image", "/image/compressed", "/image/compressed/h264"}
    assert topics["/joint_states"].messages == 10
    source = BagSource(folder)
    images = list(iter(source.read, None))
    source.close()
    assert [image.stamp_s for image in images] == pytest.approx(stamps, abs=1e-6)
    assert [image.pixels.mean() for image in images] == pytest.approx([20 * k for k in range(10)], abs=3)
    assert "images are encoded as H.264 by " in capfd.readouterr().err


def test_hidden_nodes_are_not_asked_for_parameters(context):
    """Those of ros2cli come and go: they never answer, and took the place of others."""
    node = Node("asking", context=context())
    snapshots = ParameterSnapshots(node, lambda event: None)
    snapshots.know(["/camera", "/robot/arm", *(f"/_ros2cli_{number}" for number in range(40))])
    asked = {client.srv_name.rpartition("/")[0] for client in node.clients}
    node.destroy_node()
    assert {"/camera", "/robot/arm"} <= asked and not [name for name in asked if "ros2cli" in name]


@pytest.mark.distribution
def test_parameters_at_the_start_and_their_changes_are_in_the_episode(recorder, tmp_path):
    peer = recorder()
    peer.node.declare_parameter("gain", 2.0)
    peer.publisher(JointState, "joint_states")
    peer.ask("start")
    folder = tmp_path / "runs" / "episode_000001"

    def events():
        return [deserialize_message(data, ParameterEvent) for _, data in stored_so_far()]

    def stored_so_far():
        return stored(folder).get("/parameter_events", [])

    wait_for_messages(folder, "/parameter_events", 2)  # of the peer, and of the recorder itself
    peer.node.set_parameters([Parameter("gain", value=3.0)])
    wait_for_messages(folder, "/parameter_events", 3)
    peer.ask("stop")
    of_peer = [event for event in events() if event.node == "/peer"]
    first, change = of_peer[0], of_peer[-1]
    assert {p.name: p.value.double_value for p in first.new_parameters}["gain"] == 2.0
    assert [p.value.double_value for p in change.changed_parameters] == [3.0]
    (own,) = (event for event in events() if event.node == "/recorder")
    assert {"folder", "task"} <= {p.name for p in own.new_parameters}
    with AnyReader([folder]) as reader:  # which takes no byte too much
        for connection, _, data in reader.messages():
            reader.deserialize(data, connection.msgtype)


def test_a_publisher_that_offers_less_is_heard_as_well(recorder, tmp_path, elsewhere):
    peer = recorder(topics=["words"])
    reliable = peer.publisher(String, "words", LATCHED)
    other = elsewhere("another").node.create_publisher(String, "words", BEST_EFFORT)
    wait_until(other.get_subscription_count, "the best-effort publisher is not heard")
    wait_until(reliable.get_subscription_count)
    peer.ask("start")
    folder = tmp_path / "runs" / "episode_000001"
    other.publish(String(data="best effort"))
    reliable.publish(String(data="reliable"))
    wait_for_messages(folder, "/words", 2)
    peer.ask("stop")
    words = {deserialize_message(data, String).data for _, data in stored(folder)["/words"]}
    assert words == {"best effort", "reliable"}


def test_topics_that_nobody_publishes_are_named(recorder, tmp_path):
    peer = recorder(topics=["wrist/image"], images="compressed")
    raw = peer.node.create_publisher(Image, "image", 1)
    packed = peer.publisher(CompressedImage, "image/compressed")
    health = peer.listen(DiagnosticArray, "/diagnostics")
    assert peer.ask("start") == (True, "recording episode_000001; nobody publishes /wrist/image")
    status = health.wait(lambda msg: "nobody publishes /wrist/image" in msg.status[0].message).status[0]
    assert status.level == DiagnosticStatus.WARN
    raw.publish(Image())
    packed.publish(CompressedImage(format="jpeg"))
    wait_for_messages(tmp_path / "runs" / "episode_000001", "/image/compressed", 1)
    peer.ask("stop")
    assert "/image" not in stored(tmp_path / "runs" / "episode_000001")


def test_buttons_begin_end_and_discard(recorder, tmp_path):
    peer = recorder(joy_record_button=2, joy_discard_button=0)
    joy = peer.publisher(Joy, "joy")

    def press(button):
        joy.publish(Joy(buttons=[0, 0, 0]))
        joy.publish(Joy(buttons=[int(number == button) for number in range(3)]))

    def ended(number):
        path = tmp_path / "runs" / f"episode_{number:06d}"
        return (path / "metadata.yaml").exists() and read_info(path).outcome

    press(2)
    wait_until((tmp_path / "runs" / "episode_000001" / "episode.json").exists)
    press(2)
    assert wait_until(lambda: ended(1)) == "unknown"
    press(2)
    wait_until((tmp_path / "runs" / "episode_000002" / "episode.json").exists)
    press(0)
    assert wait_until(lambda: ended(2)) == "discarded"
    assert peer.ask("stop") == (False, "nothing is being recorded; call ~/start")
    assert len(episodes(tmp_path / "runs")) == 2


def test_an_episode_ends_whole_with_its_node(recorder, tmp_path, elsewhere):
    """And begins with what was latched before there was a recorder."""
    model = elsewhere("before").node.create_publisher(String, "robot_description", LATCHED)
    model.publish(String(data="<robot/>"))
    peer = recorder(record_at_start=True)
    publisher = peer.publisher(JointState, "joint_states")
    folder = tmp_path / "runs" / "episode_000001"
    publisher.publish(JointState(name=["a"]))
    wait_for_messages(folder, "/joint_states", 1)
    wait_for_messages(folder, "/robot_description", 1)
    publisher.publish(JointState(name=["b"]))
    peer.end()
    assert read_info(folder).complete
    assert len(stored(folder)["/joint_states"]) in (1, 2)  # the last one may still be on its way


def test_a_slow_disk_drops_and_says_so(recorder, tmp_path, held_call, monkeypatch, capfd):
    """While the disk hangs: services still answer, and what does not fit is counted by topic."""
    peer = recorder(queue_mb=1, topics=["big"])
    publisher = peer.publisher(String, "big", RELIABLE)
    real = mcap_writer.EpisodeWriter.write
    monkeypatch.setattr(
        mcap_writer.EpisodeWriter, "write", lambda self, *args: (held_call(), real(self, *args))
    )
    peer.ask("start")
    big = String(data="x" * 200_000)
    for _ in range(20):
        publisher.publish(big)
    assert held_call.begun.wait(60.0)
    assert peer.get("task") == ""  # the executor serves meanwhile
    monkeypatch.setattr(mcap_writer.EpisodeWriter, "write", real)
    held_call.go_on.set()
    folder = tmp_path / "runs" / "episode_000001"
    wait_until(
        lambda: (count := read_info(folder).topics.get("/big")) and count.messages + count.dropped == 20
    )
    granted, words = peer.ask("stop")
    assert granted
    count = read_info(folder).topics["/big"]
    assert count.dropped > 5
    assert f"dropped: {count.dropped} of /big" in words
    assert "messages are dropped of /big" in capfd.readouterr().err
    assert len(stored(folder)["/big"]) == count.messages


def test_a_folder_that_cannot_be_written_to_is_refused_at_start(program, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    process = program("recorder_node", "--folder", str(tmp_path / "file"))
    assert process.process.wait(60.0) == 2
    assert f"folder: episodes cannot be written to {tmp_path / 'file'}" in process.text()
    assert "name another folder" in process.text()


def test_a_disk_without_room_is_refused(recorder):
    with pytest.raises(RecordingError, match="less than min_free_mb"):
        recorder(min_free_mb=1_000_000)


def test_kill_9_costs_a_second_and_the_next_start_repairs(program, peer, tmp_path):
    words = ("--folder", str(tmp_path / "runs"), "--min-free-mb", "0")
    process = program("frankmocap_ros", "record", *words, "--task", "sort")
    kept = QoSProfile(depth=50, durability=DurabilityPolicy.TRANSIENT_LOCAL)  # until it is heard
    publisher = peer.publisher(JointState, "joint_states", kept)
    folder = tmp_path / "runs" / "episode_000001"
    for number in range(50):
        publisher.publish(JointState(name=[f"joint {number}"]))
    wait_for_messages(folder, "/joint_states", 50)
    process.process.send_signal(signal.SIGKILL)
    process.process.wait()
    assert not (folder / "metadata.yaml").exists()
    odd = tmp_path / "runs" / "episode_000000"  # nor does one that cannot be repaired keep it from recording
    odd.mkdir()
    (odd / "episode_000000_0.mcap").write_bytes(b"something else")
    again = program("frankmocap_ros", "record", *words)
    wait_until((tmp_path / "runs" / "episode_000002" / "episode.json").exists, again.text())
    assert "episode_000001 was cut off and is repaired" in again.text()
    assert "lost:" in again.text()
    assert "episode_000000_0.mcap is not an MCAP file" in again.text()
    info = read_info(folder)
    assert (info.complete, info.task) == (False, "sort")
    names = [deserialize_message(data, JointState).name for _, data in stored(folder)["/joint_states"]]
    assert names == [[f"joint {number}"] for number in range(50)]
    code, _ = again.end(signal.SIGINT)
    assert code == 0
    assert read_info(tmp_path / "runs" / "episode_000002").complete


def test_nothing_is_begun_before_the_node_is_served(context, tmp_path):
    """A signal may come before; what was begun would not be ended."""
    words = {"folder": str(tmp_path), "record_at_start": True, "min_free_mb": 0}
    theirs = context()
    given = [Parameter(name, value=value) for name, value in words.items()]
    node = RecorderNode(context=theirs, parameter_overrides=given)
    time.sleep(0.3)
    assert list(tmp_path.iterdir()) == []
    spinner = Spinner(node, theirs)
    wait_until((tmp_path / "episode_000001" / "episode.json").exists)
    spinner.close()
    node.destroy_node()
    assert read_info(tmp_path / "episode_000001").complete


def test_a_disk_that_fills_up_ends_the_episode_readable(recorder, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs is not permitted here; test_repair.py has full disks without one")
    try:
        peer = recorder(folder=str(disk), topics=["big"])
        publisher = peer.publisher(Image, "big", RELIABLE)
        peer.ask("start")
        noise = peer.image(size=(640, 480), encoding="bgr8")
        noise.data = os.urandom(len(noise.data))
        folder = disk / "episode_000001"
        while not (folder / "metadata.yaml").exists():
            publisher.publish(noise)
        granted, words = peer.ask("stop")
        assert not granted
        assert "the disk is full; remove episodes and call ~/start" in words
        assert "messages are readable; lost:" in words
        assert len(stored(folder)["/big"]) >= 6
        info = json.loads((folder / "episode.json").read_text())
        assert (info["complete"], info["notes"]) == (False, "cut off: the disk is full")
        peer.end()
    finally:
        subprocess.run(["umount", str(disk)], check=False)
