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

"""What is generated from the settings is current."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from frankmocap_ros.cli.generate import generated
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.recorder import RecorderSettings
from frankmocap_ros.settings.robot_sim import RobotSimSettings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.settings.viewer import ViewerSettings
from support.paths import ROOT


@pytest.mark.parametrize("path", sorted(generated(ROOT)), ids=lambda path: path.name)
def test_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated(ROOT)[path], "run: make generate"


FILES = {"frankmocap": Settings, "gate": GateSettings}


@pytest.mark.parametrize("node", FILES)
def test_the_yaml_holds_every_setting_at_its_default(node: str) -> None:
    text = (ROOT / "config" / f"{node}.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)[f"/**/{node}"]["ros__parameters"]
    wanted = {
        s.name: list(s.default) if isinstance(s.default, tuple) else s.default
        for s in settings_of(FILES[node])
    }
    assert values == wanted
    assert {name: type(value) for name, value in values.items()} == {n: type(v) for n, v in wanted.items()}


@pytest.mark.parametrize(
    "cls", [Settings, CameraSettings, GateSettings, RobotSimSettings, ViewerSettings, RecorderSettings]
)
def test_the_documentation_names_every_parameter(cls: type) -> None:
    page = (ROOT / "docs" / "source" / "parameters.md").read_text(encoding="utf-8")
    assert all(f"| `{s.name}` |" in page for s in settings_of(cls))


def test_check_says_what_is_not_current(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "frankmocap_ros.cli.generate", "--root", str(tmp_path)]
    stale = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert stale.returncode == 1
    assert "parameters.md is out of date: run make generate" in stale.stdout
    assert subprocess.run(command, check=False).returncode == 0
    assert subprocess.run([*command, "--check"], check=False).returncode == 0
