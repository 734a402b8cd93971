"""From one person's observations to bodies: scale, smoothing, joint states. One object a person."""

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.height import estimated_height_m
from frankmocap_ros.body.kinematics import Posed, skeleton_of, solve
from frankmocap_ros.body.pose import (
    Body,
    JointState,
    KeypointPose,
    ModelPose,
    Observation,
    PixelPose,
    ScaleSource,
)
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, KEYPOINTS, Skeleton
from frankmocap_ros.geometry.boxes import clipped_box
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, Mask
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.one_euro import OneEuroQuaternion, OneEuroVector, filter_of
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.depth_lifting import lifted
from frankmocap_ros.tracking.depth_scale import DepthScaledBody, DepthView
from frankmocap_ros.tracking.position_stddev import position_stddev
from frankmocap_ros.tracking.steady_body import SteadyBody

# joints that lie at a keypoint: their rows in the skeleton, and the keypoints'
_JOINT_ROWS = np.array([BODY.index[name] for name in KEYPOINTS if name in BODY.index])
_KEYPOINT_ROWS = np.array([i for i, name in enumerate(KEYPOINTS) if name in BODY.index])
_HEIGHTS_KEPT = 60
_HELD_SPEED = 0.5
"""A joint that is not seen moves on at about this speed [m/s]; its last position is off by as much more."""


class PersonFilter:
    """Memory of one followed person: filters, size, and what each joint was when it was last seen."""

    def __init__(self, body_id: int, estimator: str) -> None:
        self._id = body_id
        self._estimator = estimator
        self._filters: tuple[OneEuroVector, OneEuroQuaternion] | None = None  # of a body model
        self._steady = SteadyBody()
        self._heights: deque[float] = deque(maxlen=_HEIGHTS_KEPT)
        self._measured = DepthScaledBody()
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
        if isinstance(pose, PixelPose):
            found = lifted(pose, depth, camera, config.min_confidence) if depth is not None else None
            if found is None:
                return self._flat(pose, observation, camera, time_s, config)
            pose = found
        # where depth is measured, none is guessed
        fitted = config.bones == "fitted" and depth is None
        pose = self._smoothed(_without_points_outside(pose, camera), time_s, config, fitted)
        skeleton = skeleton_of(pose)
        posed = self._scaled(solve(pose), skeleton, config)
        view = DepthView(depth, camera, time_s, config.min_confidence, filter_of(config))
        posed, measured = self._measured.place(posed, skeleton, view)
        pixels = camera.project(posed.positions)
        posed = _without_joints_outside(posed, pixels, camera)
        posed = _without_unknown_rotations(posed, skeleton, config.min_confidence)
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
            states=np.empty(0, np.uint8),
            box_xywh=clipped_box(observation.box_xywh, camera.size_px),
            scale_source=ScaleSource.DEPTH if measured else observation.scale_source,
            has_hands=skeleton is BODY_WITH_HANDS,
            betas=observation.betas,
            position_stddev=self._stddev(observation.pose, skeleton, posed.confidence),
        )
        return self._with_states(body, time_s, config)

    def _stddev(
        self, pose: KeypointPose | ModelPose | PixelPose, skeleton: Skeleton, confidence: Array
    ) -> Array:
        """How far joints may be off, (J, 2) [m]; NaN where nobody has measured that: a body model's."""
        if isinstance(pose, KeypointPose):
            return position_stddev(skeleton, self._steady.depth_stddev, confidence)
        return np.full((len(skeleton), 2), np.nan)

    def _flat(
        self, pose: PixelPose, observation: Observation, camera: Camera, time_s: float, config: Settings
    ) -> Body:
        """A body of which only pixels are known now; what was known of its joints in space is held."""
        n = len(BODY)
        identity = np.tile(IDENTITY_XYZW, (n, 1))
        body = Body(
            id=self._id,
            estimator=self._estimator,
            skeleton=BODY,
            positions=np.zeros((n, 3)),
            orientations_xyzw=identity,
            local_rotations_xyzw=identity.copy(),
            pixels=np.zeros((n, 2)),
            confidence=np.zeros(n),
            orientation_confidence=np.zeros(n),
            states=np.empty(0, np.uint8),
            box_xywh=clipped_box(observation.box_xywh, camera.size_px),
            scale_source=ScaleSource.NONE,
        )
        body = self._with_states(body, time_s, config)
        if (body.states != JointState.INVALID).any():
            return replace(body, scale_source=ScaleSource.DEPTH)
        seen = _known(pose.confidence, config.min_confidence)[_KEYPOINT_ROWS]
        body.pixels[_JOINT_ROWS[seen]] = pose.pixels[_KEYPOINT_ROWS[seen]]
        return replace(body, has_3d=False, has_orientation=False)

    def _scaled(self, posed: Posed, skeleton: Skeleton, config: Settings) -> Posed:
        """Scale about the camera, which no single image can tell from the truth, to the assumed height."""
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
        self, pose: KeypointPose | ModelPose, time_s: float, config: Settings, fitted: bool
    ) -> KeypointPose | ModelPose:
        """Of keypoints the points, of a body model its root and rotations."""
        known = _known(pose.confidence, config.min_confidence)
        if isinstance(pose, KeypointPose):
            return self._steady.update(pose, known, time_s, config, fitted)
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

    def _with_states(self, body: Body, time_s: float, config: Settings) -> Body:
        """Decide each joint's state; repeat or blank what is not known."""
        least = config.min_confidence
        known = _known(body.confidence, least)
        states = np.full(len(known), JointState.INVALID, np.uint8)
        states[known] = JointState.PREDICTED
        states[known & (body.confidence >= least)] = JointState.TRACKED
        if self._last is None:
            self._seen_s, self._seen_confidence = np.full(len(states), -np.inf), np.zeros(len(states))
            self._seen_stddev = np.full((len(states), 2), np.nan)
        self._seen_s[known] = time_s
        self._seen_confidence[known] = body.confidence[known]
        self._seen_stddev[known] = body.position_stddev[known]
        if not known.all():
            self._hold(body, states, time_s, config.hold_s)
            _blank(body, states == JointState.INVALID)
        self._last = replace(body, states=states)
        return self._last

    def _hold(self, body: Body, states: NDArray[np.uint8], time_s: float, hold_s: float) -> None:
        """Repeat what was known of the joints up to ``hold_s`` ago, less and less certain."""
        if self._last is None or hold_s == 0.0:
            return
        age_s = time_s - self._seen_s
        # a joint that was given up stays so, also when hold_s is made longer: its last value is blank
        held = (states == JointState.INVALID) & (self._last.states != JointState.INVALID)
        held &= (age_s >= 0.0) & (age_s <= hold_s)
        if not held.any():
            return
        for name in _ROWS:
            getattr(body, name)[held] = getattr(self._last, name)[held]
        body.confidence[held] = self._seen_confidence[held] * (1.0 - age_s[held] / hold_s)
        moved_m = _HELD_SPEED * age_s[held][:, None]
        body.position_stddev[held] = np.hypot(self._seen_stddev[held], moved_m)
        states[held] = JointState.HELD


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


