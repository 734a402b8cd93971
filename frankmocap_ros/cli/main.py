"""``frankmocap_ros``: the demo, the nodes, and what prepares and judges them."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from frankmocap_ros.cli.ending import ended
from frankmocap_ros.cli.executables import run_node_command


def _demo(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.demo import main

    return main(args)


def _process(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.process import main

    return main(args)


def _doctor(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.doctor import main

    return main(args)


def _models(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.models import main

    return main(args)


def _convert(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.convert import main

    return main(args)


def _standin(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.standin import main

    return main(args)


def _bench(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.bench import main

    return main(args)


def _robot_map(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.robot_map import main

    return main(args)


# name: (what it does, what runs it); each imports its own module only when it is chosen
_COMMANDS: dict[str, tuple[str, Callable[[Sequence[str]], int]]] = {
    "demo": ("camera, mocap node and a live table of what arrives", _demo),
    "node": ("the ROS 2 mocap node (takes --ros-args)", partial(run_node_command, "node")),
    "camera": ("the ROS 2 camera node (takes --ros-args)", partial(run_node_command, "camera")),
    "gate": (
        "the ROS 2 gate node: commands for a robot, while it is safe (takes --ros-args)",
        partial(run_node_command, "gate"),
    ),
    "robot": ("the ROS 2 node of a simulated robot (takes --ros-args)", partial(run_node_command, "robot")),
    "robot-map": ("init writes the map of a robot, check says how good one is", _robot_map),
    "view": ("the ROS 2 node of the browser view (takes --ros-args)", partial(run_node_command, "view")),
    "process": ("bodies of a video or of images as JSON lines, without ROS", _process),
    "doctor": ("what is installed and which files are there, with the next step", _doctor),
    "models": ("the networks of the default estimator: list them, or download what is missing", _models),
    "convert": ("read FrankMocap's files once, safely, into the cache", _convert),
    "standin": ("write FrankMocap's files with random weights, to try things", _standin),
    "bench": ("how fast everything is here, beside a reference in the same run", _bench),
}


def main(args: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 fine, 1 nothing found, 2 cannot run, 130 interrupted."""
    arguments = list(sys.argv[1:] if args is None else args)
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros",
        description="Joint poses of people from a camera, for teleoperation.",
        epilog="exit codes: 0 fine, 1 nothing found, 2 cannot run, 130 interrupted by SIGINT; commands: "
        + "; ".join(f"{name}: {text}" for name, (text, _) in _COMMANDS.items()),
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument("command", nargs="?", choices=_COMMANDS, help="what to do")
    chosen = parser.parse_args(arguments[:1])
    if chosen.version:
        import frankmocap_ros

        print(frankmocap_ros.__version__)
        return 0
    if chosen.command is None:
        parser.print_help()
        return 2
    return ended(f"frankmocap_ros {chosen.command}", lambda: _COMMANDS[chosen.command][1](arguments[1:]))


if __name__ == "__main__":
    sys.exit(main())
