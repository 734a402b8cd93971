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

"""What this package takes for granted of a ROS distribution; the Makefile runs it on several."""

import importlib.util
import os
import sys
from importlib import metadata
from pathlib import Path

import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from support.paths import ROOT

pytestmark = pytest.mark.distribution

TIMEOUT_S = 30.0


@pytest.fixture
def ros_wheels(monkeypatch):
    """The tables of the build."""
    folder = ROOT / "build_backend"
    monkeypatch.syspath_prepend(folder)
    import ros_wheels

    yield ros_wheels
    sys.modules.pop("ros_wheels")


def test_it_runs_on_the_wheels_that_are_asked_for(ros_wheels):
    """Else two runs on one distribution would pass for two distributions."""
    try:
        installed = metadata.version("ros-rclpy")
    except metadata.PackageNotFoundError:
        pytest.skip("rclpy is a distribution's own, not a wheel's")
    column = ros_wheels.DISTRIBUTIONS.index(ros_wheels.distribution(os.environ))
    wanted = ros_wheels.RUN_WHEELS["rclpy[fastrtps]"][column]
    assert installed.split(".")[:2] == wanted.split(".")[:2]


def test_all_of_ros_is_this_environments_own():
    """What another one lends (``support/lent_packages.py``) must not bring its distribution along."""
    own = Path(sys.prefix).resolve()
    wheels = [found for found in metadata.distributions() if found.metadata["Name"].startswith("ros-")]
    if not wheels:
        pytest.skip("ROS is a distribution's own, not a wheel's")
    strange = [str(found.locate_file("")) for found in wheels if not _is_below(found, own)]
    assert strange == []
    modules = ("rclpy", "rcl_interfaces", "rosidl_parser", "ament_index_python", "frankmocap_ros")
    for origin in (importlib.util.find_spec(name).origin for name in modules):
        assert Path(origin).resolve().is_relative_to(own), origin


def _is_below(found, folder):
    return Path(found.locate_file("")).resolve().is_relative_to(folder)


class Failing(Node):
    """A node one of whose callbacks raises, and a client that has it called."""

    def __init__(self, context, what):
        super().__init__("failing", context=context)
        self.declare_parameter("p", 1)
        services = {"service": self.fail, "coroutine": self.fail_later}
        self.create_service(Trigger, "~/trigger", services.get(what, lambda _, response: response))
        if what == "timer":
            self.create_timer(0.001, self.fail)
        adders = {
            "parameters before": self.add_pre_set_parameters_callback,
            "parameters check": self.add_on_set_parameters_callback,
            "parameters after": self.add_post_set_parameters_callback,
        }
        setting = what in adders
        if setting:
            adders[what](self.fail)
        kind, name = (SetParameters, "~/set_parameters") if setting else (Trigger, "~/trigger")
        client = self.create_client(kind, name)
        assert client.wait_for_service(TIMEOUT_S)
        request = kind.Request()
        if setting:
            request.parameters = [Parameter("p", value=2).to_parameter_msg()]
        answer = client.call_async(request)
        if what == "answer":
            answer.add_done_callback(self.fail)

    def fail(self, *_):
        raise ZeroDivisionError("oh")

    async def fail_later(self, *_):
        self.fail()


@pytest.mark.parametrize(
    "what",
    [
        "timer",
        "service",
        "coroutine",
        "answer",
        *(f"parameters {when}" for when in ("before", "check", "after")),
    ],
)
def test_what_a_callback_raises_comes_out_of_spinning(context, what):
    """So that ``run_node`` ends in words; only lifecycle transitions need words of their own."""
    ours = context()
    node = Failing(ours, what)
    executor = SingleThreadedExecutor(context=ours)
    executor.add_node(node)
    with pytest.raises(ZeroDivisionError):
        for _ in range(100):
            executor.spin_once(timeout_sec=TIMEOUT_S / 100)
    executor.shutdown()
    node.destroy_node()
