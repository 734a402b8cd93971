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

"""From settings to a BlazePose estimator: gets networks, and finds the best variant that is fast enough."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from frankmocap_ros.assets.model_download import fetch_models
from frankmocap_ros.assets.model_files import FETCH, VARIANTS, needed_models, variants_here
from frankmocap_ros.engines.measuring import median_ms
from frankmocap_ros.engines.tflite_installed import tflite_engine
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.settings.mocap import Settings

Tell = Callable[[str], None]

# fewer bits move world landmarks by centimeters, also where only the network's middle has them
PRECISIONS: Final = ("auto", "fp32")
USUAL_HZ: Final = 30.0
_SHARE: Final = 2.0 / 3.0  # of the time between two images that the network may take
# of nobody in particular: the time does not depend on what is seen
_IMAGE: Final = ScaledImage(
    Bitmap(np.full((480, 640, 3), 128, np.uint8)), Camera.from_fov(640, 480, 60.0), False, 0.0
)
_REGION: Final = Region(np.array([320.0, 240.0]), 450.0, 0.1)


def budget_ms(config: Settings) -> float:
    """How long landmarks may take for one image of each camera [ms]: two thirds of the time between two."""
    rate_hz = (config.source_rate_hz or USUAL_HZ) / config.process_every_n
    return 1e3 * _SHARE / rate_hz


def measured_ms(estimator: BlazePoseEstimator, cameras: int) -> float:
    """Median time for one person in one image of each camera, hands included where they are on [ms]."""
    return median_ms(lambda: estimator.run_networks(_IMAGE, [_REGION] * cameras))


def best_variant(
    config: Settings,
    make: Callable[[str], BlazePoseEstimator],
    variants: Sequence[str],
    tell: Tell,
) -> BlazePoseEstimator:
    """The most exact variant that keeps the camera's rate with a third to spare; the fastest where none does.

    Args:
        config: says how fast images come, and from how many cameras.
        make: makes the estimator of a variant.
        variants: to choose from, the fastest first.
        tell: told what was measured and taken.
    """
    cameras, limit = max(1, len(config.image_topics)), budget_ms(config)
    said = []
    for variant in reversed(variants):
        estimator = make(variant)
        try:
            took = measured_ms(estimator, cameras)
        except Exception:
            estimator.close()
            raise
        said.append(f"{variant} {took:.1f} ms")
        if took <= limit or variant == variants[0]:
            absent = [name for name in VARIANTS if name not in variants]
            missing = f"; not here: {', '.join(absent)} ({FETCH})" if absent else ""
            tell(
                f"variant: auto takes {variant} (measured: {', '.join(said)}; allowed are {limit:.1f} ms, "
                f"two thirds of the time between two images{missing})"
            )
            return estimator
        estimator.close()
    raise EstimatorError("variant: auto has none to choose from")


def make_blazepose(config: Settings, tell: Tell) -> BlazePoseEstimator:
    """The estimator that the settings ask for.

    Networks that are not here are downloaded first; ``variant: auto`` chooses among those that are, and
    downloads only where there is none.

    Args:
        config: the settings.
        tell: told of downloads, and of what auto took.

    Raises:
        AssetError: a network cannot be had.
        EstimatorError: the device or the precision is not possible.
        MissingDependencyError: no engine that runs the networks is installed.
    """
    if config.device not in ("auto", "cpu"):
        raise EstimatorError(
            f"device: {config.device} is not possible with estimator blazepose; allowed: auto | cpu"
        )
    if config.precision not in PRECISIONS:
        raise EstimatorError(
            f"precision: {config.precision} is not possible with estimator blazepose; "
            f"allowed: {' | '.join(PRECISIONS)}"
        )
    tflite_engine()  # before anything is downloaded for it

    def make(variant: str) -> BlazePoseEstimator:
        return BlazePoseEstimator(BlazePoseOptions(variant, config.hands))

    if config.variant != "auto":
        fetch_models(needed_models(config.variant, config.hands), tell)
        return make(config.variant)
    if not (here := variants_here(config.hands)):
        fetch_models(needed_models("full", config.hands), tell)
        here = variants_here(config.hands)
    return best_variant(config, make, here, tell)


def make_blazepose_detector(tell: Tell) -> BlazePoseEstimator:
    """What finds people for another estimator, in threads that give way to it.

    Raises:
        AssetError, EstimatorError, MissingDependencyError: as ``make_blazepose``.
    """
    tflite_engine()
    fetch_models(needed_models(), tell)
    return BlazePoseEstimator(BlazePoseOptions(background=True))
