"""Every setting of the browser view, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class ViewerSettings:
    """Settings of the browser view."""

    host: str = setting(
        "127.0.0.1",
        "Address to serve at. The default is heard on this machine only; 0.0.0.0 lets everybody in the network see the camera and set parameters.",
        live=False,
    )
    port: int = setting(8080, "Port to serve at.", minimum=1, maximum=65535, live=False)
    node: str = setting("frankmocap", "Name of the mocap node to look at.", live=False)
    gate: str = setting("gate", "Name of the gate to look at.", live=False)
    robot: str = setting(
        "",
        "Robot to draw from joint_states: its name, such as torso or unitree_g1, or the YAML file of a map; empty for none.",
        live=False,
    )
    robot_model: str = setting(
        "",
        "The robot's URDF, xacro or MJCF, where the map's own is not there; empty: as the map says, or in the folder FRANKMOCAP_ROBOTS_DIR.",
        live=False,
    )
    robot_pose: tuple[float, ...] = setting(
        (2.6, -1.2, 0.0, 180.0),
        "Where the robot is drawn: x ahead of the camera, y to its left, z above the floor [m], and yaw [deg].",
        minimum=-360.0,
        maximum=360.0,
        live=False,
    )
    axes: str = setting(
        "optical",
        "What the poses' numbers are: optical, as a camera gives them, or level: of a frame with x ahead and z up from the floor, as with the mocap node's target_frame.",
        choices=("optical", "level"),
    )
    rate_hz: float = setting(15.0, "Pictures per second at most.", unit="Hz", minimum=1.0, maximum=60.0)
    image_rate_hz: float = setting(
        8.0, "Camera images per second at most.", unit="Hz", minimum=0.5, maximum=30.0
    )
    image_width: int = setting(
        480, "Wider camera images are reduced to this width.", unit="px", minimum=80, maximum=1920
    )
    camera_height_m: float = setting(
        0.0,
        "Height of the camera above the floor; 0 puts the floor under people's feet.",
        unit="m",
        minimum=0.0,
        maximum=10.0,
    )
    camera_pitch_deg: float = setting(
        0.0, "How far the camera looks down.", unit="deg", minimum=-90.0, maximum=90.0
    )
