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

"""Judges engines by the joints of the person in the demo's photograph."""

import contextlib
import hashlib
from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.estimators.detectors import Detector
from frankmocap_ros.estimators.frankmocap.augmented_crops import (
    BodyForHands,
    Pixels,
    boxes_of_people,
    crops_of,
    random_view,
)
from frankmocap_ros.estimators.frankmocap.body_crop import CROP_PX
from frankmocap_ros.estimators.frankmocap.joint_error import joint_error, joints_of
from frankmocap_ros.estimators.frankmocap.regressors import Regressor
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.sources import photograph_path
from frankmocap_ros.sources.stills import read_image

_CROPS: Final = 30  # of the photograph
# Files that joints are made of beside the network's own: mean parameters and body model.
_FILES: Final = {
    "body_smpl": ("mean_params", "smpl"), "body_smplx": ("mean_params", "smplx"),
    "hand": ("mean_mano", "smplx"),
}  # fmt: skip


def photograph_crops(find: Callable[[], Detector], hands: BodyForHands | None = None) -> Pixels:
    """Crops (N, 224, 224, 3) of who is in scikit-image's photograph, each from a box a little elsewhere.

    Args:
        find: makes what finds people, which is closed again.
        hands: gives the crops of their hands instead.

    Returns:
        RGB of a body, BGR of hands; none where the photograph is not installed or nobody is found in it.
    """
    path = photograph_path()
    crops: list[Pixels] = []
    if path is not None:
        bitmap = Bitmap(read_image(path))
        with contextlib.closing(find()) as detector:
            boxes = boxes_of_people(bitmap, detector)
        random = np.random.default_rng(0)
        kind = "body" if hands is None else "hand"
        for _ in range(_CROPS if boxes else 0):
            view = random_view(random, wide=True)
            seen = Bitmap(np.ascontiguousarray(bitmap.pixels[:, ::-1])) if view.mirrored else bitmap
            box = view.box(boxes[0], seen.size_px[0])
            crops += [pixels for name, pixels in crops_of(seen, view, box, hands) if name == kind]
    return np.stack(crops[:_CROPS]) if crops else np.empty((0, CROP_PX, CROP_PX, 3), np.uint8)


class JointJudge:
    """Judges one regressor, see ``engines.judging.Judge``.

    Args:
        store: where its body model is.
        regressor: whose head follows the features.
        crops: gives crops of people.

    Raises:
        AssetError: a file is missing, damaged or not what it should be.
    """

    def __init__(self, store: AssetStore, regressor: Regressor, crops: Callable[[], Pixels]) -> None:
        self._regressor, self._make = regressor, crops
        self._to_joints = joints_of(store, regressor.key)  # first: what is read has a digest
        digests = " ".join(store.digest(file) or "" for file in _FILES[regressor.key])
        self.key = hashlib.sha256(f"{regressor.key} {_CROPS} {digests}".encode()).hexdigest()

    def crops(self) -> Pixels:
        """Crops of people, made once."""
        return self._crops

    def error(self, found: NDArray[np.float32], exact: NDArray[np.float32]) -> JointError:
        """How far the joints of the features ``found`` are from those of ``exact``, both (N, outputs)."""
        head = self._regressor.head
        return joint_error(self._to_joints(head(found)), self._to_joints(head(exact)))

    @cached_property
    def _crops(self) -> Pixels:
        return self._make()
