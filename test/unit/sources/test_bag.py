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

"""Bags: what is in them comes out, and what is wrong with one is said."""

import re
import sqlite3
import sys

import numpy as np
import pytest
from rosbags.rosbag2 import CompressionMode, StoragePlugin, Writer

from frankmocap_ros.errors import MissingDependencyError, SourceError
from frankmocap_ros.sources.bag import Bag, is_bag
from support.bags import header, image, make, storage_file, types, write_bag

T0 = 1_700_000_000_000_000_000


def number(stamp_ns):
    return make("std_msgs/msg/Float64", data=1e-9 * (stamp_ns - T0))


def images_and_numbers(count=3):
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    for i in range(count):
        now = T0 + i * 10_000_000
        yield "/camera/image_raw", now, image(pixels + i, now - 5)
        yield "/number", now + 1, number(now)


@pytest.fixture(scope="module", params=["mcap", "sqlite3"])
def folder(request, tmp_path_factory):
    return write_bag(tmp_path_factory.mktemp("bags") / "some", images_and_numbers(), request.param)


def test_a_bag_gives_what_was_written(folder):
    with Bag(folder) as bag:
        assert bag.topics == {"/camera/image_raw": "sensor_msgs/msg/Image", "/number": "std_msgs/msg/Float64"}
        assert bag.counts == {"/camera/image_raw": 3, "/number": 3}
        assert (bag.start_ns, bag.end_ns) == (T0, T0 + 20_000_001)
        messages = list(bag.messages())
    assert [m.log_time_ns - T0 for m in messages] == [0, 1, 10_000_000, 10_000_001, 20_000_000, 20_000_001]
    assert [m.topic for m in messages] == 3 * ["/camera/image_raw", "/number"]
    first = messages[0]
    assert first.type_name == "sensor_msgs/msg/Image"
    assert (first.message.header.frame_id, first.message.encoding) == ("camera", "bgr8")
    assert 10**9 * first.message.header.stamp.sec + first.message.header.stamp.nanosec == T0 - 5
    assert first.message.data.tolist() == list(range(72))


@pytest.mark.parametrize(
    ("storage", "compression"),
    [("mcap", "FILE"), ("mcap", "MESSAGE"), ("mcap", "STORAGE"), ("sqlite3", "FILE"), ("sqlite3", "MESSAGE")],
)
def test_compressed_bags_are_read(tmp_path, storage, compression):
    """As ``ros2 bag record --compression-mode``, or MCAP's own chunks."""
    written = list(images_and_numbers())
    with Bag(write_bag(tmp_path / "bag", written, storage, CompressionMode[compression])) as bag:
        messages = list(bag.messages())
    assert [(m.topic, m.log_time_ns) for m in messages] == [(topic, log) for topic, log, _ in written]
    assert messages[0].message.data.tolist() == list(range(72))


def test_topics_are_chosen_and_the_bag_is_read_again(folder):
    with Bag(folder) as bag:
        for _ in range(2):
            assert [m.message.data for m in bag.messages(["/number"])] == pytest.approx([0.0, 0.01, 0.02])
        assert list(bag.messages([])) == []
        assert list(bag.messages(["/nothing"])) == []


def test_the_file_alone_is_a_bag(folder):
    with Bag(storage_file(folder)) as bag:
        assert bag.counts == {"/camera/image_raw": 3, "/number": 3}
        assert len(list(bag.messages())) == 6


def test_bags_are_known_by_what_is_in_them(folder, tmp_path):
    assert is_bag(folder)
    assert is_bag(storage_file(folder))
    renamed = tmp_path / "renamed.bin"
    renamed.write_bytes(storage_file(folder).read_bytes())
    assert is_bag(renamed)
    with pytest.raises(SourceError, match=r"ends in \.mcap or \.db3; rename"):
        Bag(renamed)
    video = tmp_path / "video.mp4"
    video.write_bytes(b"\0\0\0\x18ftypmp42")
    assert not is_bag(video)
    assert not is_bag(tmp_path)
    assert not is_bag(tmp_path / "nothing")


@pytest.fixture
def own_message(tmp_path):
    grip = make(
        "frankmocap_ros/msg/Grip", header=header(T0), side="left", opening=0.25, state=1, confidence=0.5
    )
    return write_bag(tmp_path / "own", [("/gate/grip/left", T0, grip)], "sqlite3")


def edit(folder, script):
    database = sqlite3.connect(storage_file(folder))
    database.executescript(script)
    database.close()


def only_message(folder):
    with Bag(folder) as bag:
        (message,) = bag.messages()
    return message.message


