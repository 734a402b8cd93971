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

"""What is done with each input, in plain values: as JSON it goes to other processes and other machines."""

import hashlib
import importlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

Tell = Callable[[str], None]
OneInput = Callable[[Path, Path, str], Mapping[str, Any]]
"""From an input, the path to write its result to, and the result's name without suffix, to what the journal
keeps of it: ``{"frames": 120}``.

It may write nothing, where there is nothing to write."""
Opened = AbstractContextManager[OneInput]


@dataclass(frozen=True)
class JobFile:
    """A file that a job needs, such as a network.

    Attributes:
        place: what it belongs to, such as the setting ``model``.
        name: of the file, with the folders above it that belong to the place: ``model.onnx``, or of a folder
            ``model/weights.bin``.
        path: absolute path on the machine where the job was described.
        sha256: of its content.
    """

    place: str
    name: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Job:
    """What a worker does with each input.

    Attributes:
        entry: ``package.module:function``. A worker calls it once with ``values``, the path of each place,
            and a function to tell something to the user; the context manager that it gives holds the model,
            and inside it is a ``OneInput``.
        values: what results depend on, as JSON: settings and options.
        suffix: of a result's name, such as ``.jsonl``; empty for folders.
        files: what results depend on, too; they travel with the job to machines that do not have them.
        gpus: how many a worker takes of a cluster's.
        places: path of each place here; a place that is not named is where the package looks by itself.
    """

    entry: str
    values: Mapping[str, Any]
    suffix: str
    files: tuple[JobFile, ...] = ()
    gpus: int = 0
    places: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The job as one line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def of(text: str) -> "Job":
        """The job that ``text`` gave."""
        found = json.loads(text)
        files = tuple(JobFile(**file) for file in found.pop("files"))
        return Job(**found, files=files)

    def key(self, content: str) -> str:
        """What tells whether an input was done like this: its content, the values, and the files' content.

        Args:
            content: of the input, by ``contents.content_of``.
        """
        what = [
            content, self.entry, self.values, self.suffix,
            sorted((file.place, file.name, file.sha256) for file in self.files),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

    def places_here(self) -> dict[str, Path]:
        """The places on the machine where the job was described."""
        return {place: Path(path) for place, path in self.places.items()}

    def open(self, places: Mapping[str, Path], tell: Tell) -> Opened:
        """Call ``entry``; the model is loaded when the context is entered, or before."""
        module, _, name = self.entry.partition(":")
        return cast(Opened, getattr(importlib.import_module(module), name)(self.values, places, tell))


@dataclass(frozen=True)
class Task:
    """One input of a job.

    Attributes:
        number: counts the inputs of a run.
        path: of the input, absolute.
        result: path of its result, absolute.
        name: of the result, without suffix.
    """

    number: int
    path: str
    result: str
    name: str = ""

    def text(self) -> str:
        """The task as one line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def of(text: str) -> "Task":
        """The task that ``text`` gave."""
        return Task(**json.loads(text))


@dataclass(frozen=True)
class Outcome:
    """What became of one input.

    Attributes:
        number: of its task.
        reason: why it failed; empty where it did not.
        notes: what the job told of the input.
        spent_s: time that it took [s].
        empty: whether there was nothing to write: then there is no result.
    """

    number: int
    reason: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    spent_s: float = 0.0
    empty: bool = False

    def text(self) -> str:
        """The outcome as one line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def of(text: str) -> "Outcome":
        """The outcome that ``text`` gave."""
        return Outcome(**json.loads(text))
