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

"""What the documentation tells people to type or to look for is there: commands, parameters, texts."""

import re
from pathlib import Path

import pytest

from frankmocap_ros.cli import commands as cli

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs" / "source"
PAGES = [
    *sorted(SOURCE.glob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
]
PARAMETERS = set(re.findall(r"^\| `(\w+)` \|", (SOURCE / "parameters.md").read_text(), re.MULTILINE))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
COMMANDS = set(cli.COMMANDS)
EXECUTABLES = {path.name for path in (ROOT / "scripts").iterdir()}
LAUNCH_FILES = {path.name for path in (ROOT / "launch").glob("*.launch.py")}
WORDS = (
    (r"\bmake ([a-z][a-z-]*)\b", TARGETS),
    (r"(?<!ros2 run )(?<!launch )\bfrankmocap_ros ([a-z]+)\b", COMMANDS),
    (r"\bros2 run frankmocap_ros (\w+)", EXECUTABLES),
    (r"\bros2 launch frankmocap_ros ([\w.]+)", LAUNCH_FILES),
    (r"\bros2 param set /\w+ (\w+)", PARAMETERS),
    (r"--ros-args(?: -r \S+)* -p (\w+):=", PARAMETERS),
    (r" -p (\w+):=", PARAMETERS),
)
TROUBLE = (SOURCE / "troubleshooting.md").read_text(encoding="utf-8")
SYMPTOMS = [
    text
    for row in re.findall(r"^\| ([^|]+) \|", TROUBLE, re.MULTILINE)
    for text in re.findall(r"`([^`]*[a-z] [^`]*)`", row)
    if not text.startswith(("frankmocap_ros ", "ros2 ", "rosdep "))
]
CODE = "\n".join(
    path.read_text(encoding="utf-8") for path in [*(ROOT / "frankmocap_ros").rglob("*.py"), ROOT / "Makefile"]
)


def commands(page: Path) -> str:
    """What stands in code blocks and between backticks."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


def test_the_lists_are_not_empty():
    assert {"demo", "test", "docs"} <= TARGETS
    assert {"demo", "process", "doctor"} <= COMMANDS
    assert {"resize_short", "max_speed", "source"} <= PARAMETERS
    assert len(SYMPTOMS) >= 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_people_are_told_to_type_is_there(page):
    text = commands(page)
    unknown = {word for pattern, known in WORDS for word in re.findall(pattern, text) if word not in known}
    assert unknown == set()


@pytest.mark.parametrize("text", SYMPTOMS)
def test_what_people_are_told_to_look_for_is_said_by_the_code(text):
    assert [part for part in text.split("...") if part.strip() not in CODE] == []
