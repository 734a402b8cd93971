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

"""OpenPose from a file to people, by each engine that reads it, and from FrankMocap's own 2D pose file."""

import numpy as np
import pytest

from frankmocap_ros.body.pose import PixelPose
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators.openpose.estimator import OpenPoseEstimator
from frankmocap_ros.estimators.openpose.file_network import OpenPoseFileNetwork
from frankmocap_ros.estimators.openpose.parts import BODY_25, COCO
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import Pipeline
from support.openpose_maps import drawn
from support.painted_networks import openpose, rtmpose
from support.spots import image, spotted
from support.standing_person import offsets

SIZE = (256, 456)  # of the published export of Lightweight OpenPose
HEIGHT_PX = 208.0  # of the person in the input
MIDDLE = np.array([220.0, 120.0])  # of the person's hips in the input
CASES = {
    "BODY_25": (BODY_25, "one"),
    "COCO": (COCO, "one"),
    "BODY_25 in two": (BODY_25, "two"),
    "Lightweight": (COCO, "stages"),
}


def maps_of(parts):
    """Maps (C, H/8, W/8) of one person: heat maps and fields."""
    points = MIDDLE + offsets(parts.keypoints, HEIGHT_PX)
    shape = SIZE[0] // 8, SIZE[1] // 8
    return [m.transpose(2, 0, 1) for m in drawn([(points + 0.5) / 8.0 - 0.5], shape, parts=parts)]


