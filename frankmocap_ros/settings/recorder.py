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

"""Every setting of the recorder node, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class RecorderSettings:
    """Settings of the recorder node."""

    folder: str = setting(
        "episodes",
        "Folder of the episodes; made where it is missing, and checked at start.",
        live=False,
    )
    record_at_start: bool = setting(
        True, "Begin an episode when the node starts; otherwise the service ~/start does.", live=False
    )
    task: str = setting("", "What the operator is to do, in words, stored with each episode.")
    outcome: str = setting(
        "unknown",
        "Outcome of the episode that ends next; unknown again after it.",
        choices=("unknown", "success", "failure"),
    )
    notes: str = setting("", "Notes on the episode that ends next; empty again after it.")
    robot_map: str = setting("", "Map that the robot is driven with, stored with each episode.")
    images: str = setting(
        "as_published",
        "Camera images to record: none, as_published (topic image), compressed (topic image/compressed), or h264 "
        "(either as video, which the recorder encodes; images among topics as well).",
        choices=("none", "as_published", "compressed", "h264"),
        live=False,
    )
    topics: tuple[str, ...] = setting(
        (), "Further topics to record, of any type, such as the robot's cameras.", live=False
    )
    node: str = setting("frankmocap", "Name of the mocap node to record.", live=False)
    gate: str = setting("gate", "Name of the gate to record.", live=False)
    simulation: str = setting(
        "robot_sim", "Name of the simulated robot, whose objects are recorded.", live=False
    )
    max_file_mb: int = setting(
        2000, "Size from which on the next MCAP file of an episode is begun; 0 for never.",
        unit="MB", minimum=0, maximum=1_000_000, live=False,
    )  # fmt: skip
    queue_mb: int = setting(
        128, "Size of the messages that wait for the disk, and of images that wait for the encoder; further ones are "
        "dropped and counted.",
        unit="MB", minimum=1, maximum=16_000, live=False,
    )  # fmt: skip
    min_free_mb: int = setting(
        500, "Free space that is left on the disk: an episode ends by itself before it is used up.",
        unit="MB", minimum=0, maximum=1_000_000, live=False,
    )  # fmt: skip
    joy_record_button: int = setting(
        -1,
        "Button of the topic joy that begins an episode, or ends it; -1 disables it.",
        minimum=-1,
        maximum=63,
    )
    joy_discard_button: int = setting(
        -1,
        "Button of the topic joy that ends an episode as discarded; -1 disables it.",
        minimum=-1,
        maximum=63,
    )
