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

"""From one person's observations to bodies: scale, smoothing, joint states. One object a person."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from frankmocap_ros.body.hand_shape import shapes_of_joints, shapes_of_keypoints
from frankmocap_ros.body.height import estimated_height_m
from frankmocap_ros.body.kinematics import Posed, skeleton_of, solve
from frankmocap_ros.body.pose import (
    Body,
    HandShape,
    JointState,
    KeypointPose,
    ModelPose,
    Observation,
    PixelPose,
    ScaleSource,
)
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, KEYPOINTS_WITH_HANDS, Skeleton
from frankmocap_ros.geometry.boxes import clipped_box
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, Mask
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.one_euro import OneEuroQuaternion, OneEuroVector, filter_of
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.depth_scale import DepthScaledBody, DepthView
from frankmocap_ros.tracking.finger_lifting import with_fingers, without_fingers
from frankmocap_ros.tracking.hand_filter import HandRules, HandsFilter
from frankmocap_ros.tracking.held_rotations import HeldRotations
from frankmocap_ros.tracking.image_border import ImageBorder
from frankmocap_ros.tracking.person_size import PersonSize
from frankmocap_ros.tracking.pixel_lifting import PixelLifting
from frankmocap_ros.tracking.position_stddev import position_stddev
from frankmocap_ros.tracking.rotation_memory import RotationMemory
from frankmocap_ros.tracking.side_swaps import SideSwaps
from frankmocap_ros.tracking.size_calibration import Outcome, SizeSample
from frankmocap_ros.tracking.steady_body import Depths, SteadyBody, point_filters
from frankmocap_ros.tracking.swing_limit import SwingLimit

# joints that lie at a keypoint: their rows in the skeleton, and the keypoints'
_SHARED = [name for name in KEYPOINTS_WITH_HANDS if name in BODY_WITH_HANDS.index]
_JOINT_ROWS = np.array([BODY_WITH_HANDS.index[name] for name in _SHARED])
_KEYPOINT_ROWS = np.array([KEYPOINTS_WITH_HANDS.index(name) for name in _SHARED])
_HEIGHTS_KEPT = 60
_HELD_SPEED = 0.5
"""A joint that is not seen moves on at about this speed [m/s]; its last position is off by as much more."""


class PersonFilter:
    """Memory of one followed person: filters, size, and what each joint was when it was last seen.

    Attributes:
        measured: the person in the last image, before any size is applied; None where only pixels are known.
    """

    def __init__(self, body_id: int, estimator: str) -> None:
        self._id = body_id
        self._estimator = estimator
        self._filters: tuple[OneEuroVector, OneEuroQuaternion] | None = None  # of a body model
        self._steady = SteadyBody()
        self._heights: deque[float] = deque(maxlen=_HEIGHTS_KEPT)
        self._measured = DepthScaledBody()
        self._size = PersonSize()
        self._in_force = 1.0  # how many times as large as estimated the person was in the last image
        self.measured: SizeSample | None = None
        self._pixel_lifting = PixelLifting()
        self._last_scale_source = ScaleSource.NONE  # of the last body in space
        self._sides = SideSwaps()
        self._border = ImageBorder()
        self._swings = SwingLimit()
        self._rotations = RotationMemory()
        self._held = HeldRotations()
        self._hands = HandsFilter()
        self._last: Body | None = None
        self._seen_s: Array = np.empty(0)
        self._seen_confidence: Array = np.empty(0)
        self._seen_stddev: Array = np.empty((0, 2))

    def update(
        self,
        observation: Observation,
        camera: Camera,
        time_s: float,
        config: Settings,
        depth: DepthImage | None = None,
    ) -> Body:
        """The body at ``time_s``, in the camera's optical frame; pixels are those of ``camera``.

        Args:
            observation: what the estimator saw in this image.
            camera: camera that the observation was made with.
            time_s: the image's time [s].
            config: settings of this frame.
            depth: of the same view and time; None where there is none.
        """
        pose = observation.pose
        self.measured = None
        view = DepthView(depth, camera, time_s, config.min_confidence, filter_of(config))
        from_pixels = isinstance(pose, PixelPose)
        if isinstance(pose, PixelPose):
            found = self._pixel_lifting.lifted(without_fingers(pose), view, config.assumed_height_m)
            if found is None:
                body = self._flat(pose, observation, camera, time_s, config)
                return self._with_hands(body, (), time_s, config)
            pose = with_fingers(found, pose, camera)
        shapes = observation.hands
        if isinstance(pose, KeypointPose):
            pose = self._sides.undone(pose, time_s)
            pose = self._border.judged(pose, camera, time_s, config.min_confidence)
            shapes = shapes[::-1] if self._sides.arms_exchanged else shapes
            shapes = shapes or shapes_of_keypoints(pose, flat=from_pixels)
        depths = Depths.LIFTED if from_pixels else Depths.NETWORK if depth is None else Depths.CAMERA
        pose = self._smoothed(pose, time_s, config, depths)
        if isinstance(pose, KeypointPose) and config.smoothing != "none":
            known = _known(pose.confidence, config.min_confidence)
            pose = self._swings.limited(pose, known, time_s, config.min_confidence)
        skeleton = skeleton_of(pose)
        posed = estimated = self._steadied(solve(pose), pose, time_s, config)
        if not from_pixels or self._size.calibrated:  # lifted ones rest on the height already, or on depth
            posed = self._scaled(estimated, skeleton, config, time_s)
        posed, measured = self._measured.place(posed, skeleton, view)
        self._in_force = float(posed.positions[0, 2]) / max(float(estimated.positions[0, 2]), 1e-3)
        self.measured = SizeSample(self._id, estimated, skeleton, self._in_force if measured else None)
        pixels = camera.project(posed.positions)
        posed = _without_joints_outside(posed, pixels, camera)
        unknown = ~_known(posed.orientation_confidence, config.min_confidence)
        posed = self._held.filled(posed, skeleton, unknown, time_s, config.hold_s)
        body = Body(
            id=self._id,
            estimator=self._estimator,
            skeleton=skeleton,
            positions=posed.positions,
            orientations_xyzw=posed.orientations_xyzw,
            local_rotations_xyzw=posed.local_rotations_xyzw,
            pixels=pixels,
            confidence=posed.confidence,
            orientation_confidence=posed.orientation_confidence,
            states=np.zeros(len(skeleton), np.uint8),
            box_xywh=clipped_box(observation.box_xywh, camera.size_px),
            scale_source=self._scale_source(measured, observation),
            has_hands=skeleton is BODY_WITH_HANDS,
            betas=observation.betas,
            position_stddev=self._stddev(observation.pose, skeleton, posed.confidence),
        )
        self._last_scale_source = body.scale_source
        self._decide_states(body, time_s, config)
        if isinstance(pose, ModelPose):
            return self._with_hands(body, shapes_of_joints(posed), time_s, replace(config, smoothing="none"))
        return self._with_hands(body, _enlarged(shapes, self._in_force), time_s, config)

    def _with_hands(
        self, body: Body, shapes: Sequence[HandShape | None], time_s: float, config: Settings
    ) -> Body:
        if not body.has_hands:
            return body
        filters = point_filters(config)
        rules = HandRules(time_s, config.min_confidence, config.hold_s, filters.across if filters else None)
        return replace(body, hands=self._hands.update(shapes, body, rules))

    def resize(self, outcome: Outcome, time_s: float) -> None:
        """Take a calibrated size, from the next image on and little by little."""
        if outcome.by_depth:  # it is what the person has, and keeps while depth is missing
            self._size.known = True
            return
        self._size.set(self._in_force, outcome.size, time_s)
        self._measured = DepthScaledBody()

    def _scale_source(self, measured: bool, observation: Observation) -> ScaleSource:
        if measured:
            return ScaleSource.DEPTH
        return ScaleSource.CALIBRATED if self._size.known else observation.scale_source

    def _stddev(
        self, pose: KeypointPose | ModelPose | PixelPose, skeleton: Skeleton, confidence: Array
    ) -> Array:
        """How far joints may be off, (J, 2) [m]; NaN where nobody has measured that.

        That is a body model's, and what a depth image says of an estimator's pixels.
        """
        if isinstance(pose, KeypointPose):
            return position_stddev(skeleton, self._steady.depth_stddev, confidence)
        if isinstance(pose, PixelPose) and self._pixel_lifting.open_m is not None:
            return position_stddev(skeleton, self._pixel_lifting.open_m, confidence, lifted=True)
        return np.full((len(skeleton), 2), np.nan)

    def _flat(
        self, pose: PixelPose, observation: Observation, camera: Camera, time_s: float, config: Settings
    ) -> Body:
        """A body of which only pixels are known now; what was known of its joints in space is held."""
        skeleton = skeleton_of(pose)
        n = len(skeleton)
        identity = np.tile(IDENTITY_XYZW, (n, 1))
        body = Body(
            id=self._id,
            estimator=self._estimator,
            skeleton=skeleton,
            positions=np.zeros((n, 3)),
            orientations_xyzw=identity,
            local_rotations_xyzw=identity.copy(),
            pixels=np.zeros((n, 2)),
            confidence=np.zeros(n),
            orientation_confidence=np.zeros(n),
            states=np.zeros(n, np.uint8),
            box_xywh=clipped_box(observation.box_xywh, camera.size_px),
            scale_source=ScaleSource.NONE,
            has_hands=skeleton is BODY_WITH_HANDS,
        )
        self._decide_states(body, time_s, config)
        if (body.states != JointState.INVALID).any():
            return replace(body, scale_source=self._last_scale_source)
        here = n > _JOINT_ROWS
        joints, keypoints = _JOINT_ROWS[here], _KEYPOINT_ROWS[here]
        seen = _known(pose.confidence, config.min_confidence)[keypoints]
        body.pixels[joints[seen]] = pose.pixels[keypoints[seen]]
        return replace(body, has_3d=False, has_orientation=False)

    def _scaled(self, posed: Posed, skeleton: Skeleton, config: Settings, time_s: float) -> Posed:
        """Scale about the camera, which no single image can tell from the truth, to the size that is known.

        That is the calibrated one, or that of the assumed height.
        """
        if self._size.calibrated:
            return replace(posed, positions=posed.positions * self._size.at(time_s))
        if config.assumed_height_m == 0.0:
            return posed
        height = estimated_height_m(skeleton, posed, config.min_confidence)
        if height is not None and height > 0.1:
            self._heights.append(height)
        if not self._heights:
            return posed
        scale = config.assumed_height_m / float(np.median(self._heights))
        return replace(posed, positions=posed.positions * scale)

    def _smoothed(
        self, pose: KeypointPose | ModelPose, time_s: float, config: Settings, depths: Depths
    ) -> KeypointPose | ModelPose:
        """Of keypoints the points, of a body model its root and rotations."""
        known = _known(pose.confidence, config.min_confidence)
        if isinstance(pose, KeypointPose):
            return self._steady.update(pose, known, time_s, config, depths)
        params = filter_of(config)
        if params is None:
            self._filters = None
            return pose
        if self._filters is None:
            self._filters = OneEuroVector(1, params), OneEuroQuaternion(len(known), params)
        root_filter, other_filter = self._filters
        root_filter.params = other_filter.params = params
        root = root_filter.filter(pose.root_position[None], time_s, known[:1])[0]
        turned = other_filter.filter(pose.local_rotations, time_s, known)
        turned = np.where(known[:, None], turned, pose.local_rotations)
        root = root if known[0] else pose.root_position
        return replace(pose, root_position=root, local_rotations=turned)

    def _steadied(
        self, posed: Posed, pose: KeypointPose | ModelPose, time_s: float, config: Settings
    ) -> Posed:
        """Rotations that follow from points, without jumps about the limbs' bones; a model's have none."""
        if isinstance(pose, ModelPose) or config.smoothing == "none":
            self._rotations.forget()
            return posed
        return self._rotations.steadied(posed, skeleton_of(pose), time_s)

    def _decide_states(self, body: Body, time_s: float, config: Settings) -> None:
        """Decide each joint's state, INVALID so far; repeat or blank what is not known."""
        states, least = body.states, config.min_confidence
        known = _known(body.confidence, least)
        states[known] = JointState.PREDICTED
        states[known & (body.confidence >= least)] = JointState.TRACKED
        if self._last is None:
            self._seen_s, self._seen_confidence = np.full(len(states), -np.inf), np.zeros(len(states))
            self._seen_stddev = np.full((len(states), 2), np.nan)
        self._seen_s[known] = time_s
        self._seen_confidence[known] = body.confidence[known]
        self._seen_stddev[known] = body.position_stddev[known]
        if not known.all():
            self._hold(body, time_s, config.hold_s)
            _blank(body, states == JointState.INVALID)
        self._last = body

    def _hold(self, body: Body, time_s: float, hold_s: float) -> None:
        """Repeat what was known of the joints up to ``hold_s`` ago, less and less certain."""
        if self._last is None or hold_s == 0.0:
            return
        age_s = time_s - self._seen_s
        # a joint that was given up stays so, also when hold_s is made longer: its last value is blank
        held = (body.states == JointState.INVALID) & (self._last.states != JointState.INVALID)
        held &= (age_s >= 0.0) & (age_s <= hold_s)
        if not held.any():
            return
        for name in _ROWS:
            getattr(body, name)[held] = getattr(self._last, name)[held]
        body.confidence[held] = self._seen_confidence[held] * (1.0 - age_s[held] / hold_s)
        moved_m = _HELD_SPEED * age_s[held][:, None]
        body.position_stddev[held] = np.hypot(self._seen_stddev[held], moved_m)
        body.states[held] = JointState.HELD


