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

"""What the words in the names of joints and bodies say."""

import re
from collections.abc import Iterable
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

FINGER: Final = frozenset(
    ("finger", "fingers", "gripper", "grip", "jaw", "claw", "thumb", "index", "middle", "ring", "pinky",
     "little", "knuckle", "knuckles")
)  # fmt: skip
WHEEL: Final = frozenset(("wheel", "wheels", "caster", "track"))
LEG: Final = frozenset(("leg", "hip", "knee", "ankle", "foot", "thigh", "shank", "calf", "toe"))
ARM: Final = frozenset(("arm", "shoulder", "elbow", "wrist", "hand", "forearm", "humerus"))
HEAD: Final = frozenset(("head", "neck"))
TOOL: Final = ("tcp", "pinch", "attachment", "eef", "ee", "tool", "gripper", "gripperframe", "flange")
_SIDES: Final = {"left": "left", "l": "left", "right": "right", "r": "right"}


def words(name: str) -> frozenset[str]:
    """The words of a name in lower case: of ``Left_Elbow_Pitch`` left, elbow and pitch."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def said(names: Iterable[str], vocabulary: frozenset[str]) -> int:
    """How many of some names have a word of a vocabulary."""
    return sum(bool(words(name) & vocabulary) for name in names)


def side_of(names: Iterable[str]) -> str:
    """``left``, ``right`` or nothing, as most of some names say."""
    votes = [_SIDES[word] for name in names for word in words(name) if word in _SIDES]
    left, right = votes.count("left"), votes.count("right")
    return "" if left == right else "left" if left > right else "right"
