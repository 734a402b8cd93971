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

"""Topics that come and go while the node spins."""

import sys
import threading

import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String

from frankmocap_ros.ros.common.destroying import destroy_in_executor
from support.spinner import Spinner
from support.waiting import wait_until


def topics(ends):
    return [end.topic_name for end in ends]


def test_topics_come_and_go_beside_the_executor(context):
    """Destroyed by this thread, a handful of them were enough for InvalidHandle."""
    ours = context()
    node = Node("comes_and_goes", context=ours)
    for number in range(20):
        node.create_publisher(String, f"stays{number}", 1)
    node.create_timer(1e-4, lambda: None)
    spinner = Spinner(node, ours)
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(300):
            publisher = node.create_publisher(String, "comes_and_goes", 1)
            destroy_in_executor(node, node.destroy_publisher, publisher)
            subscription = node.create_subscription(String, "comes_and_goes", lambda _: None, 1)
            destroy_in_executor(node, node.destroy_subscription, subscription)
        wait_until(lambda: "/comes_and_goes" not in topics(node.publishers), "a publisher is left")
        wait_until(lambda: not topics(node.subscriptions), "a subscription is left")
    finally:
        sys.setswitchinterval(usual_s)
        spinner.close()
        node.destroy_node()


@pytest.mark.distribution
@pytest.mark.parametrize("executor", ["none", "shut down", "has let go of it"])
def test_without_an_executor_at_once(context, executor):
    """Jazzy's raised where it was shut down, and Kilted's never came to it."""
    ours = context()
    node = Node("alone", context=ours)
    if executor != "none":
        spun = SingleThreadedExecutor(context=ours)
        spun.add_node(node)
        spun.shutdown() if executor == "shut down" else spun.remove_node(node)
    called = []
    destroy_in_executor(node, lambda what: called.append((what, threading.current_thread())), "a topic")
    assert called == [("a topic", threading.current_thread())]
    node.destroy_node()
