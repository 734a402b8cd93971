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

"""Episodes that were cut off are made readable, wherever the cut is."""

import errno
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from mcap.reader import make_reader
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_typestore

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording import mcap_file
from frankmocap_ros.recording.episodes import EpisodeInfo, read_info
from frankmocap_ros.recording.mcap_writer import EpisodeWriter
from frankmocap_ros.recording.repair import repair, unfinished

STORE = get_typestore(Stores.ROS2_JAZZY)
STRING = "std_msgs/msg/String"


def cdr(text):
    return bytes(STORE.serialize_cdr(STORE.types[STRING](data=text), STRING))


SENT = [("/a" if i % 3 else "/b", 100 + i, cdr(os.urandom(300).hex())) for i in range(60)]


def begun(folder, flush_every=10):
    """An episode that nobody ended; messages are on the disk to the last multiple of ``flush_every``."""
    writer = EpisodeWriter(folder, EpisodeInfo(task="sort", start_ns=90))
    for number, (topic, stamp, data) in enumerate(SENT, 1):
        writer.write(topic, STRING, data, stamp, stamp)
        if number % flush_every == 0:
            writer.flush()
    return writer


def read(folder):
    with Reader(folder) as reader:
        return [(connection.topic, stamp, bytes(data)) for connection, stamp, data in reader.messages()]


def test_what_somebody_records_is_left_alone(tmp_path):
    writer = begun(tmp_path / "episode_000001")
    assert unfinished(tmp_path) == []
    writer.close()
    assert unfinished(tmp_path) == [tmp_path / "episode_000001"]
    repair(tmp_path / "episode_000001")
    assert unfinished(tmp_path) == []


@pytest.mark.parametrize("cut", [0, 5, 30, 3000, 20_000, -1, -40, -200])
def test_every_cut_leaves_a_readable_file(tmp_path, cut):
    folder = tmp_path / "episode_000001"
    begun(folder).close()
    path = folder / "episode_000001_0.mcap"
    os.truncate(path, cut if cut >= 0 else path.stat().st_size + cut)
    before = path.stat().st_size
    done = repair(folder)
    messages = read(folder)
    assert messages == SENT[: len(messages)]
    assert len(messages) == done.messages
    assert len(messages) % 10 == 0
    assert done.lost_bytes <= before
    if cut < 0:
        assert len(messages) in (50, 60)  # the indexes after the last chunk are written anew
    with path.open("rb") as file:  # the other reader goes by the indexes
        assert sum(1 for _ in make_reader(file, validate_crcs=True).iter_messages()) == len(messages)
    info = read_info(folder)
    assert not info.complete
    assert info.notes == "cut off: the recorder was ended by force"
    assert sum(count.messages for count in info.topics.values()) == len(messages)
    assert not (folder / ".reserve").exists()


def damaged(folder, at, value):
    """An episode that was cut off, with one byte changed; None is the compression of its last chunk."""
    begun(folder).close()
    path = folder / f"{folder.name}_0.mcap"
    data = bytearray(path.read_bytes())
    data[data.rindex(b"lz4") if at is None else at] = value
    path.write_bytes(data)
    return path


def test_a_damaged_byte_ends_what_is_whole(tmp_path):
    """No text where the last chunk tells its compression: what is before it stays readable."""
    path = damaged(tmp_path / "episode_000001", None, 0xD2)
    done = repair(path.parent)
    assert done.messages == 50 and read(path.parent) == SENT[:50]


def test_a_file_whose_first_bytes_are_damaged_is_left_as_it_is(tmp_path):
    path = damaged(tmp_path / "episode_000001", 15, 0xFF)  # how long the header is
    before = path.read_bytes()
    with pytest.raises(RecordingError, match=r"first bytes are damaged.*save what is in it: mcap recover"):
        repair(path.parent)
    assert path.read_bytes() == before


def test_only_the_last_of_several_files_is_cut(tmp_path):
    folder = tmp_path / "episode_000001"
    writer = EpisodeWriter(folder, EpisodeInfo(), max_file_bytes=4000)
    for number, (topic, stamp, data) in enumerate(SENT, 1):
        writer.write(topic, STRING, data, stamp, stamp)
        if number % 10 == 0:
            writer.flush()
    writer.close()
    paths = sorted(folder.glob("*.mcap"), key=lambda path: path.stat().st_mtime_ns)
    assert len(paths) == 6
    before = [path.read_bytes() for path in paths[:-1]]
    os.truncate(paths[-1], 100)
    assert repair(folder).messages == 50
    assert [path.read_bytes() for path in paths[:-1]] == before
    assert not paths[-1].exists(), "no message of it is whole, and rosbag2 warns of a file without any"
    assert read(folder) == SENT[:50]


