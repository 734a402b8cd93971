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

"""From settings to an OpenPose estimator: with the user's own file, else FrankMocap's 2D pose network."""

from frankmocap_ros.assets.store import AssetStore, assets_folder
from frankmocap_ros.assets.user_models import how_to_get, kept_model, model_of
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators.availability import missing_text
from frankmocap_ros.estimators.openpose.estimator import OpenPoseEstimator
from frankmocap_ros.estimators.openpose.file_network import OpenPoseFileNetwork
from frankmocap_ros.settings.mocap import Settings


def make_openpose(config: Settings) -> OpenPoseEstimator:
    """The estimator that the settings ask for.

    Args:
        config: the settings. Without a ``model``, and without one in the models' folder, FrankMocap's own 2D
            pose network is run, which is Lightweight OpenPose.

    Raises:
        AssetError: there is no network, or it is damaged or another one.
        EstimatorError: engine, device or precision is not possible.
        MissingDependencyError: no engine that reads the file is installed, or torch for FrankMocap's.
    """
    if config.model or kept_model("openpose") is not None:
        network = OpenPoseFileNetwork(model_of("openpose", config.model), NetworkOptions.of(config))
        return OpenPoseEstimator(network, network.how)
    return _with_frankmocap_s(config)


def _with_frankmocap_s(config: Settings) -> OpenPoseEstimator:
    """The 2D pose network among FrankMocap's files."""
    folder = assets_folder(config.assets_dir)
    if folder is None:
        raise AssetError(
            "estimator: openpose needs a network: set assets_dir to FrankMocap's extra_data, whose 2D pose "
            f"file it runs; or {how_to_get('openpose')}"
        )
    store = AssetStore(folder)
    text = missing_text(store, ("pose2d",))
    if text is not None:
        raise AssetError(f"{text}; or {how_to_get('openpose')}")
    if config.engine not in ("auto", "torch"):
        raise EstimatorError(
            f"engine: {config.engine} does not run FrankMocap's 2D pose file; allowed: auto | torch, or any "
            "with model: FILE"
        )
    load_torch()
    from frankmocap_ros.engines.torch_device import choose_torch_device
    from frankmocap_ros.estimators.openpose.network import Pose2dDetector

    how = choose_torch_device(config.device, config.precision)
    return OpenPoseEstimator(Pose2dDetector(store.load("pose2d"), how.device, how.half), f"{how.text} torch")
