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


"""Records that somebody may have edited: of the types that their fields have, or refused in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from frankmocap_ros.runtime.records import record_of


@dataclass
class Part:
    size: float
    names: list[str] = field(default_factory=list)


@dataclass
class Whole:
    count: int
    parts: dict[str, Part] = field(default_factory=dict)
    stamp: list[int] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    is_done: bool = False
    place: str = ""


GOOD = {
    "count": 3, "parts": {"/a": {"size": 2, "names": ["x"]}}, "stamp": [1, 2], "notes": {"a": [None]},
}  # fmt: skip


def test_what_is_right_is_taken():
    found = record_of(Whole, GOOD)
    assert found == Whole(3, {"/a": Part(2.0, ["x"])}, [1, 2], {"a": [None]})
    assert record_of(Whole, {"count": 1, "stamp": None}, place="here") == Whole(1, place="here")
    assert record_of(Whole, {**GOOD, "newer": 1}, pass_over=True) == found


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"count": "3"}, "count is '3', not a whole number"),
        ({"count": True}, "count is True, not a whole number"),
        ({"count": 3.0}, "count is 3.0, not a whole number"),
        ({"count": float("inf")}, "count is inf, not a whole number"),
        ({"is_done": 1}, "is_done is 1, not true or false"),
        ({"stamp": "now"}, "stamp is 'now', not a list"),
        ({"stamp": [1, None]}, r"stamp\[1\] is None, not a whole number"),
        ({"parts": []}, r"parts is \[\], not a mapping"),
        ({"parts": {"/a": None}}, "parts./a: expected a mapping, got None"),
        ({"parts": {"/a": {}}}, "parts./a: size is missing"),
        ({"parts": {"/a": {"size": 1, "names": [5]}}}, r"parts./a: names\[0\] is 5, not a text"),
        ({"notes": 5}, "notes is 5, not a mapping"),
        ({"place": "\ud800"}, "place: '.*' is no text of Unicode"),
        ({"notes": {"\ud800": 1}}, "notes: '.*' is no text of Unicode"),
        ({"zzz": 1}, "'zzz' is not known"),
        ({"count": 10_000 * "9"}, r"count is '999.*\.\.\., not"),
    ],
)
def test_what_is_wrong_is_named(changed, said):
    with pytest.raises(ValueError, match=said):
        record_of(Whole, {**GOOD, **changed})


@pytest.mark.parametrize("values", [None, [], "count", 3])
def test_what_is_no_mapping_is_refused(values):
    with pytest.raises(ValueError, match="expected a mapping"):
        record_of(Whole, values)