def _inside(pixels: Array, camera: Camera) -> Mask:
    return np.asarray(((pixels >= 0.0) & (pixels < (camera.width, camera.height))).all(axis=-1))


def _without_points_outside(pose: KeypointPose | ModelPose, camera: Camera) -> KeypointPose | ModelPose:
    """Keypoints beside the image are guesses: no confidence."""
    if isinstance(pose, ModelPose):
        return pose
    inside = _inside(camera.project(pose.points), camera)
    return pose if inside.all() else replace(pose, confidence=np.where(inside, pose.confidence, 0.0))


def _without_joints_outside(posed: Posed, pixels: Array, camera: Camera) -> Posed:
    """Joints beside the image are guesses: no confidence."""
    inside = _inside(pixels, camera)
    return replace(
        posed,
        confidence=np.where(inside, posed.confidence, 0.0),
        orientation_confidence=np.where(inside, posed.orientation_confidence, 0.0),
    )


def _without_unknown_rotations(posed: Posed, skeleton: Skeleton, least: float) -> Posed:
    """Where nothing fixes a joint's rotation it goes with its parent's (local identity, confidence 0).

    The joints after it keep their rotation relative to the estimator's guess: at a desk, with the hips out
    of the image, the guess of the torso is still far better for a shoulder than none.
    """
    unknown = ~_known(posed.orientation_confidence, least)
    if not unknown.any():
        return posed
    rotations, local = posed.orientations_xyzw.copy(), posed.local_rotations_xyzw.copy()
    for j in np.flatnonzero(unknown):
        rotations[j] = rotations[skeleton.parents[j]] if j else IDENTITY_XYZW
        local[j] = IDENTITY_XYZW
    return replace(
        posed,
        orientations_xyzw=rotations,
        local_rotations_xyzw=local,
        orientation_confidence=np.where(unknown, 0.0, posed.orientation_confidence),
    )
