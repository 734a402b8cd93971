"""Cores of the machine, and a share of them."""

import subprocess
import sys

from frankmocap_ros.runtime.machine import cores


def test_a_process_may_take_fewer_cores():
    code = (
        "from frankmocap_ros.runtime.machine import cores, take_cores\n"
        "all = cores(); take_cores(1); one = cores(); take_cores(10**6); print(all, one, cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = [int(word) for word in done.stdout.split()]
    assert found == [cores(), 1, cores()]
