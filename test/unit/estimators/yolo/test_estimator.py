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

"""YOLO from a file to people, by each engine that reads it, on networks with the published shapes."""

from dataclasses import replace

import numpy as np
import onnx
import pytest

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.pose import PixelPose
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.errors import AssetError, SettingError
from frankmocap_ros.estimators.detectors import DetectorOptions, make_detector
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.estimators.yolo.detector import YoloDetector
from frankmocap_ros.estimators.yolo.estimator import YoloEstimator
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import Pipeline
from support.painted_networks import rtmpose, yolo
from support.spots import image, spotted
from support.standing_person import offsets

OFFSETS = offsets(COCO_17, 200.0)  # in the input, which is half as large as the image
SPOT = (500.0, 300.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("yolo")
    layouts = ("raw", "end_to_end", "objects", "objects_end_to_end")
    return {layout: yolo(folder / f"{layout}.onnx", OFFSETS, layout) for layout in layouts}


@pytest.fixture(scope="module")
def folder(files, tmp_path_factory):
    """OpenVINO's folder as ``yolo export format=openvino`` writes it."""
    openvino = pytest.importorskip("openvino")
    folder = tmp_path_factory.mktemp("export") / "yolo11n-pose_openvino_model"
    folder.mkdir()
    openvino.save_model(openvino.convert_model(files["raw"]), folder / "yolo11n-pose.xml")
    (folder / "metadata.yaml").write_text("task: pose\nimgsz:\n- 384\n- 640\n")
    return folder


def expected(spot=SPOT, scale=2.0):
    """Pixels of our keypoints, and which of them COCO has."""
    pixels, known = COCO_17.ours(np.array(spot) + scale * OFFSETS, np.ones(17))
    return pixels, known > 0.0


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("layout", ["raw", "end_to_end"])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_a_person_is_found_where_they_are(files, layout, engine, order):
    estimator = YoloEstimator(files[layout], NetworkOptions(engine, "cpu"))
    assert engine in estimator.capabilities.device
    estimator.warm_up()
    for spot in (SPOT, (900.0, 350.0)):
        (person,) = estimator.estimate(image(spotted(spot=spot, order=order), order), [])
        pixels, known = expected(spot)
        assert isinstance(person.pose, PixelPose)
        assert np.abs(person.pose.pixels[known] - pixels[known]).max() < 0.5
        np.testing.assert_allclose(person.pose.confidence[known], 0.8, atol=1e-6)
        assert (person.pose.confidence[~known] == 0.0).all()
        assert not known[KEYPOINTS.index("left_foot")]
        assert person.region is None or person.region.box_xywh is not None
    estimator.close()


def test_nobody_without_a_person(files):
    for layout in ("raw", "end_to_end"):
        estimator = YoloEstimator(files[layout], NetworkOptions())
        assert estimator.estimate(image(np.full((720, 1280, 3), 60, np.uint8)), []) == []
        estimator.close()


def test_an_image_of_another_shape_is_letterboxed(files):
    estimator = YoloEstimator(files["raw"], NetworkOptions())
    (person,) = estimator.estimate(image(spotted((480, 640), (240.0, 300.0))), [])
    pixels, known = expected((240.0, 300.0), 640 / 384)
    assert np.abs(person.pose.pixels[known] - pixels[known]).max() < 1.0
    estimator.close()


def test_openvino_s_folder_is_read_whole(folder):
    estimator = YoloEstimator(folder, NetworkOptions())
    assert "openvino" in estimator.capabilities.device
    (person,) = estimator.estimate(image(spotted(spot=SPOT)), [])
    pixels, known = expected()
    assert np.abs(person.pose.pixels[known] - pixels[known]).max() < 0.5
    estimator.close()


def test_a_file_with_open_sides_runs_at_the_usual_size(files, tmp_path):
    """As ``yolo export dynamic=True`` states them; the graph of the test takes 384x640 only."""
    model = onnx.load(files["raw"])
    for value in (model.graph.input[0], model.graph.output[0]):
        for i, side in enumerate(value.type.tensor_type.shape.dim):
            if i != 1:
                side.dim_param = f"side{i}"
    path = tmp_path / "dynamic.onnx"
    onnx.save(model, path)
    with pytest.raises(AssetError, match="640x640"):
        YoloEstimator(path, NetworkOptions())


def test_the_registry_makes_it_of_the_settings(files):
    estimator = make_estimator(Settings(estimator="yolo", model=str(files["end_to_end"])))
    assert estimator.name == "yolo"
    (person,) = estimator.estimate(image(spotted()), [])
    assert person.score > 0.3
    estimator.close()


def test_a_person_keeps_the_id_through_the_pipeline(files):
    estimator = make_estimator(Settings(estimator="yolo", model=str(files["raw"])))
    pipeline = Pipeline(estimator, Settings(), lambda: 0.0)
    ids = []
    for n in range(5):
        pixels = spotted(spot=(500.0 + 8 * n, 300.0))
        frame = pipeline.process(CameraImage(Bitmap(pixels, "rgb"), n / 30))
        ids += [body.id for body in frame.bodies]
        assert frame.bodies[0].estimator == "yolo"
    assert ids == [1] * 5
    gone = pipeline.process(CameraImage(Bitmap(np.full((720, 1280, 3), 60, np.uint8), "rgb"), 5 / 30))
    assert gone.bodies == ()
    estimator.close()


@pytest.mark.parametrize("layout", ["raw", "end_to_end", "objects", "objects_end_to_end"])
def test_as_a_detector_it_gives_boxes(files, layout):
    detector = make_detector("yolo", None, DetectorOptions("cpu", model=str(files[layout])))
    assert detector.name == "yolo"
    (region,) = detector.detect(image(spotted()), 4)
    pixels = np.array(SPOT) + 2.0 * OFFSETS
    low, high = pixels.min(axis=0) - 8.0, pixels.max(axis=0) + 8.0
    expected_box = np.concatenate([low, high - low])
    assert np.abs(region.box_xywh - expected_box).max() < 1.0
    assert detector.detect(image(spotted()), 0) == []
    assert detector.detect(image(np.zeros((720, 1280, 3), np.uint8)), 4) == []
    detector.close()


def test_a_box_lies_within_the_image(files):
    detector = YoloDetector(files["raw"], NetworkOptions())
    (region,) = detector.detect(image(spotted(spot=(20.0, 700.0))), 1)
    assert (region.box_xywh[:2] >= 0.0).all()
    assert (region.box_xywh[:2] + region.box_xywh[2:] <= (1280, 720)).all()
    detector.close()


def test_another_network_is_refused_with_what_was_expected(files, tmp_path):
    other = rtmpose(tmp_path / "rtmpose.onnx", OFFSETS)
    for make in (YoloEstimator, YoloDetector):
        with pytest.raises(AssetError, match=r"rtmpose\.onnx.*YOLO26-pose.*\(1, N, 57\)"):
            make(other, NetworkOptions())
    # and one for objects has no keypoints
    with pytest.raises(AssetError, match=r"\(1, 84, 5040\).*\(1, 56, N\)"):
        YoloEstimator(files["objects"], NetworkOptions())


def test_a_missing_file_says_where_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    for settings in (Settings(estimator="yolo"), Settings(estimator="yolo", model="/nowhere/yolo.onnx")):
        with pytest.raises(AssetError, match=r"AGPL-3\.0"):
            make_estimator(settings)
    with pytest.raises(AssetError, match="yolo export"):
        make_detector("yolo", None, DetectorOptions())


def test_a_detector_s_model_needs_its_detector():
    with pytest.raises(SettingError, match="detector: yolo"):
        Settings(detector_model="yolo.onnx")
    Settings(detector="yolo", detector_model="yolo.onnx")


def test_frankmocap_follows_whom_yolo_finds(files, standin, tmp_path):
    pytest.importorskip("torch")
    settings = Settings(
        estimator="frankmocap", assets_dir=str(standin), engine="torch", precision="fp32", device="cpu",
        detector="yolo", detector_model=str(files["objects"]),
    )  # fmt: skip
    estimator = make_estimator(settings)
    (region,) = estimator.detect(image(spotted()), 1)
    assert np.abs(region.center_px - SPOT).max() < 15.0
    (person,) = estimator.estimate(image(spotted()), [region])
    assert person is not None
    assert estimator.detect(image(np.zeros((720, 1280, 3), np.uint8)), 1) == []
    estimator.close()
    other = rtmpose(tmp_path / "rtmpose.onnx", OFFSETS)
    with pytest.raises(AssetError, match="another network"):
        make_estimator(replace(settings, detector_model=str(other)))
