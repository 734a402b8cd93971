"""An image as it came: 8-bit pixels and the order of their channels."""

from dataclasses import dataclass
from typing import Final, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
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
class Decoded:
    """8-bit pixels in the channel order they came in, so that shrinking comes before converting.

    Attributes:
        pixels: shape (H, W) for gray, else (H, W, 3 or 4); maybe a read-only view of the message's own data.
        order: what the channels are.
    """

    pixels: Pixels
    order: Order

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height [px]."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def resized(self, short_px: int) -> "Decoded":
        """The image with its short side reduced to ``short_px``; itself where that is not longer."""
        short = min(self.size_px)
        if short <= short_px:
            return self
        width, height = (max(1, round(side * short_px / short)) for side in self.size_px)
        small = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_AREA)
        return Decoded(cast(Pixels, small), self.order)

    def rgb(self) -> Pixels:
        """Contiguous RGB, shape (H, W, 3); still the message's data where it has just that."""
        return self._in("rgb")

    def bgr(self) -> Pixels:
        """Contiguous BGR, shape (H, W, 3); still the message's data where it has just that."""
        return self._in("bgr")

    def _in(self, order: Order) -> Pixels:
        if self.order == order:
            return np.ascontiguousarray(self.pixels)
        return cast(Pixels, cv2.cvtColor(self.pixels, _TO[self.order, order]))
