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

"""Every shell block of the quickstart page runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "source" / "quickstart.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SECONDS = 3
WITH_WARNINGS = 1  # what ``doctor`` ends with where files of FrankMocap are missing


def test_there_is_no_block_that_is_not_run():
    assert len(BLOCKS) >= 8
    assert {language for language, _ in BLOCKS} == {"sh"}


@pytest.mark.parametrize("block", [block for _, block in BLOCKS])
def test_block_runs(block, domain, tmp_path_factory):
    """As it stands, but for durations; ``make`` only says what it would do: it installs for minutes."""
    folder = tmp_path_factory.getbasetemp() / "quickstart"  # one for all, as a reader has
    folder.mkdir(exist_ok=True)
    environment = folder / ".venv"
    if not environment.exists():
        environment.symlink_to(sys.prefix)
    script = re.sub(r"--duration [0-9]+", f"--duration {SECONDS}", block)
    script = re.sub(r"^make ", f"make --dry-run -C {ROOT} ", script, flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ROS_DOMAIN_ID": str(domain),
        },
        capture_output=True,
        text=True,
        timeout=120.0,
        check=False,
    )
    allowed = (0, WITH_WARNINGS) if "doctor" in block else (0,)
    assert done.returncode in allowed, f"{script}\n{done.stdout}\n{done.stderr}"
    assert done.stdout
