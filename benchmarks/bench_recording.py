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

"""What a recorder costs the mocap node: its ages with and without one, in turns, while a robot follows.

`python benchmarks/bench_recording.py [SOURCE [SECONDS [TURNS]]]` starts camera, mocap node, gate and
simulated robot once. In each turn it measures SECONDS (30) without a recorder and as many with one, and
prints a row for each; the last row has the ratio of the pooled ages, and what the episodes say.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from frankmocap_ros.bench.probes import processor_s
from frankmocap_ros.cli.demo_robot import RobotDemo
from frankmocap_ros.cli.nodes import (
    camera_command,
    listening,
    mocap_command,
    node_command,
    running,
    stay_here,
    stop_on_signals,
    wait_for,
)
from frankmocap_ros.recording.episodes import episodes, read_info
from frankmocap_ros.settings.mocap import Settings

SETTLE_S = 4.0


def ages_ms(watcher, seconds: float) -> list[float]:
    """Ages of the bodies that come in the next seconds [ms]."""
    time.sleep(SETTLE_S)
    watcher.restart()
    time.sleep(seconds)
    return list(watcher.read().ages_ms)


def row(name: str, ages: list[float], more: str = "") -> None:
    p50, p95, p99 = np.percentile(ages, (50, 95, 99))
    print(
        f"{name:18} {len(ages):5} bodies, age p50 {p50:6.1f} p95 {p95:6.1f} p99 {p99:6.1f} ms{more}",
        flush=True,
    )


def main(source: str = "synthetic", seconds: float = 30.0, turns: int = 2) -> None:
    """Print the table."""
    stay_here()
    stop = stop_on_signals()
    robot = RobotDemo("torso", "", [])
    commands = [mocap_command(Settings()), camera_command(source, 640), *robot.commands()]
    alone: list[float] = []
    beside: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(commands) as processes,
        listening(robot.watcher) as watcher,
    ):
        for event in (watcher.first_frame, watcher.first_camera):
            wait_for(event.wait, processes, stop, watcher)
        robot.begin()
        time.sleep(SETTLE_S)
        for turn in range(turns):
            found = ages_ms(watcher, seconds)
            row(f"{turn + 1} without", found)
            alone += found
            with running([], [node_command("record", {"folder": f'"{folder}"'})]) as (recorder,):
                before_s, start_s = processor_s(recorder.pid), time.monotonic()
                found = ages_ms(watcher, seconds)
                share = (processor_s(recorder.pid) - before_s) / (time.monotonic() - start_s)
            row(f"{turn + 1} with", found, f"; the recorder takes {share:.0%} of a core")
            beside += found
        infos = [read_info(path) for path in episodes(Path(folder))]
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.mcap"))
    ratios = np.percentile(beside, (50, 95, 99)) / np.percentile(alone, (50, 95, 99))
    counts = [count for info in infos for count in info.topics.values()]
    messages, dropped = sum(count.messages for count in counts), sum(count.dropped for count in counts)
    print(
        f"with / without: p50 {ratios[0]:.2f}, p95 {ratios[1]:.2f}, p99 {ratios[2]:.2f}; "
        f"{messages} messages, {dropped} dropped, {size / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    main(*words[:1], *(float(word) for word in words[1:2]), *(int(word) for word in words[2:3]))
