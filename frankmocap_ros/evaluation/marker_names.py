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

"""Names that markers and joints have in recordings of truth, and the joints that they are."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.errors import EvaluationError

# what stands for a joint of one side, without the side; pairs of markers have their middle in the joint
_PARTS: Final = {
    "shoulder": ("shoulder", "sho", "sjc"),
    "elbow": ("elbow", "elb", "ejc"),
    "wrist": ("wrist", "wri", "wjc", "wra+wrb"),
    "hand": ("hand", "fin"),
    "hip": ("hip", "hjc", "upleg"),
    "knee": ("knee", "kne", "kjc"),
    "ankle": ("ankle", "ank", "ajc"),
    "foot": ("foot", "bigtoe", "toe"),
}
_MIDDLE: Final = {
    "pelvis": ("pelvis", "midhip", "hips", "hip", "root"),
    "neck": ("neck", "c7"),
    "head": ("head",),
}


def _plain(name: str) -> str:
    """A name without its subject (``Anna:LWRA``), case, signs, and OpenCap's ``_study``."""
    name = name.rpartition(":")[2].strip().lower().removesuffix("_study")
    return re.sub(r"[^a-z0-9]", "", name)


def _candidates() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Joint -> sets of plain names, each of which is the joint; the first that is there is taken."""
    found = {}
    for side in ("left", "right"):
        short = side[0]
        for part, words in _PARTS.items():
            ways = []
            for word in words:
                pieces = word.split("+")
                for form in ("{side}{p}", "{short}{p}", "{p}{side}", "{p}{short}"):
                    ways.append(tuple(form.format(side=side, short=short, p=piece) for piece in pieces))
            found[f"{side}_{part}"] = tuple(ways)
    return found | {joint: tuple((word,) for word in words) for joint, words in _MIDDLE.items()}


_WAYS: Final = _candidates()


def joints_of(names: Sequence[str], given: Mapping[str, Sequence[str]] | None = None) -> dict[str, list[int]]:
    """Joint -> columns of ``names`` whose mean it is.

    Args:
        names: of markers or joints.
        given: joint -> markers, in place of the table for these joints.

    Raises:
        EvaluationError: a joint or marker of ``given`` is not known, or no joint is found.
    """
    columns: dict[str, int] = {}
    for column, name in enumerate(names):
        columns.setdefault(_plain(name), column)
    found: dict[str, list[int]] = {}
    for joint, ways in _WAYS.items():
        way = next((way for way in ways if all(name in columns for name in way)), None)
        if way is not None:
            found[joint] = [columns[name] for name in way]
    exact = {name: column for column, name in enumerate(names)}
    found |= {name: [column] for name, column in exact.items() if name in BODY.index}
    for joint, markers in (given or {}).items():
        if joint not in BODY.index:
            raise EvaluationError(f"--map: {joint!r} is no joint; allowed: {', '.join(BODY.names)}")
        missing = [marker for marker in markers if marker not in exact]
        if missing or not markers:
            raise EvaluationError(
                f"--map {joint}: no marker {', '.join(map(repr, missing)) or 'is named'}; there are: "
                f"{', '.join(names)[:500]}"
            )
        found[joint] = [exact[marker] for marker in markers]
    if not found:
        raise EvaluationError(
            f"none of these markers is known: {', '.join(names)[:500]}; say which joint they are: "
            "--map left_wrist=MARKER or left_wrist=MARKER+MARKER for the middle of two"
        )
    return found


def parsed_map(words: Sequence[str]) -> dict[str, list[str]]:
    """``JOINT=MARKER+MARKER`` as a mapping.

    Raises:
        EvaluationError: a word is none of these.
    """
    found = {}
    for word in words:
        joint, equals, markers = word.partition("=")
        if not (joint and equals and markers):
            raise EvaluationError(f"--map {word!r}: expected JOINT=MARKER or JOINT=MARKER+MARKER")
        found[joint] = markers.split("+")
    return found
