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

"""Meters from a depth camera: one person's joints are put where it sees torso and wrists.

An estimator's meters follow from what it assumes of a person's size. A depth image measures: the torso, which
many pixels show, tells how far away the person is, and so how large; each wrist tells how far it is before or
behind where the estimator has it.
"""

from collections import deque
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.kinematics import Posed
from frankmocap_ros.body.skeleton import SIDES, Skeleton
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import (
    Array,
    dot,
    frames,
    normalize,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    rotvec_between,
)
from frankmocap_ros.imaging.depth_image import TORSO, DepthImage, at_limbs, torso_ratio
from frankmocap_ros.one_euro import OneEuro, OneEuroVector

KEPT_S: Final = 0.5
"""So long a body stays where it was measured while depth is missing."""
GAINED_S: Final = 0.2
"""So long depth must have been there, after it was missing, before it moves anybody."""

_SIZES: Final = 60  # images that a person's size is the middle of
_ELSE: Final = 1.3  # so many times that size, or smaller by it: something else was measured
_WRIST: Final = 0.06  # from the skin to the joint, in torso lengths: wrists are 5 to 7 cm wide and 4 thick
_WRIST_WINDOW_M: Final = 0.4


@dataclass(frozen=True, eq=False)
class DepthView:
    """What there is to measure a person in one image with.

    Attributes:
        depth: of the same view and time as the image; None where there is none.
        camera: of the image that the joints were estimated in.
        time_s: the image's time [s].
        least: confidence that a joint must have to be looked at.
        params: of the filters, None for none.
    """

    depth: DepthImage | None
    camera: Camera
    time_s: float
    least: float
    params: OneEuro | None


