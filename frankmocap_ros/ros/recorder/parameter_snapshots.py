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

"""The parameters that nodes have when an episode begins, as messages of ``/parameter_events``."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.node import Node

from frankmocap_ros.recording.parameter_event import parameter_event
from frankmocap_ros.ros.common.cached_service import CachedService

_PATIENCE_S: Final = 5.0
_MAX_NODES: Final = 32
_ALL: Final = ListParameters.Request(depth=ListParameters.Request.DEPTH_RECURSIVE)


class _Asked:
    """One node: first which parameters it has, then their values."""

    def __init__(self, node: Node, name: str, got: Callable[[str, bytes], None]) -> None:
        self._name, self._node, self._got = name, node, got
        self._names: list[str] = []
        self._list = CachedService(node, ListParameters, f"{name}/list_parameters", self._listed)
        self._get = CachedService(node, GetParameters, f"{name}/get_parameters", self._valued)

    def begin(self) -> None:
        """Forget what is known."""
        self._list.ask_now(_ALL)

    def ask(self) -> None:
        """Ask again where no answer came in a while: who is busy answers the newest request."""
        self._list.ask(_ALL)

    def close(self) -> None:
        self._list.close()
        self._get.close()

    def _listed(self) -> None:
        assert self._list.answer is not None
        self._names = list(self._list.answer.result.names)
        self._get.ask_now(GetParameters.Request(names=self._names))

    def _valued(self) -> None:
        assert self._get.answer is not None
        # zip: rclcpp sends no values where one of them is gone
        pairs = zip(self._names, self._get.answer.values, strict=False)
        now_ns = self._node.get_clock().now().nanoseconds
        self._got(self._name, parameter_event(now_ns, self._name, pairs))


class ParameterSnapshots:
    """Asks nodes for all their parameters when an episode begins; for the executor's thread.

    Args:
        node: who asks.
        take: is given the serialized message of each node.
    """

    def __init__(self, node: Node, take: Callable[[bytes], None]) -> None:
        self._node, self._take = node, take
        self._clients: dict[str, _Asked] = {}
        self._open: set[str] = set()
        self._told = False
        self._since_s = 0.0

    def know(self, nodes: Iterable[str]) -> None:
        """Prepare to ask nodes, which takes a moment; and ask those that have not answered yet.

        Args:
            nodes: full names; of those of an episode that came later the parameters are asked for as well.
                Hidden ones, whose names begin with an underscore, are left out.
        """
        for name in nodes:
            hidden = name.rpartition("/")[2].startswith("_")  # such as those of ros2cli, which come and go
            if hidden or not name.startswith("/"):
                continue
            if name not in self._clients and len(self._clients) < _MAX_NODES:
                self._clients[name] = _Asked(self._node, name, self._got)
                if self._since_s:
                    self._open.add(name)
        for name in self._open:
            self._clients[name].ask()
        if self._open and not self._told and time.monotonic() - self._since_s > _PATIENCE_S:
            self._told = True
            self._node.get_logger().warning(
                f"the episode lacks the parameters of {', '.join(sorted(self._open))} as yet: no answer for "
                f"{_PATIENCE_S:g} s; asking on"
            )

    def begin(self) -> None:
        """An episode begins: ask everybody."""
        self._since_s, self._told = time.monotonic(), False
        self._open = set(self._clients)
        for asked in self._clients.values():
            asked.begin()

    def end(self) -> None:
        """The episode ended."""
        self._since_s, self._open = 0.0, set()

    def _got(self, name: str, event: bytes) -> None:
        if name in self._open:
            self._open.discard(name)
            self._take(event)
