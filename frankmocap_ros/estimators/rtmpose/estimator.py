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

"""RTMPose: keypoints of people whose boxes a detector gives.

Jiang et al., "RTMPose: Real-Time Multi-Person Pose Estimation based on MMPose", 2023, and "RTMW: Real-Time
Multi-Person 2D and 3D Whole-body Pose Estimation", 2024.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from frankmocap_ros.body.pose import KeypointPose, Observation, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.blank import MIDDLE, blank_image
from frankmocap_ros.estimators.detectors import Detector
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.estimators.rtmpose.crop import Crop
from frankmocap_ros.estimators.rtmpose.network import RtmPoseNetwork
from frankmocap_ros.estimators.rtmpose.positions import positions
from frankmocap_ros.geometry.boxes import REGION_PER_BOX, Region
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.runtime.file_names import printable

_MAX_PEOPLE: Final = 16


@dataclass(frozen=True, eq=False)
class _Person:
    """One person as the network sees it; K keypoints of its set.

    Attributes:
        pixels: shape (K, 2), in the image [px].
        confidence: shape (K,), 0..1, 0 where there is none.
        depth_m: shape (K,), behind the middle of the hips [m]; None where the network has no depth.
    """

    pixels: Array
    confidence: Array
    depth_m: Array | None


class RtmPoseEstimator:
    """Keypoints in pixels, or with RTMW3D in meters, of people in given regions.

    Args:
        model: the network's file.
        options: where it runs.
        hands: with finger joints; needs a network that finds them.
        make_detector: makes what finds people, once the network is known to fit.

    Raises:
        AssetError, EstimatorError, MissingDependencyError: as ``RtmPoseNetwork`` and the detector.
        EstimatorError: the network has no hands.
    """

    name = "rtmpose"

    def __init__(
        self, model: Path, options: NetworkOptions, hands: bool, make_detector: Callable[[], Detector]
    ) -> None:
        self._network = network = RtmPoseNetwork(model, options)
        if hands and not network.keypoints.has_hands:
            network.close()
            raise EstimatorError(
                f"hands: true needs a network with hands; {printable(str(model))} has "
                f"{len(network.keypoints)} keypoints without. Set hands: false, or model: to an RTMPose or "
                "RTMW file with 133 keypoints"
            )
        self._names = KEYPOINTS_WITH_HANDS if hands else KEYPOINTS
        try:
            self._detector = make_detector()
        except Exception:
            network.close()
            raise
        self.capabilities = Capabilities(
            max_people=_MAX_PEOPLE,
            needs_regions=True,
            orientations=False,
            hands=hands,
            device=network.how,
            sees_absence=False,
            detects_apart=True,
            batches=True,
        )

    def warm_up(self) -> None:
        """Run everything once on an empty image."""
        blank = blank_image()
        self.detect(blank, 1)
        self.estimate(blank, [MIDDLE])

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Look for people in the whole image."""
        return self._detector.detect(image, max_people)

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Everybody in one batch; None where too little of somebody is seen."""
        return self.estimate_views([(image, regions)])[0]

    def estimate_views(
        self, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
    ) -> list[list[Observation | None]]:
        """Everybody in several images in one batch, as ``estimate`` does for one."""
        wanted = [(image, self._crop(region)) for image, regions in views for region in regions]
        people = iter(self._people(wanted))
        return [[self._observation(image, next(people)) for _ in regions] for image, regions in views]

    def close(self) -> None:
        """Give back memory and threads."""
        self._detector.close()
        self._network.close()

    def _crop(self, region: Region) -> Crop:
        """The region's box with the padding that the region has, which is 1.25 by default."""
        if region.box_xywh is None:
            side = region.side_px / REGION_PER_BOX
            box = np.concatenate([region.center_px - 0.5 * side, [side, side]])
            return Crop.of(box, self._network.input_px, REGION_PER_BOX)
        padding = region.side_px / max(float(region.box_xywh[2:].max()), 1.0)
        return Crop.of(region.box_xywh, self._network.input_px, padding)

    def _people(self, wanted: Sequence[tuple[ScaledImage, Crop]]) -> list[_Person]:
        if not wanted:
            return []
        crops = [Bitmap(crop.cut(image.bitmap.pixels), image.bitmap.order).rgb() for image, crop in wanted]
        seen = self._network(np.stack(crops))
        confidence = np.where(seen.located.found, seen.located.scores.clip(0.0, 1.0), 0.0)
        return [
            _Person(
                crop.to_image(seen.located.xy[i]),
                confidence[i],
                None if seen.depth_m is None else seen.depth_m[i],
            )
            for i, (_, crop) in enumerate(wanted)
        ]

    def _observation(self, image: ScaledImage, person: _Person) -> Observation | None:
        points = self._network.keypoints
        seen = keypoint_observation(points, person.pixels, person.confidence, image.bitmap.size_px)
        if seen is None:
            return None
        if person.depth_m is None:
            return replace(seen, pose=PixelPose(*points.ours(person.pixels, person.confidence, self._names)))
        ours, sure = points.ours(np.c_[person.pixels, person.depth_m], person.confidence, self._names)
        return replace(
            seen,
            pose=KeypointPose(positions(ours[:, :2], ours[:, 2], sure, image.camera), sure),
            scale_source=ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT,
        )
