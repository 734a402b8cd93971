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

"""Run a node of this package as a process."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.parameter import Parameter

from frankmocap_ros.errors import MocapError
from frankmocap_ros.ros.common.end_signals import EndSignals, Interrupts


def start_ros(args: Sequence[str] | None = None, **how: Any) -> None:
    """Like ``rclpy.init``.

    Raises:
        MocapError: an argument or a parameter file cannot be read, or there is no place for logs.
    """
    try:
        rclpy.init(args=list(args) if args is not None else None, **how)
    except UnicodeEncodeError as error:
        raise MocapError(
            f"an argument is not UTF-8, which ROS cannot pass on: {error.object!a}; rename it, or use a link"
        ) from error
    except RuntimeError as error:  # rclpy's own
        step = "; set HOME, or ROS_LOG_DIR to a writable folder" if "initialize logging" in str(error) else ""
        raise MocapError(f"{error}{step}") from error


def run_node(
    make: Callable[..., Node],
    args: Sequence[str],
    settings: Mapping[str, Any],
    publishes_at_end: bool = False,
) -> int:
    """Run a node until SIGINT or SIGTERM; returns the exit code: 0, or 2 if the node cannot be made.

    Args:
        make: makes the node with ``parameter_overrides``; raises MocapError with the reason if it cannot.
        args: name of the program, then the arguments of ROS.
        settings: values of parameters by name; they win over those in ``args``.
        publishes_at_end: whether the node publishes while it is destroyed: ROS runs until then.
    """
    node: Node | None = None
    signals = EndSignals() if publishes_at_end else Interrupts()
    try:
        start_ros(args, **signals.how)
        node = make(parameter_overrides=[Parameter(name, value=value) for name, value in settings.items()])
        signals.spin(node)
    except MocapError as error:
        print(f"{args[0]}: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        if rclpy.ok() and not signals.came:
            raise
        # a signal took ROS away while the node was still being made, or came while rclpy was in C++
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # impatience must not cut the tidying short
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    if node is None:
        # what it had begun, such as to load a model, goes on in threads of libraries: Python would crash in
        # them at its end
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0
