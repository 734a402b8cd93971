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

"""How far one person's filtered joints lie from the truth, with a synthetic figure and a network's errors.

The whole way after the network is run: world landmarks turned to their ray and placed, and everything of
``tracking/person_filter.py``. Lengths are in meters here; ``Figures`` says which are in millimeters.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.bench.lifting import COCO
from frankmocap_ros.body.kinematics import solve
from frankmocap_ros.body.pose import Body, JointState, KeypointPose, Observation, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.estimators.blazepose.rays import on_rays
from frankmocap_ros.geometry.boxes import box_around
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, dot, frames, normalize
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import REST_S, HumanPose, scene
from frankmocap_ros.synthetic.keypoints import keypoints_of
from frankmocap_ros.synthetic.network_errors import ErrorAmounts, NetworkErrors
from frankmocap_ros.tracking.person_filter import PersonFilter

RATE_HZ: Final = 30.0
CAMERA: Final = Camera.from_fov(1280, 720, 60.0)
_J: Final = BODY.index
_WRISTS: Final = np.array([_J["left_wrist"], _J["right_wrist"]])
_ARM_BONES: Final = np.array(
    [
        (_J[f"{side}_{a}"], _J[f"{side}_{b}"])
        for side in ("left", "right")
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"))
    ]
)
_WARM_UP_S: Final = 3.0


@dataclass(frozen=True)
class Scene:
    """Where the figure moves and how.

    Attributes:
        motion: see ``synthetic/human.py``.
        moved_m: by how much the figure is moved from where its motion puts it, x, y, z.
        seconds: how long.
    """

    motion: str
    moved_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seconds: float = 27.0


SCENES: Final = {
    "wave": Scene("wave"),
    "reach": Scene("reach"),
    "walk": Scene("cross"),
    "desk": Scene("reach", (0.0, 0.38, -1.3)),  # 1.2 m away, the hips below the image
    "leave": Scene("walk_out"),  # out of the image and back
}


@dataclass(frozen=True)
class Figures:
    """What a run says.

    Attributes:
        wrist_mm: mean distance of a wrist from the truth, relative to the neck.
        across_mm, along_mm: root mean square of that across the line of sight, in each direction, and along.
        bones: variation of the arms' bones: standard deviation as a share of the mean.
        rest_mm: how much a wrist at rest shakes: standard deviation around its mean over half a second.
        lag_ms: of the wrists across the line of sight, by the shift that fits best.
        acceleration: of the wrists, root mean square as a multiple of the truth's.
        step_deg: 99th percentile of one frame's turn of shoulders and elbows.
        within: shares of errors within one and two standard deviations, across and along; NaN where unknown.
    """

    wrist_mm: float
    across_mm: float
    along_mm: float
    bones: float
    rest_mm: float
    lag_ms: float
    acceleration: float
    step_deg: float
    within: tuple[float, float, float, float]


def observed(human: HumanPose, errors: NetworkErrors, time_s: float, pixels: bool = False) -> Observation:
    """What the estimator makes of the network's landmarks, or of the pixels of COCO's 17 alone."""
    seen = errors(human, CAMERA, time_s)
    if pixels:
        flat = PixelPose(seen.pixels, np.where(COCO, seen.visibility, 0.0))
        return Observation(flat, box_around(seen.pixels), 0.9, ScaleSource.CAMERA_INFO)
    points = on_rays(seen.world, seen.pixels, seen.visibility, CAMERA)
    pose = KeypointPose(points, seen.visibility)
    return Observation(pose, box_around(seen.pixels), 0.9, ScaleSource.CAMERA_INFO)


@dataclass(frozen=True, eq=False)
class ObservedScene:
    """What an estimator saw of one scene, for any number of runs; T images.

    Attributes:
        times_s: shape (T,).
        observations: one an image.
        truth: shape (T, 24, 3), the joints by the same rules from the true keypoints [m].
    """

    times_s: Array
    observations: list[Observation]
    truth: Array


@dataclass(frozen=True, eq=False)
class Run:
    """One run of the filter.

    Attributes:
        seen: what went in.
        bodies: what came out, in the optical frame.
    """

    seen: ObservedScene
    bodies: list[Body]


def recorded(
    place: Scene, amounts: ErrorAmounts | None = None, seed: int = 0, pixels: bool = False
) -> ObservedScene:
    """The scene as an estimator with these errors sees it, or one that gives pixels only."""
    errors = NetworkErrors(amounts, seed)
    times_s = np.arange(int(place.seconds * RATE_HZ)) / RATE_HZ
    observations, truth = [], []
    for time_s in times_s.tolist():
        human = scene(place.motion, time_s)[0]
        human = replace(human, positions=human.positions + np.array(place.moved_m))
        observations.append(observed(human, errors, time_s, pixels))
        truth.append(solve(KeypointPose(keypoints_of(human), np.ones(21))).positions)
    return ObservedScene(times_s, observations, np.array(truth))


def run(seen: ObservedScene, config: Settings) -> Run:
    """Filter what was recorded."""
    person = PersonFilter(1, "blazepose")
    pairs = zip(seen.observations, seen.times_s.tolist(), strict=True)
    bodies = [person.update(observation, CAMERA, time_s, config) for observation, time_s in pairs]
    return Run(seen, bodies)


def figures(runs: Iterable[Run], resting: Iterable[Run] = ()) -> Figures:
    """Figures of runs together.

    Args:
        runs: of any scenes.
        resting: those of them whose figure rests during ``REST_S``.
    """
    runs, resting = list(runs), list(resting)
    errors = np.concatenate([_wrist_errors(r) for r in runs])
    sight = np.concatenate([_sight(r)[:, _WRISTS] for r in runs])
    along = dot(errors, sight)
    across_2 = np.maximum(dot(errors, errors) - along**2, 0.0)
    return Figures(
        wrist_mm=1e3 * float(np.nanmean(np.sqrt(dot(errors, errors)))),
        across_mm=1e3 * float(np.sqrt(0.5 * np.nanmean(across_2))),
        along_mm=1e3 * float(np.sqrt(np.nanmean(along**2))),
        bones=float(np.mean([_bone_variation(r) for r in runs])),
        rest_mm=1e3 * float(np.mean([_shake(r) for r in resting])) if resting else float("nan"),
        lag_ms=float(np.mean([_lag_ms(r) for r in runs])),
        acceleration=float(np.mean([_acceleration(r) for r in runs])),
        step_deg=float(np.percentile(np.concatenate([_steps_deg(r) for r in runs]), 99)),
        within=_coverage(runs),
    )


def _warm(r: Run) -> NDArray[np.intp]:
    return np.flatnonzero(r.seen.times_s >= _WARM_UP_S)


def _positions(r: Run) -> Array:
    """Positions (T, 24, 3), NaN where they are not known."""
    positions = np.array([body.positions for body in r.bodies])
    states = np.array([body.states for body in r.bodies])
    return np.where((states == JointState.INVALID)[..., None], np.nan, positions)


def _wrist_errors(r: Run) -> Array:
    """Error of the wrists relative to the neck, (T, 2, 3) without the first seconds [m]."""
    neck, found = _J["neck"], _positions(r)
    error = found[:, _WRISTS] - found[:, [neck]] - (r.seen.truth[:, _WRISTS] - r.seen.truth[:, [neck]])
    return np.asarray(error[_warm(r)])


def _sight(r: Run) -> Array:
    """Lines of sight to the true joints, (T, 24, 3) without the first seconds."""
    return normalize(r.seen.truth[_warm(r)])


def _bone_variation(r: Run) -> float:
    found = _positions(r)[_warm(r)]
    bones = found[:, _ARM_BONES[:, 1]] - found[:, _ARM_BONES[:, 0]]
    lengths = np.sqrt(dot(bones, bones))
    return float(np.mean(np.nanstd(lengths, axis=0) / np.nanmean(lengths, axis=0)))


def _shake(r: Run) -> float:
    found, (start, end) = _positions(r)[:, _WRISTS], REST_S
    shakes = []
    for from_s in np.arange(start + 0.5, end - 0.5, 0.5):
        part = found[(r.seen.times_s >= from_s) & (r.seen.times_s < from_s + 0.5)]
        seen = np.asarray(np.isfinite(part).all(axis=-1))
        if seen.any():
            off = (
                part
                - np.where(seen[..., None], part, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)[:, None]
            )
            shakes.append(np.sqrt(dot(off, off)[seen].mean()))
    return float(np.mean(shakes)) if shakes else float("nan")


def _lag_ms(r: Run) -> float:
    """Shift of x and y of the moving wrists after which they are most like the truth's."""
    found, rows = _positions(r), _warm(r)
    seen = found[:, _WRISTS, :2] - found[:, [_J["neck"]], :2]
    true = r.seen.truth[:, _WRISTS, :2] - r.seen.truth[:, [_J["neck"]], :2]
    speed, true_speed = np.diff(seen, axis=0), np.diff(true, axis=0)
    best, rows = [], rows[20:-20]
    for shift_ms in range(-50, 300, 5):
        at = np.clip(rows - 1e-3 * shift_ms * RATE_HZ, 0, len(true_speed) - 1)
        low = np.floor(at).astype(int)
        share = (at - low)[:, None, None]
        high = np.minimum(low + 1, len(true_speed) - 1)
        then = (1.0 - share) * true_speed[low] + share * true_speed[high]
        best.append((np.nansum((speed[rows] * then)) / np.sqrt(np.nansum(then**2)), float(shift_ms)))
    return max(best)[1]


