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

"""Parameters that are given and do not exist: a misspelt name is told, with the one that was meant."""

import socket

import pytest

from frankmocap_ros.ros.camera.camera_node import CameraNode
from frankmocap_ros.ros.gate.gate_node import GateNode
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from frankmocap_ros.ros.recorder.recorder_node import RecorderNode
from frankmocap_ros.ros.robot_sim.robot_sim_node import RobotSimNode
from frankmocap_ros.ros.view.view_node import ViewNode

NODES = {
    "frankmocap": (MocapNode, {"autostart": False}),
    "camera": (CameraNode, {"source": "synthetic"}),
    "gate": (GateNode, {}),
    "recorder": (RecorderNode, {"record_at_start": False}),
    "robot_sim": (RobotSimNode, {}),
    "frankmocap_view": (ViewNode, {}),
}
NEEDS = {"robot_sim": "mujoco", "frankmocap_view": "viser", "recorder": "mcap"}
MISSPELT = {
    "frankmocap": ("max_peple", "max_people"),
    "camera": ("jpeg_qality", "jpeg_quality"),
    "gate": ("hold_seconds", "hold_s"),
    "recorder": ("max_file_bytes", "max_file_mb"),
    "robot_sim": ("robt", "robot"),
    "frankmocap_view": ("image_ratehz", "image_rate_hz"),
}


@pytest.fixture
def log_of(context, tmp_path, capfd):
    """What a node logs that is started with a file of parameters."""

    def start(name, given):
        if name in NEEDS:
            pytest.importorskip(NEEDS[name])
        kind, needed = NODES[name]
        if name == "frankmocap_view":
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                needed = {"port": free.getsockname()[1]}
        file = tmp_path / "mine.yaml"
        lines = [f"    {key}: {str(value).lower()}" for key, value in {**needed, **given}.items()]
        file.write_text("\n".join(["/**:", "  ros__parameters:", *lines, ""]))
        node = kind(context=context(), cli_args=["--ros-args", "--params-file", str(file)])
        node.destroy_node()
        captured = capfd.readouterr()
        return captured.out + captured.err

    return start


@pytest.mark.parametrize("name", NODES)
def test_a_misspelt_name_is_told_with_the_nearest(log_of, name):
    wrong, right = MISSPELT[name]
    log = log_of(name, {wrong: 1})
    assert f"parameter '{wrong}' does not exist and is ignored; did you mean '{right}'" in log
    assert "WARN" in log


@pytest.mark.parametrize("name", NODES)
def test_what_every_node_has_is_no_mistake(log_of, name):
    valid = {
        "use_sim_time": False,
        "start_type_description_service": False,
        "qos_overrides./joint_states.subscription.depth": 3,
    }
    log = log_of(name, valid)
    assert "does not exist" not in log
    assert "ignored" not in log


def test_a_parameter_of_another_node_is_no_mistake_and_is_told(log_of):
    """A file may be for all of them."""
    log = log_of("gate", {"max_people": 2, "resize_short": 300})
    assert "does not exist" not in log
    assert "ignored here: max_people (frankmocap), resize_short (frankmocap)" in log


def test_a_misspelt_parameter_of_another_node_is_told_whose_it_is(log_of):
    assert "did you mean 'max_people' of frankmocap?" in log_of("gate", {"max_peple": 2})


def test_a_name_that_is_near_to_none(log_of):
    log = log_of("gate", {"qqqqqq": 2})
    assert (
        "parameter 'qqqqqq' does not exist and is ignored; list those that do: ros2 param list /gate" in log
    )
