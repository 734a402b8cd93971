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

"""Where episodes go, and whether it can be written to."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from frankmocap_ros.errors import RecordingError


@dataclass(frozen=True)
class Storage:
    """Where episodes go.

    Attributes:
        root: their folder.
        max_file_bytes: size from which on the next MCAP file is begun; 0 for never.
        queue_bytes: of messages that wait for the disk.
        min_free_bytes: an episode ends while the disk still has this many free.
    """

    root: Path
    max_file_bytes: int = 0
    queue_bytes: int = 64_000_000
    min_free_bytes: int = 0


def check_folder(storage: Storage) -> None:
    """Make the folder of episodes where it is missing, and see that it can be written to.

    Raises:
        RecordingError: it cannot, or its disk is full.
    """
    probe = storage.root / ".writable"
    try:
        storage.root.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"1")
        probe.unlink()
    except OSError as error:
        raise RecordingError(
            f"folder: episodes cannot be written to {storage.root}: {error.strerror or error}; correct its "
            "rights, free space, or name another folder"
        ) from error
    check_space(storage)


def check_space(storage: Storage) -> None:
    """See that the disk has room.

    Raises:
        RecordingError: it has less than ``min_free_bytes``.
    """
    free = shutil.disk_usage(storage.root).free
    if free < storage.min_free_bytes:
        raise RecordingError(
            f"the disk of {storage.root} has {free // 1_000_000} MB left, less than min_free_mb "
            f"({storage.min_free_bytes // 1_000_000}); remove episodes, or restart with another folder"
        )
