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

"""What the launch files share: arguments, nodes of this package, and the launch file of the mocap node."""

from collections.abc import Callable, Mapping

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_context import LaunchContext
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from frankmocap_ros.ros.common.launch_options import Values, node_options
from frankmocap_ros.runtime.package_files import share_file


def switch(name: str, default: bool, description: str) -> DeclareLaunchArgument:
    """An argument that is true or false."""
    value = "true" if default else "false"
    return DeclareLaunchArgument(
        name, default_value=value, choices=["true", "false"], description=description
    )


def source() -> DeclareLaunchArgument:
    """The argument ``source`` of ``camera_node``."""
    return DeclareLaunchArgument(
        "source",
        default_value="",
        description="Image source: a video file, an image file, a rosbag2 folder or .mcap file, /dev/videoN, "
        "synthetic or auto. Empty uses "
        "the value in params_file, or the camera node's default.",
    )


def view() -> DeclareLaunchArgument:
    """The argument ``view``, which starts ``view_node``."""
    return switch("view", False, "Show people and robot in a browser.")


def record() -> DeclareLaunchArgument:
    """The argument ``record``, which starts ``recorder_node``."""
    return DeclareLaunchArgument(
        "record",
        default_value="",
        description="Folder of recorded episodes: starts the recorder, which waits for recorder/start. Empty "
        "records nothing.",
    )


def mocap_launch_file() -> IncludeLaunchDescription:
    """The mocap node with its arguments. It comes first: it sets the transport profile of all nodes."""
    path = share_file("launch", "frankmocap.launch.py")
    return IncludeLaunchDescription(PythonLaunchDescriptionSource(str(path)))


def asked(context: LaunchContext) -> Callable[[str], str]:
    """A function from the name of a launch argument to its value."""
    return lambda name: str(LaunchConfiguration(name).perform(context))


def package_node(
    context: LaunchContext,
    executable: str,
    name: str,
    topics: Mapping[str, str] | None = None,
    **layers: Values,
) -> Node:
    """A node of this package.

    Args:
        context: with the values of the arguments.
        executable: program of the node.
        name: name of the node.
        topics: other names of its topics; an empty one keeps the topic's own.
        layers: parameters as ``given`` and ``defaults`` of ``node_options``.
    """
    return Node(
        executable=executable,
        name=name,
        remappings=[(topic, other) for topic, other in (topics or {}).items() if other and other != topic],
        **node_options(asked(context), **layers),
    )


def recorder_node(context: LaunchContext, topics: Mapping[str, str], robot: str = "") -> list[Node]:
    """The recorder, where a folder is named.

    Args:
        context: with the values of the arguments.
        topics: as of ``package_node``.
        robot: map of the robot; empty for none.
    """
    folder = asked(context)("record")
    if not folder:
        return []
    defaults: dict[str, str | bool] = {"record_at_start": False} | ({"robot_map": robot} if robot else {})
    given = {"folder": folder}
    return [package_node(context, "recorder_node", "recorder", topics, given=given, defaults=defaults)]


def camera_node(context: LaunchContext) -> list[Node]:
    """The camera node, with the source if one was asked for."""
    chosen = asked(context)("source")
    return [package_node(context, "camera_node", "camera", given={"source": chosen} if chosen else {})]
