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

"""A moving figure with known truth, for cameras and estimators that stand in for real ones.

Everything is a pure function of time and repeats, so that any two processes with the same clock see the same
figure. Positions are in the camera's optical frame: x right, y down, z forward [m].
Proportions are shares of body height, rounded from R. Drillis and R. Contini, "Body segment parameters"
(1966), and set by eye where that table is silent (spine, collars, fingers).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import Array, quat_from_rotvec, quat_multiply
from frankmocap_ros.synthetic.fingers import finger_rotations

FLOOR_M = 0.95  # how far the floor lies below the camera
WAVE_PERIOD_S = 8.0
FREEZE_S = (4.0, 6.0)  # when the figure of ``stall`` stands still
REST_S = (9.0, 12.0)  # and the figure of ``reach``

PERIOD_S = {
    "wave": WAVE_PERIOD_S, "walk_out": 10.0, "cross": 8.0, "stall": WAVE_PERIOD_S + 2.0, "reach": 12.0,
    "grip": 8.0,
}  # fmt: skip
MOTIONS = tuple(PERIOD_S)

_CAMERA_GAPS_S = {"stall": ((1.0, 1.15), (2.5, 2.8), (6.5, 8.5))}

# Rest pose (arms stretched out to the sides): x to the person's left, y up from the sole, z out of the chest.
_MIDDLE = {
    "pelvis": (0.0, 0.545, 0.0), "spine1": (0.0, 0.605, -0.010), "spine2": (0.0, 0.672, -0.015),
    "spine3": (0.0, 0.735, -0.010), "neck": (0.0, 0.838, -0.005), "head": (0.0, 0.885, 0.010),
}  # fmt: skip
_LEFT = {
    "hip": (0.052, 0.530, 0.0), "knee": (0.052, 0.285, 0.004), "ankle": (0.052, 0.039, -0.008),
    "foot": (0.057, 0.012, 0.075), "collar": (0.040, 0.805, -0.005), "shoulder": (0.115, 0.818, -0.010),
    "elbow": (0.301, 0.818, -0.012), "wrist": (0.447, 0.818, -0.008), "hand": (0.499, 0.816, -0.006),
    "index1": (0.501, 0.818, 0.008), "index2": (0.526, 0.818, 0.010), "index3": (0.541, 0.818, 0.011),
    "middle1": (0.502, 0.818, -0.003), "middle2": (0.529, 0.818, -0.003), "middle3": (0.546, 0.818, -0.003),
    "pinky1": (0.493, 0.816, -0.024), "pinky2": (0.511, 0.816, -0.027), "pinky3": (0.522, 0.816, -0.029),
    "ring1": (0.499, 0.817, -0.014), "ring2": (0.524, 0.817, -0.016), "ring3": (0.540, 0.817, -0.017),
    "thumb1": (0.462, 0.811, 0.012), "thumb2": (0.482, 0.809, 0.028), "thumb3": (0.497, 0.808, 0.037),
}  # fmt: skip
_SOLE_BELOW = {"ankle": 0.039, "foot": 0.012}

_FACING_XYZW = np.array([1.0, 0.0, 0.0, 0.0])  # half a turn about x: upright and looking into the camera


@dataclass(frozen=True)
class HumanPose:
    """The truth about one person at one time: 54 joints in ``BODY_WITH_HANDS`` order, the body's 24 first.

    Attributes:
        person: which person this is, from 0; the same over time.
        height_m: body height [m].
        positions: shape (54, 3), in the optical frame [m].
        orientations_xyzw: shape (54, 4), joint frame to optical frame; identity is SMPL's rest pose.
        local_rotations_xyzw: shape (54, 4), relative to the parent; the root's is its orientation.
        offsets: shape (54, 3), each joint in its parent's frame in the rest pose [m].
    """

    person: int
    height_m: float
    positions: Array
    orientations_xyzw: Array
    local_rotations_xyzw: Array
    offsets: Array


@dataclass(frozen=True)
class _Walker:
    """Somebody who walks to and fro along the image plane, turning at the ends of the way."""

    person: int
    height_m: float
    center_x_m: float
    reach_x_m: float  # signed: where the walk starts is center minus reach
    z_m: float
    strides: int  # double steps per period; a whole number makes the walk repeat


_WALKERS = {
    "walk_out": (_Walker(0, 1.70, 2.2, 2.2, 3.0, 6),),
    "cross": (_Walker(0, 1.70, 0.0, 1.0, 2.6, 3), _Walker(1, 1.62, 0.0, -1.3, 3.6, 4)),
}


def scene(motion: str, time_s: float) -> tuple[HumanPose, ...]:
    """Everybody in the scene at ``time_s`` [s], also those outside the image.

    Args:
        motion: ``wave`` (stands 2.5 m away, sways, raises the right arm and waves), ``walk_out`` (walks
            out of the image to the right and comes back), ``cross`` (two people pass each other at
            different depths), ``stall`` (``wave``, but freezes during ``FREEZE_S``) or ``reach`` (stands
            2.5 m away and reaches forwards and sidewards with the hands in turn, then rests for
            ``REST_S``) or ``grip`` (stands 2 m away with raised hands that open and shut every 2 s; after
            4 s they turn from the palms over the edge to the backs, and return).
        time_s: any time; the scene repeats after ``PERIOD_S[motion]``.

    Raises:
        SettingError: the motion is not known.
    """
    period_s = _period(motion)
    t = time_s % period_s
    if motion in _WALKERS:
        return tuple(_walking(walker, 2.0 * math.pi * t / period_s) for walker in _WALKERS[motion])
    if motion == "reach":
        return (_reaching(t),)
    if motion == "grip":
        return (_gripping(t),)
    if motion == "stall":
        t -= min(max(t - FREEZE_S[0], 0.0), FREEZE_S[1] - FREEZE_S[0])
    return (_waving(2.0 * math.pi * t / WAVE_PERIOD_S),)


def camera_stalls(motion: str, time_s: float) -> bool:
    """Whether this motion's camera gives no image at ``time_s`` (``stall``: for 0.15, 0.3 and 2 s)."""
    t = time_s % _period(motion)
    return any(start <= t < end for start, end in _CAMERA_GAPS_S.get(motion, ()))


