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

"""How soon five processes that start together hear each other, and how long everything then stands still.

Camera, mocap node (synthetic), gate and simulated robot are started by a fifth process, which listens: with
the package's Fast DDS profile and with the same one without its initial announcements, in turn.

Run: ``python benchmarks/bench_discovery.py [STARTS]``, with nothing else running; 10 s a start.
"""

import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

LISTEN_S = 8.0
STALL_S = 0.2
TOPICS = ("camera_info", "frankmocap/bodies", "gate/state", "joint_states")  # 20 to 100 messages a second
NEVER = "never"


def child() -> None:
    """Start the nodes, listen, and print when what was heard [s]."""
    from rclpy.node import Node
    from rclpy.qos import QoSProfile, ReliabilityPolicy
    from sensor_msgs.msg import CameraInfo, JointState

    from frankmocap_ros.cli.nodes import listening, node_command, running
    from frankmocap_ros.msg import BodyPoseArray, GateState

    heard: dict[str, list[float]] = {name: [] for name in TOPICS}

    class Listener(Node):
        def __init__(self) -> None:
            super().__init__("listener")
            qos = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
            for name, kind in zip(TOPICS, (CameraInfo, BodyPoseArray, GateState, JointState), strict=True):
                times = heard[name]

                def note(_: bytes, times: list[float] = times) -> None:
                    times.append(time.monotonic())

                self.create_subscription(kind, name, note, qos, raw=True)

    commands = [
        node_command("node", {"estimator": "synthetic"}),
        node_command("camera", {"source": "synthetic"}),
        node_command("gate", {"robot": "torso", "trajectory_velocities": "true"}),
        node_command("robot", {}, {"joint_trajectory": "gate/joint_trajectory"}),
    ]
    start_s = time.monotonic()
    with running(commands), listening(Listener):
        time.sleep(LISTEN_S)
        result = {name: [round(t - start_s, 4) for t in times] for name, times in heard.items()}
    print(json.dumps(result))


def profiles(folder: str) -> dict[str, str]:
    """The package's profile, and the same with Fast DDS's default announcements."""
    from frankmocap_ros.runtime.package_files import share_file

    profile = share_file("config", "fastdds.xml")
    text, count = re.subn(r"\s*<builtin>.*</builtin>", "", profile.read_text(encoding="utf-8"), flags=re.S)
    if count != 1:
        raise SystemExit(f"{profile} has no announcements to leave out")
    without = Path(folder, "without.xml")
    without.write_text(text, encoding="utf-8")
    return {"without announcements": str(without), "with announcements": str(profile)}


def start(profile: str) -> dict[str, list[float]]:
    """One start in processes of their own."""
    from frankmocap_ros.runtime.fastdds_profile import transport_variables

    environment = {**os.environ, "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    environment |= transport_variables(environment, profile)
    command = [sys.executable, __file__, "--child"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def standstill(heard: dict[str, list[float]]) -> tuple[float, float]:
    """The longest time in which nothing came on any topic, and when it began [s]."""
    times = np.sort(np.concatenate([np.array(t) for t in heard.values()]))
    if len(times) < 2:
        return LISTEN_S, 0.0
    gaps = np.diff(times)
    return float(gaps.max()), float(times[gaps.argmax()])


def words(value: float | None) -> str:
    """Seconds, or that it never came."""
    return NEVER if value is None else f"{value:.2f}"


def main(starts: int) -> None:
    """Print each start, then what they have in common."""
    stalls: dict[str, list[float]] = {}
    latest: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _, (name, profile) in itertools.product(range(starts), profiles(folder).items()):
            heard = start(profile)
            first: dict[str, Any] = {topic: min(times, default=None) for topic, times in heard.items()}
            gap_s, when_s = standstill(heard)
            told = ", ".join(f"{topic} {words(first[topic])}" for topic in TOPICS)
            print(f"{name:22}: first {told}; longest gap {gap_s:.2f} at {when_s:.2f} s", flush=True)
            stalls.setdefault(name, []).append(gap_s)
            late = [LISTEN_S if value is None else value for value in first.values()]
            latest.setdefault(name, []).append(max(late))
    for name, gaps in stalls.items():
        n = sum(gap > STALL_S for gap in gaps)
        low, high = min(latest[name]), max(latest[name])
        print(
            f"{name:22}: all topics heard {low:.2f} to {high:.2f} s after the start; "
            f"stalls over {STALL_S:g} s in {n} of {len(gaps)} starts, the longest {max(gaps):.2f} s"
        )


if __name__ == "__main__":
    if "--child" in sys.argv:
        child()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
