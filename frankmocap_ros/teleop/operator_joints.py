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

"""One image's operator with every joint's name, from which a controller gets the joints that it watches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import SEEN, Frame, JointState
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array
from frankmocap_ros.teleop.operator_state import OperatorState, Poses

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class OperatorJoints:
    """What is seen of an operator in one image.

    Attributes:
        names: of the N joints.
        state: of these joints, in this order.
    """

    names: tuple[str, ...]
    state: OperatorState

    @property
    def time_s(self) -> float:
        """When the image was taken [s]."""
        return self.state.captured_s

    @property
    def positions(self) -> Array:
        """Positions of the joints, shape (N, 3) [m]."""
        return self.state.poses.positions

    @property
    def orientations(self) -> Array:
        """Orientations of the joints, shape (N, 4), x y z w."""
        return self.state.poses.orientations

    def at_time(self, time_s: float) -> "OperatorJoints":
        """The same of an image at another time [s]."""
        return replace(self, state=replace(self.state, captured_s=time_s))

    def of(self, watched: Sequence[str]) -> OperatorState:
        """What is seen of some joints; those without a name here are not valid."""
        index = {name: i for i, name in enumerate(self.names)}
        at = np.array([i for i, name in enumerate(watched) if name in index], dtype=np.intp)
        rows = np.array([index[name] for name in watched if name in index], dtype=np.intp)
        n, seen, poses = len(watched), self.state, self.state.poses

        def picked(values: NDArray[T], missing: object) -> NDArray[T]:
            found = np.empty((n, *values.shape[1:]), dtype=values.dtype)
            found[:] = missing
            found[at] = values[rows]
            return found

        return replace(
            seen,
            poses=Poses(
                picked(poses.positions, 0.0),
                picked(poses.orientations, IDENTITY_XYZW),
                picked(poses.confidence, 0.0),
                picked(poses.valid, missing=False),
                picked(poses.oriented, missing=False),
            ),
            tracked=picked(seen.tracked, missing=False),
            stddev=None if seen.stddev is None else picked(seen.stddev, np.nan),
        )

    def seen_at(self) -> dict[str, tuple[float, float, float]]:
        """Where the joints are that are seen: name -> position [m]."""
        poses = self.state.poses
        return {
            name: (float(p[0]), float(p[1]), float(p[2]))
            for name, p, is_seen in zip(self.names, poses.positions, poses.valid, strict=True)
            if is_seen
        }


def operator_joints(frame: Frame) -> OperatorJoints:
    """The operator in a frame; nobody where there is none, or only in the image."""
    body = next((b for b in frame.bodies if b.id == frame.operator_id and b.has_3d), None)
    if body is None:
        empty, none = np.zeros(0), np.zeros(0, dtype=bool)
        nowhere = Poses(np.zeros((0, 3)), np.zeros((0, 4)), empty, none, none)
        return OperatorJoints((), OperatorState(frame.time_s, 0, nowhere, none))
    valid = np.isin(body.states, SEEN)
    oriented = valid & body.has_orientation & (body.orientation_confidence > 0.0)
    poses = Poses(body.positions, body.orientations_xyzw, body.confidence, valid, oriented)
    stddev = np.where(body.position_stddev > 0.0, body.position_stddev, np.nan)
    state = OperatorState(
        frame.time_s, body.id, poses, body.states == JointState.TRACKED, stddev, frame.camera_position,
        body.hands,
    )  # fmt: skip
    return OperatorJoints(body.skeleton.names, state)
