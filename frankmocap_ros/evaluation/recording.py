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

"""One person over time, as estimated or as it truly was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, Mask

ARMS = tuple(f"{side}_{part}" for part in ("elbow", "wrist") for side in SIDES)
LEGS = tuple(f"{side}_{part}" for part in ("knee", "ankle") for side in SIDES)
MAIN = tuple(f"{side}_{part}" for part in ("shoulder", "hip") for side in SIDES) + ARMS + LEGS
"""Joints that every set of joints has in the same place, within a few centimeters."""

BONES = {
    f"{side} {name}": (f"{side}_{above}", f"{side}_{below}")
    for name, above, below in (
        ("upper arm", "shoulder", "elbow"), ("forearm", "elbow", "wrist"),
        ("thigh", "hip", "knee"), ("shank", "knee", "ankle"),
    )
    for side in SIDES
}  # fmt: skip
"""Name of a bone -> the joints at its ends."""

_MIDDLES = {"pelvis": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder")}


@dataclass(frozen=True, eq=False)
class Recording:
    """One person at T instants, with J joints. What is not known is NaN, and its state INVALID.

    Attributes:
        times_s: shape (T,), strictly rising [s].
        names: of the joints.
        positions: shape (T, J, 3) [m].
        states: shape (T, J), values of ``JointState``. Of a truth: TRACKED where the joint is seen, PREDICTED
            where it is hidden.
        orientations_xyzw: shape (T, J, 4), unit quaternions.
        pixels: shape (T, J, 2) [px]; of estimators without depth, of joints that are INVALID, too.
        stddev: shape (T, J, 2), standard deviation of the position along each axis across the line of sight,
            and along it [m].
        camera: of the images; None where it is not known.
    """

    times_s: Array
    names: tuple[str, ...]
    positions: Array
    states: NDArray[np.uint8]
    orientations_xyzw: Array
    pixels: Array
    stddev: Array
    camera: Camera | None = None

    @staticmethod
    def of_positions(times_s: Array, names: Sequence[str], positions: Array) -> "Recording":
        """A recording of which only positions are known: TRACKED where they are not NaN."""
        shape = positions.shape[:2]
        known = np.isfinite(positions).all(axis=-1)
        states = np.where(known, JointState.TRACKED, JointState.INVALID).astype(np.uint8)
        orientations, pixels, stddev = (np.full((*shape, n), np.nan) for n in (4, 2, 2))
        return Recording(times_s, tuple(names), positions, states, orientations, pixels, stddev)

    @property
    def known(self) -> Mask:
        """Shape (T, J): where the position is known."""
        return np.asarray(np.isfinite(self.positions).all(axis=-1))

    @property
    def usable(self) -> Mask:
        """Shape (T, J): joints that are measured or inferred now, as a robot may follow them."""
        followed = (self.states == JointState.TRACKED) | (self.states == JointState.PREDICTED)
        return np.asarray(followed & self.known)

    @property
    def period_s(self) -> float:
        """Usual time between two instants [s]; NaN for a single one."""
        return float(np.median(np.diff(self.times_s))) if len(self.times_s) > 1 else float("nan")

    def row(self, name: str) -> int:
        """Index of a joint that is there."""
        return self.names.index(name)

    def point(self, name: str) -> Array:
        """Positions of a joint, shape (T, 3), NaN where it is not known [m].

        ``pelvis`` and ``neck`` without a joint of that name are the middle of the hips and of the shoulders.
        """
        if name in self.names:
            return np.asarray(self.positions[:, self.row(name)])
        return self.middle(name)

    def middle(self, name: str) -> Array:
        """As ``point``, but ``pelvis`` and ``neck`` are always the middle of hips or shoulders."""
        ends = _MIDDLES.get(name, ())
        if not ends or any(end not in self.names for end in ends):
            return np.full((len(self.times_s), 3), np.nan)
        return np.asarray(0.5 * (self.positions[:, self.row(ends[0])] + self.positions[:, self.row(ends[1])]))

    def only(self, names: Sequence[str]) -> "Recording":
        """The same with some of its joints, in this order."""
        rows = [self.row(name) for name in names]
        return replace(
            self,
            names=tuple(names),
            positions=self.positions[:, rows],
            states=self.states[:, rows],
            orientations_xyzw=self.orientations_xyzw[:, rows],
            pixels=self.pixels[:, rows],
            stddev=self.stddev[:, rows],
        )

    def instants(self, rows: NDArray[np.intp]) -> "Recording":
        """The same at some of its instants, by their index."""
        return replace(
            self,
            times_s=self.times_s[rows],
            positions=self.positions[rows],
            states=self.states[rows],
            orientations_xyzw=self.orientations_xyzw[rows],
            pixels=self.pixels[rows],
            stddev=self.stddev[rows],
        )

    def where(self, kept: Mask) -> "Recording":
        """The same with positions and orientations known only at ``kept``, shape (T, J)."""
        return replace(
            self,
            positions=np.where(kept[..., None], self.positions, np.nan),
            orientations_xyzw=np.where(kept[..., None], self.orientations_xyzw, np.nan),
        )


def reference_points(recordings: Sequence[Recording], name: str) -> list[Array] | None:
    """``pelvis`` or ``neck`` of several recordings, defined alike in all of them.

    Returns:
        shape (T, 3) each [m]: the joint where all have it, else the middle of hips or shoulders; None where
        some have neither.
    """
    for found in ([r.point(name) if name in r.names else r.middle("") for r in recordings],
                  [r.middle(name) for r in recordings]):  # fmt: skip
        if all(np.isfinite(points).any() for points in found):
            return found
    return None


def common_joints(recordings: Sequence[Recording], among: Sequence[str] = MAIN) -> tuple[str, ...]:
    """Joints that all recordings know at some instant."""
    return tuple(
        name for name in among if all(name in r.names and r.known[:, r.row(name)].any() for r in recordings)
    )
