"""torch's libraries are there before torch is."""

import subprocess
import sys

import pytest

from frankmocap_ros import gentle_import

pytest.importorskip("torch", reason="nothing to load")

CODE = """
import sys
from pathlib import Path
from frankmocap_ros.gentle_import import preload_torch

def mapped():
    return "libtorch_python.so" in Path("/proc/self/maps").read_text()

assert not mapped()
preload_torch()
assert mapped() and "torch" not in sys.modules
import torch
assert torch.ones(2).sum() == 2
preload_torch()
"""


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
