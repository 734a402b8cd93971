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

"""8-bit pixels with their channel order, so that shrinking comes before converting."""

from dataclasses import dataclass
from typing import Final, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Order = Literal["gray", "bgr", "rgb", "bgra", "rgba"]

_TO: Final[dict[tuple[Order, Order], int]] = {
    ("gray", "rgb"): cv2.COLOR_GRAY2RGB,
    ("gray", "bgr"): cv2.COLOR_GRAY2BGR,
    ("bgr", "rgb"): cv2.COLOR_BGR2RGB,
    ("rgb", "bgr"): cv2.COLOR_RGB2BGR,
    ("bgra", "rgb"): cv2.COLOR_BGRA2RGB,
    ("bgra", "bgr"): cv2.COLOR_BGRA2BGR,
    ("rgba", "rgb"): cv2.COLOR_RGBA2RGB,
    ("rgba", "bgr"): cv2.COLOR_RGBA2BGR,
}


@dataclass(frozen=True, eq=False)
class Bitmap:
    """8-bit pixels in the channel order they came in.

    Attributes:
        pixels: shape (H, W) for gray, else (H, W, 3 or 4); maybe a read-only view of somebody else's data.
        order: what the channels are.
    """

    pixels: NDArray[np.uint8]
    order: Order = "bgr"

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height [px]."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def resized(self, short_px: int) -> "Bitmap":
        """The image with its short side reduced to ``short_px``; itself where that is not longer."""
        short = min(self.size_px)
        if short <= short_px:
            return self
        width, height = (max(1, round(side * short_px / short)) for side in self.size_px)
        # bilinear, as the estimators' own crops are: 0.8 ms from 1280x720 where area averaging takes 4.5 ms
        small = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_LINEAR)
        return Bitmap(cast(NDArray[np.uint8], small), self.order)

    def rgb(self) -> NDArray[np.uint8]:
        """Contiguous RGB, shape (H, W, 3); a view where the pixels are just that."""
        return self._in("rgb")

    def bgr(self) -> NDArray[np.uint8]:
        """Contiguous BGR, shape (H, W, 3); a view where the pixels are just that."""
        return self._in("bgr")

    def bgr_into(self, pixels: NDArray[np.uint8]) -> None:
        """Write BGR into contiguous ``pixels``, shape (H, W, 3)."""
        if self.order == "bgr":
            np.copyto(pixels, self.pixels)
        else:
            cv2.cvtColor(self.pixels, _TO[self.order, "bgr"], dst=pixels)

    def _in(self, order: Order) -> NDArray[np.uint8]:
        if self.order == order:
            return np.ascontiguousarray(self.pixels)
        return cast(NDArray[np.uint8], cv2.cvtColor(self.pixels, _TO[self.order, order]))


def no_wider(pixels: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """An image no wider than ``width`` [px], 0 for any; reduced sides are even, as many codecs want it."""
    old_height, old_width = pixels.shape[:2]
    if width == 0 or old_width <= width:
        return pixels
    new_width = max(2, width - width % 2)
    new_height = max(2, 2 * round(0.5 * old_height * new_width / old_width))
    small = cv2.resize(pixels, (new_width, new_height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)
