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

"""What joints say of themselves, beside the truth: rotations, states and standard deviations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.evaluation.alignment import Pair
from frankmocap_ros.evaluation.position_errors import LimbError
from frankmocap_ros.evaluation.recording import MAIN, Recording, common_joints, reference_points
from frankmocap_ros.geometry.rotation import Array, normalize

_STEP_PERIODS: Final = 1.5  # a longer pause is no step of one frame


def rotation_steps(recording: Recording, names: Sequence[str]) -> Array:
    """Angles that joints turn from one frame to the next, all of them in a row, shape (N,) [rad].

    Frames that follow each other by more than 1.5 usual periods do not count.
    """
    rows = [recording.row(name) for name in names if name in recording.names]
    q = recording.orientations_xyzw[:, rows]
    near = np.diff(recording.times_s) <= _STEP_PERIODS * recording.period_s
    angles = rotation_angles(q[:-1], q[1:])[near]
    return np.asarray(angles[np.isfinite(angles)])


def rotation_angles(a: Array, b: Array) -> Array:
    """Angles between rotations (..., 4), shape (...), NaN where not known [rad]."""
    dots = np.abs(np.einsum("...i,...i->...", a, b))
    return np.asarray(2.0 * np.arccos(np.minimum(dots, 1.0)))


@dataclass(frozen=True)
class StateShares:
    """States of joints that truly are in one condition.

    Attributes:
        count: how many joints of how many instants, all together.
        shares: state -> share.
    """

    count: int
    shares: dict[str, float]


SEEN, HIDDEN, OUTSIDE = "seen", "hidden in the image", "outside the image"


def states_by_truth(pair: Pair) -> dict[str, StateShares]:
    """What joints are called that truly are seen, hidden (PREDICTED in the truth), or outside the image.

    Without a camera in the result nothing is outside. Conditions that do not occur are left out.
    """
    names = common_joints((pair.truth, pair.result), MAIN)
    rows = [pair.truth.row(name) for name in names]
    known, said = pair.truth.known[:, rows], pair.result.states[:, rows]
    hidden = pair.truth.states[:, rows] == JointState.PREDICTED
    inside = np.ones_like(known)
    camera = pair.result.camera
    if camera is not None:
        points = np.where(known[..., None], pair.truth.positions[:, rows], (0.0, 0.0, 1.0))
        pixels = camera.project(points)
        inside = ((pixels >= 0.0) & (pixels < (camera.width, camera.height))).all(axis=-1) & (
            points[..., 2] > 0.0
        )
    found = {}
    for name, which in ((SEEN, inside & ~hidden), (HIDDEN, inside & hidden), (OUTSIDE, ~inside)):
        values = said[which & known]
        if len(values):
            shares = {state.name: float(np.mean(values == state)) for state in JointState}
            found[name] = StateShares(len(values), shares)
    return found


@dataclass(frozen=True)
class Coverage:
    """Share of errors within one and two of the standard deviations that were told with them.

    Attributes:
        count: how many joints of how many instants, all together; 0 where none told any.
        across: within one and two, each axis across the line of sight for itself (expected: 0.683, 0.954).
        along: the same along it.
    """

    count: int
    across: tuple[float, float]
    along: tuple[float, float]


def coverage(pair: Pair, relative: bool) -> Coverage:
    """How well standard deviations foretell errors.

    Args:
        pair: truth and result.
        relative: whether errors are those relative to the pelvis, else of positions in the camera's frame.
    """
    origins = reference_points((pair.truth, pair.result), "pelvis") if relative else None
    shares: tuple[list[Array], list[Array]] = ([], [])
    count = 0
    for name in common_joints((pair.truth, pair.result), MAIN):
        truth, result = pair.truth.point(name), pair.result.point(name)
        stddev = pair.result.stddev[:, pair.result.row(name)]
        stddev = np.where(stddev > 0.0, stddev, np.nan)
        limb = LimbError(truth, result, normalize(truth))
        error = limb.error if origins is None else limb.error - (origins[1] - origins[0])
        scaled = np.abs(limb.across(error)) / stddev[:, :1], np.abs(limb.along(error)) / stddev[:, 1]
        known = np.isfinite(scaled[0]).all(axis=1) & np.isfinite(scaled[1])
        count += int(np.count_nonzero(known))
        for values, one in zip(shares, scaled, strict=True):
            values.append(one[known].ravel())
    across, along = (_within(np.concatenate(values) if values else np.empty(0)) for values in shares)
    return Coverage(count, across, along)


def _within(scaled: Array) -> tuple[float, float]:
    if not len(scaled):
        return float("nan"), float("nan")
    return float(np.mean(scaled <= 1.0)), float(np.mean(scaled <= 2.0))