def test_damage_in_the_last_chunk_costs_that_chunk(tmp_path):
    folder = tmp_path / "episode_000001"
    begun(folder, flush_every=20).close()
    path = folder / "episode_000001_0.mcap"
    with path.open("r+b") as file:
        file.seek(-3000, os.SEEK_END)
        file.write(bytes(200))
    assert repair(folder).messages == 40
    assert read(folder) == SENT[:40]


def test_a_killed_process_leaves_what_it_wrote_out(tmp_path):
    """``kill -9`` while it writes; whatever it said was written out is there."""
    program = """
import os, sys
from pathlib import Path
from frankmocap_ros.recording.episodes import EpisodeInfo
from frankmocap_ros.recording.mcap_writer import EpisodeWriter
writer = EpisodeWriter(Path(sys.argv[1]), EpisodeInfo())
number = 0
while True:
    writer.write("/a", "std_msgs/msg/String", bytes((0, 1, 0, 0)) + os.urandom(5000), number, number)
    number += 1
    if number % 50 == 0:
        writer.flush()
        print(number, flush=True)
"""
    folder = tmp_path / "episode_000001"
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE) as process:
        written = [int(process.stdout.readline()) for _ in range(4)][-1]
        process.send_signal(signal.SIGKILL)
    assert unfinished(tmp_path) == [folder]
    done = repair(folder)
    assert done.messages >= written
    assert [stamp for _, stamp, _ in read(folder)] == list(range(done.messages))


def filled(folder):
    """Write until the disk takes no more; the number that was written."""
    writer = EpisodeWriter(folder, EpisodeInfo())
    with pytest.raises((OSError, RecordingError)):
        for number in range(100_000):
            writer.write("/a", STRING, bytes((0, 1, 0, 0)) + os.urandom(20_000), number, number)
            if number % 20 == 0:
                writer.flush()
    writer.close()


def test_a_full_disk_keeps_what_it_took(tmp_path, monkeypatch):
    """A disk of 3 MB that takes not a byte more: chunks are given up for the footer."""
    left = [3_000_000]
    real = mcap_file.WholeWrites.write

    def write(self, data):
        if len(data) > left[0]:
            real(self, bytes(data)[: left[0]])  # half a chunk is written
            left[0] = 0
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= len(data)
        return real(self, data)

    monkeypatch.setattr(mcap_file.WholeWrites, "write", write)
    folder = tmp_path / "episode_000001"
    filled(folder)
    done = repair(folder, why="the disk was full")
    assert done.messages > 100
    assert [stamp for _, stamp, _ in read(folder)] == list(range(done.messages))
    assert "the disk was full" in read_info(folder).notes


def test_a_limit_of_the_system_keeps_what_it_took(tmp_path):
    """The kernel itself refuses (EFBIG), in the middle of a chunk and then for the footer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    folder = tmp_path / "episode_000001"
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, hard))
        filled(folder)
        done = repair(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert done.messages > 50
    assert (folder / "episode_000001_0.mcap").stat().st_size <= 2_500_000
    assert [stamp for _, stamp, _ in read(folder)] == list(range(done.messages))


def test_a_tmpfs_of_ten_megabytes(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:  # containers rarely may; the two tests above stand for it
        pytest.skip("mounting a tmpfs is not permitted here")
    try:
        folder = disk / "episode_000001"
        filled(folder)
        done = repair(folder)
        assert done.messages > 300
        assert [stamp for _, stamp, _ in read(folder)] == list(range(done.messages))
    finally:
        with suppress(OSError):
            subprocess.run(["umount", str(disk)], check=False)


def test_what_is_no_mcap_file_is_said(tmp_path):
    folder = tmp_path / "episode_000001"
    folder.mkdir()
    (folder / "episode_000001_0.mcap").write_bytes(b"SQLite format 3")
    with pytest.raises(RecordingError, match="not an MCAP file"):
        repair(folder)
