"""Where images come from: video, webcam, photograph, folder, synthetic figure. No ROS, no clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.config import CameraConfig
from frankmocap_ros.errors import SourceError
from frankmocap_ros.figure import camera_stalls, scene
from frankmocap_ros.figure_image import render
from frankmocap_ros.geometry import Camera

_NOMINAL_HZ = 30.0  # of sources that have no rate of their own
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
_MAX_JUMP_S = 10.0  # larger steps in a video's own time stamps are taken for damage
_SYNTHETIC_SIZE = (640, 480)
_SYNTHETIC_FOV_DEG = 60.0


@dataclass(frozen=True, eq=False)
class SourceImage:
    """One image of a source.

    Attributes:
        pixels: shape (H, W, 3), uint8, BGR.
        time_s: its time since the source's first image [s].
        name: file it comes from, where each image is a file.
    """

    pixels: NDArray[np.uint8]
    time_s: float
    name: str = ""


class Source(Protocol):
    """Gives images one after the other."""

    name: str
    """What it is, in words."""
    rate_hz: float
    """Its own rate [Hz]."""
    frames: int
    """How many images it has, 0 where that is not known."""
    live: bool
    """Whether it is a camera: images come when they come, and there is no end."""
    camera: Camera | None
    """Camera of its images, None where it is not known."""

    def read(self) -> SourceImage | None:
        """The next image, None after the last.

        Raises:
            SourceError: the source is lost.
        """

    def rewind(self) -> None:
        """Begin anew at the first image."""

    def close(self) -> None:
        """Give the source back."""


class VideoSource:
    """A video file, or a webcam, through OpenCV.

    Raises:
        SourceError: it cannot be opened or gives no image.
    """

    camera: Camera | None = None

    def __init__(self, where: str | int, name: str) -> None:
        self.name = name
        self.live = isinstance(where, int)
        self._where = where
        self._capture = self._opened()
        self.rate_hz = self._rate()
        self.frames = 0 if self.live else max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._index = 0
        self._last_s = -1.0
        self._first: NDArray[np.uint8] | None = self._grab()
        if self._first is None:
            self._capture.release()
            raise SourceError(f"{name}: it opens but gives no image; try another file or camera")

    def read(self) -> SourceImage | None:
        """The next image; None at the end of a file."""
        pixels, self._first = (self._first, None) if self._first is not None else (self._grab(), None)
        if pixels is None:
            if self.live:
                raise SourceError(f"{self.name}: the camera gives no more images; check its cable")
            if self._index == 0:
                raise SourceError(f"{self.name}: no image can be read")
            return None
        image = SourceImage(pixels, self._time_s())
        self._index += 1
        self._last_s = image.time_s
        return image

    def rewind(self) -> None:
        """Begin anew at the first image; a camera just goes on."""
        if self.live:
            return
        self._capture.release()
        self._capture = self._opened()
        self._index, self._last_s, self._first = 0, -1.0, None

    def close(self) -> None:
        """Give the file or camera back."""
        self._capture.release()

    def _opened(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._where)
        if not capture.isOpened():
            capture.release()
            raise SourceError(
                f"{self.name}: cannot be opened; allowed: a video or image file, a folder of images, "
                "/dev/videoN, synthetic, auto"
            )
        if self.live:
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old image is worth nothing
        return capture

    def _grab(self) -> NDArray[np.uint8] | None:
        ok, pixels = self._capture.read()
        return np.asarray(pixels, dtype=np.uint8) if ok and pixels is not None else None

    def _rate(self) -> float:
        rate_hz = float(self._capture.get(cv2.CAP_PROP_FPS))
        return rate_hz if 0.1 <= rate_hz <= 1000.0 else _NOMINAL_HZ

    def _time_s(self) -> float:
        """The file's own time stamp where it rises sensibly, else index over rate."""
        own_s = 1e-3 * float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        if not self.live and self._index == 0:
            return 0.0 if own_s < 0.0 or own_s > _MAX_JUMP_S else own_s
        if self._last_s < own_s < self._last_s + _MAX_JUMP_S:
            return own_s
        return max(self._last_s, 0.0) + 1.0 / self.rate_hz


class ImagesSource:
    """Image files one after the other, 30 a second."""

    camera: Camera | None = None
    live = False
    rate_hz = _NOMINAL_HZ

    def __init__(self, paths: Sequence[Path], name: str) -> None:
        self.name = name
        self.frames = len(paths)
        self._paths = tuple(paths)
        self._index = 0

    def read(self) -> SourceImage | None:
        """The next image, None after the last.

        Raises:
            SourceError: the file is not an image.
        """
        if self._index == len(self._paths):
            return None
        path = self._paths[self._index]
        image = SourceImage(read_image(path), self._index / self.rate_hz, path.name)
        self._index += 1
        return image

    def rewind(self) -> None:
        """Begin anew at the first image."""
        self._index = 0

    def close(self) -> None:
        """Nothing to give back."""


