"""Where images come from: video, webcam, photograph, folder, synthetic figure. No ROS, no clock."""

from frankmocap_ros.sources.base import Source, SourceImage
from frankmocap_ros.sources.opening import is_still, open_source, photograph_path

__all__ = ["Source", "SourceImage", "is_still", "open_source", "photograph_path"]
