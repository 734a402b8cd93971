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

"""The recorder without nodes: what is queued, dropped and kept, and what ends an episode by itself."""

import threading
from collections import namedtuple

import pytest

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording import mcap_file, storage
from frankmocap_ros.recording.episodes import EpisodeInfo, read_info
from frankmocap_ros.recording.message_queue import MessageQueue, ReceivedMessage
from frankmocap_ros.recording.recorder import Clocks, Recorder
from frankmocap_ros.recording.storage import Storage, check_folder

Usage = namedtuple("Usage", "total used free")


def message(number=0, topic="/a", type_name="std_msgs/msg/Header", size=1000):
    return ReceivedMessage(topic, type_name, bytes((0, 1, 0, 0)) + bytes(size), 100 + number, 90 + number)


def test_a_full_queue_drops_what_comes_and_counts_it():
    queue = MessageQueue(max_bytes=5000)
    kept = [queue.put(message(number)) for number in range(10)]
    assert kept == [True] * 4 + [False] * 6
    queue.ask(print)  # requests are never dropped, and stay where they were put
    assert [queue.take(0).log_time_ns for _ in range(4)] == [100, 101, 102, 103]
    assert queue.take(0) is print
    assert queue.take(0) is None
    assert queue.put(message())
    assert queue.take_dropped() == {("/a", "std_msgs/msg/Header"): 6}
    assert queue.take_dropped() == {}


def test_a_message_larger_than_the_queue_goes_through_an_empty_one():
    queue = MessageQueue(max_bytes=500)
    assert queue.put(message(size=10_000))
    assert not queue.put(message(size=1))


@pytest.fixture
def started(tmp_path):
    """A recorder whose clocks the test sets, and what it told."""
    made = []

    def begin(**how):
        now, told = [1_000], []
        clocks = Clocks(lambda: now[0], lambda: now[0] * 1e-9)
        one = Recorder(Storage(tmp_path, **how), clocks, lambda words, bad: told.append((words, bad)))
        one.start_thread()
        made.append(one)
        return one, now, told

    yield begin
    for one in made:
        one.close()


def asked(call, *words):
    """What the recorder answers."""
    answers, done = [], threading.Event()
    call(*words, lambda answer: (answers.append(answer), done.set()))
    assert done.wait(20.0)
    return answers[0]


def test_an_episode_ends_before_the_disk_is_full(started, tmp_path, monkeypatch):
    free = [10_000_000]
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: Usage(0, 0, free[0]))
    one, now, told = started(min_free_bytes=5_000_000)
    assert asked(one.start, EpisodeInfo()) == (True, "recording episode_000001")
    one.put(message())
    free[0] = 4_000_000
    now[0] += 2_000_000_000
    for _ in range(200):
        if not one.wants_messages:
            break
        threading.Event().wait(0.05)
    granted, words = asked(one.stop, "success", "")
    assert not granted
    assert "4 MB left, less than min_free_mb (5)" in words
    info = read_info(tmp_path / "episode_000001")
    assert info.complete
    assert "4 MB left" in info.notes
    assert any("ended by itself" in text and bad for text, bad in told)
    assert not asked(one.start, EpisodeInfo())[0]  # nor is another one begun
    assert told[-1][0].startswith("no episode is begun: the disk of")


def test_a_topic_that_cannot_be_stored_is_counted_and_told_once(started, tmp_path):
    one, _, told = started()
    asked(one.start, EpisodeInfo())
    for number in range(3):
        one.put(message(number, "/odd", "nowhere_msgs/msg/Thing"))
        one.put(message(number))
    granted, words = asked(one.stop, "unknown", "")
    assert granted
    assert "dropped: 3 of /odd" in words
    assert [text for text, bad in told if bad and "is not recorded" in text] == [
        next(text for text, _ in told if text.startswith("/odd is not recorded: nowhere_msgs/msg/Thing"))
    ]
    info = read_info(tmp_path / "episode_000001")
    assert (info.topics["/a"].messages, info.topics["/odd"].dropped) == (3, 3)


def test_a_fault_of_the_recorder_keeps_what_was_written(started, tmp_path, monkeypatch):
    one, _, told = started()
    asked(one.start, EpisodeInfo())
    monkeypatch.setattr(mcap_file.McapFile, "write", lambda *_: 1 / 0)
    one.put(message())
    granted, words = asked(one.stop, "unknown", "")
    assert not granted
    assert "the recorder failed" in words
    assert any("ZeroDivisionError" in text for text, _ in told)
    monkeypatch.undo()
    assert asked(one.start, EpisodeInfo()) == (True, "recording episode_000002")
    assert not read_info(tmp_path / "episode_000001").complete


def test_a_folder_is_made_or_refused(tmp_path):
    check_folder(Storage(tmp_path / "new" / "runs"))
    assert (tmp_path / "new" / "runs").is_dir()
    assert list((tmp_path / "new" / "runs").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match=r"cannot be written to .*file: (File exists|Not a directory)"):
        check_folder(Storage(tmp_path / "file"))
