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

"""What comes out: bodies and frames. Lengths in meters, angles in radians, quaternions x y z w.

Positions and orientations are in the camera's optical frame: x right, y down, z forward (REP 103); in a
``Frame`` that was moved (``body/transform.py``) in another one.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import HAND_POINTS, Skeleton
from frankmocap_ros.geometry.boxes import Anchor, Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array


class JointState(IntEnum):
    """How far a joint can be trusted; same numbers as in ``JointPose.msg``."""

    INVALID = 0  # not known: zeros and identity, confidence 0; never a pose
    TRACKED = 1  # measured in this frame
    PREDICTED = 2  # extrapolated, or inferred while unseen
    HELD = 3  # an earlier value, repeated


SEEN: Final = (JointState.TRACKED, JointState.PREDICTED)
"""States of what an image shows, as opposed to what is repeated or unknown."""
KNOWN: Final = (*SEEN, JointState.HELD)
"""States of what has a value."""


class ScaleSource(IntEnum):
    """Where a body's meters come from; same numbers as in ``BodyPose.msg``."""

    NONE = 0  # no metric scale
    ASSUMED_HEIGHT = 1  # the person's size and the camera's field of view are assumed
    CAMERA_INFO = 2  # the person's size is assumed, the camera is calibrated
    DEPTH = 3  # measured
    CALIBRATED = 4  # the person's size was calibrated


@dataclass(frozen=True, eq=False)
class KeypointPose:
    """A pose given by points; joints and rotations follow from them (``body/kinematics.py``).

    Attributes:
        points: shape (K, 3), in the order of ``skeleton.KEYPOINTS`` or ``KEYPOINTS_WITH_HANDS`` [m].
        confidence: shape (K,), 0..1, 0 where nothing is known.
    """

    points: Array
    confidence: Array


@dataclass(frozen=True, eq=False)
class PixelPose:
    """A pose of which only the image is known; ``tracking/pixel_lifting.py`` puts it into space.

    Attributes:
        pixels: shape (K, 2), x and y [px], of ``skeleton.KEYPOINTS`` or ``KEYPOINTS_WITH_HANDS``.
        confidence: shape (K,), 0..1, 0 where nothing is known.
    """

    pixels: Array
    confidence: Array


@dataclass(frozen=True, eq=False)
class ModelPose:
    """A pose given by rotations of a body model; positions follow by forward kinematics.

    Attributes:
        root_position: shape (3,), the pelvis [m].
        local_rotations: shape (J, 4), parent-relative quaternions x y z w; the root's is camera-relative.
        offsets: shape (J, 3), each joint in its parent's frame in the rest pose [m]; the root's is not used.
        confidence: shape (J,), 0..1, 0 where nothing is known.
    """

    root_position: Array
    local_rotations: Array
    offsets: Array
    confidence: Array


@dataclass(frozen=True, eq=False)
class HandShape:
    """One hand as an estimator sees it in one image, wherever its wrist is.

    Attributes:
        points: shape (21, 3), from the wrist, in the order of ``skeleton.HAND_POINTS``, along the axes of the
            optical frame [m].
        confidence: that this is the shape of this hand, 0..1.
    """

    points: Array
    confidence: float


@dataclass(frozen=True, eq=False)
class Observation:
    """One person as an estimator sees it in one image, before it has an id.

    Attributes:
        pose: where the joints are, in the optical frame or in the image alone.
        box_xywh: shape (4,), box around the person: min x, min y, width, height [px].
        score: confidence that this is a person at all, 0..1.
        scale_source: where the meters come from; of a ``PixelPose`` it is not used.
        region: the person's square as seen now, to look for them in the next image; None where the
            estimator needs none.
        betas: shape (10,), SMPL shape, or None.
        anchor: how ``box_xywh`` follows from the joints, where the estimator cannot tell by itself whether
            somebody is there.
        hands: of the left and the right hand what an estimator knows beside the pose, None for one that it
            does not see; empty where fingers are part of the pose, or not estimated.
    """

    pose: KeypointPose | ModelPose | PixelPose
    box_xywh: Array
    score: float
    scale_source: ScaleSource
    region: Region | None = None
    betas: Array | None = None
    anchor: Anchor | None = None
    hands: tuple[HandShape | None, ...] = ()


