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

"""One episode in, one export of it out: files and counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.export.parquet_files import require_pyarrow, write_parquet
from frankmocap_ros.recording.episode_table import Label, episode_table, write_csv
from frankmocap_ros.recording.episodes import EPISODE, EpisodeInfo, episodes, read_info
from frankmocap_ros.recording.export_options import ExportOptions
from frankmocap_ros.recording.lerobot_stage import write_stage
from frankmocap_ros.recording.recorded import recorded
from frankmocap_ros.recording.roles import roles_of
from frankmocap_ros.recording.rows import Rows, rows_of
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.sources.bag import Bag, is_bag


@dataclass(frozen=True)
class Exported:
    """What became of one episode.

    Attributes:
        rows: number of rows that were written.
        parts: number of contiguous parts that they form.
        instants: number of instants that were looked at; those that are no rows are in ``left_out``.
        left_out: number of instants by reason.
        remarks: what the user should know of it.
    """

    rows: int = 0
    parts: int = 0
    instants: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def export_one(path: Path, result: Path, options: ExportOptions, name: str = "") -> Exported:
    """Export one episode; the same input gives the same result.

    Args:
        path: of the episode, or of a bag.
        result: file to write; for lerobot the folder of the prepared episode, for ``lerobot.assemble``. It is
            missing where there are no rows.
        options: of the export.
        name: of the episode in the export; empty for that of its folder.

    Raises:
        MissingDependencyError: a package is not installed.
        RecordingError, SourceError: the episode cannot be read, or a named topic is not in it.
        OSError: a file cannot be written.
    """
    require_pyarrow()
    info = info_of(path)
    task, name = options.task or info.task, name or plain_name(path)
    label = Label(name, task, info.outcome, info.package_version, info.robot_map)
    malformed: Mapping[str, int] = {}
    with Bag(path) as bag:
        rows = episode_rows(bag, options)
        if options.to == "lerobot":
            malformed = write_stage(bag, rows, label, result, options) if len(rows.times_ns) else {}
        else:
            write = write_parquet if options.to == "parquet" else write_csv
            write(episode_table(rows, label), result)
    remarks = [*_remarks(info, label)]
    remarks += [
        f"{n} images of {camera} are malformed: the one before is repeated" for camera, n in malformed.items()
    ]
    return Exported(len(rows.times_ns), len(rows.part_slices()), rows.seen, rows.left_out, tuple(remarks))


def episode_rows(bag: Bag, options: ExportOptions) -> Rows:
    """The rows of an episode; of images, only which belongs to which row.

    Raises:
        RecordingError, SourceError: it cannot be read, or a named topic is not in it.
    """
    there = {topic: kind for topic, kind in bag.topics.items() if bag.counts[topic]}
    roles = roles_of(there, options.topics)
    found = recorded(bag.messages(roles.topics), roles)
    return rows_of(found, roles, (bag.start_ns, bag.end_ns), options.rows)


def info_of(path: Path) -> EpisodeInfo:
    """What an episode says of itself; of a bag that is no episode, nothing is known.

    Raises:
        RecordingError: what it says cannot be read.
    """
    return read_info(path) if (path / EPISODE).is_file() else EpisodeInfo(complete=True)


def _remarks(info: EpisodeInfo, label: Label) -> Iterator[str]:
    """What the user should know of an episode."""
    if not info.complete:
        yield "its recording was cut off; what there is of it is exported"
    dropped = {topic: count.dropped for topic, count in info.topics.items() if count.dropped}
    if dropped:
        texts = ", ".join(f"{count} of {topic}" for topic, count in sorted(dropped.items()))
        yield f"messages were lost while it was recorded: {texts}"
    if not label.task:
        yield "no task was recorded; name one: --task TEXT"


def plain_name(path: Path) -> str:
    """Name of an episode: that of its folder, or of its file without the suffix."""
    return path.stem if path.is_file() else path.name


def named_episodes(inputs: Sequence[Path]) -> dict[str, Path]:
    """Episodes by a name that no other has, see ``by_name``.

    Args:
        inputs: episodes, folders of episodes, or bags.

    Raises:
        RecordingError: there is no episode, or two have the same name.
    """
    paths: list[Path] = []
    for path in inputs:
        paths += [path] if is_bag(path) else episodes(path)
    return by_name(paths)


def by_name(episodes_or_bags: Sequence[Path]) -> dict[str, Path]:
    """Each once by a name that no other has: its own, after that of the folder above where needed.

    Raises:
        RecordingError: two have the same name.
    """
    paths = list(dict.fromkeys(path.resolve() for path in episodes_or_bags))
    plain = [plain_name(path) for path in paths]
    names = [
        name if plain.count(name) == 1 else f"{path.parent.name}_{name}"
        for path, name in zip(paths, plain, strict=True)
    ]
    for name in names:
        if names.count(name) > 1:
            same = [printable(path) for path, other in zip(paths, names, strict=True) if other == name]
            raise RecordingError(
                f"several episodes have the name {name}: {', '.join(same)}; rename a folder above them, or "
                "name them one by one"
            )
    return dict(zip(names, paths, strict=True))
