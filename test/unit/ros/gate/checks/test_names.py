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

"""The names that ``skip_checks`` allows are those of the checks."""

from frankmocap_ros.ros.gate.checks.clocks import ClocksApart
from frankmocap_ros.ros.gate.checks.command_publishers import CommandPublishers
from frankmocap_ros.ros.gate.checks.controller_manager import ActiveControllers
from frankmocap_ros.ros.gate.checks.controller_parameters import ControllerParameters
from frankmocap_ros.ros.gate.checks.sim_time import MixedSimTime
from frankmocap_ros.settings.engagement_checks import ENGAGEMENT_CHECKS


def test_each_check_can_be_skipped_by_its_name():
    checks = (CommandPublishers, ControllerParameters, ActiveControllers, ClocksApart, MixedSimTime)
    assert tuple(check.name for check in checks) == ENGAGEMENT_CHECKS
