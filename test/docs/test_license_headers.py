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

"""What ``ament_copyright`` asks for: a header in every source file, and what contributions are under."""

import pytest

from support.license_headers import HEADER, headed
from support.paths import ROOT

FOLDERS = ("benchmarks", "build_backend", "docs", "frankmocap_ros", "launch", "test")
SOURCES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not {"msg", "__pycache__"}.intersection(path.parts)
]


def test_every_source_file_has_the_header():
    assert len(SOURCES) > 800
    bare = [str(path.relative_to(ROOT)) for path in SOURCES if headed(path.read_text()) != path.read_text()]
    assert bare == [], "run: make format"


def test_contributions_are_under_the_license():
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text().split())
    assert "Any contribution that you make to this repository will be under the Apache 2 License" in text
    assert "5. Submission of Contributions. Unless You explicitly state otherwise, any Contribution" in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", f"{HEADER}\nx = 1\n"),
        ("#!/usr/bin/env python3\nx = 1\n", f"#!/usr/bin/env python3\n{HEADER}\nx = 1\n"),
        ("", ""),
        (f"{HEADER}\nx = 1\n", f"{HEADER}\nx = 1\n"),
    ],
    ids=["bare", "program", "empty", "there already"],
)
def test_the_header_is_put_where_it_belongs(before, after):
    assert headed(before) == after
