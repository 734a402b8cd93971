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


"""Texts that somebody else wrote: whatever is wrong with them is one kind of error, at once."""

import pytest

from frankmocap_ros.runtime.text_values import json_values, yaml_values

LAUGHS = "[&a0 [x, x, x, x, x, x, x, x, x, x], " + ", ".join(
    f"&a{k} [{', '.join(10 * [f'*a{k - 1}'])}]" for k in range(1, 9)
)


@pytest.mark.parametrize(
    "text, said",
    [
        (LAUGHS + "]", "stand for more than 200000 values"),
        ("&a [*a]", "stands for what it is in"),
        ("&a {k: {l: *a}}", "stands for what it is in"),
        (5000 * "[" + 5000 * "]", "nested too deeply"),
        ("n: " + 5000 * "1", "4300 digits"),
        ("2026-13-45", "month must be in"),
        ("!!bool perhaps", "perhaps"),
        ("!!timestamp soon", "NoneType"),
        ("!!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: [", "expected the node content"),
        ("a\0b", "special characters are not allowed"),
        (5_000_000 * "#", "has 5000000 characters"),
    ],
)
def test_yaml_that_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        yaml_values(text)


def test_yaml_that_is_read():
    assert yaml_values("base: &b {x: 1}\nmore: {<<: *b, y: [*b, *b]}") == {
        "base": {"x": 1},
        "more": {"x": 1, "y": [{"x": 1}, {"x": 1}]},
    }
    assert yaml_values("") is None
    assert yaml_values("---\n---\na: 1\n---\nb: 2\n") == {"a": 1}, "the first document that says anything"


@pytest.mark.parametrize("text", [100_000 * "[", 100_000 * '{"a":', "{", "9" * 5000, b"\xff"])
def test_json_that_is_refused(text):
    with pytest.raises(ValueError):
        json_values(text)
