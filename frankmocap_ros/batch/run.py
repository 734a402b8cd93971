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

"""A batch from beginning to end: what is left to do, what does it, and what is written down."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from frankmocap_ros.batch.contents import content_of, stamp_of
from frankmocap_ros.batch.job import Job, Outcome, Task
from frankmocap_ros.batch.journal import Entry, Journal, remove, remove_partials
from frankmocap_ros.errors import BatchError, SourceError

Runner = Callable[[Job, Sequence[Task]], Iterator[Outcome]]
"""Does tasks somewhere; an outcome for each, in any order."""

_LONGEST_STEM: Final = 50  # characters, of up to four bytes: a file's name has 255 at most


@dataclass(frozen=True)
class Plan:
    """What a batch has to do.

    Attributes:
        tasks: the inputs that are left.
        entries: what will be written of each task, by its number.
        done: what was done before.
        copies: entries of inputs with the content of another one, whose result is theirs.
        unread: what is written of inputs that cannot be read.
    """

    tasks: list[Task] = field(default_factory=list)
    entries: dict[int, Entry] = field(default_factory=dict)
    done: list[Entry] = field(default_factory=list)
    copies: list[Entry] = field(default_factory=list)
    unread: list[Entry] = field(default_factory=list)


def plan(job: Job, inputs: Iterable[Path], journal: Journal, names: Mapping[Path, str] | None = None) -> Plan:
    """What is left to do; reads every input that changed since it was finished.

    Args:
        job: what is done with each.
        inputs: absolute paths.
        journal: of the folder of the results.
        names: of the results, without suffix; None for the inputs' own names with a part of their content's
            number, which makes them unique.
    """
    found = Plan()
    seen: set[str] = set()  # keys
    for path in inputs:
        _add(found, seen, _entry_of(job, path, journal, names), journal, job.suffix)
    return found


def _entry_of(job: Job, path: Path, journal: Journal, names: Mapping[Path, str] | None) -> Entry:
    stamp = stamp_of(path)
    try:
        content = journal.known_content(path, stamp) or content_of(path)
    except SourceError as error:
        return Entry(str(path), "", "", reason=str(error))
    stem = path.name if path.is_dir() else path.stem
    name = f"{stem[:_LONGEST_STEM]}-{content[:8]}" if names is None else names[path]
    return Entry(str(path), content, job.key(content), name + job.suffix, stamp=stamp)


def _add(found: Plan, seen: set[str], entry: Entry, journal: Journal, suffix: str) -> None:
    done = journal.done(entry.key)
    if entry.reason:
        found.unread.append(entry)
    elif entry.key in seen:
        found.copies.append(entry)
    elif done is not None:
        found.done.append(done)
        seen.add(entry.key)
    else:
        number = len(found.tasks)
        found.tasks.append(
            Task(number, entry.input, str(journal.folder / entry.result), entry.result.removesuffix(suffix))
        )
        found.entries[number] = entry
        seen.add(entry.key)


def run(job: Job, todo: Plan, journal: Journal, runner: Runner) -> Iterator[Entry]:
    """Do what is left; each entry is in the journal when it is given.

    A result whose input has another content now is removed once the new one is there.

    Args:
        job: what is done with each input.
        todo: the complete plan.
        journal: of the folder of the results.
        runner: does the tasks.

    Raises:
        BatchError: the runner cannot start, or the journal cannot be written.
    """
    for entry in todo.unread:
        journal.write(entry)
        yield entry
    copies: dict[str, list[Entry]] = {}
    for copy in todo.copies:
        copies.setdefault(copy.key, []).append(copy)
    for entry in todo.done:
        for copy in _copies(entry, copies):
            if journal.latest(copy.input) != copy:
                _write(copy, journal)
    try:
        for outcome in runner(job, todo.tasks) if todo.tasks else ():
            entry = _finished(todo.entries[outcome.number], outcome)
            for one in (*_copies(entry, copies), entry):
                _write(one, journal)
            yield entry
    except OSError as error:
        raise BatchError(
            f"the journal cannot be written: {error.strerror or error}; free some space, and start again"
        ) from error
    finally:
        remove_partials(journal.folder)


def _copies(entry: Entry, copies: Mapping[str, Sequence[Entry]]) -> list[Entry]:
    """What is written of the inputs that have the content of a finished one: its result is theirs."""
    return [
        replace(entry, input=copy.input, stamp=copy.stamp, spent_s=0.0) for copy in copies.get(entry.key, ())
    ]


def _write(entry: Entry, journal: Journal) -> None:
    """Write an entry, and remove the result that it supersedes."""
    old = journal.superseded(entry)
    journal.write(entry)
    if old:
        remove(journal.folder / old)


def _finished(entry: Entry, outcome: Outcome) -> Entry:
    result = "" if outcome.reason or outcome.empty else entry.result
    return replace(entry, result=result, reason=outcome.reason, notes=outcome.notes, spent_s=outcome.spent_s)
