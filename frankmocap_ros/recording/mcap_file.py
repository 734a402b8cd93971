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

"""One MCAP file in rosbag2's profile, written in chunks: what is whole on the disk can be read."""

import fcntl
import importlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.recording.definitions import definition
from frankmocap_ros.recording.rosbag2_metadata import FileContents, information_yaml
from frankmocap_ros.recording.topics import Topic
from frankmocap_ros.runtime.installing import install_command

PROFILE: Final = "ros2"
LIBRARY: Final = "frankmocap_ros"
QOS: Final = "offered_qos_profiles"  # rosbag2's names of a channel's metadata
TYPE_HASH: Final = "topic_type_hash"


def mcap_module(name: str) -> Any:
    """A module of the package ``mcap``, such as ``writer``.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        return importlib.import_module(f"mcap.{name}")
    except ImportError as error:
        raise MissingDependencyError(
            f"recordings need the package mcap ({error}); install it: {install_command('recordings')}"
        ) from error


class WholeWrites:
    """A new file that takes every write whole or raises, and keeps nothing back in memory.

    It is locked as long as it is open, so that nobody takes it for one that was cut off.

    Raises:
        OSError: from every method, as the system says it.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        with suppress(OSError):  # some network drives have no locks
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append; the number of bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes so far."""
        return self._size

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


class McapFile:
    """A file that messages are written to as they come, until ``finish`` makes it whole.

    Messages gather in chunks of about 1 MiB; ``flush`` writes the chunk that is begun. What a crash leaves is
    made readable by ``recording/repair.py``.

    Args:
        path: a new file.

    Raises:
        OSError: from every method, where the disk does not take more; the file is then of no more use than to
            be closed and repaired.
        MissingDependencyError: the package mcap is not installed.
    """

    def __init__(self, path: Path) -> None:
        writer = mcap_module("writer")
        self.path = path
        self.contents = FileContents(path.name)
        self._channels: dict[Topic, int] = {}
        self._schemas: dict[str, int] = {}
        self._stream = WholeWrites(path)
        # LZ4 costs least; images hardly get smaller with anything
        self._writer = writer.Writer(self._stream, compression=writer.CompressionType.LZ4)
        self._writer.start(profile=PROFILE, library=LIBRARY)

    @property
    def size(self) -> int:
        """Bytes written so far; the chunk that is begun not counted."""
        return self._stream.tell()

    def write(self, topic: Topic, cdr: bytes | memoryview, log_time_ns: int, publish_time_ns: int) -> None:
        """Append a message.

        Args:
            topic: where it was published; its type's definition is looked up at its first message.
            cdr: the message as it came, with the header of its encoding.
            log_time_ns: when it was received [ns].
            publish_time_ns: when it was published [ns].

        Raises:
            RecordingError: the type's definition is not installed.
        """
        channel = self._channels.get(topic)
        if channel is None:
            channel = self._channels[topic] = self._register(topic)
        self._writer.add_message(channel, log_time_ns, cdr, publish_time_ns)
        self.contents.count(topic, log_time_ns)

    def flush(self) -> None:
        """Write out what is only in memory."""
        self._writer.flush()

    def finish(self) -> None:
        """Write the summary and close: the file is whole."""
        self._writer.flush()
        self._writer.add_metadata("rosbag2", {"serialized_metadata": information_yaml(self.contents)})
        self._writer.finish()
        self._stream.close()

    def close(self) -> None:
        """Close as it is, for repair."""
        self._stream.close()

    def _register(self, topic: Topic) -> int:
        if topic.type_name not in self._schemas:
            text = definition(topic.type_name).text.encode()
            self._schemas[topic.type_name] = self._writer.register_schema(topic.type_name, "ros2msg", text)
        metadata = {QOS: topic.qos, TYPE_HASH: topic.type_hash}
        return int(self._writer.register_channel(topic.name, "cdr", self._schemas[topic.type_name], metadata))
