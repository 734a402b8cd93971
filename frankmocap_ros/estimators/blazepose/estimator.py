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

"""BlazePose: person detector, landmarks and hands from MediaPipe's published networks.

The steps (detection, landmarks of one region, next region from the landmarks) are run one by one, so that the
pipeline's settings for detection and boxes hold, and several people are followed. On the same image the
numbers are those of MediaPipe's own Python package in its static mode, to 0.05 px and 0.3 mm (99th
percentiles, ``test_oracle.py``).

Axes, checked on a real image (``test_estimator.py``): world landmarks are meters around the middle of the
hips with x to the image's right, y down and z away from the camera. These are the axes of the optical
frame, but turned to the ray through the body (``rays.py``). Left is the person's left, so nothing needs
swapping.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from frankmocap_ros.assets.model_files import model_path, needed_models
from frankmocap_ros.body.hand_shape import PALM
from frankmocap_ros.body.pose import HandShape, KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import HAND_POINTS, KEYPOINTS, KEYPOINTS_WITH_HANDS, SIDES
from frankmocap_ros.engines.tflite import TfliteOptions
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.blank import MIDDLE, blank_image
from frankmocap_ros.estimators.blazepose.hand_finder import HandsFound, HandsMemory, Owner, find_hands
from frankmocap_ros.estimators.blazepose.hand_landmarks import HandLandmarker, HandLandmarks
from frankmocap_ros.estimators.blazepose.person_detector import PersonDetector
from frankmocap_ros.estimators.blazepose.pose_landmarks import SIDE_PX, PoseLandmarker, PoseLandmarks
from frankmocap_ros.estimators.blazepose.rays import on_rays, towards
from frankmocap_ros.estimators.square_crop import is_usable, square_crop
from frankmocap_ros.geometry.boxes import Region, box_around, clipped_box
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, quat_rotate
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.runtime.thread_priority import giving_way

_MAX_PEOPLE = 16
_SMALL_PX = (24.0, 72.0)  # side of a hand's square, below which nothing and above which all is believed
_OTHER_SIDE = 0.5
"""Share of a hand's confidence that goes where the network takes it for one of the other side."""
# BlazePose's landmark number of each keypoint
_LANDMARK = {
    "nose": 0, "left_ear": 7, "right_ear": 8,
    "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14,
    "left_wrist": 15, "right_wrist": 16, "left_pinky1": 17, "right_pinky1": 18,
    "left_index1": 19, "right_index1": 20, "left_hip": 23, "right_hip": 24,
    "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28,
    "left_foot": 31, "right_foot": 32,
}  # fmt: skip
LANDMARKS = np.array([_LANDMARK[name] for name in KEYPOINTS])
"""BlazePose's landmark number of each keypoint, shape (21,)."""
_HAND_LANDMARKS = np.arange(1, len(HAND_POINTS))  # all but the wrist
_HAND_ROWS = {
    side: np.array([KEYPOINTS_WITH_HANDS.index(f"{side}_{name}") for name in HAND_POINTS[1:]])
    for side in SIDES
}


@dataclass(frozen=True)
class BlazePoseOptions:
    """What the estimator is made of.

    Attributes:
        variant: of the landmark network: lite, full or heavy.
        hands: also find 21 landmarks a hand.
        background: whether its threads give way to what else wants the cores.
    """

    variant: str = "full"
    hands: bool = False
    background: bool = False


