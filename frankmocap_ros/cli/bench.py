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

"""``frankmocap_ros bench``: speed on this machine, next to a reference in the same run."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER, STANDIN_WARNING
from frankmocap_ros.assets.model_files import VARIANTS
from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE, assets_folder
from frankmocap_ros.bench import offline, report
from frankmocap_ros.bench.combinations import ALL, ESTIMATORS, Selection, combinations
from frankmocap_ros.bench.mediapipe_package import NAME as PACKAGE
from frankmocap_ros.bench.offline import Setup
from frankmocap_ros.bench.probes import Machine
from frankmocap_ros.bench.rows import NOTHING, BenchRow
from frankmocap_ros.engines.base import ENGINES, PRECISIONS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.runtime.file_cache import cache_folder
from frankmocap_ros.settings.mocap import MODEL_ESTIMATORS, PRESETS

STANDIN: Final = "standin"
_OFFLINE_TEXT: Final = (
    "Each row runs in its own process; rows alternate on the same images, {frames} of which are measured. "
    "Total: from the decoded image to the finished frame, back to back, with person detection in the "
    "background where the node runs it there. FPS: images of all cameras per second of that time. "
    "`mediapipe-package`: MediaPipe's own package with its full network. `reference`: the 2D pose network "
    "on every image, eager torch in float32 and the full body model, synchronous. MB: resident memory of "
    "the row's process. joints_mean_mm, joints_p99_mm: joint error of a network in fewer bits against "
    "float32, and the people it was measured on; `auto` is float32 until a node has seen people before its "
    "camera."
)
_CAMERAS_TEXT: Final = (
    "Total: one image of each camera, as one batch if the estimator supports it, else one after the other; "
    "the reference processes the same images one after the other."
)
_ROS_TEXT: Final = (
    "Three processes: camera (motion JPEG of that width, as from a webcam), node, and this subscriber in "
    "Python; {rate:g} Hz, {seconds:g} s per row. Total: age of the image when the subscriber receives its "
    "bodies; stages as reported by the node. The first 2 s after the first body are not measured. "
    "first50_ratio: the slowest of the node's first 50 frames, divided by the median of the rest. "
    "first50_oldest_ms: the greatest age among them at reception, which includes the discovery of camera "
    "and node."
)
_GPU_TEXT: Final = (
    "`frankmocap_ros bench --gpu-check`, random weights. Regressor: the body network alone, crops to the "
    "device and features back in each call. Whole frame: images and boxes to bodies; person detection is a "
    "row of its own."
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="frankmocap_ros bench",
        description="Measure estimators, engines, precisions and presets, alternating with a reference: the "
        "steps of the original, synchronous and in float32. With --ros: camera, node and subscriber as three "
        "processes. Exit codes: 0 measured, 1 no row could be measured, 2 cannot run.",
    )
    given = parser.add_argument_group("measurements")
    lists: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
        ("estimators", Selection.estimators, ESTIMATORS),
        ("engines", Selection.engines, ("auto", *ENGINES)),
        ("precisions", Selection.precisions, ("auto", *PRECISIONS)),
        ("presets", Selection.presets, tuple(PRESETS)),
        ("variants", Selection.variants, (NOTHING, "auto", *VARIANTS)),
    )
    for name, default, known in lists:
        given.add_argument(
            f"--{name}",
            nargs="+",
            default=list(default),
            metavar="NAME",
            help=f"{' | '.join((*known, ALL))} (default: {' '.join(default)})",
        )
    given.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help=f"also measure a network of your own: {' | '.join(MODEL_ESTIMATORS)}; may be repeated",
    )
    given.add_argument("--hands", action="store_true", help="also measure blazepose with hands")
    given.add_argument(
        "--source",
        default="auto",
        help="video, image, rosbag2 folder or .mcap, /dev/videoN, synthetic or auto",
    )
    given.add_argument(
        "--width", type=int, default=640, help="maximum image width; 0 keeps the source's [px]"
    )
    given.add_argument(
        "--assets",
        "--assets-dir",
        default="",
        metavar="DIR",
        help=f"FrankMocap's extra_data folder, or {STANDIN} for random weights in the cache folder "
        f"(default ${ENVIRONMENT_VARIABLE})",
    )
    given.add_argument(
        "--frames", type=int, default=200, help="measured frames per row (default: %(default)s)"
    )
    given.add_argument(
        "--cameras",
        type=int,
        default=1,
        metavar="N",
        help="number of cameras, as one batch and one by one",
    )
    ros = parser.add_argument_group("with ROS")
    ros.add_argument("--ros", action="store_true", help="measure camera, node and subscriber together")
    ros.add_argument(
        "--rate",
        type=float,
        default=30.0,
        metavar="HZ",
        help="image rate (default: %(default)s)",
    )
    ros.add_argument(
        "--duration",
        type=float,
        default=60.0,
        metavar="S",
        help="duration per row (default: %(default)s)",
    )
    ros.add_argument(
        "--soak",
        type=float,
        default=0.0,
        metavar="MINUTES",
        help="duration of a soak test instead",
    )
    gpu = parser.add_argument_group("check of the GPU")
    gpu.add_argument(
        "--gpu-check",
        action="store_true",
        help="instead: whether every engine is right on this GPU, and how fast, within ten minutes; needs no "
        "files and no ROS. Exit codes: 0 all is right, 1 something is not, or there is no GPU",
    )
    out = parser.add_argument_group("output")
    out.add_argument(
        "--json", action="store_true", help="print the rows as one line of JSON instead of a table"
    )
    out.add_argument("--write", metavar="FILE", help="also write a section of this report")
    return parser


def _tell(text: str) -> None:
    """Print to standard error, separate from the results."""
    print(f"frankmocap_ros bench: {text}", file=sys.stderr, flush=True)


def _folder(named: str) -> str:
    """FrankMocap's files; stand-ins are written where they are asked for and not there."""
    if named != STANDIN:
        found = assets_folder(named)
        return "" if found is None else str(found.absolute())
    folder = cache_folder() / STANDIN
    wanted = [folder / STANDIN_MARKER, *(folder / asset.path for asset in ASSETS.values())]
    if not all(path.is_file() for path in wanted):
        from frankmocap_ros.standin.extra_data import write_standin

        _tell(f"writing stand-in files into {folder}, once")
        write_standin(folder)
    return str(folder.absolute())


