"""Every setting of the simulated robot, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class RobotSimSettings:
    """Settings of the simulated robot."""

    robot: str = setting(
        "torso",
        "Robot to simulate: its name, such as torso or unitree_g1, the YAML file of a map, or a model alone.",
        live=False,
    )
    robot_model: str = setting(
        "",
        "The robot's URDF, xacro or MJCF, where the map's own is not there; empty: as the map says, or in the folder FRANKMOCAP_ROBOTS_DIR.",
        live=False,
    )
    rate_hz: float = setting(
        100.0, "Joint states per second.", unit="Hz", minimum=10.0, maximum=500.0, live=False
    )
    controller: str = setting(
        "careful",
        "What drives the joints: careful refuses what is far, fast or old, and stops without commands; "
        "joint_trajectory_controller takes what that of ros2_controllers does, however far.",
        choices=("careful", "joint_trajectory_controller"),
        live=False,
    )
    dynamics: str = setting(
        "auto",
        "How the robot moves: kinematic goes where it is told within ranges and speeds, and suits every model; physics has masses and contacts, and needs position actuators in the model; auto is what the map says (simulation), and kinematic where it is silent.",
        choices=("auto", "kinematic", "physics"),
        live=False,
    )
    command_timeout_s: float = setting(
        0.25,
        "Without a command that is younger than this the careful controller stops where the robot is.",
        unit="s",
        minimum=0.02,
        maximum=5.0,
        live=False,
    )
    viewer: bool = setting(False, "Show the robot in MuJoCo's own window; needs a display.", live=False)
