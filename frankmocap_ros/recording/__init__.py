"""Recordings of what was done: episodes as rosbag2 folders. Pure Python: no ROS, no clock."""

__all__ = [
    "bodies",
    "definitions",
    "episodes",
    "faults",
    "judging",
    "limits",
    "mcap_file",
    "mcap_writer",
    "recorded_gate",
    "replay",
    "replay_input",
    "replay_job",
    "replay_plots",
    "replay_table",
    "rosbag2_metadata",
    "topics",
]
