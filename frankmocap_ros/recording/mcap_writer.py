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

"""Writes an episode: MCAP files, each as large as allowed, ``metadata.yaml`` and ``episode.json``."""

from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.definitions import definition
from frankmocap_ros.recording.episodes import OUTCOMES, EpisodeInfo, TopicCount, write_info
from frankmocap_ros.recording.mcap_file import McapFile
from frankmocap_ros.recording.rosbag2_metadata import METADATA, FileContents, metadata_yaml
from frankmocap_ros.recording.topics import Topic
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.whole_files import replace_text

_RESERVE: Final = ".reserve"
_RESERVE_BYTES: Final = 64 * 1024  # what the two small files at the end take, on a disk that is full


class EpisodeWriter:
    """An episode that is being recorded. For one thread.

    Args:
        folder: of the episode, such as ``DIR/episode_000001``; it must not exist, and is made.
        info: what is known at the start; its topics, end, outcome and ``complete`` are kept here.
        max_file_bytes: size from which on the next MCAP file is begun; 0 for one file however large.

    Raises:
        RecordingError: the folder exists, cannot be made, or has a name that is not UTF-8.
        MissingDependencyError: the package mcap is not installed.
    """

    def __init__(self, folder: Path, info: EpisodeInfo, max_file_bytes: int = 0) -> None:
        self.folder, self.info = folder, info
        self._max_file_bytes = max_file_bytes
        self._topics: dict[str, Topic] = {}
        self._files: list[FileContents] = []
        if printable(folder.name) != folder.name:
            raise RecordingError(
                f"{printable(folder)}: the name is not UTF-8, which rosbag2 needs; name another"
            )
        try:
            folder.mkdir(parents=True)
            (folder / _RESERVE).write_bytes(bytes(_RESERVE_BYTES))
            self._file = self._next_file()
        except OSError as error:
            raise RecordingError(
                f"the episode {folder} cannot be begun: {error}; name a folder that can be written to"
            ) from error
        write_info(folder, info)

    @property
    def size(self) -> int:
        """Bytes of the MCAP file that is being written."""
        return self._file.size

    def add_topic(self, topic: str, type_name: str, qos: str = "") -> None:
        """Name a topic before its first message.

        Args:
            topic: name in full.
            type_name: such as ``sensor_msgs/msg/Image``.
            qos: what its publishers offer, from ``topics.qos_text``.

        Raises:
            RecordingError: the type's definition is not installed; or the topic has another type already.
        """
        known = self._topics.get(topic)
        if known is None:
            self._topics[topic] = Topic(topic, type_name, definition(type_name).type_hash, qos)
            self.info.topics.setdefault(topic, TopicCount(type_name))
        elif known.type_name != type_name:
            raise RecordingError(
                f"{topic} is {known.type_name} in this episode; {type_name} on it is not recorded as well"
            )

    def write(self, topic: str, type_name: str, cdr: bytes, log_time_ns: int, publish_time_ns: int) -> None:
        """Append a message.

        Args:
            topic: name in full.
            type_name: such as ``sensor_msgs/msg/Image``.
            cdr: the message as it came, with the header of its encoding.
            log_time_ns: when it was received, by the recorder's clock [ns].
            publish_time_ns: when it was published, by the middleware [ns].

        Raises:
            RecordingError: as of ``add_topic``.
            OSError: the disk takes no more; ``recording/repair.py`` makes the episode readable.
        """
        self.add_topic(topic, type_name)
        if 0 < self._max_file_bytes <= self._file.size:
            self._file.finish()
            self._file = self._next_file()
        self._file.write(self._topics[topic], cdr, log_time_ns, publish_time_ns)
        self.info.topics[topic].messages += 1

    def flush(self) -> None:
        """Write out what is only in memory: a crash then takes nothing from before.

        Raises:
            OSError, RecordingError: the disk takes no more.
        """
        self._file.flush()
        write_info(self.folder, self.info)

    def finish(self, outcome: str = "unknown", notes: str = "", end_ns: int = 0) -> EpisodeInfo:
        """Make the episode whole.

        Args:
            outcome: unknown, success, failure or discarded.
            notes: in words.
            end_ns: when it ended [ns]; 0 for the time of the last message.

        Raises:
            RecordingError: the outcome is none of these.
            OSError: the disk takes no more.
        """
        if outcome not in OUTCOMES:
            raise RecordingError(f"outcome {outcome!r} is not one of {', '.join(OUTCOMES)}")
        self._file.finish()
        last_ns = max((contents.end_ns for contents in self._files), default=0)
        self.info.outcome, self.info.notes = outcome, notes
        self.info.end_ns = end_ns or max(last_ns, self.info.start_ns)
        self.info.complete = True
        close_episode(self.folder, self.info, self._files)
        return self.info

    def close(self) -> None:
        """Let go of the files as they are, for repair."""
        self._file.close()

    def _next_file(self) -> McapFile:
        file = McapFile(self.folder / f"{self.folder.name}_{len(self._files)}.mcap")
        self._files.append(file.contents)
        return file


def close_episode(folder: Path, info: EpisodeInfo, files: list[FileContents]) -> None:
    """Write ``episode.json`` and, last, ``metadata.yaml``: what has both is whole.

    Raises:
        OSError, RecordingError: they cannot be written.
    """
    (folder / _RESERVE).unlink(missing_ok=True)
    write_info(folder, info)
    replace_text(folder / METADATA, metadata_yaml(files))
