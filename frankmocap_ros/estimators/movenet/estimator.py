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

"""MoveNet: Lightning and Thunder for one person, MultiPose for up to six."""

from pathlib import Path
from typing import Final

from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.engines.network_files.opening import open_network
from frankmocap_ros.engines.network_files.signature import Needed, Signature
from frankmocap_ros.estimators.base import Estimator
from frankmocap_ros.estimators.movenet.multi_pose import MultiPose
from frankmocap_ros.estimators.movenet.single_pose import SinglePose

_IMAGE: Final = Needed("RGB image", ("N", "H", "W", 3))
_SINGLE: Final = Signature("single pose", _IMAGE, (Needed("keypoints", ("N", 1, 17, 3)),))
_MULTI: Final = Signature("multi pose", _IMAGE, (Needed("people", ("N", "P", 56)),))


def make_movenet(path: Path, options: NetworkOptions | None = None) -> Estimator:
    """The estimator for the network in a file.

    Raises:
        AssetError: the file is not there, or not MoveNet.
        EstimatorError: it cannot run so.
        MissingDependencyError: no engine that reads it is installed.
    """
    opened = open_network(path, (_SINGLE, _MULTI), options)
    return SinglePose(opened) if opened.fit.signature is _SINGLE else MultiPose(opened)
