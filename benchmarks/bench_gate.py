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

"""The gate with retargeting at 100 Hz: its share of a core, the age of its commands, and one solve's time.

Camera, mocap node (synthetic), gate and simulated robot are processes of their own; this one is the consumer,
which takes a command where ``now - stamp < 0.1 s``.
"""

import sys
import threading
import time

import numpy as np

from frankmocap_ros.bench.probes import processor_s

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
WARM_UP_S = 3.0
ACCEPTED_S = 0.1


def solves() -> None:
    """Print how long one step of the built-in robot's kinematics takes."""
    from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter

    robot = load_retargeter("torso")
    home = robot.poses(robot.home)
    spent = []
    for k in range(3000):
        goals = home.positions.copy()
        goals[0] += (0.15 * np.sin(0.02 * k), 0.1 * np.sin(0.013 * k), 0.2 * np.sin(0.017 * k))
        goals[1] += (0.15 * np.sin(0.01 * k), 0.1 * np.sin(0.023 * k), 0.2 * np.sin(0.011 * k))
        start_s = time.perf_counter()
        robot.solve(goals, home.orientations, 0.01)
        spent.append(1e3 * (time.perf_counter() - start_s))
    p50, p99 = np.percentile(spent, (50, 99))
    print(f"retargeting, one solve: p50 {p50:.2f} ms, p99 {p99:.2f} ms")


def commands() -> None:
    """Print what the gate costs and how old its commands are."""
    from geometry_msgs.msg import PoseStamped
    from rclpy.node import Node
    from rclpy.qos import QoSProfile
    from std_srvs.srv import SetBool

    from frankmocap_ros.cli.nodes import listening, node_command, running, stay_here

    class Consumer(Node):
        def __init__(self) -> None:
            super().__init__("consumer")
            self.ages_s: list[float] = []
            self.first = threading.Event()
            self.engage = self.create_client(SetBool, "gate/engage")
            self.create_subscription(
                PoseStamped, "gate/command/right_wrist", self._on_command, QoSProfile(depth=1)
            )
            self.create_timer(0.5, self._ask)

        def _on_command(self, msg: PoseStamped) -> None:
            stamp_s = msg.header.stamp.sec + 1e-9 * msg.header.stamp.nanosec
            self.ages_s.append(time.time() - stamp_s)
            self.first.set()

        def _ask(self) -> None:
            if not self.first.is_set() and self.engage.service_is_ready():
                self.engage.call_async(SetBool.Request(data=True))

    stay_here()
    names = ("mocap", "camera", "gate", "robot")
    started = [
        node_command("node", {"estimator": "synthetic"}),
        node_command("camera", {"source": "synthetic"}),
        node_command("gate", {"robot": "torso", "calm_speed": "9.0", "trajectory_velocities": "true"}),
        node_command("robot", {}, {"joint_trajectory": "gate/joint_trajectory"}),
    ]
    with listening(Consumer) as consumer, running(started) as processes:
        if not consumer.first.wait(60.0):
            raise SystemExit("no command came")
        time.sleep(WARM_UP_S)
        count, before = len(consumer.ages_s), [processor_s(p.pid) for p in processes]
        start_s = time.monotonic()
        time.sleep(SECONDS)
        seconds = time.monotonic() - start_s
        ages = np.array(consumer.ages_s[count:])
        shares = [(processor_s(p.pid) - b) / seconds for p, b in zip(processes, before, strict=True)]
    p50, p99 = 1e3 * np.percentile(ages, (50, 99))
    taken = 100.0 * np.mean(ages < ACCEPTED_S)
    print(f"{len(ages) / seconds:.1f} a second for {seconds:.0f} s, age p50 {p50:.2f}, p99 {p99:.2f} ms")
    print(f"accepted by a consumer that wants less than {1e3 * ACCEPTED_S:.0f} ms: {taken:.2f} %")
    told = ", ".join(f"{name} {100 * share:.0f} %" for name, share in zip(names, shares, strict=True))
    print(f"share of a core: {told}")


if __name__ == "__main__":
    solves()
    commands()
