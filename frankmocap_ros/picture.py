"""One image to process, and the smaller ones that are made of it."""

from collections.abc import Callable
from dataclasses import dataclass

from frankmocap_ros.bitmap import Bitmap
from frankmocap_ros.depth import DepthImage
from frankmocap_ros.estimators.base import Image
from frankmocap_ros.geometry import Camera


@dataclass(frozen=True, eq=False)
class Picture:
    """One image to process.

    Attributes:
        bitmap: the pixels; not written to.
        time_s: the image's own time [s].
        camera: calibrated camera of exactly these pixels, or None to assume a field of view.
        depth: gives what a depth camera measured of the same view at the same time, or None where that is
            missing. Asked late, after the people are estimated: depth often comes after its image.
    """

    bitmap: Bitmap
    time_s: float
    camera: Camera | None = None
    depth: Callable[[], DepthImage | None] = lambda: None

    def reduced(self, camera: Camera, short_px: int) -> Image:
        """The image with its short side reduced to ``short_px``, or as it is where that is smaller.

        Args:
            camera: of the image as it is.
            short_px: the shorter of width and height [px].
        """
        bitmap = self.bitmap.resized(short_px)
        if bitmap.size_px != camera.size_px:
            camera = camera.scaled_to(*bitmap.size_px)
        return Image(bitmap, camera, calibrated=self.camera is not None, time_s=self.time_s)
