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

"""What containers are made of, as far as that can be told without Docker."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support.paths import ROOT

DOCKER = ROOT / "docker"
DOCKERFILE = DOCKER / "Dockerfile"
COMPOSE = DOCKER / "compose.yaml"
PAGE = ROOT / "docs" / "source" / "containers.md"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


def lint(path):
    return subprocess.run([HADOLINT, "--no-color", path], capture_output=True, text=True, check=False)


@pytest.mark.skipif(HADOLINT is None, reason="hadolint has no wheel for this machine")
def test_the_dockerfile_is_clean(tmp_path):
    done = lint(DOCKERFILE)
    assert (done.returncode, done.stdout) == (0, "")
    bad = tmp_path / "Dockerfile"
    bad.write_text(DOCKERFILE.read_text().replace("COPY . ", "ADD . "))
    assert lint(bad).returncode != 0


def test_compose_has_its_form(tmp_path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, COMPOSE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    bad = tmp_path / "compose.yaml"
    bad.write_text(COMPOSE.read_text().replace("stop_signal: SIGINT", "stop_signal: [1]"))
    assert subprocess.run([*command, bad], capture_output=True, check=False).returncode != 0


def test_services_are_built_from_stages_that_are_there():
    stages = set(re.findall(r"^FROM .* AS (\w+)$", DOCKERFILE.read_text(), re.MULTILINE))
    builds = [one["build"] for one in yaml.safe_load(COMPOSE.read_text())["services"].values()]
    assert {build["target"] for build in builds} == stages
    for build in builds:
        assert (DOCKER / build["context"]).resolve() == ROOT
        assert (ROOT / build["dockerfile"]).resolve() == DOCKERFILE
        assert set(build["args"]) <= set(re.findall(r"^ARG (\w+)", DOCKERFILE.read_text(), re.MULTILINE))


def test_what_is_copied_is_there_and_not_left_out():
    left_out = set((ROOT / ".dockerignore").read_text().split("\n"))
    sources = re.findall(r"^COPY (\S+) ", DOCKERFILE.read_text(), re.MULTILINE)
    assert "package.xml" in sources and "." in sources
    for source in sources:
        assert (ROOT / source).exists() and source not in left_out
    wanted = {"CMakeLists.txt", "frankmocap_ros", "msg", "launch", "config", "scripts", "requirements"}
    assert not wanted & left_out


def test_the_page_names_every_variable():
    used = set(re.findall(r"\$\{(\w+):-", COMPOSE.read_text()))
    assert used == set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))


@pytest.mark.parametrize("word", ["", "false"])
def test_the_entrypoint_runs_what_it_is_given(tmp_path, word):
    """In an environment like the image's: exit codes and arguments go through."""
    text = (DOCKER / "entrypoint.sh").read_text()
    for folder in ("opt/ros/some", "ws/venv/bin", "ws/install"):
        (tmp_path / folder).mkdir(parents=True)
    for file, name in (("opt/ros/some/setup.bash", "ROS"), ("ws/venv/bin/activate", "VENV")):
        (tmp_path / file).write_text(f"export {name}=1\n")
    (tmp_path / "ws/install/setup.bash").write_text("export WS=$ROS$VENV\n")
    script = tmp_path / "entrypoint.sh"
    script.write_text(text.replace("/opt/", f"{tmp_path}/opt/").replace("/ws/", f"{tmp_path}/ws/"))
    command = ["bash", script, *([word] if word else ["bash", "-c", 'echo "$WS $1"', "x", "a b"])]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"ROS_DISTRO": "some", "PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, done.stdout) == ((1, "") if word else (0, "11 a b\n"))
