"""Images as YOLO's networks take them: as large as fits, in the middle, with gray beside."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.rotation import Array

GRAY: Final = 114
"""What the networks were trained with beside an image."""


@dataclass(frozen=True)
class Letterbox:
    """Where an image lies in a network's input.

    Attributes:
        scale: pixels of the input per pixel of the image.
        size_px: width and height of the image in the input.
        corner_px: x and y of the image's upper left corner in the input.
        input_px: width and height of the input.
    """

    scale: float
    size_px: tuple[int, int]
    corner_px: tuple[int, int]
    input_px: tuple[int, int]

    @staticmethod
    def of(image_px: tuple[int, int], input_px: tuple[int, int]) -> "Letterbox":
        """For an image of width and height ``image_px``."""
        scale = min(input_px[0] / image_px[0], input_px[1] / image_px[1])
        width, height = (max(1, round(scale * side)) for side in image_px)
        # of an odd number of pixels beside the image, the additional one is to the right or below
        corner = (input_px[0] - width) // 2, (input_px[1] - height) // 2
        return Letterbox(scale, (width, height), corner, input_px)

    def filled(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The input, shape (height, width, C) of ``input_px``, with an image (H, W, C)."""
        (left, top), (width, height) = self.corner_px, self.size_px
        result = np.full((*self.input_px[::-1], pixels.shape[2]), GRAY, np.uint8)
        inside = result[top : top + height, left : left + width]
        if pixels.shape[:2] == (height, width):
            inside[:] = pixels
        else:
            inside[:] = cv2.resize(pixels, self.size_px, interpolation=cv2.INTER_LINEAR)
        return result

    def to_image(self, points: Array) -> Array:
        """Points (..., 2) of the input in pixels of the image."""
        return np.asarray((points - self.corner_px) / self.scale)
