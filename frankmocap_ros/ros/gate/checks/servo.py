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

"""What MoveIt Servo does with the gate's commands, from the parameters it documents.

Which type of command it expects is not among them: a service of Servo sets it, and nothing tells it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from geometry_msgs.msg import TwistStamped

from frankmocap_ros.ros.gate.checks.finding import Finding, warning
from frankmocap_ros.settings.gate import GateSettings

_PREFIX: Final = "moveit_servo."
_TIMEOUT: Final = "incoming_command_timeout"
_UNITS: Final = "command_in_type"
_TICKS: Final = 3  # a command may be late, and one may be lost


def is_wanted(name: str) -> bool:
    """Whether the rules below look at a parameter of this name."""
    return name.removeprefix(_PREFIX) in (_TIMEOUT, _UNITS)


def is_one(parameters: Mapping[str, Any]) -> bool:
    """Whether a node with these parameters is MoveIt Servo."""
    own = _own(parameters)
    return isinstance(own.get(_TIMEOUT), float) and isinstance(own.get(_UNITS), str)


def findings(node: str, parameters: Mapping[str, Any], kind: type, config: GateSettings) -> Iterable[Finding]:
    """What keeps Servo from following, or from stopping.

    Args:
        node: its full name.
        parameters: values by name.
        kind: type of the commands that it hears.
        config: settings of the gate.
    """
    own = _own(parameters)
    timeout_s, least_s = own[_TIMEOUT], _TICKS / config.rate_hz
    if 0.0 < timeout_s < least_s:
        yield Finding(
            f"{node} would stop between two commands: {_TIMEOUT} is {timeout_s:g} s, and {_TICKS} commands "
            f"take {least_s:g} s at rate_hz {config.rate_hz:g}; set it to 0.1 or so"
        )
    moves = kind is TwistStamped
    if timeout_s <= 0.0:
        text = f"{node} never times out: {_TIMEOUT} is {timeout_s:g}; set it to 0.1 or so"
        yield Finding(f"{text}, or it keeps moving when commands end") if moves else warning(text)
    if moves and own[_UNITS] != "speed_units":
        yield Finding(
            f"{node} takes twists as shares of its own speed: {_UNITS} is {own[_UNITS]!r}, and the gate's "
            "are in m/s and rad/s; set it to speed_units"
        )


def _own(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Without the prefix that newer versions put before their names."""
    return {name.removeprefix(_PREFIX): value for name, value in parameters.items()}
