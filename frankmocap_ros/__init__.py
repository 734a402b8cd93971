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

"""Camera images in, joint poses of the person out: positions and orientations for teleoperation.

The public names are imported on first use: importing the package loads neither networks nor ROS. Each name is
documented in its own module.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frankmocap_ros.api import FrankMocapWrapper, VideoProcessorTrack, process
    from frankmocap_ros.body.pose import Body, Frame, JointState, ScaleSource
    from frankmocap_ros.body.skeleton import Skeleton
    from frankmocap_ros.errors import (
        AssetError,
        BatchError,
        CalibrationError,
        EstimatorError,
        EvaluationError,
        ImageError,
        MessageError,
        MissingDependencyError,
        MocapError,
        RecordingError,
        RetargetError,
        RobotError,
        RobotLostError,
        SettingError,
        SourceError,
        TransformError,
    )
    from frankmocap_ros.geometry.camera_model import Camera
    from frankmocap_ros.geometry.distortion import Distortion
    from frankmocap_ros.imaging.bitmap import Bitmap
    from frankmocap_ros.imaging.camera_image import CameraImage
    from frankmocap_ros.settings.mocap import Settings
    from frankmocap_ros.tracking.pipeline import Pipeline

_PLACES = {
    "AssetError": "errors",
    "BatchError": "errors",
    "Bitmap": "imaging.bitmap",
    "Body": "body.pose",
    "CalibrationError": "errors",
    "Camera": "geometry.camera_model",
    "CameraImage": "imaging.camera_image",
    "Distortion": "geometry.distortion",
    "EstimatorError": "errors",
    "EvaluationError": "errors",
    "Frame": "body.pose",
    "FrankMocapWrapper": "api",
    "ImageError": "errors",
    "JointState": "body.pose",
    "MessageError": "errors",
    "MissingDependencyError": "errors",
    "MocapError": "errors",
    "Pipeline": "tracking.pipeline",
    "RecordingError": "errors",
    "RetargetError": "errors",
    "RobotError": "errors",
    "RobotLostError": "errors",
    "ScaleSource": "body.pose",
    "SettingError": "errors",
    "Settings": "settings.mocap",
    "Skeleton": "body.skeleton",
    "SourceError": "errors",
    "TransformError": "errors",
    "VideoProcessorTrack": "api",
    "process": "api",
}

__all__ = [
    "AssetError",
    "BatchError",
    "Bitmap",
    "Body",
    "CalibrationError",
    "Camera",
    "CameraImage",
    "Distortion",
    "EstimatorError",
    "EvaluationError",
    "Frame",
    "FrankMocapWrapper",
    "ImageError",
    "JointState",
    "MessageError",
    "MissingDependencyError",
    "MocapError",
    "Pipeline",
    "RecordingError",
    "RetargetError",
    "RobotError",
    "RobotLostError",
    "ScaleSource",
    "SettingError",
    "Settings",
    "Skeleton",
    "SourceError",
    "TransformError",
    "VideoProcessorTrack",
    "process",
]


def __getattr__(name: str) -> Any:
    """Import a public name from where it is defined; look the version up."""
    if name == "__version__":
        from importlib.metadata import version

        return version("frankmocap_ros")
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, whether imported already or not."""
    return sorted({*globals(), *__all__})
