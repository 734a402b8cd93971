"""How a network's threads wait for each other, and which of them give way."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, MutableMapping
from typing import Final, TypeVar

T = TypeVar("T")

# a tenth of the time of a core that somebody else wants, all of one that nobody does
_NICE: Final = 10

_SAID = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def wait_without_spinning(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let OpenMP's threads sleep while they wait, unless the user's environment says how they should.

    By default they spin. Where other processes want the same cores (a camera, a controller), the thread that
    is waited for may then not run at all: with four busy processes on two cores torch took 272 ms (p50) for
    one crop and up to 758 ms, sleeping 73 ms and up to 100 ms. OpenMP reads this once, when torch is first
    imported.
    """
    if not any(name in environment for name in _SAID):
        environment["OMP_WAIT_POLICY"] = "passive"


def giving_way(make: Callable[[], T]) -> T:
    """What ``make`` gives; the threads that it starts run where no others want their cores.

    Linux gives each thread a priority of its own, which its threads inherit, so this calls ``make`` in a
    thread of low priority. Elsewhere it is called as it is.

    Raises:
        Exception: whatever ``make`` raises.
    """
    if not sys.platform.startswith("linux"):
        return make()
    made: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        with contextlib.suppress(OSError):
            me = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, me, max(_NICE, os.getpriority(os.PRIO_PROCESS, me)))
        try:
            made.append(make())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="giving_way")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return made[0]
