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

"""`frankmocap_ros compare`: estimators on the same images, each in a process of its own."""

import json

import cv2
import numpy as np
import pytest

from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE
from frankmocap_ros.bench.combinations import Combination
from frankmocap_ros.bench.comparing import _labels, _one, _row, measured_frames
from frankmocap_ros.bench.rows import Sample
from frankmocap_ros.bench.turns import BEGIN, SETTLE, Measurement, turn_lengths
from frankmocap_ros.cli.main import main
from frankmocap_ros.errors import SourceError


@pytest.fixture(autouse=True)
def no_files_named(monkeypatch, tmp_path):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path / "models"))


def video(path, frames):
    """A video of nobody."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (160, 120))
    for n in range(frames):
        writer.write(np.full((120, 160, 3), n % 256, np.uint8))
    writer.release()
    return str(path)


def test_those_that_run_and_those_that_do_not(capsys, tmp_path):
    """The figure's own estimator, one without its file, and one whose file is none."""
    broken = tmp_path / "movenet.onnx"
    broken.write_bytes(b"no network")
    words = "compare synthetic --frames 16 --json --estimators synthetic posenet movenet --model"
    assert main([*words.split(), f"movenet={broken}"]) == 0
    synthetic, posenet, movenet = json.loads(capsys.readouterr().out)
    assert synthetic["name"] == synthetic["estimator"] == "synthetic"
    assert synthetic["error"] == ""
    assert synthetic["frames"] == 16
    assert 0.0 < synthetic["total_ms"]["p50"] <= synthetic["total_ms"]["p99"]
    assert synthetic["body_share"] == synthetic["tracked_share"] == synthetic["seen_share"] == 1.0
    assert synthetic["pixels_median"] is None  # it is what others are compared with
    assert "posenet" in posenet["error"]
    assert movenet["name"] == "movenet movenet.onnx"
    assert "movenet.onnx" in movenet["error"]
    assert posenet["frames"] == movenet["frames"] == 0


def test_none_that_runs(capsys, tmp_path):
    assert main(["compare", "synthetic", "--frames", "4", "--estimators", "posenet"]) == 1
    assert capsys.readouterr().out.startswith("posenet: not run: ")


def test_nobody_in_the_images():
    """It runs and sees nobody: time is told, and that nobody was seen."""
    records = [{"stamp_s": n / 30.0, "operator_id": 0, "bodies": []} for n in range(3)]
    ran = _one(_row("x", Combination("synthetic")), Measurement([[Sample({}, 5.0, 0)] * 3], records=records))
    assert ran.recording is None
    assert ran.row["error"] == ""
    assert ran.row["total_ms"]["p50"] == 5.0
    assert ran.row["body_share"] == ran.row["tracked_share"] == 0.0


def test_one_that_breaks_after_some_images():
    """What was measured until then is told with the error."""
    ran = _one(_row("x", Combination("synthetic")), Measurement([[Sample({}, 5.0, 0)]], error="it broke"))
    assert (ran.row["error"], ran.row["frames"]) == ("it broke", 1)


@pytest.mark.parametrize("frames", [17, 30, 100, 301])
def test_no_video_starts_again_while_it_is_compared(tmp_path, frames):
    count = measured_frames(video(tmp_path / "x.avi", frames), 1000)
    used = BEGIN + count + SETTLE * (len(turn_lengths(count)) - 1)
    assert 0.6 * (frames - BEGIN) < used <= frames
    assert measured_frames(str(tmp_path / "x.avi"), 3) == 3


def test_sources_without_end(tmp_path):
    image = tmp_path / "x.png"
    assert cv2.imwrite(str(image), np.zeros((48, 64, 3), np.uint8))
    assert measured_frames("synthetic", 77) == measured_frames(str(image), 77) == 77


def test_sources_that_cannot_be_compared_on(tmp_path):
    for source, words in (("/dev/video0", "record a video of it"), ("auto", "record a video of it"),
                          (video(tmp_path / "x.avi", 8), "8 images are too few"),
                          (str(tmp_path / "none.avi"), "no such file")):  # fmt: skip
        with pytest.raises(SourceError, match=words):
            measured_frames(source, 10)


def test_models_of_the_same_name():
    rows = [Combination("movenet", model=model) for model in ("a/x.onnx", "b/x.onnx", "y.onnx", "")]
    assert list(_labels(rows).values()) == [
        "movenet a/x.onnx",
        "movenet b/x.onnx",
        "movenet y.onnx",
        "movenet",
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--estimators nothing", "--estimators: 'nothing' is not known; allowed: frankmocap | blazepose"),
        ("--estimators synthetic --model x.onnx", "--model 'x.onnx': expected NAME=FILE"),
        ("--estimators synthetic --model movenet=x", "with a name of: synthetic"),
        ("--estimators synthetic --model synthetic=x", "estimator synthetic takes no model"),
        ("--frames 0", "--frames: 0 is out of range; allowed: 1 or more"),
        ("--width -1", "--width: -1 is out of range"),
    ],
)
def test_what_is_wrong_is_told(capsys, words, text):
    assert main(["compare", "synthetic", *words.split()]) == 2
    assert text in capsys.readouterr().err
