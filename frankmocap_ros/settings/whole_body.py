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

"""The gate's settings of where the operator's whole body goes, declared once (see ``settings/schema.py``)."""

import re
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.errors import SettingError, shown
from frankmocap_ros.settings.schema import setting

_ENDPOINT: Final = re.compile(r"tcp://[^\s/]+:\d{1,5}|ipc://\S+")


@dataclass(frozen=True)
class WholeBodySettings:
    """Settings of where the operator's whole body goes; part of ``GateSettings``."""

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

    @property
    def whole_body(self) -> bool:
        """Whether all joints of the operator are read, and not only those that the gate needs itself."""
        return bool(self.sonic_endpoint) or self.gmr

    def check_whole_body(self, rate_hz: float) -> None:
        """Check values that depend on each other.

        Args:
            rate_hz: of the commands.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        if self.sonic_endpoint and not _ENDPOINT.fullmatch(self.sonic_endpoint):
            raise SettingError(
                f"sonic_endpoint: {shown(self.sonic_endpoint)} is not an address to bind; allowed: tcp://HOST:PORT, such "
                "as tcp://127.0.0.1:5556, or ipc://PATH; empty disables it"
            )
        if self.whole_body and self.body_rate_hz > rate_hz:
            raise SettingError(
                f"body_rate_hz: {self.body_rate_hz:g} must not be above rate_hz, {rate_hz:g}: the whole body "
                "goes out with commands"
            )
