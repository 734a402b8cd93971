"""How OpenMP is told to wait."""

import os
import subprocess
import sys

import pytest

from frankmocap_ros.threads import wait_without_spinning


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
