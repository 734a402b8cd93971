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

"""What is known of this machine without asking anything heavy."""

import ctypes
import importlib.metadata
import math
import os
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_AMD = Path("/dev/kfd")
_NVIDIA = Path("/proc/driver/nvidia/version")
_TEGRA = Path("/etc/nv_tegra_release")
_JETPACKS = {32: 4, 34: 5, 35: 5, 36: 6, 38: 7, 39: 7}  # by the release of L4T


_taken: dict[str, int] = {}  # by this process, of the machine's cores


def take_cores(count: int) -> None:
    """Let ``cores`` give at most so many from now on: other processes of the same work use the rest.

    For a process of our own, before anything in it asks. Threads are not bound to cores, so that they go
    where a core is idle.
    """
    _taken["cores"] = max(1, count)


def cores() -> int:
    """Cores that this process may use: those it is bound to, less where a container gets a share of them.

    Where ``take_cores`` was called, not more than that.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    bound = min(bound, _taken.get("cores", bound))
    try:
        quota, period = _QUOTA.read_text(encoding="ascii").split()
        share = math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
        return bound
    return max(1, min(bound, share))


def _cpuinfo(*names: str) -> str:
    """The first line of the kernel's text with one of these names, without the name."""
    try:
        with _CPUINFO.open(encoding="ascii", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() in names:
                    return value.strip()
    except OSError:
        pass
    return ""


def cpu_name() -> str:
    """As the kernel calls it, with what tells apart those of one name."""
    parts = (_cpuinfo("model name") or platform.processor() or platform.machine(), _cpuinfo("cpu family"))
    return " ".join(filter(None, (*parts, _cpuinfo("model"))))


def has_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; emulated it is slower than float32."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(_cpuinfo("flags", "Features").split()))


def may_have_gpu() -> bool:
    """False where torch certainly finds no GPU: no driver is there, of NVIDIA's or of AMD's.

    To know more torch has to be asked, whose import takes over a second and 200 MB.
    """
    if not sys.platform.startswith("linux"):
        return True
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return _AMD.exists()
    return True


def nvidia_driver() -> str:
    """Version of NVIDIA's driver, such as ``570.86.10``; empty where the kernel does not tell."""
    try:
        text = _NVIDIA.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    found = re.search(r"Module\s.*?\b(\d+(?:\.\d+)+)", text)
    return found[1] if found else ""


def jetson() -> str:
    """A Jetson's system, such as ``JetPack 6 (L4T 36.4.3)``; empty on other machines."""
    try:
        text = _TEGRA.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    found = re.search(r"R(\d+).*?REVISION:\s*([\d.]+)", text)
    if not found:
        return "JetPack (L4T of unknown version)"
    return f"JetPack {_JETPACKS.get(int(found[1]), '?')} (L4T {found[1]}.{found[2]})"


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Version of each package that is installed."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
