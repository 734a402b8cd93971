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

"""``frankmocap_ros demo --robot arm --task pick``: a synthetic operator, the gate, and the simulated arm."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Final

from frankmocap_ros.bench.pick_task import ROBOT, TASK, THING
from frankmocap_ros.cli.demo_robot import RobotDemo
from frankmocap_ros.cli.nodes import check, listening, running, stay_here, stop_on_signals, wait_for
from frankmocap_ros.errors import SettingError

_LONGEST_S: Final = 90.0  # an operator who has not done it by then does not do it any more
_LINE_S: Final = 2.0


def run_demo(
    arguments: argparse.Namespace, views: Sequence[Sequence[str]], writers: Sequence[Sequence[str]]
) -> int:
    """Run the task once; exit code 0 where the cube was put down at its goal and never dropped, else 1.

    Args:
        arguments: of the demo.
        views: commands of what shows it.
        writers: commands of what records it.

    Raises:
        SettingError: the robot has no such task.
        MocapError: a node has ended.
    """
    if arguments.robot != ROBOT or arguments.robot_model:
        raise SettingError(f"--task pick needs --robot {ROBOT}, whose table has a {THING} on it")
    from frankmocap_ros.ros.clients.pick_player import PickPlayer

    stay_here()
    stop = stop_on_signals()
    demo = RobotDemo(ROBOT, "", [f"grip={TASK['grip']}", *arguments.gate])
    with (
        running([*demo.commands(), *views], writers) as processes,
        listening(lambda: PickPlayer(demo.robot)) as player,
    ):
        wait_for(player.ready.wait, processes, stop, player)
        start_s = line_s = time.monotonic()
        end_s = start_s + (arguments.duration or _LONGEST_S)
        player.begin()
        while time.monotonic() < end_s and not player.finished.wait(0.2) and not stop.is_set():
            check(processes)
            if not arguments.json and time.monotonic() - line_s >= _LINE_S:
                line_s = time.monotonic()
                print(f"{line_s - start_s:5.1f} s  {player.text()}", flush=True)
        player.stop()
        run = player.result()
    print(json.dumps(run.as_dict()) if arguments.json else run.verdict.words, flush=True)
    if not run.verdict.success:
        print(
            f"frankmocap_ros demo: the gate's last reason: {player.reason}. On a busy computer the gate lets "
            "go often, as its log above says",
            file=sys.stderr,
        )
    return 0 if run.verdict.success else 1