def test_own_messages_come_from_the_bag_or_from_this_package(own_message):
    assert only_message(own_message).opening == 0.25
    edit(own_message, "UPDATE schema SET schema_version = 3; DROP TABLE message_definitions")  # as Humble's
    assert only_message(own_message).opening == 0.25


def test_definitions_that_were_left_empty_are_those_of_this_package(own_message):
    """As in bags that ``ros2 bag convert`` made of old ones."""
    edit(own_message, "UPDATE message_definitions SET encoded_message_definition = ''")
    assert only_message(own_message).opening == 0.25


def test_topics_are_the_same_whatever_quality_of_service_is_written_where(folder, tmp_path):
    """As after ``ros2 bag reindex``: metadata.yaml has another spelling than the file."""
    text = (folder / "metadata.yaml").read_text()
    offer = (
        r"- history: 3\n  depth: 0\n  reliability: 1\n  durability: 2\n  deadline: {sec: 0, nsec: 0}\n"
        r"  lifespan: {sec: 0, nsec: 0}\n  liveliness: 1\n  liveliness_lease_duration: {sec: 0, nsec: 0}\n"
        r"  avoid_ros_namespace_conventions: false"
    )
    changed = re.sub(r"offered_qos_profiles: .*", lambda _: f'offered_qos_profiles: "{offer}"', text)
    assert changed.count("history") == 2
    (tmp_path / "metadata.yaml").write_text(changed)
    (tmp_path / storage_file(folder).name).write_bytes(storage_file(folder).read_bytes())
    with Bag(tmp_path) as bag:
        assert len(list(bag.messages())) == 6


def test_what_a_type_is_must_be_known(own_message):
    edit(own_message, "UPDATE message_definitions SET encoded_message_definition = 'float32 ?'")
    with pytest.raises(SourceError, match=r"definition of frankmocap_ros/msg/Grip \(.*\) cannot"):
        only_message(own_message)
    edit(own_message, "UPDATE message_definitions SET encoded_message_definition = 'float32[7] opening'")
    with pytest.raises(SourceError, match=r"a message of /gate/grip/left is no frankmocap_ros/msg/Grip"):
        only_message(own_message)


def test_an_unknown_type_spoils_only_its_own_topic(tmp_path):
    folder = tmp_path / "unknown"
    with Writer(folder, version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        first = writer.add_connection("/number", "std_msgs/msg/Float64", typestore=types())
        other = writer.add_connection("/other", "theirs/msg/Other", msgdef="float64 data", rihs01="RIHS01_0")
        data = types().serialize_cdr(number(T0), "std_msgs/msg/Float64")
        writer.write(first, T0, data)
        writer.write(other, T0 + 1, data)
    with Bag(folder) as bag:
        assert [m.message.data for m in bag.messages()] == [0.0, 0.0]
    edit(folder, "UPDATE schema SET schema_version = 3; DROP TABLE message_definitions")
    with Bag(folder) as bag:
        assert [m.message.data for m in bag.messages(["/number"])] == [0.0]
        with pytest.raises(SourceError, match="/other is of the type theirs/msg/Other, which neither"):
            list(bag.messages(["/other"]))


def refused(path, match=None):
    with pytest.raises(SourceError, match=match) as caught, Bag(path) as bag:
        list(bag.messages())
    assert str(path) in str(caught.value)


def test_a_bag_without_messages_is_refused(folder, tmp_path):
    storage = "mcap" if storage_file(folder).suffix == ".mcap" else "sqlite3"
    refused(write_bag(tmp_path / "empty", [], storage), "holds no messages; record it again")


def test_what_is_not_there_or_not_a_bag_is_refused(folder, tmp_path):
    refused(tmp_path / "nothing.mcap", "no such bag; allowed: a rosbag2 folder")
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / storage_file(folder).name).write_bytes(storage_file(folder).read_bytes())
    assert is_bag(tmp_path / "unfinished")
    refused(tmp_path / "unfinished", "has no metadata.yaml.*ros2 bag reindex")
    for name in ("empty.mcap", "empty.db3"):
        (tmp_path / name).touch()
        refused(tmp_path / name, "the file is empty")
        (tmp_path / name).write_bytes(b"hello")
        refused(tmp_path / name, "cannot be read .*cut off, damaged, or no bag.*mcap recover")
    (tmp_path / "old.bag").write_bytes(b"#ROSBAG V2.0\n")
    refused(tmp_path / "old.bag", "ROS 1; convert it: rosbags-convert")


@pytest.mark.parametrize("text", ["", "- a", "rosbag2_bagfile_information: {version: 99}", "a: [", "\0"])
def test_bad_metadata_is_refused(folder, tmp_path, text):
    (tmp_path / "metadata.yaml").write_text(text)
    refused(tmp_path, "cannot be read .*ros2 bag reindex")


