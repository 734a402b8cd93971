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

"""What is used of rclpy and not documented: on which versions it was tried, and that it does what it says."""

import threading
import time
from importlib import metadata

import pytest
import rclpy
from rcl_interfaces.srv import ListParameters
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message
from std_msgs.msg import String

from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.ros.common.rclpy_internals import (
    KNOWN_VERSIONS,
    LaterAnswer,
    given_parameters,
    ros_runs,
    take_message,
    take_with_info,
    wrap_services,
)
from support.peer import Peer
from support.spinner import Spinner
from support.versions import require_known
from support.waiting import wait_until

pytestmark = pytest.mark.distribution


def test_this_rclpy_is_one_that_it_is_known_to_work_with():
    require_known("rclpy", metadata.version("rclpy"), KNOWN_VERSIONS, "ros/common/rclpy_internals.py")


@pytest.fixture
def node(context):
    node = Node("node", context=context(), parameter_overrides=[Parameter("never_declared", value=1)])
    yield node
    node.destroy_node()


def test_parameters_that_were_given_are_known_without_being_declared(node):
    assert "never_declared" in given_parameters(node)
    assert not node.has_parameter("never_declared")


def test_ros_runs_until_its_context_ends(node):
    assert ros_runs(node)
    rclpy.shutdown(context=node.context)
    assert not ros_runs(node)


@pytest.mark.parametrize("raw", [False, True], ids=["message", "bytes"])
def test_messages_are_taken_without_an_executor(node, raw):
    subscription = node.create_subscription(String, "words", lambda _: None, incoming(2), raw=raw)
    assert take_message(subscription) is None
    publisher = node.create_publisher(String, "words", 2)
    wait_until(publisher.get_subscription_count)
    wait_until(subscription.get_publisher_count)
    sent = String(data="hello")
    publisher.publish(sent)
    taken = wait_until(lambda: take_message(subscription))
    assert taken == (serialize_message(sent) if raw else sent)
    assert take_message(subscription) is None


def test_messages_come_with_what_the_middleware_knows_of_them(node):
    subscription = node.create_subscription(String, "words", lambda _: None, incoming(2), raw=True)
    publisher = node.create_publisher(String, "words", 2)
    wait_until(publisher.get_subscription_count)
    wait_until(subscription.get_publisher_count)
    before_ns = time.time_ns()
    publisher.publish(String(data="hello"))
    taken = wait_until(lambda: take_with_info(subscription))
    assert taken[0] == serialize_message(String(data="hello"))
    source_ns, received_ns = taken[1]["source_timestamp"], taken[1]["received_timestamp"]
    assert before_ns <= source_ns <= received_ns <= time.time_ns()


def test_services_that_rclpy_made_are_answered_by_another_callback(node, context):
    group = MutuallyExclusiveCallbackGroup()
    asked = []

    def wrap(plain):
        def answer(request, response):
            asked.append(plain(request, response).result.names)
            return response

        return answer

    wrap_services(node, ListParameters, wrap, group)
    peer = Peer(context(), name="node")
    spinners = Spinner(node, node.context), Spinner(peer.node, peer.node.context)
    answer = peer.call(ListParameters, "list_parameters", ListParameters.Request())
    for spinner in spinners:
        spinner.close()
    peer.node.destroy_node()
    assert asked == [answer.result.names] and "use_sim_time" in answer.result.names


def test_another_threads_answer_is_awaited_beside_the_executor(node):
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    later, heard = LaterAnswer(node), []

    async def wait():
        heard.append(await later)

    executor.create_task(wait)
    executor.spin_once(timeout_sec=0.0)
    thread = threading.Thread(target=later.give, args=("here",))
    thread.start()
    wait_until(lambda: executor.spin_once(timeout_sec=1.0) or heard)
    thread.join()
    assert heard == ["here"]
    executor.shutdown()


def test_an_answer_after_the_executors_end_raises_in_no_thread(node):
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    later = LaterAnswer(node)
    executor.shutdown()
    later.give("late")
    with pytest.raises(StopIteration) as returned:
        next(later.__await__())
    assert returned.value.value == "late"
