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
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from frankmocap_ros.batch.episodes import export_job
from frankmocap_ros.cli.batch import Batch, BatchFlags, add_worker_flags, given_worker_flags, worker_flags
from frankmocap_ros.cli.ending import INTERRUPTED, os_error_text
from frankmocap_ros.errors import (
    MissingDependencyError,
    MocapError,
    RecordingError,
    SettingError,
    SourceError,
)
from frankmocap_ros.recording.episodes import OUTCOMES
from frankmocap_ros.recording.export_options import FORMS, LEFT_OUT_OUTCOMES, PICTURES, ExportOptions
from frankmocap_ros.recording.exporting import Exported, export_one, info_of, named_episodes
from frankmocap_ros.recording.lerobot import PREPARED, Dataset, assemble, open_dataset
from frankmocap_ros.recording.lerobot_stage import read_stage, source_id
from frankmocap_ros.recording.parquet import require_pyarrow
from frankmocap_ros.recording.roles import AskedTopics
from frankmocap_ros.recording.rows import MAX_RATE_HZ, RowOptions
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.sources.bag import Bag
from frankmocap_ros.teleop.wording import counted

_NAME: Final = "frankmocap_ros export"
_SOME_FAILED: Final = 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_NAME,
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


def _tell(text: str) -> None:
    """Print to standard error, beside a progress bar."""
    tqdm.write(f"{_NAME}: {text}", file=sys.stderr)


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
    sums = _Sums()
    try:
        _export(found, out, options, sums)
    except KeyboardInterrupt:
        sums.tell(out)
        _tell("interrupted; every file that is there is whole. Start again to go on")
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
            _tell(f"nothing to do: {before} there before: {printable(out)}")
            return 0
        if len(names) < len(found):
            _tell(f"{before} there before")
        flags = replace(flags, folder=out / PREPARED)
    code, entries = Batch(_NAME, flags, out).main(export_job(options), list(names), names)
    sums = _Sums(before=len(found) - len(names))
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
            _tell(f"{folder.name}: FAILED: {misfit}")
            code = _SOME_FAILED
            continue
        dataset.adopt(stage)
        fitting.append(folder)
    assemble(dataset, fitting)
    shutil.rmtree(dataset.folder / PREPARED, ignore_errors=True)
    return code


class _Sums:
    """What became of all episodes, for people."""

    def __init__(self, before: int = 0) -> None:
        self.rows = self.parts = self.instants = self.done = self.failed = self.skipped = 0
        self.before = before
        self.left_out: Counter[str] = Counter()

    @property
    def code(self) -> int:
        """The exit code of an export in which nothing failed."""
        return 0 if self.rows or self.before else 1

    def add(self, name: str, one: Exported) -> None:
        """Count an episode, and tell what is to be known of it."""
        self.done += 1
        self.rows += one.rows
        self.parts += one.parts
        self.instants += one.instants
        self.left_out.update(one.left_out)
        remarks = list(one.remarks)
        if not one.rows:
            reason = max(one.left_out, key=lambda reason: one.left_out[reason], default="it has no instants")
            remarks.append(f"no row: {reason}")
        for remark in remarks:
            _tell(f"{name}: {remark}")

    def add_notes(self, name: str, notes: Mapping[str, Any]) -> None:
        """Count what a worker told of an episode."""
        if "skipped" in notes:
            self.skip(name, notes["skipped"])
        else:
            self.add(name, Exported(**notes))

    def skip(self, name: str, reason: str) -> None:
        """Count an episode that is not exported."""
        self.skipped += 1
        _tell(f"{name}: left out, {reason}")

    def tell(self, out: Path) -> None:
        """Print the sums."""
        counts = [
            counted(self.done, "episode"),
            f"{counted(self.rows, 'row')} in {counted(self.parts, 'part')}",
        ]
        counts += [f"{counted(self.before, 'episode')} there before"] if self.before else []
        counts += [f"{counted(self.skipped, 'episode')} left out"] if self.skipped else []
        counts += [f"{counted(self.failed, 'episode')} failed"] if self.failed else []
        _tell(f"{', '.join(counts)}: {printable(out)}")
        self.tell_left_out()

    def tell_left_out(self) -> None:
        """Print why instants are no rows."""
        for reason, count in self.left_out.most_common():
            _tell(f"left out: {count} of {self.instants} instants, {reason}")
        if not self.rows and self.left_out:
            _tell("rows are instants at which the gate follows; --everything keeps all (not with lerobot)")


def _export(found: Mapping[str, Path], out: Path, options: ExportOptions, sums: _Sums) -> None:
    """Export each episode; one that cannot be read is told, and the others go on.

    Raises:
        MissingDependencyError: a package is not installed.
        RecordingError: the folder holds something else than a dataset.
        OSError: a file cannot be written.
    """
    make = _Dataset(out, options, sums) if options.to == "lerobot" else _Files(out, options)
    with tqdm(found.items(), unit=" episodes", leave=False, disable=None) as bar:
        for name, path in bar:
            try:
                reason = options.left_out(info_of(path))
                if reason:
                    sums.skip(name, reason)
                    continue
                one = make.export(path, name)
            except MissingDependencyError:
                raise
            except MocapError as error:
                sums.failed += 1
                _tell(f"{name}: FAILED: {error}")
                continue
            if one is not None:
                sums.add(name, one)
    make.finish()


class _Files:
    """One file an episode."""

    def __init__(self, out: Path, options: ExportOptions) -> None:
        self._out, self._options = out, options

    def export(self, path: Path, name: str) -> Exported | None:
        """Export an episode."""
        return export_one(path, self._out / f"{name}.{self._options.to}", self._options, name)

    def finish(self) -> None:
        """Nothing is left to do."""


class _Dataset:
    """All episodes in one dataset; each is prepared first, and an export that was cut off goes on there."""

    def __init__(self, out: Path, options: ExportOptions, sums: "_Sums") -> None:
        self._out, self._options, self._sums = out, options, sums
        self._dataset = open_dataset(out)
        self._stages: list[Path] = []

    def export(self, path: Path, name: str) -> Exported | None:
        """Prepare an episode; None where the dataset has it."""
        with Bag(path) as bag:
            source = source_id(bag)
        if source in self._dataset.sources:
            self._sums.before += 1
            return None
        if self._options.rows.rate_hz is None and self._dataset.rate_hz:
            self._options = replace(
                self._options, rows=replace(self._options.rows, rate_hz=self._dataset.rate_hz)
            )
        folder = self._out / PREPARED / name
        stage = read_stage(folder)
        if stage is not None and (stage.source, stage.options) == (source, self._options.values()):
            done = Exported(sum(stage.lengths), len(stage.lengths), stage.instants, stage.left_out)
        else:
            done = export_one(path, folder, self._options, name)
            stage = read_stage(folder)
        if stage is not None and done.rows:
            misfit = self._dataset.misfit(stage)
            if misfit:
                raise RecordingError(misfit)
            self._dataset.adopt(stage)
            self._stages.append(folder)
        return done

    def finish(self) -> None:
        """Put everything together."""
        assemble(self._dataset, self._stages)
        shutil.rmtree(self._out / PREPARED, ignore_errors=True)
