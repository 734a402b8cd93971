"""The two ways to install, done for real: pip on a bare machine, colcon as a workspace package."""

import json
import os
import shutil
import subprocess
import sys
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


def source_in(folder: Path) -> Path:
    """A copy of the repository with what an editable install may have left in it."""
    copy = folder / "src" / "frankmocap_ros"
    left_out = shutil.ignore_patterns(".*", "build", "install", "log", "__pycache__", "test", "benchmarks")
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


@pytest.fixture(scope="module", autouse=True)
def colcon_build(tmp_path_factory):
    """``colcon build`` in a workspace with nothing else: it runs while pip downloads and unpacks."""
    source = source_in(tmp_path_factory.mktemp("workspace"))
    process = begin(
        "colcon",
        "build",
        cwd=source.parents[1],
        AMENT_PREFIX_PATH=sys.prefix,
        CMAKE_PREFIX_PATH=sys.prefix,
        PATH=TOOLS,
    )
    yield source.parents[1], process
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_pip_on_a_bare_machine(tmp_path):
    """First with neither ROS nor a compiler in reach, then with one: in one environment, to save minutes."""
    source, bare = source_in(tmp_path), tmp_path / "bare"
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


def test_colcon_workspace(colcon_build):
    workspace, process = colcon_build
    finished(process)
    prefix = workspace / "install" / "frankmocap_ros"
    package = prefix / PYTHON_FOLDER / "frankmocap_ros"
    assert not (package / "msg" / "left_over.py").exists()
    for folder in ("launch", "config", "requirements"):
        installed = {file.name for file in (prefix / "share" / "frankmocap_ros" / folder).iterdir()}
        assert installed == {file.name for file in (ROOT / folder).iterdir() if file.is_file()}

    def sourced(command: str) -> str:
        return run("bash", "-c", f". install/setup.bash && {command}", cwd=workspace, PATH=TOOLS)

    script = workspace / "use_messages.py"
    script.write_text(USE_MESSAGES)
    assert str(package) in sourced(f"python3 {script}")
    # pip, which knows no extras of what colcon installed, takes the file that is told
    script.write_text("from frankmocap_ros.runtime.installing import install_command as c; print(c('zmq'))")
    hint = sourced(f"python3 {script}")
    told = str(prefix / "share" / "frankmocap_ros" / "requirements" / "zmq.txt")
    assert hint.split("\n")[0] == f"pip install -r {told}"
    assert "already satisfied: pyzmq" in sourced(f"python3 -m {hint}")
    # `ros2 run` runs the executables of this folder
    executables = prefix / "lib" / "frankmocap_ros"
    assert "process" in sourced(f"{executables}/frankmocap_ros --help")
    for name in ("frankmocap_node", "camera_node"):
        assert f"from frankmocap_ros.cli.executables import {name}" in (executables / name).read_text()
        assert os.access(executables / name, os.X_OK)
