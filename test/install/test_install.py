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

"""The two ways to install, done for real: pip on a bare machine, colcon as a workspace package."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import skimage

from support.paths import ROOT

PYTHON_FOLDER = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
TOOLS = os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ["PATH"]])
PHOTOGRAPH = Path(skimage.__file__).parent / "data" / "camera.png"
USE_MESSAGES = """
import frankmocap_ros
from frankmocap_ros.msg import BodyPose, BodyPoseArray, JointPose
from rclpy.serialization import deserialize_message, serialize_message

sent = BodyPoseArray(sequence=7, bodies=[BodyPose(id=3, joints=[JointPose(name="left_wrist")])])
received = deserialize_message(serialize_message(sent), BodyPoseArray)
assert received == sent, received
print(frankmocap_ros.__version__, frankmocap_ros.__file__)
"""

pytestmark = pytest.mark.slow


def source_in(folder: Path, *left_out: str) -> Path:
    """A copy of the repository with what an editable install may have left in it."""
    copy = folder / "src" / "frankmocap_ros"
    left_out = shutil.ignore_patterns(".*", "build", "install", "log", "__pycache__", *left_out)
    shutil.copytree(ROOT, copy, ignore=left_out)
    left_over = copy / "frankmocap_ros" / "msg"
    left_over.mkdir(exist_ok=True)
    (left_over / "left_over.py").touch()
    return copy


def begin(*command: object, cwd: Path, **environ: str) -> "subprocess.Popen[str]":
    """Start a command with nothing of this process's ROS in its environment."""
    ros = ("AMENT_", "CMAKE_", "COLCON_", "LD_LIBRARY_PATH", "PYTHONPATH", "ROS_", "_ROS_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ros)}
    return subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env={**clean, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: "subprocess.Popen[str]", expected: int = 0) -> str:
    """What a command prints, once it ends as it should."""
    output, _ = process.communicate()
    assert process.returncode == expected, f"{process.args}\n{output}"
    return output


def run(*command: object, cwd: Path, expected: int = 0, **environ: str) -> str:
    """Run a command as ``begin`` does; return what it prints."""
    return finished(begin(*command, cwd=cwd, **environ), expected)


@dataclass(frozen=True)
class Documented:
    """What the documentation says to type in a workspace."""

    recipe: str
    new_terminal: str
    test: str


def documented() -> Documented:
    """From the pages; without the launch, for PyPI has no launch."""
    page = (ROOT / "docs" / "source" / "cameras.md").read_text()
    recipe, new_terminal = re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[:2]
    *lines, last = recipe.splitlines()
    assert last.startswith("ros2 launch ")
    page = (ROOT / "docs" / "source" / "contributing.md").read_text()
    (test,) = re.findall(r"^colcon test .*$", page, re.MULTILINE)
    return Documented("\n".join(lines).replace("<this repository>", "REPOSITORY"), new_terminal, test)


DOCUMENTED = documented()


def programs(folder: Path, source: Path) -> str:
    """The PATH of a machine with ROS where git gives the working tree, and rosdep finds all installed.

    colcon runs in this environment, not in one whose ROS it would pass on.
    """
    folder.mkdir()
    colcon = f'exec {sys.executable} -m colcon "$@"'
    lines = {"git": f"cp -r {source} $3", "rosdep": "test $1 = install", "colcon": colcon}
    for name, line in lines.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return os.pathsep.join([str(folder), TOOLS])


@dataclass
class Workspace:
    """A home in which the documentation is followed; ~/setup.bash is what a distribution's does."""

    home: Path

    def begin(self, script: str) -> "subprocess.Popen[str]":
        """Start what somebody types."""
        return begin("bash", "-ec", script, cwd=self.home, HOME=str(self.home))

    def in_new_terminal(self, script: str, first: str = DOCUMENTED.new_terminal) -> str:
        """What somebody's commands print, after those that the documentation has for a new terminal."""
        first = first.replace("/opt/ros/$ROS_DISTRO/setup.bash", "~/setup.bash")
        return finished(self.begin(f"{first}\ncd ~/ws\n{script}"))


@pytest.fixture(scope="module", autouse=True)
def workspace(tmp_path_factory):
    """A workspace with nothing else, and the recipe as it runs there while pip downloads and unpacks."""
    home = tmp_path_factory.mktemp("home")
    (home / "ws" / "src").mkdir(parents=True)
    source = source_in(tmp_path_factory.mktemp("repository"), "benchmarks")
    environment = {
        "AMENT_PREFIX_PATH": sys.prefix,
        "CMAKE_PREFIX_PATH": sys.prefix,
        "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.startswith(sys.prefix)),
        "PATH": programs(home / "programs", source),
    }
    exports = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
    (home / "setup.bash").write_text("".join(exports))
    made = Workspace(home)
    process = made.begin(f"source ~/setup.bash\n{DOCUMENTED.recipe}")
    yield made, process
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_pip_on_a_bare_machine(tmp_path):
    """First with neither ROS nor a compiler in reach, then with one: in one environment, to save minutes."""
    source, bare = source_in(tmp_path, "test", "benchmarks"), tmp_path / "bare"
    bin_only = str(bare / "bin")
    run(sys.executable, "-m", "venv", "--without-pip", bare, cwd=tmp_path)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", bare / "bin" / "python")
    install = (*pip, "install", "--quiet", "--no-compile")
    command = bare / "bin" / "frankmocap_ros"

    run(*install, source, cwd=tmp_path, PATH=bin_only)
    lines = tmp_path / "poses.jsonl"
    run(command, "process", PHOTOGRAPH, "--out", lines, cwd=tmp_path)
    frame = json.loads(lines.read_text())
    assert "right_wrist" in [joint["name"] for joint in frame["bodies"][0]["joints"]]
    for name in ("node", "camera", "demo"):
        assert "pip install '.[ros]'" in run(command, name, cwd=tmp_path, expected=2)

    run(*install, f"{source}[ros]", cwd=tmp_path)
    package = bare / PYTHON_FOLDER / "frankmocap_ros"
    assert str(package) in run(bare / "bin" / "python", "-c", USE_MESSAGES, cwd=tmp_path)
    assert not (package / "msg" / "left_over.py").exists()
    assert (bare / PYTHON_FOLDER / "skimage" / "data" / "camera.png").exists()
    assert "--ros-args" in run(command, "gate", "--help", cwd=tmp_path)
    run(*pip, "check", cwd=tmp_path)


@pytest.fixture(scope="module")
def built(workspace):
    """The workspace, once the documentation was followed."""
    made, process = workspace
    finished(process)
    return made


def test_colcon_workspace(built):
    workspace = built.home / "ws"
    prefix = workspace / "install" / "frankmocap_ros"
    package = prefix / PYTHON_FOLDER / "frankmocap_ros"
    assert not (package / "msg" / "left_over.py").exists()
    for folder in ("launch", "config", "requirements"):
        installed = {file.name for file in (prefix / "share" / "frankmocap_ros" / folder).iterdir()}
        assert installed == {file.name for file in (ROOT / folder).iterdir() if file.is_file()}

    script = workspace / "use_messages.py"
    script.write_text(USE_MESSAGES)
    assert str(package) in built.in_new_terminal(f"python3 {script}")
    # pip, which knows no extras of what colcon installed, takes the file that is told
    script.write_text("from frankmocap_ros.runtime.installing import install_command as c; print(c('zmq'))")
    hint = built.in_new_terminal(f"python3 {script}")
    told = str(prefix / "share" / "frankmocap_ros" / "requirements" / "zmq.txt")
    assert hint.split("\n")[0] == f"pip install -r {told}"
    assert "already satisfied: pyzmq" in built.in_new_terminal(f"python3 -m {hint}")
    # `ros2 run` runs the executables of this folder
    executables = prefix / "lib" / "frankmocap_ros"
    assert "process" in built.in_new_terminal(f"{executables}/frankmocap_ros --help")
    for name in ("frankmocap_node", "camera_node"):
        assert f"from frankmocap_ros.cli.executables import {name}" in (executables / name).read_text()
        assert os.access(executables / name, os.X_OK)


def test_colcon_finds_this_package_alone_and_compiles_it_once(built):
    """It looked for packages in the virtual environment as well, and ran what setup.py files it found."""
    assert built.in_new_terminal("colcon list --names-only").split() == ["frankmocap_ros"]
    built.in_new_terminal("colcon build --packages-select frankmocap_ros")
    log = (built.home / "ws" / "log" / "latest_build" / "frankmocap_ros" / "stdout.log").read_text()
    assert "Installing: " in log or "Up-to-date: " in log
    assert "Building C" not in log


def test_colcon_test_runs_a_quick_part_and_leaves_junit_results(built):
    """Half of it here; all of it runs as test/unit and test/ros too."""
    folder = built.home / "ws" / "build" / "frankmocap_ros"
    tests = set(
        re.findall(r"^add_test\(\W*(\w+)", (folder / "CTestTestfile.cmake").read_text(), re.MULTILINE)
    )
    assert tests >= {"body", "geometry", "settings", "messages"}
    command, _, result = DOCUMENTED.test.partition(" && ")
    output = built.in_new_terminal(f"{command} --ctest-args -R 'settings|messages' && {result}")
    summary = re.search(r"Summary: (\d+) tests, 0 errors, 0 failures", output)
    assert summary is not None and int(summary.group(1)) >= 20, output
    results = {path.name for path in (folder / "test_results" / "frankmocap_ros").glob("*.xunit.xml")}
    assert results == {"settings.xunit.xml", "messages.xunit.xml"}
