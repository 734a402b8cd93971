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

"""From settings to an RTMPose estimator with what finds people for it."""

from collections.abc import Callable

from frankmocap_ros.assets.store import AssetStore, named_folder
from frankmocap_ros.assets.user_models import model_of
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.estimators.availability import chosen_detector
from frankmocap_ros.estimators.detectors import Detector, DetectorOptions, make_detector
from frankmocap_ros.estimators.rtmpose.estimator import RtmPoseEstimator
from frankmocap_ros.settings.mocap import Settings


def make_rtmpose(config: Settings, tell: Callable[[str], None]) -> RtmPoseEstimator:
    """The estimator that the settings ask for.

    Args:
        config: the settings.
        tell: told of networks that are downloaded for the detector.

    Raises:
        AssetError: a network's file is not there, damaged, or another network.
        EstimatorError: engine, device or precision is not possible, or the network has no hands.
        MissingDependencyError: no engine that reads a file is installed.
    """

    def find() -> Detector:
        name = chosen_detector(config.detector)
        # only that one needs FrankMocap's folder
        store = AssetStore(named_folder(config.assets_dir)) if name == "pose2d" else None
        return make_detector(name, store, DetectorOptions(config.device, "auto", tell, config.detector_model))

    model = model_of("rtmpose", config.model)
    return RtmPoseEstimator(model, NetworkOptions.of(config), config.hands, find)
