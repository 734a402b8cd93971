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

"""A video as a camera would send it: of its size, and as cheap to read as a camera's own images."""

from pathlib import Path

import cv2

from frankmocap_ros.errors import SourceError
from frankmocap_ros.imaging.bitmap import no_wider
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import is_still, open_source

_MOST_FRAMES = 900
_JPEG_QUALITY = 95


def prepared_video(source: str, width: int, folder: Path) -> str:
    """A video file as motion JPEG of at most ``width``; whatever is no video file stays what it is.

    A webcam sends such images. Decoding a film and making it smaller takes a fifth of a core at 30 Hz, which
    a camera would not.

    Args:
        source: as for the camera node.
        width: wider images are reduced to it; 0 keeps them [px].
        folder: for the new file.

    Raises:
        SourceError: the source cannot be read, or this OpenCV cannot write motion JPEG.
    """
    if not Path(source).is_file() or is_still(source):
        return source
    video = open_source(CameraSettings(source=source, loop=False), moving=False)
    out = folder / "camera.avi"
    writer: cv2.VideoWriter | None = None
    try:
        for _ in range(_MOST_FRAMES):
            image = video.read()
            if image is None:
                break
            small = no_wider(image.pixels, width)
            if writer is None:
                code = cv2.VideoWriter_fourcc(*"MJPG")  # type: ignore[attr-defined, unused-ignore]
                writer = cv2.VideoWriter(str(out), code, video.rate_hz, small.shape[1::-1])
                writer.set(cv2.VIDEOWRITER_PROP_QUALITY, _JPEG_QUALITY)
                if not writer.isOpened():
                    raise SourceError(f"cannot write {out}; give a source that is a camera or an image")
            writer.write(small)
    finally:
        video.close()
        if writer is not None:
            writer.release()
    return str(out)
