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

"""Contact of the robot with something: efforts of its joints, and forces of a sensor, above their limits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.robot_stop import FRESH_S, Stop


@dataclass(frozen=True)
class EffortLimit:
    """The effort above which a joint is in contact.

    Attributes:
        joint: its name.
        limit: above 0, in ``unit``.
        unit: ``Nm`` of a hinge, ``N`` of a slide.
    """

    joint: str
    limit: float
    unit: str


class _Excess:
    """One measured quantity and how long it has been above its limit.

    Args:
        name: what is measured, in words.
        limit_name: where its limit is from.
        unit: of it.
    """

    def __init__(self, name: str, limit_name: str, unit: str) -> None:
        self._name, self._limit_name, self._unit = name, limit_name, unit
        self._words = ""
        self._since_s = math.inf
        self.heard_s = -math.inf

    def measure(self, value: float, limit: float, time_s: float) -> None:
        """Take a finite value; a limit of 0 is none."""
        self.heard_s = time_s
        if not 0.0 < limit < abs(value):
            self._since_s = math.inf
            return
        self._since_s = min(self._since_s, time_s)
        self._words = f"{self._name} is {abs(value):.4g} {self._unit}, above {self._limit_name} {limit:g}"

    def words(self, time_s: float, lasts_s: float) -> str:
        """What has been above its limit for that long, with value and limit; empty for nothing."""
        return self._words if time_s - self._since_s >= lasts_s else ""


class Contact:
    """Watches efforts, and the force of a sensor; a ``RobotStop`` of the gate.

    Args:
        config: settings.
        limits: of the joints that have one.
    """

    def __init__(self, config: GateSettings, limits: Sequence[EffortLimit]) -> None:
        self._limits = {limit.joint: limit for limit in limits}
        self._efforts = {
            limit.joint: _Excess(f"the effort of {limit.joint}", "its limit in effort_limits", limit.unit)
            for limit in limits
        }
        self._force = _Excess(f"the force on {config.wrench_topic}", "max_force", "N")
        self._torque = _Excess(f"the torque on {config.wrench_topic}", "max_torque", "Nm")
        self.configure(config)

    def configure(self, config: GateSettings) -> None:
        """Take other settings."""
        self._config = config

    def hear_efforts(self, efforts: Mapping[str, float], time_s: float) -> None:
        """Take efforts of joints by name [Nm] or [N]; those that are not finite are not told."""
        for joint, excess in self._efforts.items():
            effort = efforts.get(joint, math.nan)
            if math.isfinite(effort):
                excess.measure(effort, self._limits[joint].limit, time_s)

    def hear_wrench(self, force: Sequence[float], torque: Sequence[float], time_s: float) -> None:
        """Take a force [N] and a torque [Nm], three numbers each; left out where one is not finite."""
        force_n, torque_nm = math.hypot(*force), math.hypot(*torque)
        if math.isfinite(force_n) and math.isfinite(torque_nm):
            self._force.measure(force_n, self._config.max_force, time_s)
            self._torque.measure(torque_nm, self._config.max_torque, time_s)

    def refusal(self, time_s: float) -> str:
        """Why a request is refused now, with the next step."""
        return self._contact(time_s) or self._unknown(time_s)

    def stop(self, time_s: float) -> Stop | None:
        """Contact, or that nobody tells of it."""
        contact = self._contact(time_s)
        if contact:
            return Stop(contact, hold=self._config.on_contact == "hold")
        unknown = self._unknown(time_s)
        return Stop(unknown) if unknown else None

    def _contact(self, time_s: float) -> str:
        """What is above its limit, with the next step."""
        every = (*self._efforts.values(), self._force, self._torque)
        words = [text for excess in every if (text := excess.words(time_s, self._config.contact_s))]
        if not words:
            return ""
        more = f" (and {len(words) - 1} more)" if len(words) > 1 else ""
        return f"contact: {words[0]}{more}; free the robot, or raise the limit, then engage again"

    def _unknown(self, time_s: float) -> str:
        """Why it is not known whether there is contact; empty where it is."""
        silent = [name for name, excess in self._efforts.items() if not time_s - excess.heard_s <= FRESH_S]
        if silent:
            return (
                f"joint_states has no effort of {', '.join(silent[:3])}{', ...' if len(silent) > 3 else ''}, "
                "which the map's effort_limits need: let the joint_state_broadcaster publish the effort "
                "interface, or remove effort_limits from the map"
            )
        topic = self._config.wrench_topic
        if topic and not time_s - self._force.heard_s <= FRESH_S:
            return (
                f"nothing was received on {topic} for {FRESH_S:g} s: check that the force sensor's driver "
                "runs, or correct wrench_topic"
            )
        return ""
