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

"""Episodes as they are written: rosbag2 folders that rosbags' own reader reads whole."""

from contextlib import ExitStack
from random import Random

import pytest
import yaml
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_typestore

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.definitions import definition
from frankmocap_ros.recording.episodes import EpisodeInfo, episodes, next_episode, read_info, write_info
from frankmocap_ros.recording.mcap_writer import EpisodeWriter
from frankmocap_ros.recording.topics import OfferedQos, qos_text

STORE = get_typestore(Stores.ROS2_JAZZY)
STRING = "std_msgs/msg/String"


def cdr(text):
    return bytes(STORE.serialize_cdr(STORE.types[STRING](data=text), STRING))


def written(reader):
    return [(connection.topic, stamp, bytes(data)) for connection, stamp, data in reader.messages()]


def test_an_episode_is_read_whole_by_rosbags(tmp_path):
    folder = next_episode(tmp_path / "runs")
    assert folder.name == "episode_000001"
    writer = EpisodeWriter(folder, EpisodeInfo(task="stack two cubes", start_ns=5, robot_map="torso"))
    latched = OfferedQos(durability="transient_local", depth=3, deadline=(0, 200_000_000))
    writer.add_topic("/latched", STRING, qos_text([latched, OfferedQos(reliability="best_effort")]))
    sent = [(topic, 10 + i, cdr(f"{topic} {i}")) for i in range(5) for topic in ("/a", "/latched")]
    for topic, stamp, data in sent:
        writer.write(topic, STRING, data, stamp, stamp - 1)
    info = writer.finish("success", "went well")

    assert read_info(folder) == info
    assert (info.end_ns, info.complete, info.outcome) == (14, True, "success")
    assert {name: (count.type, count.messages, count.dropped) for name, count in info.topics.items()} == {
        "/a": (STRING, 5, 0), "/latched": (STRING, 5, 0),
    }  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == [
        "episode.json", "episode_000001_0.mcap", "metadata.yaml",
    ]  # fmt: skip
    for path in (folder, folder / "episode_000001_0.mcap"):
        with Reader(path) as reader:
            assert written(reader) == sent
            assert {c.topic: c.msgcount for c in reader.connections} == {"/a": 5, "/latched": 5}
            offered = {c.topic: c.ext.offered_qos_profiles for c in reader.connections}
            assert offered["/a"] == []
            assert [(q.reliability.name, q.durability.name, q.depth) for q in offered["/latched"]] == [
                ("RELIABLE", "TRANSIENT_LOCAL", 3), ("BEST_EFFORT", "VOLATILE", 1),
            ]  # fmt: skip
            assert offered["/latched"][0].deadline.nsec == 200_000_000


def test_files_go_on_in_the_next_one_by_size(tmp_path):
    writer = EpisodeWriter(tmp_path / "episode_000007", EpisodeInfo(), max_file_bytes=20_000)
    random = Random(0)
    sent = [("/a", i, cdr(random.randbytes(5000).hex())) for i in range(12)]
    for topic, stamp, data in sent:
        writer.write(topic, STRING, data, stamp, stamp)
        writer.flush()
    writer.finish()
    names = sorted(path.name for path in (tmp_path / "episode_000007").glob("*.mcap"))
    assert names == [f"episode_000007_{i}.mcap" for i in range(6)]
    with Reader(tmp_path / "episode_000007") as reader:
        assert written(reader) == sent


def test_the_distribution_is_told_as_rosbag2_tells_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    folder = tmp_path / "episode_000001"
    EpisodeWriter(folder, EpisodeInfo()).finish()
    told = yaml.safe_load((folder / "metadata.yaml").read_text(encoding="utf-8"))
    assert told["rosbag2_bagfile_information"]["ros_distro"] == "jazzy"
    with (folder / "episode_000001_0.mcap").open("rb") as file:
        (record,) = make_reader(file).iter_metadata()
    assert yaml.safe_load(record.metadata["serialized_metadata"])["ros_distro"] == "jazzy"


def test_a_folder_of_any_letters_is_read_by_rosbags(tmp_path):
    """Names stand as they are: rosbag2's YAML refuses the surrogates that JSON escapes to."""
    folder = tmp_path / "Übung 😀"
    writer = EpisodeWriter(folder, EpisodeInfo())
    writer.write("/a", STRING, cdr("x"), 10, 9)
    writer.finish()
    assert '"Übung 😀_0.mcap"' in (folder / "metadata.yaml").read_text(encoding="utf-8")
    with Reader(folder) as reader:
        assert written(reader) == [("/a", 10, cdr("x"))]


def test_a_folder_that_rosbag2_cannot_name_is_refused(tmp_path):
    with pytest.raises(RecordingError, match="caf\\\\xe9: the name is not UTF-8"):
        EpisodeWriter(tmp_path / "caf\udce9", EpisodeInfo())
    assert not list(tmp_path.iterdir())


def test_own_messages_are_read_by_their_schema_alone(tmp_path):
    """The bag carries the definitions, those of the types within as well."""
    writer = EpisodeWriter(tmp_path / "episode_000001", EpisodeInfo())
    name = "frankmocap_ros/msg/BodyPoseArray"
    writer.write("/bodies", name, bytes((0, 1, 0, 0)) + bytes(4096), 1, 1)
    writer.finish()
    with ExitStack() as stack:
        reader = stack.enter_context(AnyReader([tmp_path / "episode_000001"]))
        types = reader.typestore.types
        assert {name, "frankmocap_ros/msg/JointPose", "geometry_msgs/msg/Pose"} <= set(types)


def test_definitions_hold_every_type_within_once():
    image = definition("sensor_msgs/msg/Image")
    assert image.text.count("MSG: std_msgs/Header") == 1
    assert image.text.count("MSG: builtin_interfaces/Time") == 1
    assert image.type_hash.startswith("RIHS01_")
    with pytest.raises(RecordingError, match="nowhere_msgs"):
        definition("nowhere_msgs/msg/Thing")
    with pytest.raises(RecordingError, match="not a type"):
        definition("Image")


def test_a_topic_has_one_type(tmp_path):
    writer = EpisodeWriter(tmp_path / "episode_000001", EpisodeInfo())
    writer.add_topic("/a", STRING)
    with pytest.raises(RecordingError, match="std_msgs/msg/String in this episode"):
        writer.add_topic("/a", "std_msgs/msg/Header")
    writer.close()


def test_episodes_are_found_and_told_apart(tmp_path):
    with pytest.raises(RecordingError, match="not a folder"):
        episodes(tmp_path / "nothing")
    with pytest.raises(RecordingError, match="no episodes"):
        episodes(tmp_path)
    for number in (1, 2):
        folder = tmp_path / f"episode_{number:06d}"
        folder.mkdir()
        write_info(folder, EpisodeInfo(outcome="failure"))
    assert [path.name for path in episodes(tmp_path)] == ["episode_000001", "episode_000002"]
    assert episodes(folder) == [folder]
    assert next_episode(tmp_path).name == "episode_000003"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not what an episode"),
        ('{"format": 2}', "format 2 is not known"),
        ('{"format": 1, "task": 3, "topics": {}}', "task is 3"),
        ('{"format": 1, "outcome": "good", "topics": {}}', "'good' is not one of"),
    ],
)
def test_what_is_wrong_in_episode_json_is_said(tmp_path, text, words):
    (tmp_path / "episode.json").write_text(text)
    with pytest.raises(RecordingError, match=words):
        read_info(tmp_path)
