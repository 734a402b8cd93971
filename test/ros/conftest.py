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

"""Fixtures of tests with nodes; the classes behind them are in ``test/support``."""

import gc
import importlib
import importlib.util
import itertools
import os
import socket
import sys
from contextlib import ExitStack
from typing import Any

import pytest
import rclpy
from rclpy.context import Context
from rclpy.parameter import Parameter

from frankmocap_ros.estimators import registry
from frankmocap_ros.ros.gate.gate_node import GateNode
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from support.clocks import RealClocks, SteppedClocks
from support.domain import free_domain
from support.gate import RELIABLE, Gate, Operator
from support.held_call import HeldCall
from support.peer import Peer
from support.probe import Probe
from support.program import Programs
from support.spinner import Spinner
from support.standin_packages import NAMES, loaded
from support.system import System

_PROGRAMS = pytest.StashKey[Programs]()
_SYSTEMS = itertools.count(1)  # tests with a node, so far


@pytest.fixture(scope="session")
def domains():
    """Numbers from 1 to 100, over and over; processes begin at different ones.

    Processes of one run have numbers of their own: a node may outlive its test by a moment (see ``start``).
    """
    numbers = range(1, 101)
    if "PYTEST_XDIST_WORKER" in os.environ:
        worker = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
        numbers = numbers[worker :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]
    return itertools.islice(itertools.cycle(numbers), os.getpid() % len(numbers), None)


@pytest.fixture
def domain(domains):
    """A ROS domain that no other test of this machine uses now, nor the one before of this process."""
    with free_domain(domains) as number:
        yield number


@pytest.fixture
def context(domain):
    """Makes contexts in the test's domain."""
    with ExitStack() as stack:

        def make(args: list[str] | None = None) -> Context:
            context = Context()
            rclpy.init(args=args, context=context, domain_id=domain)
            stack.callback(context.try_shutdown)
            return context

        yield make


@pytest.fixture
def probe(monkeypatch):
    """The estimator of every node that this test makes."""
    probe = Probe()
    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", probe.make)
    return probe


@pytest.fixture
def start(context):
    """Starts a node and a peer: ``start(smoothing="none", ...)``.

    Parameters with dots: ``overrides``. What the node's process would be given: ``arguments``.

    Without other words images of any age are taken, nothing is left out because the machine is busy,
    diagnostics come every 0.1 s, and bones are the estimator's.
    """
    gc.freeze()  # a node that becomes active looks for garbage: only among what this test makes
    with ExitStack() as stack:

        def begin(
            overrides: dict[str, Any] | None = None, arguments: list[str] | None = None, **parameters: Any
        ) -> System:
            values = {
                "max_image_age_s": 0.0, "latency_budget_ms": 10_000.0, "diagnostics_period_s": 0.1,
                "bones": "network", **parameters, **(overrides or {}),
            }  # fmt: skip
            theirs, ours = context(arguments), context()
            node = MocapNode(
                context=theirs, parameter_overrides=[Parameter(k, value=v) for k, v in values.items()]
            )
            stack.callback(node.destroy_node)
            stack.callback(Spinner(node, theirs).close)
            system = System(node, ours)
            stack.callback(system.node.destroy_node)
            stack.callback(Spinner(system.node, ours).close)
            return system

        yield begin
    # a lifecycle node keeps its DDS participant until Python drops it, and Fast DDS only looks for some
    # tens of participants a machine
    gc.unfreeze()
    if next(_SYSTEMS) % 2 == 0:
        gc.collect()


@pytest.fixture
def gate(context):
    """Starts a gate, by default one whose robot is at home, with an operator before the camera.

    Its time passes as the test says; with ``clocks=RealClocks()`` by itself.
    """
    with ExitStack() as stack:

        def begin(operator=True, clocks=None, **parameters):
            values = {"reference": "home", "arming_s": 0.3, **RELIABLE, **parameters}
            theirs, ours, clocks = context(), context(), clocks or SteppedClocks()
            node = GateNode(
                None if isinstance(clocks, RealClocks) else clocks,
                context=theirs,
                parameter_overrides=[Parameter(k, value=v) for k, v in values.items()],
            )
            stack.callback(node.destroy_node)
            stack.callback(clocks.end)
            stack.callback(Spinner(node, theirs).close)
            gate = Gate(node, ours, clocks)
            stack.callback(gate.node.destroy_node)
            stack.callback(Spinner(gate.node, ours).close)
            if operator:
                gate.operator = Operator(gate)
            return gate

        yield begin


@pytest.fixture
def elsewhere(context):
    """Another process, as good as: makes peers whose nodes have a name."""
    with ExitStack() as stack:

        def make(name):
            ours = context()
            peer = Peer(ours, node_name=name)
            stack.callback(peer.node.destroy_node)
            stack.callback(Spinner(peer.node, ours).close)
            return peer

        yield make


@pytest.fixture(scope="session")
def standins(tmp_path_factory):
    """Modules of ROS packages that PyPI does not have, not importable by name: see ``distribution``."""
    return loaded(tmp_path_factory.mktemp("standins"))


@pytest.fixture
def distribution(standins, monkeypatch):
    """As if they were installed; before a node starts, so that they still are when it ends.

    What is installed, such as the real tf2 on a ROS distribution, is taken as it is.
    """
    installed = {name for name in NAMES if importlib.util.find_spec(name)}
    for name, module in standins.items():
        if name.partition(".")[0] not in installed:
            monkeypatch.setitem(sys.modules, name, module)
    return {name: importlib.import_module(name) for name in standins}


@pytest.fixture
def tf(distribution):
    """The message of TF, as if its packages were installed; before ``start``."""
    return distribution["tf2_msgs.msg"].TFMessage


@pytest.fixture
def list_controllers(standins, monkeypatch):
    """ros2_control's service, as if it were installed; before ``gate``, which looks whether it is."""
    for name, module in standins.items():
        if name.startswith("controller_manager_msgs"):
            monkeypatch.setitem(sys.modules, name, module)
    return standins["controller_manager_msgs.srv"].ListControllers


@pytest.fixture
def held_call():
    """A call that holds up whoever makes it, until the test lets it return or ends."""
    held = HeldCall()
    yield held
    held.go_on.set()


@pytest.fixture
def port():
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def program(domain, tmp_path, request):
    """Starts an installed console script in the test's domain."""
    programs = request.node.stash[_PROGRAMS] = Programs(domain, tmp_path)
    yield programs.begin
    programs.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Show what a test's processes said, where it failed."""
    report = yield
    if report.failed and _PROGRAMS in item.stash:
        report.sections += item.stash[_PROGRAMS].said()
    return report


@pytest.fixture
def peer(context):
    """A peer without a node of its own, for processes."""
    ours = context()
    peer = Peer(ours)
    spinner = Spinner(peer.node, ours)
    yield peer
    spinner.close()
    peer.node.destroy_node()