def _period(motion: str) -> float:
    if motion not in PERIOD_S:
        raise SettingError(f"motion: {motion!r} is not known; allowed: {' | '.join(MOTIONS)}")
    return PERIOD_S[motion]


@lru_cache(maxsize=8)
def _offsets(height_m: float) -> Array:
    """Shape (54, 3): each joint in its parent's frame in the rest pose; the root's is zero [m]."""
    rest = np.empty((len(BODY_WITH_HANDS), 3))
    for j, name in enumerate(BODY_WITH_HANDS.names):
        side, _, part = name.partition("_")
        rest[j] = _LEFT[part] if part else _MIDDLE[name]
        if side == "right":
            rest[j, 0] *= -1.0
    offsets = np.zeros_like(rest)
    offsets[1:] = height_m * (rest[1:] - rest[list(BODY_WITH_HANDS.parents[1:])])
    offsets.flags.writeable = False
    return offsets


def _turn(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Array:
    """Quaternion of a turn about one of the axes of the body [rad]."""
    return quat_from_rotvec(np.array([x, y, z]))


def _relaxed() -> Array:
    """Local rotations (54, 4) of somebody with slightly bent fingers; the root is identity."""
    local = np.tile((0.0, 0.0, 0.0, 1.0), (len(BODY_WITH_HANDS), 1))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for finger in ("index", "middle", "pinky", "ring"):
            for k, bend in ((1, 0.25), (2, 0.35), (3, 0.2)):
                local[BODY_WITH_HANDS.index[f"{side}_{finger}{k}"]] = _turn(z=sign * bend)
        local[BODY_WITH_HANDS.index[f"{side}_thumb2"]] = _turn(y=-0.25 * sign)
    return local


def _set(local: Array, name: str, *turns: Array) -> None:
    """Give a joint the product of ``turns``; the last one is applied to the rest pose first."""
    q = turns[0]
    for turn in turns[1:]:
        q = quat_multiply(q, turn)
    local[BODY_WITH_HANDS.index[name]] = q


def _standing(person: int, height_m: float, x_m: float, z_m: float, local: Array) -> HumanPose:
    """The figure in this posture with its lower foot on the floor."""
    offsets = _offsets(height_m)
    local[0] = quat_multiply(_FACING_XYZW, local[0])
    positions, orientations = forward_kinematics(BODY_WITH_HANDS, np.zeros(3), local, offsets)
    sole_y = max(
        positions[BODY_WITH_HANDS.index[f"{side}_{part}"], 1] + below * height_m
        for side in ("left", "right")
        for part, below in _SOLE_BELOW.items()
    )
    positions += np.array([x_m, FLOOR_M - sole_y, z_m])
    return HumanPose(person, height_m, positions, orientations, local, offsets)


def _waving(phase: float) -> HumanPose:
    """Standing 2.5 m away, swaying; in each turn of phase the right arm goes up, waves and goes down."""
    height_m, local = 1.70, _relaxed()
    lift = min(max(0.5 - 0.9 * math.cos(phase), 0.0), 1.0)
    lift *= lift * (3.0 - 2.0 * lift)  # smooth at both ends
    sway_m = 0.04 * math.sin(2.0 * phase)
    lean = math.asin(sway_m / (0.491 * height_m))  # over the length of the legs: the feet stay where they are
    for side in ("left", "right"):
        _set(local, f"{side}_hip", _turn(z=-lean))
        _set(local, f"{side}_ankle", _turn(z=lean))
    _set(local, "spine1", _turn(z=0.5 * lean))
    _set(local, "spine3", _turn(y=0.08 * math.sin(phase)))
    _set(local, "neck", _turn(z=-0.5 * lean), _turn(y=-0.1 * math.sin(phase)))
    _set(local, "head", _turn(x=0.06 * math.sin(2.0 * phase)))
    _set(local, "left_shoulder", _turn(x=0.06 * math.sin(2.0 * phase)), _turn(z=-1.3))
    _set(local, "left_elbow", _turn(y=-0.3))
    _set(local, "right_collar", _turn(z=-0.15 * lift))
    _set(local, "right_shoulder", _turn(z=1.3 - 1.6 * lift))
    wave = 1.1 + 0.45 * math.sin(12.0 * phase)
    _set(local, "right_elbow", _turn(z=-wave * lift), _turn(y=0.3 * (1.0 - lift)))
    _set(local, "right_wrist", _turn(z=-0.2 * lift * math.sin(12.0 * phase - 0.6)))
    return _standing(0, height_m, sway_m, 2.5, local)


def _reaching(t: float) -> HumanPose:
    """Standing 2.5 m away with bent arms; at time ``t`` of the motion one hand or both are on their way.

    Each hand goes forwards, then with the elbow out to the side, then both go forwards at once.
    """
    height_m, local = 1.70, _relaxed()
    ways = {"left": ((0.0, 0.15), (4.0, 0.8), (6.5, 0.1)), "right": ((1.5, 0.15), (4.0, 0.1), (6.5, 0.1))}
    turn = 0.0
    for side, sign in (("left", 1.0), ("right", -1.0)):
        out, aside = 0.0, 0.15
        for start_s, width in ways[side]:
            share = min(max((t - start_s) / 2.5, 0.0), 1.0)
            if 0.0 < share < 1.0:
                out, aside = 0.5 * (1.0 - math.cos(2.0 * math.pi * share)), width
        turn -= 0.15 * sign * out
        # from the arm that hangs to one held forwards, and the elbow from bent to straight
        lift = 0.25 + 1.25 * out
        _set(
            local, f"{side}_shoulder",
            _turn(y=sign * aside * out), _turn(x=-lift), _turn(z=-sign * (1.4 - 0.1 * out)),
        )  # fmt: skip
        _set(local, f"{side}_elbow", _turn(y=-sign * (1.2 - 1.05 * out)))
    _set(local, "spine3", _turn(y=turn))
    _set(local, "neck", _turn(y=-0.5 * turn))
    return _standing(0, height_m, 0.0, 2.5, local)


def palm_turn(t: float) -> float:
    """How far the palms of ``grip`` are turned from the camera at ``t``: 0 to pi, for their backs [rad]."""
    share = min(max((t - 4.0) / 1.5, 0.0), 1.0) - min(max((t - 6.5) / 1.5, 0.0), 1.0)
    return math.pi * share * share * (3.0 - 2.0 * share)


def hand_opening(t: float) -> float:
    """How far the hands of ``grip`` are open at ``t``: 0 to 1."""
    return 0.5 + 0.5 * math.cos(math.pi * t)


def _gripping(t: float) -> HumanPose:
    """Standing 2 m away with the forearms up, which sway."""
    local = _relaxed()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        _set(local, f"{side}_shoulder", _turn(z=-sign * 1.1))
        _set(local, f"{side}_elbow", _turn(z=sign * (2.3 + 0.25 * math.sin(math.pi * t))))
        _set(local, f"{side}_wrist", _turn(x=palm_turn(t) - 0.5 * math.pi))
        for name, turn in finger_rotations(side, hand_opening(t)).items():
            _set(local, name, turn)
    return _standing(0, 1.70, 0.0, 2.0, local)


def _walking(walker: _Walker, phase: float) -> HumanPose:
    """Somebody on their way; phase 0 is the start, pi the far end, 2 pi the start again [rad]."""
    local = _relaxed()
    pace = abs(math.sin(phase))  # share of the top speed
    # 0 to 2: the way so far, there and back
    way = 0.5 * (1.0 - math.cos(phase)) if phase < math.pi else 0.5 * (3.0 + math.cos(phase))
    step = math.pi * walker.strides * way
    for side, sign in (("left", 1.0), ("right", -1.0)):
        swing, knee = 0.42 * pace * sign * math.sin(step), 0.33 * pace * (1.0 + sign * math.cos(step))
        _set(local, f"{side}_hip", _turn(x=-swing))
        _set(local, f"{side}_knee", _turn(x=knee))
        _set(local, f"{side}_ankle", _turn(x=0.8 * (swing - knee)))
        _set(local, f"{side}_shoulder", _turn(x=swing), _turn(z=-1.35 * sign))
        _set(local, f"{side}_elbow", _turn(y=-sign * (0.3 + 0.15 * pace - 0.3 * swing)))
    _set(local, "spine2", _turn(y=0.1 * pace * math.sin(step)))
    heading = 0.5 * math.pi * math.tanh(4.0 * math.sin(phase)) * math.copysign(1.0, walker.reach_x_m)
    _set(local, "pelvis", _turn(y=heading))
    x_m = walker.center_x_m - walker.reach_x_m * math.cos(phase)
    return _standing(walker.person, walker.height_m, x_m, walker.z_m, local)
