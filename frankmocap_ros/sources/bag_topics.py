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

"""Which of a bag's topics are a camera's: images, calibration, depth."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.errors import SourceError
from frankmocap_ros.sources.bag_pixels import IMAGE, IMAGES, camera_of_topic

CAMERA_INFO: Final = "sensor_msgs/msg/CameraInfo"

_NAMED: Final = re.compile(r"(.+?):(/[A-Za-z0-9_/]+)(?::(/[A-Za-z0-9_/]+))?")
_NOT_SEEN: Final = re.compile(r"depth|disparity|annotated", re.IGNORECASE)  # what no camera sees is left out
_ALIGNED: Final = re.compile(r"aligned_depth_to_color|depth_registered|depth_to_rgb|depth_to_color")


@dataclass(frozen=True)
class CameraTopics:
    """Topics of one camera.

    Attributes:
        image: of its images.
        camera_info: of its calibration; empty where the bag has none beside the images.
        depth: of depth images of the same view; empty for none.
    """

    image: str
    camera_info: str
    depth: str

    @staticmethod
    def of(topics: Mapping[str, str], image: str, depth: str, shown: str) -> "CameraTopics":
        """Those that are asked for, or that a bag leaves no doubt about.

        Args:
            topics: type of each topic of the bag.
            image: the topic of images; empty for the only one.
            depth: the topic of depth images; empty for ``depth`` beside the images, as the node has it, or
                the only one that is aligned to images by its name, as drivers have it.
            shown: what to call the bag.

        Raises:
            SourceError: there is no such topic, or there are several.
        """
        image = _image(topics, image, shown)
        folder = camera_of_topic(image).rpartition("/")[0]
        info = f"{folder}/camera_info"
        if depth and topics.get(depth) != IMAGE:
            raise SourceError(
                f"{shown}: {depth} is no topic of depth images; allowed: {_listed(_of_type(topics, IMAGE))}"
            )
        return CameraTopics(
            image,
            info if topics.get(info) == CAMERA_INFO else "",
            depth or _depth(topics, image, f"{folder}/depth"),
        )


def with_topics(where: str) -> tuple[str, str, str]:
    """Split ``BAG:/IMAGES:/DEPTH``: path and topics of images and depth; empty where left out."""
    found = _NAMED.fullmatch(where)
    return (found[1], found[2], found[3] or "") if found else (where, "", "")


def _image(topics: Mapping[str, str], asked: str, shown: str) -> str:
    """The topic of images."""
    images = _of_type(topics, *IMAGES)
    if asked:
        if asked in images:
            return asked
        raise SourceError(f"{shown}: {asked} is no topic of images; allowed: {_listed(images)}")
    if not images:
        held = ", ".join(f"{name} ({kind})" for name, kind in topics.items())
        raise SourceError(
            f"{shown}: the bag has no images; record a topic of sensor_msgs/Image or CompressedImage, or "
            f"foxglove_msgs/CompressedVideo (H.264). "
            f"It has: {held}"
        )
    for narrow in (_seen, _without_twins):
        images = narrow(images) or images
    if len(images) > 1:
        raise SourceError(
            f"{shown}: the bag has images of {len(images)} topics; name one, such as "
            f"{shown}:{images[0]}; allowed: {_listed(images)}"
        )
    return images[0]


def _of_type(topics: Mapping[str, str], *kinds: str) -> list[str]:
    return [name for name, kind in topics.items() if kind in kinds and not name.endswith("/compressedDepth")]


def _seen(images: list[str]) -> list[str]:
    """Those that are not depth, and not drawn by a program, by their names."""
    return [name for name in images if not _NOT_SEEN.search(name)]


def _without_twins(images: list[str]) -> list[str]:
    """Without the compressed images, or the video, of a topic that is there itself."""
    return [name for name in images if not _raw_topics(name) & set(images)]


def _raw_topics(name: str) -> set[str]:
    """Topics whose images are on this one, too."""
    return {name.removesuffix("/h264"), camera_of_topic(name)} - {name}


def _depth(topics: Mapping[str, str], image: str, beside: str) -> str:
    if topics.get(beside) == IMAGE and beside != image:
        return beside
    aligned = [name for name in _of_type(topics, IMAGE) if _ALIGNED.search(name) and name != image]
    return aligned[0] if len(aligned) == 1 else ""


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none is in the bag"
