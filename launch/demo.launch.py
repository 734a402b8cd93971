"""A camera, the mocap node and RViz.

The arguments of frankmocap.launch.py that are not listed here, such as preset and log_level, work as well.
"""

import math
from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackagePrefix

from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.ros.common.launch_options import node_options
from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.settings.camera import CameraSettings

QUARTER_TURN = str(-math.pi / 2)


def generate_launch_description() -> LaunchDescription:
    mocap = PythonLaunchDescriptionSource(str(Path(__file__).with_name("frankmocap.launch.py")))
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "source",
                default_value="",
                description="Where images come from: a video, an image, /dev/videoN, synthetic or auto; "
                "empty: what params_file says, or the camera's default.",
            ),
            DeclareLaunchArgument(
                "rviz", default_value="true", choices=["true", "false"], description="Show it in RViz."
            ),
            DeclareLaunchArgument(
                "view", default_value="false", choices=["true", "false"], description="Show it in a browser."
            ),
            OpaqueFunction(function=check),
            # before the others: it sets the transport profile for everybody
            IncludeLaunchDescription(mocap),
            OpaqueFunction(function=camera),
            OpaqueFunction(function=rviz, condition=IfCondition(LaunchConfiguration("rviz"))),
            OpaqueFunction(function=view, condition=IfCondition(LaunchConfiguration("view"))),
        ]
    )


def check(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Say what is missing before anything runs: launch would leave the nodes behind that it had started."""
    if LaunchConfiguration("rviz").perform(context) == "true":
        for package in ("tf2_ros", "rviz2"):
            try:
                FindPackagePrefix(package).perform(context)
            except LookupError:
                name = f"ros-{context.environment.get('ROS_DISTRO', 'DISTRO')}-{package.replace('_', '-')}"
                raise MissingDependencyError(
                    f"RViz needs {package}, which is not installed; apt install {name}, or say rviz:=false"
                ) from None
    return []


def _node(
    context: LaunchContext, executable: str, name: str, given: dict[str, str], topics: dict[str, str]
) -> Node:
    """A node of this package, with other names of its topics."""

    def asked(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    remappings = [(topic, other) for topic, other in topics.items() if other != topic]
    return Node(executable=executable, name=name, remappings=remappings, **node_options(asked, given))


def camera(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The camera node, given only what was asked for."""
    source = LaunchConfiguration("source").perform(context)
    return [_node(context, "camera_node", "camera", {"source": source} if source else {}, {})]


def view(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The browser view."""
    image = LaunchConfiguration("image").perform(context)
    return [_node(context, "view_node", "frankmocap_view", {}, {"image": image})]


def rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """RViz, and where the camera is: 1.5 m above the floor, level, looking along x.

    Closing its window ends the demo.
    """
    namespace = LaunchConfiguration("namespace").perform(context).strip("/")
    shown = ("/frankmocap/annotated", "/frankmocap/markers", "/frankmocap/mesh")
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
