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

"""A network of namespaces that a test makes itself: each a computer, with a relay between them.

Each namespace has one TUN device, whose packets the relay reads, loses, delays and hands on by their
destination. It needs root and ``/dev/net/tun``, and nothing else of the kernel (no netem, no bridges).
"""

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import selectors
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_TUN_NAME = b"tun0"
MTU = 1500  # bytes


@dataclass(frozen=True)
class Link:
    """What the relay does to packets of each computer.

    Attributes:
        loss: ratio of packets that are lost, independently.
        delay_s: mean time on the way.
        jitter_s: how much the time on the way varies, either way, uniformly; packets may overtake.
        bandwidth: of what a computer sends [bit/s].
        queue_s: packets that would wait longer than this for the bandwidth are lost.
    """

    loss: float = 0.02
    delay_s: float = 0.02
    jitter_s: float = 0.01
    bandwidth: float = 50e6
    queue_s: float = 0.1


class Computer:
    """A network namespace with an address of its own.

    Attributes:
        address: IPv4.
        tun: descriptor of its TUN device.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        with ThreadPoolExecutor(1) as pool:  # a thread changes its namespace for itself alone
            self.tun, self._namespace = pool.submit(self._make).result()

    def _make(self) -> tuple[int, int]:
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
            error = ctypes.get_errno()
            raise OSError(error, f"no network namespace: {os.strerror(error)}")
        namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", _TUN_NAME, _IFF_TUN | _IFF_NO_PI))
        for words in (
            "link set lo up", f"address add {self.address}/24 dev tun0", f"link set tun0 mtu {MTU} up"
        ):  # fmt: skip
            subprocess.run(["ip", *words.split()], check=True, capture_output=True, text=True)
        return tun, namespace

    @property
    def prefix(self) -> list[str]:
        """Words before a command that is to run on this computer."""
        return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self._namespace}"]

    def close(self) -> None:
        os.close(self.tun)
        os.close(self._namespace)


class Network:
    """Computers 10.77.0.1, 10.77.0.2 and so on, and the relay between them.

    Args:
        count: how many computers.
        link: of every computer.

    Raises:
        OSError: the kernel refuses (no root, no TUN).
    """

    def __init__(self, count: int, link: Link) -> None:
        self.computers = [Computer(f"10.77.0.{n}") for n in range(1, count + 1)]
        self.link = link
        self.passed = self.lost = 0
        self._stalled: frozenset[int] = frozenset()
        self._ended = False
        self._random = random.Random(23)
        self._relay = threading.Thread(target=self._run, name="relay", daemon=True)
        self._relay.start()

    def stall(self, computer: Computer) -> None:
        """Lose all that a computer sends, or is sent, from now on."""
        self._stalled |= {computer.tun}

    def resume(self, computer: Computer) -> None:
        self._stalled -= {computer.tun}

    def close(self) -> None:
        self._ended = True
        self._relay.join()
        for computer in self.computers:
            computer.close()

    def _run(self) -> None:
        by_address = {bytes(map(int, c.address.split("."))): c.tun for c in self.computers}
        free_s = dict.fromkeys(by_address.values(), 0.0)  # when a computer has sent what it wants to send
        on_the_way: list[tuple[float, int, int, bytes]] = []  # due time, order, where to, what
        order = itertools.count()
        with selectors.DefaultSelector() as selector:
            for tun in by_address.values():
                selector.register(tun, selectors.EVENT_READ)
            while not self._ended:
                wait_s = on_the_way[0][0] - time.monotonic() if on_the_way else 0.1
                for key, _ in selector.select(min(max(wait_s, 0.0), 0.1)):
                    for packet in _waiting(key.fd):
                        to = by_address.get(packet[16:20]) if packet[0] >> 4 == 4 else None
                        if to is None:  # multicast, IPv6
                            continue
                        due_s = self._due_s(key.fd, to, packet, free_s)
                        if due_s is None:
                            self.lost += 1
                        else:
                            heapq.heappush(on_the_way, (due_s, next(order), to, packet))
                now_s = time.monotonic()
                while on_the_way and on_the_way[0][0] <= now_s:
                    _, _, to, packet = heapq.heappop(on_the_way)
                    os.write(to, packet)
                    self.passed += 1

    def _due_s(self, sender: int, to: int, packet: bytes, free_s: dict[int, float]) -> float | None:
        """When a packet arrives; None where it is lost."""
        link, now_s = self.link, time.monotonic()
        sent_s = max(now_s, free_s[sender]) + 8 * len(packet) / link.bandwidth
        if sent_s - now_s > link.queue_s:
            return None
        free_s[sender] = sent_s
        if {sender, to} & self._stalled or self._random.random() < link.loss:
            return None
        return sent_s + link.delay_s + self._random.uniform(-link.jitter_s, link.jitter_s)


def _waiting(tun: int) -> list[bytes]:
    """What a computer has sent by now: at most 64 packets."""
    packets = []
    while len(packets) < 64:
        try:
            packets.append(os.read(tun, MTU))
        except BlockingIOError:
            break
    return packets
