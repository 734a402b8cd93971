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

"""What commands for many inputs share: their flags, the progress bar, and the summary at the end."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from frankmocap_ros.batch.inputs import Kind, inputs_of
from frankmocap_ros.batch.job import Job
from frankmocap_ros.batch.journal import NAME, Entry, Journal, opened
from frankmocap_ros.batch.pool import Pool
from frankmocap_ros.batch.run import Plan, Runner, plan, run
from frankmocap_ros.cli.ending import INTERRUPTED
from frankmocap_ros.errors import SettingError
from frankmocap_ros.recording.episodes import EPISODE
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.runtime.machine import cores
from frankmocap_ros.sources.bag import METADATA, is_bag
from frankmocap_ros.teleop.wording import counted

SOME_FAILED: Final = 3
EXIT_CODES: Final = "With --out-dir: 3 some inputs failed, which are listed; the others are done."
EPISODES: Final = Kind(
    is_bag, lambda path: (path / METADATA).is_file() or (path / EPISODE).is_file(), "episodes, or any bag"
)
_ADDRESS: Final = re.compile(r"auto|local|ray://\S+|[\w.-]+:\d+|\[[\da-fA-F:]+\]:\d+")
_CORES_A_WORKER: Final = 2
_LISTED: Final = 20


@dataclass(frozen=True)
class BatchFlags:
    """Where results go and who makes them.

    Attributes:
        folder: of the results.
        workers: how many; 0 for one for two cores.
        ray: address of a Ray cluster, ``local`` for one on this machine; empty for processes.
    """

    folder: Path
    workers: int = 0
    ray: str = ""


def add_batch_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a command that writes many results only if asked to."""
    group = parser.add_argument_group(
        "many inputs", "each to one result, by several workers; what is done is not done again"
    )
    group.add_argument(
        "--out-dir",
        metavar="DIR",
        help="folder of the results: one for each input, and a journal. Inputs may then also be folders that "
        "are searched, and patterns such as 'videos/**/*.mp4'. Start again to go on after an interruption: "
        "an input is done again only if its content or a setting changed, or if it failed",
    )
    add_worker_flags(group)


def add_worker_flags(group: Any) -> None:
    """Add ``--workers`` and ``--ray`` to a parser or a group of it."""
    group.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="number of processes, or of Ray's actors; each loads the model once, and they share the cores "
        "(default: one for two cores)",
    )
    group.add_argument(
        "--ray",
        nargs="?",
        const="local",
        metavar="ADDRESS",
        help="run on a Ray cluster: HOST:PORT, ray://HOST:PORT or auto; without ADDRESS on one that is "
        "started on this machine. Inputs and DIR have to be at the same path on all machines",
    )


def batch_flags(arguments: argparse.Namespace) -> BatchFlags | None:
    """What the flags of ``add_batch_flags`` ask for; None where they ask for no batch.

    Raises:
        SettingError: a value is wrong, or the folder is missing.
    """
    if arguments.out_dir is not None:
        return worker_flags(arguments, arguments.out_dir)
    given = given_worker_flags(arguments)
    if given:
        raise SettingError(f"{given[0]} is for many inputs: add --out-dir DIR for their results")
    return None


def given_worker_flags(arguments: argparse.Namespace) -> list[str]:
    """Those of ``--workers`` and ``--ray`` that are given."""
    return [f"--{name}" for name in ("workers", "ray") if getattr(arguments, name) is not None]


def worker_flags(arguments: argparse.Namespace, folder: str | Path) -> BatchFlags:
    """What ``--workers`` and ``--ray`` ask for.

    Args:
        arguments: that are parsed.
        folder: of the results.

    Raises:
        SettingError: a value is wrong.
    """
    if arguments.workers is not None and not 1 <= arguments.workers <= 1000:
        raise SettingError(f"--workers: {arguments.workers} is out of range; allowed: 1 .. 1000")
    if arguments.ray is not None and not _ADDRESS.fullmatch(arguments.ray):
        raise SettingError(
            f"--ray: {printable(arguments.ray)} is no address; allowed: HOST:PORT | ray://HOST:PORT | auto, "
            "or none. Put inputs before --ray"
        )
    return BatchFlags(home_expanded(folder).absolute(), arguments.workers or 0, arguments.ray or "")


