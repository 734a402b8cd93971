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

"""A camera, the mocap node and RViz.

Arguments of frankmocap.launch.py, such as preset and log_level, are accepted too.
"""

import math

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import OpaqueFunction, Shutdown
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackagePrefix

from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.ros.common import launch_nodes
from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.settings.camera import CameraSettings

QUARTER_TURN = str(-math.pi / 2)


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            launch_nodes.source(),
            launch_nodes.switch("rviz", True, "Show people in RViz."),
            launch_nodes.view(),
            launch_nodes.record(),
            OpaqueFunction(function=check),
            launch_nodes.mocap_launch_file(),
            OpaqueFunction(function=launch_nodes.camera_node),
            OpaqueFunction(function=rviz, condition=IfCondition(LaunchConfiguration("rviz"))),
            OpaqueFunction(function=view, condition=IfCondition(LaunchConfiguration("view"))),
            OpaqueFunction(function=recorder),
        ]
    )


def check(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Check for RViz before any node starts, because launch would leave started nodes running."""
    if LaunchConfiguration("rviz").perform(context) == "true":
        for package in ("tf2_ros", "rviz2"):
            try:
                FindPackagePrefix(package).perform(context)
            except LookupError:
                name = f"ros-{context.environment.get('ROS_DISTRO', 'DISTRO')}-{package.replace('_', '-')}"
                raise MissingDependencyError(
                    f"RViz needs {package}, which is not installed; apt install {name}, or set rviz:=false"
                ) from None
    return []


def view(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The browser view."""
    topics = {"image": launch_nodes.asked(context)("image")}
    return [launch_nodes.package_node(context, "view_node", "frankmocap_view", topics)]


def recorder(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The recorder."""
    return [*launch_nodes.recorder_node(context, {"image": launch_nodes.asked(context)("image")})]


def rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """RViz, and the pose of the camera: 1.5 m above the floor, level, looking along x.

    Closing the window of RViz ends the demo.
    """
    namespace = LaunchConfiguration("namespace").perform(context).strip("/")
    shown = (
        "/frankmocap/annotated", "/frankmocap/markers", "/frankmocap/mesh", "/gate/grip_markers",
    )  # fmt: skip
    return [
        Node(
            package="tf2_ros",
            executable="static_transform_publisher",
            arguments=[
                "--frame-id", "world", "--child-frame-id", CameraSettings.frame_id,
                "--z", "1.5", "--roll", QUARTER_TURN, "--yaw", QUARTER_TURN,
            ],
        ),
        Node(
            package="rviz2",
            executable="rviz2",
            arguments=["-d", str(share_file("config", "frankmocap.rviz"))],
            remappings=[(topic, f"/{namespace}{topic}") for topic in shown] if namespace else [],
            output="log",
            on_exit=Shutdown(),
        ),
    ]  # fmt: skip
