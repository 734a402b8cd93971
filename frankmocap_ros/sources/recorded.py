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

"""Which files and folders are recordings, where folders are searched for them."""

from pathlib import Path
from typing import Final

from frankmocap_ros.sources.bag import METADATA, is_bag
from frankmocap_ros.sources.stills import SUFFIXES

VIDEO_SUFFIXES: Final = (
    ".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".flv", ".gif",
)  # fmt: skip
RECORDED: Final = f"videos ({' '.join(VIDEO_SUFFIXES)}), folders of images, and recordings of ROS 2"


def is_recorded_file(path: Path) -> bool:
    """Whether a file in a folder is a video or a recording, by its name or first bytes; it may be damaged."""
    return path.suffix.lower() in VIDEO_SUFFIXES or is_bag(path)


def is_one_sequence(folder: Path) -> bool:
    """Whether a folder is a recording of ROS, or holds images and no video: one sequence of images."""
    if (folder / METADATA).is_file():
        return True
    try:
        files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    except OSError:
        return False
    return any(path.suffix.lower() in SUFFIXES for path in files) and not any(map(is_recorded_file, files))
