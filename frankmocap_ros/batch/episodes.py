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

"""The jobs of ``frankmocap_ros export`` and ``replay``: one recorded episode, one result."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from frankmocap_ros.batch.files import described
from frankmocap_ros.batch.job import Job, JobFile, OneInput, Tell
from frankmocap_ros.export.parquet_files import require_pyarrow
from frankmocap_ros.recording.export_options import ExportOptions
from frankmocap_ros.recording.exporting import export_one, info_of
from frankmocap_ros.recording.replay_job import ReplayJob, replay_one, report_text


def export_job(options: ExportOptions) -> Job:
    """The job that exports episodes: to a file each, for LeRobot to the folder of a prepared episode."""
    suffix = "" if options.to == "lerobot" else f".{options.to}"
    return Job(_entry(opened_export), options.values(), suffix)


@contextlib.contextmanager
def opened_export(values: Mapping[str, Any], places: Mapping[str, Path], tell: Tell) -> Iterator[OneInput]:
    """A worker that exports episodes; see ``job.Job``.

    Raises:
        MissingDependencyError: a package is not installed.
    """
    options = ExportOptions.of(values)
    require_pyarrow()

    def one(path: Path, result: Path, name: str) -> Mapping[str, Any]:
        reason = options.left_out(info_of(path))
        if reason:
            return {"skipped": reason}
        return asdict(export_one(path, result, options, name))

    yield one


def replay_job(asked: ReplayJob) -> Job:
    """The job that replays and judges episodes: a report of each, as JSON.

    Raises:
        OSError: the robot's map or model cannot be read.
    """
    values, files, places = asdict(asked), list[JobFile](), dict[str, str]()
    for place in ("robot", "robot_model"):
        path = Path(values[place])
        if values[place] and path.is_file():
            files += described(place, path)
            places[place] = str(path.absolute())
            values[place] = ""
    return Job(_entry(opened_replay), json.loads(json.dumps(values)), ".json", tuple(files), places=places)


@contextlib.contextmanager
def opened_replay(values: Mapping[str, Any], places: Mapping[str, Path], tell: Tell) -> Iterator[OneInput]:
    """A worker that replays episodes; see ``job.Job``."""
    asked = ReplayJob(**{**values, **{place: str(path) for place, path in places.items()}})

    def one(path: Path, result: Path, name: str) -> Mapping[str, Any]:
        record = replay_one(path, asked)
        result.write_text(report_text(record), encoding="utf-8")
        return {"passed": bool(record["judgement"]["passed"])}

    yield one


def _entry(function: Callable[..., object]) -> str:
    return f"{function.__module__}:{function.__name__}"
