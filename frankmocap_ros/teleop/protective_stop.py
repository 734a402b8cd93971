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

"""A robot driver's protective stop: while it lasts nothing is commanded, and nothing resumes after it."""

import math

from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.robot_stop import Stop


class ProtectiveStop:
    """Takes what the driver says; a ``RobotStop`` of the gate.

    Args:
        config: settings; ``protective_stop_topic`` is not empty.
    """

    def __init__(self, config: GateSettings) -> None:
        self._heard_s = -math.inf
        self._stopped = False
        self._tripped = False  # also by a stop that is over already
        self.configure(config)

    def configure(self, config: GateSettings) -> None:
        """Take other settings."""
        self._config = config

    def hear(self, data: bool, time_s: float) -> None:
        """Take a message."""
        self._heard_s = time_s
        self._stopped = data == self._config.protective_stop_active
        self._tripped |= self._stopped

    def refusal(self, time_s: float) -> str:
        """Why a request is refused now, with the next step."""
        if self._stopped:
            return f"{self._stop_words()}; clear the stop at the robot, then engage again"
        return self._silence(time_s)

    def stop(self, time_s: float) -> Stop | None:
        """A stop that has been heard since this was asked last, or that lasts; or that nobody tells."""
        tripped, self._tripped = self._tripped, False
        if tripped or self._stopped:
            return Stop(f"{self._stop_words()}; clear the stop at the robot, then engage again")
        silence = self._silence(time_s)
        return Stop(silence) if silence else None

    def _stop_words(self) -> str:
        active = str(self._config.protective_stop_active).lower()
        return f"the robot is in its protective stop ({self._config.protective_stop_topic} is {active})"

    def _silence(self, time_s: float) -> str:
        """Why it is not known whether the robot is stopped; empty where it is."""
        topic, timeout_s = self._config.protective_stop_topic, self._config.protective_stop_timeout_s
        if not math.isfinite(self._heard_s):
            since = ""
        elif timeout_s > 0.0 and time_s - self._heard_s > timeout_s:
            since = f" for {timeout_s:g} s (protective_stop_timeout_s)"
        else:
            return ""
        return (
            f"nothing was received on {topic}{since}, which says whether the robot is in its protective "
            "stop: check that the robot's driver runs, or correct protective_stop_topic"
        )
