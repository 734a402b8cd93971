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

"""Workers as processes: what they share, and what becomes of one that ends."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from frankmocap_ros.batch.job import Task
from frankmocap_ros.batch.pool import Pool
from frankmocap_ros.errors import BatchError
from support import batch_jobs
from support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("workers_see_support")


def tasks(tmp_path, paths):
    return [Task(i, str(path), str(tmp_path / f"{path.name}.txt")) for i, path in enumerate(paths)]


def workers_of(folder):
    return [int(path.name.partition("-")[2]) for path in folder.glob("loaded-*")]


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_workers_load_once_and_share_the_cores(tmp_path, inputs, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.batch.pool.cores", lambda: 2)
    todo = tasks(tmp_path, inputs(**{f"i{n}": "x" for n in range(5)}, damaged="bad"))
    told = []
    found = sorted(Pool(2, told.append)(batch_jobs.job(tmp_path), todo), key=lambda outcome: outcome.number)
    assert [outcome.reason for outcome in found] == [""] * 5 + ["damaged.in is damaged"]
    assert found[0].notes == {"frames": 2, "word": "x"}
    assert told == ["loaded"]
    loaded = list(tmp_path.glob("loaded-*"))
    assert len(loaded) == 2
    assert {path.read_text() for path in loaded} == {"1"}
    assert all(map(gone, workers_of(tmp_path)))
    assert not list(tmp_path.glob(".partial*"))


def test_a_worker_that_ends_is_replaced(tmp_path, inputs):
    todo = tasks(tmp_path, inputs(a="crash", b="crash once", c="x"))
    found = {
        outcome.number: outcome for outcome in Pool(1, lambda text: None)(batch_jobs.job(tmp_path), todo)
    }
    assert "ended twice" in found[0].reason
    assert "SIGKILL" in found[0].reason
    assert found[1].reason == found[2].reason == ""
    assert batch_jobs.seen(tmp_path) == ["a.in", "a.in", "b.in", "b.in", "c.in"]


def test_workers_end_with_who_wanted_them(tmp_path, inputs):
    """In the middle of an input; as Ctrl-C does it."""
    threads = threading.enumerate()
    todo = tasks(tmp_path, inputs(a="wait", b="x"))
    outcomes = Pool(2, lambda text: None)(batch_jobs.job(tmp_path), todo)
    assert next(outcomes).number == 1
    pids = workers_of(tmp_path)
    outcomes.close()
    assert all(map(gone, pids))
    assert threading.enumerate() == threads


def test_workers_end_with_a_process_that_is_killed(tmp_path, inputs):
    (path,) = inputs(a="wait")
    program = (
        "import sys; from pathlib import Path; from support import batch_jobs\n"
        "from frankmocap_ros.batch.job import Task; from frankmocap_ros.batch.pool import Pool\n"
        "folder = Path(sys.argv[1])\n"
        "list(Pool(1, print)(batch_jobs.job(folder), [Task(0, sys.argv[2], str(folder / 'r'))]))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(path)]) as starter:
        try:
            wait_until(lambda: batch_jobs.seen(tmp_path))
        finally:
            starter.send_signal(signal.SIGKILL)
    (pid,) = workers_of(tmp_path)
    wait_until(lambda: gone(pid) or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z")


def test_what_keeps_all_from_starting_is_an_error(tmp_path, inputs):
    with pytest.raises(BatchError, match="the model is not there"):
        list(Pool(2, print)(batch_jobs.job(tmp_path, broken=True), tasks(tmp_path, inputs(a="x", b="x"))))


def test_a_worker_that_cannot_even_start(tmp_path, inputs, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.batch.worker_process.start_of", lambda module: "raise SystemExit(7)")
    with pytest.raises(BatchError, match="exit code 7"):
        list(Pool(1, print)(batch_jobs.job(tmp_path), tasks(tmp_path, inputs(a="x"))))