class PhotographSource:
    """A photograph with a slow pan and zoom, so that it moves; without end."""

    camera: Camera | None = None
    live = False
    rate_hz = _NOMINAL_HZ
    frames = 0

    def __init__(self, pixels: NDArray[np.uint8], name: str) -> None:
        self.name = name
        self._pixels = pixels
        self._index = 0

    def read(self) -> SourceImage:
        """The next image."""
        time_s = self._index / self.rate_hz
        self._index += 1
        return SourceImage(self._moved(time_s), time_s)

    def rewind(self) -> None:
        """Begin anew."""
        self._index = 0

    def close(self) -> None:
        """Nothing to give back."""

    def _moved(self, time_s: float) -> NDArray[np.uint8]:
        """The photograph at ``time_s``: a few pixels a second, never far, the border mirrored."""
        height, width = self._pixels.shape[:2]
        zoom = 1.0 + 0.03 * np.sin(0.9 * time_s)
        shift_x, shift_y = 0.02 * width * np.sin(0.7 * time_s), 0.01 * height * np.sin(1.1 * time_s)
        matrix = np.array([
            [zoom, 0.0, (1.0 - zoom) * width / 2.0 + shift_x],
            [0.0, zoom, (1.0 - zoom) * height / 2.0 + shift_y],
        ])  # fmt: skip
        moved = cv2.warpAffine(self._pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved, dtype=np.uint8)


class SyntheticSource:
    """The figure of ``figure.py`` before a synthetic camera, 640x480, 30 a second; without end.

    Args:
        motion: see ``figure.scene``.
        start_s: time in the figure's own life at which the first image is taken [s].
    """

    live = False
    rate_hz = _NOMINAL_HZ
    frames = 0

    def __init__(self, motion: str, start_s: float = 0.0) -> None:
        self.name = f"synthetic figure, motion {motion}"
        self.camera: Camera | None = Camera.from_fov(*_SYNTHETIC_SIZE, _SYNTHETIC_FOV_DEG)
        self._motion = motion
        self._start_s = start_s
        self._index = 0

    def read(self) -> SourceImage:
        """The next image; where the camera stalls, the one after the stall."""
        assert self.camera is not None
        while camera_stalls(self._motion, self._start_s + self._index / self.rate_hz):
            self._index += 1
        time_s = self._index / self.rate_hz
        self._index += 1
        return SourceImage(render(scene(self._motion, self._start_s + time_s), self.camera), time_s)

    def rewind(self) -> None:
        """Begin anew at the first image."""
        self._index = 0

    def close(self) -> None:
        """Nothing to give back."""


def read_image(path: Path) -> NDArray[np.uint8]:
    """An image file as BGR, shape (H, W, 3), uint8.

    Raises:
        SourceError: there is no such file, or it is not an image.
    """
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}; name an image file that can be read") from error
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if pixels is None:
        raise SourceError(f"{path}: not an image that OpenCV reads; allowed: {' '.join(_IMAGE_SUFFIXES)}")
    return np.asarray(pixels, dtype=np.uint8)


def is_still(where: str) -> bool:
    """Whether ``where`` names one image file."""
    return Path(where).suffix.lower() in _IMAGE_SUFFIXES and not Path(where).is_dir()


def open_source(config: CameraConfig, start_s: float = 0.0, moving: bool = True) -> Source:
    """Open what the settings ask for.

    Args:
        config: ``source`` and ``motion`` count.
        start_s: for the synthetic figure: the time of its first image [s].
        moving: whether a single photograph pans and zooms without end; else it is one image.

    Raises:
        SourceError: it cannot be opened; the text says what is allowed.
    """
    where = config.source
    if where == "synthetic":
        return SyntheticSource(config.motion, start_s)
    if where == "auto":
        return _automatic(config, start_s)
    webcam = re.fullmatch(r"(?:/dev/video)?(\d+)", where)
    if webcam:
        return VideoSource(int(webcam[1]), f"webcam /dev/video{webcam[1]}")
    path = Path(where).expanduser()
    if path.is_dir():
        files = sorted((p for p in path.iterdir() if p.suffix.lower() in _IMAGE_SUFFIXES), key=_natural)
        if not files:
            raise SourceError(f"{path}: no images in this folder; allowed: {' '.join(_IMAGE_SUFFIXES)}")
        return ImagesSource(files, f"{len(files)} images of {path}")
    if not path.exists():
        raise SourceError(
            f"{where}: there is no such file; allowed: a video or image file, a folder of images, "
            "/dev/videoN, synthetic, auto"
        )
    if is_still(where):
        if moving:
            return PhotographSource(read_image(path), f"photograph {path}")
        return ImagesSource([path], f"image {path}")
    return VideoSource(str(path), f"video {path}")


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Sort key that puts frame2 before frame10."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts], path.name


def _photograph() -> Path | None:
    """A photograph of a person that comes with scikit-image, which is not imported for it."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "data" / "camera.png"
    return path if path.exists() else None


def _automatic(config: CameraConfig, start_s: float) -> Source:
    """A webcam if there is one, else the photograph, else the synthetic figure."""
    for device in sorted(Path("/dev").glob("video[0-9]*"), key=_natural):
        try:
            return VideoSource(int(device.name[5:]), f"webcam {device}")
        except SourceError:
            continue  # many video devices are not cameras
    photograph = _photograph()
    if photograph is not None:
        return PhotographSource(read_image(photograph), f"no webcam; photograph {photograph}")
    synthetic = SyntheticSource(config.motion, start_s)
    synthetic.name = f"no webcam, and scikit-image's photograph is not installed; {synthetic.name}"
    return synthetic


