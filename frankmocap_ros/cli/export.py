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

"""``frankmocap_ros export``: recorded episodes in, rows for training or analysis out. Needs no ROS."""

import argparse
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from frankmocap_ros.batch.episodes import export_job
from frankmocap_ros.cli.batch import Batch, BatchFlags, add_worker_flags, given_worker_flags, worker_flags
from frankmocap_ros.cli.ending import INTERRUPTED, os_error_text
from frankmocap_ros.cli.export_in_turn import NAME, Sums, export_in_turn, tell
from frankmocap_ros.errors import RecordingError, SettingError, SourceError
from frankmocap_ros.export.parquet_files import require_pyarrow
from frankmocap_ros.recording.episodes import OUTCOMES
from frankmocap_ros.recording.export_options import FORMS, LEFT_OUT_OUTCOMES, PICTURES, ExportOptions
from frankmocap_ros.recording.exporting import named_episodes
from frankmocap_ros.recording.lerobot import PREPARED, Dataset, assemble, open_dataset
from frankmocap_ros.recording.lerobot_stage import read_stage, source_id
from frankmocap_ros.recording.roles import AskedTopics
from frankmocap_ros.recording.rows import MAX_RATE_HZ, RowOptions
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.sources.bag import Bag
from frankmocap_ros.teleop.wording import counted

_SOME_FAILED: Final = 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Write recorded episodes as rows at a fixed rate: the robot's state, its commands and "
        "the operator's joints, each the latest that had come by then. What the gate did not follow is left "
        "out and counted.",
        epilog="Exit codes: 0 success, 1 no row in any episode, 2 cannot run or cannot write, 3 some "
        "episodes cannot be read (the others are exported), 130 interrupted (SIGINT, Ctrl-C). The columns: "
        "docs/source/export.md.",
    )
    parser.add_argument(
        "episodes",
        metavar="EPISODES",
        nargs="+",
        help="folder of episodes, an episode, or a rosbag2 recording",
    )
    parser.add_argument("--to", choices=FORMS, required=True, help="format of the export")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the export")
    parser.add_argument(
        "--include", nargs="+", default=[], metavar="OUTCOME", choices=OUTCOMES,
        help=f"also episodes of this outcome; {' and '.join(LEFT_OUT_OUTCOMES)} are left out by default",
    )  # fmt: skip
    parser.add_argument("--task", default="", metavar="TEXT", help="task, in place of the recorded one")
    many = parser.add_argument_group("many episodes", "by several workers; a journal is kept in DIR")
    add_worker_flags(many)
    rows = parser.add_argument_group("rows")
    default = RowOptions()
    rows.add_argument(
        "--rate", type=int, metavar="HZ",
        help=f"rows per second, up to {MAX_RATE_HZ} (default: that of the episode's images, or 30)",
    )  # fmt: skip
    rows.add_argument(
        "--everything", action="store_true",
        help="also rows where the gate did not follow or something is not known (not with lerobot)",
    )  # fmt: skip
    rows.add_argument(
        "--shortest", type=float, default=default.shortest_s, metavar="S",
        help="leave out contiguous parts that are shorter (default: %(default)s) [s]",
    )  # fmt: skip
    rows.add_argument(
        "--max-age", type=float, default=default.max_age_s, metavar="S",
        help="age from which on a joint state, body or image counts as missing (default: %(default)s) [s]",
    )  # fmt: skip
    topics = parser.add_argument_group("topics", "in place of those that their types and names tell")
    for name, text in (
        ("gate", "the gate's state"),
        ("bodies", "the operator"),
        ("state", "the measured joints"),
        ("action", "the commanded joints"),
    ):
        topics.add_argument(f"--{name}", metavar="TOPIC", help=text)
    topics.add_argument(
        "--images", nargs="*", metavar="TOPIC", help="cameras; without a TOPIC none (default: all)"
    )
    lerobot = parser.add_argument_group("lerobot")
    lerobot.add_argument(
        "--pictures", choices=PICTURES, default="video",
        help="images as video, or unchanged as PNG within the data (default: %(default)s)",
    )  # fmt: skip
    return parser


def _options(arguments: argparse.Namespace) -> ExportOptions:
    """What the flags ask for.

    Raises:
        SettingError: a value is out of range, or two exclude each other.
    """
    images = None if arguments.images is None else tuple(arguments.images)
    return ExportOptions(
        arguments.to,
        RowOptions(arguments.rate, arguments.everything, arguments.shortest, arguments.max_age),
        AskedTopics(arguments.gate, arguments.bodies, arguments.state, arguments.action, images),
        tuple(sorted(set(arguments.include))),
        arguments.task,
        arguments.pictures,
    )


def _out_folder(name: str) -> Path:
    folder = home_expanded(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"--out {os_error_text(error)}") from error
    return folder


def main(args: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(args)
    options = _options(arguments)
    require_pyarrow()
    found = named_episodes([home_expanded(path) for path in arguments.episodes])
    out = _out_folder(arguments.out)
    if given_worker_flags(arguments):
        return _batch(found, worker_flags(arguments, out), options)
    sums = Sums()
    try:
        export_in_turn(found, out, options, sums)
    except KeyboardInterrupt:
        sums.tell(out)
        tell("interrupted; every file that is there is whole. Start again to go on")
        return INTERRUPTED
    sums.tell(out)
    return _SOME_FAILED if sums.failed else sums.code


def _batch(found: Mapping[str, Path], flags: BatchFlags, options: ExportOptions) -> int:
    """Export by several workers; returns the exit code."""
    out, names = flags.folder, {path: name for name, path in found.items()}
    dataset = None
    if options.to == "lerobot":
        dataset = open_dataset(out)
        rate_hz = options.rows.rate_hz or dataset.rate_hz
        if not rate_hz:
            raise SettingError("--rate is missing: the workers prepare episodes that have to fit each other")
        options = replace(options, rows=replace(options.rows, rate_hz=rate_hz))
        names = {path: name for path, name in names.items() if not _holds(dataset, path)}
        before = counted(len(found) - len(names), "episode")
        if not names:
            tell(f"nothing to do: {before} there before: {printable(out)}")
            return 0
        if len(names) < len(found):
            tell(f"{before} there before")
        flags = replace(flags, folder=out / PREPARED)
    code, entries = Batch(NAME, flags, out).main(export_job(options), list(names), names)
    sums = Sums(before=len(found) - len(names))
    for entry in entries:
        if not entry.reason:
            sums.add_notes(names.get(Path(entry.input), entry.input), entry.notes)
    sums.tell_left_out()
    if dataset is not None and code != INTERRUPTED:
        code = _assembled(dataset, [flags.folder / e.result for e in entries if e.result]) or code
    return code or sums.code


def _holds(dataset: Dataset, path: Path) -> bool:
    """Whether a recording is in a dataset; one that cannot be read is not."""
    try:
        with Bag(path) as bag:
            return source_id(bag) in dataset.sources
    except (RecordingError, SourceError):
        return False


def _assembled(dataset: Dataset, folders: Sequence[Path]) -> int:
    """Put prepared episodes into a dataset, in the order of their names; returns the exit code."""
    fitting, code = [], 0
    for folder in sorted(folders):
        stage = read_stage(folder)
        misfit = "it is no prepared episode; export it again" if stage is None else dataset.misfit(stage)
        if stage is None or misfit:
            tell(f"{folder.name}: FAILED: {misfit}")
            code = _SOME_FAILED
            continue
        dataset.adopt(stage)
        fitting.append(folder)
    assemble(dataset, fitting)
    shutil.rmtree(dataset.folder / PREPARED, ignore_errors=True)
    return code