_ROWS = ("positions", "orientations_xyzw", "local_rotations_xyzw", "pixels", "orientation_confidence")


def _blank(body: Body, rows: Mask) -> None:
    """Zeros and identity, so that nobody sees what is not known as a pose."""
    body.positions[rows] = 0.0
    body.pixels[rows] = 0.0
    body.confidence[rows] = 0.0
    body.orientation_confidence[rows] = 0.0
    body.position_stddev[rows] = np.nan
    body.orientations_xyzw[rows] = IDENTITY_XYZW
    body.local_rotations_xyzw[rows] = IDENTITY_XYZW


def _known(confidence: Array, least: float) -> Mask:
    """Where the estimator's guess is used at all."""
    return np.asarray((confidence > 0.0) & (confidence >= 0.5 * least))


def _enlarged(shapes: Sequence[HandShape | None], ratio: float) -> Sequence[HandShape | None]:
    """Shapes of hands that are as much larger than estimated as their body is."""
    return [shape and replace(shape, points=ratio * shape.points) for shape in shapes]


def _inside(pixels: Array, camera: Camera) -> Mask:
    return np.asarray(((pixels >= 0.0) & (pixels < (camera.width, camera.height))).all(axis=-1))


def _without_joints_outside(posed: Posed, pixels: Array, camera: Camera) -> Posed:
    """Joints beside the image are guesses: no confidence."""
    inside = _inside(pixels, camera)
    return replace(
        posed,
        confidence=np.where(inside, posed.confidence, 0.0),
        orientation_confidence=np.where(inside, posed.orientation_confidence, 0.0),
    )
