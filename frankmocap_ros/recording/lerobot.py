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

"""Prepared episodes become a dataset of LeRobot's format v3.0, or are added to one.

Written from the published format; nothing of LeRobot is used. What a dataset holds is said by its small
files, which are written last: after a kill the same call does everything again that is not said there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.lerobot_features import index_features
from frankmocap_ros.recording.lerobot_stage import DATA, Stage, read_stage
from frankmocap_ros.recording.lerobot_tables import (
    DATA_FILE_MB,
    DATA_PATH,
    FILES_A_CHUNK,
    DataFiles,
    opened_table,
    place,
    read_statistics,
    read_tasks,
    write_episodes,
    write_tasks,
)
from frankmocap_ros.recording.statistics import merged_statistics
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.records import record_of
from frankmocap_ros.runtime.text_values import json_values
from frankmocap_ros.runtime.whole_files import replace_text

VERSION: Final = "v3.0"
PREPARED: Final = ".prepared"  # folder of prepared episodes, beside the dataset until they are in it
_VIDEO_FILE_MB: Final = 200
_VIDEO_PATH: Final = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
_INFO: Final = "meta/info.json"
_STATS: Final = "meta/stats.json"
_OWN: Final = "meta/frankmocap_ros.json"  # where the episodes come from; LeRobot passes it over
_OWN_FORMAT: Final = 1


@dataclass
class Dataset:
    """What a dataset holds.

    Attributes:
        folder: of the dataset.
        rate_hz: rows per second; 0 while it is empty.
        robot: map that the robot was driven with; empty where unknown.
        features: of the rows, without those of the index.
        sources: recordings in it, as ``Stage.source``.
        episodes: recording, part and start [ns] of each of its episodes.
        rows: how many it has.
        data_files: number of files of rows.
        episode_files: number of files of what is said of episodes.
        video_files: number of videos of each camera.
    """

    folder: Path
    rate_hz: int = 0
    robot: str = ""
    features: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    episodes: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 0
    data_files: int = 0
    episode_files: int = 0
    video_files: int = 0

    def __post_init__(self) -> None:
        if min(self.rate_hz, self.rows, self.data_files, self.episode_files, self.video_files) < 0:
            raise ValueError("a number is below 0")

    @property
    def video_keys(self) -> list[str]:
        """Features that are videos."""
        return [name for name, feature in self.features.items() if feature.get("dtype") == "video"]

    def adopt(self, stage: Stage) -> None:
        """Let the first episode decide what all others are like."""
        if not self.rate_hz:
            self.rate_hz, self.robot, self.features = stage.rate_hz, stage.robot, stage.features

    def misfit(self, stage: Stage) -> str:
        """Why a prepared episode cannot be added; empty where it can."""
        if not self.rate_hz:
            return ""
        if stage.rate_hz != self.rate_hz:
            rate = self.rate_hz
            return f"it has {stage.rate_hz} rows per second, and the dataset {rate}: --rate {rate}"
        for name in sorted({*self.features, *stage.features}):
            there, new = self.features.get(name), stage.features.get(name)
            if there != new:
                return f"its {name} is {_shown(new)}, and the dataset's {_shown(there)}: choose another --out"
        return ""


def open_dataset(folder: Path) -> Dataset:
    """The dataset in a folder, to add to; an empty one where there is nothing in it.

    Raises:
        RecordingError: the folder holds something else.
    """
    path = folder / _OWN
    if not path.exists():
        held = [printable(entry.name) for entry in sorted(folder.iterdir())] if folder.is_dir() else []
        # a first export that was cut off has written rows and videos, and nothing that says so
        if (folder / _INFO).exists() or set(held) - {"data", "videos", "meta", PREPARED}:
            raise RecordingError(
                f"{printable(folder)} holds something else ({', '.join(held[:5])}), not a dataset that this "
                "command wrote; choose an empty folder"
            )
        return Dataset(folder)
    try:
        values = json_values(path.read_text(encoding="utf-8"))
        if isinstance(values, dict) and values.pop("format", None) != _OWN_FORMAT:
            raise ValueError("another version of frankmocap_ros wrote it")
        return record_of(Dataset, values, folder=folder)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{printable(path)} cannot be read ({error}); choose another --out") from error


def assemble(dataset: Dataset, stages: Sequence[Path]) -> None:
    """Add prepared episodes to a dataset; of a recording that is in it, nothing is added.

    Args:
        dataset: what its folder holds.
        stages: folders of prepared episodes.

    Raises:
        RecordingError: an episode is not prepared, or does not fit.
        OSError: a file cannot be written.
    """
    tasks = read_tasks(dataset.folder)
    data = DataFiles(dataset.folder, dataset.data_files, dataset.rows)
    said: list[dict[str, Any]] = []
    try:
        for folder in stages:
            stage = read_stage(folder)
            if stage is None:
                raise RecordingError(f"{printable(folder)} is no prepared episode; export it again")
            if stage.source not in dataset.sources:
                said += _added(dataset, (folder, stage), data, tasks.setdefault(stage.task, len(tasks)))
        data.close()
    finally:
        data.abandon()
    if said:
        dataset.rows, dataset.data_files = data.rows, data.files
        _say(dataset, said, tasks)


def _added(
    dataset: Dataset, prepared: tuple[Path, Stage], data: DataFiles, task: int
) -> Iterator[dict[str, Any]]:
    """Write the rows and videos of a prepared episode; gives what is to be said of each part."""
    folder, stage = prepared
    misfit = dataset.misfit(stage)
    if misfit:
        raise RecordingError(f"{stage.name}: {misfit}")
    dataset.adopt(stage)
    video = place(dataset.video_files)
    for key in dataset.video_keys:
        _link(folder / f"{key}.mp4", dataset.folder / _VIDEO_PATH.format(video_key=key, **video))
    dataset.video_files += 1
    dataset.sources.append(stage.source)
    data.begin(folder / DATA)
    shown = 0
    with opened_table(folder / DATA) as rows:
        for part, length in enumerate(stage.lengths):
            number = len(dataset.episodes)
            said = {"episode_index": number, "tasks": [stage.task], "length": length}
            said |= data.write(rows.read_row_group(part), number, task)
            said |= {"dataset_from_index": data.rows - length, "dataset_to_index": data.rows}
            for key in dataset.video_keys:
                said |= {f"videos/{key}/{name}": index for name, index in video.items()}
                said[f"videos/{key}/from_timestamp"] = shown / stage.rate_hz
                said[f"videos/{key}/to_timestamp"] = (shown + length) / stage.rate_hz
            shown += length
            start_ns = stage.starts_ns[part]
            dataset.episodes.append({"recording": stage.name, "part": part, "start_ns": start_ns})
            yield said | {"statistics": stage.statistics[part]}


def _say(dataset: Dataset, said: Sequence[dict[str, Any]], tasks: dict[str, int]) -> None:
    """Write the small files that say what the dataset holds; the one by which it is continued is the last."""
    folder = dataset.folder
    write_episodes(folder, dataset.episode_files, said)
    dataset.episode_files += 1
    every = read_statistics(folder)
    merged = {name: merged_statistics([one[name] for one in every]) for name in dataset.features}
    plain = {name: {key: value.tolist() for key, value in one.items()} for name, one in merged.items()}
    write_tasks(folder, tasks)
    replace_text(folder / _STATS, json.dumps(plain, indent=4))
    replace_text(folder / _INFO, json.dumps(_info(dataset, len(tasks)), indent=4, ensure_ascii=False))
    own = {name: value for name, value in asdict(dataset).items() if name != "folder"}
    replace_text(folder / _OWN, json.dumps({"format": _OWN_FORMAT, **own}, indent=1, ensure_ascii=False))


def _info(dataset: Dataset, tasks: int) -> dict[str, Any]:
    """``meta/info.json``."""
    return {
        "codebase_version": VERSION,
        "robot_type": dataset.robot or None,
        "total_episodes": len(dataset.episodes),
        "total_frames": dataset.rows,
        "total_tasks": tasks,
        "chunks_size": FILES_A_CHUNK,
        "data_files_size_in_mb": DATA_FILE_MB,
        "video_files_size_in_mb": _VIDEO_FILE_MB,
        "fps": dataset.rate_hz,
        "splits": {"train": f"0:{len(dataset.episodes)}"},
        "data_path": DATA_PATH,
        "video_path": _VIDEO_PATH if dataset.video_keys else None,
        "features": {**dataset.features, **index_features()},
    }


def _link(source: Path, target: Path) -> None:
    """Put a file to another place, too: without a copy where the file system allows that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        target.unlink()  # of an export that was cut off
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _shown(feature: dict[str, Any] | None) -> str:
    """A feature for people."""
    if feature is None:
        return "missing"
    shape, names = feature.get("shape"), feature.get("names")
    what = names if isinstance(shape, list) and len(shape) == 1 else shape
    return f"{feature.get('dtype')} ({', '.join(map(str, what or ()))})"
