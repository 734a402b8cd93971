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

"""An exception in a node's own thread shows in its log and its diagnostics; only the thread knows of it."""

from contextlib import ExitStack

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import Log
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile

from frankmocap_ros.msg import GateState
from frankmocap_ros.ros.camera import camera_loop
from frankmocap_ros.ros.camera.camera_node import CameraNode
from frankmocap_ros.ros.robot_sim.robot_sim_node import RobotSimNode
from frankmocap_ros.ros.view.view_node import ViewNode
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.simulation.simulation import Simulation
from frankmocap_ros.viewer.web import Web
from support.spinner import Spinner

pytestmark = pytest.mark.distribution

KEPT = QoSProfile(depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""What was logged before the node and its listener knew of each other comes too."""


def oh(*_):
    raise ZeroDivisionError("oh")


@pytest.fixture
def begin(context):
    """Starts a node of a class, with parameters."""
    with ExitStack() as stack:

        def start(kind, **parameters):
            theirs = context()
            node = kind(
                context=theirs, parameter_overrides=[Parameter(k, value=v) for k, v in parameters.items()]
            )
            stack.callback(node.destroy_node)
            stack.callback(Spinner(node, theirs).close)

        yield start


def logged(log):
    """The words of the first error that has a traceback."""
    return log.wait(lambda msg: msg.level >= 40 and "Traceback" in msg.msg).msg


def failed(diagnostics):
    """The words of the first status that is an error."""
    return diagnostics.wait(lambda msg: msg.status[0].level == DiagnosticStatus.ERROR).status[0].message


def test_a_camera_goes_on_trying(begin, peer, monkeypatch):
    log, diagnostics = peer.listen(Log, "/rosout", KEPT), peer.listen(DiagnosticArray, "/diagnostics")
    monkeypatch.setattr(camera_loop, "open_source", oh)
    begin(CameraNode, source="synthetic", wait_for_source=True)
    assert "ZeroDivisionError: oh" in logged(log)
    assert "ZeroDivisionError: oh; retrying in " in failed(diagnostics)


def test_a_simulated_robot_is_to_be_restarted(begin, peer, monkeypatch):
    pytest.importorskip("mujoco", reason="mujoco is not installed")
    log, diagnostics = peer.listen(Log, "/rosout", KEPT), peer.listen(DiagnosticArray, "/diagnostics")
    begin(RobotSimNode)
    monkeypatch.setattr(Simulation, "advance", oh)
    assert "ZeroDivisionError: oh" in logged(log)
    assert "the robot failed; restart it: ZeroDivisionError: oh" in failed(diagnostics)


def test_a_gate_is_in_fault(gate, monkeypatch):
    g = gate()
    log, diagnostics = g.listen(Log, "/rosout", KEPT), g.listen(DiagnosticArray, "/diagnostics")
    monkeypatch.setattr(Controller, "tick", oh)
    assert "ZeroDivisionError: oh" in g.until("FAULT", after=0).reason
    assert "the gate failed: Traceback" in logged(log)
    reason = g.wait(diagnostics, lambda msg: msg.status[0].level == DiagnosticStatus.ERROR).status[0].message
    assert "ZeroDivisionError: oh" in reason
    assert g.states.messages[-1].state == GateState.FAULT


def test_a_view_goes_on_drawing(begin, peer, port, monkeypatch):
    """It has no diagnostics: whoever looks at the page sees that nothing moves, and finds why in the log."""
    log = peer.listen(Log, "/rosout", KEPT)
    with monkeypatch.context() as patch:
        patch.setattr(Web, "viewers", property(oh))
        begin(ViewNode, port=port)
        assert "ZeroDivisionError: oh" in logged(log)
