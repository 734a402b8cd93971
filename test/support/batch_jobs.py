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

"""A job without a model, whose inputs say what is to happen to their worker."""

import contextlib
import os
import signal
from pathlib import Path

from frankmocap_ros.batch.job import Job
from frankmocap_ros.errors import EstimatorError, SourceError
from frankmocap_ros.runtime.machine import cores
from support.waiting import wait_until

ENTRY = "support.batch_jobs:opened"


def job(folder: Path, **values) -> Job:
    """The job; workers write down in ``folder`` what they do."""
    return Job(ENTRY, {"folder": str(folder), **values}, ".txt")


@contextlib.contextmanager
def opened(values, places, tell):
    """Inputs are ``bad``, ``fault``, ``crash``, ``crash once``, ``wait``, ``nothing``, or anything else."""
    folder = Path(values["folder"])
    if values.get("broken"):
        raise EstimatorError("the model is not there")
    (folder / f"loaded-{os.getpid()}").write_text(str(cores()))
    tell("loaded")

    def one(source, result, name):
        with (folder / "seen").open("a") as seen:
            seen.write(f"{source.name}\n")
        word = source.read_text().partition(":")[0]
        if word == "nothing":
            return {}
        result.write_text(f"started {word}")
        if word == "bad":
            raise SourceError(f"{source.name} is damaged")
        if word == "fault":
            raise ValueError("a fault of ours")
        marker = folder / f"crashed-{source.name}"
        if word == "crash" or (word == "crash once" and not marker.exists()):
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "wait":
            wait_until((folder / "go").exists)
        result.write_text(word)
        return {"frames": 2, "word": word} | {place: path.read_text() for place, path in places.items()}

    yield one


def seen(folder: Path) -> list[str]:
    """Names of the inputs that workers began, in alphabetical order."""
    path = folder / "seen"
    return sorted(path.read_text().splitlines()) if path.exists() else []
