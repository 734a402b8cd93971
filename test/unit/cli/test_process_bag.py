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

"""`frankmocap_ros process` of a bag: the same bodies as from the video that is in it, at the bag's times."""

import json
from itertools import islice

import numpy as np
import pytest

from frankmocap_ros.cli.main import main
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_rotate
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import open_source
from support.bags import camera_info, image, transforms, write_bag
from support.paths import TAIJI

T0 = 1_700_000_000_123_456_789
FIGURE = ("--estimator", "synthetic")


def run(tmp_path, *args, code=0):
    """Run the command in this process and return its records."""
    out = tmp_path / "out.jsonl"
    assert main(["process", *map(str, args), "--out", str(out)]) == code
    return [json.loads(line) for line in out.read_text().splitlines()]


def images_of(source, count, topic="/camera/image_raw"):
    """The first images of a source as raw images, with its camera; and when the source has them [s]."""
    opened = open_source(CameraSettings(source=str(source), loop=False), moving=False)
    messages, times_s = [], []
    for read in islice(iter(opened.read, None), count):
        stamp = T0 + round(1e9 * read.time_s)
        if opened.camera is not None:
            messages.append(("/camera/camera_info", stamp, camera_info(opened.camera, stamp)))
        messages.append((topic, stamp + 1000, image(read.pixels, stamp)))
        times_s.append(read.time_s)
    opened.close()
    return messages, times_s


def assert_same_bodies(records, others):
    """All that is known of the bodies, within 1e-6 (and of pixels within 1e-3)."""
    assert len(records) == len(others)
    for record, other in zip(records, others, strict=True):
        assert record["camera"] == pytest.approx(other["camera"])
        assert record["operator_id"] == other["operator_id"]
        assert len(record["bodies"]) == len(other["bodies"])
        for body, twin in zip(record["bodies"], other["bodies"], strict=True):
            assert (body["id"], body["scale_source"]) == (twin["id"], twin["scale_source"])
            for joint, same in zip(body["joints"], twin["joints"], strict=True):
                assert (joint["name"], joint["state"]) == (same["name"], same["state"])
                for key in ("position_m", "orientation_xyzw", "local_rotation_xyzw", "confidence"):
                    np.testing.assert_allclose(joint[key], same[key], rtol=0.0, atol=1e-6)
                np.testing.assert_allclose(joint["pixel"], same["pixel"], rtol=0.0, atol=1e-3)


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    """The synthetic source, and the same images in a bag: their messages, folder and times."""
    messages, times_s = images_of("synthetic", 15)
    return write_bag(tmp_path_factory.mktemp("figure") / "bag", messages), messages, times_s


def test_the_figure_from_a_bag_is_the_figure(tmp_path, figure):
    folder, _, times_s = figure
    records = run(tmp_path, folder, *FIGURE)
    assert [r["frame"] for r in records] == list(range(15))
    expected = [1e-9 * T0 + time_s for time_s in times_s]
    assert [r["stamp_s"] for r in records] == pytest.approx(expected, rel=0.0, abs=1e-6)
    assert_same_bodies(records, run(tmp_path, "synthetic", *FIGURE, "--max-frames", 15))


def test_a_real_person_from_a_bag_is_the_person(tmp_path):
    if not TAIJI.exists():
        pytest.skip(f"{TAIJI} is not there")
    messages, _ = images_of(TAIJI, 45)
    records = run(tmp_path, write_bag(tmp_path / "bag", messages), "--variant", "lite")
    assert all(len(record["bodies"]) == 1 for record in records)
    assert_same_bodies(records, run(tmp_path, TAIJI, "--variant", "lite", "--max-frames", 45))


def test_of_several_cameras_one_is_named(tmp_path, figure, capsys):
    _, messages, _ = figure
    gray = np.full((480, 640, 3), 90, np.uint8)
    wall = [("/wall/image_raw", t, image(gray, t)) for _, t, _ in messages[1:8:2]]
    folder = write_bag(tmp_path / "bag", sorted([*messages[:8], *wall], key=lambda message: message[1]))
    assert main(["process", str(folder), *FIGURE]) == 2
    assert f"name one, such as {folder}:/camera/image_raw" in capsys.readouterr().err
    for source in ([f"{folder}:/camera/image_raw"], [folder, "--image-topic", "/camera/image_raw"]):
        records = run(tmp_path, *source, *FIGURE)
        assert [len(r["bodies"]) for r in records] == [1, 1, 1, 1]


def test_depth_of_a_bag_gives_the_scale(tmp_path, figure):
    """Depth that says twice as far: whoever uses it is not where the image alone would have them."""
    folder, messages, _ = figure
    drawn = open_source(CameraSettings(source="synthetic"))
    depths = []
    for read in islice(iter(drawn.read, None), 15):
        stamp = T0 + round(1e9 * read.time_s)
        far = image(np.float32(2.0) * read.depth().meters(), stamp, "32FC1")
        depths.append(("/camera/depth", stamp + 2000, far))
    with_depth = write_bag(tmp_path / "bag", sorted([*messages, *depths], key=lambda message: message[1]))
    plain, deep = (run(tmp_path, source, *FIGURE)[-1]["bodies"][0] for source in (folder, with_depth))
    assert (plain["scale_source"], deep["scale_source"]) == ("CAMERA_INFO", "DEPTH")
    z, far_z = (body["joints"][0]["position_m"][2] for body in (plain, deep))
    assert far_z == pytest.approx(2.0 * z, rel=0.1)


def test_target_frame_is_looked_up_in_the_tf_of_the_bag(tmp_path, figure, caplog):
    """The camera moves along; images before TF begins are left out and told."""
    folder, messages, times_s = figure
    turn = quat_from_rotvec(np.array([0.2, -0.4, 0.6]))
    end = T0 + 10**9
    tf = [
        ("/tf", T0 + 3, transforms(("map", "camera", T0 + round(1e9 * times_s[2]), (0.0, 0.0, 1.0), turn))),
        ("/tf", end, transforms(("map", "camera", end, (3.0, 0.0, 1.0), turn))),
    ]
    moved = write_bag(tmp_path / "bag", sorted([*messages, *tf], key=lambda message: message[1]))
    records = run(tmp_path, moved, *FIGURE, "--target-frame", "map")
    plain = run(tmp_path, folder, *FIGURE)
    assert [r["frame"] for r in records] == list(range(2, 15))
    assert "2 images left out: TF of camera in map is known from" in caplog.text
    assert ({r["frame_id"] for r in records}, {r["frame_id"] for r in plain}) == ({"map"}, {""})
    for record, there, time_s in zip(records, plain[2:], times_s[2:], strict=True):
        x = 3.0 * (time_s - times_s[2]) / (1.0 - times_s[2])
        (body,), (other,) = record["bodies"], there["bodies"]
        for joint, same in zip(body["joints"], other["joints"], strict=True):
            expected = quat_rotate(turn, np.array(same["position_m"])) + np.array([x, 0.0, 1.0])
            np.testing.assert_allclose(joint["position_m"], expected, atol=1e-6)
            assert joint["pixel"] == pytest.approx(same["pixel"], abs=1e-3)


def test_target_frame_needs_tf(tmp_path, figure, capsys):
    folder, _, _ = figure
    for source, text in ((folder, "its TF does not connect 'camera'"), ("synthetic", "has no TF; use a bag")):
        assert main(["process", str(source), *FIGURE, "--target-frame", "map"]) == 2
        assert text in capsys.readouterr().err
    assert main(["process", str(folder), *FIGURE, "--target-frame", "map", "--format", "gmr"]) == 2
    assert "leave --target-frame out" in capsys.readouterr().err
