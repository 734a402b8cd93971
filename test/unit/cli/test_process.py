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

"""`frankmocap_ros process`: what it writes, and that it needs no ROS."""

import io
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from frankmocap_ros.body.arm_angles import ARM_JOINTS
from frankmocap_ros.body.from_keypoints import REST_DIRECTIONS
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.cli.main import main
from frankmocap_ros.geometry.rotation import quat_rotate
from support.paths import SHARED, TAIJI

FRAME_KEYS = {
    "frame", "stamp_s", "inference_ms", "detected", "stages_ms", "camera", "operator_id", "bodies",
}  # fmt: skip
BODY_KEYS = {"id", "estimator", "scale_source", "box_xywh", "betas", "arm_angles", "hands", "joints"}
JOINT_KEYS = {
    "name", "parent", "state", "confidence", "orientation_confidence", "position_m",
    "position_stddev_m", "orientation_xyzw", "local_rotation_xyzw", "pixel",
}  # fmt: skip
LIMBS = [
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]


def run(tmp_path: Path, *args: str, code: int = 0) -> list[dict]:
    """Run the command in this process and return its records."""
    out = tmp_path / "out.jsonl"
    assert main(["process", *args, "--out", str(out)]) == code
    return [json.loads(line) for line in out.read_text().splitlines()]


def joints(record: dict) -> dict[str, dict]:
    return {joint["name"]: joint for joint in record["bodies"][0]["joints"]}


@pytest.fixture
def taiji() -> str:
    if not TAIJI.exists():
        pytest.skip(f"{TAIJI} is not there")
    return str(TAIJI)


def check_record(record: dict) -> None:
    """Fields, names, unit rotations, pixels that are the projection with the camera named in the record."""
    assert set(record) >= FRAME_KEYS
    camera = record["camera"]
    for body in record["bodies"]:
        assert set(body) == BODY_KEYS
        assert tuple(j["name"] for j in body["joints"]) == BODY.names
        assert body["hands"] == [], "none were asked for"
        assert set(body["arm_angles"]) <= set(ARM_JOINTS)
        assert all(-np.pi <= angle <= np.pi for angle in body["arm_angles"].values())
        for joint in body["joints"]:
            assert set(joint) == JOINT_KEYS
            for key in ("orientation_xyzw", "local_rotation_xyzw"):
                assert abs(np.square(joint[key]).sum() - 1.0) < 1e-6
            if joint["state"] == "INVALID":
                assert joint["position_m"] == joint["pixel"][:1] * 3 == [0.0] * 3
                assert joint["confidence"] == 0.0
            elif joint["state"] != "HELD":
                x, y, z = joint["position_m"]
                pixel = (camera["fx"] * x / z + camera["cx"], camera["fy"] * y / z + camera["cy"])
                np.testing.assert_allclose(pixel, joint["pixel"], atol=1e-3)


def test_synthetic_video(tmp_path: Path) -> None:
    records = run(tmp_path, "synthetic", "--estimator", "synthetic", "--max-frames", "20")
    assert [r["frame"] for r in records] == list(range(20))
    assert all(a["stamp_s"] < b["stamp_s"] for a, b in itertools.pairwise(records))
    assert {r["bodies"][0]["id"] for r in records} == {1}
    for record in records:
        check_record(record)


def test_real_person(tmp_path: Path, taiji: str) -> None:
    records = run(tmp_path, taiji, "--max-frames", "30")
    assert len(records) == 30
    for record in records:
        check_record(record)
        assert len(record["bodies"]) == 1
        assert record["bodies"][0]["estimator"] == "blazepose"
        assert record["bodies"][0]["scale_source"] == "ASSUMED_HEIGHT"
        assert record["inference_ms"] == pytest.approx(sum(record["stages_ms"].values()), abs=0.01)
        found = joints(record)
        for a, b in LIMBS:  # forward kinematics along the limbs, from what is published alone
            start, end = (np.array(found[name]["position_m"]) for name in (a, b))
            rotation = np.array(found[a]["orientation_xyzw"])
            bone = np.linalg.norm(end - start) * REST_DIRECTIONS[a]
            np.testing.assert_allclose(start + quat_rotate(rotation, bone), end, atol=1e-3)
    upright = joints(records[0])
    assert upright["head"]["position_m"][1] < upright["pelvis"]["position_m"][1]  # y points down
    assert upright["left_shoulder"]["pixel"][0] > upright["right_shoulder"]["pixel"][0]  # faces the camera


