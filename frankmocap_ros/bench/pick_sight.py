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

"""What the mocap node would publish of a synthetic operator who grips: noisy keypoints, placed and filtered.

World landmarks are the figure's own; what is noisy is where they are seen, and with ``errors`` also what a
landmark network makes of them. Hands are lost for a while as they are behind something: the fingers alone, or
the hand with its wrist.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from frankmocap_ros.body.hand_shape import shapes_of_joints
from frankmocap_ros.body.kinematics import Posed
from frankmocap_ros.body.pose import (
    Frame,
    HandShape,
    JointState,
    KeypointPose,
    Observation,
    ScaleSource,
)
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, HAND_POINTS, KEYPOINTS, KEYPOINTS_WITH_HANDS, SIDES
from frankmocap_ros.estimators.blazepose.rays import on_rays
from frankmocap_ros.geometry.boxes import box_around
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, frames, quat_from_matrix, quat_multiply
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.fingers import finger_rotations
from frankmocap_ros.synthetic.human import HumanPose, scene
from frankmocap_ros.synthetic.network_errors import ErrorAmounts, NetworkErrors
from frankmocap_ros.synthetic.reaching import reaching
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.tracking.person_filter import PersonFilter

RATE_HZ: Final = 30.0
FINGERS: Final = "fingers"
HAND: Final = "hand"

_SURE: Final = 0.9  # of who is seen, and of the hands
_J: Final = BODY_WITH_HANDS.index
_STANDS_S: Final = 10.5  # when the figure of ``reach`` stands with both hands before it
_PLACE_M: Final = np.array([0.0, 0.3, -1.3])  # 1.2 m before a camera at the height of the chest
_WRIST_M: Final = np.array([0.3, 0.03, -0.12])  # of the right hand from its shoulder: forward, left, up
_ELBOW_OUT: Final = np.array([-0.5, 1.0, 0.3])  # down and to the side, in the optical frame
_FINGERS_ALONG: Final = np.array([0.3, 0.7, 0.65])  # where they point: left, up, forward
_PALM: Final = np.array([0.5, -0.3, 0.9])
_TO_OPTICAL: Final = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])  # of forward, left, up
_FACING: Final = np.array([1.0, 0.0, 0.0, 0.0])
_PERFECT: Final = ErrorAmounts(
    size=1.0, arms=1.0, slope=1.0, along_m=0.0, across_m=0.0, restless=0.0, breath=0.0
)
_OF_HAND: Final = {
    FINGERS: ("right_index1", "right_pinky1"),
    HAND: ("right_index1", "right_pinky1", "right_wrist"),
}


@dataclass(frozen=True)
class Sighting:
    """How well the operator is seen.

    Attributes:
        noise_px: standard deviation of every keypoint, in each direction, in each image.
        camera: what sees them.
        errors: of the network beside the noise; None for none.
    """

    noise_px: float = 5.0
    camera: Camera = field(default_factory=lambda: Camera.from_fov(1280, 720, 60.0))
    errors: ErrorAmounts | None = None


class OperatorCamera:
    """Sees the operator, image by image. For one thread.

    Args:
        sighting: how well.
        seed: of the noise.
    """

    def __init__(self, sighting: Sighting, seed: int) -> None:
        self._sighting = sighting
        self._random = np.random.default_rng(seed)
        self._network = NetworkErrors(sighting.errors or _PERFECT, seed)
        self._filter = PersonFilter(1, "synthetic")
        self._config = Settings(hands=True)
        standing = scene("reach", _STANDS_S)[0]
        self._figure = replace(standing, positions=standing.positions + _PLACE_M)
        rest = frames(np.array([-1.0, 0.0, 0.0]), np.array([0.0, -1.0, 0.0]))  # of a right hand: along, palm
        turn = quat_from_matrix(frames(_FINGERS_ALONG, _PALM) @ rest.T)
        self._hand_xyzw = quat_multiply(_FACING, turn)
        self._index = 0

    def frame(self, hand: Array, opening: float, time_s: float, lost: str = "") -> Frame:
        """What is published of an image.

        Args:
            hand: shape (3,), where the right wrist is from where it began: forward, left, up [m].
            opening: of the right hand, 0 shut to 1 open.
            time_s: of the image; more than that of the last one [s].
            lost: what of the right hand is not seen: ``fingers``, ``hand`` with its wrist, or nothing.
        """
        wrist = self._figure.positions[_J["right_shoulder"]] + _TO_OPTICAL @ (_WRIST_M + hand)
        local = self._figure.local_rotations_xyzw.copy()
        for name, turn in finger_rotations("right", opening).items():
            local[_J[name]] = turn
        standing = replace(self._figure, local_rotations_xyzw=local)
        figure = reaching(standing, "right", wrist, _ELBOW_OUT, self._hand_xyzw)
        camera = self._sighting.camera
        marks = self._network(figure, camera, time_s)
        pixels = marks.pixels + self._random.normal(0.0, self._sighting.noise_px, marks.pixels.shape)
        sure = marks.visibility.copy()
        sure[[KEYPOINTS.index(name) for name in _OF_HAND.get(lost, ())]] = 0.0
        hands = self._shapes(figure, lost)
        pose = _with_fingers(on_rays(marks.world, pixels, sure, camera), sure, hands)
        seen = Observation(pose, box_around(pixels), _SURE, ScaleSource.CAMERA_INFO, hands=hands)
        body = self._filter.update(seen, camera, time_s, self._config)
        self._index += 1
        return Frame(self._index - 1, time_s, (body,), body.id, {}, camera)

    def _shapes(self, figure: HumanPose, lost: str) -> tuple[HandShape | None, ...]:
        """Both hands as a network sees them, with noise; None for one that is lost."""
        camera, sure = self._sighting.camera, np.ones(len(BODY_WITH_HANDS))
        turned = (figure.orientations_xyzw, figure.local_rotations_xyzw)
        true = shapes_of_joints(Posed(figure.positions, *turned, sure, sure))
        found: list[HandShape | None] = []
        for side, shape in zip(SIDES, true, strict=True):
            if shape is None or (lost and side == "right"):
                found.append(None)
                continue
            points = figure.positions[_J[f"{side}_wrist"]] + shape.points
            pixels = camera.project(points)
            pixels += self._random.normal(0.0, self._sighting.noise_px, pixels.shape)
            points[:, :2] = camera.rays(pixels) * points[:, 2:]
            found.append(HandShape(points - points[0], _SURE))
        return tuple(found)


def _with_fingers(points: Array, confidence: Array, hands: tuple[HandShape | None, ...]) -> KeypointPose:
    """The body's keypoints, shape (21, 3) [m] and (21,), with those of the fingers on its wrists."""
    fingers, sure = [], []
    for name in KEYPOINTS_WITH_HANDS[len(KEYPOINTS) :]:
        side, _, point = name.partition("_")
        shape = hands[SIDES.index(side)]
        off = np.zeros(3) if shape is None else shape.points[HAND_POINTS.index(point)]
        fingers.append(points[KEYPOINTS.index(f"{side}_wrist")] + off)
        sure.append(0.0 if shape is None else shape.confidence)
    return KeypointPose(np.vstack((points, fingers)), np.append(confidence, sure))


def operator_state(frame: Frame, watched: tuple[str, ...]) -> OperatorState:
    """What a frame says of the joints that the gate watches, as it reads it from the message."""
    body = frame.bodies[0]
    rows = [body.skeleton.index[name] for name in watched]
    states = body.states[rows]
    valid = (states == JointState.TRACKED) | (states == JointState.PREDICTED)
    poses = Poses(
        body.positions[rows],
        body.orientations_xyzw[rows],
        body.confidence[rows],
        valid,
        valid & (body.orientation_confidence[rows] > 0.0),
    )
    return OperatorState(
        frame.time_s,
        frame.operator_id,
        poses,
        states == JointState.TRACKED,
        body.position_stddev[rows],
        frame.camera_position,
        body.hands,
    )
