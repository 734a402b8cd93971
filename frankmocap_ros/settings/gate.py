"""Every setting of the gate and of the simulated robot, declared once (see ``settings/schema.py``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings import one_euro
from frankmocap_ros.settings.robot_model import ROBOT_MODEL
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class GateSettings:
    """Settings of the gate."""

    bodies: str = setting(
        "frankmocap/bodies", "Topic of the bodies that the mocap node publishes.", live=False
    )
    targets: tuple[str, ...] = setting(
        ("left_wrist", "right_wrist"),
        "Operator joints that drive commands; a robot's map names its own.",
        live=False,
    )
    robot: str = setting(
        "",
        "Robot to retarget to: its name, such as torso or unitree_g1, or a map's YAML file. Empty publishes poses only.",
        live=False,
    )
    robot_model: str = setting(
        "",
        ROBOT_MODEL,
        live=False,
    )
    relative_to: str = setting(
        "neck",
        "Joint that positions are measured from, so that walking moves nothing; camera measures them from the camera.",
        choices=("camera", *BODY.names),
    )
    base_frame: str = setting("base_link", "TF frame of the commands.", live=False)
    heading: str = setting(
        "operator",
        "Source of the robot's forward direction: where the operator faces at engagement, camera_yaw_deg, or TF.",
        choices=("operator", "camera", "tf"),
    )
    gravity: str = setting(
        "camera",
        "Source of the up direction: camera_roll_deg and camera_pitch_deg, or the topic imu of a sensor in the camera.",
        choices=("camera", "imu"),
    )
    camera_roll_deg: float = setting(
        0.0,
        "Roll of the mounted camera about its forward axis.",
        unit="deg",
        minimum=-180.0,
        maximum=180.0,
    )
    camera_pitch_deg: float = setting(
        0.0, "Pitch of the mounted camera; positive looks down.", unit="deg", minimum=-90.0, maximum=90.0
    )
    camera_yaw_deg: float = setting(
        180.0,
        "Viewing direction of the camera in the robot's base frame, with heading: camera; 180 looks at the robot's front.",
        unit="deg",
        minimum=-180.0,
        maximum=180.0,
    )
    imu_axes: str = setting(
        "optical",
        "Axes of the IMU: the camera's optical frame or its body frame.",
        choices=("optical", "body"),
    )
    motion_scale: float = setting(
        1.0, "Scale from operator motion to robot motion.", minimum=0.01, maximum=10.0
    )
    mirror: bool = setting(False, "Mirror the operator: the left arm moves the robot's right arm.")
    reference: str = setting(
        "measured",
        "Robot pose at engagement: measured from joint_states (with a map) or ~/reference/<target>, or home: the posture in the map, zero without one.",
        choices=("measured", "home"),
    )
    align_s: float = setting(
        0.0,
        "Time after engagement in which the robot moves into the operator's posture; 0 keeps the offset. Needs a map.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    required_joints: tuple[str, ...] = setting(
        ("left_shoulder", "right_shoulder", "left_wrist", "right_wrist"),
        "Joints that must be TRACKED and still to engage, and known to keep following.",
    )
    arming_s: float = setting(
        1.0, "Time that the operator must hold still to engage.", unit="s", minimum=0.1, maximum=30.0
    )
    arming_timeout_s: float = setting(
        10.0,
        "Maximum time that a request waits for the operator to hold still.",
        unit="s",
        minimum=0.5,
        maximum=600.0,
    )
    calm_speed: float = setting(
        0.25, "Maximum joint speed that counts as holding still.", unit="m/s", minimum=0.001, maximum=10.0
    )
    require_deadman: bool = setting(False, "Require a steady stream of true on ~/deadman for commands.")
    deadman_timeout_s: float = setting(
        0.5, "How long one true on ~/deadman holds.", unit="s", minimum=0.02, maximum=10.0
    )
    joy_engage_button: int = setting(
        -1, "Button of the topic joy that requests control; -1 disables it.", minimum=-1, maximum=63
    )
    joy_release_button: int = setting(
        -1, "Button of the topic joy that releases control; -1 disables it.", minimum=-1, maximum=63
    )
    gesture: bool = setting(
        False, "Hold both wrists above the head for gesture_s to request control, or to release it."
    )
    gesture_s: float = setting(
        1.0, "Time that the wrists must stay above the head.", unit="s", minimum=0.2, maximum=10.0
    )
    max_age_s: float = setting(
        0.2,
        "Maximum age of followed bodies; commands stop beyond it.",
        unit="s",
        minimum=0.02,
        maximum=2.0,
    )
    hold_s: float = setting(
        0.5,
        "Time that the last command is held after the operator is lost.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    max_frozen_s: float = setting(
        0.5,
        "Time that all joints may stay exactly in place before the image counts as frozen; 0 disables the check.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    max_missed_frames: int = setting(
        3, "Consecutive frames without the required joints before following stops.", minimum=1, maximum=100
    )
    min_confidence: float = setting(
        0.15, "Minimum confidence of a joint that is followed.", minimum=0.0, maximum=1.0
    )
    max_speed: float = setting(1.5, "Maximum speed of a command.", unit="m/s", minimum=0.001, maximum=20.0)
    max_acceleration: float = setting(
        15.0, "Maximum acceleration of a command.", unit="m/s^2", minimum=0.01, maximum=500.0
    )
    max_angular_speed: float = setting(
        6.0, "Maximum angular speed of a command.", unit="rad/s", minimum=0.001, maximum=100.0
    )
    max_angular_acceleration: float = setting(
        60.0, "Maximum angular acceleration of a command.", unit="rad/s^2", minimum=0.01, maximum=5000.0
    )
    reject_speed: float = setting(
        8.0,
        "Joint speed above which a measurement is rejected as an outlier.",
        unit="m/s",
        minimum=0.01,
        maximum=100.0,
    )
    reject_angular_speed: float = setting(
        60.0,
        "Angular joint speed above which a measurement is rejected as an outlier.",
        unit="rad/s",
        minimum=0.01,
        maximum=1000.0,
    )
    workspace_min: tuple[float, ...] = setting(
        (-2.0, -2.0, -2.0),
        "Lower corner of the command workspace, in base_frame.",
        unit="m",
        minimum=-100.0,
        maximum=100.0,
    )
    workspace_max: tuple[float, ...] = setting(
        (2.0, 2.0, 2.0),
        "Upper corner of the command workspace, in base_frame.",
        unit="m",
        minimum=-100.0,
        maximum=100.0,
    )
    smoothing: str = one_euro.smoothing(
        "Filter for the operator's joints, in addition to the mocap node's own."
    )
    one_euro_min_cutoff_hz: float = one_euro.min_cutoff_hz(4.0)
    one_euro_beta: float = one_euro.beta(10.0)
    one_euro_derivative_cutoff_hz: float = one_euro.derivative_cutoff_hz()
    max_prediction_ms: float = setting(
        20.0,
        "Maximum extrapolation from image time to command time; 0 disables it.",
        unit="ms",
        minimum=0.0,
        maximum=300.0,
    )
    rate_hz: float = setting(100.0, "Command rate.", unit="Hz", minimum=10.0, maximum=500.0, live=False)
    max_tracking_error: float = setting(
        0.6,
        "Maximum distance between the robot's reported state and its commands. Following stops when a joint, or a target without a map, exceeds it for 0.3 s. 0 disables the check: the robot may then jump.",
        unit="rad or m",
        minimum=0.0,
        maximum=10.0,
    )
    trajectory_lead_s: float = setting(
        0.05,
        "Time from a joint trajectory's stamp to its point. Increase it where the joints need longer to get there.",
        unit="s",
        minimum=0.001,
        maximum=1.0,
    )

    trajectory_velocities: bool = setting(
        False,
        "Include velocities in joint trajectories. ros2_controllers rejects a moving last point unless allow_nonzero_velocity_at_trajectory_end is set.",
    )

    robot_controllers: bool = setting(
        True,
        "Joint trajectories go to the topics that the map's controllers names, as well; off where the robot is simulated.",
        live=False,
    )

    def __post_init__(self) -> None:
        """Check values that depend on each other.

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
