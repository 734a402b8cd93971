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

"""Another node's parameters, with their descriptors: followed, and set. Nothing here waits for an answer."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from rcl_interfaces.msg import ParameterDescriptor, ParameterEvent
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import qos_profile_parameter_events

from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.viewer.widgets import Described, Value

_PATIENCE_S: Final = 5.0  # for an answer; loading a model takes longer, and is asked for as often
_LOADING_S: Final = 300.0


class RemoteParameters:
    """What another node's parameters are. ``tick`` is for the executor's thread; the rest is for one other.

    Args:
        node: that asks.
        name: of the other node, as in ``/frankmocap``.
    """

    def __init__(self, node: Node, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._described: dict[str, Described] = {}
        self._types: dict[str, int] = {}
        self._fetching_s: float | None = None
        self._changed: set[str] = set()
        self._refusals: deque[tuple[str, str]] = deque()
        self._new = False
        self._busy: dict[str, float] = {}  # parameters that are being set, since when
        self._wanted: dict[str, Value] = {}  # and what they are to be after that
        self._clients: dict[Any, Client] = {
            kind: node.create_client(kind, f"{name}/{service}")
            for kind, service in (
                (ListParameters, "list_parameters"),
                (DescribeParameters, "describe_parameters"),
                (GetParameters, "get_parameters"),
                (SetParameters, "set_parameters"),
            )
        }
        events = Topic(ParameterEvent, "/parameter_events", qos_profile_parameter_events)
        subscribe(node, events, self._on_event)

    @property
    def there(self) -> bool:
        """Whether the other node answers."""
        return bool(self._clients[SetParameters].service_is_ready())

    def tick(self) -> None:
        """Look whether the other node has come or gone; ask for its parameters where they are not known."""
        if not self.there:
            with self._lock:
                self._new = self._new or bool(self._described)
                self._described, self._types, self._fetching_s = {}, {}, None
                self._busy, self._wanted, self._changed = {}, {}, set()
            return
        now_s = time.monotonic()
        asked = self._fetching_s is not None and now_s - self._fetching_s < _PATIENCE_S
        if self._described or asked:
            return
        self._fetching_s = now_s
        self._call(ListParameters.Request(), self._on_names)

    def described(self) -> dict[str, Described] | None:
        """All parameters where they are new since the last call, else None."""
        with self._lock:
            new, self._new = self._new, False
            return dict(self._described) if new else None

    def changes(self) -> list[tuple[str, Value]]:
        """Names and values that changed since the last call; what is being set is told when that is done."""
        with self._lock:
            settled = self._changed - self._busy.keys()
            self._changed -= settled
            return [(name, self._described[name].value) for name in settled & self._described.keys()]

    def refusals(self) -> list[tuple[str, str]]:
        """Names that were set since the last call, with the reason why not, empty where they were."""
        with self._lock:
            found = list(self._refusals)
            self._refusals.clear()
            return found

    def set(self, name: str, value: Value) -> None:
        """Set a parameter; of several values that come faster than answers only the last is set."""
        with self._lock:
            since_s = self._busy.get(name)
            if since_s is not None and time.monotonic() - since_s < _LOADING_S:
                self._wanted[name] = value
                return
            if name not in self._types:
                return
            self._busy[name] = time.monotonic()
        self._send(name, value)

    def _send(self, name: str, value: Value) -> None:
        kind = self._types.get(name)
        if kind is None:
            return  # the other node has gone
        plain: Any = list(value) if isinstance(value, tuple) else value
        message = Parameter(name, Parameter.Type(kind), plain).to_parameter_msg()
        self._call(SetParameters.Request(parameters=[message]), lambda answer: self._on_set(name, answer))

    def _call(self, request: Any, done: Callable[[Any], None]) -> None:
        client = next(c for kind, c in self._clients.items() if isinstance(request, kind.Request))

        def finished(future: Any) -> None:
            if future.result() is not None:
                done(future.result())

        client.call_async(request).add_done_callback(finished)

    def _on_names(self, answer: ListParameters.Response) -> None:
        names = list(answer.result.names)
        self._call(DescribeParameters.Request(names=names), self._on_descriptors)

    def _on_descriptors(self, answer: DescribeParameters.Response) -> None:
        descriptors = list(answer.descriptors)
        request = GetParameters.Request(names=[d.name for d in descriptors])
        self._call(request, lambda found: self._on_values(descriptors, found))

    def _on_values(self, descriptors: list[ParameterDescriptor], answer: GetParameters.Response) -> None:
        values = [_value(value) for value in answer.values]
        with self._lock:
            self._described = {
                d.name: _described(d, value) for d, value in zip(descriptors, values, strict=True)
            }
            self._types = {d.name: d.type for d in descriptors}
            self._new, self._fetching_s = True, None

    def _on_set(self, name: str, answer: SetParameters.Response) -> None:
        result = answer.results[0]
        with self._lock:
            again = self._wanted.pop(name, None)
            if again is None:
                self._busy.pop(name, None)
            self._changed.add(name)  # also where it is what it was: somebody's widget shows something else
            reason = "" if result.successful else f"{result.reason or 'no reason was given'}"
            self._refusals.append((name, reason))
        if again is not None:
            self._send(name, again)

    def _on_event(self, event: ParameterEvent) -> None:
        if event.node != self._name:
            return
        with self._lock:
            for parameter in (*event.new_parameters, *event.changed_parameters):
                before = self._described.get(parameter.name)
                if before is not None:
                    value = _value(parameter.value)
                    self._described[parameter.name] = Described(**{**vars(before), "value": value})
                    self._changed.add(parameter.name)


def _value(message: Any) -> Value:
    value: Any = parameter_value_to_python(message)
    if value is None:
        return ()
    return value if isinstance(value, bool | int | float | str) else tuple(value)


def _described(d: ParameterDescriptor, value: Value) -> Described:
    ranges = [*d.floating_point_range, *d.integer_range]
    low, high = (float(ranges[0].from_value), float(ranges[0].to_value)) if ranges else (0.0, 0.0)
    return Described(d.name, value, d.description, d.additional_constraints, low, high, d.read_only)
