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


"""What an episode says of itself, read again after somebody edited it."""

import json

import pytest

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.episodes import EPISODE, EpisodeInfo, TopicCount, read_info, write_info
from frankmocap_ros.recording.lerobot import open_dataset
from frankmocap_ros.recording.lerobot_stage import read_stage

INFO = EpisodeInfo(task="sort", start_ns=5, topics={"/a": TopicCount("std_msgs/msg/String", 3)})


@pytest.fixture
def folder(tmp_path):
    write_info(tmp_path, INFO)
    return tmp_path


def edited(folder, **changed):
    path = folder / EPISODE
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def test_what_was_written_is_read_and_what_is_newer_is_passed_over(folder):
    edited(folder, newer=[1], topics={"/a": {"type": "std_msgs/msg/String", "messages": 3, "hz": 2.0}})
    assert read_info(folder) == INFO


@pytest.mark.parametrize(
    "count, said",
    [
        ({"messages": "abc"}, "messages is 'abc', not a whole number"),
        ({"messages": float("inf")}, "messages is inf, not"),
        ({"dropped": -1}, "there are no -1 messages"),
        ({"type": None}, "type is None, not a text"),
    ],
)
def test_counts_that_are_none(folder, count, said):
    edited(folder, topics={"/a": {"type": "x", "messages": 1, "dropped": 0, **count}})
    with pytest.raises(RecordingError, match=f"{EPISODE} is not what an episode says of itself: .*{said}"):
        read_info(folder)


@pytest.mark.parametrize(
    "text, said",
    [
        ("[]", "expected a mapping"),
        ("null", "expected a mapping"),
        ("{}", "format None is not known"),
        ('{"format": true}', "format True is not known"),
        ('{"format": 1, "task": "\\ud800"}', "no text of Unicode"),
        ('{"format": 1, "outcome": "lost"}', "not one of unknown, success"),
        (100_000 * "[", "nested too deeply"),
    ],
)
def test_what_is_no_episode(folder, text, said):
    (folder / EPISODE).write_text(text)
    with pytest.raises(RecordingError, match=said):
        read_info(folder)


@pytest.mark.parametrize(
    "text",
    ["null", "[]", '{"format": 1, "rate_hz": "30"}', '{"format": 1, "features": {"a": 1}}',
     '{"format": 1, "rows": -1}', '{"format": 1, "folder": "/tmp"}', '{"format": 2}', 100_000 * "["],
)  # fmt: skip
def test_a_dataset_whose_own_file_was_edited_is_refused(tmp_path, text):
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "frankmocap_ros.json").write_text(text)
    with pytest.raises(RecordingError, match=r"cannot be read \(.*choose another --out"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("text", ["null", "[]", '{"format": 1}', '{"format": 1, "more": 1}', 100_000 * "["])
def test_a_prepared_episode_that_was_edited_is_none(tmp_path, text):
    (tmp_path / "stage.json").write_text(text)
    assert read_stage(tmp_path) is None
