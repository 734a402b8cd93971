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

"""Which files an estimator reads, and settings that name them elsewhere."""

import pytest

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER
from frankmocap_ros.assets.model_files import MODELS_VARIABLE
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.needed_files import needed_files, settings_places, settled, with_places
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import updated


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Folders with empty files in place of networks, which nobody opens."""
    models, assets = tmp_path / "models", tmp_path / "extra_data"
    models.mkdir()
    for name in ("yolo.onnx", "posenet.tflite"):
        (models / name).touch()
    for asset in ASSETS.values():
        path = assets / asset.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (assets / STANDIN_MARKER).touch()
    monkeypatch.setenv(MODELS_VARIABLE, str(models))
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)
    fetched = []
    module = "frankmocap_ros.estimators.needed_files"
    monkeypatch.setattr(f"{module}.fetch_models", lambda keys, tell: fetched.extend(keys))
    monkeypatch.setattr(f"{module}.model_path", lambda key: models / key)
    return assets, fetched


def found(**changes):
    return {
        (file.place, file.name or file.path.name)
        for file in needed_files(updated(Settings(), changes), print)
    }


def test_of_each_estimator(places, tmp_path):
    assets, fetched = places
    detector = {("models", "pose_detection.tflite"), ("models", "pose_landmark_full.tflite")}
    assert found(estimator="synthetic") == set()
    assert found(estimator="blazepose", variant="full") == detector
    assert "pose_landmark_full" in fetched, "downloaded here, not by each worker"
    assert len(found(estimator="blazepose", variant="full", hands=True)) == 4
    assert found(estimator="posenet") == {("model", "posenet.tflite")}
    (tmp_path / "own.onnx").touch()
    assert found(estimator="rtmpose", model=str(tmp_path / "own.onnx")) == {("model", "own.onnx")} | detector
    yolo = found(estimator="rtmpose", model=str(tmp_path / "own.onnx"), detector="yolo")
    assert yolo == {("model", "own.onnx"), ("detector_model", "yolo.onnx")}
    frank = found(estimator="frankmocap", assets_dir=str(assets), detector="pose2d")
    names = {"body_smpl", "mean_params", "smpl", "pose2d"}
    assert frank == {("assets_dir", ASSETS[name].path) for name in names} | {("assets_dir", STANDIN_MARKER)}
    assert found(estimator="openpose", assets_dir=str(assets)) >= {("assets_dir", ASSETS["pose2d"].path)}
    with pytest.raises(AssetError):
        found(estimator="movenet")


def test_auto_is_settled_by_the_files_that_are_here(places):
    assert settled(Settings()).estimator == "blazepose"
    assert settled(Settings(estimator="posenet")).estimator == "posenet"


def test_settings_with_other_places(tmp_path):
    config = Settings(estimator="yolo", model=str(tmp_path / "a.onnx"), assets_dir="/x")
    assert settings_places(config) == {"model": str(tmp_path / "a.onnx"), "assets_dir": "/x"}
    environment = {}
    moved = with_places(
        config, {"model": tmp_path / "b.onnx", "models": tmp_path, "camera_info": tmp_path}, environment
    )
    assert (moved.model, moved.assets_dir) == (str(tmp_path / "b.onnx"), "/x")
    assert environment == {MODELS_VARIABLE: str(tmp_path)}
