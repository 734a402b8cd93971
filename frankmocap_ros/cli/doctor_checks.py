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

"""What ``frankmocap_ros doctor`` says of the machine: Python, packages, ROS, transport, device."""

import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import frankmocap_ros
from frankmocap_ros.assets.checkpoint import INSTALL, new_enough
from frankmocap_ros.assets.model_files import (
    FETCH,
    MODEL_FILES,
    by_hand,
    find_model,
    missing_models,
    models_folder,
    needed_models,
)
from frankmocap_ros.assets.report import Check
from frankmocap_ros.cli.doctor_probes import Probe
from frankmocap_ros.cli.ending import library_step, opencv_step
from frankmocap_ros.cli.ros_available import require_ros
from frankmocap_ros.engines.tflite_installed import TFLITE_ENGINES
from frankmocap_ros.errors import MissingDependencyError, MocapError
from frankmocap_ros.runtime.fastdds_profile import fast_dds, transport_variables, users_choice

_OLDEST_PYTHON = (3, 10)
_ENGINE_STEP = " or ".join(f"pip install {package}" for package in TFLITE_ENGINES.values())
_OPENCVS = (
    "opencv-python",
    "opencv-contrib-python",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
)
_FAST_DDS = ("rmw_fastrtps_cpp", "rmw_fastrtps_dynamic_cpp")
_NVIDIA = Path("/proc/driver/nvidia/version")


def _version(package: str) -> str | None:
    """Version of an installed distribution, None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def python_check() -> Check:
    """Python and this package."""
    here = platform.python_version()
    text = f"Python {here}, frankmocap_ros {frankmocap_ros.__version__}"
    details = {"version": here, "package": frankmocap_ros.__version__, "executable": sys.executable}
    if sys.version_info[:2] < _OLDEST_PYTHON:
        step = "Python 3.10 or later is needed: create the environment with python3.12 -m venv"
        return Check("python", "warning", text, step, details)
    return Check("python", "ok", text, "", details)


def _slow(name: str, package: str, probe: Probe, details: Mapping[str, Any]) -> Check:
    """What did not load in time: nothing is known of it, and it counts as there."""
    text = f"{package} did not load within {probe.slow:g} s: the machine is slow or busy; not checked"
    return Check(name, "warning", text, "frankmocap_ros doctor --limit-s 300", {**details, "slow": True})


def numbers_check(probe: Probe) -> Check:
    """NumPy and OpenCV."""
    if probe.slow:
        return _slow("opencv", "OpenCV", probe, {})
    if probe.error:
        return Check(
            "opencv", "error", f"OpenCV or NumPy does not load: {probe.error}", opencv_step(probe.error)
        )
    installed = {name: version for name in _OPENCVS if (version := _version(name)) is not None}
    details = {**probe.found, "installed": installed}
    text = f"OpenCV {probe.found['opencv']}, NumPy {probe.found['numpy']}"
    if len(set(installed.values())) > 1:
        pairs = ", ".join(f"{name} {version}" for name, version in installed.items())
        wanted = installed.get("opencv-contrib-python", next(iter(installed.values())))
        step = "pip install " + " ".join(f"{name}=={wanted}" for name in installed)
        return Check(
            "opencv",
            "warning",
            f"{text}; several versions are installed in one folder: {pairs}",
            step,
            details,
        )
    return Check("opencv", "ok", text, "", details)


def ros_check(probe: Probe, environ: Mapping[str, str]) -> Check:
    """ROS 2, this package's messages, and the middleware."""
    sourced = environ.get("ROS_DISTRO")
    version = _version("ros-rclpy") or _version("rclpy")
    details = {"distro": sourced, "rclpy": version, "rmw": probe.found.get("rmw")}
    try:
        require_ros("node")
    except MissingDependencyError as error:
        what, _, step = str(error).partition(". ")
        return Check("ros", "error", what, step, details)
    place = f"ROS {sourced}, sourced" if sourced else "ROS from wheels (no distribution sourced)"
    if probe.slow:
        return _slow("ros", "rclpy", probe, details)
    if probe.error:
        step = (
            f"source /opt/ros/{sourced}/setup.bash again"
            if sourced
            else "in a checkout: pip install '.[ros]'"
        )
        return Check("ros", "error", f"{place}: rclpy does not load: {probe.error}", step, details)
    if not probe.found.get("messages"):
        reason = probe.found.get("messages_error", "")
        step = (
            "build again with `colcon build`, then source install/setup.bash"
            if sourced
            else "in a checkout: pip install --force-reinstall '.[ros]'"
        )
        return Check("ros", "error", f"{place}: this package's messages do not load: {reason}", step, details)
    text = f"{place}; rclpy {version or 'from the distribution'}, RMW {probe.found['rmw']}"
    return Check("ros", "ok", text, "", details)


