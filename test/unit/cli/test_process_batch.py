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

"""`frankmocap_ros process --out-dir`: many inputs, each to one file."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from frankmocap_ros.cli.main import main
from support.bags import image, write_bag
from support.waiting import wait_until

FRAMES = 5


def video(path: Path, shade: int, frames: int = FRAMES) -> None:
    """A clip of the size that the figure's camera has, which the synthetic estimator does not look at."""
    out = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (640, 480))
    for _ in range(frames):
        out.write(np.full((480, 640, 3), shade, np.uint8))
    out.release()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Six clips, two of them in a folder, and two broken files."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "more").mkdir()
    for number in range(6):
        video(folder / ("more" if number > 3 else ".") / f"clip{number}.avi", 20 * number)
    (folder / "empty.mp4").touch()
    (folder / "cut.avi").write_bytes((folder / "clip0.avi").read_bytes()[:1000])
    (folder / "notes.txt").write_text("not a video")
    return folder


def run(*args: object, code: int = 0) -> None:
    assert main(["process", *map(str, args), "--estimator", "synthetic", "--fx", "500"]) == code


def journal(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "_journal.jsonl").read_text().splitlines()]


def test_all_are_done_or_listed_and_not_done_again(clips, tmp_path, capsys):
    out = tmp_path / "out"
    run(clips, "--out-dir", out, "--workers", "2", code=3)
    first = capsys.readouterr()
    assert first.out == ""
    assert "FAILED" in first.err
    assert "6 inputs done, 2 failed, 30 frames, 30 bodies" in first.err
    results = sorted(out.glob("*.jsonl"))[1:]
    assert [path.name.partition("-")[0] for path in results] == [f"clip{number}" for number in range(6)]
    for path in results:
        records = [json.loads(line) for line in path.read_text().splitlines()]
        assert [record["frame"] for record in records] == list(range(FRAMES))
    entries = journal(out)
    failed = {Path(entry["input"]).name: entry["reason"] for entry in entries if entry["reason"]}
    assert set(failed) == {"cut.avi", "empty.mp4"}
    assert all("cannot be opened" in reason or "damaged" in reason for reason in failed.values())

    results[0].unlink()
    run(clips, "--out-dir", out, code=3)
    assert "1 input done, 5 done before, 2 failed" in capsys.readouterr().err
    assert len(journal(out)) == len(entries) + 3
    run(clips / "clip0.avi", "--out-dir", out, "--process-every-n", "2")
    assert "1 input done, 3 frames" in capsys.readouterr().err


def test_the_same_as_alone(clips, tmp_path):
    run(clips / "clip1.avi", "--out", tmp_path / "alone.jsonl")
    run(clips / "clip1.avi", "--out-dir", tmp_path / "out")
    (result,) = (tmp_path / "out").glob("clip1-*.jsonl")
    times = ("inference_ms", "stages_ms")
    both = [
        [
            {k: v for k, v in json.loads(line).items() if k not in times}
            for line in path.read_text().splitlines()
        ]
        for path in (tmp_path / "alone.jsonl", result)
    ]
    assert both[0] == both[1]


def test_parquet_of_all_is_one_table(clips, tmp_path):
    run(f"{clips}/clip[01].avi", "--out-dir", tmp_path / "out", "--format", "parquet", "--max-frames", "3")
    table = pq.read_table(tmp_path / "out")
    assert sorted(table["input"].to_pylist()) == ["clip0.avi"] * 3 + ["clip1.avi"] * 3
    assert table["frame"].to_pylist() == [0, 1, 2] * 2


def test_recordings_of_ros(tmp_path):
    """A folder of two bags, each with images of two cameras."""
    for name, count in (("one", 3), ("two", 4)):
        pixels = np.full((480, 640, 3), count, np.uint8)
        sent = [(topic, k, image(pixels, 10**7 * k)) for k in range(count) for topic in ("/left", "/right")]
        write_bag(tmp_path / "bags" / name, [(topic, 10**7 * k, message) for topic, k, message in sent])
    run(tmp_path / "bags", "--image-topic", "/right", "--out-dir", tmp_path / "out", "--workers", "1")
    frames = {
        entry["result"].partition("-")[0]: entry["notes"]["frames"] for entry in journal(tmp_path / "out")
    }
    assert frames == {"one": 3, "two": 4}


def test_ctrl_c_and_again(tmp_path, capsys):
    """As a terminal does it: to the whole group of the command."""
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    video(clips / "a.avi", 1)
    video(clips / "b.avi", 2, frames=300)
    video(clips / "c.avi", 3)
    command = [sys.executable, "-m", "frankmocap_ros.cli.main", "process", str(clips), "--out-dir", str(out)]
    flags = ["--estimator", "synthetic", "--workers", "1", "--fx", "500"]
    with subprocess.Popen(
        [*command, *flags], cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: list(out.glob(".partial-*b-*")) and journal(out))
        os.killpg(process.pid, signal.SIGINT)
        err = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in err
    assert " left" in err
    assert "start the same command again" in err
    assert not list(out.glob(".partial-*"))
    video(clips / "b.avi", 2)
    run(clips, "--out-dir", out, "--workers", "1")
    assert "2 inputs done, 1 done before" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--workers", "2"], "--workers is for many inputs: add --out-dir"),
        (["--ray"], "--ray is for many inputs"),
        (["--out-dir", "x", "--workers", "0"], "allowed: 1 .. 1000"),
        (["--out-dir", "x", "--ray", "clip.mp4"], "Put inputs before --ray"),
        (["--out-dir", "x", "--out", "y"], "exclude each other"),
        (["--format", "parquet"], "--format parquet is for many inputs"),
    ],
)
def test_flags_that_do_not_fit(clips, capsys, flags, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(clips / "clip0.avi", *flags, code=2)
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_there_ends_it(clips, tmp_path, capsys):
    args = [
        "process",
        str(clips),
        "--out-dir",
        str(tmp_path),
        "--estimator",
        "posenet",
        "--model",
        "/nowhere.onnx",
    ]
    assert main(args) == 2
    assert "/nowhere.onnx" in capsys.readouterr().err
