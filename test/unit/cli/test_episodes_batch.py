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

"""`export --workers` and `replay --out-dir`: the same as one after the other, and not twice."""

import json

import pyarrow.parquet as pq
import pytest

from frankmocap_ros.batch.episodes import replay_job
from frankmocap_ros.cli.main import main
from frankmocap_ros.recording.replay_job import ReplayJob, replay_one, report_text
from support import episodes, followed_episode


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two episodes, one that was discarded, and one that is damaged."""
    folder = tmp_path_factory.mktemp("episodes")
    for number, outcome in ((1, "success"), (2, "success"), (3, "discarded")):
        made = followed_episode.messages(count=20 + number, camera="/wrist/image_raw")
        followed_episode.write_episode(folder / f"episode_00000{number}", made, outcome=outcome)
    damaged = folder / "episode_000004"
    damaged.mkdir()
    for path in (folder / "episode_000001").iterdir():
        data = path.read_bytes()[: 100 if path.suffix == ".mcap" else None]
        (damaged / path.name.replace("1_0", "4_0")).write_bytes(data)
    return folder


def run(*words, code=0):
    assert main([*map(str, words)]) == code


def tables(folder):
    return {path.name: pq.read_table(path) for path in folder.rglob("*.parquet")}


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_exported_files(root, tmp_path, capsys):
    export = ("export", root, "--to", "parquet", "--out")
    run(*export, tmp_path / "alone", code=3)
    run(*export, tmp_path / "many", "--workers", "2", code=3)
    err = capsys.readouterr().err
    assert "episode_000003: left out, its outcome is discarded" in err
    assert "FAILED" in err
    alone, many = tables(tmp_path / "alone"), tables(tmp_path / "many")
    assert set(alone) == {"episode_000001.parquet", "episode_000002.parquet"}
    assert alone == many
    run(*export, tmp_path / "many", "--workers", "1", code=3)
    assert "0 inputs done, 3 done before, 1 failed" in capsys.readouterr().err


def test_exported_for_lerobot(root, tmp_path, capsys):
    export = ("export", root, "--to", "lerobot", "--pictures", "png", "--out")
    run(*export, tmp_path / "many", "--workers", "2", code=2)
    assert "--rate is missing" in capsys.readouterr().err
    export = (*export[:-1], "--rate", "20", "--out")
    run(*export, tmp_path / "alone", code=3)
    run(*export, tmp_path / "many", "--workers", "2", code=3)
    info = [json.loads((tmp_path / way / "meta" / "info.json").read_text()) for way in ("alone", "many")]
    assert info[0] == info[1]
    assert info[0]["total_episodes"] == 2
    files = [files_of(tmp_path / way) for way in ("alone", "many")]
    assert set(files[0]) == set(files[1]), "nothing prepared is left"
    assert [name for name in files[0] if files[0][name] != files[1][name]] == []
    err = capsys.readouterr().err
    assert f"instants: {tmp_path / 'many'}\n" in err and ".prepared" not in err
    run(*export, tmp_path / "many", "--workers", "1", code=3)
    assert "2 episodes there before" in capsys.readouterr().err
    run("export", root / "episode_000001", *export[2:], tmp_path / "many", "--workers", "1")
    assert "nothing to do: 1 episode there before" in capsys.readouterr().err


def test_workers_tell_what_is_left_out(root, tmp_path, capsys):
    export = ("export", root / "episode_000001", "--to", "lerobot", "--rate", "20", "--shortest", "60")
    run(*export, "--out", tmp_path / "none", "--workers", "1", code=1)
    err = capsys.readouterr().err
    assert "episode_000001: no row: in a part shorter than 60 s" in err
    assert "instants, in a part shorter than 60 s" in err and "; --everything keeps all" in err
    run(*export[:-2], "--out", tmp_path / "some")
    run("export", root / "episode_000002", *export[1:], "--out", tmp_path / "some", "--workers", "1")
    err = capsys.readouterr().err
    assert "episode_000002: no row" in err and "1 episode there before" in err, "which has rows"


def test_reports_of_replays(tmp_path, capsys):
    pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")
    for number, seconds in ((1, 1.5), (2, 1.6)):
        episodes.write_episode(tmp_path / "in" / f"episode_00000{number}", seconds)
    run("replay", tmp_path / "in", "--out-dir", tmp_path / "out", "--workers", "1")
    found = sorted((tmp_path / "out").glob("episode_*.json"))
    assert [path.name.partition("-")[0] for path in found] == ["episode_000001", "episode_000002"]
    expected = replay_one(tmp_path / "in" / "episode_000001", ReplayJob())
    assert found[0].read_text() == report_text(expected)
    assert "2 inputs done, 2 passed" in capsys.readouterr().err
    run("replay", tmp_path / "in", "--out-dir", tmp_path / "out", "--report", tmp_path / "r", code=2)
    assert "exclude each other" in capsys.readouterr().err


def test_a_robot_counts_by_its_content(tmp_path):
    keys = []
    for name, text in (("a", "1"), ("b", "1"), ("b", "2")):
        path = tmp_path / name / "robot.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        keys.append(replay_job(ReplayJob(robot=str(path))).key("content"))
    assert keys[0] == keys[1] != keys[2]
    robots = [replay_job(ReplayJob(robot=name)).key("content") for name in ("arm", "torso")]
    assert robots[0] != robots[1]