class Batch:
    """Runs one job over many inputs for a command.

    Args:
        program: its name, for what it tells.
        flags: where results go and who makes them.
        shown: the folder that the user knows, where it is another one.
    """

    def __init__(self, program: str, flags: BatchFlags, shown: Path | None = None) -> None:
        self._program, self._flags = program, flags
        self._shown = shown or flags.folder

    def tell(self, text: str) -> None:
        """Print to standard error, beside a progress bar."""
        tqdm.write(f"{self._program}: {text}", file=sys.stderr)

    def main(
        self, job: Job, inputs: Sequence[Path], names: Mapping[Path, str] | None = None
    ) -> tuple[int, list[Entry]]:
        """Do what is left of the inputs.

        Args:
            job: what is done with each.
            inputs: absolute paths.
            names: of the results, see ``batch.run.plan``.

        Returns:
            The exit code: 0 where each input is done, 3 where some failed, 130 where it was interrupted; and
            what is written of each, also of those that were done before.

        Raises:
            BatchError: the folder cannot be written, or no worker can start.
            MissingDependencyError: Ray is not installed.
        """
        runner = self._runner()
        with opened(self._flags.folder) as journal:
            entries: list[Entry] = []
            todo = Plan()
            try:
                todo = self._planned(job, inputs, journal, names)
                self._run(job, todo, journal, runner, entries)
            except KeyboardInterrupt:
                self._summary(todo, entries, "interrupted; start the same command again to go on")
                return INTERRUPTED, todo.done + entries
            self._summary(todo, entries, "")
        failed = any(entry.reason for entry in entries)
        return (SOME_FAILED if failed else 0), todo.done + entries

    def _runner(self) -> Runner:
        workers = self._flags.workers
        if not self._flags.ray:
            return Pool(workers or max(1, cores() // _CORES_A_WORKER), self.tell)
        from frankmocap_ros.batch.ray_data import RayData

        return RayData("" if self._flags.ray == "local" else self._flags.ray, workers, self.tell)

    def _planned(
        self, job: Job, inputs: Sequence[Path], journal: Journal, names: Mapping[Path, str] | None
    ) -> Plan:
        with tqdm(inputs, desc="reading", unit=" inputs", leave=False, disable=None) as bar:
            todo = plan(job, bar, journal, names)
        for count, text in (
            (len(todo.done), "done before"),
            (len(todo.copies), f"copies of others, whose results are theirs too: see {NAME}"),
        ):
            if count:
                self.tell(f"{count} of {counted(len(inputs), 'input')}: {text}")
        return todo

    def _run(self, job: Job, todo: Plan, journal: Journal, runner: Runner, entries: list[Entry]) -> None:
        total, failed = len(todo.tasks) + len(todo.unread), 0
        with tqdm(total=total, unit=" inputs", leave=False, disable=None) as bar:
            for entry in run(job, todo, journal, runner):
                entries.append(entry)
                if entry.reason:
                    failed += 1
                    if failed <= _LISTED:
                        self.tell(f"FAILED {printable(entry.input)}: {entry.reason}")
                bar.set_postfix(failed=failed, refresh=False)
                bar.update()

    def _summary(self, todo: Plan, entries: Sequence[Entry], end: str) -> None:
        failed = sum(bool(entry.reason) for entry in entries)
        left = len(todo.tasks) + len(todo.unread) - len(entries)
        counts = [f"{counted(len(entries) - failed, 'input')} done"]
        counts += [f"{len(todo.done)} done before"] if todo.done else []
        counts += ["1 copy" if len(todo.copies) == 1 else f"{len(todo.copies)} copies"] if todo.copies else []
        counts += [f"{failed} failed"] if failed else []
        counts += [f"{left} left"] if left else []
        counts += [f"{value} {name}" for name, value in _sums([*todo.done, *entries]).items()]
        self.tell(", ".join(counts) + f": {printable(self._shown)}")
        if failed > _LISTED:
            self.tell(f"all that failed are in {printable(self._flags.folder / NAME)}")
        if end:
            self.tell(end)


def _sums(entries: Sequence[Entry]) -> Counter[str]:
    """Sums of the numbers that a job told of its inputs."""
    found: Counter[str] = Counter()
    for entry in entries:
        found.update({name: int(value) for name, value in entry.notes.items() if isinstance(value, int)})
    return found


def batch_inputs(words: Sequence[str], kind: Kind, flags: BatchFlags) -> list[Path]:
    """The inputs that the user names; the folder of the results is not searched."""
    return inputs_of(words, kind, flags.folder)
