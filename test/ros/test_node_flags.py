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

"""The settings of every node are flags of its program."""

import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.parameter import parameter_value_to_python

# program: (node, flags, arguments of ROS, parameters that follow)
NODES = {
    "frankmocap_node": (
        "frankmocap",
        ["--estimator", "synthetic", "--no-track-bbox"],
        ["-p", "track_bbox:=true", "-p", "box_margin:=0.5"],
        {"estimator": "synthetic", "track_bbox": False, "box_margin": 0.5},
    ),
    "gate_node": (
        "gate",
        ["--base-frame", "torso", "--targets", "left_wrist", "--workspace-max", "1", "1", "1"],
        ["-p", "base_frame:=other", "-p", "motion_scale:=0.5"],
        {
            "base_frame": "torso", "targets": ["left_wrist"], "workspace_max": [1.0, 1.0, 1.0],
            "motion_scale": 0.5,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NODES)
def test_flags_win_over_the_arguments_of_ros(program, peer, name):
    node, flags, ros, wanted = NODES[name]
    program(name, *flags, "--ros-args", *ros)
    client = peer.node.create_client(GetParameters, f"/{node}/get_parameters")
    peer.wait_until(client.service_is_ready)
    answer = client.call_async(GetParameters.Request(names=list(wanted)))
    peer.wait_until(answer.done)
    values = [parameter_value_to_python(value) for value in answer.result().values]
    assert [list(v) if hasattr(v, "__len__") and not isinstance(v, str) else v for v in values] == list(
        wanted.values()
    )
