"""A camera, the mocap node, the gate and a robot: simulated, or the one that listens to the gate.

The arguments of frankmocap.launch.py, such as preset and params_file, work as well.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from frankmocap_ros.errors import SettingError
from frankmocap_ros.ros.common.launch_options import node_options

BOOLEAN = ["true", "false"]
ROBOT = "torso"
Parameters = dict[str, str | bool]


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
                "camera", default_value="true", choices=BOOLEAN, description="Start the camera node."
            ),
            DeclareLaunchArgument(
                "use_sim", default_value="true", choices=BOOLEAN, description="Start the simulated robot."
            ),
            DeclareLaunchArgument(
                "robot",
                default_value=ROBOT,
                description="Robot to retarget to: its name, such as torso or unitree_g1, or the YAML file "
                "of a map; empty: poses only. A robot in params_file wins over torso.",
            ),
            DeclareLaunchArgument(
                "robot_model",
                default_value="",
                description="The robot's URDF, xacro or MJCF; empty: what its map or params_file says.",
            ),
            DeclareLaunchArgument(
                "joint_trajectory",
                default_value="",
                description="Topic of the robot's trajectory controller; empty: gate/joint_trajectory.",
            ),
            DeclareLaunchArgument(
                "joint_states", default_value="joint_states", description="Topic of the robot's state."
            ),
            DeclareLaunchArgument(
                "view", default_value="false", choices=BOOLEAN, description="Show it in a browser."
            ),
            # before the others: it sets the transport profile for everybody
            IncludeLaunchDescription(mocap),
            OpaqueFunction(function=camera, condition=IfCondition(LaunchConfiguration("camera"))),
            OpaqueFunction(function=gate),
            OpaqueFunction(function=simulation, condition=IfCondition(LaunchConfiguration("use_sim"))),
            OpaqueFunction(function=view, condition=IfCondition(LaunchConfiguration("view"))),
        ]
    )


def _node(
    context: LaunchContext, executable: str, name: str, topics: dict[str, str], **layers: Parameters
) -> Node:
    """A node of this package, with other names of its topics; ``layers`` as ``node_options`` has them."""

    def asked(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    return Node(
        executable=executable,
        name=name,
        remappings=[(topic, other) for topic, other in topics.items() if other and other != topic],
        **node_options(asked, **layers),
    )


def _robot(context: LaunchContext) -> dict[str, Parameters]:
    """The robot as a layer; one that nobody chose gives way to that of a params_file."""
    robot = LaunchConfiguration("robot").perform(context)
    layers: dict[str, Parameters] = {
        "defaults" if robot == ROBOT else "given": {"robot": robot} if robot else {}
    }
    model = LaunchConfiguration("robot_model").perform(context)
    if model:
        layers.setdefault("given", {})["robot_model"] = model
    return layers


def camera(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The camera node."""
    source = LaunchConfiguration("source").perform(context)
    return [_node(context, "camera_node", "camera", {}, given={"source": source} if source else {})]


def gate(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The gate, with retargeting where there is a robot."""
    robot = LaunchConfiguration("robot").perform(context)
    if not robot and LaunchConfiguration("use_sim").perform(context) == "true":
        raise SettingError("use_sim:=true needs a robot to simulate; say robot:=torso, or use_sim:=false")
    topics = {
        "joint_states": LaunchConfiguration("joint_states").perform(context),
        "~/joint_trajectory": LaunchConfiguration("joint_trajectory").perform(context),
    }
    simulated = LaunchConfiguration("use_sim").perform(context) == "true"
    layers = _robot(context)
    if simulated:
        layers["defaults"] = layers.get("defaults", {}) | {
            "trajectory_velocities": True,
            "robot_controllers": False,
        }
    return [_node(context, "gate_node", "gate", topics, **layers)]


def simulation(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The simulated robot, which listens as a trajectory controller does."""
    topics = {
        "joint_states": LaunchConfiguration("joint_states").perform(context),
        "joint_trajectory": LaunchConfiguration("joint_trajectory").perform(context)
        or "gate/joint_trajectory",
    }
    return [_node(context, "robot_sim_node", "robot_sim", topics, **_robot(context))]


def view(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The browser view, with the robot."""
    topics = {name: LaunchConfiguration(name).perform(context) for name in ("joint_states", "image")}
    return [_node(context, "view_node", "frankmocap_view", topics, **_robot(context))]
