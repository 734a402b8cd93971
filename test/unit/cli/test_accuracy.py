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

"""`frankmocap_ros accuracy`: files in, a table, JSON or pictures out."""

import json
import sys

import cv2
import numpy as np
import pytest

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.cli.main import main
from support.recordings import figure, times

LONGER = times(6.0, 100.0, -1.0)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """What `process` makes of the synthetic figure: 4 s of it, filtered as by default."""
    path = tmp_path_factory.mktemp("result") / "out.jsonl"
    command = ("process", "synthetic", "--estimator", "synthetic", "--max-frames", "120", "--out", str(path))
    assert main(command) == 0
    return str(path)


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """The figure itself, in the camera's frame."""
    path = tmp_path_factory.mktemp("truth") / "truth.npz"
    positions = figure(LONGER).positions
    np.savez(
        path, times_s=LONGER, names=np.array(BODY.names), positions_m=positions, camera_from_truth=np.eye(4)
    )
    return str(path)


def measured(capsys, *words):
    capsys.readouterr()
    assert main(["accuracy", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_synthetic_figure(capsys, truth, result):
    found = measured(capsys, truth, result)
    assert found["alignment"]["time"] == "stamps"
    assert found["alignment"]["frame"] == "given"
    assert found["alignment"]["instants"] == 120
    assert 0.0 < found["root_aligned_mm"]["all"] < 30.0
    assert 5.0 < found["lag"]["lag_ms"] < 80.0  # of the default filter
    assert found["states"]["seen"]["TRACKED"] == 1.0


def test_the_same_as_a_table(capsys, truth, result):
    assert main(["accuracy", truth, result]) == 0
    out = capsys.readouterr().out
    assert "120 instants over 4.0 s" in out
    assert "by the given transform" in out
    assert "wrist relative to neck" in out


def test_a_lag_of_the_filter_is_none_without_it(capsys, truth, result, tmp_path):
    bare = str(tmp_path / "bare.jsonl")
    command = (
        "process",
        "synthetic",
        "--estimator",
        "synthetic",
        "--max-frames",
        "120",
        "--smoothing",
        "none",
    )
    assert main([*command, "--out", bare]) == 0
    assert measured(capsys, truth, bare)["lag"]["lag_ms"] == pytest.approx(0.0, abs=2.0)


def test_records_as_truth(capsys, result):
    found = measured(capsys, result, result)
    assert found["alignment"]["frame"] == "camera"
    assert found["root_aligned_mm"]["all"] == 0.0


def test_a_transform_as_seven_or_sixteen_numbers(capsys, result):
    seven = ("0.1", "0", "0", "0", "0", "0", "1")
    sixteen = ("1", "0", "0", "0.1", "0", "1", "0", "0", "0", "0", "1", "0", "0", "0", "0", "1")
    for numbers in (seven, sixteen):
        found = measured(capsys, result, result, "--truth-to-camera", *numbers)
        assert found["root_aligned_mm"]["pelvis_in_camera_frame"] == pytest.approx(100.0)


def test_an_offset_that_is_given(capsys, truth, result):
    """Truth that is taken 30 ms later: the result seems 30 ms earlier."""
    now = measured(capsys, truth, result)["lag"]["lag_ms"]
    later = measured(capsys, truth, result, "--time-offset", "0.03")["lag"]["lag_ms"]
    assert later == pytest.approx(now - 30.0, abs=0.5)


def test_pictures(capsys, truth, result, tmp_path):
    folder = tmp_path / "new" / "plots"
    assert main(["accuracy", truth, result, "--plots", str(folder)]) == 0
    names = {"wrists.png", "errors.png", "bones.png"}
    assert {path.name for path in folder.iterdir()} == names
    for name in names:
        image = cv2.imread(str(folder / name))
        assert min(image.shape[:2]) > 300
        assert image.std() > 5.0  # not one colour
    assert str(folder / "wrists.png") in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to(capsys, truth, result, tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert main(["accuracy", truth, result, "--plots", str(file / "plots")]) == 2
    assert "name a folder that can be written to" in capsys.readouterr().err


def test_pictures_without_matplotlib(capsys, truth, result, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["accuracy", truth, result, "--plots", str(tmp_path)]) == 2
    assert "pip install 'frankmocap_ros[plots]'" in capsys.readouterr().err


WRONG = {
    "neither": (["{truth}"], "name either a result"),
    "both": (["{truth}", "{result}", "--topic", "bodies"], "not both"),
    "duration": (["{truth}", "--topic", "bodies", "--duration", "nan"], "--duration: nan is out of range"),
    "offset": (["{truth}", "{result}", "--time-offset", "inf"], "--time-offset: inf is not finite"),
    "time twice": (["{truth}", "{result}", "--time-offset", "1", "--time", "stamps"], "exclude each other"),
    "three numbers": (["{truth}", "{result}", "--truth-to-camera", "1", "2", "3"], "3 numbers; allowed: 7"),
    "no quaternion": (["{truth}", "{result}", "--truth-to-camera", *"0000000"], "has length 0; allowed: 1"),
    "no rotation": (["{truth}", "{result}", "--truth-to-camera", *"1" * 16], "no rigid transform"),
    "no truth": (["none.trc", "{result}"], "none.trc: No such file"),
    "no result": (["{truth}", "none.jsonl"], "none.jsonl: No such file"),
    "somebody else": (["{truth}", "{result}", "--id", "9"], "body 9 is in none of 120 frames"),
    "no joint": (["{truth}", "{result}", "--map", "paw=left_wrist"], "'paw' is no joint"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told(capsys, truth, result, what):
    words, text = WRONG[what]
    assert main(["accuracy", *(word.format(truth=truth, result=result) for word in words)]) == 2
    assert text in capsys.readouterr().err


def test_a_topic_without_ros(capsys, truth, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.cli.ros_available.find_spec", lambda _: None)
    assert main(["accuracy", truth, "--topic", "bodies"]) == 2
    assert "`accuracy --topic` needs ROS 2" in capsys.readouterr().err
