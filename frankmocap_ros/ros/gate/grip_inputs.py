# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Topics on which somebody says how far grippers are to be open."""

from functools import partial

from std_msgs.msg import Float64

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.teleop.controller import Controller


def listen_to_grip_commands(polling: Polling, controller: Controller) -> None:
    """Let a controller hear ``~/grip_command/left`` and ``~/grip_command/right``, with ``grip: topic``."""
    if controller.config.grip != "topic":
        return

    def on_command(side: str, msg: Float64, now_s: float) -> None:
        controller.grips.hear(side, float(msg.data), now_s)

    for side in SIDES:
        polling.subscribe(Float64, f"~/grip_command/{side}", partial(on_command, side), incoming(1))
