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

"""Looks at people: each is a crop as the node cuts it, from a box that lies a little elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import Engine
from frankmocap_ros.estimators.frankmocap.body_crop import Crop, body_crop, crop_to_image, weak_perspective
from frankmocap_ros.estimators.frankmocap.hand_crop import FINGER_JOINTS, Side, hand_box, hand_crop
from frankmocap_ros.estimators.frankmocap.networks.body_head import parameters
from frankmocap_ros.estimators.frankmocap.networks.smpl import JointModel
from frankmocap_ros.estimators.frankmocap.regressors import Regressor
from frankmocap_ros.geometry.boxes import Region, box_center
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage

SIDES: Final[tuple[Side, Side]] = ("left", "right")
_LIGHT: Final = (0.6, 1.4)  # times as bright
_PEOPLE: Final = 2  # in a image
_FOV_DEG: Final = 60.0

Pixels = NDArray[np.uint8]


class Finds(Protocol):
    """What finds people, such as ``estimators.detectors`` has."""

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""


@dataclass(frozen=True, eq=False)
class AugmentedView:
    """One way to look at a person: as tracking's boxes vary, in a mirror, and in other light."""

    shift: Array  # (2,), in longer sides of the box
    scale: float
    mirrored: bool
    light: float

    def box(self, box_xywh: Array, width: int) -> Array:
        """A person's box as this look has it, in a image of this width [px]."""
        center, sides = box_center(box_xywh), box_xywh[2:]
        if self.mirrored:
            center = np.array([width - center[0], center[1]])
        center = center + self.shift * sides.max()
        return np.concatenate([center - 0.5 * self.scale * sides, self.scale * sides])

    def lit(self, pixels: Pixels) -> Pixels:
        """A crop's pixels in this look's light."""
        return pixels if self.light == 1.0 else np.asarray(cv2.convertScaleAbs(pixels, alpha=self.light))


def random_view(random: np.random.Generator, wide: bool) -> AugmentedView:
    """Half of all looks are in a mirror, half in other light; ``wide`` ones vary more."""
    shift, scale = (0.1, 0.25) if wide else (0.04, 0.1)
    return AugmentedView(
        random.uniform(-shift, shift, 2),
        float(np.exp(random.uniform(-scale, scale))),
        bool(random.random() < 0.5),
        float(random.uniform(*_LIGHT)) if random.random() < 0.5 else 1.0,
    )


@dataclass(frozen=True, eq=False)
class BodyForHands:
    """Tells where the hands of a body are, which the node learns from the SMPL-X regressor.

    Attributes:
        regressor: the one for SMPL-X.
        engine: runs its trunk.
        model: SMPL-X's joints.
    """

    regressor: Regressor
    engine: Engine
    model: JointModel

    @property
    def rows(self) -> dict[Side, NDArray[np.int64]]:
        """The joints of each hand: its wrist and its fingers."""
        index = self.model.skeleton.index
        first = {side: index[f"{side}_index1"] for side in SIDES}
        return {s: np.r_[index[f"{s}_wrist"], first[s] : first[s] + FINGER_JOINTS] for s in SIDES}

    def joints_px(self, rgb: Pixels, crop: Crop) -> Array:
        """Joints (55, 2) in the image [px] of the person in a crop, whose pixels are ``rgb``."""
        body = parameters(self.regressor.head(self.engine(rgb[None])))
        rotations = np.tile(np.eye(3), (1, len(self.model.skeleton), 1, 1))
        rotations[:, :22] = body.rotations[:, :22]
        seen = weak_perspective(self.model.joints(rotations, body.betas), body.camera)
        return np.asarray(crop_to_image(seen, np.array([crop.scale]), crop.top_left_px[None])[0, :, :2])


def boxes_of_people(bitmap: Bitmap, detector: Finds) -> list[Array]:
    """Boxes (4,), x y w h [px], of up to two people in a image."""
    image = ScaledImage(bitmap, Camera.from_fov(*bitmap.size_px, _FOV_DEG), False, 0.0)
    regions = detector.detect(image, _PEOPLE)[:_PEOPLE]
    return [region.box_xywh for region in regions if region.box_xywh is not None]


def crops_of(
    bitmap: Bitmap, look: AugmentedView, box_xywh: Array, hands: BodyForHands | None
) -> Iterator[tuple[str, Pixels]]:
    """The body's crop and those of the hands, each with its kind."""
    crop = body_crop(bitmap.pixels, box_xywh)
    if crop is None:
        return
    rgb = look.lit(Bitmap(crop.pixels, bitmap.order).rgb())
    yield "body", rgb
    if hands is None:
        return
    joints_px = hands.joints_px(rgb, crop)
    for side, rows in hands.rows.items():
        hand = hand_box(joints_px[rows])
        found = hand_crop(bitmap.pixels, hand, side == "left") if hand is not None else None
        if found is not None:
            yield "hand", look.lit(Bitmap(found.pixels, bitmap.order).bgr())
