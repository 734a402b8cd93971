"""The mocap node. See the arguments with: ros2 launch frankmocap_ros frankmocap.launch.py --show-args."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from frankmocap_ros.ros.common.launch_options import node_options
from frankmocap_ros.runtime.fastdds_profile import transport_variables

BOOLEAN = ["true", "false"]
ARGUMENTS = (
    DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node and its topics."),
    DeclareLaunchArgument(
        "preset",
        default_value="balanced",
        choices=["fastest", "balanced", "highest_quality"],
        description="Value of the parameter preset where params_file has none.",
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value="",
        description="YAML file with parameters; they win over the preset and other defaults.",
    ),
    DeclareLaunchArgument(
        "image", default_value="image", description="Topic of the images; compressed ones are below it."
    ),
    DeclareLaunchArgument(
        "camera_info", default_value="", description="Topic of the calibration; empty: beside the images."
    ),
    DeclareLaunchArgument(
        "depth",
        default_value="",
        description="Topic of depth images that are aligned to the images; empty: depth beside the images.",
    ),
    DeclareLaunchArgument(
        "use_sim_time", default_value="false", choices=BOOLEAN, description="Take the time from /clock."
    ),
    DeclareLaunchArgument(
        "log_level", default_value="info", description="Least severe level that is logged, or NODE:=LEVEL."
    ),
    DeclareLaunchArgument(
        "respawn", default_value="false", choices=BOOLEAN, description="Start the node again when it dies."
    ),
    DeclareLaunchArgument(
        "transport_profile",
        default_value="auto",
        description="Fast DDS profile for images above 512 KB: a file, none, or auto: the package's own "
        "unless FASTDDS_DEFAULT_PROFILES_FILE (Jazzy: FASTRTPS_DEFAULT_PROFILES_FILE) or "
        "FASTDDS_BUILTIN_TRANSPORTS is set.",
    ),
)


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=transport), OpaqueFunction(function=node)])


def transport(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Let large images through, before any process starts."""
    profile = LaunchConfiguration("transport_profile").perform(context)
    variables = transport_variables(context.environment, profile)
    return [SetEnvironmentVariable(name, value) for name, value in variables.items()]


def node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The node, given only what was asked for."""

    def asked(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    # the node looks for the calibration, for depth and for compressed images beside the images
    topics = {name: asked(name) for name in ("image", "camera_info", "depth") if asked(name)}
    return [
        Node(
            executable="frankmocap_node",
            name="frankmocap",
            remappings=list(topics.items()),
            respawn=asked("respawn") == "true",
            respawn_delay=2.0,
            **node_options(asked, defaults={"preset": asked("preset")}),
        )
    ]
