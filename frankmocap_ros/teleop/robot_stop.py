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

"""What ends following on the robot's side, whatever the operator does: its own stop, or contact."""

from dataclasses import dataclass
from typing import Final, Protocol

from frankmocap_ros.settings.gate import GateSettings

FRESH_S: Final = 0.5
"""A robot that has said nothing for longer is not known."""


@dataclass(frozen=True)
class Stop:
    """Why following ends now.

    Attributes:
        reason: in words.
        hold: whether the command brakes and is held first; otherwise it ends at once.
    """

    reason: str
    hold: bool = False


class RobotStop(Protocol):
    """Something that ends following. It is told by messages; times are of the gate's steady clock [s]."""

    def configure(self, config: GateSettings) -> None:
        """Take other settings."""

    def refusal(self, time_s: float) -> str:
        """Why a request is refused now, with the next step; empty where it is not."""

    def stop(self, time_s: float) -> Stop | None:
        """What ends arming, following and holding now; asked at every tick. None for nothing."""