def transport_check(rmw: str | None, environ: Mapping[str, str]) -> Check:
    """How images get from process to process."""
    if rmw is not None and rmw not in _FAST_DDS:
        return Check("transport", "ok", f"{rmw} needs no profile", "", {"profile": None})
    chosen = users_choice(environ)
    if chosen is not None:
        value = environ.get(chosen, "")
        details = {"profile": value or chosen}
        if chosen == fast_dds(environ).variable and not Path(value).is_file():
            step = f"unset {chosen}, or set it to an existing XML profile"
            return Check("transport", "warning", f"{chosen}={value} is not a file", step, details)
        text = f"set by the user: {chosen}={value}" if value else f"set by the user: ./{chosen}"
        return Check("transport", "ok", text, "", details)
    try:
        ((name, value),) = transport_variables(environ).items()
    except MocapError as error:
        what, _, step = str(error).partition("; ")
        return Check("transport", "warning", what, step, {"profile": None})
    small = " (the small one, as shared memory is limited)" if "small" in Path(value).name else ""
    text = f"this package's nodes use {value}{small}; for a camera's driver: export {name}={value}"
    return Check("transport", "ok", text, "", {"profile": value})


def torch_check(probe: Probe) -> Check:
    """Torch and the device that ``auto`` takes; ``usable`` tells whether FrankMocap can run on it."""
    version = _version("torch")
    if find_spec("torch") is None:
        return Check(
            "torch",
            "warning",
            "torch is not installed; FrankMocap needs it until its networks are converted",
            INSTALL,
            {"version": None, "usable": False},
        )
    details = {"version": version, **probe.found, "usable": False}
    if probe.slow:
        return _slow("torch", f"torch {version}", probe, {**details, "usable": True})
    if probe.error:
        step = f"pip install --force-reinstall 'torch>=2.10', then check: {sys.executable} -c 'import torch'"
        return Check("torch", "warning", f"torch {version} does not load: {probe.error}", step, details)
    found = str(probe.found["version"])
    if not new_enough(found):
        text = f"torch {found} does not read checkpoints safely; version 2.10 or later does"
        return Check("torch", "warning", text, "pip install 'torch>=2.10'", details)
    details["usable"] = True
    text = f"torch {found} on {probe.found['device']}; bf16: {'yes' if probe.found['bf16'] else 'no'}"
    if not probe.found["cuda"] and _NVIDIA.exists():
        step = "install torch with CUDA from https://pytorch.org/get-started/locally; check nvidia-smi"
        return Check(
            "torch",
            "warning",
            f"{text}; an NVIDIA driver is there, but torch does not use it",
            step,
            details,
        )
    return Check("torch", "ok", text, "", details)


def packages_check() -> Check:
    """Small packages that FrankMocap needs beside torch."""
    versions = {name: _version(name) if find_spec(name) else None for name in ("safetensors", "smplx")}
    text = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    if None in versions.values():
        uses = "safetensors for weights, smplx for vertices"
        return Check("packages", "warning", f"{text}; FrankMocap needs {uses}", INSTALL, versions)
    return Check("packages", "ok", text, "", versions)


def blazepose_check(probe: Probe) -> Check:
    """What BlazePose needs, an engine and its networks; ``usable`` tells whether the default runs."""
    states = {key: find_model(key)[1] for key in MODEL_FILES}
    details = {**probe.found, "folder": str(models_folder()), "files": states, "usable": False}
    if probe.error:
        step = library_step(probe.error) or _ENGINE_STEP
        return Check("blazepose", "warning", f"no engine runs BlazePose: {probe.error}", step, details)
    details["usable"] = not missing_models(needed_models())
    if probe.slow:
        return _slow("blazepose", "the engine of BlazePose", probe, details)
    engine = f"BlazePose on {probe.found['engine']} {probe.found['version']}"
    lacking = [MODEL_FILES[key] for key, state in states.items() if state != "ok"]
    if not lacking:
        return Check("blazepose", "ok", f"{engine}; all networks are here", "", details)
    names = ", ".join(f"{file.name} ({file.text}) {states[file.key]}" for file in lacking)
    text = f"{engine}; {names}"
    if details["usable"]:
        return Check("blazepose", "ok", f"{text}; to get them: {FETCH}", "", details)
    return Check("blazepose", "warning", text, f"{FETCH}; without a network {by_hand(lacking)}", details)


def machine_checks(probes: Mapping[str, Probe], environ: Mapping[str, str] = os.environ) -> list[Check]:
    """All of the above, in the order of the report."""
    rmw = probes["ros"].found.get("rmw") or environ.get("RMW_IMPLEMENTATION")
    return [
        python_check(),
        numbers_check(probes["numbers"]),
        ros_check(probes["ros"], environ),
        transport_check(rmw, environ),
        torch_check(probes["torch"]),
        packages_check(),
        blazepose_check(probes["blazepose"]),
    ]
