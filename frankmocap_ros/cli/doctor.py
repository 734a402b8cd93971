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

"""``frankmocap_ros doctor``: installation, files, and the next step for what is missing."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import frankmocap_ros
from frankmocap_ros.assets.layout import ASSETS, needed
from frankmocap_ros.assets.report import Check, file_checks
from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE, assets_folder
from frankmocap_ros.cli.doctor_checks import machine_checks
from frankmocap_ros.cli.doctor_int8 import int8_checks
from frankmocap_ros.cli.doctor_networks import network_checks
from frankmocap_ros.cli.doctor_probes import Probes
from frankmocap_ros.estimators.availability import why_not_frankmocap
from frankmocap_ros.settings.mocap import Settings

_LIMIT_S: Final = 30.0
_WORDS: Final = {"ok": "ready", "optional": "optional", "warning": "WARNING", "error": "ERROR"}
_FOR_FRANKMOCAP: Final = ("assets", "torch", "packages")  # and its files


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros doctor",
        description="Check everything that the node needs, without changing anything, and print the next "
        "step for what is missing.",
        epilog="Exit codes: 0 the node can run, with the estimator that auto selects; warnings do not change "
        "this. 2 the node cannot run: ROS or this package's messages are missing, OpenCV does not load, or "
        "neither FrankMocap nor BlazePose is available.",
    )
    parser.add_argument(
        "--assets",
        "--assets-dir",
        default="",
        metavar="DIR",
        help=f"FrankMocap's extra_data folder (default: ${ENVIRONMENT_VARIABLE})",
    )
    parser.add_argument("--all", action="store_true", help="also list optional items, with their addresses")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument(
        "--limit-s",
        type=float,
        default=_LIMIT_S,
        metavar="S",
        help="maximum time for OpenCV, torch, BlazePose's engine and rclpy to load; slower ones are not "
        "checked [s] (default: %(default)s)",
    )
    return parser


def _unusable(checks: Mapping[str, Check]) -> str | None:
    """Why FrankMocap does not run although its files are there; None where it does."""
    damaged = [key for key in needed() if checks[f"file {key}"].details["state"] == "damaged"]
    if damaged:
        return f"{', '.join(ASSETS[key].path for key in damaged)} is damaged"
    packages = checks["packages"].details
    if not checks["torch"].details["usable"]:
        return checks["torch"].text
    if not packages["safetensors"]:
        return "safetensors is not installed"
    return None


def estimator_check(folder: Path | None, checks: Mapping[str, Check]) -> Check:
    """Which estimator ``auto`` takes.

    Args:
        folder: FrankMocap's ``extra_data``.
        checks: all other checks by name.
    """
    missing = [key for key in needed() if checks[f"file {key}"].details["state"] == "missing"]
    if folder is None:
        reason: str | None = "no folder with its files is given"
    elif missing:
        reason = "missing: " + ", ".join(ASSETS[key].path for key in missing)
    else:
        reason = why_not_frankmocap(Settings(assets_dir=str(folder))) or _unusable(checks)
    opencv, blazepose = checks["opencv"], checks["blazepose"]
    step = "see the lines about FrankMocap's files, torch and packages"
    if opencv.status == "error":
        text = "no estimator runs without OpenCV"
        return Check("estimator", "error", text, opencv.next_step, {"estimator": None})
    if reason is None:
        return Check("estimator", "ok", "auto selects frankmocap", "", {"estimator": "frankmocap"})
    if not blazepose.details["usable"]:
        text = f"no estimator can run: no BlazePose, and no FrankMocap: {reason}"
        step = f"{blazepose.next_step}; or for FrankMocap: {step}"
        return Check("estimator", "error", text, step, {"estimator": None})
    if folder is None:
        return Check("estimator", "ok", "auto selects blazepose", "", {"estimator": "blazepose"})
    text = f"auto selects blazepose, not frankmocap: {reason}"
    return Check("estimator", "warning", text, step, {"estimator": "blazepose"})


def _judged(checks: Sequence[Check], folder: Path | None, estimator: str | None) -> list[Check]:
    """The checks, ready first, then what is optional, because nothing that is used needs it.

    Args:
        checks: of everything.
        folder: FrankMocap's ``extra_data``; who names none does not use it.
        estimator: what ``auto`` takes.
    """
    judged = [
        replace(check, status="optional")
        if check.status == "warning" and not _matters(check, folder is not None, estimator)
        else check
        for check in checks
    ]
    order = list(_WORDS)
    return sorted(judged, key=lambda check: (order.index(check.status), check.name != "estimator"))


def _matters(check: Check, named: bool, estimator: str | None) -> bool:
    """Whether a warning concerns what is used: by who names a folder, that is what FrankMocap runs with."""
    if check.name == "blazepose":
        return estimator != "frankmocap"
    if _is_file(check) and estimator == "frankmocap":
        return check.details["state"] != "missing" or check.details["key"] in needed()
    return named or not (_is_file(check) or check.name in _FOR_FRANKMOCAP)


def _is_file(check: Check) -> bool:
    return check.name.startswith("file ")


def _folded(optional: Sequence[Check]) -> list[str]:
    """What is optional, in one line and the next step; nothing where nothing is."""
    if not optional:
        return []
    files = sum(map(_is_file, optional))
    names = [check.name for check in optional if not _is_file(check)]
    names += [f"{files} files of FrankMocap"] if files else []
    return [
        f"{_WORDS['optional']:<8} not set up: {', '.join(names)}",
        "         next: frankmocap_ros doctor --all lists what each is for, and where to get it",
    ]


def _text(checks: Sequence[Check], code: int, every: bool) -> str:
    """The report for people: what is ready, what is optional, warnings, errors."""
    lines: list[str] = []
    for status, word in _WORDS.items():
        of_status = [check for check in checks if check.status == status]
        if status == "optional" and not every:
            lines += _folded(of_status)
            continue
        for check in of_status:
            lines.append(f"{word:<8} {check.name}: {check.text}")
            if status != "ok":
                lines.append(f"         next: {check.next_step}")
    summary = "the node cannot run" if code else "the node can run"
    return "\n".join([*lines, "", f"{summary} (exit code {code})"])


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0 or 2 as its help says."""
    arguments = _parser().parse_args(args)
    folder = assets_folder(arguments.assets)
    probes = Probes(arguments.limit_s)  # these work while files are read here
    files = file_checks(folder)
    found = [*machine_checks(probes.results()), *network_checks(), *files, *int8_checks(folder)]
    chosen = estimator_check(folder, {check.name: check for check in found})
    checks = _judged([*found, chosen], folder, chosen.details["estimator"])
    code = 2 if any(check.status == "error" for check in checks) else 0
    if arguments.json:
        report = {
            "ok": code == 0,
            "exit": code,
            "version": frankmocap_ros.__version__,
            "estimator": chosen.details["estimator"],
            "checks": [check.record() for check in checks],
        }
        print(json.dumps(report, indent=1))
    else:
        print(_text(checks, code, arguments.all))
    return code
