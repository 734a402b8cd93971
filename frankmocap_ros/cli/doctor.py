"""``frankmocap_ros doctor``: what is installed, which files are there, and the next step where one lacks."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import frankmocap_ros
from frankmocap_ros.assets.layout import ASSETS, needed
from frankmocap_ros.assets.report import Check, file_checks
from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE, assets_folder
from frankmocap_ros.cli.doctor_checks import machine_checks
from frankmocap_ros.cli.doctor_int8 import int8_checks
from frankmocap_ros.cli.doctor_probes import Probes
from frankmocap_ros.estimators.registry import why_not_frankmocap
from frankmocap_ros.settings.mocap import Settings

_LIMIT_S = 8.0
_WORDS = {"ok": "ok", "warning": "WARNING", "error": "ERROR"}
_SUMMARY = ("all is well", "it runs, with warnings", "the node cannot run")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros doctor",
        description="Look at everything that the node needs, change nothing, and say the next step where "
        "something lacks.",
        epilog="Exit code: 0 all is well; 1 it runs, with warnings (such as FrankMocap's files missing while "
        "MediaPipe works); 2 the node cannot run: ROS or this package's messages are missing, or OpenCV "
        "does not load, or there is neither FrankMocap nor MediaPipe.",
    )
    parser.add_argument(
        "--assets",
        "--assets-dir",
        default="",
        metavar="DIR",
        help=f"FrankMocap's extra_data (default ${ENVIRONMENT_VARIABLE})",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument(
        "--limit-s",
        type=float,
        default=_LIMIT_S,
        metavar="S",
        help="how long torch, MediaPipe and rclpy may take to load [s] (default: %(default)s)",
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
        reason: str | None = "no folder with its files is named"
    elif missing:
        reason = "missing: " + ", ".join(ASSETS[key].path for key in missing)
    else:
        reason = why_not_frankmocap(Settings(assets_dir=str(folder))) or _unusable(checks)
    if reason is None:
        return Check("estimator", "ok", "auto takes frankmocap", "", {"estimator": "frankmocap"})
    mediapipe = checks["mediapipe"].status == "ok"
    step = "see the lines on FrankMocap's files, torch and packages"
    if not mediapipe:
        text = f"none can run: no MediaPipe, and no FrankMocap: {reason}"
        step = f"{checks['mediapipe'].next_step}; or for FrankMocap: {step}"
        return Check("estimator", "error", text, step, {"estimator": None})
    text = f"auto takes mediapipe, not frankmocap: {reason}"
    return Check("estimator", "warning", text, step, {"estimator": "mediapipe"})


def _text(checks: Sequence[Check], code: int) -> str:
    lines = []
    for check in checks:
        lines.append(f"{_WORDS[check.status]:<8} {check.name}: {check.text}")
        if check.status != "ok":
            lines.append(f"         next: {check.next_step}")
    return "\n".join([*lines, "", f"{_SUMMARY[code]} (exit code {code})"])


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0, 1 or 2 as its help says."""
    arguments = _parser().parse_args(args)
    folder = assets_folder(arguments.assets)
    probes = Probes(arguments.limit_s)  # these work while files are read here
    files = file_checks(folder)
    checks = [*machine_checks(probes.results()), *files, *int8_checks(folder)]
    chosen = estimator_check(folder, {check.name: check for check in checks})
    checks.append(chosen)
    verdicts = {check.status for check in checks}
    code = 2 if "error" in verdicts else 1 if "warning" in verdicts else 0
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
        print(_text(checks, code))
    return code
