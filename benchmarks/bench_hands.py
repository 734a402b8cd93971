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

"""Fingers of a robot hand: time of one posture, distance of the tips from the operator's, and joint ranges.

Run: ``python benchmarks/bench_hands.py MAP...`` with maps that name ``hands:``; without maps on the two hands
of the tests. Needs ``pip install 'frankmocap_ros[robot,hands]'``.

A row a hand and method. Motion: a hand that opens and shuts and pinches with each finger, 30 images a second.
Random: 10,000 images of points that are no hand, or of hands with noise and of any size.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from frankmocap_ros.bench.hand_motions import PERIOD_S, hand_motion
from frankmocap_ros.body.skeleton import HAND_FINGERS
from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.hands.robot_hand import RobotHand, load_hands
from frankmocap_ros.teleop.inverse_kinematics.ik_model import load_model
from frankmocap_ros.teleop.robot_map.map_reading import load_map

SECONDS = 3 * len(HAND_FINGERS) * PERIOD_S
RATE_HZ = 30.0
RANDOM = 10_000


def random_points(random: np.random.Generator) -> Array:
    """Points of no hand: noise, one point, a hand of any size with noise."""
    kind = random.integers(4)
    if kind == 0:
        return random.normal(scale=0.1, size=(21, 3))
    if kind == 1:
        return np.zeros((21, 3)) + random.normal(scale=random.choice((0.0, 10.0)), size=3)
    noise_m = random.choice((0.0, 0.02))
    points = hand_motion(random.uniform(0.0, 100.0)) * random.uniform(0.0, 5.0)
    return np.asarray(points + random.normal(scale=noise_m, size=(21, 3)))


def measure(name: str, hand: RobotHand) -> None:
    """Print a row."""
    hand.solver.start(np.clip(0.0, hand.lower, hand.upper))
    spent_ms = []
    for k in range(round(SECONDS * RATE_HZ)):
        points = hand_motion(k / RATE_HZ, hand.side)
        began_s = time.perf_counter()
        hand.solver.solve(points)
        spent_ms.append(1e3 * (time.perf_counter() - began_s))
    random = np.random.default_rng(0)
    outside = held = 0
    for _ in range(RANDOM):
        try:
            joints = hand.solver.solve(random_points(random))
        except RetargetError:
            held += 1
            continue
        outside += not bool(((joints >= hand.lower) & (joints <= hand.upper)).all())
    p50, p95, p99 = np.percentile(spent_ms, (50, 95, 99))
    print(
        f"{name}: {len(hand.joint_names)} joints; p50 {p50:.2f} ms  p95 {p95:.2f} ms  p99 {p99:.2f} ms; "
        f"of {RANDOM} random images {outside} out of range, {held} held",
        flush=True,
    )


def maps(folder: Path) -> Iterator[str]:
    """The maps of the tests' hands."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "test"))
    from support.robot_hands import write_map

    for hand in ("three_finger", "five_finger"):
        for method in ("ik", "vector", "dexpilot"):
            yield write_map(_made(folder / f"{hand} {method}"), hand, method)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> None:
    """Measure the hands of all maps."""
    with tempfile.TemporaryDirectory() as folder:
        for path in sys.argv[1:] or maps(Path(folder)):
            robot = load_map(path)
            for hand in load_hands(robot, load_model(robot)):
                measure(f"{Path(path).parent.name} {hand.side}", hand)


if __name__ == "__main__":
    main()
