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

"""A camera, the mocap node, the gate and a robot: simulated, or one that listens to the gate.

Arguments of frankmocap.launch.py, such as preset and params_file, are accepted too.
"""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration

from frankmocap_ros.errors import SettingError
from frankmocap_ros.ros.common import launch_nodes
from frankmocap_ros.ros.common.launch_nodes import asked, package_node

ROBOT = "torso"
Parameters = dict[str, str | bool]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            launch_nodes.source(),
            launch_nodes.switch("camera", True, "Start the camera node."),
            launch_nodes.switch("use_sim", True, "Start the simulated robot."),
            DeclareLaunchArgument(
                "robot",
                default_value=ROBOT,
                description="Robot to retarget to: its name, such as torso or unitree_g1, or a map's YAML "
                "file. Empty publishes poses only. A robot in params_file wins over torso.",
            ),
            DeclareLaunchArgument(
                "robot_model",
                default_value="",
                description="URDF, xacro or MJCF of the robot. Empty uses its map's own, or that of "
                "params_file.",
            ),
            DeclareLaunchArgument(
                "joint_trajectory",
                default_value="",
                description="Topic of the robot's trajectory controller. Empty uses gate/joint_trajectory.",
            ),
            DeclareLaunchArgument(
                "joint_states", default_value="joint_states", description="Topic of the robot's joint states."
            ),
            launch_nodes.view(),
            launch_nodes.record(),
            launch_nodes.mocap_launch_file(),
            OpaqueFunction(
                function=launch_nodes.camera_node, condition=IfCondition(LaunchConfiguration("camera"))
            ),
            OpaqueFunction(function=gate),
            OpaqueFunction(function=simulation, condition=IfCondition(LaunchConfiguration("use_sim"))),
            OpaqueFunction(function=view, condition=IfCondition(LaunchConfiguration("view"))),
            OpaqueFunction(function=recorder),
        ]
    )


def _robot(context: LaunchContext) -> dict[str, Parameters]:
    """The robot as a layer of parameters; the default robot yields to one in params_file."""
    robot = asked(context)("robot")
    layers: dict[str, Parameters] = {
        "defaults" if robot == ROBOT else "given": {"robot": robot} if robot else {}
    }
    model = asked(context)("robot_model")
    if model:
        layers.setdefault("given", {})["robot_model"] = model
    return layers


def gate(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The gate, with retargeting where there is a robot."""
    robot = asked(context)("robot")
    if not robot and asked(context)("use_sim") == "true":
        raise SettingError("use_sim:=true needs a robot to simulate; set robot:=torso, or use_sim:=false")
    topics = {
        "joint_states": asked(context)("joint_states"),
        "~/joint_trajectory": asked(context)("joint_trajectory"),
    }
    simulated = asked(context)("use_sim") == "true"
    layers = _robot(context)
    if simulated:
        layers["defaults"] = layers.get("defaults", {}) | {
            "trajectory_velocities": True,
            "robot_controllers": False,
        }
    return [package_node(context, "gate_node", "gate", topics, **layers)]


def simulation(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The simulated robot, which listens as a trajectory controller does."""
    topics = {
        "joint_states": asked(context)("joint_states"),
        "joint_trajectory": asked(context)("joint_trajectory") or "gate/joint_trajectory",
    }
    return [package_node(context, "robot_sim_node", "robot_sim", topics, **_robot(context))]


def recorder(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The recorder, which hears what the gate sends as well."""
    topics = {name: asked(context)(name) for name in ("joint_states", "joint_trajectory", "image")}
    return [*launch_nodes.recorder_node(context, topics, asked(context)("robot"))]


def view(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The browser view, with the robot."""
    topics = {name: asked(context)(name) for name in ("joint_states", "image")}
    return [package_node(context, "view_node", "frankmocap_view", topics, **_robot(context))]
