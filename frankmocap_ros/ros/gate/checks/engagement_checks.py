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

"""All checks, a few at a time: what they find is handed on when it changes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from rclpy.node import Node

from frankmocap_ros.ros.common.node_parameters import NodeParameters
from frankmocap_ros.ros.gate.checks.clocks import ClocksApart
from frankmocap_ros.ros.gate.checks.command_publishers import CommandPublishers
from frankmocap_ros.ros.gate.checks.controller_manager import ActiveControllers
from frankmocap_ros.ros.gate.checks.controller_parameters import ControllerParameters
from frankmocap_ros.ros.gate.checks.finding import Check, Finding, Severity
from frankmocap_ros.ros.gate.checks.listeners import Listeners, is_wanted
from frankmocap_ros.ros.gate.checks.sim_time import MixedSimTime
from frankmocap_ros.ros.gate.command_topic import CommandTopic
from frankmocap_ros.runtime.stamp_offset import StampOffset
from frankmocap_ros.settings.gate import GateSettings


@dataclass(frozen=True)
class CheckResults:
    """What all checks found, those in ``skip_checks`` left out.

    Attributes:
        refusals: why nothing may be engaged: one text for each check, with the next step.
        conflict: why, besides, what is engaged ends; empty for nothing.
        warnings: what is only told.
        logged: what is to be logged, once each.
    """

    refusals: tuple[str, ...] = ()
    conflict: str = ""
    warnings: tuple[str, ...] = ()
    logged: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What the checks look at.

    Attributes:
        topics: where the gate publishes commands.
        offsets: clocks of the topics on which the robot reports.
        bodies_offset: clock of the mocap node, by the times of publication that bodies tell.
        bodies_from: tells full names of the nodes that publish bodies.
        config: tells the gate's settings.
    """

    topics: Sequence[CommandTopic]
    offsets: Sequence[StampOffset]
    bodies_offset: StampOffset
    bodies_from: Callable[[], Sequence[str]]
    config: Callable[[], GateSettings]


class EngagementChecks:
    """For the executor's thread; a look takes some tenths of a millisecond and waits for nobody.

    Attributes:
        found: what was found last; any thread may read it.

    Args:
        first: the check that every look includes.
        others: one of them at each look, in turn.
        skipped: tells the names of checks that are left out.
        on_change: called when something else is found.
    """

    def __init__(
        self,
        first: Check,
        others: Sequence[Check],
        skipped: Callable[[], Collection[str]],
        on_change: Callable[[CheckResults], None],
    ) -> None:
        self.found = CheckResults()
        self._first, self._others = first, tuple(others)
        self._skipped, self._on_change = skipped, on_change
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._looks = 0

    def look(self) -> None:
        """Look at what is due now."""
        for check in (self._first, self._others[self._looks % len(self._others)]):
            skipped = check.name in self._skipped()
            self._findings[check.name] = () if skipped else tuple(check.look())
        self._looks += 1
        found = CheckResults(
            tuple(self._texts(Severity.REFUSAL)),
            "; ".join(self._texts(Severity.CONFLICT)),
            tuple(f.text for found in self._findings.values() for f in found if not f.severity),
            tuple(f.text for found in self._findings.values() for f in found if f.logged),
        )
        if found != self.found:
            self.found = found
            self._on_change(found)

    def _texts(self, severity: Severity) -> list[str]:
        """What was found, one text for each check, with the way to engage anyway."""
        texts = {
            name: "; ".join(f.text for f in found if f.severity is severity)
            for name, found in self._findings.items()
        }
        return [f"{text} (skip_checks: [{name}] engages anyway)" for name, text in texts.items() if text]


def engagement_checks(
    node: Node, around: Surroundings, on_change: Callable[[CheckResults], None]
) -> EngagementChecks:
    """All checks of a gate."""
    parameters = NodeParameters(node, is_wanted)
    listeners = Listeners(node, around.topics, parameters)
    others = (
        ControllerParameters(listeners, around.config),
        ActiveControllers(node, around.topics, listeners),
        ClocksApart(around.offsets, around.bodies_offset),
        MixedSimTime(node, around.bodies_from, listeners, parameters),
    )
    first = CommandPublishers(node, around.topics)
    return EngagementChecks(first, others, lambda: around.config().skip_checks, on_change)
