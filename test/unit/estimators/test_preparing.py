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

"""What is made once and kept is made by another process, where somebody asks for that."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators import preparing
from frankmocap_ros.estimators.preparing import Preparation
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.settings.mocap import Settings

# in place of the other process: one that makes nothing
OTHER = """
import os, sys, time
from frankmocap_ros.estimators import preparing, registry

class Made:
    def close(self):
        print("a line of some library", flush=True)

def make(config, tell):
    tell(f"{config.estimator} {config.use_smplx}")
    tell(f"priority {os.getpriority(os.PRIO_PROCESS, 0)}, process {os.getpid()}\\nin two lines")
    REST
    return Made()

registry.make_estimator = make
sys.exit(preparing.main())
"""


@pytest.fixture
def other(monkeypatch):
    """What the other process does after it told; what was told."""

    def does(rest):
        monkeypatch.setattr(preparing, "_START", OTHER.replace("REST", rest))

    does("pass")
    return does


def test_it_makes_what_the_settings_say_with_low_priority_and_once(other):
    told = []
    preparation = Preparation(Settings(estimator="frankmocap", use_smplx=True), told.append)
    preparation()
    assert told[0] == "frankmocap True"
    assert int(told[1].split()[1].rstrip(",")) >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    assert told[1].endswith("\nin two lines")
    preparation()
    assert len(told) == 2


@pytest.mark.parametrize("rest", ["raise ValueError('broken')", "os.abort()", "os._exit(0)", "sys.exit(3)"])
def test_however_it_ends_it_is_over(other, rest):
    other(rest)
    told = []
    Preparation(Settings(), told.append)()
    assert len(told) == 2


@pytest.mark.parametrize("executable", ["", "/nowhere/python"])
def test_without_a_python_to_start_nothing_happens(monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    Preparation(Settings(), pytest.fail)()


def test_one_that_takes_too_long_is_ended(other, monkeypatch):
    other("time.sleep(600)")
    monkeypatch.setattr(preparing, "_LONGEST_S", 3.0)
    start_s = time.perf_counter()
    Preparation(Settings(), lambda _: None)()
    assert time.perf_counter() - start_s < 60.0


def runs(pid):
    """Whether a process is there and not only its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_it_ends_with_who_asked():
    code = (
        "import sys; from frankmocap_ros.settings.mocap import Settings; "
        "from frankmocap_ros.estimators import preparing; preparing._START = sys.argv[1]; "
        "preparing.Preparation(Settings(), lambda text: print(text, flush=True))()"
    )
    command = [sys.executable, "-c", code, OTHER.replace("REST", "time.sleep(600)")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
        asking.stdout.readline()
        pid = int(asking.stdout.readline().split()[-1])
        assert runs(pid)
        asking.send_signal(signal.SIGKILL)
        end_s = time.perf_counter() + 30.0
        while runs(pid) and time.perf_counter() < end_s:
            time.sleep(0.05)
        assert not runs(pid)


def test_what_it_cannot_make_is_refused_here(tmp_path):
    config = Settings(estimator="frankmocap", assets_dir=str(tmp_path))
    told = []
    Preparation(config, told.append)()
    assert told == []
    with pytest.raises(AssetError, match="Missing"):
        make_estimator(config, prepare=Preparation(config, told.append))


@pytest.mark.parametrize("engine", ["openvino", "auto"])
def test_a_network_is_translated_and_measured_elsewhere(standin, tmp_path, monkeypatch, engine):
    openvino = pytest.importorskip("openvino")
    from frankmocap_ros.engines import choice

    cache = tmp_path / "cache"  # with the files converted and no networks in it
    converted = Path(os.environ["FRANKMOCAP_CACHE_DIR"])
    shutil.copytree(converted, cache, copy_function=os.link, ignore=shutil.ignore_patterns("engines"))
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(cache))
    config = Settings(
        estimator="frankmocap",
        assets_dir=str(standin),
        engine=engine,
        precision="fp32" if engine == "openvino" else "auto",
    )
    told = []

    def here(*_, **__):
        pytest.fail("this process did it")

    with monkeypatch.context() as patch:
        patch.setattr(openvino, "convert_model", here)
        patch.setattr(choice, "measure", here)
        make_estimator(config, prepare=Preparation(config, told.append)).close()
        assert any("translating" in text for text in told)
        assert any("engines for 1 crops" in text for text in told) == (engine == "auto")
        told.clear()
        make_estimator(config, prepare=Preparation(config, told.append)).close()
        assert told == []
