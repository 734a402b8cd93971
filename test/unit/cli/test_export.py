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

"""`frankmocap_ros export`: episodes in, files and counts out."""

import json

import pyarrow.csv
import pyarrow.parquet
import pytest

from frankmocap_ros.cli.main import main
from frankmocap_ros.recording.export_options import ExportOptions
from frankmocap_ros.recording.exporting import export_one
from frankmocap_ros.recording.roles import AskedTopics
from frankmocap_ros.recording.rows import RowOptions
from support.bags import write_bag
from support.followed_episode import JOINTS, START_NS, messages, write_episode


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two episodes: one with a gap, and one that was discarded."""
    folder = tmp_path_factory.mktemp("episodes")
    write_episode(folder / "episode_000001", messages(count=50, gaps=(20, 21)))
    write_episode(folder / "episode_000002", messages(count=20, camera=None), outcome="discarded")
    return folder


def run(*words):
    return main(["export", *map(str, words)])


def test_parquet(root, tmp_path, capsys):
    assert run(root, "--to", "parquet", "--out", tmp_path / "new" / "out") == 0
    (file,) = (tmp_path / "new" / "out").iterdir()
    assert file.name == "episode_000001.parquet"
    table = pyarrow.parquet.read_table(file)
    assert table.num_rows == 48
    assert table["part"].to_pylist() == [0] * 20 + [1] * 28
    assert set(table["task"].to_pylist()) == {"pick the cube"}
    assert table["time_ns"][0].as_py() == START_NS
    for i, name in enumerate(JOINTS):
        state, action = (table[f"{what}.{name}.position"].to_pylist() for what in ("state", "action"))
        step = -1 if i else 1
        assert state[30] == pytest.approx(step * 3.2)
        assert action[30] == pytest.approx(step * 3.21)
    said = capsys.readouterr().err
    assert "1 episode, 48 rows in 2 parts, 1 episode left out" in said
    assert "left out: 2 of 50 instants, gate HOLD" in said
    assert "episode_000002: left out, its outcome is discarded; to take it: --include discarded" in said


def test_csv_and_outcomes_that_are_asked_for(root, tmp_path):
    assert run(root, "--to", "csv", "--out", tmp_path, "--include", "discarded", "--shortest", "0.5") == 0
    first = pyarrow.csv.read_csv(tmp_path / "episode_000001.csv")
    assert first["image.wrist.message"].to_pylist()[20] == 22
    second = pyarrow.csv.read_csv(tmp_path / "episode_000002.csv")
    assert second.num_rows == 58  # at 30 Hz: it has no images
    assert set(second["outcome"].to_pylist()) == {"discarded"}


def test_flags_become_options(root, tmp_path):
    words = ("--to", "parquet", "--out", tmp_path, "--rate", 20, "--task", "wave", "--everything", "--images")
    assert run(root / "episode_000001", *words) == 0
    table = pyarrow.parquet.read_table(tmp_path / "episode_000001.parquet")
    assert table.num_rows == 99
    assert not [name for name in table.schema.names if name.startswith("image")]
    assert set(table["gate_state"].to_pylist()) == {"ENGAGED", "HOLD"}
    assert set(table["task"].to_pylist()) == {"wave"}


def test_what_cannot_be_read_is_told_and_the_others_go_on(root, tmp_path, capsys):
    inputs = tmp_path / "in"
    write_episode(inputs / "episode_000001", messages(count=15), complete=False, task="")
    broken = write_episode(inputs / "episode_000002", messages(count=15))
    (file,) = broken.glob("*.mcap")
    file.write_bytes(file.read_bytes()[:3000])
    assert run(inputs, "--to", "parquet", "--out", tmp_path / "out") == 3
    said = capsys.readouterr().err
    assert "episode_000002: FAILED: " in said
    assert "1 episode, 15 rows in 1 part, 1 episode failed" in said
    assert "episode_000001: its recording was cut off; what there is of it is exported" in said
    assert "episode_000001: no task was recorded; name one: --task TEXT" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["episode_000001.parquet"]


def test_nothing_that_was_followed_is_exit_code_1(tmp_path, capsys):
    joint_states = [message for message in messages(20) if message[0] == "/joint_states"]
    bag = write_bag(tmp_path / "bag", joint_states)
    assert run(bag, "--to", "parquet", "--out", tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert "bag: no row: no gate was recorded" in said
    assert pyarrow.parquet.read_table(tmp_path / "out" / "bag.parquet").num_rows == 0
    assert run(bag, "--to", "parquet", "--out", tmp_path / "out", "--everything") == 0


def test_episodes_of_the_same_name_keep_apart(tmp_path):
    for session in ("monday", "tuesday"):
        write_episode(tmp_path / session / "episode_000001", messages(count=12, camera=None))
    words = ("--to", "parquet", "--out", tmp_path / "out")
    assert run(tmp_path / "monday", tmp_path / "tuesday", *words) == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["monday_episode_000001.parquet", "tuesday_episode_000001.parquet"]


def test_episodes_that_cannot_be_told_apart_are_refused(tmp_path, capsys):
    for disk in ("a", "b"):
        write_episode(tmp_path / disk / "monday" / "episode_000001", messages(count=12, camera=None))
    inputs = (tmp_path / "a" / "monday", tmp_path / "b" / "monday")
    assert run(*inputs, "--to", "csv", "--out", tmp_path / "out") == 2
    assert "several episodes have the name monday_episode_000001: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["{root}/none", "--to", "csv", "--out", "{out}"], "none is not a folder"),
        (
            ["{root}", "--to", "csv", "--out", "{out}", "--rate", "0"],
            "rate: 0 is out of range; allowed",
        ),
        (["{root}", "--to", "csv", "--out", "/proc/none"], "--out /proc/none: "),
        (["{root}", "--to", "lerobot", "--out", "{out}", "--everything"], "lerobot and everything exclude"),
    ],
)
def test_what_cannot_run_is_one_line_and_exit_code_2(root, tmp_path, capsys, words, text):
    assert run(*(word.format(root=root, out=tmp_path) for word in words)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert text in line


def test_a_topic_that_is_not_there_fails_the_episode(root, tmp_path, capsys):
    words = ("--to", "csv", "--out", tmp_path, "--state", "/none")
    assert run(root / "episode_000001", *words) == 3
    assert (
        "--state /none: no messages of it; of this type are: /gate/joint_commands" in capsys.readouterr().err
    )


def test_options_survive_json():
    topics = AskedTopics(state="/s", images=("/a", "/b"))
    for options in (
        ExportOptions("csv", RowOptions(7, True, 0.5, 2.0), topics, ("failure",), "task"),
        ExportOptions("lerobot"),
    ):
        assert ExportOptions.of(json.loads(json.dumps(options.values()))) == options


def test_the_same_input_gives_the_same_bytes(root, tmp_path):
    options = ExportOptions("parquet")
    for name in ("a", "b"):
        done = export_one(root / "episode_000001", tmp_path / name, options)
        assert (done.rows, done.parts, done.instants, dict(done.left_out)) == (48, 2, 50, {"gate HOLD": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
