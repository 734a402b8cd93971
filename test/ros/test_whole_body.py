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

"""The whole body out of the gate's node: to GEAR-SONIC over real ZMQ, and to General Motion Retargeting."""

import itertools
import json
import socket
import sys
import time

import numpy as np
import pytest
import zmq
from std_msgs.msg import String

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.errors import MissingDependencyError, SettingError
from frankmocap_ros.geometry.rotation import quat_to_matrix
from frankmocap_ros.msg import GateState
from frankmocap_ros.ros.gate.body_outputs import SonicSocket
from frankmocap_ros.settings.gate import GateSettings
from support.sonic_reader import read_packet
from support.waiting import TIMEOUT_S


def free_endpoint():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{one.getsockname()[1]}"


class Subscriber:
    """GEAR-SONIC's side: a SUB socket that asks for the topic ``pose``."""

    def __init__(self, endpoint):
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"pose")
        self.socket.connect(endpoint)
        self.packets = []

    def collect(self):
        """All that has come."""
        while self.socket.poll(20):
            parts = self.socket.recv_multipart()
            assert len(parts) == 1, "one part: with more, ZMQ's conflate could not be used"
            self.packets.append(read_packet(parts[0]))
        return self.packets

    def close(self):
        self._context.destroy(linger=0)


@pytest.fixture
def subscriber(request):
    def begin(endpoint):
        one = Subscriber(endpoint)
        request.addfinalizer(one.close)
        return one

    return begin


def until_a_packet(g, sonic):
    end_s = time.monotonic() + TIMEOUT_S
    while not sonic.collect():
        assert time.monotonic() < end_s, "no packet came"
        g.advance(0.1)


def test_packets_come_while_following_and_their_numbers_go_on(gate, subscriber):
    endpoint = free_endpoint()
    g = gate(sonic_endpoint=endpoint)
    sonic = subscriber(endpoint)
    g.seen()
    g.advance(0.5)
    assert sonic.collect() == [], "nobody has asked"
    g.engaged()
    until_a_packet(g, sonic)
    for _ in range(20):
        g.advance(0.1)
        sonic.collect()
    followed = len(sonic.packets)
    assert followed > 50
    indices = [p.frame_index for p in sonic.packets]
    assert all(list(index) == list(range(index[0], index[0] + 5)) for index in indices)
    # one more each time; where the machine is busy, ZMQ may drop a packet
    assert all(a[0] < b[0] for a, b in itertools.pairwise(indices))
    g.engage(False)
    g.until("DISENGAGED")
    sonic.collect()
    count = len(sonic.packets)
    g.advance(0.5)
    assert len(sonic.collect()) == count, "silence"
    before = sonic.packets[-1]
    g.engaged()
    end_s = time.monotonic() + TIMEOUT_S
    while len(sonic.collect()) == count:
        assert time.monotonic() < end_s
        g.advance(0.1)
    after = sonic.packets[count]
    assert after.frame_index[0] == before.frame_index[-1] + 1, "a receiver sees no gap"
    moved = np.linalg.norm(np.array(after.smpl_joints[0]) - np.array(before.smpl_joints[-1]), axis=1)
    assert moved.max() < 0.02
    assert np.dot(after.body_quat[0], before.body_quat[-1]) > np.cos(np.radians(1.0))


def test_a_lost_operator_is_held_for_sonic_and_not_for_gmr(gate, subscriber):
    endpoint = free_endpoint()
    g = gate(sonic_endpoint=endpoint, gmr=True)
    sonic, gmr = subscriber(endpoint), g.listen(String, "/gate/gmr", 10)
    g.engaged()
    until_a_packet(g, sonic)
    g.wait(gmr, lambda _: True)
    g.operator.operator_id = 2
    g.until("HOLD")
    sonic.collect()
    count, records = len(sonic.packets), len(gmr)
    g.advance(0.3)
    assert g.states.messages[-1].state == GateState.HOLD
    held = sonic.collect()[count:]
    assert len(held) > 5
    assert len(gmr) <= records + 1
    g.until("DISENGAGED")


def test_gmr_has_what_process_writes(gate):
    g = gate(gmr=True)
    g.engaged()
    gmr = g.listen(String, "/gate/gmr", 10)
    message = g.wait(gmr, lambda _: True)
    record = json.loads(message.data)
    assert set(record) == {"time_s", "id", "joints"}
    assert record["id"] == 1
    assert record["time_s"] == pytest.approx(1e-9 * g.clocks.ros_ns(), abs=0.5)
    assert set(record["joints"]) == set(BODY.names) - {"left_hand", "right_hand"}
    position, (w, x, y, z) = record["joints"]["pelvis"]
    assert position[2] > 0.7, "z is up, and the floor is zero"
    up = quat_to_matrix(np.array([x, y, z, w]))[:, 1]
    assert up[2] > 0.99, "SMPL's y shows up"


def test_nobody_who_listens_costs_nothing(gate, monkeypatch):
    made = []
    monkeypatch.setattr(
        "frankmocap_ros.teleop.controller.Controller.whole_body", lambda *args: made.append(args)
    )
    g = gate(gmr=True)
    g.engaged()
    g.advance(0.5)
    assert made == []


def test_an_address_that_is_taken_is_told():
    endpoint = free_endpoint()
    one = SonicSocket(endpoint)
    with pytest.raises(SettingError, match=r"cannot be bound \(Address already in use.*choose a port"):
        SonicSocket(endpoint)
    one.close()


def test_without_pyzmq_the_next_step_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "zmq", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'frankmocap_ros\[zmq\]'"):
        SonicSocket("tcp://127.0.0.1:5556")


def test_a_subscriber_that_does_not_read_never_blocks_the_gate(subscriber):
    endpoint = free_endpoint()
    one = SonicSocket(endpoint)
    slow = subscriber(endpoint)
    slow.socket.setsockopt(zmq.RCVHWM, 1)
    packet = b"pose" + bytes(100_000)
    end_s = time.monotonic() + TIMEOUT_S
    while not slow.socket.poll(10):  # connected
        assert time.monotonic() < end_s
        one.send(packet)
    longest_s = 0.0
    for _ in range(2000):  # 200 MB, far more than any buffer between the two holds
        begun_s = time.monotonic()
        one.send(packet)
        longest_s = max(longest_s, time.monotonic() - begun_s)
    assert longest_s < 0.2
    one.close()


@pytest.mark.parametrize("wrong", ["5556", "tcp://127.0.0.1", "udp://127.0.0.1:5556", "tcp://a b:1"])
def test_an_address_that_is_none_is_refused(wrong):
    with pytest.raises(SettingError, match=r"sonic_endpoint.*tcp://127\.0\.0\.1:5556"):
        GateSettings(sonic_endpoint=wrong)
