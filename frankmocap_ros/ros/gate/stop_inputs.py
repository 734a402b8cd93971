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

"""Topics on which the robot says that it has stopped, or touches something."""

from collections.abc import Sequence

from geometry_msgs.msg import WrenchStamped
from std_msgs.msg import Bool

from frankmocap_ros.body.message_fields import xyz
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.contact import Contact, EffortLimit
from frankmocap_ros.teleop.protective_stop import ProtectiveStop
from frankmocap_ros.teleop.robot_stop import RobotStop


def listen_to_protective_stop(polling: Polling, config: GateSettings) -> tuple[RobotStop, ...]:
    """The driver's protective stop; nothing without its topic."""
    if not config.protective_stop_topic:
        return ()
    stop = ProtectiveStop(config)

    def on_stop(msg: Bool, now_s: float) -> None:
        stop.hear(bool(msg.data), now_s)

    # drivers publish it latched or not, reliable or not, and some only when it changes
    polling.subscribe_to_all(Bool, config.protective_stop_topic, on_stop)
    return (stop,)


def contact_of(polling: Polling, config: GateSettings, limits: Sequence[EffortLimit]) -> Contact | None:
    """Contact, with the force sensor's topic; None where no limit is set. Efforts come with the joints."""
    if not limits and not config.wrench_topic:
        return None
    contact = Contact(config, limits)

    def on_wrench(msg: WrenchStamped, now_s: float) -> None:
        contact.hear_wrench(xyz(msg.wrench.force), xyz(msg.wrench.torque), now_s)

    if config.wrench_topic:
        polling.subscribe(WrenchStamped, config.wrench_topic, on_wrench, incoming(10))
    return contact