def _acceleration(r: Run) -> float:
    def rms(p: Array) -> float:
        second = np.diff(p[:, _WRISTS] - p[:, [_J["neck"]]], 2, axis=0)[_warm(r)[:-2]]
        return float(np.sqrt(np.nanmean(dot(second, second))))

    return rms(_positions(r)) / max(rms(r.seen.truth), 1e-9)


def _steps_deg(r: Run) -> Array:
    q = np.array([body.orientations_xyzw for body in r.bodies])[_warm(r)][:, _ARM_BONES[:, 0]]
    return np.asarray(np.degrees(2.0 * np.arccos(np.clip(np.abs(dot(q[1:], q[:-1])), 0.0, 1.0))).ravel())


def _coverage(runs: list[Run]) -> tuple[float, float, float, float]:
    """Shares within one and two standard deviations, across and along: of all joints relative to the neck."""
    across, along = [], []
    for r in runs:
        rows = _warm(r)
        found = _positions(r)
        neck = [_J["neck"]]
        error = np.delete((found - found[:, neck] - r.seen.truth + r.seen.truth[:, neck])[rows], neck, axis=1)
        sight = np.delete(_sight(r), neck, axis=1)
        stddev = np.delete(np.array([body.position_stddev for body in r.bodies])[rows], neck, axis=1)
        axes = frames(sight, np.broadcast_to(np.array([1.0, 0.0, 0.0]), sight.shape))
        parts = np.abs(np.einsum("tjik,tji->tjk", axes, error))  # along, then two directions across
        known = np.isfinite(stddev).all(axis=-1) & np.isfinite(parts).all(axis=-1)
        across.append((parts[..., 1:] / stddev[..., :1])[known].ravel())
        along.append((parts[..., 0] / stddev[..., 1])[known])
    shares = [
        np.mean(x < k) if len(x) else np.nan for x in map(np.concatenate, (across, along)) for k in (1, 2)
    ]
    return tuple(map(float, shares))  # type: ignore[return-value]
