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

"""``frankmocap_ros``: runs one of the commands in ``commands.py``."""

import argparse
import sys
from collections.abc import Sequence

from frankmocap_ros.cli.commands import COMMANDS
from frankmocap_ros.cli.ending import ended


def _command_list(needs_ros: bool) -> str:
    width = max(map(len, COMMANDS)) + 2
    return "\n".join(f"  {name:<{width}}{c.help}" for name, c in COMMANDS.items() if c.needs_ros == needs_ros)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros",
        usage="%(prog)s [-h] [--version] COMMAND ...",
        description="Joint poses of people from a camera, for teleoperation.\n\n"
        f"commands with ROS 2:\n{_command_list(True)}\n\ncommands without ROS:\n{_command_list(False)}",
        epilog="Options of a command: frankmocap_ros COMMAND --help\n"
        "Exit codes: 0 success, 1 nothing found, 2 cannot run, 3 some of many inputs failed,\n"
        "130 interrupted (SIGINT).",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    options = parser.add_argument_group("options")
    options.add_argument("-h", "--help", action="help", help="show this help and exit")
    options.add_argument("--version", action="store_true", help="show the version and exit")
    parser.add_argument(
        "command", metavar="COMMAND", nargs="?", choices=tuple(COMMANDS), help=argparse.SUPPRESS
    )
    return parser


def main(args: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code, as ``--help`` tells them."""
    arguments = list(sys.argv[1:] if args is None else args)
    parser = _parser()
    chosen = parser.parse_args(arguments[:1])
    if chosen.version:
        import frankmocap_ros

        print(frankmocap_ros.__version__)
        return 0
    if chosen.command is None:
        parser.print_help()
        return 2
    name = chosen.command
    return ended(f"frankmocap_ros {name}", lambda: COMMANDS[name].run(name, arguments[1:]))


if __name__ == "__main__":
    sys.exit(main())
