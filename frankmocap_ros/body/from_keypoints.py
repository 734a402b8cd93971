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

"""All joints and the two axes of each rotation, from keypoints alone.

Rest pose (identity rotations) is SMPL's: a T-pose in body axes x to the person's left, y up, z out of the
chest; arms along x with the palms down, legs along -y. The rest directions of the limbs are exactly these
axes (``REST_DIRECTIONS``), so that a joint plus its rotation times rest direction times bone length is the
next joint.

Two directions fix a rotation: where the bone points, and a second axis across it. For an elbow or a knee
the second axis is the hinge, the normal of the plane of both bones; as the limb gets straight the hinge
fades into what the torso (arms) or the foot (legs) says, because the plane is then only noise.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, KEYPOINTS, KEYPOINTS_WITH_HANDS, SIDES
from frankmocap_ros.geometry.rotation import Array, Mask, cross, dot, frames, normalize, swung

_X, _Y, _Z = np.eye(3)
_K = {name: i for i, name in enumerate(KEYPOINTS_WITH_HANDS)}
_J = BODY_WITH_HANDS.index
_LEFTWARD = np.array([[1.0], [-1.0]])  # sign of body x on the left and the right side

# Spine joints as shares of the way from pelvis to neck, and where the hips, neck and collars sit. Rounded
# proportions of an adult; they move joints that no keypoint marks, never a keypoint.
_SPINE = np.array([[0.22], [0.48], [0.60]])
_NECK_RISE = 0.1  # neck above the shoulders' middle, share of the torso's length
_PELVIS_RISE = 0.75  # pelvis above the hips' middle, share of half the hips' width
_COLLAR = normalize(np.array([0.4, 0.9165, 0.0]))
_COLLAR_REACH = 0.78  # collar's distance from spine3, share of spine3 to neck
_HINGE_FADE = (0.10, 0.40)  # sine of the elbow's or knee's bend where the hinge starts and fully counts


def _rest_table() -> tuple[Array, Array]:
    """Rest direction of each joint's bone and its second axis, both (54, 3), in body axes."""
    primary, secondary = np.tile(_Y, (54, 1)), np.tile(_X, (54, 1))

    def rest(name: str, first: Array, second: Array) -> None:
        primary[_J[name]], secondary[_J[name]] = first, second

    rest("pelvis", _X, _Y)
    rest("neck", np.array([0.0, 0.94, 0.34]), _X)  # the ears lie before the neck's base
    rest("head", _X, np.array([0.0, -0.2, 0.98]))  # ear to ear; the nose lies a little below the ears
    for side, s in (("left", 1.0), ("right", -1.0)):
        rest(f"{side}_collar", s * _X, _Y)
        rest(f"{side}_shoulder", s * _X, -s * _Y)
        rest(f"{side}_elbow", s * _X, -s * _Y)
        rest(f"{side}_wrist", s * _X, _Z)
        rest(f"{side}_hand", s * _X, _Z)
        rest(f"{side}_hip", -_Y, _X)
        rest(f"{side}_knee", -_Y, _X)
        rest(f"{side}_ankle", np.array([0.0, -0.5, 0.87]), _X)  # heel to toe joint slopes down
        rest(f"{side}_foot", np.array([0.0, -0.5, 0.87]), _X)
        for finger in ("index", "middle", "pinky", "ring"):
            for k in (1, 2, 3):
                rest(f"{side}_{finger}{k}", s * _X, _Z)
        for k in (1, 2, 3):
            rest(f"{side}_thumb{k}", np.array([0.6 * s, -0.2, 0.77]), _Y)
    return normalize(primary), secondary


REST_PRIMARY, REST_SECONDARY = _rest_table()
"""Each joint's bone and its second axis in the joint's own frame, both (54, 3), of ``BODY_WITH_HANDS``."""
_REST_FRAMES_T = np.swapaxes(frames(REST_PRIMARY, REST_SECONDARY), -1, -2).copy()

