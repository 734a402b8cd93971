"""SIGINT and SIGTERM end every process within 2 s with exit code 0."""

import os
import signal
import subprocess

import pytest
from diagnostic_msgs.msg import DiagnosticArray

LIMIT_S = 2.0
READY = {
    "frankmocap_node": "warmed up",
    "camera_node": "synthetic figure",
}
COMMANDS = {
    "frankmocap_node": ("frankmocap_node",),
    "camera_node": ("camera_node", "--ros-args", "-p", "source:=synthetic"),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_node_ends(program, peer, name, number):
    statuses = peer.listen(DiagnosticArray, "/diagnostics")
    node = program(*COMMANDS[name])
    statuses.wait()
    code, seconds = node.end(number)
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
