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

"""What an episode says of its gate: what the operator asked for, and the settings."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.teleop.gate import RELEASES, State

_IN_CONTROL: Final = (State.ARMING, State.ENGAGED)
_NOT_SET: Final = 0
_VALUES: Final = (
    "", "bool_value", "integer_value", "double_value", "string_value", "byte_array_value",
    "bool_array_value", "integer_array_value", "double_array_value", "string_array_value",
)  # fmt: skip


@dataclass(frozen=True)
class GateRequest:
    """What the operator asked the gate for.

    Attributes:
        time_s: when, since the episode's start [s].
        engage: whether control was asked for; else it is not wanted any more.
        release: reason for which the operator gave control back; empty where it ended otherwise.
    """

    time_s: float
    engage: bool
    release: str = ""


class RequestReader:
    """Requests from messages of the gate's state, in order.

    Attributes:
        requests: so far.
        followed: when commands began and ceased to follow the operator [s], each time; infinity where they
            did to the end.
    """

    def __init__(self) -> None:
        self.requests: list[GateRequest] = []
        self.followed: list[tuple[float, float]] = []
        self._before: int | None = None

    def read(self, message: Any, time_s: float) -> None:
        """Take a message that came at a time since the episode's start [s]."""
        state, before = int(message.state), self._before
        self._before = state
        if state == State.ENGAGED and before != State.ENGAGED:
            self.followed.append((time_s, math.inf))
        elif state != State.ENGAGED and before == State.ENGAGED:
            self.followed[-1] = (self.followed[-1][0], time_s)
        if state in _IN_CONTROL and before not in _IN_CONTROL:
            self.requests.append(GateRequest(time_s, engage=True))
        elif before in (*_IN_CONTROL, State.HOLD) and state not in _IN_CONTROL:
            reason = str(message.reason) if state == State.DISENGAGED else ""
            self.requests.append(
                GateRequest(time_s, engage=False, release=reason if reason in RELEASES else "")
            )


@dataclass(frozen=True)
class SettingsChange:
    """Settings of the gate that were set.

    Attributes:
        time_s: when, since the episode's start [s].
        values: setting -> value, of the settings that this version has.
    """

    time_s: float
    values: dict[str, object]


class SettingsReader:
    """Settings of a gate from messages of parameters, in order.

    Attributes:
        changes: of each node, name of the node -> what was set, in order.
    """

    def __init__(self) -> None:
        self.changes: dict[str, list[SettingsChange]] = {}
        self._known = {s.name: s.type for s in settings_of(GateSettings)}

    def read(self, message: Any, time_s: float) -> None:
        """Take a message that came at a time since the episode's start [s]."""
        parameters = (*message.new_parameters, *message.changed_parameters)
        values = {
            str(parameter.name): _value(parameter.value)
            for parameter in parameters
            if parameter.name in self._known and parameter.value.type != _NOT_SET
        }
        if values:
            self.changes.setdefault(str(message.node), []).append(SettingsChange(time_s, values))

    def of_gate(self, state_topic: str) -> list[SettingsChange]:
        """What was set of the gate, all values at the start first, then each change.

        The gate is the node that publishes a state, else that with most of its settings. A recorder hears of
        parameters one by one, as a node declares them, or all at once, when the node answers.

        Args:
            state_topic: name of the topic of the state, such as ``/gate/state``; empty where there is none.
        """
        node = state_topic.rpartition("/")[0]
        if node in self.changes:
            return _from_start(self.changes[node])

        def known(name: str) -> int:
            return len({setting for change in self.changes[name] for setting in change.values})

        # a mocap node has some of the names as well
        best = max(sorted(self.changes), key=known, default="")
        return _from_start(self.changes[best]) if best and known(best) > 0.5 * len(self._known) else []


def _from_start(changes: list[SettingsChange]) -> list[SettingsChange]:
    """The same, with what was set until every setting had been told once as one first entry."""
    names = {name for change in changes for name in change.values}
    start: dict[str, object] = {}
    for number, change in enumerate(changes, 1):
        start.update(change.values)
        if start.keys() == names:
            return [SettingsChange(changes[0].time_s, start), *changes[number:]]
    return []


def _value(value: Any) -> object:
    """A parameter's value as a setting's."""
    found = getattr(value, _VALUES[int(value.type)])
    if isinstance(found, Iterable) and not isinstance(found, str):
        items = tuple(item.item() if hasattr(item, "item") else item for item in found)
        return tuple(item for item in items if item != "")  # an empty list of names is one empty name
    return found
