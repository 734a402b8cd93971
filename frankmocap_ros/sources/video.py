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

"""Video files and webcams, through OpenCV."""

import codecs
import contextlib
import os
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import SourceError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.runtime.file_names import native_path
from frankmocap_ros.sources.base import ALLOWED, NOMINAL_HZ, SourceImage
from frankmocap_ros.sources.orientation import Display
from frankmocap_ros.sources.webcams import webcams_text

_MAX_JUMP_S = 10.0  # larger steps in a video's own time stamps are taken for damage
_WHOLE = 0.9  # of the length that a file promises; what is shorter has been cut off


class VideoSource:
    """A video file or a webcam.

    Args:
        where: path of a file, or the number of a webcam.
        name: what to call it.

    Raises:
        SourceError: it cannot be opened or gives no image.
    """

    camera: Camera | None = None

    def __init__(self, where: str | int, name: str) -> None:
        self.name = name
        self.live = isinstance(where, int)
        self._where = where
        self._display = Display()
        self._capture = self._opened()
        self.name += self._display.text
        rate_hz = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.rate_hz = rate_hz if 0.1 <= rate_hz <= 1000.0 else NOMINAL_HZ
        self.frames = 0 if self.live else max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._index = 0
        self._zero_s = 0.0  # the source's own stamp of time 0
        self._last_s = 0.0
        self._first: NDArray[np.uint8] | None = self._grabbed()
        if self._first is None:
            self._capture.release()
            raise SourceError(f"{name}: it opens but delivers no image; try another file or camera")

    def read(self) -> SourceImage | None:
        """The next image; None at the end of a file.

        Raises:
            SourceError: the camera is lost, or the file ends long before its end.
        """
        pixels, self._first = (self._first if self._first is not None else self._grabbed()), None
        if pixels is None:
            self._check_end()
            return None
        self._last_s = self._time_s()
        self._index += 1
        return SourceImage(pixels, self._last_s)

    def rewind(self) -> None:
        """Restart at the first image; a camera just continues."""
        if self.live:
            return
        self._capture.release()
        self._capture = self._opened()  # seeking is not exact in every container
        self._index, self._last_s, self._first = 0, 0.0, None

    def close(self) -> None:
        """Give the file or camera back."""
        self._capture.release()

    def _opened(self) -> cv2.VideoCapture:
        if isinstance(self._where, int):
            problem = (
                "check that it is connected, that no other program uses it, and that you are in the group "
                f"video. {webcams_text()}"
            )
        else:
            problem = f"it is damaged, or not a video or image that OpenCV reads; allowed: {ALLOWED}"
            if _is_text(self._where):
                raise SourceError(f"{self.name}: cannot be opened; {problem}")
        capture = _quietly_opened(self._where)
        if capture is None:
            raise SourceError(f"{self.name}: cannot be opened; {problem}")
        if self.live:
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old image is worth nothing
        else:
            capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)  # square pixels come first, then the turn
            sar = (capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN))
            self._display = Display.of(sar, capture.get(cv2.CAP_PROP_ORIENTATION_META))
        return capture

    def _grabbed(self) -> NDArray[np.uint8] | None:
        ok, pixels = self._capture.read()
        return self._display.shown(np.asarray(pixels, dtype=np.uint8)) if ok and pixels is not None else None

    def _check_end(self) -> None:
        """There is no next image: that is the end of a whole file, or an error."""
        if self.live:
            raise SourceError(f"{self.name}: the camera delivers no more images; check its cable")
        promised_s = self.frames / self.rate_hz
        # both, because the number of frames is only an estimate where their distance varies
        if self._index < _WHOLE * self.frames - 1 and self._last_s + 1.0 / self.rate_hz < _WHOLE * promised_s:
            raise SourceError(
                f"{self.name}: no more images after {self._last_s:.2f} s, but it says that it is "
                f"{promised_s:.2f} s long: cut off or damaged; copy or convert it again"
            )

    def _time_s(self) -> float:
        """Time of the image just read: by its own stamp where that rises sensibly, else one period later."""
        own_s = 1e-3 * float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        if self._index == 0:
            self._zero_s = own_s
            return 0.0
        if 0.0 < own_s - self._zero_s - self._last_s < _MAX_JUMP_S:
            return own_s - self._zero_s
        time_s = self._last_s + 1.0 / self.rate_hz
        self._zero_s = own_s - time_s  # stamps may go on from here
        return time_s


def _quietly_opened(where: str | int) -> cv2.VideoCapture | None:
    """A file or webcam that is open, None where it cannot be. What native code prints is kept out."""
    # FFmpeg would go on printing while a damaged video plays; read when OpenCV first uses it
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    try:
        with contextlib.ExitStack() as stack:
            native = where if isinstance(where, int) else stack.enter_context(native_path(where))
            stack.enter_context(_opencv_silent())
            capture = cv2.VideoCapture(native)
    except OSError:
        return None
    if capture.isOpened():
        return capture
    capture.release()
    return None


@contextlib.contextmanager
def _opencv_silent() -> Iterator[None]:
    """Without OpenCV's log of every back end that it tries.

    Its own level, not the process's stderr: a driver that hangs would keep that from everybody else.
    """
    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)


def _is_text(path: str) -> bool:
    """Whether a file begins with text: FFmpeg shows any as a video, and follows playlists to elsewhere."""
    try:
        with open(path, "rb") as file:
            start = codecs.getincrementaldecoder("utf-8")().decode(file.read(1024))
    except (OSError, UnicodeDecodeError):
        return False
    return bool(start) and all(c.isprintable() or c in "\t\n\r\f\x1b" for c in start)
