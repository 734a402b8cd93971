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

"""How OpenMP is told to wait, and what is done without threads."""

import os
import subprocess
import sys

import cv2
import pytest

from frankmocap_ros.runtime.thread_pools import (
    leave_cores_to_networks,
    take_turns_quickly,
    wait_without_spinning,
)


def test_it_is_said_once():
    environment = {"PATH": "/bin"}
    wait_without_spinning(environment)
    assert environment == {"PATH": "/bin", "OMP_WAIT_POLICY": "passive"}


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"])
def test_the_users_word_holds(name):
    environment = {name: "7"}
    wait_without_spinning(environment)
    assert environment == {name: "7"}


def test_the_estimator_says_it_before_torch_is_there(standin):
    """OpenMP shows what it read where it is asked to."""
    program = (
        "import sys; from pathlib import Path;"
        "from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator, FrankMocapOptions;"
        "assert 'torch' not in sys.modules;"
        "options = FrankMocapOptions(Path(sys.argv[1]), engine='torch', precision='fp32');"
        "FrankMocapEstimator(options).close()"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP", "GOMP", "KMP"))}
    done = subprocess.run(
        [sys.executable, "-c", program, str(standin)],
        env={**environment, "OMP_DISPLAY_ENV": "TRUE"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in done.stderr


# Threads of OpenCV and of numpy's BLAS; None where threadpoolctl does not know that BLAS.
COUNT = """
import cv2, numpy
from threadpoolctl import threadpool_info
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks

def counts():
    found = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return cv2.getNumThreads(), max(found, default=None)

before = counts()
leave_cores_to_networks()
print(*before, *counts())
"""


def counted(**environment):
    """OpenCV's and OpenBLAS's threads in a process of their own, before and after."""
    kept = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [None if word == "None" else int(word) for word in done.stdout.split()]


def test_small_work_is_done_in_the_thread_that_calls():
    cv_before, blas_before, cv_after, blas_after = counted()
    if cv_before == 1:
        pytest.skip("this process has one core: there are no threads to take away")
    assert cv_after == 1
    if blas_before is None:
        pytest.skip("numpy here runs on a BLAS that threadpoolctl does not know")
    assert blas_before > 1 and blas_after == 1


def test_the_users_word_on_openblas_holds():
    _, blas_before, cv_after, blas_after = counted(OPENBLAS_NUM_THREADS="2")
    assert cv_after == 1
    assert blas_after == blas_before


def test_without_threadpoolctl_only_opencv_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    before = cv2.getNumThreads()
    try:
        leave_cores_to_networks({})
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)


def test_threads_take_turns_quickly():
    before_s = sys.getswitchinterval()
    try:
        take_turns_quickly()
        assert sys.getswitchinterval() == pytest.approx(0.0005, abs=1e-6)
    finally:
        sys.setswitchinterval(before_s)
