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

"""Calibrations from files: both forms, and words for whatever is no calibration."""

import json
import sys

import numpy as np
import pytest

from frankmocap_ros.errors import CalibrationError, MissingDependencyError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import Distortion
from frankmocap_ros.sources.camera_file import Pinhole, camera_from_file

D = (-0.28, 0.09, 0.001, -0.0005, 0.0)
YAML = """\
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [500.0, 0.0, 300.0, 0.0, 510, 250.0, 0.0, 0.0, 1.0]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.28, 0.09, 0.001, -0.0005, 0.0]
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix:
  rows: 3
  cols: 4
  data: [400.0, 0.0, 310.0, 0.0, 0.0, 420.0, 260.0, 0.0, 0.0, 0.0, 1.0, 0.0]
"""
MESSAGE = {
    "header": {"frame_id": "camera"}, "width": 640, "height": 480, "distortion_model": "plumb_bob",
    "d": list(D), "k": [500.0, 0, 300.0, 0, 510.0, 250.0, 0, 0, 1],
    "p": [400.0, 0, 310.0, 0, 0, 420.0, 260.0, 0, 0, 0, 1, 0],
    "roi": {"x_offset": 0, "y_offset": 0, "width": 0, "height": 0, "do_rectify": False},
    "binning_x": 0, "binning_y": 0,
}  # fmt: skip
AS_IT_IS = Camera(500.0, 510.0, 300.0, 250.0, 640, 480, Distortion("plumb_bob", D))
RECTIFIED = Camera(400.0, 420.0, 310.0, 260.0, 640, 480)


def written(tmp_path, content):
    path = tmp_path / "camera"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def as_echoed():
    """As ``ros2 topic echo`` prints a message: lists of numbers, each on a line, and a document's end."""
    import yaml

    return yaml.safe_dump(MESSAGE) + "---\n"


FORMS = {
    "camera_calibration": lambda: YAML,
    "JSON": lambda: json.dumps(MESSAGE),
    "echoed": as_echoed,
    "ROS 1": lambda: json.dumps({k.upper() if len(k) == 1 else k: v for k, v in MESSAGE.items()}),
}


@pytest.mark.parametrize("form", FORMS)
def test_both_cameras_of_a_file(tmp_path, form):
    path = written(tmp_path, FORMS[form]())
    assert camera_from_file(path)((640, 480)) == AS_IT_IS
    assert camera_from_file(path, rectified=True)((640, 480)) == RECTIFIED


def test_a_part_of_the_sensor(tmp_path):
    part = {**MESSAGE, "roi": {"x_offset": 100, "y_offset": 40, "width": 400, "height": 300}}
    camera = camera_from_file(written(tmp_path, json.dumps(part)))((400, 300))
    assert (camera.cx, camera.cy) == (200.0, 210.0)


def test_resized_images(tmp_path):
    camera = camera_from_file(written(tmp_path, YAML))((1280, 960))
    assert (camera.fx, camera.cy) == (1000.0, 500.0)


def without(text, line):
    return "\n".join(row for row in text.splitlines() if not row.startswith(line))


def changed(**fields):
    return json.dumps({**MESSAGE, **fields})


NOT_A_CALIBRATION = {
    "empty": ("", "no mapping"),
    "a list": ("[1, 2]", "no mapping"),
    "broken YAML": ("image_width: [640", "flow sequence"),
    "a Python object": ("!!python/object/apply:os.system [echo]", "python/object"),
    "an image": (bytes(range(256)), "no text"),
    "huge": ("#" * 1_100_000, "larger than"),
    "without width": (without(YAML, "image_width"), "image_width: is missing"),
    "without K": (changed(k=None), "k: is missing"),
    "K too short": (changed(k=[1.0] * 8), "k: expected 9 numbers, got 8"),
    "K in words": (changed(k=["a"] * 9), "'a' is no finite number"),
    "K infinite": (changed(k=[1e999] * 9), "no finite number"),
    "K is a text": (changed(k="123456789"), "expected a list of numbers"),
    "width in words": (changed(width="wide"), "width: expected a whole number"),
    "negative width": (changed(width=-640), "width: expected a whole number"),
    "roi in words": (changed(roi="all"), "roi: expected a mapping"),
    "the model is a number": (changed(distortion_model=5), "distortion_model: expected a name"),
}


@pytest.mark.parametrize("what", NOT_A_CALIBRATION)
def test_what_is_no_calibration(tmp_path, what):
    content, words = NOT_A_CALIBRATION[what]
    with pytest.raises(CalibrationError, match=words) as error:
        camera_from_file(written(tmp_path, content))
    assert "allowed: YAML as camera_calibration writes it" in str(error.value)


NOT_OF_THE_IMAGES = {
    "another shape": (YAML, (640, 360), "another shape"),
    "not calibrated": (changed(k=[0.0] * 9), (640, 480), "not calibrated"),
    "no lens": (changed(k=[1e-3, 0, 300, 0, 1e-3, 250, 0, 0, 1]), (640, 480), "which no lens has"),
    "unknown lens": (changed(distortion_model="soap"), (640, 480), "'soap' is not known"),
}


@pytest.mark.parametrize("what", NOT_OF_THE_IMAGES)
def test_images_of_another_camera(tmp_path, what):
    content, size, words = NOT_OF_THE_IMAGES[what]
    with pytest.raises(CalibrationError, match=words):
        camera_from_file(written(tmp_path, content))(size)


def test_no_file(tmp_path):
    with pytest.raises(CalibrationError, match="No such file"):
        camera_from_file(str(tmp_path / "none"))


def test_yaml_without_pyyaml(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingDependencyError, match="pip install PyYAML"):
        camera_from_file(written(tmp_path, YAML))
    assert camera_from_file(written(tmp_path, json.dumps(MESSAGE)))((640, 480)) == AS_IT_IS


def test_four_numbers():
    assert Pinhole(500.0)((640, 480)) == Camera(500.0, 500.0, 320.0, 240.0, 640, 480)
    assert Pinhole(500.0, 510.0, 300.0, 250.0)((640, 480)) == Camera(500.0, 510.0, 300.0, 250.0, 640, 480)
    for wrong in (Pinhole(0.0), Pinhole(-500.0), Pinhole(np.nan), Pinhole(500.0, cx=1e9)):
        with pytest.raises(CalibrationError, match="--fx, --fy, --cx, --cy"):
            wrong((640, 480))
