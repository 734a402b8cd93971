"""MediaPipe's BlazePose (and hands), run from the models inside its wheel.

MediaPipe's own ``solutions.pose`` decides by itself when to look for people and follows one. Here its
three steps (detection, landmarks of one region, next region from the landmarks) are run one by one, so that
the pipeline's settings for detection and boxes hold and several people can be followed. On the same image
the landmarks equal those of ``solutions.pose`` (``test_mediapipe.py``).

Axes, checked on a real image (``test_mediapipe.py``): world landmarks are meters around the middle of the
hips with x to the image's right, y down and z away from the camera. These are the axes of the optical frame,
but turned to the ray through the hips (``_on_rays``). Left is the person's left, so nothing needs swapping.
"""

import math
import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from frankmocap_ros.body.pose import KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import FINGERS, KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.mediapipe.graphs import DETECT, HANDS, LANDMARKS, Graph
from frankmocap_ros.geometry.boxes import Region, box_around, clipped_box
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.pinhole_fit import place
from frankmocap_ros.geometry.rotation import Array, dot, normalize, quat_rotate
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.runtime.background_import import import_apart
from frankmocap_ros.runtime.native_stderr import with_native_stderr

# imported further on, here and for the graphs
_LIBRARIES = (
    "google.protobuf.text_format",
    "mediapipe.framework.calculator_pb2",
    "mediapipe.framework.formats.rect_pb2",
    "mediapipe.python.packet_creator",
    "mediapipe.python.packet_getter",
)
# BlazePose's landmark number of each keypoint
_LANDMARK = {
    "nose": 0, "left_ear": 7, "right_ear": 8,
    "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14,
    "left_wrist": 15, "right_wrist": 16, "left_pinky1": 17, "right_pinky1": 18,
    "left_index1": 19, "right_index1": 20, "left_hip": 23, "right_hip": 24,
    "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28,
    "left_foot": 31, "right_foot": 32,
}  # fmt: skip
_LANDMARKS = np.array([_LANDMARK[name] for name in KEYPOINTS])
_HIPS = np.array([KEYPOINTS.index("left_hip"), KEYPOINTS.index("right_hip")])
# MediaPipe's hand: wrist 0, then thumb, index, middle, ring, pinky with four landmarks each, tip last
_HAND_START = {"thumb": 1, "index": 5, "middle": 9, "ring": 13, "pinky": 17}
_HAND_LANDMARK = {f"{finger}{k}": _HAND_START[finger] + k - 1 for finger in FINGERS for k in (1, 2, 3, 4)}

_GROW = 1.25  # MediaPipe's own: a region is this much larger than the circle around the person
_SLACK = 6.0 / 640.0  # how far, as a share of the width, a joint may project beside its image landmark

# what MediaPipe prints at every start and nobody can act on
_CHATTER = re.compile(rb"^(INFO: Created TensorFlow Lite|WARNING: All log messages before absl|[IW]0000 )")


def _landmark_array(landmarks: Any) -> Array:
    """Landmark list as (N, 4): x, y, z, visibility."""
    return np.array([(p.x, p.y, p.z, p.visibility) for p in landmarks.landmark], dtype=np.float64)


def _region(center: Array, rim: Array) -> Region:
    """Square around a person from the middle of the hips and a point on the circle around the body."""
    reach = rim - center
    return Region(
        center_px=center,
        side_px=2.0 * float(np.hypot(*reach)) * _GROW,
        rotation_rad=math.remainder(math.pi / 2.0 + math.atan2(reach[1], reach[0]), 2.0 * math.pi),
    )


def _is_usable(region: Region) -> bool:
    """Whether a region can be cropped; one that cannot breaks MediaPipe's graph."""
    numbers = (*region.center_px.tolist(), region.rotation_rad)
    return all(map(math.isfinite, numbers)) and 1.0 <= region.side_px <= 1e6


