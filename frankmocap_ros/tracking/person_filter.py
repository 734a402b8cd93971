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
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, KEYPOINTS_WITH_HANDS, Skeleton
from frankmocap_ros.geometry.boxes import clipped_box
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, Mask
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.one_euro import OneEuroQuaternion, OneEuroVector, filter_of
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.depth_scale import DepthScaledBody, DepthView
from frankmocap_ros.tracking.finger_lifting import with_fingers, without_fingers
from frankmocap_ros.tracking.pixel_lifting import PixelLifting

# joints that lie at a keypoint: their rows in the skeleton, and the keypoints'
_SHARED = [name for name in KEYPOINTS_WITH_HANDS if name in BODY_WITH_HANDS.index]
_JOINT_ROWS = np.array([BODY_WITH_HANDS.index[name] for name in _SHARED])
_KEYPOINT_ROWS = np.array([KEYPOINTS_WITH_HANDS.index(name) for name in _SHARED])
_HIPS = np.array([KEYPOINTS_WITH_HANDS.index(f"{side}_hip") for side in ("left", "right")])
_HEIGHTS_KEPT = 60


class PersonFilter:
    """Memory of one followed person: filters, size, and what each joint was when it was last seen."""

    def __init__(self, body_id: int, estimator: str) -> None:
        self._id = body_id
        self._estimator = estimator
        self._filters: tuple[OneEuroVector | OneEuroQuaternion, ...] = ()
        self._heights: deque[float] = deque(maxlen=_HEIGHTS_KEPT)
        self._measured = DepthScaledBody()
        self._pixel_lifting = PixelLifting()
        self._scale_source = ScaleSource.NONE  # of the last body in space
        self._last: Body | None = None
        self._seen_s: Array = np.empty(0)
        self._seen_confidence: Array = np.empty(0)

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
        pose, view = (
            observation.pose,
            DepthView(depth, camera, time_s, config.min_confidence, filter_of(config)),
        )
        from_pixels = isinstance(pose, PixelPose)
        if isinstance(pose, PixelPose):
            found = self._pixel_lifting.lifted(without_fingers(pose), view, config.assumed_height_m)
            if found is None:
                return self._flat(pose, observation, camera, time_s, config)
            pose = with_fingers(found, pose, camera)
        pose = self._smoothed(_without_points_outside(pose, camera), time_s, config)
        skeleton = skeleton_of(pose)
        posed = solve(pose)
        if not from_pixels:  # those rest on the height already, or on depth
            posed = self._scaled(posed, skeleton, config)
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
        )
        self._scale_source = body.scale_source
        return self._with_states(body, time_s, config)

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
            states=np.empty(0, np.uint8),
            box_xywh=clipped_box(observation.box_xywh, camera.size_px),
            scale_source=ScaleSource.NONE,
            has_hands=skeleton is BODY_WITH_HANDS,
        )
        body = self._with_states(body, time_s, config)
        if (body.states != JointState.INVALID).any():
            return replace(body, scale_source=self._scale_source)
        here = n > _JOINT_ROWS
        joints, keypoints = _JOINT_ROWS[here], _KEYPOINT_ROWS[here]
        seen = _known(pose.confidence, config.min_confidence)[keypoints]
        body.pixels[joints[seen]] = pose.pixels[keypoints[seen]]
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
        self, pose: KeypointPose | ModelPose, time_s: float, config: Settings
    ) -> KeypointPose | ModelPose:
        """Root and the rest apart, so that noise in the body's depth does not blur the limbs."""
        params = filter_of(config)
        if params is None:
            self._filters = ()
            return pose
        n = len(pose.confidence)
        if not self._filters:
            second = OneEuroVector if isinstance(pose, KeypointPose) else OneEuroQuaternion
            self._filters = (OneEuroVector(1, params), second(n, params))
        root_filter, other_filter = self._filters
        root_filter.params = other_filter.params = params
        valid = _known(pose.confidence, config.min_confidence)
        if isinstance(pose, ModelPose):
            root = root_filter.filter(pose.root_position[None], time_s, valid[:1])[0]
            turned = other_filter.filter(pose.local_rotations, time_s, valid)
            turned = np.where(valid[:, None], turned, pose.local_rotations)
            root = root if valid[0] else pose.root_position
            return replace(pose, root_position=root, local_rotations=turned)
        hips = pose.points[_HIPS].mean(axis=0)
        root = root_filter.filter(hips[None], time_s, np.ones(1, bool))[0]
        relative = other_filter.filter(pose.points - hips, time_s, valid)
        return replace(pose, points=root + np.where(valid[:, None], relative, pose.points - hips))

    def _with_states(self, body: Body, time_s: float, config: Settings) -> Body:
        """Decide each joint's state; repeat or blank what is not known."""
        least = config.min_confidence
        known = _known(body.confidence, least)
        states = np.full(len(known), JointState.INVALID, np.uint8)
        states[known] = JointState.PREDICTED
        states[known & (body.confidence >= least)] = JointState.TRACKED
        if self._last is None:
            self._seen_s, self._seen_confidence = np.full(len(states), -np.inf), np.zeros(len(states))
        self._seen_s[known] = time_s
        self._seen_confidence[known] = body.confidence[known]
        if not known.all():
            self._hold(body, states, time_s, config.hold_s)
            _blank(body, states == JointState.INVALID)
        self._last = replace(body, states=states)
        return self._last

    def _hold(self, body: Body, states: NDArray[np.uint8], time_s: float, hold_s: float) -> None:
        """Repeat what was known of the joints up to ``hold_s`` ago, with fading confidence."""
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
        states[held] = JointState.HELD


_ROWS = ("positions", "orientations_xyzw", "local_rotations_xyzw", "pixels", "orientation_confidence")


def _blank(body: Body, rows: Mask) -> None:
    """Zeros and identity, so that nobody sees what is not known as a pose."""
    body.positions[rows] = 0.0
    body.pixels[rows] = 0.0
    body.confidence[rows] = 0.0
    body.orientation_confidence[rows] = 0.0
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
