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

"""How well robots follow: the shipped maps, and maps that ``robot-map init`` writes.

Run: ``python benchmarks/bench_robots.py FOLDER VIDEO [MINUTES] [NAME ...]``: the folder of the robots'
models, a video of a person, how long each robot replays it, to and fro, with ticks that are late now and
then (0 leaves that out), and some of the robots only. Needs ``pip install 'frankmocap_ros[robot]'``.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from frankmocap_ros.api import process
from frankmocap_ros.bench.operators import Sight, exercise, sights, to_and_fro
from frankmocap_ros.bench.robot_figures import RobotFigures, figures
from frankmocap_ros.bench.robot_run import motion_scale, run_robot
from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot_map.map_reading import ROBOTS, load_map
from frankmocap_ros.teleop.robot_setup.map_text import map_text
from frankmocap_ros.teleop.robot_setup.proposal import Answers, propose

EXERCISE_S = 30.0
CALM = {"calm_speed": 10.0, "arming_s": 0.1}  # nobody in a video holds still for the gate
# models for which robot-map init has to be told something
TABLE = {"aloha", "so101", "so101_urdf", "franka_panda_urdf"}
HUMANOID = {"openarm", "openarm_v1"}


def _maps(folder: Path, written: Path) -> dict[str, str]:
    """Name -> map, of the shipped robots whose model is there, and of every folder's largest model."""
    found = {}
    for path in sorted(ROBOTS.glob("*.yaml")):
        try:
            load_map(path.stem)
        except RobotError as error:
            print(f"{path.stem}: left out: {str(error)[:100]}", file=sys.stderr)
            continue
        found[path.stem] = path.stem
    for robot in sorted(path for path in folder.iterdir() if path.is_dir()):
        kind = "table" if robot.name in TABLE else "humanoid" if robot.name in HUMANOID else ""
        for model in sorted(robot.glob("*.xml")) + sorted(robot.glob("*.urdf")):
            name = f"init {robot.name}/{model.name}"
            try:
                proposal = propose(model, Answers(kind=kind, forward="x" if kind == "table" else ""))
                path = written / f"{robot.name}_{model.stem}.yaml"
                path.write_text(map_text(proposal, path))
                load_map(str(path))
            except RobotError as error:
                print(f"{name}: no map: {str(error)[:160]}", file=sys.stderr)
                continue
            found[name] = str(path)
    return found


def _figures(robot: str, seen: Sequence[Sight], real: bool) -> RobotFigures:
    loaded = load_map(robot)
    retargeter = Retargeter(loaded)
    scale = motion_scale(retargeter)
    run = run_robot(loaded, retargeter, seen, motion_scale=scale, **(CALM if real else {}))
    return figures(run, seen, retargeter)


def _row(found: RobotFigures) -> str:
    ends = [one for name, one in found.targets.items() if not name.endswith("elbow")]
    errors = [one.error_m for one in ends if one.error_m is not None]
    alike = [one.correlation for one in ends if one.correlation is not None]
    error = f"{100.0 * max(errors):.1f} cm" if errors else "-"
    correlation = f"{min(alike):.2f}" if alike else "-"
    stuck = max((one.stuck_s for one in ends), default=0.0)
    return (
        f"{error} | {correlation} | {stuck:.1f} s | {found.reversals_per_s:g} | {found.violations} | "
        f"{found.peak_acceleration:.0f} | {found.step_ms_p50:.2f} ms"
    )


def main(folder: str, video: str, minutes: str = "0", *names: str) -> None:
    """Print a table in Markdown; the worst of wrists and feet counts."""
    os.environ["FRANKMOCAP_ROBOTS_DIR"] = folder
    person = sights(process(video))
    runs = {"synthetic": (exercise(EXERCISE_S), False), "video": (person, True)}
    if float(minutes):
        runs[f"video, {minutes} min"] = (to_and_fro(person, 60.0 * float(minutes)), True)
    print(
        "| robot | operator | error | correlation | stuck | reversals/s | violations | peak rad/s² | step |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as written:
        for name, robot in _maps(Path(folder), Path(written)).items():
            if names and name not in names:
                continue
            for operator, (seen, real) in runs.items():
                print(f"| {name} | {operator} | {_row(_figures(robot, seen, real))} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
