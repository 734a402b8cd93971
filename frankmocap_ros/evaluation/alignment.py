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

"""Truth and result beside each other: the same instants, the same joints, the same frame."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.lag import Signal, clock_offset
from frankmocap_ros.evaluation.recording import Recording, common_joints, reference_points
from frankmocap_ros.evaluation.resampling import resampled
from frankmocap_ros.evaluation.truth_files import Truth
from frankmocap_ros.geometry.rotation import Array, Mask, quat_from_matrix, quat_multiply

STAMPS, ESTIMATED, GIVEN = "stamps", "estimated", "given"
CAMERA, FITTED = "camera", "fitted"
_CHANNELS: Final = 8  # distances that are compared to find the clocks' difference
_LEAST_ALIKE: Final = 0.6
_LEAST_INSTANTS: Final = 10


@dataclass(frozen=True)
class AlignmentOptions:
    """How a truth is to be laid beside a result.

    Attributes:
        time: ``auto`` (by stamps where both overlap, else estimated), ``stamps`` or ``estimated``.
        offset_s: what to add to the truth's times; None for none given [s].
        T_camera_truth: shape (4, 4), in place of the file's; None for none given.
    """

    time: str = "auto"
    offset_s: float | None = None
    T_camera_truth: Array | None = None


@dataclass(frozen=True, eq=False)
class Pair:
    """Truth and result at the same instants, with the same joints, in the camera's optical frame.

    Attributes:
        truth, result: with the same ``times_s`` and ``names``; positions of the result are known where a
            robot may follow them (TRACKED or PREDICTED).
        time: how the clocks were aligned: ``stamps``, ``given`` or ``estimated``.
        offset_s: what was added to the truth's times [s].
        frame: how the truth came into the camera's frame: ``camera`` (it was in it), ``given`` or ``fitted``.
    """

    truth: Recording
    result: Recording
    time: str
    offset_s: float
    frame: str

    @property
    def both(self) -> Mask:
        """Shape (T, J): where both positions are known."""
        return np.asarray(self.truth.known & self.result.known)

    def relative(self, name: str, origin: str) -> tuple[Array, Array] | None:
        """A joint relative to ``neck`` or ``pelvis``: truth and result, shape (T, 3) each [m]."""
        origins = reference_points((self.truth, self.result), origin)
        if name not in self.truth.names or origins is None:
            return None
        truth, result = (r.point(name) - o for r, o in zip((self.truth, self.result), origins, strict=True))
        known = np.asarray(np.isfinite(truth + result)).all(axis=-1, keepdims=True)
        return (np.where(known, truth, np.nan), np.where(known, result, np.nan)) if known.any() else None


def paired(truth: Truth, result: Recording, asked: AlignmentOptions = AlignmentOptions()) -> Pair:
    """Lay a truth beside a result.

    Raises:
        EvaluationError: they have no joint or no time in common, or their motions are not alike.
    """
    result = result.where(result.usable)
    names = common_joints((truth.recording, result))
    if not names:
        raise EvaluationError(
            f"truth and result have no joint in common; the truth has "
            f"{', '.join(truth.recording.names)}; name its markers: --map left_wrist=MARKER"
        )
    reference = [n for n in ("pelvis", "neck") if n in truth.recording.names and n in result.names]
    own, result = (r.only((*names, *reference)) for r in (truth.recording, result))
    time, offset_s = _clocks(own, result, names, asked)
    own = resampled(own, result.times_s - offset_s)
    own = replace(own, times_s=result.times_s)
    transform = asked.T_camera_truth if asked.T_camera_truth is not None else truth.T_camera_truth
    frame = GIVEN if transform is not None else CAMERA if truth.in_camera_frame else FITTED
    both = own.known & result.known
    shared = np.count_nonzero(both.any(axis=1))
    if shared < _LEAST_INSTANTS:
        raise EvaluationError(
            f"truth and result share {shared} instants, {_LEAST_INSTANTS} are needed; the clocks are aligned "
            f"by {time} ({offset_s:+.3f} s): try --time estimated or --time-offset"
        )
    if transform is None and frame == FITTED:
        transform = _fitted(own, result)
    return Pair(own if transform is None else _moved(own, transform), result, time, offset_s, frame)


def _clocks(
    truth: Recording, result: Recording, names: tuple[str, ...], asked: AlignmentOptions
) -> tuple[str, float]:
    """How the clocks are aligned, and what is to be added to the truth's times [s]."""
    if asked.offset_s is not None:
        return GIVEN, asked.offset_s
    spans = [(float(r.times_s[0]), float(r.times_s[-1])) for r in (truth, result)]
    overlap_s = min(end for _, end in spans) - max(start for start, _ in spans)
    shorter_s = min(end - start for start, end in spans)
    if asked.time == STAMPS or (asked.time == "auto" and overlap_s >= 0.5 * shorter_s):
        return STAMPS, 0.0
    found = clock_offset(*_shapes(truth, result, names))
    if found is None or found.correlation < _LEAST_ALIKE:
        how = (
            "too little motion, or none that both have"
            if found is None
            else f"the best correlation is {found.correlation:.2f}"
        )
        raise EvaluationError(
            f"the clocks of truth and result cannot be aligned by the motion: {how}; give the difference "
            "with --time-offset S, or check that both are of the same recording and person"
        )
    return ESTIMATED, found.lag_s


