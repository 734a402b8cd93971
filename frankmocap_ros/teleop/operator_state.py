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

"""What one message says of the operator, and which of the operator's joints become commands."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from frankmocap_ros.body.pose import Hand
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, mirrored
from frankmocap_ros.geometry.rotation import Array, Mask, quat_multiply, quat_rotate


@dataclass(frozen=True, eq=False)
class Poses:
    """N poses in one frame.

    Attributes:
        positions: shape (N, 3) [m].
        orientations: shape (N, 4), unit quaternions x y z w.
        confidence: shape (N,), 0..1.
        valid: shape (N,), which of them hold; the others are zero and identity.
        oriented: shape (N,), of which of these the orientation is known.
    """

    positions: Array
    orientations: Array
    confidence: Array
    valid: Mask
    oriented: Mask

    def rotated(self, rotation: Array) -> "Poses":
        """The same poses seen from a frame into which ``rotation``, shape (4,), turns."""
        return Poses(
            quat_rotate(rotation, self.positions),
            quat_multiply(rotation, self.orientations),
            self.confidence,
            self.valid,
            self.oriented,
        )


@dataclass(frozen=True, eq=False)
class OperatorState:
    """One message, as far as it concerns the operator.

    Attributes:
        captured_s: when the image was taken, on the caller's steady clock [s].
        operator_id: the operator's id; 0 for nobody.
        poses: of the watched joints, in the camera's optical frame or the mocap node's target_frame; valid
            are TRACKED and PREDICTED ones.
        tracked: shape (N,), which of them are TRACKED.
        stddev: shape (N, 2), of the positions across the line of sight and along it, above 0 [m]; NaN where
            unknown. None where nothing is known of any.
        camera_position: shape (3,), of the camera in the frame of the poses [m].
        hands: the operator's, in the frame of the poses; empty where they are not estimated.
    """

    captured_s: float
    operator_id: int
    poses: Poses
    tracked: Mask
    stddev: Array | None = None
    camera_position: Array = field(default_factory=lambda: np.zeros(3))
    hands: tuple[Hand, ...] = ()


@dataclass(frozen=True)
class TargetLimits:
    """Limits of one target, where they are tighter than the settings'.

    Attributes:
        max_speed, max_acceleration: [m/s], [m/s^2].
        max_angular_speed, max_angular_acceleration: [rad/s], [rad/s^2].
        workspace_min, workspace_max: corners of a box in the robot's base frame [m].
    """

    max_speed: float = math.inf
    max_acceleration: float = math.inf
    max_angular_speed: float = math.inf
    max_angular_acceleration: float = math.inf
    workspace_min: tuple[float, ...] = (-math.inf,) * 3
    workspace_max: tuple[float, ...] = (math.inf,) * 3


@dataclass(frozen=True)
class Target:
    """One thing of the robot that follows one joint of the operator.

    Attributes:
        name: of the command.
        joint: the operator's joint that it follows.
        origin: the joint that positions are relative to; empty for the camera.
        robot_length: length of the robot's limb from its counterpart of ``origin`` to this target [m]; where
            it is above 0, positions are scaled by it and by the length of the operator's limb.
        limits: its own, beside the settings'.
    """

    name: str
    joint: str
    origin: str = ""
    robot_length: float = 0.0
    limits: TargetLimits = TargetLimits()

    @property
    def chain(self) -> tuple[str, ...]:
        """The joints from ``origin`` to ``joint`` along the limb; empty where there is no such limb."""
        names = [self.joint]
        parents = BODY_WITH_HANDS.parent_names
        while names[-1] != self.origin:
            parent = parents[BODY_WITH_HANDS.index[names[-1]]]
            if not parent:
                return ()
            names.append(parent)
        return tuple(reversed(names))

    def mirrored(self) -> "Target":
        """The same target following the joint of the other side."""
        return replace(self, joint=mirrored(self.joint), origin=mirrored(self.origin))
