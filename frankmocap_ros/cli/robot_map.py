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

"""``frankmocap_ros robot-map``: a map for a robot that nobody prepared, and how good a map is."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from frankmocap_ros.api import process
from frankmocap_ros.bench.operators import exercise, operators
from frankmocap_ros.bench.robot_advice import advice
from frankmocap_ros.bench.robot_figures import RobotFigures, figures
from frankmocap_ros.bench.robot_picture import robot_picture
from frankmocap_ros.bench.robot_run import motion_scale, run_robot
from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_setup.map_text import map_text
from frankmocap_ros.teleop.robot_setup.proposal import FOLLOW, Answers, Proposal, propose
from frankmocap_ros.teleop.robot_setup.standing import FORWARD, HUMANOID, TABLE, UnclearError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros robot-map", description="Write a robot's map, or see how good one is."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser("init", help="write a map for a URDF, xacro or MJCF")
    init.add_argument("model", type=Path, help="the robot's model")
    init.add_argument("-o", "--output", type=Path, metavar="MAP", help="the file; default: MODEL's name.yaml")
    init.add_argument("--kind", choices=(HUMANOID, TABLE), default="", help="what it is built like")
    init.add_argument("--forward", choices=FORWARD, default="", help="the way ahead, as --forward=-x")
    init.add_argument(
        "--follow", nargs="+", choices=FOLLOW, default=["arms"], help="what is commanded; default: arms"
    )
    init.add_argument("--force", action="store_true", help="overwrite the file")
    check = commands.add_parser("check", help="how well a robot with this map follows")
    check.add_argument("map", help="the map: a file, or the name of a robot")
    check.add_argument(
        "--robot-model", default="", metavar="FILE", help="the model, where the map's is not there"
    )
    check.add_argument("--video", metavar="FILE", help="a recorded person, beside the synthetic operator")
    check.add_argument(
        "--seconds", type=float, default=30.0, help="how long the synthetic operator moves [s]"
    )
    check.add_argument(
        "-o", "--output", type=Path, metavar="PNG", help="the picture; default: MAP's name.png"
    )
    check.add_argument("--json", action="store_true", help="one line of JSON")
    return parser


def main(args: Sequence[str]) -> int:
    """Run it; exit code 0, 1 where a map does not pass, or 2 where it cannot be done."""
    arguments = _parser().parse_args(args)
    return _init(arguments) if arguments.command == "init" else _check(arguments)


def _init(arguments: argparse.Namespace) -> int:
    output: Path = arguments.output or Path(f"{arguments.model.stem}.yaml")
    if output.exists() and not arguments.force:
        raise RobotError(f"{output}: it is there already; say --force to overwrite it, or -o OTHER")
    follow = tuple(dict.fromkeys(("arms", *arguments.follow)))
    found = _answered(arguments.model, Answers(arguments.kind, arguments.forward, follow))
    try:
        output.write_text(map_text(found, output), encoding="utf-8")
    except OSError as error:
        raise RobotError(f"{output}: cannot be written: {error.strerror}") from error
    for note in found.notes:
        print(f"{output}: {note}", file=sys.stderr)
    followers = ", ".join(target.name for target in found.targets)
    grippers = ", ".join(f"{gripper.side} ({', '.join(gripper.joints)})" for gripper in found.grippers)
    print(f"{output}: {found.kind}, {len(found.joints)} joints; {followers}; grippers: {grippers or 'none'}")
    print(f"next: frankmocap_ros robot-map check {output}")
    return 0


def _answered(model: Path, answers: Answers) -> Proposal:
    """The proposal, once everything that it needs is answered.

    Raises:
        RobotError: nobody is there to answer; says which flag does.
    """
    while True:
        try:
            return propose(model, answers)
        except UnclearError as unclear:
            if not sys.stdin.isatty():
                raise
            answer = input(f"{unclear.question} [{' | '.join(unclear.choices)}] ").strip()
            if answer not in unclear.choices:
                raise
            if unclear.name == "kind":
                answers = replace(answers, kind=answer)
            else:
                answers = replace(answers, forward=answer)


def _check(arguments: argparse.Namespace) -> int:
    robot = load_map(arguments.map, arguments.robot_model)
    retargeter = Retargeter(robot)
    for note in retargeter.notes:
        print(note, file=sys.stderr)
    picture: Path = arguments.output or Path(f"{Path(arguments.map).stem}.png")
    if not cv2.imwrite(str(picture), robot_picture(robot, retargeter)):
        raise RobotError(f"{picture}: cannot be written; say -o OTHER.png")
    seen = {"synthetic operator": exercise(arguments.seconds)}
    if arguments.video:
        seen[arguments.video] = operators(process(arguments.video))
    scale = motion_scale(retargeter)
    found: dict[str, dict[str, Any]] = {}
    for name, one in seen.items():
        # people in videos go on moving: nobody there holds still for the gate
        calm = {} if name != arguments.video else {"calm_speed": 10.0, "arming_s": 0.1}
        run = run_robot(robot, retargeter, one, motion_scale=scale, **calm)
        result = figures(run, one, retargeter)
        found[name] = {**result.record(), "advice": advice(result, robot)}
        if not arguments.json:
            print(_text(name, result, found[name]["advice"]))
    if arguments.json:
        print(
            json.dumps({"map": arguments.map, "picture": str(picture), "motion_scale": scale, "runs": found})
        )
    else:
        print(f"picture: {picture}")
        if scale != 1.0:
            print(f"with motion_scale {scale:g}: give the gate the same (demo --gate motion_scale={scale:g})")
    return 1 if any(one["advice"] for one in found.values()) else 0


def _text(name: str, found: RobotFigures, said: Sequence[str]) -> str:
    """A run in words."""
    lines = [f"{name}: followed {100.0 * found.engaged:.0f} % of the time"]
    for target, one in found.targets.items():
        error = "-" if one.error_m is None else f"{100.0 * one.error_m:.1f} cm"
        alike = "-" if one.correlation is None else f"{one.correlation:.2f} at {one.lag_s:.2f} s"
        way = "" if one.direction_deg is None else f", direction {one.direction_deg:.0f} deg"
        stuck = f", stuck {one.stuck_s:.1f} s" if one.stuck_s else ""
        lines.append(f"  {target:<12} error {error:>8}, correlation {alike}{way}{stuck}")
    if found.commanded:
        lines += [
            f"  reversals at speed {found.reversals_per_s:g} /s, beyond limits {found.violations}",
            f"  peak acceleration {found.peak_acceleration:g} rad/s^2, "
            f"step {found.step_ms_p50} ms (p99 {found.step_ms_p99})",
        ]
    return "\n".join(lines + [f"  change: {text}" for text in said] + ([] if said else ["  passes"]))
