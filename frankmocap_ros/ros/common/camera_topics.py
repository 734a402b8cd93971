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

"""Topics of one camera: what stands beside the images stands there after remapping, too."""

from dataclasses import dataclass
from typing import Final

from rclpy.node import Node

_COMPRESSED: Final = "/compressed"


@dataclass(frozen=True)
class CameraTopics:
    """Full names.

    Attributes:
        image: of the images.
        compressed: of the compressed ones, below them.
        camera_info: of the calibration.
        plain_info: where that would be looked for if nothing were remapped.
        depth: of depth images of the same view.
    """

    image: str
    compressed: str
    camera_info: str
    plain_info: str
    depth: str


def camera_topics(node: Node, image: str = "image") -> CameraTopics:
    """The topics of a camera as image_transport has them: the others follow ``image`` where it is remapped.

    A topic that is remapped itself stays where that puts it. Images of which only the compressed ones are
    remapped take the others along.

    Args:
        node: whose names are remapped.
        image: topic of its images before remapping.
    """
    base, compressed = node.resolve_topic_name(image), _remapped(node, f"{image}{_COMPRESSED}")
    if compressed and compressed.endswith(_COMPRESSED) and not _remapped(node, image):
        base = compressed.removesuffix(_COMPRESSED)
    folder, slash, _ = image.rpartition("/")

    def beside(name: str) -> str:
        own = _remapped(node, f"{folder}{slash}{name}")
        return own or node.resolve_topic_name(f"{base.rpartition('/')[0]}/{name}")

    plain = node.resolve_topic_name(f"{folder}{slash}camera_info", only_expand=True)
    return CameraTopics(
        image=base,
        compressed=compressed or f"{base}{_COMPRESSED}",
        camera_info=beside("camera_info"),
        plain_info=plain,
        depth=beside("depth"),
    )


def _remapped(node: Node, name: str) -> str:
    """What a topic is called by a rule for it; empty where there is none."""
    full: str = node.resolve_topic_name(name)
    return full if full != node.resolve_topic_name(name, only_expand=True) else ""
