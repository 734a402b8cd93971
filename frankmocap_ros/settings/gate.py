"""Every setting of the gate and of the simulated robot, declared once (see ``settings/schema.py``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings import one_euro
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class GateSettings:
    """Settings of the gate."""

    bodies: str = setting("frankmocap/bodies", "Topic of the people, from the mocap node.", live=False)
    targets: tuple[str, ...] = setting(
        ("left_wrist", "right_wrist"),
        "Joints of the operator that become commands; a robot's map names its own.",
        live=False,
    )
    robot: str = setting(
        "",
        "Robot to retarget to: its name, such as torso or unitree_g1, or the YAML file of a map; empty publishes poses only.",
        live=False,
    )
    robot_model: str = setting(
        "",
        "The robot's URDF, xacro or MJCF, where the map's own is not there; empty: as the map says, or in the folder FRANKMOCAP_ROBOTS_DIR.",
        live=False,
    )
    relative_to: str = setting(
        "neck",
        "Joint that positions are relative to, so that walking moves nothing; camera takes them as they are.",
        choices=("camera", *BODY.names),
    )
    base_frame: str = setting("base_link", "Frame of the commands.", live=False)
    heading: str = setting(
        "operator",
        "What lies before the robot: what the operator faces at engagement, what camera_yaw_deg says, or what TF says.",
        choices=("operator", "camera", "tf"),
    )
    gravity: str = setting(
        "camera",
        "What tells where up is: camera_roll_deg and camera_pitch_deg, or the topic imu of a sensor in the camera.",
        choices=("camera", "imu"),
    )
    camera_roll_deg: float = setting(
        0.0,
        "How the camera is mounted: about its forward axis.",
        unit="deg",
        minimum=-180.0,
        maximum=180.0,
    )
    camera_pitch_deg: float = setting(
        0.0, "How the camera is mounted: positive looks down.", unit="deg", minimum=-90.0, maximum=90.0
    )
    camera_yaw_deg: float = setting(
        180.0,
        "Where the camera looks in the robot's base frame, with heading: camera; 180 looks at the robot's front.",
        unit="deg",
        minimum=-180.0,
        maximum=180.0,
    )
    imu_axes: str = setting(
        "optical",
        "Axes of the sensor: the camera's optical frame or its body frame.",
        choices=("optical", "body"),
    )
    motion_scale: float = setting(
        1.0, "The robot moves so much for what the operator moves.", minimum=0.01, maximum=10.0
    )
    mirror: bool = setting(False, "The operator's left moves the robot's right, as in a mirror.")
    reference: str = setting(
        "measured",
        "Where the robot is at engagement: as its joint_states (with a map) or ~/reference/<target> say, or home: its posture in the map, or zero.",
        choices=("measured", "home"),
    )
    align_s: float = setting(
        0.0,
        "Let the robot come into the operator's posture within this time after engagement; 0 keeps the difference. Needs a map.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    required_joints: tuple[str, ...] = setting(
        ("left_shoulder", "right_shoulder", "left_wrist", "right_wrist"),
        "Joints that must be TRACKED and calm to engage, and known to go on.",
    )
    arming_s: float = setting(
        1.0, "How long the operator must hold still to engage.", unit="s", minimum=0.1, maximum=30.0
    )
    arming_timeout_s: float = setting(
        10.0, "How long a request waits for that.", unit="s", minimum=0.5, maximum=600.0
    )
    calm_speed: float = setting(0.25, "Slower than this is still.", unit="m/s", minimum=0.001, maximum=10.0)
    require_deadman: bool = setting(False, "Commands need a steady stream of true on ~/deadman.")
    deadman_timeout_s: float = setting(
        0.5, "How long one true on ~/deadman holds.", unit="s", minimum=0.02, maximum=10.0
    )
    joy_engage_button: int = setting(
        -1, "Button of the topic joy that asks for control; -1 for none.", minimum=-1, maximum=63
    )
    joy_release_button: int = setting(
        -1, "Button of the topic joy that gives control back; -1 for none.", minimum=-1, maximum=63
    )
    gesture: bool = setting(
        False, "Both wrists above the head for gesture_s ask for control, or give it back."
    )
    gesture_s: float = setting(1.0, "How long the hands must be up.", unit="s", minimum=0.2, maximum=10.0)
    max_age_s: float = setting(
        0.2,
        "Nothing older than this is followed, and no command goes out then.",
        unit="s",
        minimum=0.02,
        maximum=2.0,
    )
    hold_s: float = setting(
        0.5,
        "How long the last command is held once the operator is lost.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    max_frozen_s: float = setting(
        0.5,
        "How long every joint may stay exactly where it is before the image counts as frozen; 0 allows it.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    max_missed_frames: int = setting(
        3, "So many frames in a row without the required joints end following.", minimum=1, maximum=100
    )
    min_confidence: float = setting(0.15, "A joint below this is not followed.", minimum=0.0, maximum=1.0)
    max_speed: float = setting(1.5, "Speed of a command.", unit="m/s", minimum=0.001, maximum=20.0)
    max_acceleration: float = setting(
        15.0, "Acceleration of a command.", unit="m/s^2", minimum=0.01, maximum=500.0
    )
    max_angular_speed: float = setting(
        6.0, "Angular speed of a command.", unit="rad/s", minimum=0.001, maximum=100.0
    )
    max_angular_acceleration: float = setting(
        60.0, "Angular acceleration of a command.", unit="rad/s^2", minimum=0.01, maximum=5000.0
    )
    reject_speed: float = setting(
        8.0, "A joint that moved faster is not believed.", unit="m/s", minimum=0.01, maximum=100.0
    )
    reject_angular_speed: float = setting(
        60.0, "A joint that turned faster is not believed.", unit="rad/s", minimum=0.01, maximum=1000.0
    )
    workspace_min: tuple[float, ...] = setting(
        (-2.0, -2.0, -2.0),
        "Lower corner of what commands may reach, in the base frame.",
        unit="m",
        minimum=-100.0,
        maximum=100.0,
    )
    workspace_max: tuple[float, ...] = setting(
        (2.0, 2.0, 2.0), "Upper corner of it.", unit="m", minimum=-100.0, maximum=100.0
    )
    smoothing: str = one_euro.smoothing("Filter for the operator's joints, on top of the mocap node's own.")
    one_euro_min_cutoff_hz: float = one_euro.min_cutoff_hz(4.0)
    one_euro_beta: float = one_euro.beta(10.0)
    one_euro_derivative_cutoff_hz: float = one_euro.derivative_cutoff_hz()
    max_prediction_ms: float = setting(
        20.0,
        "Commands look ahead from the image to the time they are for, at most so far; 0 does not.",
        unit="ms",
        minimum=0.0,
        maximum=300.0,
    )
    rate_hz: float = setting(
        100.0, "Commands per second.", unit="Hz", minimum=10.0, maximum=500.0, live=False
    )
    max_tracking_error: float = setting(
        0.6,
        "Largest distance between where the robot says it is and what is sent to it; a joint, or a target without a map, that stays so far behind for 0.3 s ends following. 0 does not watch: then a robot may leap.",
        unit="rad or m",
        minimum=0.0,
        maximum=10.0,
    )
    trajectory_lead_s: float = setting(
        0.05,
        "Time from a joint trajectory's stamp to its point; longer where the joints need longer to get there.",
        unit="s",
        minimum=0.001,
        maximum=1.0,
    )

    trajectory_velocities: bool = setting(
        False,
        "Joint trajectories carry velocities. ros2_controllers refuses a last point that moves, unless allow_nonzero_velocity_at_trajectory_end is set.",
    )

    robot_controllers: bool = setting(
        True,
        "Joint trajectories go to the topics that the map's controllers names, as well; off where the robot is simulated.",
        live=False,
    )

    def __post_init__(self) -> None:
        """Check what concerns more than one number.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        for name in ("targets", "required_joints"):
            unknown = [joint for joint in getattr(self, name) if joint not in BODY_WITH_HANDS.index]
            if unknown:
                raise SettingError(
                    f"{name}: unknown joint {', '.join(unknown)}; allowed: {', '.join(BODY_WITH_HANDS.names)}"
                )
        if not self.targets or len(set(self.targets)) != len(self.targets):
            raise SettingError(f"targets: {list(self.targets)} must name at least one joint, and none twice")
        for low, high in (("max_speed", "reject_speed"), ("max_angular_speed", "reject_angular_speed")):
            if getattr(self, high) <= getattr(self, low):
                raise SettingError(
                    f"{high}: {getattr(self, high):g} must be above {low}, {getattr(self, low):g}"
                )
        if not all(low < high for low, high in zip(self.workspace_min, self.workspace_max, strict=True)):
            raise SettingError(
                f"workspace_min: {list(self.workspace_min)} must be below workspace_max, "
                f"{list(self.workspace_max)}, on every axis"
            )


SIMULATED: Final[Mapping[str, object]] = {
    "arming_s": 0.5,
    "calm_speed": 1.0,
    "arming_timeout_s": 60.0,
    "trajectory_velocities": True,
    "robot_controllers": False,
    "align_s": 2.0,
    "max_speed": 3.0,
    "max_acceleration": 60.0,
    "max_prediction_ms": 0.0,
    "reject_speed": 12.0,
}
"""The gate of a simulated robot: it endangers nobody: it is as quick as people, and starts while they move."""
