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

"""Imports beside what runs: torch's libraries are there before torch is, and frames keep nothing alive."""

import subprocess
import sys
import threading
from importlib.util import find_spec

import pytest

from frankmocap_ros.runtime import background_import as gentle_import

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed: nothing to load")

CODE = """
import sys
from pathlib import Path
from frankmocap_ros.runtime.background_import import preload_torch

def mapped():
    return "libtorch_python.so" in Path("/proc/self/maps").read_text()

assert not mapped()
preload_torch()
assert mapped() and "torch" not in sys.modules
import torch
assert torch.ones(2).sum() == 2
preload_torch()
"""


@needs_torch
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_libraries_come_before_the_import():
    done = subprocess.run(
        [sys.executable, "-c", CODE], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_without_torch_nothing_happens(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(gentle_import, "find_spec", lambda _: None)
    monkeypatch.setattr(gentle_import.ctypes, "CDLL", pytest.fail)
    gentle_import.preload_torch()


MODULE = """
import sys
frames = []
frame = sys._getframe()
while frame is not None:
    frames.append(frame.f_code.co_name)
    frame = frame.f_back
"""


def test_apart_no_frame_of_who_imports_is_kept(tmp_path, monkeypatch):
    (tmp_path / "keeps_its_frames.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)

    def who_imports():
        gentle_import.import_apart("keeps_its_frames")

    who_imports()
    kept = sys.modules.pop("keeps_its_frames").frames
    assert "who_imports" not in kept and "<module>" in kept


def test_apart_what_fails_is_for_whoever_needs_it():
    called = []

    def fails():
        called.append(threading.current_thread().name)
        raise RuntimeError

    gentle_import.import_apart("there_is.no_such_thing", fails, lambda: called.append("the next"))
    assert called == ["import_apart", "the next"]
