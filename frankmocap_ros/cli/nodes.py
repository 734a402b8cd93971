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

"""Nodes of this package as processes of their own, and a node of this process that listens to them."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from frankmocap_ros.errors import MocapError, SourceError
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of, yaml_value
from frankmocap_ros.sources import check_source

if TYPE_CHECKING:
    from rclpy.node import Node

N = TypeVar("N", bound="Node")

_START_S = 60.0  # importing and warming up on a slow machine
_STOP_S = 2.0
_WRITE_S = 30.0  # who writes files may wait for a slow disk

Processes = Sequence["subprocess.Popen[bytes]"]


class Failing(Protocol):
    """An observer that learns when the node cannot be configured."""

    failure: str


def node_command(
    command: str, parameters: Mapping[str, str], topics: Mapping[str, str] | None = None
) -> list[str]:
    """A node of this package in this Python; the folder it starts in stays off the module path.

    Args:
        command: of ``frankmocap_ros``, such as ``camera``.
        parameters: ROS parameters by name, as YAML.
        topics: what topics are called instead, by their own name.
    """
    code = "import sys; sys.path.pop(0); from frankmocap_ros.cli.main import main; sys.exit(main())"
    pairs = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    remapped = [word for name, other in (topics or {}).items() for word in ("-r", f"{name}:={other}")]
    return [sys.executable, "-c", code, command, "--ros-args", *pairs, *remapped]


def mocap_command(config: Settings) -> list[str]:
    """The mocap node with what of a config is not the default, and diagnostics twice a second."""
    given = {
        s.name: yaml_value(getattr(config, s.name))
        for s in settings_of(Settings)
        if getattr(config, s.name) != s.default
    }
    return node_command("node", {**given, "diagnostics_period_s": "0.5"})


def camera_command(source: str, width: int, rate_hz: float = 0.0) -> list[str]:
    """The camera node, which ends where its source cannot be opened.

    Raises:
        SourceError: the source is not there, or has a name that ROS cannot pass on.
    """
    check_source(source)
    if printable(source) != source:
        raise SourceError(
            f"{printable(source)}: the name is not UTF-8, which ROS cannot pass on; make a link to it: ln -s"
        )
    parameters = {
        "source": yaml_value(source), "width": str(width), "rate_hz": yaml_value(float(rate_hz)),
        "wait_for_source": "false",
    }  # fmt: skip
    return node_command("camera", parameters)


def stay_here() -> None:
    """Let nothing leave this machine, and large images through, unless the user's environment says else."""
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    os.environ.update(transport_variables(os.environ))


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set from now on."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextlib.contextmanager
def listening(make: Callable[[], N]) -> Iterator[N]:
    """A node of this process, made with ROS running and served by a thread of its own."""
    import rclpy
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

    from frankmocap_ros.ros.common.running import start_ros

    start_ros(signal_handler_options=rclpy.signals.SignalHandlerOptions.NO)
    node = make()
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def spin() -> None:
        with contextlib.suppress(ExternalShutdownException):
            executor.spin()

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        rclpy.try_shutdown()  # ends the thread; only then may the executor go, which it waits on
        thread.join(1.0)
        executor.shutdown(timeout_sec=0.0)


@contextlib.contextmanager
def running(
    commands: Sequence[Sequence[str]], writers: Sequence[Sequence[str]] = ()
) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Run processes; end them with SIGINT, and by force where that takes longer than 2 s.

    Args:
        commands: of the processes.
        writers: of processes that write files: these are ended first, and given 30 s.
    """
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in (*writers, *commands):
            # a session of their own: Ctrl-C reaches this process alone, which then ends them in order
            processes.append(subprocess.Popen(command, start_new_session=True, stdout=sys.stderr))
        yield processes
    finally:
        _end(processes[: len(writers)], _WRITE_S)
        _end(processes[len(writers) :], _STOP_S)


def _end(processes: Processes, limit_s: float) -> None:
    """End processes with SIGINT, and by force where that takes longer than ``limit_s``."""
    for process in processes:
        process.send_signal(signal.SIGINT)
    end_s = time.monotonic() + limit_s
    for process in processes:
        try:
            process.wait(max(0.1, end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def check(processes: Processes) -> None:
    """Look whether all nodes run.

    Raises:
        MocapError: one has ended by itself.
    """
    for process in processes:
        if process.poll() is not None:
            raise MocapError(f"a node ended with exit code {process.returncode}; see its messages above")


def wait_for(
    came: Callable[[float], bool],
    processes: Processes,
    stop: threading.Event,
    watcher: Failing,
    limit_s: float = _START_S,
) -> None:
    """Wait for something of a node, such as its first message, until ``stop`` or for ``limit_s`` at most.

    Args:
        came: waits for that many seconds and returns whether it is there, like an event's ``wait``.
        processes: the nodes.
        stop: ends the waiting.
        watcher: hears why the node cannot be configured.
        limit_s: how long at most [s].

    Raises:
        MocapError: it is not to come.
    """
    end_s = time.monotonic() + limit_s
    while not came(0.1) and not stop.is_set() and time.monotonic() < end_s:
        check(processes)
        if watcher.failure:
            raise MocapError(watcher.failure)
