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

"""Time of one posture of the built-in robot, which follows a waving figure at 100 Hz.

Run: ``python benchmarks/bench_retarget.py``; needs ``pip install 'frankmocap_ros[robot]'``.
"""

import time
from typing import Any

import numpy as np

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.teleop.robot.joint_controller import JointController

SECONDS = 30.0
RATE_HZ = 100.0
IMAGE_EVERY = 3  # ticks: about 30 Hz
SETTLED_S = 3.0
LAG_S = 0.02
TREMBLE_M = 1e-4  # no camera is without: who does not move at all counts as frozen


class _Timed(JointController):
    """Notes how long each posture takes [ms]."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.spent_ms: list[float] = []

    def drive(self, command: Command) -> Command | None:
        began_s = time.perf_counter()
        found = super().drive(command)
        self.spent_ms.append(1e3 * (time.perf_counter() - began_s))
        return found


def main() -> None:
    """Print p50, p95 and p99 of ``drive`` [ms], and how far the wrists are from their commands [mm]."""
    robot = load_retargeter("torso")
    joints = robot.home
    joint_controller = _Timed(robot, lambda: joints, 0.0)
    config = GateSettings(align_s=1.0, calm_speed=9.0, arming_s=0.1, max_speed=5.0, max_acceleration=90.0)
    controller = Controller(config, robot.targets, joint_controller, 0.0)
    rows = [BODY_WITH_HANDS.index[name] for name in controller.watched]
    seen = np.ones(len(rows), dtype=bool)
    random = np.random.default_rng(0)
    wrists = [i for i, target in enumerate(robot.targets) if target.name.endswith("wrist")]
    off_mm = []
    for tick in range(int(SECONDS * RATE_HZ)):
        now_s = (tick + 1) / RATE_HZ
        if tick % IMAGE_EVERY == 0:
            figure = scene("wave", now_s)[0]
            positions = figure.positions[rows] + random.normal(0.0, TREMBLE_M, (len(rows), 3))
            poses = Poses(positions, figure.orientations_xyzw[rows], np.ones(len(rows)), seen, seen)
            controller.observe(OperatorState(now_s - LAG_S, 1, poses, seen), now_s)
        if tick == 20:
            controller.request(now_s)
        command = controller.tick(now_s)
        if command is None or command.posture is None:
            continue
        joints = command.posture.positions
        if now_s > SETTLED_S:
            off = robot.poses(joints).positions - command.positions
            off_mm.append(1e3 * np.linalg.norm(off[wrists], axis=-1))
    p50, p95, p99 = np.percentile(joint_controller.spent_ms, (50, 95, 99))
    print(f"{len(joint_controller.spent_ms)} postures: p50 {p50:.3f} ms  p95 {p95:.3f} ms  p99 {p99:.3f} ms")
    print(f"wrists: mean {np.mean(off_mm):.1f} mm, median {np.median(off_mm):.1f} mm from their commands")


if __name__ == "__main__":
    main()
