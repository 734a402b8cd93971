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

"""Images of a bag with the depth that belongs to them, in the order in which they were received."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.imaging.messages.depth import largest_gap_ns
from frankmocap_ros.sources.bag import Bag, BagMessage
from frankmocap_ros.sources.bag_pixels import image_stamp_ns

_WAIT_NS: Final = 500_000_000  # of log time: what depth has not come until then is not there
_EARLIER_NS: Final = 100_000_000  # of stamps: no image takes depth that is older than itself by more
_KEPT: Final = 4  # stamps from which it is told how often images come
_MOST_DEPTHS: Final = 64


@dataclass(frozen=True, eq=False)
class BagImage:
    """One image message.

    Attributes:
        stamp_ns: of its header; where that is zero, when it was received [ns].
        message: the image, compressed image or image of a video.
        depth: the depth image that belongs to it, None where there is none.
    """

    stamp_ns: int
    message: Any
    depth: Any = None


def bag_images(bag: Bag, image: str, depth: str = "") -> Generator[BagImage, None, None]:
    """The images of a topic.

    Args:
        bag: to be read.
        image: topic of the images.
        depth: topic of depth images of the same view; empty for none.

    Raises:
        SourceError: the bag is damaged.
    """
    if not depth:
        for received in bag.messages([image]):
            yield BagImage(_stamp_ns(received), received.message)
        return
    pairing = _Pairing()
    for received in bag.messages([image, depth]):
        if received.topic == depth:
            pairing.add_depth(_stamp_ns(received), received.message)
        else:
            pairing.images.append(received)
        while pairing.images and pairing.is_complete(received.log_time_ns):
            yield pairing.next_image()
    while pairing.images:
        yield pairing.next_image()


class _Pairing:
    """Images that wait for their depth, and depth that waits for its image."""

    def __init__(self) -> None:
        self.images: deque[BagMessage] = deque()
        self._depths: deque[tuple[int, Any]] = deque(maxlen=_MOST_DEPTHS)
        self._given_ns: deque[int] = deque(maxlen=_KEPT)

    def add_depth(self, stamp_ns: int, message: Any) -> None:
        """Keep a depth image; one that is out of order is left out."""
        if not self._depths or stamp_ns > self._depths[-1][0]:
            self._depths.append((stamp_ns, message))
        elif self._depths[-1][0] - stamp_ns > 10 * _WAIT_NS:  # time began again
            self._depths.clear()
            self._depths.append((stamp_ns, message))

    def is_complete(self, now_ns: int) -> bool:
        """Whether no better depth comes for the first image that waits, at a log time [ns]."""
        first = self.images[0]
        there = bool(self._depths) and self._depths[-1][0] >= _stamp_ns(first)
        return there or now_ns - first.log_time_ns > _WAIT_NS

    def next_image(self) -> BagImage:
        """The first image that waits, with the nearest depth within half of the time between two images."""
        first = self.images.popleft()
        stamp_ns = _stamp_ns(first)
        if self._given_ns and stamp_ns <= self._given_ns[-1]:
            self._given_ns.clear()
        self._given_ns.append(stamp_ns)
        while self._depths and self._depths[0][0] < stamp_ns - _EARLIER_NS:
            self._depths.popleft()
        nearest = min(self._depths, key=lambda d: abs(d[0] - stamp_ns), default=None)
        newest = [stamp for stamp, _ in self._depths][-_KEPT:]
        if nearest is None or abs(nearest[0] - stamp_ns) > largest_gap_ns(self._given_ns, newest):
            return BagImage(stamp_ns, first.message)
        return BagImage(stamp_ns, first.message, nearest[1])


def _stamp_ns(received: BagMessage) -> int:
    return image_stamp_ns(received.message) or received.log_time_ns
