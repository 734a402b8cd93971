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

"""Camera, mocap node and gate on three computers, and a network that loses and delays packets."""

import json
import os
import statistics
import time
from dataclasses import dataclass

import pytest

from frankmocap_ros.msg import GateState
from frankmocap_ros.runtime.fastdds_profile import FAST_DDS_2, fast_dds, transport_variables
from frankmocap_ros.runtime.package_files import share_file
from support import network_observer
from support.namespaces import Link, Network
from support.program import Program, Programs
from support.waiting import wait_until

RATE_HZ, LEAST_HZ, TIME_S = 30.0, 27.0, 10.0
LINK = Link()  # as in docs/source/two_computers.md
MAX_AGE_S = 0.4
NAMES_OF_FAST_DDS_2 = {
    "heartbeat_period": "heartbeatPeriod",
    "nack_response_delay": "nackResponseDelay",
    "nack_supression_duration": "nackSupressionDuration",
    "heartbeat_response_delay": "heartbeatResponseDelay",
}


@dataclass
class Heard:
    """What one computer's observer hears."""

    program: Program

    def all(self, key: str, after_s: float = 0.0) -> list[dict]:
        """Messages with this key, since a time."""
        lines = self.program.text().rpartition("\n")[0].splitlines()
        messages = (json.loads(line) for line in lines if line.startswith("{"))
        return [message for message in messages if key in message and message["time_s"] > after_s]

    def state(self, wanted: int, after_s: float = 0.0) -> dict | None:
        """The gate's first message since a time with this state."""
        return next((m for m in self.all("state", after_s) if m["state"] == wanted), None)

    def messages(self, name: str, after_s: float) -> list[str]:
        """What a node's diagnostics said since a time."""
        return [m["message"] for m in self.all("status", after_s) if name in m["status"]]


@dataclass
class Computers:
    network: Network
    programs: list[Program]
    at_mocap: Heard
    at_gate: Heard


def quality(topic: str, side: str, depth: int = 10) -> list[str]:
    """Parameters that make a topic reliable, with so many messages to send again."""
    name = f"qos_overrides.{topic}.{side}"
    return ["-p", f"{name}.reliability:=reliable", "-p", f"{name}.depth:={depth}"]


@pytest.fixture
def computers(domain, tmp_path):
    """The camera on the first, the mocap node on the second, the gate on the third."""
    try:
        network = Network(3, LINK)
    except OSError as error:
        pytest.skip(f"no network of the test's own, which takes root and /dev/net/tun: {error}")
    profile = share_file("config", "fastdds_network.xml").read_text()
    if fast_dds(os.environ) is FAST_DDS_2:
        for new, old in NAMES_OF_FAST_DDS_2.items():
            profile = profile.replace(new, old)
    file = tmp_path / "profile.xml"
    file.write_text(profile)
    programs = Programs(domain, tmp_path)
    environment = {
        **transport_variables({}, str(file)), "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT"
    }  # fmt: skip

    def begin(n, command, *words):
        prefix = network.computers[n - 1].prefix
        return programs.begin(*command.split(), *words, prefix=prefix, **environment)

    try:
        nodes = [
            begin(
                1, "camera_node --ros-args -p source:=synthetic -p rate_hz:=30.0",
                *["-p", "raw:=false", "-p", "compressed:=true"],
                *quality("/image/compressed", "publisher"),
            ),
            begin(
                2, "frankmocap_node --ros-args -p estimator:=synthetic -p latency_budget_ms:=200.0",
                "-p", "image_transport:=compressed",
                *quality("/image/compressed", "subscription"), *quality("/frankmocap/bodies", "publisher"),
            ),
            begin(
                3, f"gate_node --ros-args -p reference:=home -p arming_s:=0.3 -p max_age_s:={MAX_AGE_S}",
                *quality("/frankmocap/bodies", "subscription"),
            ),
        ]  # fmt: skip
        observer = network_observer.__file__
        at_mocap = begin(2, "python", observer)
        at_gate = begin(3, "python", observer, "engage", "reliable")
        yield Computers(network, nodes, Heard(at_mocap), Heard(at_gate))
    finally:
        programs.end()
        network.close()


def rate_hz(messages: list[dict], count: int) -> float:
    return count / (messages[-1]["time_s"] - messages[0]["time_s"])


@pytest.mark.timed
def test_rates_ages_and_stalled_links(computers):
    network, at_mocap, at_gate = computers.network, computers.at_mocap, computers.at_gate
    wait_until(lambda: at_gate.state(GateState.ENGAGED), "the gate engages")
    start_s = time.time()
    wait_until(lambda: time.time() > start_s + TIME_S, "enough messages")

    here, dropped = at_mocap.all("stamp_s", start_s), at_mocap.all("dropped", start_s)
    processed = here[-1]["sequence"] - here[0]["sequence"]
    received_hz = rate_hz(here, processed + dropped[-1]["dropped"] - dropped[0]["dropped"])
    assert LEAST_HZ < received_hz < RATE_HZ + 1.0
    there = at_gate.all("stamp_s", start_s)
    assert rate_hz(there, len(there) - 1) > 0.9 * LEAST_HZ
    least_ms = 1e3 * (LINK.delay_s - LINK.jitter_s)
    assert min(m["transport_ms"] for m in dropped) > least_ms
    assert min(m["age_ms"] for m in there) > 2 * least_ms
    assert statistics.median(m["age_ms"] for m in there) < 1e3 * MAX_AGE_S / 2
    assert network.lost > 0.01 * network.passed

    print(
        f"images {received_hz:.1f} Hz, processed {rate_hz(here, processed):.1f} Hz, "
        f"at the gate {rate_hz(there, len(there) - 1):.1f} Hz, "
        f"{statistics.median(m['age_ms'] for m in there):.0f} ms old, "
        f"{network.lost} packets lost, {network.passed} not"
    )

    camera, mocap, _ = network.computers
    for computer in (camera, mocap):
        wait_until(lambda: at_gate.all("state")[-1]["state"] == GateState.ENGAGED, "the gate follows")
        stall_s = time.time()
        network.stall(computer)
        held = wait_until(lambda since_s=stall_s: at_gate.state(GateState.HOLD, since_s), "the gate holds")
        assert held["reason"].startswith("the last bodies are 0.4")
        assert (
            "check who publishes frankmocap/bodies, the link to it, and the load of the computers"
            in held["reason"]
        )
        let_go = wait_until(
            lambda since_s=stall_s: at_gate.state(GateState.DISENGAGED, since_s), "the gate lets go"
        )
        assert let_go["reason"].startswith("the last bodies are 0.4")
        wait_until(
            lambda since_s=stall_s: any(
                "/frankmocap/bodies" in m["answer"] for m in at_gate.all("answer", since_s)
            ),
            "a refusal that names the topic",
        )
        if computer is camera:  # the mocap node is heard, and says what it lacks
            wait_until(
                lambda since_s=stall_s: any(
                    "no image on /image/compressed" in m for m in at_gate.messages("frankmocap", since_s)
                ),
                "the mocap node names the link",
            )
        else:  # it is not heard at all
            since_s = time.time()
            wait_until(
                lambda since_s=since_s: at_gate.messages("gate", since_s), "the gate's own diagnostics"
            )
            assert not at_gate.messages("frankmocap", since_s)
        network.resume(computer)
    wait_until(lambda: at_gate.all("state")[-1]["state"] == GateState.ENGAGED, "the gate follows again")
    for program in computers.programs:
        assert "XMLPARSER" not in program.text()
        assert "clock" not in program.text(), "delay and jitter are no difference of clocks"
