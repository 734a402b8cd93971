"""How a network's threads wait for each other."""

import os
from collections.abc import MutableMapping

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