def test_arm_angles(tmp_path: Path) -> None:
    """The figure's left arm hangs, a little bent and away from the body; the right one is about to wave."""
    records = run(
        tmp_path, "synthetic", "--estimator", "synthetic", "--max-frames", "90", "--smoothing", "none"
    )
    angles = [record["bodies"][0]["arm_angles"] for record in records]
    assert all(tuple(a) == ARM_JOINTS for a in angles)
    first = {name: np.degrees(angle) for name, angle in angles[0].items()}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        assert first[f"{side}_shoulder_roll"] == pytest.approx(sign * (90.0 - np.degrees(1.3)), abs=2.0)
        assert first[f"{side}_elbow"] == pytest.approx(np.degrees(0.3), abs=3.0)
        assert abs(first[f"{side}_shoulder_pitch"]) < 5.0
    table = np.unwrap([[a[name] for name in ARM_JOINTS] for a in angles], axis=0)
    assert np.ptp(table[:, ARM_JOINTS.index("right_shoulder_roll")]) > 1.0
    assert np.abs(np.diff(table, axis=0)).max() < 1.0  # from image to image


def test_gmr(tmp_path: Path) -> None:
    """The same person as in the other format, scalar first and with z up."""
    options = ("synthetic", "--estimator", "synthetic", "--max-frames", "10")
    for record, full in zip(run(tmp_path, *options, "--format", "gmr"), run(tmp_path, *options), strict=True):
        assert list(record) == ["time_s", "id", "joints"]
        assert (record["time_s"], record["id"]) == (full["stamp_s"], full["operator_id"])
        expected = joints(full)
        assert set(record["joints"]) == set(expected) - {"left_hand", "right_hand"}
        for name, (position, rotation) in record["joints"].items():
            x, y, z = expected[name]["position_m"]
            np.testing.assert_allclose(position, (z, -x, -y), atol=1e-6)
            assert np.square(rotation).sum() == pytest.approx(1.0, abs=1e-6)
        w, *xyz = record["joints"]["pelvis"][1]
        np.testing.assert_allclose(
            quat_rotate(np.array([*xyz, w]), np.array([0.0, 1.0, 0.0])), (0, 0, 1), atol=0.1
        )


def test_gmr_of_nobody(tmp_path: Path) -> None:
    image = tmp_path / "wall.png"
    cv2.imwrite(str(image), np.full((240, 320, 3), 120, np.uint8))
    assert run(tmp_path, str(image), "--format", "gmr", code=1) == [{"time_s": 0.0, "id": 0, "joints": {}}]


def test_stills_are_independent(tmp_path: Path, taiji: str) -> None:
    """The same image gives the same numbers, whatever stood before it."""
    capture = cv2.VideoCapture(taiji)
    names = []
    for i in range(2):
        capture.set(cv2.CAP_PROP_POS_FRAMES, 200 * i)
        names.append(str(tmp_path / f"{i}.png"))
        cv2.imwrite(names[-1], capture.read()[1])
    alone = run(tmp_path, names[1])
    after = run(tmp_path, names[0], names[1])
    assert [r["file"] for r in after] == ["0.png", "1.png"]
    assert [len(r["bodies"]) for r in after] == [1, 1]
    for name, joint in joints(alone[0]).items():
        np.testing.assert_allclose(joint["position_m"], joints(after[1])[name]["position_m"], atol=1e-6)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in names:
        (folder / Path(name).name).write_bytes(Path(name).read_bytes())
    stills = run(tmp_path, str(folder), "--stills")
    np.testing.assert_allclose(
        joints(stills[1])["right_wrist"]["position_m"],
        joints(alone[0])["right_wrist"]["position_m"],
        atol=1e-6,
    )
    sequence = run(tmp_path, str(folder))
    assert sequence[1]["stamp_s"] > sequence[0]["stamp_s"] == 0.0
    assert stills[0]["bodies"][0]["id"] != stills[1]["bodies"][0]["id"]


# What the same person is at in the plain video is 2.96 m; portraits show a cutting of it.
@pytest.mark.parametrize(
    ("name", "frames", "distance_m"),
    [
        ("anamorphic_sar2.mp4", 36, 2.96),
        ("anim.webp", 15, 2.96),
        ("gray12in16.png", 1, 2.96),
        ("phone_portrait_rotate270.mp4", 24, 1.79),
    ],
)
def test_pictures_that_are_to_be_shown_otherwise_than_stored(
    tmp_path: Path, name: str, frames: int, distance_m: float
) -> None:
    path = SHARED / "cases" / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    records = run(
        tmp_path, str(path), "--variant", "full"
    )  # each network has its own idea of a person's size
    assert [len(record["bodies"]) for record in records] == [1] * frames
    distances = [joints(record)["pelvis"]["position_m"][2] for record in records]
    assert np.median(distances) == pytest.approx(distance_m, rel=0.05)
    upright = joints(records[0])
    assert upright["head"]["position_m"][1] < upright["pelvis"]["position_m"][1]  # y points down


def test_settings_are_flags(tmp_path: Path) -> None:
    records = run(
        tmp_path, "synthetic", "--estimator", "synthetic", "--max-frames", "4", "--process-every-n", "2",
        "--horizontal-fov-deg", "90", "--no-track-bbox", "--hands",
    )  # fmt: skip
    assert [r["frame"] for r in records] == [0, 2, 4, 6]
    assert len(records[0]["bodies"][0]["joints"]) == 54


