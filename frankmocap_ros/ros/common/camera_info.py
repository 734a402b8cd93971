"""Cameras as CameraInfo, and which of a CameraInfo's two cameras holds for a topic."""

import re
from typing import Final

from sensor_msgs.msg import CameraInfo

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import PLUMB_BOB

_RECTIFIED: Final = re.compile(r"(^|_)(rect|rectified)(_|$)")


def is_rectified(choice: str, topic: str) -> bool:
    """Whether the images of a topic are rectified.

    Args:
        choice: ``auto``, ``true`` or ``false``; auto goes by the topic, as image_proc names it.
        topic: such as ``/left/image_rect_color``, also with ``/compressed``.
    """
    if choice != "auto":
        return choice == "true"
    name = topic.removesuffix("/compressed").rpartition("/")[2]
    return _RECTIFIED.search(name) is not None


def camera_info(camera: Camera | None, width: int, height: int) -> CameraInfo:
    """A camera as a message; one that is not calibrated has K zero, as the message asks.

    Args:
        camera: the camera, None where it is not known.
        width: width of its images [px].
        height: height of its images [px].
    """
    msg = CameraInfo(width=width, height=height, distortion_model=PLUMB_BOB, d=[0.0] * 5)
    msg.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    if camera is not None:
        fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
        msg.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
        msg.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
        if camera.distortion is not None:
            msg.distortion_model, msg.d = camera.distortion.model, list(camera.distortion.coefficients)
    return msg
