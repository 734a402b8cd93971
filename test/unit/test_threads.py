"""How OpenMP is told to wait, and threads that give way."""

import os
import subprocess
import sys
import threading

import pytest

from frankmocap_ros.threads import giving_way, wait_without_spinning


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
        "from frankmocap_ros.estimators.frankmocap import FrankMocapEstimator, FrankMocapOptions;"
        "assert 'torch' not in sys.modules;"
        "FrankMocapEstimator(FrankMocapOptions(Path(sys.argv[1]))).close()"
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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no priority of their own")
def test_threads_that_give_way():
    def make():
        ids = []
        inner = threading.Thread(target=lambda: ids.append(threading.get_native_id()) or stop.wait(10.0))
        inner.start()
        while not ids:
            pass
        return inner, os.getpriority(os.PRIO_PROCESS, ids[0])

    stop = threading.Event()
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    inner, priority = giving_way(make)
    stop.set()
    inner.join()
    assert priority == max(before, 10)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_what_goes_wrong_in_giving_way_is_told():
    with pytest.raises(ZeroDivisionError):
        giving_way(lambda: 1 / 0)