REST_DIRECTIONS: dict[str, Array] = {
    name: REST_PRIMARY[i] for name, i in _J.items() if name not in ("pelvis", "head")
}
"""Unit direction, in a joint's own frame, to the next joint of its limb or spine."""

_ARM = np.array([[_K[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist")] for side in SIDES])
_LEG = np.array([[_K[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot")] for side in SIDES])
_KNUCKLES = np.array([[_K[f"{side}_{finger}1"] for side in SIDES] for finger in ("index", "pinky")])
_EARS = np.array([_K[f"{side}_ear"] for side in SIDES])
_FINGER_NAMES = BODY_WITH_HANDS.names[len(BODY) :]
_FINGER_JOINTS = np.array([_J[name] for name in _FINGER_NAMES])
_FINGER_POINTS = np.array([_K[name] for name in _FINGER_NAMES])
_FINGER_NEXT = np.array([_K[name[:-1] + str(int(name[-1]) + 1)] for name in _FINGER_NAMES])
_FINGER_SIDE = np.array([int(name.startswith("right")) for name in _FINGER_NAMES])


def _rows(*parts: str) -> NDArray[np.intp]:
    """Skeleton rows of joints, each of the left and the right side."""
    return np.array([_J[f"{side}_{part}"] for part in parts for side in SIDES])


# arms before legs, the left before the right: where limbs begin, their middles and ends
_LIMB_POINTS = np.concatenate([_ARM, _LEG[:, :3]]).T
_LIMB_JOINTS = np.array([_rows("shoulder", "hip"), _rows("elbow", "knee"), _rows("wrist", "ankle")])
_TOES, _COLLARS, _WRISTS = _LEG[:, 3], _rows("collar"), _rows("wrist")
_HANDS, _FEET = _rows("hand"), _rows("foot")
_PALMS, _SOLES = np.array([_WRISTS, _HANDS]), np.array([_rows("ankle"), _FEET])  # joints with one rotation
_SPINES = np.array([_J[f"spine{k}"] for k in (1, 2, 3)])
_ALONG = (_SPINE - _SPINE[0]) / (1.0 - _SPINE[0])  # the spine's joints on the way from spine1 to the neck
_TWIST = np.array([[1.0], [2.0], [3.0]]) / 3.0  # and on the way from the hips' direction to the shoulders'


def _hinge(first: Array, second: Array, otherwise: Array) -> Array:
    """Axis of an elbow or knee between two unit bone directions, fading into ``otherwise`` when straight."""
    axis = cross(first, second)
    sine = np.sqrt(dot(axis, axis))
    low, high = _HINGE_FADE
    t = np.minimum(np.maximum((sine - low) / (high - low), 0.0), 1.0)
    weight = t * t * (3.0 - 2.0 * t)
    across = normalize(otherwise - dot(otherwise, first)[..., None] * first)
    return np.asarray((weight / np.maximum(sine, low))[..., None] * axis + (1.0 - weight)[..., None] * across)


def _trusted(line: Array, sure: float, other: Array, other_sure: float) -> Array:
    """A line across the torso, which turns to the other one as it is less than half as surely seen."""
    share = min(1.0, 2.0 * sure / other_sure) if other_sure > 0.0 else 1.0
    if share == 1.0:
        return line
    length = np.sqrt(dot(line, line))
    return np.asarray(share * line + (1.0 - share) * length * normalize(other))


def _torso(p: Array, sure: Array, pos: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Pelvis, spine, neck, head and collars: fills their rows of positions and axes.

    Hips that are guessed, as of somebody at a desk, turn with the shoulders; and the other way round.

    Returns:
        direction from the right hip to the left one (3,), and axes of the chest as columns: left, up, front.
    """
    hips, shoulders = p[_LEG[:, 0]], p[_ARM[:, 0]]
    hip_mid, shoulder_mid = 0.5 * (hips[0] + hips[1]), 0.5 * (shoulders[0] + shoulders[1])
    hip_line, shoulder_line = hips[0] - hips[1], shoulders[0] - shoulders[1]
    hips_sure, shoulders_sure = float(sure[_LEG[:, 0]].min()), float(sure[_ARM[:, 0]].min())
    hip_line, shoulder_line = (
        _trusted(hip_line, hips_sure, shoulder_line, shoulders_sure),
        _trusted(shoulder_line, shoulders_sure, hip_line, hips_sure),
    )
    up = shoulder_mid - hip_mid
    neck = shoulder_mid + _NECK_RISE * up
    hip_x, pelvis_up, _ = frames(hip_line, up).T
    half_width = 0.5 * np.sqrt(dot(hip_line, hip_line))
    pelvis = hip_mid + _PELVIS_RISE * half_width * pelvis_up
    first[_J["pelvis"]], second[_J["pelvis"]] = hip_line, up
    # spine1 stands straight on the pelvis; from there the spine runs straight to the neck, and turns
    # step by step from the hips' line to the shoulders'
    whole = neck - pelvis
    spine1 = pelvis + _SPINE[0] * np.sqrt(dot(whole, whole)) * pelvis_up
    spine = neck - spine1
    left_ear, right_ear = p[_EARS]
    ears, head = left_ear - right_ear, 0.5 * (left_ear + right_ear)
    shoulder_x, ears_x = normalize(np.array([shoulder_line, ears]))
    pos[_SPINES] = spine1 + _ALONG * spine
    first[_SPINES], second[_SPINES] = spine, hip_x + _TWIST * (shoulder_x - hip_x)
    pos[_J["pelvis"]], pos[_J["neck"]], pos[_J["head"]] = pelvis, neck, head
    first[_J["neck"]], second[_J["neck"]] = head - neck, 0.5 * (shoulder_x + ears_x)
    first[_J["head"]], second[_J["head"]] = ears, p[_K["nose"]] - head
    # the same two directions twice: exactly along the spine (up, left, back), and exactly along the shoulders
    along_spine, chest = frames(np.array([spine, shoulder_x]), np.array([shoulder_line, spine]))
    upper = neck - pos[_J["spine3"]]
    reach = _COLLAR_REACH * np.sqrt(dot(upper, upper))
    aside = _LEFTWARD * _COLLAR[0] * along_spine[:, 1] + _COLLAR[1] * along_spine[:, 0]
    pos[_COLLARS] = pos[_J["spine3"]] + reach * aside
    first[_COLLARS], second[_COLLARS] = shoulders - pos[_COLLARS], along_spine[:, 0]
    return hip_x, chest


def _limbs(p: Array, pos: Array, first: Array, second: Array, torso: tuple[Array, Array]) -> None:
    """Arms, hands, legs and feet: fills their rows of positions and axes; ``torso`` is from ``_torso``."""
    hip_x, chest = torso
    left, up = chest[:, 0], chest[:, 1]
    points = p[_LIMB_POINTS]
    bones = normalize(points[1:] - points[:-1])
    (upper, lower), foot = bones, p[_TOES]
    toes = normalize(foot - points[2, 2:])
    beside_arms = swung(_LEFTWARD * left, upper[:2], -_LEFTWARD * up)
    hinges = _hinge(upper, lower, np.concatenate([beside_arms, cross(toes, upper[2:]) + hip_x]))
    pos[_LIMB_JOINTS] = points
    first[_LIMB_JOINTS[:2]] = bones
    second[_LIMB_JOINTS[0]], second[_LIMB_JOINTS[1]] = hinges, swung(upper, lower, hinges)
    index, pinky = p[_KNUCKLES]
    pos[_HANDS], pos[_FEET] = 0.5 * (index + pinky), foot
    first[_PALMS], second[_PALMS] = pos[_HANDS] - points[2, :2], index - pinky
    first[_SOLES], second[_SOLES] = toes, hinges[2:]


def _fingers(p: Array, pos: Array, first: Array, second: Array) -> None:
    """Finger joints: fills their rows of positions and axes; the wrists' rows are filled already."""
    pos[_FINGER_JOINTS] = p[_FINGER_POINTS]
    first[_FINGER_JOINTS] = p[_FINGER_NEXT] - p[_FINGER_POINTS]
    wrists = frames(first[_WRISTS], second[_WRISTS]) @ _REST_FRAMES_T[_WRISTS]
    second[_FINGER_JOINTS] = np.einsum("nij,nj->ni", wrists[_FINGER_SIDE], REST_SECONDARY[_FINGER_JOINTS])


def joints_from_keypoints(points: Array, confidence: Array | None = None) -> tuple[Array, Array]:
    """Positions and rotations of all joints.

    Args:
        points: shape (K, 3) in the order of ``KEYPOINTS`` or ``KEYPOINTS_WITH_HANDS`` [m].
        confidence: shape (K,), of the points; None where all are equally good.

    Returns:
        positions (J, 3) [m] and global rotation matrices (J, 3, 3); J is 24, or 54 with hands. Always
        finite and proper for finite input, also where points coincide.
    """
    j = len(BODY) if len(points) == len(KEYPOINTS) else len(BODY_WITH_HANDS)
    positions, first, second = np.zeros((3, j, 3))
    sure = np.ones(len(points)) if confidence is None else confidence
    torso = _torso(points, sure, positions, first, second)
    _limbs(points, positions, first, second, torso)
    if j > len(BODY):
        _fingers(points, positions, first, second)
    return positions, frames(first, second) @ _REST_FRAMES_T[:j]


def _sources() -> tuple[Mask, Mask]:
    """Keypoints that a joint's position and its rotation rest on: two bool arrays (54, 57)."""
    position = np.zeros((len(_J), len(_K)), bool)
    rotation = np.zeros_like(position)

    def rests(name: str, position_on: list[str], rotation_on: list[str]) -> None:
        position[_J[name], [_K[k] for k in position_on]] = True
        rotation[_J[name], [_K[k] for k in rotation_on]] = True

    hips, shoulders, ears = (["left_" + part, "right_" + part] for part in ("hip", "shoulder", "ear"))
    rests("pelvis", hips, hips + shoulders)
    for name in ("spine1", "spine2", "spine3"):
        rests(name, hips + shoulders, hips + shoulders)
    rests("neck", shoulders, shoulders + ears)
    rests("head", ears, [*ears, "nose"])
    for side in SIDES:
        palm = [f"{side}_index1", f"{side}_pinky1"]
        rests(f"{side}_collar", hips + shoulders, hips + shoulders)
        rests(f"{side}_hand", palm, [f"{side}_wrist", *palm])
        rests(f"{side}_wrist", [f"{side}_wrist"], [f"{side}_wrist", *palm])
        rests(f"{side}_foot", [f"{side}_foot"], [f"{side}_ankle", f"{side}_foot"])
        for limb in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "foot")):
            for a, b in pairwise(limb):
                rests(f"{side}_{a}", [f"{side}_{a}"], [f"{side}_{a}", f"{side}_{b}"])
    position[_FINGER_JOINTS, _FINGER_POINTS] = True
    rotation[_FINGER_JOINTS, _FINGER_POINTS] = rotation[_FINGER_JOINTS, _FINGER_NEXT] = True
    return position, rotation


_POSITION_ON, _ROTATION_ON = _sources()


def joint_confidence(confidence: Array) -> tuple[Array, Array]:
    """Confidence of each joint's position and rotation: the least of the keypoints it rests on.

    Args:
        confidence: shape (K,), of the keypoints.

    Returns:
        two arrays (J,).
    """
    k = len(confidence)
    j = len(BODY) if k == len(KEYPOINTS) else len(BODY_WITH_HANDS)
    return (
        np.where(_POSITION_ON[:j, :k], confidence, np.inf).min(axis=1),
        np.where(_ROTATION_ON[:j, :k], confidence, np.inf).min(axis=1),
    )
