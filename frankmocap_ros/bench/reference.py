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

"""The original's steps, one after the other: what every row is compared with.

In every image the 2D pose network looks for people; the regressor runs as the checkpoint has it, in float32
and layer by layer, with its three iterations; and the whole body model poses every vertex, which are then
projected into the image. Nothing is tracked, and nothing runs beside anything else.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from frankmocap_ros.assets.layout import ASSETS, needed
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.bench.rows import Sample
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.availability import missing_text
from frankmocap_ros.estimators.frankmocap.body_crop import Crop, body_crop, crop_to_image, weak_perspective
from frankmocap_ros.estimators.frankmocap.networks.body_head import parameters, start_of
from frankmocap_ros.estimators.frankmocap.networks.smpl import JointModel
from frankmocap_ros.estimators.frankmocap.regressors import joint_model_of
from frankmocap_ros.geometry.rotation import Array, quat_from_rotvec, quat_to_matrix
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.runtime.thread_pools import wait_without_spinning
from frankmocap_ros.runtime.timing import StageTimer

# ImageNet's, of RGB
_MEAN = np.array((123.675, 116.28, 103.53), np.float32)
_DEVIATION = np.array((58.395, 57.12, 57.375), np.float32)
_SHARED_JOINTS = 22  # of the regressor's 24 that SMPL-X has


def uses_smplx(store: AssetStore) -> bool:
    """Whether only SMPL-X's files are there; SMPL is what the original takes by default.

    Raises:
        AssetError: the files of neither are.
    """
    keys = {
        smplx: (
            *needed(smplx, pose2d=True),
            "extra_regressor_smplx" if smplx else "extra_regressor",
        )
        for smplx in (False, True)
    }
    if not store.missing(keys[False]):
        return False
    if not store.missing(keys[True]):
        return True
    raise AssetError(missing_text(store, keys[False]) or "")


class Reference:
    """FrankMocap's body module as it was, on the machine's usual device.

    Args:
        folder: FrankMocap's ``extra_data``.

    Raises:
        AssetError: a file is missing or damaged.
        MissingDependencyError: torch or smplx is not installed.
    """

    estimator = "frankmocap"
    engine = "torch"
    precision = "fp32"
    pid: int | None = None
    more: Mapping[str, object] = MappingProxyType({})
    frames: Sequence[Frame] = ()

    def __init__(self, folder: Path) -> None:
        store = AssetStore(folder)
        smplx = uses_smplx(store)
        wait_without_spinning()
        torch = load_torch()
        from frankmocap_ros.engines.torch_device import choose_torch_device
        from frankmocap_ros.estimators.frankmocap.networks.hmr import load_hmr
        from frankmocap_ros.estimators.frankmocap.networks.mesh import MeshModel
        from frankmocap_ros.estimators.openpose.network import Pose2dDetector

        self._device = choose_torch_device("auto", "fp32").device
        self._detector = Pose2dDetector(store.load("pose2d"), self._device, eager=True)
        key, model = ("body_smplx", "smplx") if smplx else ("body_smpl", "smpl")
        weights = store.load(key)
        start = start_of(store.load("mean_params"), weights=weights)
        self._network = load_hmr(weights, ASSETS[key].path).to(self._device)
        self._start = torch.from_numpy(start).to(self._device)
        self._joints = joint_model_of(store, model)
        extra = store.load("extra_regressor_smplx" if smplx else "extra_regressor")["array"]
        self._mesh = MeshModel(store.load(model), extra, self._joints, ASSETS[model].path)
        self._timer = StageTimer(time.perf_counter)

    def process(self, camera_images: Sequence[CameraImage]) -> Sample:
        """The first camera's image."""
        bitmap = camera_images[0].bitmap
        start_s = time.perf_counter()
        with self._timer.stage("detect"):
            bgr = bitmap.bgr()
            boxes = [person.box_xywh for person in self._detector.detect(bgr, 1)]
        with self._timer.stage("crop"):
            # stand-in weights find nobody: the middle then, so that all steps run in every image
            crop = body_crop(bgr, boxes[0] if boxes else _middle(*bitmap.size_px))
            if crop is None:
                crop = body_crop(bgr, _middle(*bitmap.size_px))
            assert crop is not None
        with self._timer.stage("regress"):
            values = self._regressed(crop)
        with self._timer.stage("model"):
            self._vertices_px(values, crop)
        total_ms = 1e3 * (time.perf_counter() - start_s)
        return Sample(self._timer.finish(), total_ms, len(boxes))

    def rest(self) -> None:
        """Nothing runs in the background."""

    def close(self) -> None:
        """Nothing to give back."""

    def _regressed(self, crop: Crop) -> Any:
        """What the regressor says of a crop."""
        import torch

        with torch.inference_mode():
            scaled = (crop.pixels[..., ::-1].astype(np.float32) - _MEAN) / _DEVIATION
            x = torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1))[None]).to(self._device)
            values = self._network.unfolded(self._network.features(x), self._start)
            return parameters(values.cpu().numpy())

    def _vertices_px(self, values: Any, crop: Crop) -> Array:
        """Vertices (1, V, 3) in the image."""
        posed = self._mesh(_all_rotations(self._joints, values.rotations), values.betas)
        in_crop = weak_perspective(posed.vertices, values.camera)
        return crop_to_image(in_crop, np.array([crop.scale]), crop.top_left_px[None])


def _all_rotations(model: JointModel, rotations: Array) -> Array:
    """The regressor's rotations (1, 24, 3, 3) as the model's; fingers in the mean hand."""
    joints = len(model.skeleton)
    if joints == rotations.shape[1]:
        return rotations
    result: Array = np.array(np.broadcast_to(np.eye(3), (1, joints, 3, 3)))
    result[:, :_SHARED_JOINTS] = rotations[:, :_SHARED_JOINTS]
    result[:, model.skeleton.index["left_index1"] :] = quat_to_matrix(
        quat_from_rotvec(model.hand_mean.reshape(-1, 3))
    )
    return result


def _middle(width: int, height: int) -> Array:
    """A box where somebody may stand, inside an image of any sides."""
    side = float(max(32, min(width, height)))
    return np.array([0.5 * width - 0.15 * side, 0.5 * height - 0.45 * side, 0.3 * side, 0.9 * side])
