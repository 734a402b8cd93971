"""Recordings of what was done: episodes as rosbag2 folders. Pure Python: no ROS, no clock."""

__all__ = ["definitions", "episodes", "mcap_file", "mcap_writer", "rosbag2_metadata", "topics"]
