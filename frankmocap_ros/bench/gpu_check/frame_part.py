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

"""Whole frames on the GPU, with stand-in weights: from images and boxes to bodies."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from frankmocap_ros.bench.gpu_check.check import STANDIN, Check, timed
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage

if TYPE_CHECKING:
    from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator

_SIZE: Final = (640, 480)
_CASES: Final = ((1, 1), (8, 1), (1, 4), (8, 4))  # people of an image, cameras


def frames(check: Check) -> None:
    """One and eight people before one and four cameras; person detection by itself."""
    from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator, FrankMocapOptions

    folder = Path(check.job.cache) / STANDIN
    precision = "fp16" if check.on_gpu else "fp32"
    options = FrankMocapOptions(
        folder, detector="pose2d", device=check.device, engine="torch", precision=precision, max_people=8
    )
    made: list[FrankMocapEstimator] = []
    with check.step("whole frames: load"):
        made.append(FrankMocapEstimator(options, check.say))
        made[0].warm_up()
    for estimator in made:
        _measured(check, estimator, precision)
        estimator.close()


def _measured(check: Check, estimator: "FrankMocapEstimator", precision: str) -> None:
    rounds, image = (100 if check.on_gpu else 3), _an_image()
    with check.step("person detection") as words:
        times = timed(partial(estimator.detect, image, 1), rounds)
        check.row("person detection, pose2d", precision, times)
        words.append(f"{np.median(times):.2f} ms")
    for people, cameras in _CASES:
        name = (
            f"whole frame, {_counted(people, 'person', 'people')}, {_counted(cameras, 'camera', 'cameras')}"
        )
        with check.step(name) as words:
            views = [(image, _regions(people))] * cameras
            times = timed(partial(estimator.estimate_views, views), rounds)
            check.row(name, precision, times, people * cameras)
            words.append(f"{np.median(times):.2f} ms")


def _counted(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"


def _an_image() -> ScaledImage:
    width, height = _SIZE
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return ScaledImage(Bitmap(pixels), Camera.from_fov(width, height, 60.0), False, 0.0)


def _regions(people: int) -> list[Region]:
    """Beside each other."""
    width, height = _SIZE
    return [Region(np.array([width * (i + 0.5) / people, height / 2.0]), 240.0) for i in range(people)]
