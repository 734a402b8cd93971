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

"""SIGINT and SIGTERM end every process within 2 s with exit code 0."""

import os
import signal
import subprocess
import time

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image

from frankmocap_ros.msg import BodyPoseArray

LIMIT_S = 2.0
COMMANDS = {
    "frankmocap": ("frankmocap_node",),
    "camera": ("camera_node", "--ros-args", "-p", "source:=synthetic"),
}

pytestmark = pytest.mark.timed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_node_ends(program, peer, number):
    statuses = peer.listen(DiagnosticArray, "/diagnostics")
    nodes = {name: program(*command) for name, command in COMMANDS.items()}
    for name, node in nodes.items():
        statuses.wait(lambda msg, name=name: msg.status[0].name.startswith(f"{name}: "))
        code, seconds = node.end(number)
        assert code == 0, node.text()
        assert seconds < LIMIT_S
        assert "Traceback" not in node.text()


@pytest.mark.parametrize(
    ("number", "twice"),
    [(signal.SIGTERM, False), (signal.SIGINT, True)],
    ids=["SIGTERM-once", "SIGINT-twice"],
)
def test_a_node_at_work_ends(program, peer, number, twice):
    """Whatever the node is doing with images just then; an impatient second signal changes nothing."""
    bodies = peer.listen(BodyPoseArray, "/frankmocap/bodies")
    parameters = ("estimator:=synthetic", "max_image_age_s:=0.0")
    node = program("frankmocap_node", "--ros-args", *(word for p in parameters for word in ("-p", p)))
    publisher = peer.publisher(Image, "image")
    timer = peer.node.create_timer(0.005, lambda: publisher.publish(peer.image()))
    bodies.next()
    bodies.next()
    if twice:
        node.process.send_signal(number)
    code, seconds = node.end(number)
    timer.cancel()
    assert code == 0, node.text()
    assert seconds < LIMIT_S
    assert "Traceback" not in node.text()


STARTING = """
import sys, time
from frankmocap_ros.cli.executables import frankmocap_node
from frankmocap_ros.estimators import registry
from frankmocap_ros.estimators.synthetic import SyntheticEstimator


class Slow(SyntheticEstimator):
    def warm_up(self):
        print("warming up", flush=True)
        time.sleep(0.5)


registry.ESTIMATORS["blazepose"] = lambda *_: Slow()
sys.exit(frankmocap_node())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_node_that_warms_up_ends(program, peer, number):
    node = program("python", "-c", STARTING)
    peer.wait_until(lambda: "warming up" in node.text())
    code, seconds = node.end(number)
    assert code == 0, node.text()
    assert seconds < LIMIT_S
    assert "Traceback" not in node.text()


@pytest.mark.parametrize("later_s", [0.0, 0.1, 0.2])
def test_a_node_that_loads_its_model_ends(program, peer, later_s):
    """Libraries are at work in threads of their own just then, in which Python would crash at its end."""
    node = program("frankmocap_node")
    peer.wait_until(lambda: "auto selects" in node.text())
    time.sleep(later_s)  # within the second that loading takes: there is nothing to wait for
    code, seconds = node.end(signal.SIGINT)
    assert code == 0, node.text()
    assert seconds < LIMIT_S
    assert "Traceback" not in node.text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_the_demo_ends_with_its_nodes(program, peer, number):
    statuses = peer.listen(DiagnosticArray, "/diagnostics")
    demo = program("frankmocap_ros", "demo", "--source", "synthetic", "--estimator", "synthetic")
    statuses.wait(lambda msg: "tracking 1 person" in msg.status[0].message)
    children = subprocess.run(
        ["pgrep", "-P", str(demo.process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(children) == 2
    code, seconds = demo.end(number)
    assert code == 0, demo.text()
    assert seconds < LIMIT_S + 1.0  # the nodes' own two seconds, then the demo's
    assert "Traceback" not in demo.text()
    assert not any(os.path.exists(f"/proc/{child}") for child in children)
