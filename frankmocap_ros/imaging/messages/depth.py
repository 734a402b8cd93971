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

"""sensor_msgs/Image of a depth camera to distances, and which depth image belongs to an image."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.imaging.messages.images import MAX_PIXELS, checked

_LARGEST_GAP_NS: Final = 50_000_000
_FIRST_GAP_NS: Final = 5_000_000  # before it is known how often images come
_UNITS: Final = {"16UC1": np.uint16, "mono16": np.uint16, "32FC1": np.float32}


def decode_depth(msg: Any) -> DepthImage:
    """Distances of a sensor_msgs/Image: ``16UC1`` in millimeters or ``32FC1`` in meters (REP 118).

    Args:
        msg: anything with the message's fields; its data are not copied where they are as they should be.

    Raises:
        ImageError: the message is malformed, or has another encoding.
    """
    kind = _UNITS.get(msg.encoding)
    if kind is None:
        raise ImageError(
            "unknown_encoding", f"depth is {msg.encoding!r}; allowed: 16UC1 in millimeters, 32FC1 in meters"
        )
    return DepthImage(checked(msg, MAX_PIXELS).values().astype(kind, copy=False))


def largest_gap_ns(image_stamps_ns: Iterable[int], depth_stamps_ns: Iterable[int]) -> int:
    """How far apart the stamps of an image and of its depth may be [ns].

    Half of the time between two images, or two depth images where they come more often.

    Args:
        image_stamps_ns: of the last images, rising [ns].
        depth_stamps_ns: of the last depth images, rising [ns].
    """
    spacings = [
        later - earlier
        for stamps in (image_stamps_ns, depth_stamps_ns)
        for earlier, later in pairwise(stamps)
    ]
    return min(min(spacings) // 2, _LARGEST_GAP_NS) if spacings else _FIRST_GAP_NS