def outputs(parts, kind):
    heatmaps, fields = maps_of(parts)
    if kind == "one":
        return [("net_output", np.concatenate([heatmaps, fields]))]
    if kind == "two":
        return [("fields", fields), ("heatmaps", heatmaps)]
    # of the first stage as well, which knows less
    return [
        ("stage_0_output_1_heatmaps", 0.0 * heatmaps), ("stage_0_output_0_pafs", 0.0 * fields),
        ("stage_1_output_1_heatmaps", heatmaps), ("stage_1_output_0_pafs", fields),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openpose")
    return {
        name: openpose(folder / f"{name}.onnx", outputs(parts, kind), SIZE)
        for name, (parts, kind) in CASES.items()
    }


def expected(parts, image_px):
    """Pixels of our keypoints in the image, and which of them the model has."""
    scale = min(SIZE[0] / image_px[1], SIZE[1] / image_px[0])
    corner = 0.5 * (np.array(SIZE[::-1]) - scale * np.array(image_px))
    in_input = MIDDLE + offsets(parts.keypoints, HEIGHT_PX) + 0.5
    pixels, known = parts.keypoints.ours((in_input - corner) / scale - 0.5, np.ones(len(parts.keypoints)))
    return pixels, known > 0.0, scale


def estimator_of(path, engine="auto"):
    network = OpenPoseFileNetwork(path, NetworkOptions(engine, "cpu"))
    return OpenPoseEstimator(network, network.how)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("name", CASES)
def test_a_person_is_found_where_they_are(files, name, engine):
    parts = CASES[name][0]
    estimator = estimator_of(files[name], engine)
    assert engine in estimator.capabilities.device
    estimator.warm_up()
    for order, size_px in (("rgb", (1280, 720)), ("bgr", (640, 480))):
        pixels, known, scale = expected(parts, size_px)
        seen = image(spotted(size_px, (0.5 * size_px[0], 0.5 * size_px[1]), order), order)
        (person,) = estimator.estimate(seen, [])
        assert isinstance(person.pose, PixelPose)
        # peaks lie at quarters of a cell
        assert np.abs(person.pose.pixels[known] - pixels[known]).max() < 2.0 / scale
        assert (person.pose.confidence[known] > 0.7).all()
        assert (person.pose.confidence[~known] == 0.0).all()
        assert known[KEYPOINTS.index("left_foot")] == (parts is BODY_25)
        assert known[KEYPOINTS.index("left_ear")]
    # blue is no red: the network takes BGR
    assert estimator.estimate(image(spotted(order="bgr"), "rgb"), []) == []
    estimator.close()


def test_the_registry_makes_it_of_the_settings(files):
    settings = Settings(estimator="openpose", model=str(files["BODY_25"]))
    estimator = make_estimator(settings)
    pipeline = Pipeline(estimator, settings, lambda: 0.0)
    ids = []
    for n in range(3):
        frame = pipeline.process(CameraImage(Bitmap(spotted(), "rgb"), n / 30))
        ids += [(body.id, body.estimator) for body in frame.bodies]
    assert ids == [(1, "openpose")] * 3
    estimator.close()


def test_frankmocap_s_own_file_runs_without_a_model(standin, tmp_path, monkeypatch):
    """Its network and grouping have tests of their own; stand-in weights see nobody."""
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    settings = Settings(estimator="openpose", assets_dir=str(standin), device="cpu")
    estimator = make_estimator(settings)
    assert estimator.capabilities.device == "cpu fp32 torch"
    estimator.warm_up()
    for person in estimator.estimate(image(spotted()), []):
        assert person is None or person.pose.pixels.shape == (21, 2)
    estimator.close()
    with pytest.raises(EstimatorError, match=r"engine: openvino.*auto \| torch"):
        make_estimator(Settings(estimator="openpose", assets_dir=str(standin), engine="openvino"))


def test_frankmocap_s_network_gives_people_s_keypoints(standin, tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    estimator = make_estimator(Settings(estimator="openpose", assets_dir=str(standin), device="cpu"))
    heatmaps, fields = (m.transpose(1, 2, 0) for m in maps_of(COCO))
    monkeypatch.setattr(estimator._network, "maps", lambda pixels: (heatmaps, fields))
    (person,) = estimator.estimate(image(np.zeros((256, 456, 3), np.uint8)), [])
    pixels, known, _ = expected(COCO, (456, 256))
    assert np.abs(person.pose.pixels[known] - pixels[known]).max() < 2.0
    estimator.close()


def test_without_any_network_it_says_where_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)
    with pytest.raises(AssetError, match=r"assets_dir.*not for commercial use.*github"):
        make_estimator(Settings(estimator="openpose"))
    with pytest.raises(AssetError, match=r"Missing.*model: FILE"):
        make_estimator(Settings(estimator="openpose", assets_dir=str(tmp_path)))


def test_another_network_is_refused_with_what_was_expected(tmp_path):
    other = rtmpose(tmp_path / "rtmpose.onnx", np.zeros((17, 2), np.float32))
    with pytest.raises(AssetError, match=r"another network.*OpenPose BODY_25.*\(1, 78, R, C\)"):
        estimator_of(other)
    heatmaps, fields = maps_of(COCO)
    half = [("net_output", np.concatenate([heatmaps, fields])[:, ::2, ::2])]
    with pytest.raises(AssetError, match=r"29x16 cells.*expected 57x32"):
        estimator_of(openpose(tmp_path / "half.onnx", half, SIZE))
    odd = openpose(tmp_path / "odd.onnx", outputs(COCO, "one"), (250, 450))
    with pytest.raises(AssetError, match="450x250 px; expected multiples of 8"):
        estimator_of(odd)


def test_a_file_with_open_sides_runs_at_openpose_s_own_size(tmp_path):
    shape = (368 // 8, 656 // 8)
    points = (np.array([330.0, 180.0]) + offsets(COCO.keypoints, 300.0) + 0.5) / 8.0 - 0.5
    maps = np.concatenate([m.transpose(2, 0, 1) for m in drawn([points], shape)])
    path = openpose(tmp_path / "open.onnx", [("net_output", maps)], (368, 656), (1, 3, "height", "width"))
    estimator = estimator_of(path)
    (person,) = estimator.estimate(image(spotted((1312, 736), (600.0, 300.0))), [])
    nose = person.pose.pixels[KEYPOINTS.index("nose")]
    assert np.abs(nose - 2.0 * np.array([330.0, 51.0])).max() < 5.0
    estimator.close()
