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

"""BlazePose's hand networks: how a hand lies in a first square, and its 21 points in one with the fingers up.

Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking", 2020; Grishchenko and Bazarevsky,
"MediaPipe Holistic", 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.tflite import TfliteModel, TfliteNetwork, TfliteOptions
from frankmocap_ros.engines.tflite_choice import load_tflite
from frankmocap_ros.estimators.square_crop import (
    in_image,
    is_usable,
    region_along,
    rotation_in_image,
    shifted,
    square_crop,
)
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.bitmap import Bitmap

_LEAST_PRESENCE: Final = 0.5
_RECROP_PX: Final = 256
_HAND_PX: Final = 224
UP: Final = -0.1
"""A hand's square lies this much of its side towards the fingers."""
_OUTPUTS: Final = (0, 1, 2, 3)  # points, presence of a hand, whether it is a right one, meters
_DEPTH_SCALE: Final = 0.4  # the network's depth is this many times that of x and y


@dataclass(frozen=True, eq=False)
class HandLandmarks:
    """One hand: wrist, then thumb, index, middle, ring and little finger with four points each, tip last.

    Attributes:
        pixels: shape (21, 2), in the image [px].
        depth_px: shape (21,), from the wrist away from the camera, in pixels of the image.
        world: shape (21, 3), from the wrist: x and y as the image, z away from the camera [m].
        presence: that there is a hand, 0..1.
        is_right: that it is a right one, as the network sees it, 0..1.
        side_px: of the square in which it was seen [px].
    """

    pixels: Array
    depth_px: Array
    world: Array
    presence: float
    is_right: float
    side_px: float


def _hand(outputs: Sequence[NDArray[np.float32]], region: Region) -> HandLandmarks | None:
    """What the network says of a region; None where it sees no hand."""
    values, presence, is_right, meters = outputs
    points = values.reshape(21, 3).astype(np.float64) / _HAND_PX
    world = meters.reshape(21, 3).astype(np.float64)
    finite = all(np.isfinite(a).all() for a in (points, is_right, world))
    if not (presence[0] > _LEAST_PRESENCE and finite):
        return None
    world -= world[0]
    world[:, :2] = world[:, :2] @ rotation_in_image(region).T
    return HandLandmarks(
        pixels=in_image(points[:, :2], region),
        depth_px=points[:, 2] / _DEPTH_SCALE * region.side_px,
        world=world,
        presence=float(presence[0]),
        is_right=float(is_right[0]),
        side_px=region.side_px,
    )


class HandLandmarker:
    """Runs both networks on several hands at once.

    Args:
        recrop: file of the network that shows how a hand lies in its first square.
        hand: file of the network that finds the hand's points.
        options: how they run.

    Raises:
        EstimatorError: one is no such network.
        MissingDependencyError: nothing is installed that runs them.
    """

    def __init__(self, recrop: Path, hand: Path, options: TfliteOptions) -> None:
        self._recrop: TfliteNetwork = load_tflite(TfliteModel(recrop, (0,), _RECROP_PX), options)
        self._hand: TfliteNetwork = load_tflite(TfliteModel(hand, _OUTPUTS, _HAND_PX), options)

    def turned(self, bitmaps: Sequence[Bitmap], regions: Sequence[Region]) -> list[Region]:
        """The square of each hand, with the fingers up, as its first square shows it."""
        crops = [square_crop(b, r, _RECROP_PX) for b, r in zip(bitmaps, regions, strict=True)]
        turned = []
        for (points,), region in zip(self._recrop(crops), regions, strict=True):
            middle, rim = in_image(points.reshape(2, 2).astype(np.float64) / _RECROP_PX, region)
            turned.append(shifted(region_along(middle, rim, 2.0, -0.5 * np.pi), UP))
        return turned

    def seen(self, bitmaps: Sequence[Bitmap], regions: Sequence[Region]) -> list[HandLandmarks | None]:
        """The hand in each square; None where none is seen, or the square cannot be cropped."""
        hands: list[HandLandmarks | None] = [None] * len(regions)
        rows = [i for i, region in enumerate(regions) if is_usable(region)]
        found = self._hand([square_crop(bitmaps[i], regions[i], _HAND_PX) for i in rows])
        for i, outputs in zip(rows, found, strict=True):
            hands[i] = _hand(outputs, regions[i])
        return hands

    def warm_up(self) -> None:
        """Run both networks once."""
        for network, side_px in ((self._recrop, _RECROP_PX), (self._hand, _HAND_PX)):
            network([np.zeros((side_px, side_px, 3), np.uint8)] * 2)

    def close(self) -> None:
        """Give back memory and threads."""
        self._recrop.close()
        self._hand.close()
