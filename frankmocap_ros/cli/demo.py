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

"""``frankmocap_ros demo``: camera node and mocap node as two processes, and a live table of what arrives."""

import argparse
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from frankmocap_ros.cli.nodes import (
    camera_command,
    check,
    listening,
    mocap_command,
    node_command,
    running,
    stay_here,
    stop_on_signals,
    wait_for,
)
from frankmocap_ros.errors import SettingError
from frankmocap_ros.recording.mcap_file import mcap_module
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import add_flags, from_flags, settings_of
from frankmocap_ros.settings.viewer import ViewerSettings
from frankmocap_ros.viewer.web import require_viser

if TYPE_CHECKING:
    from frankmocap_ros.cli.demo_robot import RobotDemo
    from frankmocap_ros.ros.clients.watcher import Tally

_SHOWN = (
    "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "pelvis", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_CAMERA_NODE = ("source", "source_width", "source_rate_hz", "source_frame_id", "image_topics")
_STATE_NAMES = ("invalid", "tracked", "predicted", "held")


def _parser() -> argparse.ArgumentParser:
    source = next(s for s in settings_of(CameraSettings) if s.name == "source")
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros demo",
        description="Start a camera node and the mocap node, and show a live table of the received joints.",
    )
    parser.add_argument("--source", dest="camera", default="auto", help=source.text)
    parser.add_argument(
        "--duration",
        type=float,
        default=0.0,
        metavar="S",
        help="duration; 0 runs until Ctrl-C (default: 0)",
    )
    parser.add_argument(
        "--width",
        type=int,
        default=640,
        help="maximum width of the camera's images; 0 keeps their width [px]",
    )
    parser.add_argument(
        "--robot",
        nargs="?",
        const="torso",
        metavar="MAP",
        help="also run a simulated robot that follows the person: its name, such as torso (default) or "
        "unitree_g1, or a map's YAML file",
    )
    parser.add_argument(
        "--robot-model",
        default="",
        metavar="FILE",
        help="the robot's URDF, xacro or MJCF, if its map has none",
    )
    parser.add_argument(
        "--gate",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the gate, such as max_speed=0.5; may be repeated",
    )
    parser.add_argument(
        "--task",
        choices=("pick",),
        help="with --robot arm: a synthetic operator picks a cube up and puts it down, without a camera",
    )
    parser.add_argument("--view", action="store_true", help="also show people and robot in a browser")
    port = next(s for s in settings_of(ViewerSettings) if s.name == "port")
    parser.add_argument(
        "--view-port", type=int, default=port.default, metavar="PORT", help="port of the browser view"
    )
    parser.add_argument(
        "--record",
        metavar="DIR",
        default="",
        help="also record everything as an episode in this folder; see frankmocap_ros record",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of a table")
    add_flags(parser, Settings, leave_out=_CAMERA_NODE)
    return parser


def main(args: Sequence[str]) -> int:
    """Run the demo; exit code 0, 1 where it ran its time and no body was ever received."""
    arguments = _parser().parse_args(args)
    config = from_flags(Settings, arguments)
    if arguments.task:
        from frankmocap_ros.cli.demo_pick import run_demo

        view = [_view_command(arguments)] if arguments.view else []
        return run_demo(arguments, view, _record_commands(arguments))
    camera = camera_command(arguments.camera, arguments.width)
    stay_here()
    stop = stop_on_signals()
    robot = None
    if arguments.robot:
        from frankmocap_ros.cli.demo_robot import RobotDemo

        robot = RobotDemo(arguments.robot, arguments.robot_model, arguments.gate)
        if robot.needs_hands:
            config = replace(config, hands=True)
    elif arguments.gate or arguments.robot_model:
        raise SettingError("--gate and --robot-model need --robot")
    commands = [mocap_command(config), camera]
    if arguments.view:
        commands.append(_view_command(arguments))
    commands += robot.commands() if robot else []
    with running(commands, _record_commands(arguments)) as processes:
        return _watch(arguments, processes, stop, robot)


def _view_command(arguments: argparse.Namespace) -> list[str]:
    """The browser view.

    Raises:
        MissingDependencyError: viser is not installed.
    """
    require_viser()
    given = {"port": str(arguments.view_port)}
    if arguments.robot:
        given["robot"] = json.dumps(arguments.robot)
        if arguments.robot_model:
            given["robot_model"] = json.dumps(arguments.robot_model)
    print(f"frankmocap_ros demo: open http://127.0.0.1:{arguments.view_port}", file=sys.stderr, flush=True)
    return node_command("view", given)


def _record_commands(arguments: argparse.Namespace) -> list[list[str]]:
    """The recorder, where an episode is asked for.

    Raises:
        MissingDependencyError: the package mcap is not installed.
    """
    if not arguments.record:
        return []
    mcap_module("writer")
    given = {
        "folder": str(Path(arguments.record).absolute()),
        "task": f"demo {arguments.task or ''}".strip(),
        "robot_map": arguments.robot or "",
    }
    return [node_command("record", {name: json.dumps(value) for name, value in given.items()})]


def _watch(
    arguments: argparse.Namespace,
    processes: list[subprocess.Popen[bytes]],
    stop: threading.Event,
    robot: "RobotDemo | None",
) -> int:
    from frankmocap_ros.ros.clients.watcher import Watcher, summary

    with listening(robot.watcher if robot else Watcher) as watcher:
        # discovery may find the camera after the node: count from when both are heard
        for event in (watcher.first_frame, watcher.first_camera):
            wait_for(event.wait, processes, stop, watcher)
        watcher.restart()
        if robot:
            robot.begin()
        start_s = time.monotonic()
        end_s = start_s + arguments.duration if arguments.duration else float("inf")
        table = _Table(not arguments.json, robot.text if robot else str)
        while time.monotonic() < end_s and not stop.wait(min(0.5, max(0.0, end_s - time.monotonic()))):
            check(processes)
            table.show(watcher.read(), time.monotonic() - start_s)
        seconds = time.monotonic() - start_s
        tally = watcher.read()
        table.end(tally, seconds)
        if arguments.json:
            figures = summary(tally, seconds)
            if robot:
                figures |= robot.summary()
            print(json.dumps(figures), flush=True)
        if watcher.first_body.is_set():
            return 0
        print(
            "frankmocap_ros demo: no body was received. A person must be visible to the camera; view "
            f"/frankmocap/annotated. Health of the node: {tally.health or 'unknown'}",
            file=sys.stderr,
        )
        return 0 if stop.is_set() else 1  # who ends it early may not have waited for a body


class _Table:
    """Rates, ages and joints: redrawn in place on a terminal, a line every two seconds elsewhere.

    Args:
        live: whether to show anything.
        more: tells what else there is to say, a line or nothing.
    """

    def __init__(self, live: bool, more: Callable[[], str]) -> None:
        self._more = more
        self._live = live and sys.stdout.isatty()
        self._lines = live and not self._live
        self._drawn = 0
        self._line_s = 0.0

    def show(self, tally: "Tally", seconds: float) -> None:
        """Show what has arrived."""
        if self._live:
            text = _table(tally, seconds) + self._line()
            sys.stdout.write(f"\033[{self._drawn}A\033[J" if self._drawn else "")
            sys.stdout.write(text)
            sys.stdout.flush()
            self._drawn = text.count("\n")
        elif self._lines and seconds - self._line_s >= 2.0:
            self._line_s = seconds
            wrist = next((_joint_text(j) for j in tally.joints if j.name == "right_wrist"), "no body yet")
            print(f"{_rates(tally, seconds)} | {wrist}\n{self._line()}", end="", flush=True)

    def end(self, tally: "Tally", seconds: float) -> None:
        """Sum up."""
        if self._live:
            self.show(tally, seconds)
        elif self._lines:
            print(_table(tally, seconds) + self._line(), end="", flush=True)

    def _line(self) -> str:
        more = self._more()
        return f"{more}\n" if more else ""


def _rates(tally: "Tally", seconds: float) -> str:
    recent = sorted(tally.ages_ms[-100:])
    age = f"age p50 {recent[len(recent) // 2]:.0f} ms, worst {recent[-1]:.0f} ms" if recent else "age -"
    frames = len(tally.stamps)
    return f"{seconds:5.1f} s  {frames} frames, {frames / max(seconds, 1e-9):.1f} FPS, {age}"


def _joint_text(joint: object) -> str:
    p, q = joint.pose.position, joint.pose.orientation  # type: ignore[attr-defined]
    state = _STATE_NAMES[joint.state]  # type: ignore[attr-defined]
    name, confidence = joint.name, joint.confidence  # type: ignore[attr-defined]
    return (
        f"{name:<15}{state:<10}{confidence:5.2f}  {p.x:+6.2f} {p.y:+6.2f} {p.z:+6.2f} m"
        f"   {q.x:+5.2f} {q.y:+5.2f} {q.z:+5.2f} {q.w:+5.2f}"
    )


def _hand_text(hand: object) -> str:
    side, state = hand.side, _STATE_NAMES[hand.state]  # type: ignore[attr-defined]
    confidence, angle_rad = hand.confidence, hand.palm_angle  # type: ignore[attr-defined]
    palm = f"  palm {math.degrees(angle_rad):3.0f} deg off the camera" if state != "invalid" else ""
    return f"{side + ' hand':<15}{state:<10}{confidence:5.2f}{palm}"


def _table(tally: "Tally", seconds: float) -> str:
    """Everything as text, for people."""
    lines = [_rates(tally, seconds), f"node: {tally.health or 'starting'}"]
    if tally.dropped:
        lines.append("dropped: " + ", ".join(f"{reason} {n}" for reason, n in tally.dropped.items()))
    lines.append(f"{'joint':<15}{'state':<10}{'conf':>5}  {'position x y z':<22}   orientation x y z w")
    lines += [_joint_text(j) for j in tally.joints if j.name in _SHOWN]
    lines += [_hand_text(hand) for hand in tally.hands]
    return "\n".join(lines) + "\n"
