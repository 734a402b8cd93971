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

"""A node that spins in a thread of its own."""

import threading
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from support.waiting import TIMEOUT_S


class Spinner:
    """A node that spins in a thread of its own; ``close`` tells what a callback raised.

    So it does of what another thread destroyed meanwhile: rclpy may raise InvalidHandle then, but seldom.
    """

    def __init__(self, node: Node, context: Context) -> None:
        self._elsewhere: list[str] = []
        for name in ("destroy_publisher", "destroy_subscription", "destroy_timer", "destroy_client"):
            setattr(node, name, partial(self._destroy, getattr(node, name)))
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(node)
        self._end = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        try:
            while not self._end.is_set():
                self._executor.spin_once(timeout_sec=0.2)
        except BaseException as error:
            self._error = error

    def _destroy(self, destroy: Callable[[Any], bool], what: Any) -> bool:
        if threading.current_thread() is not self._thread and not self._end.is_set():
            self._elsewhere.append("".join(traceback.format_stack()))
        return destroy(what)

    def close(self) -> None:
        if self._end.is_set():
            return  # a second time; rclpy 7.1 gives no more tasks to an executor that was shut down
        self._end.set()
        self._executor.create_task(lambda: None)  # ends spin_once, which waking alone does not
        self._thread.join(TIMEOUT_S)
        self._executor.shutdown()  # not before: it takes away what the thread waits on
        if self._error is not None:
            raise AssertionError("an exception left a callback") from self._error
        assert not self._elsewhere, f"destroyed outside of the executor's thread:\n{self._elsewhere[0]}"
