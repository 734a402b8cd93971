"""The two ways to install, done for real: pip on a bare machine, colcon as a workspace package."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import skimage

ROOT = Path(__file__).resolve().parents[2]
PYTHON_FOLDER = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
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


@pytest.fixture
def source(tmp_path):
    """A copy of the repository with what an editable install may have left in it."""
    copy = tmp_path / "workspace" / "src" / "frankmocap_ros"
    left_out = shutil.ignore_patterns(".*", "build", "install", "log", "__pycache__", "test", "benchmarks")
    shutil.copytree(ROOT, copy, ignore=left_out)
    left_over = copy / "frankmocap_ros" / "msg"
    left_over.mkdir(exist_ok=True)
    (left_over / "left_over.py").touch()
    return copy


def run(*command: object, cwd: Path, expected: int = 0, **environ: str) -> str:
    """Run a command with nothing of this process's ROS in its environment; return what it prints."""
    ros = ("AMENT_", "CMAKE_", "COLCON_", "LD_LIBRARY_PATH", "PYTHONPATH", "ROS_", "_ROS_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ros)}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**clean, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == expected, f"{command}\n{done.stdout}"
    return done.stdout


def test_pip_on_a_bare_machine(source, tmp_path):
    """First with neither ROS nor a compiler in reach, then with one: in one environment, to save minutes."""
    bare = tmp_path / "bare"
    bin_only = str(bare / "bin")
    run(sys.executable, "-m", "venv", bare, cwd=tmp_path)
    install = (bare / "bin" / "pip", "install", "--quiet", "--no-compile")
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
    assert "--ros-args" in run(command, "--help", cwd=tmp_path)
    run(bare / "bin" / "pip", "check", cwd=tmp_path)


def test_colcon_workspace(source):
    workspace = source.parents[1]
    path = os.pathsep.join([str(Path(sys.prefix, "bin")), os.environ["PATH"]])
    run(
        "colcon",
        "build",
        cwd=workspace,
        AMENT_PREFIX_PATH=sys.prefix,
        CMAKE_PREFIX_PATH=sys.prefix,
        PATH=path,
    )

    prefix = workspace / "install" / "frankmocap_ros"
    package = prefix / PYTHON_FOLDER / "frankmocap_ros"
    assert not (package / "msg" / "left_over.py").exists()
    for folder in ("launch", "config"):
        installed = {file.name for file in (prefix / "share" / "frankmocap_ros" / folder).iterdir()}
        assert installed == {file.name for file in (ROOT / folder).iterdir() if file.is_file()}

    def sourced(command: str) -> str:
        return run("bash", "-c", f". install/setup.bash && {command}", cwd=workspace, PATH=path)

    script = workspace / "use_messages.py"
    script.write_text(USE_MESSAGES)
    assert str(package) in sourced(f"python3 {script}")
    # `ros2 run` runs the executables of this folder
    executables = prefix / "lib" / "frankmocap_ros"
    assert "process" in sourced(f"{executables}/frankmocap_ros --help")
    for name, module in (("frankmocap_node", "mocap_node"), ("camera_node", "camera_node")):
        assert f"from frankmocap_ros.ros.{module} import main" in (executables / name).read_text()
        assert os.access(executables / name, os.X_OK)
