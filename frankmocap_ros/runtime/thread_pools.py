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

"""How a network's threads wait for each other, and what is done without threads."""

import os
import sys
from collections.abc import MutableMapping
from typing import Final

import cv2

_SAID = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
_SWITCH_INTERVAL_S: Final = 0.0005


def wait_without_spinning(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let OpenMP's threads sleep while they wait, unless the user's environment says how they should.

    By default they spin. Where other processes want the same cores (a camera, a controller), the thread that
    is waited for may then not run at all: with four busy processes on two cores torch took 272 ms (p50) for
    one crop and up to 758 ms, sleeping 73 ms and up to 100 ms. OpenMP reads this once, when torch is first
    imported.
    """
    if not any(name in environment for name in _SAID):
        environment["OMP_WAIT_POLICY"] = "passive"


def take_turns_quickly() -> None:
    """Let a thread that waits for Python's interpreter have it after 0.5 ms instead of 5.

    For a process of our own. The worker gives the interpreter up about ten times a frame, and asks for it
    back: beside a thread that imports torch that cost it up to 50 ms a frame.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)


def leave_cores_to_networks(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let OpenCV, and numpy's matrices where OpenBLAS does them, work in the thread that calls.

    For a process of our own: both are set for all of it. OpenBLAS is left as it is where the user's
    environment says how many threads it has.

    OpenBLAS's second thread spins after each product until the next frame comes: the regressors' head, 0.12
    ms of work, took 33.7 ms of processor time a frame at 30 Hz, one core of two; in one thread 0.2 ms, as
    fast. What OpenCV does to a frame, resizing and changing colors, takes up to 0.6 ms from 1920x1080 in one
    thread and no less in two.
    """
    cv2.setNumThreads(1)
    if "OPENBLAS_NUM_THREADS" in environment:
        return
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # rosdep has no key for it; without it one core is busier and everything works
        return
    threadpool_limits(1, user_api="blas")
