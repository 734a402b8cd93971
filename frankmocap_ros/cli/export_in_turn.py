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

"""Episodes exported one after another in this process, with their sums for people."""

import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from frankmocap_ros.errors import MissingDependencyError, MocapError, RecordingError
from frankmocap_ros.recording.export_options import ExportOptions
from frankmocap_ros.recording.exporting import Exported, export_one, info_of
from frankmocap_ros.recording.lerobot import PREPARED, assemble, open_dataset
from frankmocap_ros.recording.lerobot_stage import read_stage, source_id
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.sources.bag import Bag
from frankmocap_ros.teleop.wording import counted

NAME: Final = "frankmocap_ros export"


def tell(text: str) -> None:
    """Print to standard error, beside a progress bar."""
    tqdm.write(f"{NAME}: {text}", file=sys.stderr)


class Sums:
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
        """Count an episode, and tell its remarks."""
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
            tell(f"{name}: {remark}")

    def add_notes(self, name: str, notes: Mapping[str, Any]) -> None:
        """Count what a worker told of an episode."""
        if "skipped" in notes:
            self.skip(name, notes["skipped"])
        else:
            self.add(name, Exported(**notes))

    def skip(self, name: str, reason: str) -> None:
        """Count an episode that is not exported."""
        self.skipped += 1
        tell(f"{name}: left out, {reason}")

    def tell(self, out: Path) -> None:
        """Print the sums."""
        counts = [
            counted(self.done, "episode"),
            f"{counted(self.rows, 'row')} in {counted(self.parts, 'part')}",
        ]
        counts += [f"{counted(self.before, 'episode')} there before"] if self.before else []
        counts += [f"{counted(self.skipped, 'episode')} left out"] if self.skipped else []
        counts += [f"{counted(self.failed, 'episode')} failed"] if self.failed else []
        tell(f"{', '.join(counts)}: {printable(out)}")
        self.tell_left_out()

    def tell_left_out(self) -> None:
        """Print why instants are no rows."""
        for reason, count in self.left_out.most_common():
            tell(f"left out: {count} of {self.instants} instants, {reason}")
        if not self.rows and self.left_out:
            tell("rows are instants at which the gate follows; --everything keeps all (not with lerobot)")


def export_in_turn(found: Mapping[str, Path], out: Path, options: ExportOptions, sums: Sums) -> None:
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
                tell(f"{name}: FAILED: {error}")
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

    def __init__(self, out: Path, options: ExportOptions, sums: Sums) -> None:
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