class MediaPipeEstimator:
    """BlazePose "full": 33 landmarks in pixels and meters, one region at a time.

    Args:
        hands: also find 21 landmarks a hand (for the first person).
        background: whether all of it gives way to what else wants the cores; detection always does, because
            while somebody is followed nobody waits for it.

    Raises:
        MissingDependencyError: the mediapipe package is not installed.
    """

    name = "mediapipe"

    def __init__(self, hands: bool = False, background: bool = False) -> None:
        import_apart(*_LIBRARIES)
        try:
            import mediapipe
            from mediapipe.framework.formats import rect_pb2
            from mediapipe.python import packet_creator, packet_getter
            from mediapipe.python._framework_bindings import image_frame, resource_util
        except ImportError as error:
            raise MissingDependencyError(
                f"estimator mediapipe needs the mediapipe package ({error}); "
                "run: pip install 'mediapipe==0.10.21'"
            ) from error
        resource_util.set_resource_dir(os.path.dirname(mediapipe.__path__[0]))
        self._create, self._get = packet_creator, packet_getter
        self._rect = rect_pb2.NormalizedRect
        self._srgb = image_frame.ImageFormat.SRGB

        def graphs() -> tuple[Graph, Graph, Graph | None]:
            complexity = {"model_complexity": packet_creator.create_int(1)}
            hand_graph = Graph(HANDS) if hands else None
            return Graph(DETECT, background=True), Graph(LANDMARKS, complexity, background), hand_graph

        (self._detector, self._landmarks, self._hands), _ = with_native_stderr(graphs, _CHATTER)
        self._packet: tuple[Bitmap, Any] | None = None
        self.capabilities = Capabilities(
            max_people=1 if hands else 16,
            needs_regions=True,
            orientations=False,
            hands=hands,
            device="cpu",
            detects_apart=True,
        )

    def warm_up(self) -> None:
        """Run all graphs once on an empty image."""
        camera = Camera.from_fov(320, 240, 60.0)
        blank = ScaledImage(Bitmap(np.zeros((240, 320, 3), np.uint8)), camera, False, 0.0)

        def run() -> None:
            self.detect(blank, 1)
            self.estimate(blank, [Region(np.array([160.0, 120.0]), 200.0)])

        with_native_stderr(run, _CHATTER)

    def close(self) -> None:
        """End the graphs' threads."""
        for graph in (self._detector, self._landmarks, self._hands):
            if graph is not None:
                graph.close()

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Look for people in the whole image with BlazePose's detector, best first."""
        out = self._detector.run(image=self._image_packet(image))
        if "detections" not in out:
            return []
        size = np.array(image.bitmap.size_px, float)
        found = sorted(self._get.get_proto_list(out["detections"]), key=lambda d: -d.score[0])
        regions = []
        for detection in found[:max_people]:
            center, rim = (
                np.array([k.x, k.y]) * size for k in detection.location_data.relative_keypoints[:2]
            )
            regions.append(_region(center, rim))
        return regions

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Landmarks of each region as keypoints in the optical frame."""
        return [self._estimate_one(image, region) for region in regions]

    def _image_packet(self, image: ScaledImage) -> Any:
        """The image as MediaPipe's packet, made once for detection and landmarks."""
        packet = self._packet  # detection may run in another thread, with another image
        if packet is None or packet[0] is not image.bitmap:
            frame = self._create.create_image_frame(image_format=self._srgb, data=image.bitmap.rgb())
            packet = self._packet = (image.bitmap, frame)
        return packet[1]

    def _estimate_one(self, image: ScaledImage, region: Region) -> Observation | None:
        if not _is_usable(region):
            return None
        width, height = image.bitmap.size_px
        size = np.array([width, height], float)
        center = region.center_px / size
        rect = self._rect(
            x_center=center[0],
            y_center=center[1],
            width=region.side_px / width,
            height=region.side_px / height,
            rotation=region.rotation_rad,
        )
        packet = self._image_packet(image)
        out = self._landmarks.run(image=packet, region=self._create.create_proto(rect))
        if "world" not in out:
            return None
        landmarks = self._get.get_proto(out["landmarks"])
        seen = _landmark_array(landmarks)
        world = _landmark_array(self._get.get_proto(out["world"]))
        middle, rim = _landmark_array(self._get.get_proto(out["auxiliary"]))[:2, :2] * size
        if not (np.isfinite(seen).all() and np.isfinite(world).all()):
            return None
        pixels, confidence = seen[_LANDMARKS, :2] * size, seen[_LANDMARKS, 3]
        points = _on_rays(world[_LANDMARKS, :3], pixels, confidence, image.camera)
        if self._hands is not None:
            hands = self._hands.run(image=packet, pose=out["landmarks"])
            points, confidence = self._with_hands(points, confidence, hands, image.camera)
        return Observation(
            pose=KeypointPose(points, confidence),
            box_xywh=_box(pixels, confidence[: len(KEYPOINTS)], image.bitmap.size_px),
            score=float(confidence[: len(KEYPOINTS)].mean()),
            scale_source=ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT,
            region=_region(middle, rim),
        )

    def _with_hands(
        self, points: Array, confidence: Array, hands: dict[str, Any], camera: Camera
    ) -> tuple[Array, Array]:
        """Add finger keypoints; hands that are not seen have confidence 0 and lie in the wrist."""
        k = len(KEYPOINTS_WITH_HANDS)
        out, sure = np.zeros((k, 3)), np.zeros(k)
        out[: len(points)], sure[: len(points)] = points, confidence
        for side in ("left", "right"):
            wrist = KEYPOINTS.index(f"{side}_wrist")
            rows = [KEYPOINTS_WITH_HANDS.index(f"{side}_{name}") for name in _HAND_LANDMARK]
            if side not in hands:
                out[[r for r in rows if r >= len(points)]] = points[wrist]
                continue
            seen = _landmark_array(self._get.get_proto(hands[side]))[list(_HAND_LANDMARK.values())]
            # depth is relative to the wrist and scaled as x is, in widths of the image
            at = points[wrist]
            focal_px = camera.focal_px(at[:2] / at[2])[0]
            depth = at[2] * (1.0 + seen[:, 2:3] * camera.width / focal_px)
            out[rows] = np.hstack([camera.rays(seen[:, :2] * (camera.width, camera.height)) * depth, depth])
            sure[rows] = confidence[wrist]
        return out, sure


