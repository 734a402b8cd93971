"""Recordings of what was done: episodes as rosbag2 folders. Pure Python: no ROS, no clock."""

__all__ = [
    "definitions",
    "episodes",
    "export_options",
    "exporting",
    "mcap_file",
    "mcap_writer",
    "parquet",
    "recorded",
    "roles",
    "rosbag2_metadata",
    "rows",
    "samples",
    "topics",
]
