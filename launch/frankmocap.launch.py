"""The mocap node. See the arguments with: ros2 launch frankmocap_ros frankmocap.launch.py --show-args."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from frankmocap_ros.errors import SettingError
from frankmocap_ros.transport import share_file, transport_variables

BOOLEAN = ["true", "false"]
ARGUMENTS = (
    DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node and its topics."),
    DeclareLaunchArgument(
        "preset",
        default_value="balanced",
        choices=["fastest", "balanced", "highest_quality"],
        description="Parameters from the package's config folder.",
    ),
    DeclareLaunchArgument(
        "params_file", default_value="", description="YAML file with parameters; they win over the preset's."
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

    parameters: list[str | dict[str, bool]] = [str(share_file("config", f"{asked('preset')}.yaml"))]
    if params_file := asked("params_file"):
        if not Path(params_file).is_file():  # launch_ros would only warn
            raise SettingError(
                f"params_file {params_file!r} is no file; allowed: a YAML file with parameters"
            )
        parameters.append(params_file)
    if asked("use_sim_time") == "true":
        parameters.append({"use_sim_time": True})
    image = asked("image")
    namespace, slash, _ = image.rpartition("/")
    return [
        Node(
            package="frankmocap_ros",
            executable="frankmocap_node",
            name="frankmocap",
            namespace=asked("namespace"),
            parameters=parameters,
            remappings=[
                ("image", image),
                ("image/compressed", f"{image}/compressed"),
                ("camera_info", asked("camera_info") or f"{namespace}{slash}camera_info"),
                ("depth", asked("depth") or f"{namespace}{slash}depth"),
            ],
            ros_arguments=["--log-level", asked("log_level")],
            output="screen",
            respawn=asked("respawn") == "true",
            respawn_delay=2.0,
        )
    ]
