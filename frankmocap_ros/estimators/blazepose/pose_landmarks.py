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

"""BlazePose's landmark network: 33 points of the body in a turned square, in pixels and in meters.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020. Coordinates that the network
regresses are refined by its own heat maps: the mean of a window's probabilities around each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.tflite import TfliteModel, TfliteNetwork, TfliteOptions
from frankmocap_ros.engines.tflite_choice import load_tflite
from frankmocap_ros.estimators.blazepose.person_detector import SIDES_PER_RADIUS
from frankmocap_ros.estimators.square_crop import in_image, region_along, rotation_in_image
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.rotation import Array, dot

SIDE_PX: Final = 256
LANDMARKS: Final = 33
_AUXILIARY: Final = (33, 34)  # middle of the hips, and a point on the circle around the body
_USED: Final = 35  # of 39 that the network gives
_VALUES: Final = 5  # x, y, z [px of the crop], visibility and presence as logits
# coordinates, presence of a body, heat maps, meters; segmentation (2) is cut
_OUTPUTS: Final = (0, 1, 3, 4)
_LEAST_PRESENCE: Final = 0.5
# MediaPipe's graph names 7, but what its Python package runs is 9: with 7 landmarks lie up to 15 px elsewhere
_KERNEL: Final = 9
_WINDOW: Final = np.arange(_KERNEL) - _KERNEL // 2
_LEAST_PEAK: Final = 0.5


@dataclass(frozen=True, eq=False)
class PoseLandmarks:
    """One body.

    Attributes:
        pixels: shape (33, 2), in the image [px].
        world: shape (33, 3), meters from the middle of the hips: x and y as the image, z away from the
        camera. visibility: shape (33,), 0..1. next_region: where to look in the next image.
    """

    pixels: Array
    world: Array
    visibility: Array
    next_region: Region


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-x)))


def refined(points: NDArray[np.float32], heatmaps: NDArray[np.float32]) -> Array:
    """Points moved to the middle of what their heat maps show around them.

    Points beside their map, and those whose window has no probability of 0.5, stay.

    Args:
        points: shape (N, 2), x and y in shares of the side.
        heatmaps: shape (H, W, N or more), logits.
    """
    height, width, maps = heatmaps.shape
    size = np.array([width, height])
    finite = np.where(np.isfinite(points), points, np.float32(-1.0)).clip(-1.0, 2.0)
    cells = (finite * size.astype(np.float32)).astype(np.int64)  # towards 0, as C does
    places = cells[:, :, None] + _WINDOW  # (N, 2, 9), x and y
    nearest = places.clip(0, size[:, None] - 1)
    columns, rows = nearest[:, 0, None, :], nearest[:, 1, :, None]
    seen = nearest == places
    logits = heatmaps.ravel().take((rows * width + columns) * maps + np.arange(len(points))[:, None, None])
    weight = _sigmoid(logits.astype(np.float64)) * (seen[:, 1, :, None] & seen[:, 0, None, :])
    each = np.array([weight.sum(axis=1), weight.sum(axis=2)]).swapaxes(
        0, 1
    )  # (N, 2, 9), of columns and of rows
    total = each[:, 0].sum(axis=1)
    middles = dot(each, places.astype(np.float64)) / np.where(total > 0.0, total, 1.0)[:, None] / size
    moved = seen[:, :, _KERNEL // 2].all(axis=1) & (weight.max(axis=(1, 2)) >= _LEAST_PEAK)
    return np.where(moved[:, None], middles, points)


class PoseLandmarker:
    """Runs the landmark network on the crops of everybody at once.

    Args:
        path: the network's file: lite, full or heavy.
        options: how it runs.

    Raises:
        EstimatorError: it is no such network.
        MissingDependencyError: nothing is installed that runs it.
    """

    def __init__(self, path: Path, options: TfliteOptions) -> None:
        model = TfliteModel(path, _OUTPUTS, SIDE_PX)
        self._network: TfliteNetwork = load_tflite(model, options)
        self.engine = self._network.engine

    def __call__(
        self, crops: Sequence[NDArray[np.uint8]], regions: Sequence[Region]
    ) -> list[PoseLandmarks | None]:
        """Bodies in crops (256, 256, 3) of regions; None where nobody is."""
        return [
            self._body(raw, heatmaps, world, region) if presence[0] > _LEAST_PRESENCE else None
            for (raw, presence, heatmaps, world), region in zip(self._network(crops), regions, strict=True)
        ]

    @staticmethod
    def _body(
        raw: NDArray[np.float32], heatmaps: NDArray[np.float32], world: NDArray[np.float32], region: Region
    ) -> PoseLandmarks | None:
        values = raw.reshape(-1, _VALUES)[:_USED]
        pixels = in_image(refined(values[:, :2] / np.float32(SIDE_PX), heatmaps), region)
        meters = world.reshape(-1, 3)[:LANDMARKS].astype(np.float64)
        meters[:, :2] = meters[:, :2] @ rotation_in_image(region).T
        if not (np.isfinite(pixels).all() and np.isfinite(meters).all()):
            return None
        middle, rim = pixels[list(_AUXILIARY)]
        return PoseLandmarks(
            pixels=pixels[:LANDMARKS],
            world=meters,
            visibility=_sigmoid(values[:LANDMARKS, 3].astype(np.float64)),
            next_region=region_along(middle, rim, SIDES_PER_RADIUS, 0.5 * np.pi),
        )

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()
