"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import Any

TIMEOUT_S = 60.0  # two busy cores are slow; nothing waits that long where all is well


def wait_until(condition: Callable[[], Any], what: str = "condition") -> Any:
    """Wait for what nothing announces."""
    end_s = time.monotonic() + TIMEOUT_S
    while not (result := condition()):
        if time.monotonic() > end_s:
            raise TimeoutError(what)
        time.sleep(0.005)
    return result
