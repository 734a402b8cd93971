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

"""Finds out what of an MCAP file is whole."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from frankmocap_ros.errors import MissingDependencyError, RecordingError
from frankmocap_ros.recording.mcap_file import QOS, TYPE_HASH, mcap_module
from frankmocap_ros.recording.rosbag2_metadata import FileContents
from frankmocap_ros.recording.topics import Topic

MAGIC: Final = b"\x89MCAP0\r\n"
_HEAD: Final = 9  # of a record: its kind, and the length of the rest


@dataclass
class Chunk:
    """A chunk that is whole.

    Attributes:
        offset: where it begins [bytes].
        length: with its head [bytes].
        index: its record of the summary.
        messages: places of its messages: number of the channel -> times and offsets within the chunk.
        channels: those that are first named in it, as numbers.
        indexed_to: where the indexes of its messages end, if they are whole as well; 0 where they are not.
    """

    offset: int
    length: int
    index: Any
    messages: dict[int, list[tuple[int, int]]]
    channels: list[int] = field(default_factory=list)
    indexed_to: int = 0

    @property
    def end(self) -> int:
        """Where it ends, its indexes included that are whole."""
        return self.indexed_to or self.offset + self.length


@dataclass
class Scan:
    """What is whole of a file.

    Attributes:
        size: of the file [bytes].
        start: where its first chunk begins; 0 where not even its header is whole.
        finished: whether nothing is missing, footer included.
        schemas: by number.
        channels: by number.
        chunks: in order.
    """

    size: int
    start: int = 0
    finished: bool = False
    schemas: dict[int, Any] = field(default_factory=dict)
    channels: dict[int, Any] = field(default_factory=dict)
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Where what is whole ends."""
        return self.chunks[-1].end if self.chunks else self.start

    def topic(self, channel: int) -> Topic:
        """The topic of a channel."""
        found = self.channels[channel]
        name = self.schemas[found.schema_id].name
        return Topic(found.topic, name, found.metadata.get(TYPE_HASH, ""), found.metadata.get(QOS, ""))

    def contents(self, name: str) -> FileContents:
        """Messages of the chunks, for metadata."""
        contents = FileContents(name)
        for chunk in self.chunks:
            for channel, places in chunk.messages.items():
                topic = self.topic(channel)
                for time_ns, _ in places:
                    contents.count(topic, time_ns)
        return contents


def scan(path: Path) -> Scan:
    """Read a file up to where it is no longer whole.

    Raises:
        RecordingError: it is no MCAP file.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        found = Scan(path.stat().st_size)
        magic = file.read(len(MAGIC))
        if not MAGIC.startswith(magic):
            raise RecordingError(f"{path} is not an MCAP file: it begins with {magic!r}")
        with suppress(_CutOffError):
            _read_records(file, found)
    return found


class _CutOffError(Exception):
    """From here on the file is not whole."""


def _read_records(file: BinaryIO, found: Scan) -> None:
    for offset, kind, body in _records(file, found.size):
        try:
            _take(file, found, (offset, kind, body))
        except (OSError, MissingDependencyError, _CutOffError):
            raise
        except Exception as error:  # what damaged bytes raise is of any kind
            raise _CutOffError from error


def _take(file: BinaryIO, found: Scan, record: tuple[int, int, bytes]) -> None:
    """Take note of a record: its offset, kind and content."""
    opcodes, records = mcap_module("opcode").Opcode, mcap_module("records")
    streams = mcap_module("data_stream")
    offset, kind, body = record
    if kind == opcodes.HEADER:
        found.start = offset + _HEAD + len(body)
    elif kind == opcodes.CHUNK:
        found.chunks.append(_chunk(offset, body, found))
    elif kind == opcodes.MESSAGE_INDEX and found.chunks:
        chunk = found.chunks[-1]
        index = records.MessageIndex.read(streams.ReadDataStream(BytesIO(body)))
        chunk.index.message_index_offsets[index.channel_id] = offset
        if chunk.index.message_index_offsets.keys() == chunk.messages.keys():
            chunk.indexed_to = offset + _HEAD + len(body)
            chunk.index.message_index_length = chunk.indexed_to - chunk.offset - chunk.length
    elif kind == opcodes.FOOTER:
        found.finished = file.read(len(MAGIC)) == MAGIC


def _records(file: BinaryIO, size: int) -> Iterator[tuple[int, int, bytes]]:
    """Offset, kind and content of each record."""
    while True:
        offset = file.tell()
        head = file.read(_HEAD)
        length = int.from_bytes(head[1:], "little")
        if len(head) < _HEAD or offset + _HEAD + length > size:
            raise _CutOffError
        yield offset, head[0], file.read(length)


def _chunk(offset: int, body: bytes, found: Scan) -> Chunk:
    """A chunk whose content is what its checksum says; raises anything where it is not."""
    records, streams = mcap_module("records"), mcap_module("data_stream")
    record = records.Chunk.read(streams.ReadDataStream(BytesIO(body)))
    inner, length = mcap_module("stream_reader").get_chunk_data_stream(record, validate_crc=True)
    chunk = Chunk(offset, _HEAD + len(body), _chunk_index(offset, _HEAD + len(body), record), {})
    _read_chunk(inner, length, chunk, found)
    return chunk


def _chunk_index(offset: int, length: int, record: Any) -> Any:
    return mcap_module("records").ChunkIndex(
        chunk_start_offset=offset,
        chunk_length=length,
        message_start_time=record.message_start_time,
        message_end_time=record.message_end_time,
        message_index_offsets={},
        message_index_length=0,
        compression=record.compression,
        compressed_size=len(record.data),
        uncompressed_size=record.uncompressed_size,
    )


def _read_chunk(inner: Any, length: int, chunk: Chunk, found: Scan) -> None:
    """Where a chunk's messages are, and the schemas and channels that it begins."""
    opcodes, records = mcap_module("opcode").Opcode, mcap_module("records")
    while inner.count < length:
        place = inner.count
        kind, size = inner.read1(), inner.read8()
        if kind == opcodes.MESSAGE:
            message = records.Message.read(inner, size)
            chunk.messages.setdefault(message.channel_id, []).append((message.log_time, place))
        elif kind == opcodes.SCHEMA:
            schema = records.Schema.read(inner)
            found.schemas[schema.id] = schema
        elif kind == opcodes.CHANNEL:
            channel = records.Channel.read(inner)
            found.channels[channel.id] = channel
            chunk.channels.append(channel.id)
        else:
            inner.read(size)
