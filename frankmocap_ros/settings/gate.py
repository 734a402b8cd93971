"""Every setting of the gate and of the simulated robot, declared once (see ``settings/schema.py``)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings import one_euro
from frankmocap_ros.settings.grip import GripSettings
from frankmocap_ros.settings.robot_model import ROBOT_MODEL
from frankmocap_ros.settings.schema import setting

_ENDPOINT: Final = re.compile(r"tcp://[^\s/]+:\d{1,5}|ipc://\S+")

ENGAGEMENT_CHECKS: Final = (
    "command_publishers",
    "controller_parameters",
    "controller_manager",
    "clocks",
    "sim_time",
)
"""What is looked at around the robot before anything is engaged; see ``skip_checks``."""


@dataclass(frozen=True)
class FollowingSettings:
    """Settings of what is followed, and how; part of ``GateSettings``."""

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
    calibrate_service: str = setting(
        "",
        "Service (std_srvs/Trigger) that calibrates the operator's size while arming, such as frankmocap/calibrate. Empty: none.",
        live=False,
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
    depth_mode: str = setting(
        "follow",
        "What counts of the operator's motion along the camera's line of sight: follow all of it, scaled by its certainty, locked none.",
        choices=("follow", "scaled", "locked"),
    )
    depth_half_stddev_m: float = setting(
        0.1,
        "Standard deviation along the line of sight at which half of the motion along it counts, with depth_mode: scaled.",
        unit="m",
        minimum=0.001,
        maximum=10.0,
    )
    slow_stddev_m: float = setting(
        0.0,
        "Standard deviation of a followed joint above which its commands slow down: to rest at hold_stddev_m, or without that in inverse proportion. 0 disables it.",
        unit="m",
        minimum=0.0,
        maximum=10.0,
    )
    hold_stddev_m: float = setting(
        0.0,
        "Standard deviation above which a joint counts as not seen; for required_joints that leads to HOLD. 0 disables it.",
        unit="m",
        minimum=0.0,
        maximum=10.0,
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
    protective_stop_topic: str = setting(
        "",
        "Topic (std_msgs/Bool) on which the robot's driver says that it is in its protective stop. Empty: none.",
        live=False,
    )
    protective_stop_active: bool = setting(
        True, "Value on protective_stop_topic that means stopped.", live=False
    )
    protective_stop_timeout_s: float = setting(
        0.0,
        "Maximum silence of protective_stop_topic, beyond which the robot counts as stopped. 0: a single message is enough, for drivers that publish changes only.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    wrench_topic: str = setting(
        "",
        "Topic (geometry_msgs/WrenchStamped) of a force sensor of the robot, for max_force and max_torque. Empty: none.",
        live=False,
    )
    max_force: float = setting(
        0.0,
        "Force on wrench_topic above which the robot is in contact; 0 disables the check.",
        unit="N",
        minimum=0.0,
        maximum=10000.0,
    )
    max_torque: float = setting(
        0.0,
        "Torque on wrench_topic above which the robot is in contact; 0 disables the check.",
        unit="Nm",
        minimum=0.0,
        maximum=10000.0,
    )
    contact_s: float = setting(
        0.02,
        "Time that a force, or an effort above the map's effort_limits, must last to count as contact.",
        unit="s",
        minimum=0.0,
        maximum=1.0,
    )
    on_contact: str = setting(
        "disengage",
        "What contact leads to: disengage ends commands at once, hold brakes and holds the command for hold_s first.",
        choices=("disengage", "hold"),
    )
    on_fault: str = setting(
        "nothing",
        "What FAULT leads to beside silence: deactivate deactivates fault_controllers. Needs controller_manager_msgs.",
        choices=("nothing", "deactivate"),
        live=False,
    )
    fault_controllers: tuple[str, ...] = setting(
        (), "Names of the controllers that FAULT deactivates, with on_fault: deactivate.", live=False
    )
    controller_manager: str = setting(
        "controller_manager", "Name of the controller manager, with on_fault: deactivate.", live=False
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
        "Commands go to the topics that the map's controllers names, as well; off where the robot is simulated.",
        live=False,
    )

    base_command: str = setting(
        "off",
        "Motion of the operator that drives the robot's base on ~/base_command: lean of the torso, or steps away from the place of engagement; both turn the base with the shoulders.",
        choices=("off", "lean", "step"),
        live=False,
    )
    base_max_speed: float = setting(0.3, "Maximum speed of the base.", unit="m/s", minimum=0.001, maximum=5.0)
    base_max_acceleration: float = setting(
        0.5, "Maximum acceleration of the base.", unit="m/s^2", minimum=0.01, maximum=20.0
    )
    base_max_angular_speed: float = setting(
        0.5, "Maximum angular speed of the base.", unit="rad/s", minimum=0.001, maximum=10.0
    )
    base_max_angular_acceleration: float = setting(
        1.0, "Maximum angular acceleration of the base.", unit="rad/s^2", minimum=0.01, maximum=50.0
    )
    base_lean_dead_zone_deg: float = setting(
        8.0, "Lean of the torso up to which the base rests.", unit="deg", minimum=1.0, maximum=60.0
    )
    base_lean_full_deg: float = setting(
        25.0,
        "Lean of the torso at which the base has its maximum speed.",
        unit="deg",
        minimum=2.0,
        maximum=80.0,
    )
    base_step_dead_zone: float = setting(
        0.2, "Displacement of the pelvis up to which the base rests.", unit="m", minimum=0.02, maximum=2.0
    )
    base_step_full: float = setting(
        0.6,
        "Displacement of the pelvis at which the base has its maximum speed.",
        unit="m",
        minimum=0.05,
        maximum=5.0,
    )
    base_turn_dead_zone_deg: float = setting(
        15.0,
        "Turn of the shoulders up to which the base does not turn.",
        unit="deg",
        minimum=1.0,
        maximum=90.0,
    )
    base_turn_full_deg: float = setting(
        45.0,
        "Turn of the shoulders at which the base has its maximum angular speed.",
        unit="deg",
        minimum=2.0,
        maximum=170.0,
    )
    skip_checks: tuple[str, ...] = setting(
        (),
        f"Checks that are left out before engagement: any of {', '.join(ENGAGEMENT_CHECKS)}.",
    )

    sonic_endpoint: str = setting(
        "",
        "ZMQ address that the whole body is published on for GEAR-SONIC, such as tcp://127.0.0.1:5556. Empty disables it.",
        live=False,
    )

    gmr: bool = setting(
        False, "Publish the whole body on ~/gmr for General Motion Retargeting, while subscribed.", live=False
    )

    body_rate_hz: float = setting(
        50.0,
        "Rate of the whole body on sonic_endpoint and ~/gmr; GEAR-SONIC expects 50.",
        unit="Hz",
        minimum=10.0,
        maximum=100.0,
        live=False,
    )


@dataclass(frozen=True)
class GateSettings(GripSettings, FollowingSettings):
    """Settings of the gate."""

    @property
    def whole_body(self) -> bool:
        """Whether all joints of the operator are read, and not only those that the gate needs itself."""
        return bool(self.sonic_endpoint) or self.gmr

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
        if unknown := [name for name in self.skip_checks if name not in ENGAGEMENT_CHECKS]:
            raise SettingError(
                f"skip_checks: unknown check {', '.join(unknown)}; allowed: {', '.join(ENGAGEMENT_CHECKS)}"
            )
        if not self.targets or len(set(self.targets)) != len(self.targets):
            raise SettingError(f"targets: {list(self.targets)} must name at least one joint, and none twice")
        if (self.max_force > 0.0 or self.max_torque > 0.0) and not self.wrench_topic:
            raise SettingError("max_force, max_torque: nothing measures them; set wrench_topic, or both to 0")
        if self.wrench_topic and not (self.max_force > 0.0 or self.max_torque > 0.0):
            raise SettingError("wrench_topic: max_force and max_torque are 0; set one of them above 0")
        if self.on_fault == "deactivate" and not all(self.fault_controllers or ("",)):
            raise SettingError(
                "on_fault: deactivate: fault_controllers names no controller; list those that "
                "`ros2 control list_controllers` shows for this robot"
            )
        self._check_order()
        self.check_grip()
        if self.sonic_endpoint and not _ENDPOINT.fullmatch(self.sonic_endpoint):
            raise SettingError(
                f"sonic_endpoint: {self.sonic_endpoint!r} is not an address to bind; allowed: tcp://HOST:PORT, such "
                "as tcp://127.0.0.1:5556, or ipc://PATH; empty disables it"
            )
        if self.whole_body and self.body_rate_hz > self.rate_hz:
            raise SettingError(
                f"body_rate_hz: {self.body_rate_hz:g} must not be above rate_hz, {self.rate_hz:g}: the whole body "
                "goes out with commands"
            )
        if not all(low < high for low, high in zip(self.workspace_min, self.workspace_max, strict=True)):
            raise SettingError(
                f"workspace_min: {list(self.workspace_min)} must be below workspace_max, "
                f"{list(self.workspace_max)}, on every axis"
            )

    def _check_order(self) -> None:
        """Check which settings must be above which.

        Raises:
            SettingError: names both and their values.
        """
        for low, high in (
            ("max_speed", "reject_speed"),
            ("max_angular_speed", "reject_angular_speed"),
            ("base_lean_dead_zone_deg", "base_lean_full_deg"),
            ("base_step_dead_zone", "base_step_full"),
            ("base_turn_dead_zone_deg", "base_turn_full_deg"),
        ):
            if getattr(self, high) <= getattr(self, low):
                raise SettingError(
                    f"{high}: {getattr(self, high):g} must be above {low}, {getattr(self, low):g}"
                )
        if 0.0 < self.hold_stddev_m <= self.slow_stddev_m:
            raise SettingError(
                f"hold_stddev_m: {self.hold_stddev_m:g} must be above slow_stddev_m, {self.slow_stddev_m:g}, "
                "or 0 for none"
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