@dataclass(frozen=True, eq=False)
class Hand:
    """One hand of one body in one frame; same meaning as ``HandPose.msg``.

    Attributes:
        side: ``left`` or ``right``, the person's.
        state: of the whole hand; an INVALID one has zero points.
        confidence: of its shape, 0..1.
        points: shape (21, 3), in the order of ``skeleton.HAND_POINTS``, in the frame of the poses [m].
        palm_normal: shape (3,), out of the palm, unit length.
        palm_angle_rad: between the normal and the direction to the camera: 0 where the palm faces it.
    """

    side: str
    state: JointState = JointState.INVALID
    confidence: float = 0.0
    points: Array = field(default_factory=lambda: np.zeros((len(HAND_POINTS), 3)))
    palm_normal: Array = field(default_factory=lambda: np.zeros(3))
    palm_angle_rad: float = 0.0


@dataclass(frozen=True, eq=False)
class Body:
    """One tracked person in one frame. J joints in ``skeleton`` order.

    Attributes:
        id: stable while the person is followed, never reused.
        estimator: name of the estimator.
        skeleton: the joints' names and parents.
        positions: shape (J, 3) [m].
        orientations_xyzw: shape (J, 4), joint frame to optical frame; identity is SMPL's rest pose.
        local_rotations_xyzw: shape (J, 4), the same relative to the parent's frame.
        pixels: shape (J, 2), x and y in the image [px].
        confidence: shape (J,), of the position, 0..1.
        orientation_confidence: shape (J,), 0..1; lower than ``confidence`` where what fixes the
            orientation (the next joint of the limb, say) is not seen.
        states: shape (J,), uint8 values of JointState.
        box_xywh: shape (4,), min x, min y, width, height [px].
        scale_source: where the meters come from.
        has_3d, has_orientation, has_hands: what there is; without has_3d every joint is INVALID, and only
            its pixels mean something.
        betas: shape (10,), SMPL shape, or None where unknown.
        position_stddev: shape (J, 2), standard deviation of each position relative to the neck, across the
            line of sight (in each of the two directions) and along it [m]; above 0, NaN where unknown, also
            for INVALID joints. What moves or scales the whole body, such as its assumed size, is not in it.
            All NaN unless given.
        hands: with ``has_hands`` the left and the right one; else empty.
    """

    id: int
    estimator: str
    skeleton: Skeleton
    positions: Array
    orientations_xyzw: Array
    local_rotations_xyzw: Array
    pixels: Array
    confidence: Array
    orientation_confidence: Array
    states: NDArray[np.uint8]
    box_xywh: Array
    scale_source: ScaleSource
    has_3d: bool = True
    has_orientation: bool = True
    has_hands: bool = False
    betas: Array | None = None
    position_stddev: Array = field(default_factory=lambda: np.empty((0, 2)))
    hands: tuple[Hand, ...] = ()

    def __post_init__(self) -> None:
        """Without standard deviations they are unknown."""
        if not len(self.position_stddev):
            object.__setattr__(self, "position_stddev", np.full((len(self.skeleton), 2), np.nan))


IMAGE_UP: Final[Array] = np.array([0.0, -1.0, 0.0])
"""Upwards in the image, in the optical frame."""
IMAGE_UP.flags.writeable = False

SEARCH: Final = "search"
"""Name of a stage that no image waits for: a search for people in the background."""


@dataclass(frozen=True, eq=False)
class Frame:
    """The result for one image.

    Attributes:
        index: running number of processed images, from 0.
        time_s: the image's own time [s].
        bodies: all tracked people, the operator first; empty if there are none.
        operator_id: id of the operator, 0 for nobody.
        stages_ms: time spent per stage [ms].
        camera: the camera used.
        detected: whether person detection ran on this image.
        frame_id: frame that the poses are in; empty for the image's own.
        up: shape (3,), upwards in the image, as a unit direction in the frame of the poses.
        camera_position: shape (3,), where the camera's optical center is in the frame of the poses [m].
        camera_orientation_xyzw: shape (4,), from the camera's optical frame to the frame of the poses.
        withheld: people who were seen and are not among the bodies, as some number of theirs was not finite.
    """

    index: int
    time_s: float
    bodies: tuple[Body, ...]
    operator_id: int
    stages_ms: dict[str, float]
    camera: Camera
    detected: bool = False
    frame_id: str = ""
    up: Array = field(default_factory=lambda: IMAGE_UP)
    camera_position: Array = field(default_factory=lambda: np.zeros(3))
    camera_orientation_xyzw: Array = field(default_factory=lambda: IDENTITY_XYZW)
    withheld: int = 0

    @property
    def inference_ms(self) -> float:
        """Time from image to bodies, all stages together [ms]; a search in the background is none of it."""
        return sum(ms for name, ms in self.stages_ms.items() if name != SEARCH)
