"""What commands for many inputs share: their flags, the progress bar, and the summary at the end."""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tqdm import tqdm

from frankmocap_ros.batch.inputs import Kind, inputs_of
from frankmocap_ros.batch.job import Job
from frankmocap_ros.batch.journal import NAME, Journal, opened
from frankmocap_ros.batch.pool import Pool
from frankmocap_ros.batch.run import Plan, Runner, Sums, plan, run
from frankmocap_ros.cli.ending import INTERRUPTED
from frankmocap_ros.errors import SettingError
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.runtime.machine import cores

SOME_FAILED: Final = 3
EXIT_CODES: Final = "With --out-dir: 3 some inputs failed, which are listed; the others are done."
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
    """Add the flags of a command that takes many inputs."""
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
    """What the flags ask for; None where they ask for no batch.

    Raises:
        SettingError: a value is wrong, or the folder is missing.
    """
    given = [f"--{name}" for name in ("workers", "ray") if getattr(arguments, name) is not None]
    if arguments.out_dir is None:
        if given:
            raise SettingError(f"{given[0]} is for many inputs: add --out-dir DIR for their results")
        return None
    if arguments.workers is not None and not 1 <= arguments.workers <= 1000:
        raise SettingError(f"--workers: {arguments.workers} is out of range; allowed: 1 .. 1000")
    if arguments.ray is not None and not _ADDRESS.fullmatch(arguments.ray):
        raise SettingError(
            f"--ray: {printable(arguments.ray)} is no address; allowed: HOST:PORT | ray://HOST:PORT | auto, "
            "or none. Put inputs before --ray"
        )
    return BatchFlags(
        home_expanded(arguments.out_dir).absolute(), arguments.workers or 0, arguments.ray or ""
    )


class Batch:
    """Runs one job over many inputs for a command.

    Args:
        program: its name, for what it tells.
        flags: where results go and who makes them.
    """

    def __init__(self, program: str, flags: BatchFlags) -> None:
        self._program, self._flags = program, flags

    def tell(self, text: str) -> None:
        """Print to standard error, beside a progress bar."""
        tqdm.write(f"{self._program}: {text}", file=sys.stderr)

    def main(self, job: Job, inputs: Sequence[Path]) -> tuple[int, Sums]:
        """Do what is left of the inputs.

        Returns:
            The exit code: 0 where each input has a result, 3 where some have not, 130 where it was
            interrupted; and sums over all inputs, those that were done before too.

        Raises:
            BatchError: the folder cannot be written, or no worker can start.
            MissingDependencyError: Ray is not installed.
        """
        runner = self._runner()
        with opened(self._flags.folder) as journal:
            sums, todo = Sums(), Plan()
            try:
                todo = self._planned(job, inputs, journal)
                for entry in todo.done:
                    sums.count(entry.notes)
                self._run(job, todo, journal, runner, sums)
            except KeyboardInterrupt:
                self._summary(todo, sums, "interrupted; start the same command again to go on")
                return INTERRUPTED, sums
            self._summary(todo, sums, "")
        return (SOME_FAILED if sums.failed else 0), sums

    def _runner(self) -> Runner:
        workers = self._flags.workers
        if not self._flags.ray:
            return Pool(workers or max(1, cores() // _CORES_A_WORKER), self.tell)
        from frankmocap_ros.batch.ray_data import RayData

        return RayData("" if self._flags.ray == "local" else self._flags.ray, workers, self.tell)

    def _planned(self, job: Job, inputs: Sequence[Path], journal: Journal) -> Plan:
        with tqdm(inputs, desc="reading", unit=" inputs", leave=False, disable=None) as bar:
            todo = plan(job, bar, journal)
        for count, text in (
            (len(todo.done), "were done before"),
            (len(todo.copies), f"have the same content as another one, whose result is theirs; see {NAME}"),
        ):
            if count:
                self.tell(f"{count} of {len(inputs)} inputs {text}")
        return todo

    def _run(self, job: Job, todo: Plan, journal: Journal, runner: Runner, sums: Sums) -> None:
        total = len(todo.tasks) + len(todo.unread)
        with tqdm(total=total, unit=" inputs", leave=False, disable=None) as bar:
            for entry in run(job, todo, journal, runner):
                sums.add(entry)
                if entry.reason and len(sums.failed) <= _LISTED:
                    self.tell(f"FAILED {printable(entry.input)}: {entry.reason}")
                bar.set_postfix(failed=len(sums.failed), refresh=False)
                bar.update()

    def _summary(self, todo: Plan, sums: Sums, end: str) -> None:
        left = len(todo.tasks) + len(todo.unread) - sums.done - len(sums.failed)
        counts = [f"{sums.done} inputs done"]
        counts += [f"{len(todo.done)} done before"] if todo.done else []
        counts += [f"{len(todo.copies)} copies"] if todo.copies else []
        counts += [f"{len(sums.failed)} failed"] if sums.failed else []
        counts += [f"{left} left"] if left else []
        counts += [f"{value:g} {name}" for name, value in sums.notes.items()]
        self.tell(", ".join(counts) + f": {printable(self._flags.folder)}")
        if len(sums.failed) > _LISTED:
            self.tell(f"all that failed are in {printable(self._flags.folder / NAME)}")
        if end:
            self.tell(end)


def batch_inputs(words: Sequence[str], kind: Kind, flags: BatchFlags) -> list[Path]:
    """The inputs that the user names; the folder of the results is not searched."""
    return inputs_of(words, kind, flags.folder)
