"""Recordings of what was done: episodes as rosbag2 folders. Pure Python: no ROS, no clock."""

__all__ = [
    "definitions",
    "episodes",
    "mcap_ending",
    "mcap_file",
    "mcap_scan",
    "mcap_writer",
    "message_queue",
    "parameter_event",
    "recorder",
    "recorder_words",
    "repair",
    "rosbag2_metadata",
    "storage",
    "topics",
]
