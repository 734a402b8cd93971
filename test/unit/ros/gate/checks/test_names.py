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
