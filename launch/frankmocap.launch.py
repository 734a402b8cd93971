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

"""The mocap node. List its arguments: ros2 launch frankmocap_ros frankmocap.launch.py --show-args."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch_ros.actions import Node

from frankmocap_ros.ros.common.launch_nodes import asked, switch
from frankmocap_ros.ros.common.launch_options import node_options
from frankmocap_ros.runtime.fastdds_profile import transport_variables

ARGUMENTS = (
    DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node and its topics."),
    DeclareLaunchArgument(
        "preset",
        default_value="balanced",
        choices=["fastest", "balanced", "highest_quality"],
        description="Preset, unless params_file names one.",
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value="",
        description="YAML file with parameters, which win over the preset and other defaults.",
    ),
    DeclareLaunchArgument(
        "image", default_value="image", description="Image topic; compressed images are expected below it."
    ),
    DeclareLaunchArgument(
        "camera_info",
        default_value="",
        description="CameraInfo topic. Empty uses camera_info next to the images.",
    ),
    DeclareLaunchArgument(
        "depth",
        default_value="",
        description="Topic of depth images aligned to the images. Empty uses depth next to the images.",
    ),
    switch("use_sim_time", False, "Use the time of /clock."),
    DeclareLaunchArgument(
        "log_level", default_value="info", description="Minimum severity that is logged, or NODE:=LEVEL."
    ),
    switch("respawn", False, "Restart the node when it dies."),
    DeclareLaunchArgument(
        "transport_profile",
        default_value="auto",
        description="Fast DDS profile for images above 512 KB: a file, auto for the package's own, or none. "
        "Only a file takes precedence over FASTDDS_DEFAULT_PROFILES_FILE (Jazzy: "
        "FASTRTPS_DEFAULT_PROFILES_FILE) and FASTDDS_BUILTIN_TRANSPORTS.",
    ),
)


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=transport), OpaqueFunction(function=node)])


def transport(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Set the transport profile for large images before any process starts."""
    profile = asked(context)("transport_profile")
    variables = transport_variables(context.environment, profile)
    return [SetEnvironmentVariable(name, value) for name, value in variables.items()]


def node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The mocap node."""
    value = asked(context)
    # the node looks for the calibration, for depth and for compressed images beside the images
    topics = {name: value(name) for name in ("image", "camera_info", "depth") if value(name)}
    return [
        Node(
            executable="frankmocap_node",
            name="frankmocap",
            remappings=list(topics.items()),
            respawn=value("respawn") == "true",
            respawn_delay=2.0,
            **node_options(value, defaults={"preset": value("preset")}),
        )
    ]