def _check(arguments: argparse.Namespace) -> None:
    """Refuse numbers out of range.

    Raises:
        SettingError: names the flag.
    """
    for flag, least, allowed in (
        ("frames", 1, "1 or more"), ("width", 0, "0 or more"), ("rate", 0.1, "0.1 Hz or more"),
        ("duration", 1.0, "1 s or more"), ("soak", 0.0, "0 min or more"),
    ):  # fmt: skip
        value = getattr(arguments, flag)
        if not least <= value < float("inf"):
            raise SettingError(f"--{flag}: {value} is out of range; allowed: {allowed}")
    if arguments.soak and not arguments.ros:
        raise SettingError("--soak needs --ros")
    if arguments.ros and PACKAGE in arguments.estimators:
        raise SettingError(f"--ros measures nodes; leave out {PACKAGE}, or --ros")
    if arguments.ros and arguments.cameras > 1:
        raise SettingError("--ros measures one camera; remove --cameras, or --ros")


def _offline(arguments: argparse.Namespace, wanted: Selection) -> tuple[list[BenchRow], str, str]:
    """Rows, name of the section, and what is to be said of them."""
    setup = Setup(arguments.source, arguments.width, arguments.frames, wanted.folder)
    rows = offline.measure(setup, combinations(wanted), _tell)
    said = [_OFFLINE_TEXT.format(frames=arguments.frames)]
    name = "offline"
    if wanted.cameras > 1:
        name = f"offline, {wanted.cameras} cameras"
        said.append(_CAMERAS_TEXT)
    elif wanted.folder and "frankmocap" in (
        *wanted.estimators,
        *(ESTIMATORS if ALL in wanted.estimators else ()),
    ):
        on_gpu, absent = offline.gpu(setup, _tell)
        rows += on_gpu
        said.append(
            f"GPU rows (eager, TF32, autocast, compile, graph; 1, 4 and 8 crops) not measured: {absent}."
            if absent
            else "GPU rows: the body regressor alone, speed-up over eager float32."
        )
    return rows, name, "\n\n".join(said)


def _with_ros(arguments: argparse.Namespace, wanted: Selection) -> tuple[list[BenchRow], str, str]:
    from frankmocap_ros.cli.bench_ros import Run, measure

    seconds = 60.0 * arguments.soak or arguments.duration
    run = Run(arguments.source, arguments.width, arguments.rate, seconds, soak=arguments.soak > 0.0)
    rows = measure(run, combinations(wanted), _tell)
    return rows, "ros, soak" if run.soak else "ros", _ROS_TEXT.format(rate=run.rate_hz, seconds=seconds)


def _gpu_check(arguments: argparse.Namespace) -> int:
    """The lines as they come, then one line of JSON; the rows into a section of a report where asked for."""
    from frankmocap_ros.bench.gpu_check.run import run_check
    from frankmocap_ros.standin.extra_data import write_standin

    found = run_check(lambda line: print(line, flush=True), write_standin=write_standin)
    print(json.dumps(found.record()), flush=True)
    if arguments.write and found.rows:
        machine = "; ".join(f"{name} {version}" for name, version in found.machine.items())
        parts = (f"{machine}.", _GPU_TEXT, report.markdown(found.rows))
        report.write_section(Path(arguments.write), "gpu check", "\n\n".join(parts))
    return 1 if found.failed or found.no_device else 0


def main(args: Sequence[str]) -> int:
    """Run the command; exit code 0, or 1 where no row could be measured."""
    arguments = _parser().parse_args(args)
    _check(arguments)
    if arguments.gpu_check:
        return _gpu_check(arguments)
    wanted = Selection(
        arguments.estimators,
        arguments.engines,
        arguments.precisions,
        arguments.presets,
        arguments.cameras,
        _folder(arguments.assets),
        arguments.variants,
        arguments.model,
        arguments.hands,
    )
    rows, name, said = (_with_ros if arguments.ros else _offline)(arguments, wanted)
    where = f"Source: {arguments.source}, at most {arguments.width} wide."
    standin = bool(wanted.folder) and (Path(wanted.folder) / STANDIN_MARKER).is_file()
    weights = f"{STANDIN_WARNING[0].upper()}{STANDIN_WARNING[1:]}." if standin else ""
    if arguments.write:
        parts = (Machine.here().text, " ".join(filter(None, (where, weights))), said, report.markdown(rows))
        report.write_section(Path(arguments.write), name, "\n\n".join(parts))
    print(json.dumps([row.record() for row in rows]) if arguments.json else report.text(rows), flush=True)
    return 0 if any(not row.error for row in rows) else 1
