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

"""Hands of people whose landmarks are known, with as few runs of the networks as their memory allows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.estimators.blazepose.hand_landmarks import HandLandmarker, HandLandmarks
from frankmocap_ros.estimators.blazepose.hand_search import (
    HandMemory,
    body_wrist,
    first_region,
    followed_region,
    owned,
    remembered,
    waits,
)
from frankmocap_ros.estimators.blazepose.pose_landmarks import PoseLandmarks
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.bitmap import Bitmap


@dataclass(frozen=True, eq=False)
class HandsMemory:
    """What is kept of one person's hands from image to image; at first nothing."""

    left: HandMemory = field(default_factory=HandMemory)
    right: HandMemory = field(default_factory=HandMemory)


@dataclass(frozen=True, eq=False)
class Owner:
    """Somebody whose hands are wanted.

    Attributes:
        bitmap: the image.
        body: the landmarks in it.
        time_s: the image's time [s].
        memory: of the image before.
    """

    bitmap: Bitmap
    body: PoseLandmarks
    time_s: float = 0.0
    memory: HandsMemory = field(default_factory=HandsMemory)


@dataclass(frozen=True, eq=False)
class HandsFound:
    """One person's hands in one image.

    Attributes:
        hands: those that are seen, by side.
        memory: for the next image.
    """

    hands: dict[str, HandLandmarks]
    memory: HandsMemory


def find_hands(networks: HandLandmarker, owners: Sequence[Owner]) -> list[HandsFound]:
    """The hands of everybody, in one batch.

    Args:
        networks: what sees hands.
        owners: whose hands are wanted.
    """
    squares = _squares(networks, owners)
    seen = networks.seen([owners[n].bitmap for n, _ in squares], list(squares.values()))
    found: list[dict[str, HandLandmarks]] = [{} for _ in owners]
    for (number, side), hand in zip(squares, seen, strict=True):
        if hand is not None:
            found[number][side] = hand
    return [
        _kept(owner, hands, [side for side in SIDES if (number, side) in squares])
        for number, (owner, hands) in enumerate(zip(owners, found, strict=True))
    ]


def _squares(networks: HandLandmarker, owners: Sequence[Owner]) -> dict[tuple[int, str], Region]:
    """Where hands are looked for in this image, by number of the owner and side."""
    squares: dict[tuple[int, str], Region] = {}
    first: dict[tuple[int, str], Region] = {}
    for number, owner in enumerate(owners):
        for side in SIDES:
            memory: HandMemory = getattr(owner.memory, side)
            region = followed_region(owner.body, side, memory)
            if region is not None:
                squares[number, side] = region
            elif not waits(memory, owner.time_s) and (start := first_region(owner.body, side)) is not None:
                first[number, side] = start
    turned = networks.turned([owners[n].bitmap for n, _ in first], list(first.values()))
    return squares | dict(zip(first, turned, strict=True))


def _kept(owner: Owner, found: dict[str, HandLandmarks], looked: Sequence[str]) -> HandsFound:
    """What is believed of the hands that were found around the wrists of the sides ``looked`` at."""
    hands = owned(owner.body, found)
    memory = {side: getattr(owner.memory, side) for side in SIDES}
    for side in looked:
        wrist = body_wrist(owner.body, side)
        memory[side] = remembered(memory[side], hands.get(side), wrist, owner.time_s)
    return HandsFound(hands, HandsMemory(**memory))
