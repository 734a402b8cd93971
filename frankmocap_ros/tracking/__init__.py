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

"""People from image to image: tracking, filtering, depth and the pipeline."""

__all__ = [
    "absent_tips",
    "apparent_length",
    "background_detection",
    "bone_lengths",
    "depth_fit",
    "depth_lifting",
    "depth_scale",
    "detection_schedule",
    "finger_lifting",
    "hand_filter",
    "hand_outliers",
    "held_rotations",
    "image_border",
    "learned_lengths",
    "limb_signs",
    "person_filter",
    "person_size",
    "pipeline",
    "pixel_lifting",
    "position_stddev",
    "rotation_memory",
    "side_swaps",
    "size_calibration",
    "steady_body",
    "swing_limit",
    "torso_lifting",
    "track",
    "tracker",
]
