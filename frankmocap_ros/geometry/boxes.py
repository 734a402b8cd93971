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

"""Boxes around people: x, y, width, height in pixels.

A regressor gives a body for a wall too, and the box around its joints says nothing of whether somebody is
there. So its box is tied to what person detection found: an *anchor* holds how the person's box follows from
the joints' box in the image where both are known. In between, the box moves with the joints; it neither
shrinks nor drifts, since the anchor undoes whatever share of the crop the joints fill.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.geometry.rotation import Array

REGION_PER_BOX = 1.25  # a region's side, in longer sides of the person's box
_LEAST_SIDE_PX = 20.0
_MOST_SIDES = 4.0  # of the image's longer side
_LEAST_INSIDE = 0.15
_SIZE_STEP, _SIZE_RATE_HZ = 1.35, 1.5  # a person's box grows by no more at once, and per second
_ANCHOR_SIZE = 1.9  # joints and detection that differ more in size are not of one person
_ANCHOR_SIDE = 4.0  # of one side alone: arms that hang or are spread


@dataclass(frozen=True, eq=False)
class Anchor:
    """How a person's box follows from the box around the joints (``geometry/boxes.py``).

    Attributes:
        ratio: shape (2,), width and height of the person's box in those of the joints' box.
        shift: shape (2,), from the joints' box's middle to the person's, in longer sides of the joints' box.
    """

    ratio: Array
    shift: Array


@dataclass(frozen=True, eq=False)
class Region:
    """A turned square of the image around one person, as an estimator crops it.

    Attributes:
        center_px: shape (2,), x and y [px].
        side_px: length of a side [px].
        rotation_rad: angle from the image's x axis to the square's, clockwise as seen in the image [rad].
        box_xywh: shape (4,), the person's own box within: min x, min y, width, height [px]; None where it
            is not known.
        hands: whether the hands of who is in it are looked for.
        kept: what an estimator gave with a region for the next image, for itself; nobody else reads it.
    """

    center_px: Array
    side_px: float
    rotation_rad: float = 0.0
    box_xywh: Array | None = None
    hands: bool = True
    kept: object = None


def box_center(box_xywh: Array) -> Array:
    """Middle of a box, shape (2,) [px]."""
    return np.asarray(box_xywh[:2] + 0.5 * box_xywh[2:])


def box_iou(a: Array, b: Array) -> float:
    """Intersection over union of two boxes x, y, width, height; 0 where both are empty."""
    overlap = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(overlap, 0.0)))
    union = float(np.prod(a[2:]) + np.prod(b[2:])) - shared
    return shared / union if union > 0.0 else 0.0


def box_around(pixels: Array) -> Array:
    """Smallest box around points (N, 2) [px]."""
    low = pixels.min(axis=0)
    return np.concatenate([low, pixels.max(axis=0) - low])


def clipped_box(box_xywh: Array, size_px: tuple[int, int]) -> Array:
    """The part of a box that lies in an image of width and height ``size_px``."""
    low = np.clip(box_xywh[:2], 0.0, size_px)
    return np.concatenate([low, np.clip(box_xywh[:2] + box_xywh[2:], 0.0, size_px) - low])


def blended(a: Array, b: Array, share: float) -> Array:
    """Between two boxes: ``a`` for share 0, ``b`` for share 1."""
    return np.asarray(a + share * (b - a))


def region_of(box_xywh: Array) -> Region:
    """The upright square around a person's box that an estimator crops."""
    return Region(box_center(box_xywh), REGION_PER_BOX * float(box_xywh[2:].max()), box_xywh=box_xywh)


def scaled_region(region: Region, scale: Array) -> Region:
    """A region in an image that is ``scale`` (x, y) times as large; both are nearly the same number."""
    box = None if region.box_xywh is None else region.box_xywh * np.tile(scale, 2)
    return replace(
        region,
        center_px=region.center_px * scale,
        side_px=region.side_px * float(scale.mean()),
        box_xywh=box,
    )


def anchor_of(joints_xywh: Array, person_xywh: Array) -> Anchor | None:
    """How the person's box follows from the joints' box; None where they cannot be of one person."""
    joints, person = np.maximum(joints_xywh[2:], 1.0), np.maximum(person_xywh[2:], 1.0)
    size = float(person.max() / joints.max())
    if not 1.0 / _ANCHOR_SIZE < size < _ANCHOR_SIZE:
        return None
    shift = (box_center(person_xywh) - box_center(joints_xywh)) / joints.max()
    return Anchor(np.clip(person / joints, 1.0 / _ANCHOR_SIDE, _ANCHOR_SIDE), shift)


def anchored_box(joints_xywh: Array, anchor: Anchor) -> Array:
    """The person's box from the joints' box."""
    sides = np.maximum(joints_xywh[2:], 1.0)
    center = box_center(joints_xywh) + anchor.shift * sides.max()
    return np.concatenate([center - 0.5 * sides * anchor.ratio, sides * anchor.ratio])


@dataclass(frozen=True)
class Step:
    """What is known of a box beside itself.

    Attributes:
        last_xywh: the same person's last box, None for somebody new.
        dt_s: time since [s].
        size_px: width and height of the image.
    """

    last_xywh: Array | None
    dt_s: float
    size_px: tuple[int, int]


def implausible(box_xywh: Array, step: Step) -> str | None:
    """Why a box cannot be that of a person who is followed; None where it can."""
    side = float(box_xywh[2:].max())
    if not math.isfinite(side) or not _LEAST_SIDE_PX <= side <= _MOST_SIDES * max(step.size_px):
        return f"size: {side:.0f} px"
    inside = float(np.prod(clipped_box(box_xywh, step.size_px)[2:]) / max(np.prod(box_xywh[2:]), 1e-9))
    if inside < _LEAST_INSIDE:
        return f"outside: {inside:.0%} in the image"
    if step.last_xywh is not None:
        change = side / max(float(step.last_xywh[2:].max()), 1.0)
        most = _SIZE_STEP + _SIZE_RATE_HZ * max(0.0, step.dt_s)
        if not 1.0 / most < change < most:
            return f"scale: {change:.2f} times the last"
    return None
