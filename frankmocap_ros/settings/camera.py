"""Every setting of the camera node, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class CameraSettings:
    """Settings of the camera node."""

    source: str = setting(
        "auto",
        "Video file, image file, /dev/videoN, synthetic, or auto: a webcam if there is one, else a photograph that comes with an installed package.",
        live=False,
    )
    wait_for_source: bool = setting(
        True,
        "Try again where source cannot be opened at the start; false ends the node then. A source that is lost later is opened again in any case.",
        live=False,
    )
    rate_hz: float = setting(
        0.0,
        "Images per second; 0 keeps the source's own rate.",
        unit="Hz",
        minimum=0.0,
        maximum=1000.0,
        live=False,
    )
    loop: bool = setting(True, "Start a video again at its end.")
    width: int = setting(
        0,
        "Wider images are reduced to this width; 0 keeps the source's own.",
        unit="px",
        minimum=0,
        maximum=7680,
        live=False,
    )
    frame_id: str = setting("camera_optical_frame", "Frame of the images.", live=False)
    horizontal_fov_deg: float = setting(
        0.0,
        "Field of view along the longer side of the image (the height of a portrait image), for camera_info; 0 says that the camera is not calibrated (K is zero), but the synthetic camera knows its own.",
        unit="deg",
        minimum=0.0,
        maximum=170.0,
        live=False,
    )
    camera_info: bool = setting(True, "Publish camera_info.", live=False)
    raw: bool = setting(True, "Publish image.", live=False)
    compressed: bool = setting(False, "Publish image/compressed as JPEG.", live=False)
    depth: bool = setting(
        False, "Publish depth in meters, aligned to image; only the synthetic figure has it.", live=False
    )
    jpeg_quality: int = setting(90, "JPEG quality of image/compressed.", minimum=1, maximum=100)
    motion: str = setting(
        "wave", "What the synthetic figure does.", choices=("wave", "walk_out", "cross", "stall"), live=False
    )
