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

"""What the machine tells: its name, memory and processor time in use, energy."""

import datetime
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

import frankmocap_ros
from frankmocap_ros.runtime.machine import cores, cpu_name, versions

_POWERCAP: Final = Path("/sys/class/powercap")
_PACKAGES: Final = (
    "numpy", "opencv-python", "ai-edge-litert", "torch", "openvino", "nncf", "onnxruntime", "onnxruntime-gpu",
    "tensorrt", "smplx",
)  # fmt: skip


def resident_mb(process: int | None = None) -> float | None:
    """Resident memory of a process [MB]; None where it has ended or may not be asked.

    Args:
        process: its number; None for this process.
    """
    try:
        return psutil.Process(process).memory_info().rss / 2**20
    except psutil.Error:
        return None


def processor_s(process: int) -> float:
    """Processor time that a process has used so far, its threads together [s].

    Raises:
        psutil.NoSuchProcess: it has ended.
    """
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))


class EnergyMeter:
    """Energy that the processors took, by the kernel's counters (RAPL, of Intel's and AMD's).

    It counts all that runs on the machine. Most systems let root alone read it.

    Args:
        folder: where the kernel shows it.
    """

    def __init__(self, folder: Path = _POWERCAP) -> None:
        # whole packages only: "intel-rapl:0:0" is a part of "intel-rapl:0"
        self._files = [
            path / "energy_uj"
            for path in sorted(folder.glob("intel-rapl:*"))
            if path.name.count(":") == 1 and os.access(path / "energy_uj", os.R_OK)
        ]
        self._before: list[int] = []

    def start(self) -> None:
        """Count from now on."""
        try:
            self._before = [_number(file) for file in self._files]
        except (OSError, ValueError):
            self._before = []

    def joules(self) -> float | None:
        """Energy since ``start`` [J]; None where the machine does not tell."""
        if not self._before:
            return None
        try:
            spent = 0
            for file, before in zip(self._files, self._before, strict=True):
                now = _number(file)
                # the counter wraps around
                spent += (
                    now - before
                    if now >= before
                    else now + _number(file.with_name("max_energy_range_uj")) - before
                )
        except (OSError, ValueError):
            return None
        return 1e-6 * spent


@dataclass(frozen=True)
class Machine:
    """Where and when something was measured.

    Attributes:
        cpu: as the kernel calls it.
        cores: that this process may use.
        memory_gb: of the machine [GB].
        system: kernel and Python.
        versions: of this package and of those that run networks.
        date: day, in UTC.
    """

    cpu: str
    cores: int
    memory_gb: float
    system: str
    versions: dict[str, str]
    date: str

    @staticmethod
    def here() -> "Machine":
        """This one, now."""
        return Machine(
            cpu_name(),
            cores(),
            psutil.virtual_memory().total / 1e9,
            f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
            {"frankmocap_ros": frankmocap_ros.__version__, **versions(_PACKAGES)},
            datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        )

    @property
    def text(self) -> str:
        """In one paragraph."""
        packages = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        size = f"{self.cores} cores, {self.memory_gb:.0f} GB of memory"
        return f"{self.cpu}, {size}; {self.system}; {packages}; {self.date}"
