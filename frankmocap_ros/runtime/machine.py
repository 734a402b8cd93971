"""What is known of this machine without asking anything heavy."""

import ctypes
import importlib.metadata
import math
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_AMD = Path("/dev/kfd")


def cores() -> int:
    """Cores that this process may use: those it is bound to, less where a container gets a share of them."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
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


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Version of each package that is installed."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
