"""Camera, mocap node and gate on three computers, with a network between them that loses and delays packets."""

import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from frankmocap_ros.msg import GateState
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.runtime.package_files import share_file
from support import network_observer
from support.namespaces import Link, Network
from support.program import Programs
from support.waiting import wait_until

RATE_HZ, TIME_S = 30.0, 10.0
LINK = Link()
RELIABLE = "qos_overrides./image/compressed.{}.reliability:=reliable"
DEPTH = "qos_overrides./image/compressed.{}.depth:=10"


@dataclass
class Observer:
    """What was heard on one computer."""

    output: Path

    def heard(self, key: str) -> list[dict]:
        """All messages with this key so far."""
        whole = self.output.read_text().rpartition("\n")[0].splitlines()
        return [line for line in map(json.loads, (w for w in whole if w.startswith("{"))) if key in line]

    def state(self) -> int | None:
        states = self.heard("state")
        return states[-1]["state"] if states else None


@dataclass
class Computers:
    network: Network
    observer: Observer


def words(**parameters: object) -> list[str]:
    return [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]


@pytest.fixture
def computers(domain, tmp_path):
    """Camera on the first, mocap node on the second, gate and observer on the third."""
    try:
        network = Network(3, LINK)
    except OSError as error:
        pytest.skip(f"this kernel lets a test make no network of its own: {error}")
    programs = Programs(domain, tmp_path)
    environment = {
        **transport_variables({}, str(share_file("config", "fastdds_network.xml"))),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT",
    }

    def begin(n, *command):
        prefix = network.computers[n - 1].prefix
        return programs.begin(*command, prefix=prefix, **environment)

    begin(
        1, "camera_node", "--ros-args", *words(source="synthetic", rate_hz=RATE_HZ, raw=False, compressed=True),
        "-p", RELIABLE.format("publisher"), "-p", DEPTH.format("publisher"),
    )  # fmt: skip
    begin(
        2, "frankmocap_node", "--ros-args", *words(estimator="synthetic", image_transport="compressed"),
        "-p", RELIABLE.format("subscription"), "-p", DEPTH.format("subscription"),
    )  # fmt: skip
    begin(3, "gate_node", "--ros-args", *words(reference="home", arming_s=0.3, max_age_s=MAX_AGE_S))
    observer = begin(3, "python", network_observer.__file__, "engage")
    yield Computers(network, Observer(observer.output))
    programs.end()
    network.close()


MAX_AGE_S = 0.4


def test_rates_ages_and_a_stalled_link(computers):
    observer = computers.observer
    wait_until(lambda: observer.state() == GateState.ENGAGED, 60)
    time.sleep(TIME_S)
    print(json.dumps(observer.heard("stamp_s")[-300:][:5]))
