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

"""The same job on Ray: one session on this machine, because it takes seconds to start."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from frankmocap_ros.batch import ray_data
from frankmocap_ros.batch.files import described
from frankmocap_ros.batch.job import Task
from frankmocap_ros.errors import BatchError, MissingDependencyError
from support import batch_jobs

_LISTENING = "0A"  # state of a socket in /proc/net/tcp


def addresses_of_session(session):
    """Addresses at which the processes of a session listen, in the kernel's hexadecimal digits."""
    inodes = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if session.encode() not in file.read():
                    continue
            links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        except OSError:  # it ended
            continue
        inodes.update(link[8:-1] for link in links if link.startswith("socket:["))
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        found |= {row[1].partition(":")[0] for row in rows if row[3] == _LISTENING and row[9] in inodes}
    return found


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")  # Ray's own
def test_the_same_as_in_processes(tmp_path, inputs, workers_see_support, monkeypatch, capfd):
    """All done or listed, with a file that workers do not have; nothing printed, nobody else can connect."""
    network = os.open(inputs(net="weights")[0], os.O_RDONLY)
    files = described("net", Path(f"/dev/fd/{network}"))  # of this process alone
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(ray_data, "_is_remote", lambda address: True)
    monkeypatch.setenv("FRANKMOCAP_TEST_SESSION", str(tmp_path))
    monkeypatch.setattr(ray_data, "cores", lambda: 2)
    words = {f"i{n}": "x" for n in range(6)} | {"damaged": "bad", "crash": "crash once", "z": "crash"}
    paths = inputs(**words)
    tasks = [Task(i, str(path), str(tmp_path / f"{path.name}.txt")) for i, path in enumerate(paths)]
    found, told, addresses = {}, [], set()
    job = replace(batch_jobs.job(tmp_path), files=tuple(files))
    for outcome in ray_data.RayData("", 2, told.append)(job, tasks):
        found[outcome.number] = outcome
        addresses = addresses or addresses_of_session(str(tmp_path))
    assert sorted(found) == list(range(len(paths)))
    reasons = {paths[number].stem: outcome.reason for number, outcome in found.items() if outcome.reason}
    assert reasons.pop("damaged") == "damaged.in is damaged"
    assert "ended twice" in reasons.pop("z")
    assert reasons == {}
    assert found[0].notes == {"frames": 2, "word": "x", "net": "weights:net"}
    os.close(network)
    assert told == ["loaded"]
    loaded = list(tmp_path.glob("loaded-*"))
    assert 2 <= len(loaded) <= 2 + 3, "two, and one for each crash"
    assert {path.read_text() for path in loaded} == {"1"}
    local = {"0100007F", "0000000000000000FFFF00000100007F"}
    assert addresses
    assert addresses <= local, addresses
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("nodes", "workers", "expected"),
    [
        ([2], 0, (1, 2)),
        ([2], 2, (2, 1)),
        ([2], 5, (2, 1)),
        ([8, 8], 3, (3, 4)),
        ([8, 8], 0, (8, 2)),
        ([3, 3], 0, (3, 1)),
        ([1], 0, (1, 1)),
    ],
)
def test_every_worker_finds_a_place(nodes, workers, expected):
    assert ray_data._shared(nodes, workers) == expected


def test_a_cluster_without_cores():
    with pytest.raises(BatchError, match="no CPUs"):
        ray_data._shared([0], 1)


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r"frankmocap_ros\[cluster\]"):
        next(ray_data.RayData("", 1, print)(batch_jobs.job(None), []))


def test_other_versions_are_refused():
    actor = ray_data.Actor(batch_jobs.job(None).text(), 1, "0.0.0", {})
    (answer,) = actor({"task": ["{}"]})["answer"]
    assert "install the same" in answer


def test_importing_it_loads_no_ray():
    code = "import sys; import frankmocap_ros.batch.ray_data; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