def test_nobody_is_exit_code_1(tmp_path: Path) -> None:
    image = tmp_path / "wall.png"
    cv2.imwrite(str(image), np.full((240, 320, 3), 120, np.uint8))
    records = run(tmp_path, str(image), code=1)
    assert [r["bodies"] for r in records] == [[]]


@pytest.mark.parametrize("terminal", [True, False])
def test_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """A bar where a person looks, which is gone at the end; the sum in any case."""
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((240, 320, 3), 120, np.uint8))
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    run(tmp_path, str(tmp_path), "--estimator", "synthetic", "--fx", "300")
    *bar, last = re.split(r"[\r\n]+", stream.getvalue().rstrip())
    assert re.fullmatch(r"3 frames, 3 bodies, \d+\.\d FPS", last)
    assert any(re.search(r"\| 0/3 \[", part) for part in bar) == terminal
    assert not "".join(bar).strip() or (terminal and not bar[-1].strip())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nowhere.mp4"], ("nowhere.mp4", "allowed")),
        (["synthetic", "--resize-short", "5"], ("resize_short", "5", "256 .. 1024")),
        (["synthetic", "--smoothing", "off"], ("smoothing", "off", "one_euro")),
        (["synthetic", "--assumed-height-m", "0.1"], ("assumed_height_m", "0.1")),
        (["synthetic", "--box-margin", "nan"], ("box_margin", "finite")),
        (["synthetic", "--out", "/nowhere/x.jsonl"], ("/nowhere/x.jsonl",)),
        (["synthetic", "--device", "cuda", "--estimator", "blazepose"], ("cuda", "blazepose", "cpu")),
    ],
)
def test_bad_input_is_told_in_words(
    capsys: pytest.CaptureFixture[str], args: list[str], words: tuple[str, ...]
) -> None:
    assert main(["process", *args]) == 2
    error = capsys.readouterr().err
    assert all(word in error for word in words), error
    assert "Traceback" not in error


def test_needs_no_ros_and_the_rest_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['rclpy'] = None\n"
        "from frankmocap_ros.cli.main import main\n"
        "words = 'process synthetic --estimator synthetic --max-frames 2 --out'.split()\n"
        "print(main([*words, sys.argv[1]]))\n"
        "print([main([c]) for c in ('node', 'camera', 'demo')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "o")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["0", "[2, 2, 2]"]
    assert done.stderr.count("pip install") == 3
    assert len((tmp_path / "o").read_text().splitlines()) == 2


def photograph(tmp_path: Path) -> str:
    """An image of a size that the figure's camera has, and which tells nothing of its camera."""
    path = tmp_path / "image.png"
    assert cv2.imwrite(str(path), np.zeros((480, 640, 3), np.uint8))
    return str(path)


def test_camera_of_the_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibration = tmp_path / "camera.json"
    k = [500.0, 0.0, 300.0, 0.0, 510.0, 250.0, 0.0, 0.0, 1.0]
    calibration.write_text(json.dumps({"width": 640, "height": 480, "k": k}))
    image = photograph(tmp_path)
    (by_file,) = run(tmp_path, image, "--estimator", "synthetic", "--camera-info", str(calibration))
    by_flags = run(tmp_path, image, "--estimator", "synthetic", "--fx", "500", "--fy", "510",
                   "--cx", "300", "--cy", "250")  # fmt: skip
    camera = {"fx": 500.0, "fy": 510.0, "cx": 300.0, "cy": 250.0, "width": 640, "height": 480}
    assert by_file["camera"] == by_flags[0]["camera"] == {**camera, "distortion": None}
    assert {body["scale_source"] for body in by_file["bodies"]} <= {"CAMERA_INFO"}
    assert "is assumed" not in capsys.readouterr().err


def test_an_assumed_field_of_view_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = [photograph(tmp_path)] * 3
    records = run(tmp_path, *images, "--estimator", "synthetic", "--horizontal-fov-deg", "70")
    assert len(records) == 3
    err = capsys.readouterr().err
    assert err.count("a field of view of 70 degrees is assumed") == 1
    assert "--camera-info FILE" in err
    run(tmp_path, "synthetic", "--estimator", "synthetic", "--max-frames", "2")
    assert "is assumed" not in capsys.readouterr().err  # its source knows its camera


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--camera-info", "none.yaml"), "none.yaml: No such file"),
        (("--camera-info", "x", "--fx", "500"), "--camera-info and --fx exclude each other"),
        (("--fy", "500"), "--fy: the focal length is missing; add --fx"),
        (("--fx", "-5"), "which no lens has"),
    ],
)
def test_cameras_that_are_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], words: str
) -> None:
    image = photograph(tmp_path)
    assert main(["process", image, "--estimator", "synthetic", *flags]) == 2
    assert words in capsys.readouterr().err
