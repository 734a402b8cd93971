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

"""Which cameras a machine has, by what the kernel says (Video4Linux)."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_DEVICES: Final = Path("/dev")
_NAMES: Final = Path("/sys/class/video4linux")
_QUERYCAP: Final = 0x80685600  # VIDIOC_QUERYCAP, which fills a struct v4l2_capability of 104 bytes
_CAPTURE: Final = 0x1 | 0x1000  # V4L2_CAP_VIDEO_CAPTURE, and _MPLANE
_DEVICE_CAPS_AT: Final = 88


@dataclass(frozen=True)
class Webcam:
    """One camera.

    Attributes:
        number: N of /dev/videoN.
        name: what its driver calls it; empty where that is not known.
    """

    number: int
    name: str = ""

    @property
    def text(self) -> str:
        """Such as ``/dev/video0 (HD Webcam)``."""
        return f"/dev/video{self.number}" + (f" ({self.name})" if self.name else "")


def webcams() -> list[Webcam]:
    """The machine's cameras; video devices that give no images are left out where that can be seen."""
    numbers = (path.name[5:] for path in _DEVICES.glob("video[0-9]*"))
    found = sorted(int(number) for number in numbers if number.isdecimal())
    return [Webcam(number, _name(number)) for number in found if _may_capture(number)]


def webcams_text() -> str:
    """What there is, as half a sentence."""
    found = webcams()
    if not found:
        return "no camera on this machine (no /dev/videoN; a container needs --device /dev/video0)"
    return f"cameras here: {', '.join(webcam.text for webcam in found)}"


def _name(number: int) -> str:
    try:
        return (_NAMES / f"video{number}" / "name").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _may_capture(number: int) -> bool:
    """Whether a device gives images: a webcam has others beside it, for its metadata."""
    data = bytearray(104)
    try:
        device = os.open(_DEVICES / f"video{number}", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return True  # no permission, or busy: it is there all the same
    try:
        fcntl.ioctl(device, _QUERYCAP, data)
    except OSError:
        return False
    finally:
        os.close(device)
    return bool(int.from_bytes(data[_DEVICE_CAPS_AT : _DEVICE_CAPS_AT + 4], "little") & _CAPTURE)
