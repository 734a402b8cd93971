"""Topics on which somebody says how far grippers are to be open."""

from functools import partial

from std_msgs.msg import Float64

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.ros.gate.polling import Polling
from frankmocap_ros.teleop.controller import Controller


def listen_to_grip_commands(polling: Polling, controller: Controller) -> None:
    """Let a controller hear ``~/grip_command/left`` and ``~/grip_command/right``, with ``grip: topic``."""
    if controller.config.grip != "topic":
        return

    def on_command(side: str, msg: Float64, now_s: float) -> None:
        controller.grips.hear(side, float(msg.data), now_s)

    for side in SIDES:
        polling.subscribe(Float64, f"~/grip_command/{side}", partial(on_command, side), incoming(1))
