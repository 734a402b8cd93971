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

"""Estimators with networks of the user's own on a live node: changed, refused, and changed again."""

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from onnx import TensorProto

from frankmocap_ros.bench.probes import resident_mb
from support import painted_networks
from support.small_networks import SIDE_PX, network, posenet, written

PERIOD_NS = 33_333_333
CHANGES = 50
SEE_SOMEBODY = (
    "posenet",
    "movenet",
    "synthetic",
)  # the others' networks look for a red spot, and BlazePose for people
MOST_GROWTH_MB = 24.0  # of 50 changes, each of which makes and gives back networks of a few MB


def single_pose():
    found = np.full((1, 1, 17, 3), 0.5, np.float32)
    found[0, 0, :, 0] = np.linspace(0.2, 0.8, 17)
    return network({"keypoints": found}, (1, 64, 64, 3), TensorProto.INT32)


def multi_pose():
    found = np.zeros((1, 6, 56), np.float32)
    found[0, 0] = np.tile([0.5, 0.5, 0.9], 19)[:56]
    found[0, 0, :51:3] = np.linspace(0.2, 0.8, 17)
    return network({"people": found}, (1, 64, 64, 3), TensorProto.INT32)


def whole_image():
    heat = np.full((1, 3, 3, 17), -9.0, np.float32)
    heat[0, 1, 1] = 5.0
    offset = np.zeros((1, 3, 3, 34), np.float32)
    offset[..., :17] = np.linspace(-4.0, 4.0, 17)
    return network(posenet(heatmap=heat, offset=offset), (1, SIDE_PX, SIDE_PX, 3))


@pytest.fixture
def files(tmp_path):
    """A network that sees one person, by name."""
    made = {"posenet": whole_image(), "lightning": single_pose(), "multipose": multi_pose()}
    small = {name: written(tmp_path / f"{name}.onnx", model) for name, model in made.items()}
    points, size = np.zeros((17, 2), np.float32), (64, 64)
    maps = [("heatmaps", np.zeros((19, 8, 8), np.float32)), ("pafs", np.zeros((38, 8, 8), np.float32))]
    small["yolo"] = painted_networks.yolo(tmp_path / "yolo.onnx", points, size=size)
    small["rtmpose"] = painted_networks.rtmpose(tmp_path / "rtmpose.onnx", points, size=size)
    small["openpose"] = painted_networks.openpose(tmp_path / "openpose.onnx", maps, size)
    return {name: str(path) for name, path in small.items()}


@pytest.fixture
def steps(files):
    """Changes of parameters that go round through all estimators here."""
    return (
        {"estimator": "posenet", "model": files["posenet"]},
        {"estimator": "yolo", "model": files["yolo"]},
        {"estimator": "movenet", "model": files["lightning"]},
        {"model": files["multipose"]},
        {"estimator": "rtmpose", "model": files["rtmpose"]},
        {"estimator": "openpose", "model": files["openpose"]},
        {"estimator": "synthetic"},
        {"estimator": "blazepose"},
    )


class Camera:
    """Images of exactly 30 Hz."""

    def __init__(self, system):
        self.system, self.stamp_ns = system, 1_700_000_000 * 10**9

    def bodies(self):
        self.system.bodies.forget()
        self.stamp_ns += PERIOD_NS
        return self.system.process(stamp_ns=self.stamp_ns).bodies


def test_through_all_of_them(start, steps):
    """Every image gets its answer meanwhile, ids are never used again, and memory comes back."""
    system = start(estimator="synthetic", variant="lite", adapt=False, max_image_age_s=0.0)
    camera = Camera(system)
    camera.bodies()
    ids, rss_mb, meanwhile = [], [], 0
    with ThreadPoolExecutor(1) as pool:
        for n in range(CHANGES):
            answer = pool.submit(system.try_to_set_at_once, **steps[n % len(steps)])
            while not answer.done():
                camera.bodies()
                meanwhile += 1
            result = answer.result()
            assert result.successful, (n, result.reason)
            wanted = steps[n % len(steps)].get("estimator", "movenet")
            for body in camera.bodies():
                assert body.estimator == wanted
                ids.append(body.id)
            if n % len(steps) == len(steps) - 1:
                gc.collect()
                rss_mb.append(resident_mb())
    assert meanwhile > 0
    assert ids == sorted(ids)
    new = [steps[n % len(steps)].get("estimator") in SEE_SOMEBODY for n in range(CHANGES)]
    assert len(set(ids)) == sum(new)  # movenet that is followed by movenet goes on with the same person
    assert system.values()["last_error"] == "none"
    # the first rounds import packages and fill their pools
    assert rss_mb[-1] - rss_mb[3] < MOST_GROWTH_MB, rss_mb


@pytest.mark.parametrize("name", ["posenet", "movenet"])
def test_a_file_that_is_refused_leaves_the_running_one(start, files, name, tmp_path):
    running = {"posenet": "posenet", "movenet": "multipose"}[name]
    other = {"posenet": "lightning", "movenet": "posenet"}[name]
    system = start(estimator=name, model=files[running])
    camera = Camera(system)
    (first,) = camera.bodies()
    assert first.estimator == name
    text = tmp_path / "text.onnx"
    text.write_text("not here")
    for path, told in {
        files[other]: "is another network. It has: input image",
        str(text): "is no ONNX file",
        "/nowhere/net.onnx": "model: /nowhere/net.onnx does not exist; set estimator and model",
        "": f"estimator: {name} needs the file of a network; set estimator and model: FILE together",
    }.items():
        result = system.try_to_set_at_once(model=path)
        assert not result.successful
        assert told in result.reason, result.reason
        assert system.get("model") == files[running]
        (body,) = camera.bodies()
        assert (body.id, body.estimator) == (first.id, name)


def test_a_file_in_the_models_folder_needs_no_name(start, files, tmp_path, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.assets.user_models.models_folder", lambda: tmp_path)
    system = start(estimator="synthetic")
    assert system.try_to_set(estimator="posenet")[0].successful
    (body,) = Camera(system).bodies()
    assert body.estimator == "posenet"