def _shapes(truth: Recording, result: Recording, names: tuple[str, ...]) -> tuple[Signal, Signal]:
    """What of a motion does not depend on the frame: distances between joints, or a single one's speed."""
    if len(names) == 1:
        return _speed(truth, names[0]), _speed(result, names[0])
    distances = [_distances(r, names) for r in (truth, result)]
    spread = np.nan_to_num(np.minimum(*(_spread(d) for d in distances)))
    moving = [i for i in np.argsort(-spread)[:_CHANNELS] if spread[i] > 0.0]
    return Signal(truth.times_s, distances[0][:, moving]), Signal(result.times_s, distances[1][:, moving])


def _spread(values: Array) -> Array:
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    return np.asarray(np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / count))


def _distances(recording: Recording, names: tuple[str, ...]) -> Array:
    """Between all pairs of joints, shape (T, P) [m]."""
    points = np.stack([recording.point(name) for name in names], axis=1)
    a, b = np.triu_indices(len(names), 1)
    return np.asarray(np.linalg.norm(points[:, a] - points[:, b], axis=-1))


def _speed(recording: Recording, name: str) -> Signal:
    steps_s = np.diff(recording.times_s)
    speed = np.linalg.norm(np.diff(recording.point(name), axis=0), axis=-1) / steps_s
    return Signal(recording.times_s[:-1] + 0.5 * steps_s, speed[:, None])


def _fitted(truth: Recording, result: Recording) -> Array:
    """The rigid transform, shape (4, 4), from the truth's frame that fits the whole recording best.

    The rotation follows from the bodies' shapes (each instant relative to its own middle), so that an error
    of the distance to the camera does not turn it; a single joint gives it by its way.
    """
    both = truth.known & result.known
    weights = both[..., None].astype(float)
    count = np.maximum(both.sum(axis=1), 1)[:, None, None]
    a, b = (np.where(both[..., None], r.positions, 0.0) for r in (truth, result))
    middle_a, middle_b = a.sum(axis=1, keepdims=True) / count, b.sum(axis=1, keepdims=True) / count
    if both.shape[1] > 2 and (both.sum(axis=1) > 2).any():
        within_a, within_b = (a - middle_a) * weights, (b - middle_b) * weights
    else:
        within_a, within_b = ((x - x[both].mean(axis=0)) * weights for x in (a, b))
    rotation = kabsch(within_a[both], within_b[both])
    seen = both.any(axis=1)
    moved = np.median((middle_b[:, 0] - middle_a[:, 0] @ rotation.T)[seen], axis=0)
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = rotation, moved
    return transform


def kabsch(a: Array, b: Array) -> Array:
    """The rotation, shape (3, 3), that brings vectors ``a`` (N, 3) next to ``b`` (N, 3) in least squares."""
    u, _, vt = np.linalg.svd(b.T @ a)
    u[:, -1] *= np.sign(np.linalg.det(u @ vt))
    return np.asarray(u @ vt)


def _moved(recording: Recording, transform: Array) -> Recording:
    """The recording in another frame; the transform has shape (4, 4)."""
    rotation = quat_from_matrix(transform[:3, :3])
    return replace(
        recording,
        positions=recording.positions @ transform[:3, :3].T + transform[:3, 3],
        orientations_xyzw=quat_multiply(rotation, recording.orientations_xyzw),
    )