class DepthScaledBody:
    """Puts one person's joints where a depth camera sees them, and remembers the person's size."""

    def __init__(self) -> None:
        self._ratios: deque[float] = deque(maxlen=_SIZES)
        self._ratio = self._usual = 1.0
        self._first = True
        self._seen_s = self._since_s = -np.inf
        self._offsets = np.zeros(2)  # of the wrists, along the optical axis [m]
        self._offsets_s = np.full(2, -np.inf)
        self._filter: OneEuroVector | None = None  # the root's depth, then the wrists' offsets

    def place(self, posed: Posed, skeleton: Skeleton, view: DepthView) -> tuple[Posed, bool]:
        """The joints, moved, and whether they stand on depth.

        While depth is missing the body stays as it was measured for ``KEPT_S``; after that its size is what
        was measured before, and its distance follows from that.

        Args:
            posed: the joints as estimated, in the optical frame.
            skeleton: their names.
            view: what there is to measure with.
        """
        ratio = self._torso(posed, skeleton, view)
        self._note(ratio is not None, view.time_s)
        measured = view.time_s - self._seen_s <= KEPT_S and self._seen_s - self._since_s >= GAINED_S
        if not measured:
            self._filter = None
            self._offsets[:] = 0.0
            self._offsets_s[:] = -np.inf
            self._ratio = self._usual
            return _scaled(posed, self._ratio), False
        if ratio is not None:
            self._ratio, self._usual = ratio, float(np.median(self._ratios))
        rows = _rows(skeleton)
        at_root = self._ratio * posed.positions
        self._look_at_wrists(at_root[rows.wrists], posed.confidence[rows.wrists], at_root[rows.corners], view)
        root_z, offsets = self._smoothed(float(at_root[0, 2]), view)
        posed = _scaled(posed, root_z / max(float(posed.positions[0, 2]), 1e-3))
        return with_wrists_moved(posed, skeleton, offsets), True

    def _torso(self, posed: Posed, skeleton: Skeleton, view: DepthView) -> float | None:
        """How many times as far away as estimated the torso is; None where that is not seen."""
        corners = _rows(skeleton).corners
        if view.depth is None or posed.confidence[corners].min() < view.least:
            return None
        ratio = torso_ratio(view.depth, posed.positions[corners], view.camera)
        if ratio is None:
            return None
        self._ratios.append(ratio)
        usual = float(np.median(self._ratios))
        return ratio if usual / _ELSE < ratio < usual * _ELSE else None

    def _note(self, found: bool, time_s: float) -> None:
        """Remember since when depth is there. Who is new need not wait: nobody knows them elsewhere."""
        if found:
            if not 0.0 <= time_s - self._seen_s <= KEPT_S:
                self._since_s = -np.inf if self._first else time_s
            self._seen_s = time_s
        self._first = False

    def _look_at_wrists(self, wrists: Array, confidence: Array, corners: Array, view: DepthView) -> None:
        """Measure how far before or behind their estimate the wrists are; what is old is forgotten."""
        if view.depth is not None:
            length = float(np.linalg.norm(corners[:2].mean(axis=0) - corners[2:].mean(axis=0)))
            radii = np.full(2, _WRIST * length)
            z, found = at_limbs(view.depth, wrists, radii, _WRIST_WINDOW_M, view.camera)
            found &= confidence >= view.least
            self._offsets = np.where(found, z - wrists[:, 2], self._offsets)
            self._offsets_s = np.where(found, view.time_s, self._offsets_s)
        old = view.time_s - self._offsets_s > KEPT_S
        self._offsets = np.where(old, 0.0, self._offsets)

    def _smoothed(self, root_z: float, view: DepthView) -> tuple[float, Array]:
        """The root's depth and the wrists' offsets [m]."""
        if view.params is None:
            self._filter = None
            return root_z, self._offsets
        if self._filter is None:
            self._filter = OneEuroVector(3, view.params)
        self._filter.params = view.params
        values = np.zeros((3, 3))
        values[:, 2] = (root_z, *self._offsets)
        smooth = self._filter.filter(values, view.time_s, np.ones(3, bool))[:, 2]
        return float(smooth[0]), smooth[1:]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of a skeleton: corners of the torso (4,), then a side each (2,), and what follows each wrist."""

    corners: NDArray[np.intp]
    collars: NDArray[np.intp]
    shoulders: NDArray[np.intp]
    elbows: NDArray[np.intp]
    wrists: NDArray[np.intp]
    hands: tuple[NDArray[np.intp], ...]


@lru_cache(maxsize=8)
def _rows(skeleton: Skeleton) -> _Rows:
    def of(part: str) -> NDArray[np.intp]:
        return np.array([skeleton.index[f"{side}_{part}"] for side in SIDES])

    def after(wrist: int) -> NDArray[np.intp]:
        rows = {wrist}
        for j, parent in enumerate(skeleton.parents):  # parents stand before their children
            if parent in rows:
                rows.add(j)
        return np.array(sorted(rows))

    wrists = of("wrist")
    return _Rows(
        corners=np.array([skeleton.index[name] for name in TORSO]),
        collars=of("collar"),
        shoulders=of("shoulder"),
        elbows=of("elbow"),
        wrists=wrists,
        hands=tuple(after(int(wrist)) for wrist in wrists),
    )


def _scaled(posed: Posed, ratio: float) -> Posed:
    """The joints, further away and larger: every pixel stays where it is."""
    return posed if ratio == 1.0 else replace(posed, positions=posed.positions * ratio)


def with_wrists_moved(posed: Posed, skeleton: Skeleton, offsets: Array) -> Posed:
    """The joints with each wrist moved along its line of sight.

    Hands go with their wrists. An elbow goes to where both parts of the arm keep their lengths, on the side
    on which it was; an arm that is too short for that is straight. Shoulder and elbow turn the shortest way
    after their bones, and the wrist keeps its orientation in the camera's frame.

    Args:
        posed: the joints, in the optical frame.
        skeleton: their names.
        offsets: shape (2,), of the left and the right wrist along the optical axis [m].
    """
    if not offsets.any():
        return posed
    rows = _rows(skeleton)
    positions = posed.positions.copy()
    shoulder, elbow, wrist = (positions[r] for r in (rows.shoulders, rows.elbows, rows.wrists))
    z = np.maximum(wrist[:, 2:], 0.1)
    moved = wrist * np.maximum(1.0 + offsets[:, None] / z, 0.1 / z)
    bent = _elbows(shoulder, elbow, wrist, moved)
    positions[rows.elbows] = bent
    for side, hand in enumerate(rows.hands):
        positions[hand] += moved[side] - wrist[side]
    turned, local = posed.orientations_xyzw.copy(), posed.local_rotations_xyzw.copy()
    for joints, before, after in (
        (rows.shoulders, elbow - shoulder, bent - shoulder),
        (rows.elbows, wrist - elbow, moved - bent),
    ):
        swing = quat_from_rotvec(rotvec_between(normalize(before), normalize(after)))
        turned[joints] = quat_multiply(swing, turned[joints])
    for parents, joints in (
        (rows.collars, rows.shoulders),
        (rows.shoulders, rows.elbows),
        (rows.elbows, rows.wrists),
    ):
        local[joints] = quat_multiply(quat_conjugate(turned[parents]), turned[joints])
    return replace(posed, positions=positions, orientations_xyzw=turned, local_rotations_xyzw=local)


def _elbows(shoulder: Array, elbow: Array, wrist: Array, moved: Array) -> Array:
    """Where elbows go when wrists move, shape (2, 3): the nearest point at both bones' lengths."""
    upper, fore = elbow - shoulder, wrist - elbow
    a, b = np.sqrt(dot(upper, upper)), np.sqrt(dot(fore, fore))
    reach = np.sqrt(dot(moved - shoulder, moved - shoulder))
    line = frames(moved - shoulder, upper)  # columns: towards the wrist, and across it towards the elbow
    far = np.maximum(reach, 1e-6)
    along = np.where(reach < a + b, (a**2 - b**2 + far**2) / (2.0 * far), reach * a / np.maximum(a + b, 1e-6))
    along = np.clip(along, -a, np.where(reach < a + b, a, np.inf))
    aside = np.sqrt(np.maximum(a**2 - along**2, 0.0)) * (reach < a + b)
    return np.asarray(shoulder + along[:, None] * line[..., 0] + aside[:, None] * line[..., 1])
