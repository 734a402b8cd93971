"""Nodes of this package as processes of their own."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from frankmocap_ros.errors import MocapError

_START_S = 60.0  # importing and warming up on a slow machine
_STOP_S = 2.0

Processes = Sequence["subprocess.Popen[bytes]"]


class Failing(Protocol):
    """Whoever hears of it when the node cannot be configured."""

    failure: str


def node_command(module: str, parameters: Mapping[str, str]) -> list[str]:
    """A node of this package in this Python; the folder it starts in stays off the module path.

    Args:
        module: of the package ``ros``.
        parameters: ROS parameters by name, as YAML.
    """
    code = f"import sys; sys.path.pop(0); from frankmocap_ros.ros.{module} import main; sys.exit(main())"
    pairs = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    return [sys.executable, "-c", code, "--ros-args", *pairs]


@contextlib.contextmanager
def running(commands: Sequence[Sequence[str]]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Run processes; end them with SIGINT, and by force where that takes longer than 2 s."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            # a session of their own: Ctrl-C reaches this process alone, which then ends them in order
            processes.append(subprocess.Popen(command, start_new_session=True, stdout=sys.stderr))
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGINT)
        end_s = time.monotonic() + _STOP_S
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
            raise MocapError(f"a node ended with exit code {process.returncode}; its last words stand above")


def wait_for(
    came: Callable[[float], bool],
    processes: Processes,
    stop: threading.Event,
    watcher: Failing,
    limit_s: float = _START_S,
) -> None:
    """Wait for something of a node, such as its first message, until ``stop`` or for ``limit_s`` at most.

    Args:
        came: waits for so many seconds and tells whether it is there, as an event's ``wait``.
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
