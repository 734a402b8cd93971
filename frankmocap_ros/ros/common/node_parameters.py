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

"""Parameters of other nodes, as far as these can be asked; nobody waits for them."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

from frankmocap_ros.ros.common.cached_service import CachedService

_MAX_NODES: Final = 16
_UNUSED_S: Final = 10.0  # a node that nobody asked about for longer is forgotten


class _Asked:
    """One node that is asked: which parameters it has, then the values of those that are wanted.

    A node of rclcpp answers a request for one parameter that it lacks with no values at all, so that only
    those are requested that it lists.
    """

    def __init__(self, node: Node, name: str, wanted: Callable[[str], bool]) -> None:
        self.values: dict[str, Any] | None = None
        self.used_s = time.monotonic()
        self._wanted = wanted
        self._names: tuple[str, ...] = ()
        self._list = CachedService(node, ListParameters, f"{name}/list_parameters", self._listed)
        self._get = CachedService(node, GetParameters, f"{name}/get_parameters", self._got)

    def ask(self) -> None:
        self.used_s = time.monotonic()
        self._list.ask(ListParameters.Request(depth=ListParameters.Request.DEPTH_RECURSIVE))
        if self._list.answer is None:
            self.values = None

    def close(self) -> None:
        self._list.close()
        self._get.close()

    def _listed(self) -> None:
        names = self._list.answer.result.names if self._list.answer is not None else ()
        self._names = tuple(name for name in names if self._wanted(name))
        self._get.ask_now(GetParameters.Request(names=list(self._names)))

    def _got(self) -> None:
        values = self._get.answer.values if self._get.answer is not None else ()
        if len(values) == len(self._names):
            self.values = dict(zip(self._names, map(parameter_value_to_python, values), strict=True))


class NodeParameters:
    """Asks nodes for their parameters every few seconds, as long as they are used. For the executor's thread.

    Args:
        node: who asks.
        wanted: whether the value of a parameter of this name is wanted.
    """

    def __init__(self, node: Node, wanted: Callable[[str], bool]) -> None:
        self._own = node.get_fully_qualified_name()
        self._start = partial(_Asked, node, wanted=wanted)
        self._asked: dict[str, _Asked] = {}

    def of(self, name: str) -> Mapping[str, Any] | None:
        """Values by name of what was wanted and is there; None where that is not known, or not yet.

        Args:
            name: full name of a node.
        """
        now_s = time.monotonic()
        for old in [name for name, asked in self._asked.items() if now_s - asked.used_s > _UNUSED_S]:
            self._asked.pop(old).close()
        if name not in self._asked:
            if not name.startswith("/") or name == self._own or len(self._asked) >= _MAX_NODES:
                return None
            self._asked[name] = self._start(name)
        asked = self._asked[name]
        asked.ask()
        return asked.values