def _towards(pixel: Array, camera: Camera) -> Array:
    """Shortest rotation from the camera's axis to the ray through ``pixel``, x y z w."""
    x, y = camera.rays(pixel)
    return normalize(np.array([-y, x, 0.0, 1.0 + math.sqrt(1.0 + x * x + y * y)]))


def _on_rays(world: Array, pixels: Array, confidence: Array, camera: Camera) -> Array:
    """Body-centered metric landmarks in the camera's frame, near the rays of their image landmarks.

    World landmarks come from a crop around the hips, so their z axis is the ray through the hips, not the
    camera's axis: seen 20 degrees off the axis the body is turned by 20 degrees. Turning them back halves
    how far they project beside their image landmarks, which MediaPipe finds apart from them. Then the whole
    body is placed by least squares, and a joint that would still be drawn more than ``_SLACK`` beside its
    image landmark is moved at constant depth just so far that it is not. Moving all of them exactly onto
    their rays makes the bones' lengths vary more (coefficient of variation 0.072 against 0.061, which is
    also that of the world landmarks).
    """
    turned = quat_rotate(_towards(pixels[_HIPS].mean(axis=0), camera), world)
    points = turned + place(turned, pixels, confidence, camera)
    points[:, 2] = np.maximum(points[:, 2], 0.1)
    projected = camera.project(points)
    beside = pixels - projected
    distance = np.sqrt(dot(beside, beside))
    far = distance > _SLACK * camera.width
    share = 1.0 - _SLACK * camera.width / np.maximum(distance[far], 1e-9)
    points[far, :2] = camera.rays(projected[far] + share[:, None] * beside[far]) * points[far, 2:]
    return points


def _box(pixels: Array, confidence: Array, size_px: tuple[int, int]) -> Array:
    """Box around the keypoints that are likely seen, clipped to the image: x, y, width, height [px]."""
    likely = pixels[confidence > 0.3] if np.any(confidence > 0.3) else pixels
    return clipped_box(box_around(likely), size_px)
