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

"""The demo: three processes, real video, and figures that can be trusted."""

import os

import cv2
import numpy as np
import pytest

from frankmocap_ros.assets.layout import STANDIN_WARNING
from frankmocap_ros.recording.episodes import read_info
from support.paths import TAIJI
from support.program import json_of

KEYS = {
    "frames_sent", "frames_received", "bodies_mean", "fps", "age_ms", "inference_ms", "joints", "estimator",
    "dropped",
}  # fmt: skip
ARMS = [f"{side}_{part}" for side in ("left", "right") for part in ("wrist", "elbow", "shoulder")]
IDLE_LOAD = 0.5  # processes already running per core, above which the machine's age figures say nothing


def finished(demo, timeout_s: float = 120.0) -> tuple[int, str]:
    return demo.process.wait(timeout_s), demo.text()


def summary(text: str) -> dict:
    found = json_of(text)
    assert set(found) >= KEYS
    return found


@pytest.mark.timed
def test_synthetic(program):
    words = "demo --source synthetic --estimator synthetic --duration 3 --json"
    code, text = finished(program("frankmocap_ros", *words.split()))
    assert code == 0, text
    found = summary(text)
    assert found["estimator"] == "synthetic"
    assert found["frames_received"] >= 30
    assert found["frames_sent"] >= found["frames_received"]
    assert found["fps"] == pytest.approx(found["frames_received"] / 3.0, rel=0.1)
    assert found["stamps_increasing"]
    assert found["stamps_from_camera"]
    assert found["not_finite"] == 0
    assert found["bodies_mean"] == 1.0
    assert found["joints"]["pelvis"]["tracked_ratio"] == 1.0


def test_the_default_estimator_sees_the_synthetic_figure(program):
    code, text = finished(
        program("frankmocap_ros", "demo", "--source", "synthetic", "--duration", "2", "--json")
    )
    assert code == 0, text
    found = summary(text)
    assert found["estimator"] == "blazepose"
    assert found["one_body_ratio"] > 0.9
    assert found["not_finite"] == 0


def test_the_table_is_for_people(program, tmp_path):
    words = f"demo --source synthetic --estimator synthetic --duration 1 --record {tmp_path / 'runs'}"
    code, text = finished(program("frankmocap_ros", *words.split()))
    assert code == 0, text
    info = read_info(tmp_path / "runs" / "episode_000001")  # recorded beside it, and ended whole
    assert info.complete
    assert {"/image", "/camera_info", "/frankmocap/bodies", "/frankmocap/latency"} <= set(info.topics)
    assert {count.dropped for count in info.topics.values()} == {0}
    assert "right_wrist" in text
    assert "FPS" in text
    assert "tracked" in text


def test_nobody_is_exit_code_1_with_a_message(program, tmp_path):
    image = tmp_path / "wall.png"
    cv2.imwrite(str(image), np.full((240, 320, 3), 120, np.uint8))
    code, text = finished(
        program("frankmocap_ros", "demo", "--source", str(image), "--duration", "1", "--json")
    )
    assert code == 1
    assert "no body was received" in text
    assert '"frames_received": 0' not in text  # frames arrived, with nobody in them


@pytest.mark.timed
def test_a_cube_is_picked_up_and_put_down(program):
    pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
    pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")
    code, text = finished(program("frankmocap_ros", *["demo", "--robot", "arm", "--task", "pick", "--json"]))
    assert code == 0, text
    found = json_of(text)
    assert found["success"] and found["verdict"]["picked"] and not found["verdict"]["flung"]
    assert [name for _, name in found["phases"]][-1] == "done"


def test_a_robot_without_the_task_is_told(program):
    code, text = finished(program("frankmocap_ros", *["demo", "--robot", "torso", "--task", "pick"]))
    assert code != 0 and "--task pick needs --robot arm" in text


def test_files_that_are_missing_are_told_at_once(program, tmp_path):
    words = f"demo --source synthetic --estimator frankmocap --assets {tmp_path}"
    code, text = finished(program("frankmocap_ros", *words.split()))
    assert code == 2
    assert "smpl/basicModel_neutral_lbs_10_207_0_v1.0.0.pkl" in text.splitlines()[-1]


def test_a_camera_that_is_not_there_is_told_at_once(program):
    """In one line, with the cameras there are, and nothing of what OpenCV prints."""
    code, text = finished(program("frankmocap_ros", "demo", "--source", "/dev/video77"), 30.0)
    assert code == 2
    (line,) = text.splitlines()
    assert line.startswith("frankmocap_ros demo: webcam /dev/video77: there is no such camera; ")
    assert "camera" in line.partition("; ")[2]


def test_a_source_that_does_not_open_ends_the_demo(program, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(4000))
    code, text = finished(program("frankmocap_ros", "demo", "--source", str(tmp_path / "broken.mp4")), 60.0)
    assert code == 2
    assert "broken.mp4: cannot be opened" in text
    assert "a node ended with exit code 2" in text.splitlines()[-1]
    assert "Traceback" not in text
    assert "moov atom" not in text


def test_a_name_that_ros_cannot_pass_on_is_told(program, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"a\xff.png")
    cv2.imencode(".png", np.zeros((48, 64, 3), np.uint8))[1].tofile(os.fsdecode(path))
    code, text = finished(program("frankmocap_ros", "demo", "--source", os.fsdecode(path)), 30.0)
    assert code == 2
    (line,) = text.splitlines()
    assert r"a\xff.png: the name is not UTF-8" in line
    assert "ln -s" in line


def test_standin_files(program, standin):
    """The whole path at full size, on a real person where the video is there."""
    source = str(TAIJI) if TAIJI.exists() else "synthetic"
    words = f"demo --source {source} --estimator frankmocap --assets {standin} --duration 8 --json"
    words += " --engine torch --precision fp32"  # nothing to measure or to translate
    code, text = finished(program("frankmocap_ros", *words.split()))
    assert STANDIN_WARNING in text
    result = json_of(text)
    assert result["not_finite"] == 0
    assert result["stamps_increasing"]
    if TAIJI.exists():
        assert code == 0
        assert result["estimator"] == "frankmocap"
        assert result["one_body_ratio"] >= 0.95


def test_a_setting_that_is_wrong_is_told(program):
    code, text = finished(program("frankmocap_ros", "demo", "--resize-short", "7"))
    assert code == 2
    assert "resize_short: 7 is out of range" in text
    assert "Traceback" not in text


@pytest.mark.timed
def test_a_real_person(program):
    if not TAIJI.exists():
        pytest.skip(f"{TAIJI} is not there")
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    code, text = finished(
        program("frankmocap_ros", "demo", "--source", str(TAIJI), "--duration", "8", "--json")
    )
    assert code == 0, text
    found = summary(text)
    print({name: value for name, value in found.items() if name != "joints"})
    assert found["estimator"] == "blazepose"
    assert found["frames_received"] > 60
    assert found["one_body_ratio"] >= 0.95
    for name in ARMS:
        assert found["joints"][name]["tracked_ratio"] >= 0.9, name
    assert found["stamps_increasing"]
    assert found["stamps_from_camera"]
    assert found["not_finite"] == 0
    if load < IDLE_LOAD:
        assert found["age_ms"]["p95"] <= 80.0
    else:
        print(f"load {load:.2f} a core: the age is not judged")
