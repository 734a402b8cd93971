"""Cameras: from points to pixels and back."""

import math
from dataclasses import dataclass

import numpy as np

from frankmocap_ros.geometry.rotation import Array


@dataclass(frozen=True)
class Camera:
    """Pinhole camera without distortion.

    Attributes:
        fx, fy: focal lengths [px].
        cx, cy: principal point [px].
        width, height: size of the image [px].
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    @staticmethod
    def from_fov(width: int, height: int, fov_deg: float) -> "Camera":
        """Camera with square pixels and centered principal point.

        Args:
            width: of its images [px].
            height: of its images [px].
            fov_deg: field of view along the longer side, so that a camera keeps its focal length when it is
                held upright [deg].
        """
        f = 0.5 * max(width, height) / math.tan(math.radians(fov_deg) / 2.0)
        return Camera(f, f, width / 2.0, height / 2.0, width, height)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the image [px]."""
        return self.width, self.height

    def scaled_to(self, width: int, height: int) -> "Camera":
        """The same camera with its image resized to ``width`` x ``height``."""
        sx, sy = width / self.width, height / self.height
        return Camera(self.fx * sx, self.fy * sy, self.cx * sx, self.cy * sy, width, height)

    def project(self, points: Array) -> Array:
        """Image of points in the optical frame.

        Args:
            points: shape (..., 3) [m]. Points at or behind the camera are seen as if 1 mm before it.

        Returns:
            shape (..., 2), x and y [px].
        """
        z = np.maximum(points[..., 2], 1e-3)
        return np.stack(
            [self.fx * points[..., 0] / z + self.cx, self.fy * points[..., 1] / z + self.cy], axis=-1
        )

    def rays(self, pixels: Array) -> Array:
        """Where the rays through ``pixels`` (..., 2) [px] cross the plane z = 1 m: shape (..., 2) [m]."""
        return np.asarray((pixels - (self.cx, self.cy)) / (self.fx, self.fy))
