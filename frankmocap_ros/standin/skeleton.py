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

"""The stand-in bodies' skeleton, a person 1.70 m tall, and the tubes around its bones."""

import numpy as np

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, FINGERS, Skeleton
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.standin.tubes import Tube
from frankmocap_ros.synthetic.human import scene

PELVIS = (0.0, -0.22, 0.0)  # the models' origin lies in the chest [m]

# half width and half depth at both ends of the bone that starts at a joint [m]
_RADII = {
    "pelvis": (0.155, 0.11, 0.15, 0.10), "spine1": (0.15, 0.10, 0.15, 0.10),
    "spine2": (0.15, 0.10, 0.16, 0.11), "spine3": (0.17, 0.11, 0.09, 0.07),
    "neck": (0.055, 0.06, 0.055, 0.06), "head": (0.07, 0.085, 0.06, 0.075),
    "jaw": (0.03, 0.02, 0.02, 0.015), "eye": (0.012, 0.012, 0.012, 0.012),
    "hip": (0.085, 0.085, 0.055, 0.06), "knee": (0.055, 0.06, 0.04, 0.04),
    "ankle": (0.04, 0.045, 0.04, 0.035), "foot": (0.045, 0.025, 0.035, 0.012),
    "collar": (0.06, 0.06, 0.055, 0.055), "shoulder": (0.05, 0.05, 0.04, 0.04),
    "elbow": (0.04, 0.04, 0.027, 0.03), "wrist": (0.02, 0.035, 0.016, 0.042),
    "hand": (0.015, 0.042, 0.008, 0.03), "finger": (0.009, 0.009, 0.008, 0.008),
}  # fmt: skip
_CHILD = {
    "pelvis": "spine1", "spine1": "spine2", "spine2": "spine3", "spine3": "neck", "neck": "head",
    "hip": "knee", "knee": "ankle", "ankle": "foot", "collar": "shoulder", "shoulder": "elbow",
    "elbow": "wrist",
}  # fmt: skip
# where a bone ends that has no child, from its joint [m]
_END = {
    "head": (0.0, 0.19, 0.012), "jaw": (0.0, -0.03, 0.07), "eye": (0.0, 0.0, 0.008),
    "foot": (0.0, -0.005, 0.075), "wrist": (0.085, 0.0, -0.002), "hand": (0.085, -0.002, -0.002),
}  # fmt: skip
_FACE = {"jaw": (0.0, 0.012, 0.025), "eye": (0.032, 0.083, 0.068)}  # joints of SMPL-X, from the head [m]


def _part(name: str) -> str:
    """A joint's name without its side; fingers alike."""
    part = name.removeprefix("left_").removeprefix("right_")
    return "finger" if part.rstrip("123") in FINGERS else part


def sided(name: str, offset: tuple[float, float, float]) -> Array:
    """An offset of the left or the middle, mirrored where the name is one of the right."""
    return np.array(offset) * (-1.0 if name.startswith("r") else 1.0, 1.0, 1.0)


def figure_joints() -> dict[str, Array]:
    """Joints of the figure in the rest pose, by name [m]."""
    offsets = scene("wave", 0.0)[0].offsets
    rest: dict[str, Array] = {}
    for name, parent, offset in zip(
        BODY_WITH_HANDS.names, BODY_WITH_HANDS.parent_names, offsets, strict=True
    ):
        rest[name] = rest[parent] + offset if parent else np.array(PELVIS)
    return rest


def rest_joints(skeleton: Skeleton) -> Array:
    """The stand-in's joints in the rest pose.

    Args:
        skeleton: SMPL's or SMPL-X's.

    Returns:
        shape (J, 3): x to the person's left, y up, z out of the chest [m].
    """
    rest = figure_joints()
    rest |= {
        name: rest["head"] + sided(name, _FACE[_part(name)]) for name in ("jaw", "left_eye", "right_eye")
    }
    return np.array([rest[name] for name in skeleton.names])


def _end(name: str, skeleton: Skeleton, rest: Array) -> tuple[int, Array]:
    """Row of the joint at the other end of a bone, its own where there is none, and where the bone ends."""
    part, row = _part(name), skeleton.index[name]
    child = name.removesuffix(part) + _CHILD[part] if part in _CHILD else None
    if part == "finger" and not name.endswith("3"):
        child = f"{name[:-1]}{int(name[-1]) + 1}"
    if child is not None:
        return skeleton.index[child], rest[skeleton.index[child]]
    if part == "finger":  # the last bone is a little shorter than the one before
        return row, rest[row] + 0.9 * (rest[row] - rest[skeleton.parents[row]])
    return row, rest[row] + sided(name, _END[part])


def tubes_of(skeleton: Skeleton) -> list[Tube]:
    """One tube for each joint of SMPL's or SMPL-X's skeleton."""
    rest = rest_joints(skeleton)
    tubes = []
    for row, name in enumerate(skeleton.names):
        part = _part(name)
        child, end = _end(name, skeleton, rest)
        radii = np.array(_RADII[part]).reshape(2, 2)
        sides = 8 if part in ("finger", "eye", "jaw") else 16
        tubes.append(
            Tube(row, max(skeleton.parents[row], 0), child, np.stack([rest[row], end]), radii, sides)
        )
    return tubes
