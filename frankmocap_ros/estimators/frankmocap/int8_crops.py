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

"""Crops of people and hands as the node cuts them, to see by them which numbers run through a network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np

from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.frankmocap.augmented_crops import (
    BodyForHands,
    Finds,
    Pixels,
    boxes_of_people,
    crops_of,
    random_view,
)
from frankmocap_ros.estimators.frankmocap.body_crop import CROP_PX
from frankmocap_ros.imaging.bitmap import Bitmap

FEWEST: Final = 40  # crops of a kind
_IMAGES: Final = 130  # that are looked at, spread over the source
_UNKNOWN_STEP: Final = 5  # one image in five is looked at where their number is not known
_LOOKS: Final = 260  # at people, in all images together
_CALIBRATION, _HELD_OUT = 200, 60  # the most crops of a kind that are used
_HOLD: Final = 4  # one image in four (or crop, where there are few images) is held out
_FEW_PICTURES: Final = 32
_SHORT_PX: Final = 1152  # crops are cut from no larger images, as in the pipeline
_TELL_EVERY: Final = 25
_WORDS: Final = {"body": "crops of people", "hand": "crops of hands"}


class CalibrationImage(Protocol):
    """One image."""

    @property
    def pixels(self) -> Pixels:
        """Shape (H, W, 3), BGR."""


class CalibrationImages(Protocol):
    """Images one after the other; each of ``frankmocap_ros.sources`` is such."""

    @property
    def name(self) -> str:
        """What they are, in words."""

    @property
    def frames(self) -> int:
        """How many there are, 0 where that is not known."""

    def read(self) -> CalibrationImage | None:
        """The next one, None after the last."""


@dataclass(frozen=True, eq=False)
class Crops:
    """Crops of one kind, shape (N, 224, 224, 3), in the order of channels that the network wants.

    Attributes:
        calibration: to quantize by.
        held_out: others, to measure the error by.
        apart: whether those come from other images; otherwise from other looks at the same.
    """

    calibration: Pixels
    held_out: Pixels
    apart: bool

    def check(self, what: str, source: str) -> None:
        """Refuse too few of them.

        Raises:
            EstimatorError: they are.
        """
        found = len(self.calibration) + len(self.held_out)
        if found < FEWEST:
            raise EstimatorError(
                f"{found} crops of {what} in {source}, at least {FEWEST} are needed; take a video of half a "
                f"minute or more, or more images, where one sees {what} near and most of the time"
            )


@dataclass(frozen=True, eq=False)
class _Taken:
    """A crop: of which image, and its pixels."""

    image: int
    pixels: Pixels


def _spread(images: CalibrationImages) -> Iterator[Pixels]:
    """Up to ``_IMAGES`` of them, from the first to the last."""
    given, total = 0, images.frames
    wanted, index = min(total, _IMAGES), 0
    while given < _IMAGES and (image := images.read()) is not None:
        # a source may have more than it says
        due = index * wanted // total != (index - 1) * wanted // total if total else not index % _UNKNOWN_STEP
        if due:
            given += 1
            yield image.pixels
        index += 1


def _divided(taken: Sequence[_Taken]) -> Crops:
    """Crops to calibrate by and, in stretches of their own, those to measure the error by."""
    rank = {image: i for i, image in enumerate(sorted({one.image for one in taken}))}
    apart = len(rank) >= 2 * _HOLD
    stretch = max(1, len(rank) // (4 * _HOLD))
    parts: tuple[list[Pixels], list[Pixels]] = [], []
    for i, one in enumerate(taken):
        number = rank[one.image] // stretch if apart else i
        parts[number % _HOLD == _HOLD - 1].append(one.pixels)
    return Crops(_thinned(parts[0], _CALIBRATION), _thinned(parts[1], _HELD_OUT), apart)


def _thinned(crops: Sequence[Pixels], most: int) -> Pixels:
    """A number of them at most, evenly from the first to the last."""
    if not crops:
        return np.empty((0, CROP_PX, CROP_PX, 3), np.uint8)
    rows = np.unique(np.linspace(0, len(crops) - 1, most).astype(int)) if len(crops) > most else None
    return np.stack(crops if rows is None else [crops[row] for row in rows])


def gather(
    images: CalibrationImages,
    detector: Finds,
    hands: BodyForHands | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Crops]:
    """Crops from up to 130 images of a source, spread over all of it.

    Each person is looked at several times: boxes lie a little elsewhere, as those of tracking do, half of
    the looks are in a mirror, half in other light. Where there are few images, each gives more.

    Args:
        images: where people are seen.
        detector: finds them.
        hands: tells where hands are; without it there are no crops of hands.
        tell: told how it goes.

    Returns:
        ``"body"``: RGB, and with ``hands`` ``"hand"``: BGR, left ones mirrored. There may be none: see
        ``Crops.check``.
    """
    random = np.random.default_rng(0)
    wanted = min(images.frames or _IMAGES, _IMAGES)
    looks, wide = -(-_LOOKS // wanted), wanted < _FEW_PICTURES
    taken: dict[str, list[_Taken]] = {"body": []} if hands is None else {"body": [], "hand": []}
    number = 0
    tell(f"looking for people in {images.name}")
    for number, pixels in enumerate(_spread(images), 1):
        bitmap = Bitmap(pixels).resized(_SHORT_PX)
        boxes = boxes_of_people(bitmap, detector)
        for _ in range(looks if boxes else 0):
            look = random_view(random, wide)
            seen = Bitmap(np.asarray(cv2.flip(bitmap.pixels, 1))) if look.mirrored else bitmap
            for box in boxes:
                for kind, crop in crops_of(seen, look, look.box(box, seen.size_px[0]), hands):
                    taken[kind].append(_Taken(number, crop))
        if number % _TELL_EVERY == 0:
            tell(f"{number} of {wanted} images")
    people = len({one.image for one in taken["body"]})
    counts = ", ".join(f"{len(crops)} {_WORDS[kind]}" for kind, crops in taken.items())
    tell(f"people in {people} of {number} images: {counts}")
    return {kind: _divided(crops) for kind, crops in taken.items()}
