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

"""The gate's setting of what is looked at before anything is engaged, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass
from typing import Final

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.schema import setting

ENGAGEMENT_CHECKS: Final = (
    "command_publishers",
    "controller_parameters",
    "controller_manager",
    "clocks",
    "sim_time",
)
"""What is looked at around the robot before anything is engaged; see ``skip_checks``."""


@dataclass(frozen=True)
class CheckSettings:
    """What is looked at before anything is engaged; part of ``GateSettings``."""

    skip_checks: tuple[str, ...] = setting(
        (),
        f"Checks that are left out before engagement: any of {', '.join(ENGAGEMENT_CHECKS)}.",
    )

    def check_skipped(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        if unknown := [name for name in self.skip_checks if name not in ENGAGEMENT_CHECKS]:
            raise SettingError(
                f"skip_checks: unknown check {', '.join(unknown)}; allowed: {', '.join(ENGAGEMENT_CHECKS)}"
            )
