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

"""The one joint order: SMPL's 24 joints, then MANO's 15 finger joints a side.

Left is the person's left. At every public border joints are matched by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

_BODY = (
    ("pelvis", ""),
    ("left_hip", "pelvis"),
    ("right_hip", "pelvis"),
    ("spine1", "pelvis"),
    ("left_knee", "left_hip"),
    ("right_knee", "right_hip"),
    ("spine2", "spine1"),
    ("left_ankle", "left_knee"),
    ("right_ankle", "right_knee"),
    ("spine3", "spine2"),
    ("left_foot", "left_ankle"),
    ("right_foot", "right_ankle"),
    ("neck", "spine3"),
    ("left_collar", "spine3"),
    ("right_collar", "spine3"),
    ("head", "neck"),
    ("left_shoulder", "left_collar"),
    ("right_shoulder", "right_collar"),
    ("left_elbow", "left_shoulder"),
    ("right_elbow", "right_shoulder"),
    ("left_wrist", "left_elbow"),
    ("right_wrist", "right_elbow"),
    ("left_hand", "left_wrist"),
    ("right_hand", "right_wrist"),
)

SIDES = ("left", "right")
FINGERS = ("index", "middle", "pinky", "ring", "thumb")  # MANO's order


def _hand(side: str) -> tuple[tuple[str, str], ...]:
    """MANO's 15 finger joints of one side as (name, parent)."""
    return tuple(
        (f"{side}_{finger}{k}", f"{side}_{finger}{k - 1}" if k > 1 else f"{side}_wrist")
        for finger in FINGERS
        for k in (1, 2, 3)
    )


@dataclass(frozen=True)
class Skeleton:
    """Names and tree of a set of joints; every parent stands before its children.

    Attributes:
        names: joint names in order, length J.
        parents: index of each joint's parent, -1 for the root, length J.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]

    @staticmethod
    def from_pairs(pairs: Iterable[tuple[str, str]]) -> "Skeleton":
        """Build from (name, parent name) pairs; the root's parent is the empty string."""
        pairs = tuple(pairs)
        order = {name: i for i, (name, _) in enumerate(pairs)}
        return Skeleton(
            names=tuple(name for name, _ in pairs),
            parents=tuple(order[parent] if parent else -1 for _, parent in pairs),
        )

    @cached_property
    def index(self) -> dict[str, int]:
        """Joint name -> position in the order."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def parent_names(self) -> tuple[str, ...]:
        """Name of each joint's parent, empty for the root."""
        return tuple(self.names[p] if p >= 0 else "" for p in self.parents)

    @cached_property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """Numbers of the two joints of each bone, the parent first."""
        return tuple((parent, joint) for joint, parent in enumerate(self.parents) if parent >= 0)

    @cached_property
    def without_fingers(self) -> tuple[int, ...]:
        """Numbers of the joints that are no finger's."""
        return tuple(i for i, name in enumerate(self.names) if name not in FINGER_JOINTS)

    @cached_property
    def bones_without_fingers(self) -> tuple[tuple[int, int], ...]:
        """As ``bones``, of the joints that are no finger's."""
        kept = set(self.without_fingers)
        return tuple(bone for bone in self.bones if kept.issuperset(bone))

    def __len__(self) -> int:
        return len(self.names)


BODY = Skeleton.from_pairs(_BODY)
BODY_WITH_HANDS = Skeleton.from_pairs(_BODY + _hand("left") + _hand("right"))
FINGER_JOINTS = frozenset(BODY_WITH_HANDS.names[len(BODY) :])


def _hand_points(side: str) -> tuple[str, ...]:
    """Keypoints of one hand beyond its two outer knuckles, which the body's keypoints hold already."""
    joints = tuple(f"{side}_{finger}{k}" for finger in FINGERS for k in (1, 2, 3, 4))
    return tuple(name for name in joints if name not in KEYPOINTS)


# What a keypoint estimator finds, and from which all joints and rotations follow (``body/kinematics.py``).
# The names are the skeleton's where a joint lies there; finger number 4 is the tip.
KEYPOINTS = (
    "nose", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_index1", "right_index1", "left_pinky1", "right_pinky1",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_foot", "right_foot",
)  # fmt: skip
KEYPOINTS_WITH_HANDS = KEYPOINTS + _hand_points("left") + _hand_points("right")


HAND_FINGERS = ("thumb", "index", "middle", "ring", "pinky")
"""In the order of ``HAND_POINTS``, of MediaPipe, OpenPose and COCO-WholeBody; ``FINGERS`` has MANO's."""
HAND_POINTS = (
    "wrist",
    *(f"{finger}{k}" for finger in HAND_FINGERS for k in (1, 2, 3, 4)),
)
"""Names of the 21 points of a hand, of either side, in the order in which MediaPipe numbers them."""
HAND_BONES = tuple((0 if k % 4 == 1 else k - 1, k) for k in range(1, len(HAND_POINTS)))
"""Numbers of the two points at the ends of each bone of a hand: from the wrist on, four bones a finger."""


def mirrored(name: str) -> str:
    """Name of the joint on the other side; joints of the middle are their own mirror."""
    if name.startswith("left_"):
        return "right_" + name[5:]
    if name.startswith("right_"):
        return "left_" + name[6:]
    return name
