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

"""Makes an episode readable that was cut off: by a kill, a crash, or a disk that was full."""

import fcntl
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.episodes import EPISODE, EPISODE_NAME, EpisodeInfo, TopicCount, read_info
from frankmocap_ros.recording.mcap_ending import end_file
from frankmocap_ros.recording.mcap_file import McapFile
from frankmocap_ros.recording.mcap_scan import scan
from frankmocap_ros.recording.mcap_writer import close_episode
from frankmocap_ros.recording.rosbag2_metadata import METADATA, FileContents

_JUST_BEGUN: Final = 1024  # [bytes]: more than a file has before its first chunk
_NUMBER: Final = re.compile(r"_(\d+)\.mcap")


@dataclass(frozen=True)
class Repaired:
    """What became of an episode.

    Attributes:
        folder: of the episode.
        messages: how many are readable.
        lost_bytes: of a chunk that was not whole and is gone.
        end_ns: time of the last message that is readable [ns]; 0 where there is none.
    """

    folder: Path
    messages: int
    lost_bytes: int
    end_ns: int

    def text(self) -> str:
        """In words, for people."""
        return (
            f"{self.folder.name} was cut off and is repaired: {self.messages} messages are readable; lost: "
            f"{self.lost_bytes} bytes at the end of the file, and what had not been written out (1 s at most)"
        )


def unfinished(root: Path) -> list[Path]:
    """Episodes of a folder that were never ended, those left out that somebody is recording now."""
    found = [
        path
        for path in sorted(root.glob("episode_*"))
        if EPISODE_NAME.fullmatch(path.name) and path.is_dir() and not (path / METADATA).exists()
    ]
    return [path for path in found if not _is_recorded(path)]


def repair(folder: Path, outcome: str = "", why: str = "the recorder was ended by force") -> Repaired:
    """Make a cut-off episode readable: what is whole stays, the rest goes, and the episode says so.

    Args:
        folder: of the episode.
        outcome: of the episode; empty leaves it.
        why: what cut it off, for its notes.

    Raises:
        RecordingError: it cannot be repaired.
    """
    try:
        return _repaired(folder, outcome, why)
    except OSError as error:
        raise RecordingError(
            f"{folder} was cut off and cannot be repaired: {error}; correct that, then start again"
        ) from error


def _repaired(folder: Path, outcome: str, why: str) -> Repaired:
    files: list[FileContents] = []
    lost_bytes = 0
    for path in _mcap_files(folder):
        found = scan(path)
        if not found.start and found.size > _JUST_BEGUN:
            raise RecordingError(
                f"{path}: the first bytes are damaged, and the file is left as it is; save what is in "
                f"it: mcap recover {path} -o whole.mcap"
            )
        if not found.start or (files and not found.chunks):
            path.unlink()  # it was just begun, and rosbag2 warns of files without messages
            lost_bytes += found.size - found.end
            continue
        if found.finished:
            files.append(found.contents(path.name))
            continue
        whole = found.end
        files.append(end_file(path, found))
        lost_bytes += found.size - min(whole, found.end)
    if not files:
        empty = McapFile(folder / f"{folder.name}_0.mcap")
        empty.finish()
        files.append(empty.contents)
    info = read_info(folder) if (folder / EPISODE).exists() else EpisodeInfo()
    done = Repaired(folder, sum(one.messages for one in files), lost_bytes, max(one.end_ns for one in files))
    _recount(info, files)
    info.complete = False
    info.end_ns = max(done.end_ns, info.start_ns)
    info.outcome = outcome or info.outcome
    info.notes = "; ".join(words for words in (info.notes, f"cut off: {why}") if words)
    close_episode(folder, info, files)
    return done


def _mcap_files(folder: Path) -> list[Path]:
    """In the order in which they were written."""
    numbers = {path: match for path in folder.glob("*.mcap") if (match := _NUMBER.search(path.name))}
    return sorted(numbers, key=lambda path: int(numbers[path][1]))


def _recount(info: EpisodeInfo, files: list[FileContents]) -> None:
    """Messages by topic, as they are in the files."""
    for count in info.topics.values():
        count.messages = 0
    for contents in files:
        for topic, messages in contents.counts.items():
            info.topics.setdefault(topic.name, TopicCount(topic.type_name)).messages += messages


def _is_recorded(folder: Path) -> bool:
    """Whether a recorder has the episode's newest file open."""
    for path in _mcap_files(folder)[-1:]:
        with suppress(OSError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False
