"""Image sources: video, webcam, animation, photograph, folder, bag, synthetic figure. No ROS, no clock."""

from frankmocap_ros.sources.base import Source, SourceImage
from frankmocap_ros.sources.opening import check_source, is_still, is_webcam, open_source, photograph_path

__all__ = ["Source", "SourceImage", "check_source", "is_still", "is_webcam", "open_source", "photograph_path"]
