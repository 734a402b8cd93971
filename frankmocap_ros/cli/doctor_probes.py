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

"""What becomes of importing a large package, found out in a process of its own.

There it may take long, print, or crash, and the report still appears. All are started at once.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The folder it is started in stays off the module path.
_START = "import json, sys; sys.path[:] = [p for p in sys.path if p]\n"
_PROGRAMS = {
    "numbers": """
import numpy
found = {"numpy": numpy.__version__}
import cv2
found["opencv"] = cv2.__version__
""",
    "torch": """
import torch
from frankmocap_ros.runtime.machine import has_bf16
from frankmocap_ros.engines.torch_device import choose_torch_device
cuda = torch.cuda.is_available()
found = {
    "version": torch.__version__, "cuda": cuda, "device": choose_torch_device("auto", "auto").text,
    "bf16": torch.cuda.is_bf16_supported() if cuda else has_bf16(),
}
""",
    "blazepose": """
from frankmocap_ros.engines.tflite_choice import engine_version
found = dict(zip(("engine", "version"), engine_version()))
""",
    "ros": """
from rclpy.utilities import get_rmw_implementation_identifier
found = {"rmw": get_rmw_implementation_identifier(), "messages": False}
try:
    import frankmocap_ros.msg
    frankmocap_ros.msg.BodyPoseArray()
    found["messages"] = True
except Exception as error:
    found["messages_error"] = f"{type(error).__name__}: {error}"
""",
}


@dataclass(frozen=True)
class Probe:
    """What was found.

    Attributes:
        found: what the package says of itself; empty where it cannot be imported.
        error: why it cannot, empty where it can.
        slow: for how long it was waited in vain, so that nothing is known of it; 0 where it was not [s].
    """

    found: Mapping[str, Any]
    error: str = ""
    slow: float = 0.0


def _result(process: "subprocess.Popen[str]", left_s: float, limit_s: float) -> Probe:
    try:
        said, complained = process.communicate(timeout=max(0.1, left_s))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Probe({}, slow=limit_s)
    lines = said.strip().splitlines()
    with contextlib.suppress(ValueError, IndexError):
        found = json.loads(lines[-1])
        if isinstance(found, dict):
            return Probe(found)
    if process.returncode < 0:
        return Probe({}, f"loading it ends by signal {-process.returncode}")
    last = (complained.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
    return Probe({}, last[:300])


class Probes:
    """Imports of OpenCV, torch, BlazePose's engine and rclpy, each in a process of its own, all at once.

    Args:
        limit_s: how long all of it may take [s].
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._end_s = time.monotonic() + limit_s
        self._processes = {
            name: subprocess.Popen(
                [sys.executable, "-c", f"{_START}{program}print(); print(json.dumps(found))"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            for name, program in _PROGRAMS.items()
        }

    def results(self) -> dict[str, Probe]:
        """Wait for ``"numbers"``, ``"torch"``, ``"blazepose"``, ``"ros"``; what takes too long is ended."""
        return {
            name: _result(process, self._end_s - time.monotonic(), self._limit_s)
            for name, process in self._processes.items()
        }
