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

"""From a setting to an open source."""

import re
from importlib.util import find_spec
from pathlib import Path

from frankmocap_ros.errors import SourceError, shown
from frankmocap_ros.runtime.file_names import home_expanded, natural_order, printable
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources.animation import AnimationSource, is_animation
from frankmocap_ros.sources.bag import is_bag
from frankmocap_ros.sources.bag_source import BagSource
from frankmocap_ros.sources.bag_topics import with_topics
from frankmocap_ros.sources.base import ALLOWED, NOMINAL_HZ, Source
from frankmocap_ros.sources.recorded import is_recorded_file
from frankmocap_ros.sources.stills import SUFFIXES, ImagesSource, PhotographSource, is_image, read_image
from frankmocap_ros.sources.synthetic import DEFAULT_FOV_DEG, SyntheticSource
from frankmocap_ros.sources.video import VideoSource
from frankmocap_ros.sources.webcams import webcams, webcams_text


def open_source(config: CameraSettings, start_s: float = 0.0, moving: bool = True) -> Source:
    """Open what the settings ask for. Whether a file is an image, video or bag is seen from its content.

    Args:
        config: ``source``, ``motion``, ``rate_hz`` (for sources without a rate of their own) and
            ``horizontal_fov_deg`` (of the synthetic camera) and ``rectified`` (of a bag's images) count.
        start_s: for the synthetic figure: the time of its first image [s].
        moving: whether a single photograph pans and zooms without end; else it is one image.

    Raises:
        SourceError: it cannot be opened; the text says what is allowed.
    """
    where = config.source
    if where == "synthetic":
        return _synthetic(config, start_s)
    if where == "auto":
        return _automatic(config, start_s)
    number = _webcam_number(where)
    if number is not None:
        return VideoSource(number, f"webcam /dev/video{number}")
    path, image, depth = _split(where)
    if is_bag(path):
        return BagSource(path, image, depth, config.rectified)
    if image:
        raise SourceError(f"{printable(where)}: {_not_a_bag(path)}, so it has no topics; allowed: {ALLOWED}")
    return _open_path(path, config.rate_hz or NOMINAL_HZ, moving)


def is_webcam(where: str) -> bool:
    """Whether a source is a webcam, or may be one: images come at their own time, and never again."""
    return where == "auto" or _webcam_number(where) is not None


def check_source(where: str) -> None:
    """Refuse a source that is certainly not there, without opening anything.

    Args:
        where: the setting ``source``.

    Raises:
        SourceError: it is not there; the text says what is.
    """
    if where in ("synthetic", "auto"):
        return
    number = _webcam_number(where)
    if number is not None:
        if not Path(f"/dev/video{number}").exists():
            raise SourceError(f"webcam /dev/video{number}: there is no such camera; {webcams_text()}")
        return
    if not _split(where)[0].exists():
        raise SourceError(_no_such_file(where))


def _webcam_number(where: str) -> int | None:
    """N of ``/dev/videoN``, ``N`` or a link to that; None for anything else."""
    if where.startswith("/dev/"):
        where = str(Path(where).resolve())  # udev's stable names are links
    webcam = re.fullmatch(r"(?:/dev/video)?([0-9]{1,9})", where)
    return int(webcam[1]) if webcam else None


def _split(where: str) -> tuple[Path, str, str]:
    """Path, and topics of images and depth of a bag; a file that has such a name is itself.

    Raises:
        SourceError: it is no name of a file.
    """
    whole = home_expanded(where)
    try:
        if whole.exists():
            return whole, "", ""
    except OSError as error:  # such as a name that is too long
        raise SourceError(f"{shown(where)}: {error.strerror}; allowed: {ALLOWED}") from error
    path, image, depth = with_topics(where)
    return home_expanded(path), image, depth


def _not_a_bag(path: Path) -> str:
    return f"{printable(path)} is no bag" if path.exists() else f"there is no {printable(path)}"


def _no_such_file(where: str | Path) -> str:
    return f"{printable(where)}: there is no such file; allowed: {ALLOWED}"


def _open_path(path: Path, rate_hz: float, moving: bool) -> Source:
    """A folder, a photograph, an animation or a video."""
    name = printable(path)
    if path.is_dir():
        files = _images_in(path)
        return ImagesSource(files, f"{len(files)} images of {name}", rate_hz)
    if not path.exists():
        raise SourceError(_no_such_file(path))
    if is_animation(path):
        return AnimationSource(path, f"animation {name}")
    if not is_image(path):
        return VideoSource(str(path), f"video {name}")
    if moving:
        return PhotographSource(read_image(path), f"photograph {name}", rate_hz)
    return ImagesSource([path], f"image {name}", rate_hz)


def is_still(where: str) -> bool:
    """Whether ``where`` names one image file; what is not there is judged by its name."""
    path = home_expanded(where)
    if not path.exists():
        return path.suffix.lower() in SUFFIXES
    return is_image(path) and not is_animation(path)


def _images_in(folder: Path) -> list[Path]:
    """The image files of a folder, frame2 before frame10.

    Raises:
        SourceError: there is none, or the folder cannot be read.
    """
    try:
        names = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise SourceError(f"{printable(folder)}: {error.strerror}; name a folder that can be read") from error
    files = [path for path in names if path.suffix.lower() in SUFFIXES or is_image(path)]
    if not files:
        recorded = sorted((path for path in names if is_recorded_file(path)), key=natural_order)
        step = (
            f"it has recordings such as {printable(recorded[0])}: name one, or take them all with "
            "frankmocap_ros process --out-dir DIR"
            if recorded
            else f"allowed: {' '.join(SUFFIXES)}"
        )
        raise SourceError(f"{printable(folder)}: no images in this folder; {step}")
    return sorted(files, key=natural_order)


def _synthetic(config: CameraSettings, start_s: float) -> SyntheticSource:
    return SyntheticSource(
        config.motion,
        start_s,
        config.rate_hz or NOMINAL_HZ,
        config.horizontal_fov_deg or DEFAULT_FOV_DEG,
    )


def photograph_path() -> Path | None:
    """A photograph of a person that comes with scikit-image, which is not imported for it."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "data" / "camera.png"
    return path if path.exists() else None


def _automatic(config: CameraSettings, start_s: float) -> Source:
    """A webcam if there is one, else the photograph, else the synthetic figure."""
    for webcam in webcams():
        try:
            return VideoSource(webcam.number, f"webcam /dev/video{webcam.number}")
        except SourceError:
            continue  # in use, or broken
    photograph = photograph_path()
    if photograph is not None:
        rate_hz = config.rate_hz or NOMINAL_HZ
        return PhotographSource(read_image(photograph), f"no webcam; photograph {photograph}", rate_hz)
    synthetic = _synthetic(config, start_s)
    synthetic.name = f"no webcam, and scikit-image's photograph is not installed; {synthetic.name}"
    return synthetic