class BlazePoseEstimator:
    """33 landmarks in pixels and meters, and 21 a hand, of everybody in given regions.

    Args:
        options: what to load.

    Raises:
        AssetError: a network's file is missing or damaged.
        EstimatorError: an engine cannot run one.
        MissingDependencyError: no engine that runs them is installed.
    """

    name = "blazepose"

    def __init__(self, options: BlazePoseOptions | None = None) -> None:
        self._options = options = options or BlazePoseOptions()
        paths = {key: model_path(key) for key in needed_models(options.variant, options.hands)}
        how = TfliteOptions(threads=1) if options.background else TfliteOptions()

        def networks() -> tuple[PoseLandmarker, HandLandmarker | None]:
            body = PoseLandmarker(paths[f"pose_landmark_{options.variant}"], how)
            if not options.hands:
                return body, None
            return body, HandLandmarker(paths["hand_recrop"], paths["hand_landmark_full"], how)

        self._detector = PersonDetector(paths["pose_detection"])
        self._landmarks, self._hands = giving_way(networks) if options.background else networks()
        self.capabilities = Capabilities(
            max_people=_MAX_PEOPLE,
            needs_regions=True,
            orientations=False,
            hands=options.hands,
            device=f"cpu {options.variant} {self._landmarks.engine} fp32",
            detects_apart=True,
            batches=True,
        )

    def warm_up(self) -> None:
        """Run all networks once on an empty image."""
        blank = blank_image()
        self.detect(blank, 1)
        self.estimate(blank, [MIDDLE])
        if self._hands is not None:
            self._hands.warm_up()

    def close(self) -> None:
        """Give back memory and threads."""
        self._detector.close()
        self._landmarks.close()
        if self._hands is not None:
            self._hands.close()

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Look for people in the whole image, best first."""
        return self._detector(image.bitmap)[:max_people]

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Landmarks of each region as keypoints in the optical frame."""
        return self.estimate_views([(image, regions)])[0]

    def estimate_views(
        self, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
    ) -> list[list[Observation | None]]:
        """Landmarks of each region of each image as keypoints in the optical frame."""
        wanted = [(image, region) for image, regions in views for region in regions]
        found = self._bodies([(image.bitmap, region) for image, region in wanted])
        seen = [(*one, body) for one, body in zip(wanted, found, strict=True) if body is not None]
        hands = self._hands_of(seen)
        observed = iter(
            self._observation(image, body, of) for (image, _, body), of in zip(seen, hands, strict=True)
        )
        in_order = iter([None if body is None else next(observed) for body in found])
        return [list(islice(in_order, len(regions))) for _, regions in views]

    def run_networks(self, image: ScaledImage, regions: Sequence[Region]) -> None:
        """Run all that takes time for people who are followed, whether somebody is in the regions or not."""
        self.estimate(image, regions)
        if self._hands is not None:
            self._hands.seen([image.bitmap] * 2 * len(regions), [*regions, *regions])

    def _bodies(self, wanted: Sequence[tuple[Bitmap, Region]]) -> list[PoseLandmarks | None]:
        """What the network says of each region; None where nobody is, or it cannot be cropped."""
        bodies: list[PoseLandmarks | None] = [None] * len(wanted)
        rows = [i for i, (_, region) in enumerate(wanted) if is_usable(region)]
        if rows:
            crops = [square_crop(*wanted[i], SIDE_PX) for i in rows]
            for i, body in zip(rows, self._landmarks(crops, [wanted[i][1] for i in rows]), strict=True):
                bodies[i] = body
        return bodies

    def _hands_of(self, seen: Sequence[tuple[ScaledImage, Region, PoseLandmarks]]) -> list[HandsFound | None]:
        """The hands of each body; None where nobody asks for them."""
        found: list[HandsFound | None] = [None] * len(seen)
        rows = [i for i, (_, region, _) in enumerate(seen) if region.hands]
        if self._hands is None or not rows:
            return found
        owners = []
        for image, region, body in (seen[i] for i in rows):
            memory = region.kept if isinstance(region.kept, HandsMemory) else HandsMemory()
            owners.append(Owner(image.bitmap, body, image.time_s, memory))
        for i, hands in zip(rows, find_hands(self._hands, owners), strict=True):
            found[i] = hands
        return found

    def _observation(self, image: ScaledImage, body: PoseLandmarks, found: HandsFound | None) -> Observation:
        pixels, confidence = body.pixels[LANDMARKS], body.visibility[LANDMARKS]
        points = on_rays(body.world[LANDMARKS], pixels, confidence, image.camera)
        box = _box(pixels, confidence, image.bitmap.size_px)
        score = float(confidence.mean())
        shapes: tuple[HandShape | None, ...] = ()
        if self._options.hands:
            hands = {} if found is None else found.hands
            points, confidence = _with_hands(points, confidence, hands, image.camera)
            shapes = tuple(_shape(hands.get(side), side, image.camera) for side in SIDES)
        return Observation(
            pose=KeypointPose(points, confidence),
            box_xywh=box,
            score=score,
            scale_source=ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT,
            region=body.next_region if found is None else replace(body.next_region, kept=found.memory),
            hands=shapes,
        )


def _shape(hand: HandLandmarks | None, side: str, camera: Camera) -> HandShape | None:
    """A hand along the axes of the optical frame."""
    if hand is None:
        return None
    points = quat_rotate(towards(hand.pixels[PALM].mean(axis=0), camera), hand.world)
    this_side = hand.is_right if side == "right" else 1.0 - hand.is_right
    low, high = _SMALL_PX
    size = min(max((hand.side_px - low) / (high - low), 0.0), 1.0)
    return HandShape(points, (2.0 * hand.presence - 1.0) * size * (1.0 - _OTHER_SIDE * (1.0 - this_side)))


def _with_hands(
    points: Array, confidence: Array, hands: dict[str, HandLandmarks], camera: Camera
) -> tuple[Array, Array]:
    """Add finger keypoints; hands that are not seen have confidence 0 and lie in the wrist."""
    k = len(KEYPOINTS_WITH_HANDS)
    out, sure = np.zeros((k, 3)), np.zeros(k)
    out[: len(points)], sure[: len(points)] = points, confidence
    for side, rows in _HAND_ROWS.items():
        wrist = KEYPOINTS.index(f"{side}_wrist")
        if side not in hands:
            out[rows[rows >= len(points)]] = points[wrist]
            continue
        hand = hands[side]
        # depth is relative to the wrist and scaled as x is
        at = points[wrist]
        focal_px = camera.focal_px(at[:2] / at[2])[0]
        depth = at[2] * (1.0 + hand.depth_px[_HAND_LANDMARKS, None] / focal_px)
        out[rows] = np.hstack([camera.rays(hand.pixels[_HAND_LANDMARKS]) * depth, depth])
        sure[rows] = confidence[wrist]
    return out, sure


def _box(pixels: Array, confidence: Array, size_px: tuple[int, int]) -> Array:
    """Box around the keypoints that are likely seen, clipped to the image: x, y, width, height [px]."""
    likely = pixels[confidence > 0.3] if np.any(confidence > 0.3) else pixels
    return clipped_box(box_around(likely), size_px)
