"""``frankmocap_ros``: demo, node, camera, gate, robot, process, doctor, convert, standin, bench."""

import argparse
import sys
from collections.abc import Callable, Sequence

from frankmocap_ros.errors import MocapError


def _demo(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.demo import main

    return main(args)


def _node(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.ros_available import require_ros

    require_ros("node")
    from frankmocap_ros.ros.mocap.mocap_node import main

    return main(["frankmocap_node", *args])


def _camera(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.ros_available import require_ros

    require_ros("camera")
    from frankmocap_ros.ros.camera.camera_node import main

    return main(["camera_node", *args])


def _gate(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.ros_available import require_ros

    require_ros("gate")
    from frankmocap_ros.ros.gate.gate_node import main

    return main(["gate_node", *args])


def _robot(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.ros_available import require_ros

    require_ros("robot")
    from frankmocap_ros.ros.robot_sim.robot_sim_node import main

    return main(["robot_sim_node", *args])


def _view(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.ros_available import require_ros

    require_ros("view")
    from frankmocap_ros.ros.view.view_node import main

    return main(["view_node", *args])


def _process(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.process import main

    return main(args)


def _doctor(args: Sequence[str]) -> int:
    from frankmocap_ros.cli.doctor import main

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


# name: (what it does, what runs it); each imports its own module only when it is chosen
_COMMANDS: dict[str, tuple[str, Callable[[Sequence[str]], int]]] = {
    "demo": ("camera, mocap node and a live table of what arrives", _demo),
    "node": ("the ROS 2 mocap node (takes --ros-args)", _node),
    "camera": ("the ROS 2 camera node (takes --ros-args)", _camera),
    "gate": ("the ROS 2 gate node: commands for a robot, while it is safe (takes --ros-args)", _gate),
    "robot": ("the ROS 2 node of a simulated robot (takes --ros-args)", _robot),
    "view": ("the ROS 2 node of the browser view (takes --ros-args)", _view),
    "process": ("bodies of a video or of images as JSON lines, without ROS", _process),
    "doctor": ("what is installed and which files are there, with the next step", _doctor),
    "convert": ("read FrankMocap's files once, safely, into the cache", _convert),
    "standin": ("write FrankMocap's files with random weights, to try things", _standin),
    "bench": ("how fast everything is here, beside a reference in the same run", _bench),
}


def main(args: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 fine, 1 nothing found, 2 cannot run."""
    arguments = list(sys.argv[1:] if args is None else args)
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros",
        description="Joint poses of people from a camera, for teleoperation.",
        epilog="commands: " + "; ".join(f"{name}: {text}" for name, (text, _) in _COMMANDS.items()),
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
    try:
        return _COMMANDS[chosen.command][1](arguments[1:])
    except MocapError as error:
        print(f"frankmocap_ros {chosen.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `frankmocap_ros process ... | head`
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
