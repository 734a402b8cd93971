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

"""Draws what config/frankmocap.rviz shows of the synthetic figure: no screenshot, RViz is not needed.

python docs/make_rviz_picture.py    (needs the ROS messages)

The lines and texts are those of ``~/markers``, seen through the file's own view; the image is
``~/annotated``.
"""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from frankmocap_ros.body.drawing import annotate
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.ros.mocap.markers import MarkerMaker
from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.sources import open_source
from frankmocap_ros.tracking.pipeline import Pipeline

PICTURE = Path(__file__).with_name("source") / "images" / "rviz.jpg"
STILL_S = 2.6  # a moment with the right arm raised
CAMERA_HEIGHT_M = 1.5  # launch/demo.launch.py
WORLD_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
FIELD_OF_VIEW = math.radians(45.0)  # of RViz's views, vertical
SIZE_PX = (436, 480)  # of the 3D view, as wide as high beside the left dock
IMAGE_PX = (640, 480)
BACKGROUND_BGR = (48, 48, 48)


@dataclass(frozen=True)
class OrbitView:
    """RViz's Orbit view.

    Attributes:
        focal_point: what it looks at, shape (3,) [m], z up.
        distance: from there [m].
        yaw: of the eye about the focal point [rad].
        pitch: of the eye above it [rad].
    """

    focal_point: NDArray[np.float64]
    distance: float
    yaw: float
    pitch: float

    @classmethod
    def of(cls, config: dict[str, Any]) -> "OrbitView":
        """The current view of a parsed .rviz file."""
        view = config["Visualization Manager"]["Views"]["Current"]
        point = np.array([view["Focal Point"][axis] for axis in "XYZ"], float)
        return cls(point, view["Distance"], view["Yaw"], view["Pitch"])

    def project(self, points: NDArray[np.float64], aspect: float) -> NDArray[np.float64]:
        """Where points are on the screen.

        Args:
            points: shape (N, 3), in the target frame [m].
            aspect: width of the 3D view by its height.

        Returns:
            Shape (N, 3): x to the right and y upwards, -1 to 1 inside the view, and the distance along
            the line of sight [m], positive before the eye.
        """
        yaw, pitch = self.yaw, self.pitch
        back = np.array([math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), math.sin(pitch)])
        right = np.array([-math.sin(yaw), math.cos(yaw), 0.0])
        up = np.cross(back, right)
        seen = points - (self.focal_point + self.distance * back)
        depth = -seen @ back
        half = math.tan(FIELD_OF_VIEW / 2) * depth
        return np.stack([seen @ right / (half * aspect), seen @ up / half, depth], axis=1)


def in_world(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points in the demo camera's optical frame, shape (N, 3), in the frame ``world``."""
    return points @ WORLD_FROM_OPTICAL.T + (0.0, 0.0, CAMERA_HEIGHT_M)


class Canvas:
    """The 3D view.

    Attributes:
        image: shape (H, W, 3), BGR.
        view: through which it is seen.
    """

    def __init__(self, view: OrbitView) -> None:
        width, height = SIZE_PX
        self.image = np.full((height, width, 3), BACKGROUND_BGR, np.uint8)
        self.view = view

    def line(self, ends: NDArray[np.float64], color: Any, width_m: float) -> None:
        """A line between two points in ``world``, shape (2, 3)."""
        (start, end), depth = self._pixels(ends)
        cv2.line(self.image, start, end, color, max(1, round(self._px(width_m, depth))), cv2.LINE_AA)

    def text(self, words: str, place: NDArray[np.float64], height_m: float) -> None:
        """Lines of text around a point in ``world``, shape (3,); ``height_m`` is that of a capital letter."""
        ((x, y),), depth = self._pixels(place[None])
        height = self._px(height_m, depth)
        for row, words_of_row in enumerate(words.split("\n")):
            (width, _), _ = cv2.getTextSize(words_of_row, cv2.FONT_HERSHEY_SIMPLEX, height / 22, 1)
            at = (x - width // 2, y + round(row * 2.0 * height))
            cv2.putText(
                self.image,
                words_of_row,
                at,
                cv2.FONT_HERSHEY_SIMPLEX,
                height / 22,
                (255, 255, 255),
                1,
                cv2.LINE_AA,
            )

    def _pixels(self, points: NDArray[np.float64]) -> tuple[list[tuple[int, int]], float]:
        width, height = SIZE_PX
        seen = self.view.project(points, width / height)
        places = [(round((1 + x) * width / 2), round((1 - y) * height / 2)) for x, y, _ in seen.tolist()]
        return places, float(seen[:, 2].mean())

    def _px(self, length_m: float, depth: float) -> float:
        return length_m * SIZE_PX[1] / (2 * depth * math.tan(FIELD_OF_VIEW / 2))


def draw_scene(canvas: Canvas, markers: list[Marker], floor: dict[str, Any]) -> None:
    """The floor, the camera's axes and the markers."""
    half = floor["Plane Cell Count"] * floor["Cell Size"] / 2
    center = np.array([floor["Offset"][axis] for axis in "XYZ"], float)
    for along in np.arange(-half, half + 1e-6, floor["Cell Size"]):
        for first, second in (((along, -half, 0), (along, half, 0)), ((-half, along, 0), (half, along, 0))):
            ends = np.array([first, second]) + center
            if (canvas.view.project(ends, 1.0)[:, 2] > 0.1).all():
                canvas.line(ends, (104, 104, 104), 0.005)
    camera = np.array([0.0, 0.0, CAMERA_HEIGHT_M])
    for axis, color in zip(WORLD_FROM_OPTICAL.T, ((0, 0, 255), (0, 255, 0), (255, 0, 0)), strict=True):
        canvas.line(np.stack([camera, camera + 0.2 * axis]), color, 0.02)
    for marker in markers:
        if marker.type == Marker.TEXT_VIEW_FACING:
            place = marker.pose.position
            canvas.text(marker.text, in_world(np.array([[place.x, place.y, place.z]]))[0], marker.scale.z)
            continue
        points = in_world(np.array([(p.x, p.y, p.z) for p in marker.points]))
        for ends, color in zip(points.reshape(-1, 2, 3), marker.colors[::2], strict=True):
            canvas.line(ends, (255 * color.b, 255 * color.g, 255 * color.r), marker.scale.x)


def main() -> None:
    """Write ``rviz.jpg`` among the documentation's pictures."""
    config = yaml.safe_load(share_file("config", "frankmocap.rviz").read_text())
    settings = updated(Settings(), {"estimator": "blazepose"})
    pipeline = Pipeline(make_estimator(settings), settings, time.perf_counter)
    source = open_source(CameraSettings(source="synthetic"))
    image = source.read()
    while image is not None:
        frame = pipeline.process(CameraImage(Bitmap(image.pixels), image.time_s, source.camera))
        if image.time_s >= STILL_S:
            break
        image = source.read()
    header = Header(stamp=Time(), frame_id=CameraSettings.frame_id)
    canvas = Canvas(OrbitView.of(config))
    displays = {display["Name"]: display for display in config["Visualization Manager"]["Displays"]}
    draw_scene(canvas, MarkerMaker().make(frame, header, 34.0).markers, displays["Floor"])
    drawn = image.pixels.copy()
    annotate(drawn, frame, ["34 ms  30 Hz"])
    left = cv2.resize(drawn, IMAGE_PX, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(PICTURE), np.hstack([left, canvas.image]), [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
