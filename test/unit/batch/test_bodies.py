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

"""The job of `process`: what it depends on, and that it can be done where the files are elsewhere."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from frankmocap_ros.batch.bodies import BodiesOptions, bodies_job
from frankmocap_ros.batch.job import Job
from frankmocap_ros.settings.mocap import Settings
from support.paths import POSENET


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.png"
    cv2.imwrite(str(path), np.full((480, 640, 3), 90, np.uint8))
    return path


def calibration(path, fx):
    k = [fx, 0.0, 320.0, 0.0, fx, 240.0, 0.0, 0.0, 1.0]
    path.write_text(json.dumps({"width": 640, "height": 480, "k": k}))
    return str(path)


def done(job, places, source, tmp_path):
    """The records that a worker writes."""
    told = []
    with Job.of(job.text()).open(places, told.append) as one:
        notes = one(source, tmp_path / "result", "result")
    lines = (tmp_path / "result").read_text().splitlines()
    assert notes["frames"] == len(lines)
    return [json.loads(line) for line in lines], told


def test_what_its_results_depend_on(tmp_path):
    def key(options=None, **changes):
        settings = replace(Settings(estimator="synthetic"), **changes)
        return bodies_job(settings, options or BodiesOptions(), print).key("content")

    plain = key()
    assert key() == plain
    assert key(autostart=False) == plain, "means nothing here"
    different = [
        key(smoothing="none"),
        key(BodiesOptions("parquet")),
        key(BodiesOptions(max_frames=3)),
        key(BodiesOptions(pinhole=(500.0, None, None, None))),
        key(BodiesOptions(camera_info=calibration(tmp_path / "a.json", 500.0))),
        key(BodiesOptions(camera_info=calibration(tmp_path / "a.json", 510.0))),
    ]
    assert len({plain, *different}) == len(different) + 1
    here = key(BodiesOptions(camera_info=calibration(tmp_path / "a.json", 500.0)))
    assert here == different[4], "by its content"


def test_a_model_counts_by_its_content(tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    keys = []
    for name, content in (("a/net.onnx", b"1"), ("b/net.onnx", b"1"), ("b/net.onnx", b"2")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        job = bodies_job(Settings(estimator="posenet", model=str(path)), BodiesOptions(), print)
        keys.append(job.key("content"))
    assert keys[0] == keys[1] != keys[2]


def test_the_camera_travels(image, tmp_path):
    options = BodiesOptions(camera_info=calibration(tmp_path / "camera.json", 500.0))
    job = bodies_job(Settings(estimator="synthetic"), options, print)
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "camera.json").rename(tmp_path / "elsewhere" / "camera.json")
    (record,), told = done(job, {"camera_info": moved}, image, tmp_path)
    assert record["camera"]["fx"] == 500.0
    assert told == []
    (record,), told = done(
        bodies_job(Settings(estimator="synthetic"), BodiesOptions(), print), {}, image, tmp_path
    )
    assert record["camera"]["fx"] != 500.0
    assert "is assumed" in told[0]


def test_the_network_travels(image, tmp_path):
    if not POSENET.exists():
        pytest.skip(f"{POSENET} is not there")
    job = bodies_job(Settings(estimator="posenet", model=str(POSENET)), BodiesOptions(), print)
    (file,) = job.files
    copy = tmp_path / file.name
    copy.write_bytes(POSENET.read_bytes())
    records, _ = done(replace(job, places={}), {"model": copy}, image, tmp_path)
    assert len(records) == 1
