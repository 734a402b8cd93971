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

"""FrankMocap: a regressor from a crop to every joint's rotation, on the user's own files.

Joo, Neverova, Vedaldi, "Exemplar Fine-Tuning for 3D Human Model Fitting" (EFT), 2020, and Rong, Shiratori,
Joo, "FrankMocap", 2021. Crops, networks and body models give the numbers of the original; what is new is that
joints need no vertices, that people and hands go through the networks as one batch, and that the weak
perspective of the crop becomes meters before the camera.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.layout import ASSETS, STANDIN_WARNING, needed
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body.pose import Body, ModelPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators.availability import chosen_detector, missing_text
from frankmocap_ros.estimators.base import Capabilities, Review
from frankmocap_ros.estimators.blank import MIDDLE, blank_image
from frankmocap_ros.estimators.detectors import Detector, DetectorOptions, make_detector
from frankmocap_ros.estimators.frankmocap.augmented_crops import BodyForHands
from frankmocap_ros.estimators.frankmocap.body_crop import (
    CROP_PER_BOX,
    Crop,
    body_crop,
    crop_to_image,
    root_offset,
    weak_perspective,
)
from frankmocap_ros.estimators.frankmocap.hands import Hands, HandsSeen
from frankmocap_ros.estimators.frankmocap.networks.body_head import parameters
from frankmocap_ros.estimators.frankmocap.precisions import Precisions
from frankmocap_ros.estimators.frankmocap.regressors import (
    body_regressor,
    hand_regressor,
    joint_model_of,
)
from frankmocap_ros.geometry.boxes import Region, box_around, region_of
from frankmocap_ros.geometry.rotation import Array, quat_from_matrix
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.runtime.thread_pools import wait_without_spinning
from frankmocap_ros.settings.mocap import Settings

if TYPE_CHECKING:
    from frankmocap_ros.estimators.frankmocap.networks.mesh import Mesh, MeshModel

_MAX_PEOPLE = 16
_SURE = 0.9  # of a joint in the crop: the regressor itself says nothing of how sure it is
_UNSEEN = 0.25  # share of that where a joint lies beside the crop, so that it is a guess


@dataclass(frozen=True)
class FrankMocapOptions:
    """What the estimator is made of; the settings of the same names.

    Attributes:
        folder: FrankMocap's ``extra_data``.
        use_smplx: with SMPL-X instead of SMPL.
        hands: with finger joints; needs SMPL-X.
        detector: auto, blazepose, pose2d or yolo.
        device: auto, cpu or cuda.
        engine: auto, torch, onnxruntime, openvino or tensorrt.
        precision: auto, fp32, bf16, fp16 or int8.
        max_people: how many people an image usually has at most; that many are as fast from the first image.
        detector_model: file of the network for the detector yolo.
    """

    folder: Path
    use_smplx: bool = False
    hands: bool = False
    detector: str = "auto"
    device: str = "auto"
    engine: str = "auto"
    precision: str = "auto"
    max_people: int = 1
    detector_model: str = ""

    @staticmethod
    def of(config: Settings, folder: Path) -> "FrankMocapOptions":
        """What the settings ask for."""
        return FrankMocapOptions(
            folder, config.use_smplx, config.hands, config.detector, config.device, config.engine,
            config.precision, config.max_people, config.detector_model,
        )  # fmt: skip


class FrankMocapEstimator:
    """Rotations, shape and place of people in given regions.

    Args:
        options: what to load and where to run it.
        tell: told what takes long, and what was chosen.
        prepare: see ``engines.base.EngineOptions``.

    Raises:
        EstimatorError: the options cannot be met.
        AssetError: a file is missing, damaged or not what it should be.
        MissingDependencyError: a package is not installed that the engine needs, or the reading of files.
    """

    name = "frankmocap"

    def __init__(
        self,
        options: FrankMocapOptions,
        tell: Callable[[str], None] = lambda _: None,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        if options.hands and not options.use_smplx:
            raise EstimatorError("hands: true needs use_smplx: true with frankmocap; SMPL has no fingers")
        self._options = options
        self._store = store = AssetStore(options.folder, progress=tell)
        detector = chosen_detector(options.detector)
        text = missing_text(store, needed(options.use_smplx, options.hands, detector == "pose2d"))
        if text is not None:
            raise AssetError(text)
        wait_without_spinning()
        # reading gives way to a model that runs; engines do not, because their threads stay
        self._network = body_regressor(store, options.use_smplx)
        self._model = joint_model_of(store, "smplx" if options.use_smplx else "smpl")
        where = EngineOptions(device=options.device, largest=_MAX_PEOPLE, tell=tell, prepare=prepare)

        def find() -> Detector:
            how = DetectorOptions(options.device, options.precision, tell, options.detector_model)
            return make_detector(detector, store, how)

        self._precisions = Precisions(store, options.engine, options.precision, find)
        chosen, self._check = self._precisions.choose(self._network, where)
        self._engine = chosen.engine
        self._parameters = parameters
        self._hands: Hands | None = None
        if options.hands:
            network, pairs = hand_regressor(store), replace(where, batch=2, largest=2 * _MAX_PEOPLE)
            body = BodyForHands(self._network, chosen.engine, self._model)
            hand, check = self._precisions.choose(network, pairs, body)
            self._hands = Hands(network, hand.engine, self._model, check.offer)
        self._detector = find()
        # SMPL-X has joints that this package's skeleton does not know (jaw, eyes), and lacks SMPL's hands
        known = BODY_WITH_HANDS if options.hands else BODY
        own = self._model.skeleton.index
        self._rows = np.array([own.get(name, 0) for name in known.names])
        self._has = np.array([name in own for name in known.names])
        self.capabilities = self._reported(
            Capabilities(
                max_people=_MAX_PEOPLE,
                needs_regions=True,
                orientations=True,
                hands=options.hands,
                device=f"{chosen.engine.device} {chosen.option.text}",
                sees_absence=False,
                detects_apart=True,
                mesh=True,
                batches=True,
                reviewed=True,
            )
        )

    def _reported(self, capabilities: Capabilities) -> Capabilities:
        """With what is known of the networks' precisions by now."""
        return self._precisions.reported(capabilities, STANDIN_WARNING if self._store.is_standin else "")

    def review(self, told: Callable[[Review], None]) -> None:
        """See ``estimators.base.ReviewedEstimator``; what is found out stands in ``capabilities`` too."""

        def reviewed(review: Review) -> None:
            self.capabilities = self._reported(self.capabilities)
            told(review)

        self._precisions.review(reviewed)

    def warm_up(self) -> None:
        """Run everything once, with every number of people up to ``max_people``."""
        blank = blank_image()
        self.detect(blank, 1)
        for people in range(1, self._options.max_people + 1):
            self.estimate(blank, [MIDDLE] * people)
        if self._hands is not None:
            self._hands.warm_up(2)  # of the operator, or of nobody

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Look for people in the whole image."""
        return self._detector.detect(image, max_people)

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Everybody in one batch; None where a region cannot be cropped.

        A body is given also where nobody is: see ``Capabilities.sees_absence``.
        """
        return self.estimate_views([(image, regions)])[0]

    def estimate_views(
        self, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
    ) -> list[list[Observation | None]]:
        """Everybody in several images in one batch, as ``estimate`` does for one."""
        wanted = [(image, region) for image, regions in views for region in regions]
        crops = [_crop(image.bitmap, region) for image, region in wanted]
        found = iter(
            self._observations(
                [
                    (image, crop, region.hands)
                    for (image, region), crop in zip(wanted, crops, strict=True)
                    if crop is not None
                ]
            )
        )
        each = iter([None if crop is None else next(found) for crop in crops])
        return [[next(each) for _ in regions] for _, regions in views]

    def _observations(self, wanted: Sequence[tuple[ScaledImage, Crop, bool]]) -> list[Observation]:
        """The people in crops of some images, and whether their hands are wanted."""
        if not wanted:
            return []
        images, seen = [image for image, _, _ in wanted], [crop for _, crop, _ in wanted]
        pixels = np.stack(
            [Bitmap(crop.pixels, image.bitmap.order).rgb() for image, crop in zip(images, seen, strict=True)]
        )
        body = self._parameters(self._network.head(self._engine(pixels)))
        self._check.offer(pixels)
        rotations = self._all_rotations(body.rotations)
        offsets = self._model.offsets(body.betas)
        joints = self._model.posed(rotations, offsets)
        in_crop = weak_perspective(joints, body.camera)
        in_image = crop_to_image(
            in_crop, np.array([c.scale for c in seen]), np.array([c.top_left_px for c in seen])
        )
        hands: list[HandsSeen | None] = [None] * len(seen)
        rows = [i for i, (_, _, with_hands) in enumerate(wanted) if with_hands]
        if self._hands is not None and rows:
            bitmaps = [images[i].bitmap for i in rows]
            estimated = self._hands.estimate(bitmaps, rotations[rows], in_image[rows, :, :2])
            for i, found in zip(rows, estimated, strict=True):
                hands[i] = found
        return [
            self._observation(image, _One(*one))
            for image, *one in zip(
                images, seen, body.camera, rotations, joints, offsets, body.betas, in_crop, in_image, hands,
                strict=True,
            )
        ]  # fmt: skip

    def close(self) -> None:
        """Give back memory and threads."""
        self._precisions.close()
        self._detector.close()
        self._engine.close()
        if self._hands is not None:
            self._hands.close()

    @cached_property
    def mesh(self) -> "MeshModel":
        """The body model with vertices, loaded on first use.

        Raises:
            AssetError: the matrix of the extra joints is missing or damaged.
            MissingDependencyError: torch or ``smplx`` is not installed.
        """
        load_torch()
        from frankmocap_ros.estimators.frankmocap.networks.mesh import MeshModel

        smplx = self._options.use_smplx
        model, extra = ("smplx", "extra_regressor_smplx") if smplx else ("smpl", "extra_regressor")
        # the small file first: if that is missing, the large one was read for nothing
        regressor = self._store.load(extra)["array"]
        return MeshModel(self._store.load(model), regressor, self._model, ASSETS[model].path)

    def mesh_of(self, body: Body) -> "Mesh":
        """Vertices and joints of a body as it was published: smoothed, scaled, and in the optical frame.

        Joints that the body does not know rest, fingers in the mean hand.

        Args:
            body: one that this estimator's observations became.

        Raises:
            AssetError, MissingDependencyError: as ``mesh``.
        """
        load_torch()
        from frankmocap_ros.estimators.frankmocap.networks.surface import published_mesh

        return published_mesh(body, self._model, self.mesh)

    def _all_rotations(self, rotations: Array) -> Array:
        """The regressor's 24 rotations as those of the model's joints; the others rest."""
        if not self._options.use_smplx:
            return rotations
        n = len(self._model.skeleton)
        result: Array = np.array(np.broadcast_to(np.eye(3), (len(rotations), n, 3, 3)))
        result[:, :22] = rotations[:, :22]
        return result

    def _observation(self, image: ScaledImage, one: "_One") -> Observation:
        """One person in the optical frame."""
        crop, rows = one.crop, self._rows
        confidence = np.where((np.abs(one.in_crop[rows, :2]) <= 1.0).all(axis=-1), _SURE, _SURE * _UNSEEN)
        confidence[~self._has] = 0.0
        rotations, fingers = one.rotations, len(BODY)
        if one.hands is not None:
            rotations = one.hands.rotations
            confidence[fingers:] = np.where(one.hands.seen, confidence[fingers:], 0.0)
        else:
            confidence[fingers:] = 0.0
        origin = root_offset(one.camera, crop.side_px, crop.center_px, image.camera)
        box = box_around(one.in_image[: len(BODY), :2])
        return Observation(
            pose=ModelPose(
                root_position=one.joints[0] + origin,
                local_rotations=quat_from_matrix(rotations[rows]),
                offsets=one.offsets[rows] * self._has[:, None],
                confidence=confidence,
            ),
            box_xywh=box,
            score=_SURE,
            scale_source=ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT,
            region=region_of(box),
            betas=one.betas,
        )


@dataclass(frozen=True, eq=False)
class _One:
    """What is known of one person; J joints of the model."""

    crop: Crop
    camera: Array  # s, tx, ty
    rotations: Array  # (J, 3, 3)
    joints: Array  # (J, 3) in the model's frame
    offsets: Array  # (J, 3)
    betas: Array  # (10,)
    in_crop: Array  # (J, 3)
    in_image: Array  # (J, 3)
    hands: HandsSeen | None


def _crop(bitmap: Bitmap, region: Region) -> Crop | None:
    """The crop of a region: its side is that of the square, which holds 1.2 times the box."""
    side = region.side_px / CROP_PER_BOX
    corner = region.center_px - 0.5 * side
    pixels: NDArray[np.uint8] = bitmap.pixels
    return body_crop(pixels, np.array([*corner, side, side]))
