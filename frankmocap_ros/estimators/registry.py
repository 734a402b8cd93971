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

"""Names of the estimators. Each is imported when it is chosen.

A new one has its name here, and in the choices of the setting ``estimator`` (``settings/mocap.py``).
"""

from collections.abc import Callable
from dataclasses import replace

from frankmocap_ros.assets.store import assets_folder, named_folder
from frankmocap_ros.assets.user_models import model_of
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.errors import MocapError
from frankmocap_ros.estimators.availability import why_not_frankmocap
from frankmocap_ros.estimators.base import Estimator
from frankmocap_ros.settings.mocap import Settings

Tell = Callable[[str], None]
Prepare = Callable[[], None]


def _nothing() -> None:
    pass


def _frankmocap(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator, FrankMocapOptions

    return FrankMocapEstimator(FrankMocapOptions.of(config, named_folder(config.assets_dir)), tell, prepare)


def _blazepose(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.blazepose.making import make_blazepose

    return make_blazepose(config, tell)


def _posenet(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.posenet.estimator import PoseNetEstimator

    return PoseNetEstimator(model_of("posenet", config.model), NetworkOptions.of(config))


def _movenet(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.movenet.estimator import make_movenet

    return make_movenet(model_of("movenet", config.model), NetworkOptions.of(config))


def _yolo(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.yolo.estimator import YoloEstimator

    return YoloEstimator(model_of("yolo", config.model), NetworkOptions.of(config))


def _rtmpose(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.rtmpose.making import make_rtmpose

    return make_rtmpose(config, tell)


def _openpose(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.openpose.making import make_openpose

    return make_openpose(config)


def _synthetic(config: Settings, tell: Tell, prepare: Prepare) -> Estimator:
    from frankmocap_ros.estimators.synthetic import SyntheticEstimator

    return SyntheticEstimator(config.synthetic_motion, config.hands)


ESTIMATORS: dict[str, Callable[[Settings, Tell, Prepare], Estimator]] = {
    "frankmocap": _frankmocap,
    "blazepose": _blazepose,
    "posenet": _posenet,
    "movenet": _movenet,
    "yolo": _yolo,
    "rtmpose": _rtmpose,
    "openpose": _openpose,
    "synthetic": _synthetic,
}


def make_estimator(
    config: Settings,
    tell: Tell = lambda _: None,
    warn: Tell | None = None,
    prepare: Prepare = _nothing,
) -> Estimator:
    """The estimator that the settings ask for, not yet warmed up.

    Args:
        config: the settings. ``auto`` takes FrankMocap where it can be made, else BlazePose.
        tell: told what ``auto`` took and why, and what takes long.
        warn: told of what ``auto`` did not take although its folder is named; ``tell`` where it is None.
        prepare: called before something is made once and kept; may have made it when it returns.

    Raises:
        EstimatorError: the request cannot be met.
        AssetError: a file that FrankMocap needs is missing or damaged.
        MissingDependencyError: a package is missing; the text says what to install.
    """
    if config.estimator != "auto":
        return ESTIMATORS[config.estimator](config, tell, prepare)
    reason = why_not_frankmocap(config)
    if reason is None:
        try:
            return ESTIMATORS["frankmocap"](config, tell, prepare)
        except MocapError as error:
            reason = str(error)
    if assets_folder(config.assets_dir) is None:  # as most users have it: no reason to go into
        tell("estimator: auto selects blazepose; for FrankMocap's networks: frankmocap_ros doctor --all")
    else:
        (warn or tell)(f"estimator: auto selects blazepose, not frankmocap: {reason}")
    if config.precision not in ("auto", "fp32"):
        (warn or tell)(f"precision: {config.precision} is of FrankMocap's networks; blazepose runs in fp32")
        config = replace(config, precision="auto")
    return ESTIMATORS["blazepose"](config, tell, prepare)