def test_metadata_of_another_bag_is_found_out(folder, tmp_path):
    """The reader takes files whose topics differ for empty."""
    text = (folder / "metadata.yaml").read_text().replace("/number", "/other")
    (tmp_path / "metadata.yaml").write_text(text)
    (tmp_path / storage_file(folder).name).write_bytes(storage_file(folder).read_bytes())
    refused(tmp_path, "3 messages of /other are promised, and only 0 are there")


def test_a_file_cut_off_anywhere_or_changed_is_refused_in_words(folder, tmp_path):
    """Whatever the reader raises: nothing but a SourceError comes out, and never a crash or endless loop."""
    whole = storage_file(folder).read_bytes()
    rng = np.random.default_rng(1)
    (tmp_path / "metadata.yaml").write_bytes((folder / "metadata.yaml").read_bytes())
    damaged = tmp_path / storage_file(folder).name
    for end in np.linspace(1, len(whole) - 1, 40).astype(int):
        damaged.write_bytes(whole[:end])
        if damaged.suffix == ".mcap" or end < len(whole) // 2:  # of a database, what is cut may be unused
            refused(tmp_path)
    for _ in range(60):
        changed = np.frombuffer(whole, np.uint8).copy()
        at = rng.integers(len(whole), size=8)
        changed[at] = rng.integers(256, size=8)
        damaged.write_bytes(changed.tobytes())
        try:
            with Bag(tmp_path) as bag:
                list(bag.messages())
        except SourceError as error:
            assert str(tmp_path) in str(error)


def test_without_rosbags_the_error_says_how_to_get_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "rosbags.rosbag2", None)
    with pytest.raises(MissingDependencyError, match=r"rosbags, which is not.*pip install.*recordings"):
        Bag(folder)


def idl(text):
    """A definition in the other language, as rosbag2 writes it."""
    return f"{80 * '='}\nIDL: evil/msg/Name\nmodule evil {{ module msg {{ {text} }}; }};\n"


def test_definitions_in_idl_are_read(tmp_path):
    folder = tmp_path / "idl"
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        text = idl("struct Name { double data; };")
        topic = writer.add_connection("/number", "evil/msg/Name", msgdef=text, rihs01="RIHS01_0")
        writer.write(topic, T0, types().serialize_cdr(number(T0 + 10**9), "std_msgs/msg/Float64"))
    assert only_message(folder).data == 1.0


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("evil/msg/Name:\n    print('run')\nclass C", "float64 data"),
        ("evil/msg/Name", "float64 data=print('run')"),
        ("evil/msg/Name", 'string X=\'"+print("run")+"\'\nfloat64 data'),
        ("evil/msg/Name", "float64[print('run')] data"),
        ("evil/msg/Name", "evil/msg/Other():print('run') data"),
        ("evil/msg/Name", idl("struct Name { double data(print('run')); };")),
        ("evil/msg/Name", idl("const string X = print('run'); struct Name { double data; };")),
        ("evil/msg/Name", idl("struct Name:\n    print('run') { double data; };")),
    ],
)
def test_definitions_in_a_bag_are_never_run(tmp_path, capsys, storage, name, definition):
    """rosbags makes Python code of them: of names and numbers alone."""
    folder = tmp_path / "evil"
    with Writer(folder, version=9, storage_plugin=storage) as writer:
        topic = writer.add_connection("/evil", name, msgdef=definition, rihs01="RIHS01_0")
        writer.write(topic, T0, types().serialize_cdr(number(T0), "std_msgs/msg/Float64"))
    try:
        with Bag(folder) as bag:
            list(bag.messages())
    except SourceError as error:
        assert "evil" in str(error)
    assert "run" not in capsys.readouterr().out


@pytest.mark.parametrize(("behind", "is_read"), [(bytes(40), True), (bytes(39) + b"x", False)])
def test_zeros_behind_a_message_do_not_matter(tmp_path, behind, is_read):
    """As ``serialize_message`` of rclpy leaves them, and so whoever writes bags from Python."""
    folder = tmp_path / "behind"
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection("/number", "std_msgs/msg/Float64", typestore=types())
        data = bytes(types().serialize_cdr(number(T0), "std_msgs/msg/Float64"))
        writer.write(connection, T0, data + behind)
    with Bag(folder) as bag:
        if is_read:
            assert [m.message.data for m in bag.messages()] == [0.0]
        else:
            with pytest.raises(SourceError, match="/number is no std_msgs/msg/Float64"):
                list(bag.messages())
