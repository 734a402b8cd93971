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

"""Makes an MCAP file end where it is no longer whole: a summary and a footer, and every reader takes it."""

import zlib
from pathlib import Path
from typing import Any

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.mcap_file import mcap_module
from frankmocap_ros.recording.mcap_scan import MAGIC, Chunk, Scan
from frankmocap_ros.recording.rosbag2_metadata import FileContents, information_yaml


def end_file(path: Path, found: Scan) -> FileContents:
    """Cut off what is not whole, and write the summary and footer that are missing.

    Where the disk has no room for them, whole chunks are given up from the end until it has.

    Args:
        path: the file.
        found: what ``scan`` says of it; its last chunks may go.

    Returns:
        What the file holds then.

    Raises:
        RecordingError: not even its header is whole.
        OSError: it cannot be written to, full disks apart.
    """
    if not found.start:
        raise RecordingError(f"{path} was cut off in its header: there is nothing in it")
    while True:
        contents = found.contents(path.name)
        with path.open("r+b", buffering=0) as file:
            file.truncate(found.end)
            file.seek(found.end)
            try:
                rest = memoryview(_ending(found, contents))
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(found.end)
                if not found.chunks:
                    raise
                for channel in found.chunks.pop().channels:
                    del found.channels[channel]
                continue
        return contents


def _ending(found: Scan, contents: FileContents) -> bytes:
    """Everything from the end of the last chunk on."""
    records, builder = mcap_module("records"), mcap_module("data_stream").RecordBuilder()
    if found.chunks and not found.chunks[-1].indexed_to:
        _write_indexes(found.chunks[-1], builder)
    metadata_at, metadata_from = found.end + builder.count, builder.count
    records.Metadata("rosbag2", {"serialized_metadata": information_yaml(contents)}).write(builder)
    metadata_length = builder.count - metadata_from
    records.DataEnd(0).write(builder)
    data = builder.end()
    summary_start = found.end + len(data)
    for one in (*found.schemas.values(), *found.channels.values()):
        one.write(builder)
    _statistics(found, contents).write(builder)
    for chunk in found.chunks:
        chunk.index.write(builder)
    records.MetadataIndex(metadata_at, metadata_length, "rosbag2").write(builder)
    summary = builder.end()
    footer = (2).to_bytes(1, "little") + (20).to_bytes(8, "little")
    footer += summary_start.to_bytes(8, "little") + bytes(8)
    crc = zlib.crc32(footer, zlib.crc32(summary))
    return bytes(data) + bytes(summary) + footer + crc.to_bytes(4, "little") + MAGIC


def _write_indexes(chunk: Chunk, builder: Any) -> None:
    """The indexes of a chunk's messages, which were to stand after it."""
    records = mcap_module("records")
    chunk.index.message_index_offsets.clear()
    for channel, places in chunk.messages.items():
        chunk.index.message_index_offsets[channel] = chunk.offset + chunk.length + builder.count
        records.MessageIndex(channel, places).write(builder)
    chunk.index.message_index_length = builder.count


def _statistics(found: Scan, contents: FileContents) -> Any:
    counts: dict[int, int] = {}
    for chunk in found.chunks:
        for channel, places in chunk.messages.items():
            counts[channel] = counts.get(channel, 0) + len(places)
    return mcap_module("records").Statistics(
        attachment_count=0,
        channel_count=len(found.channels),
        channel_message_counts=counts,
        chunk_count=len(found.chunks),
        message_count=contents.messages,
        metadata_count=1,
        message_start_time=contents.start_ns,
        message_end_time=contents.end_ns,
        schema_count=len(found.schemas),
    )
