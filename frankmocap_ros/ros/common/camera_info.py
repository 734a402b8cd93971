"""Cameras as CameraInfo."""

from sensor_msgs.msg import CameraInfo

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import PLUMB_BOB


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
