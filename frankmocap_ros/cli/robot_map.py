"""``frankmocap_ros robot-map``: a map for a robot that nobody prepared, and how good a map is."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from frankmocap_ros.errors import RobotError
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
    return parser


def main(args: Sequence[str]) -> int:
    """Run it; exit code 0, or 2 where it cannot be done."""
    arguments = _parser().parse_args(args)
    return _init(arguments)


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
    print(f"{output}: {found.kind}, {len(found.joints)} joints; {followers}")
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
