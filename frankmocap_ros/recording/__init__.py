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

"""Recordings of what was done: episodes as rosbag2 folders. Pure Python: no ROS, no clock."""

__all__ = [
    "bodies",
    "cdr",
    "definitions",
    "delivery_faults",
    "episode_images",
    "episode_table",
    "episodes",
    "export_options",
    "exporting",
    "fault",
    "faults",
    "h264",
    "image_encoding",
    "judging",
    "lerobot",
    "lerobot_features",
    "lerobot_pictures",
    "lerobot_stage",
    "lerobot_tables",
    "limit_checks",
    "limits",
    "mcap_ending",
    "mcap_file",
    "mcap_scan",
    "mcap_writer",
    "message_queue",
    "parameter_event",
    "recorded",
    "recorded_gate",
    "recorder",
    "recorder_words",
    "repair",
    "replay",
    "replay_input",
    "replay_job",
    "replay_plots",
    "replay_table",
    "roles",
    "rosbag2_metadata",
    "rows",
    "samples",
    "sight_faults",
    "statistics",
    "storage",
    "topics",
    "video_file",
]
