"""How a node of this package is run as a process."""

import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from frankmocap_ros.errors import MocapError


def start_ros(args: Sequence[str] | None = None, **how: Any) -> None:
    """As ``rclpy.init``.

    Raises:
        MocapError: an argument or a parameter file cannot be read, or there is no place for logs.
    """
    try:
        rclpy.init(args=list(args) if args is not None else None, **how)
    except UnicodeEncodeError as error:
        raise MocapError(
            f"an argument is not UTF-8, which ROS cannot pass on: {error.object!a}; give it another name, or "
            "a link with one"
        ) from error
    except RuntimeError as error:  # rclpy's own
        step = (
            "; set HOME, or ROS_LOG_DIR to a folder that can be written"
            if "initialize logging" in str(error)
            else ""
        )
        raise MocapError(f"{error}{step}") from error


def run_node(name: str, make: Callable[[], Node], args: Sequence[str] | None = None) -> int:
    """Run a node until SIGINT or SIGTERM; returns the exit code: 0, or 2 where it cannot be made.

    Args:
        name: of the program, for its last words.
        make: makes the node; raises MocapError where that cannot be, with the reason.
        args: ROS arguments; None takes those of the process.
    """
    node: Node | None = None
    try:
        start_ros(args)
        node = make()
        if rclpy.ok():
            rclpy.spin(node)
    except MocapError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        if rclpy.ok():
            raise
        # a signal took ROS away while the node was still being made
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # impatience must not cut the tidying short
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
