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

"""Which cameras there are, and what is said where the one that was asked for is not."""

import subprocess
import sys

import pytest

from frankmocap_ros.errors import SourceError
from frankmocap_ros.sources import check_source, webcams
from frankmocap_ros.sources.webcams import Webcam, webcams_text


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Makes a machine with these video devices: number -> (name, capabilities); None where it is busy."""

    def make(devices):
        (tmp_path / "dev").mkdir()
        for number, device in devices.items():
            (tmp_path / "dev" / f"video{number}").write_text("")
            if device is not None:
                (tmp_path / "sys" / f"video{number}").mkdir(parents=True)
                (tmp_path / "sys" / f"video{number}" / "name").write_text(f"{device[0]}\n")
        (tmp_path / "dev" / "video-other").write_text("")
        monkeypatch.setattr(webcams, "_DEVICES", tmp_path / "dev")
        monkeypatch.setattr(webcams, "_NAMES", tmp_path / "sys")
        numbers = {}
        real = webcams.os.open

        def opened(path, flags):
            number = int(str(path).rpartition("video")[2])
            if devices[number] is None:
                raise PermissionError(path)
            handle = real(path, flags)
            numbers[handle] = number
            return handle

        def ioctl(handle, request, data):
            assert request == 0x80685600
            data[88:92] = devices[numbers[handle]][1].to_bytes(4, "little")

        monkeypatch.setattr(webcams.os, "open", opened)
        monkeypatch.setattr(webcams.fcntl, "ioctl", ioctl)

    return make


def test_cameras_are_told_from_other_video_devices(machine):
    machine({0: ("HD Webcam", 0x04200001), 1: ("HD Webcam", 0x04A00000), 10: ("Multi", 0x1000), 2: None})
    assert webcams.webcams() == [Webcam(0, "HD Webcam"), Webcam(2), Webcam(10, "Multi")]
    assert webcams_text() == "cameras here: /dev/video0 (HD Webcam), /dev/video2, /dev/video10 (Multi)"


def test_a_machine_without_cameras_says_so(machine):
    machine({})
    assert "no camera" in webcams_text()


def test_a_file_that_is_no_device_is_left_out(monkeypatch, tmp_path):
    (tmp_path / "video0").write_text("")
    monkeypatch.setattr(webcams, "_DEVICES", tmp_path)
    assert webcams.webcams() == []


def test_a_source_that_is_not_there_is_refused_without_opening_anything(machine, tmp_path):
    machine({0: ("HD Webcam", 1)})
    for where in ("/dev/video77", "77"):
        with pytest.raises(SourceError, match=r"/dev/video77: there is no such camera; .*HD Webcam"):
            check_source(where)
    with pytest.raises(SourceError, match=r"nowhere\.mp4: there is no such file"):
        check_source(str(tmp_path / "nowhere.mp4"))
    for where in ("auto", "synthetic", str(tmp_path)):
        check_source(where)


def test_native_messages_are_kept_out(tmp_path):
    """A webcam that is not there, files that are none: one line each, and nothing of OpenCV's or FFmpeg's."""
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(4000))
    program = """
import sys
from frankmocap_ros.errors import SourceError
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import open_source
for where in sys.argv[1:]:
    try:
        open_source(CameraSettings(source=where))
    except SourceError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "/dev/video77", str(tmp_path / "broken.mp4")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    assert "/dev/video77: cannot be opened" in done.stdout
    assert done.stderr == ""
