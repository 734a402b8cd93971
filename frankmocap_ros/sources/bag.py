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

"""Recordings of ROS 2: rosbag2 folders, and single files of their storage (MCAP, SQLite)."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frankmocap_ros.errors import MocapError, SourceError
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.installing import optional_import
from frankmocap_ros.sources.bag_types import BagTypes, in_one_line

if TYPE_CHECKING:
    from types import TracebackType

    from rosbags.interfaces import Connection
    from rosbags.rosbag2 import Reader

ALLOWED_BAGS = "a rosbag2 folder (with metadata.yaml), or one file .mcap or .db3 of ROS 2"
METADATA = "metadata.yaml"
_SUFFIXES = (".mcap", ".db3")
_ROS1 = b"#ROSBAG V"
_MAGIC = (b"\x89MCAP0\r\n", b"SQLite format 3\0", _ROS1)
_WHOLE = 0.9  # of the messages that metadata.yaml promises; with fewer, files are missing or cut off


@dataclass(frozen=True, eq=False)
class BagMessage:
    """One message of a bag.

    Attributes:
        topic: its topic, as it was recorded.
        type_name: such as ``sensor_msgs/msg/Image``.
        log_time_ns: when the recorder received it [ns].
        message: fields are attributes as in rclpy; arrays and sequences of numbers are NumPy's.
    """

    topic: str
    type_name: str
    log_time_ns: int
    message: Any


def is_bag(path: Path) -> bool:
    """Whether a file or folder is a recording of ROS, by its content or suffix; it may be damaged."""
    if path.is_dir():
        if (path / METADATA).is_file():
            return True
        with contextlib.suppress(OSError):
            return any(file.suffix in _SUFFIXES for file in path.iterdir())
        return False
    if path.suffix.lower() in _SUFFIXES or not path.is_file():  # a pipe waits for who writes into it
        return path.suffix.lower() in _SUFFIXES
    try:
        with path.open("rb") as file:
            return file.read(16).startswith(_MAGIC)
    except OSError:
        return False


class Bag:
    """A recording that is open for reading.

    Args:
        path: a rosbag2 folder, or a file .mcap or .db3.

    Attributes:
        path: as given.
        topics: type of each topic, such as ``{"/image": "sensor_msgs/msg/Image"}``; also of topics without
            messages.
        counts: number of messages of each topic.
        start_ns: log time of the first message [ns].
        end_ns: log time of the last message [ns].

    Raises:
        MissingDependencyError: the package ``rosbags`` is not installed.
        SourceError: it is no bag, is damaged or holds no message; the text says what to do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shown = printable(path)
        self._reader = self._opened()
        try:
            with self._in_words():
                connections = self._reader.connections
                self.topics = {c.topic: c.msgtype for c in sorted(connections, key=lambda c: c.topic)}
                self.counts = Counter(dict.fromkeys(self.topics, 0))
                for connection in connections:
                    self.counts[connection.topic] += connection.msgcount
                self.start_ns, self.end_ns = self._reader.start_time, self._reader.end_time - 1
                if self._reader.message_count == 0:
                    raise SourceError(f"{self._shown}: the bag holds no messages; record it again")
        except MocapError:
            self.close()
            raise
        self._types = BagTypes(self._shown)

    def messages(self, topics: Collection[str] | None = None) -> Iterator[BagMessage]:
        """The messages, in order of their log time (of several files, one file after the other).

        One such iterator at a time: they share the open file.

        Args:
            topics: only of these topics; what the bag does not have gives nothing. All where it is None.

        Raises:
            SourceError: a file or message is damaged, or a message's type is not known.
        """
        wanted = [c for c in self._reader.connections if topics is None or c.topic in topics]
        if not wanted:  # for the reader, none is all
            return
        given: Counter[str] = Counter()
        for connection, log_time_ns, data in self._raw(wanted):
            message = self._types.decoded(connection, data)
            given[connection.topic] += 1
            yield BagMessage(connection.topic, connection.msgtype, log_time_ns, message)
        for topic in sorted({connection.topic for connection in wanted}):
            if given[topic] < _WHOLE * self.counts[topic]:
                raise SourceError(
                    f"{self._shown}: {self.counts[topic]} messages of {topic} are promised, and "
                    f"only {given[topic]} are there: files lack or are cut off, or {METADATA} is another "
                    f"bag's; copy the bag again, or write {METADATA} again: ros2 bag reindex {self._shown}"
                )

    def close(self) -> None:
        """Close the files."""
        with contextlib.suppress(Exception):  # of what is open, nothing is left to be saved
            self._reader.close()

    def __enter__(self) -> Bag:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> Reader:
        with optional_import("rosbags", f"{self._shown}: reading a bag needs the package", "recordings"):
            from rosbags.rosbag2 import Reader
        self._check_files()
        with self._in_words():
            reader = Reader(self.path)
            reader.open()
            _forget_offers(reader)
        return reader

    def _check_files(self) -> None:
        """Refuse, in words of our own, what the reader does not take."""
        if not self.path.exists():
            raise SourceError(f"{self._shown}: there is no such bag; allowed: {ALLOWED_BAGS}")
        if self.path.is_dir():
            if not (self.path / METADATA).is_file():
                raise SourceError(
                    f"{self._shown}: this folder has no {METADATA}: its recording did not end, or it is no "
                    f"bag; write it: ros2 bag reindex {self._shown}; or name one of its files. "
                    f"Allowed: {ALLOWED_BAGS}"
                )
            return
        with self._in_words(), self.path.open("rb") as file:
            start = file.read(16)
        if start.startswith(_ROS1):
            raise SourceError(
                f"{self._shown}: a bag of ROS 1; convert it: "
                f"rosbags-convert --src {self._shown} --dst FOLDER. Allowed: {ALLOWED_BAGS}"
            )
        if not start:
            raise SourceError(f"{self._shown}: the file is empty; record or copy it again")
        if self.path.suffix not in _SUFFIXES:
            raise SourceError(
                f"{self._shown}: a bag's name ends in {' or '.join(_SUFFIXES)}; rename the file"
            )

    def _raw(self, connections: list[Connection]) -> Iterator[tuple[Connection, int, bytes]]:
        with self._in_words():
            yield from self._reader.messages(connections)

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """What the reader raises for a damaged file is of any kind: it becomes one error."""
        try:
            yield
        except MocapError:
            raise
        except OSError as error:
            raise SourceError(
                f"{self._shown}: {error.strerror or error}; name a bag that can be read: {ALLOWED_BAGS}"
            ) from error
        except Exception as error:
            said = in_one_line(error)
            recover = (
                f"ros2 bag reindex {self._shown}"
                if self.path.is_dir()
                else f"mcap recover {self._shown} -o whole.mcap"
            )
            raise SourceError(
                f"{self._shown}: cannot be read ({said}): cut off, damaged, or no bag; copy it again, or "
                f"save what is left of it: {recover}. Allowed: {ALLOWED_BAGS}"
            ) from error


def _forget_offers(reader: Reader) -> None:
    """Let a topic of metadata.yaml be that of the files whatever quality of service was offered.

    Where the two spell it otherwise, as in bags that were reindexed or converted, the reader takes them for
    different topics and gives no message.
    """
    from rosbags.interfaces import Connection, ConnectionExtRosbag2

    for storage in (reader.storage, *getattr(reader.storage, "storages", ())):
        storage.connections[:] = [
            Connection(
                id=c.id,
                topic=c.topic,
                msgtype=c.msgtype,
                msgdef=c.msgdef,
                digest="",
                msgcount=c.msgcount,
                ext=ConnectionExtRosbag2(getattr(c.ext, "serialization_format", "cdr"), []),
                owner=c.owner,
            )
            for c in storage.connections
        ]
