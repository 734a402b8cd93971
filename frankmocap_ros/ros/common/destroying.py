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

"""Topics end in the executor's thread."""

from collections.abc import Callable
from typing import TypeVar

from rclpy.node import Node

T = TypeVar("T")


def destroy_in_executor(node: Node, destroy: Callable[[T], object], what: T) -> None:
    """Have a publisher or subscription of a node destroyed in the thread that spins it; at once without one.

    An executor lists what it waits for, and takes hold of that a moment later. Where another thread destroys
    it in between, ``spin`` raises InvalidHandle (rclpy 9.1), and the node's process ends. An executor that
    has let go of the node runs no task for it, and one that was shut down raises (rclpy 7.1).

    Args:
        node: whose it is.
        destroy: the node's method for such; must not raise.
        what: the publisher or subscription.
    """
    executor = node.executor
    if executor is not None and node in executor.get_nodes():
        executor.create_task(destroy, what)
    else:
        destroy(what)
