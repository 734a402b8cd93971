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

"""The Parquet files of a LeRobot dataset: rows, episodes and tasks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.export.parquet_files import write_parquet
from frankmocap_ros.recording.lerobot_features import INDEX_FEATURES
from frankmocap_ros.runtime.file_names import printable

if TYPE_CHECKING:
    import pyarrow as pa

FILES_A_CHUNK: Final = 1000
DATA_FILE_MB: Final = 100
COMPRESSION: Final[Literal["snappy"]] = "snappy"  # as LeRobot writes it
DATA_PATH: Final = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
EPISODES_PATH: Final = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
TASKS_PATH: Final = "meta/tasks.parquet"
# pandas reads a table's index from this; LeRobot looks tasks up by their text, as the index
_TASKS_INDEX: Final = {
    "index_columns": ["task"],
    "column_indexes": [],
    "columns": [
        {"name": name, "field_name": name, "pandas_type": kind, "numpy_type": numpy, "metadata": None}
        for name, kind, numpy in (("task_index", "int64", "int64"), ("task", "unicode", "object"))
    ],
    "pandas_version": "2.0.0",
}


def place(number: int) -> dict[str, int]:
    """Where the file of a number is: its chunk, and its number there."""
    return {"chunk_index": number // FILES_A_CHUNK, "file_index": number % FILES_A_CHUNK}


class DataFiles:
    """Writes rows, a row group for each episode, into files of up to ``DATA_FILE_MB``.

    Args:
        folder: of the dataset.
        files: number of files that are there.
        rows: number of rows that are there.
        max_bytes: size at which the next file is begun.
    """

    def __init__(self, folder: Path, files: int, rows: int, max_bytes: int = DATA_FILE_MB << 20) -> None:
        self.files, self.rows = files, rows
        self._folder = folder
        self._max_bytes = max_bytes
        self._size = 0
        self._writer: Any = None
        self._part = Path()

    def begin(self, source: Path) -> None:
        """Begin a prepared episode, in the next file where this one would become too large."""
        size = source.stat().st_size
        if self._writer is not None and self._size + size > self._max_bytes:
            self.close()
        self._size += size

    def write(self, rows: pa.Table, episode: int, task: int) -> dict[str, int]:
        """Write one episode; gives the place of its file.

        Args:
            rows: without what depends on other episodes.
            episode: its number.
            task: number of its task.
        """
        import pyarrow as pa
        import pyarrow.parquet

        count = len(rows)
        for name, values in (
            ("episode_index", np.full(count, episode)),
            ("index", np.arange(self.rows, self.rows + count)),
            ("task_index", np.full(count, task)),
        ):
            rows = rows.append_column(name, pa.array(values, getattr(pa, INDEX_FEATURES[name])()))
        if self._writer is None:
            path = self._folder / DATA_PATH.format(**place(self.files))
            path.parent.mkdir(parents=True, exist_ok=True)
            self._part = path.with_name(f".{path.name}.part")
            self._writer = pyarrow.parquet.ParquetWriter(self._part, rows.schema, compression=COMPRESSION)
        self._writer.write_table(rows, row_group_size=max(1, count))
        self.rows += count
        return {f"data/{name}": number for name, number in place(self.files).items()}

    def close(self) -> None:
        """Make the file whole."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        os.replace(self._part, self._part.with_name(self._part.name[1:].removesuffix(".part")))
        self.files += 1
        self._size = 0

    def abandon(self) -> None:
        """Remove the file that is being written."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            with suppress(OSError):
                self._part.unlink()


def write_episodes(folder: Path, number: int, said: Sequence[Mapping[str, Any]]) -> None:
    """Write what is said of some episodes, as one more file.

    Args:
        folder: of the dataset.
        number: of the file.
        said: a column's name and value, and ``statistics`` by feature, of each.
    """
    import pyarrow as pa

    where = {f"meta/episodes/{name}": index for name, index in place(number).items()}
    rows = [
        {name: value for name, value in one.items() if name != "statistics"}
        | {
            f"stats/{feature}/{name}": value
            for feature, statistics in one["statistics"].items()
            for name, value in statistics.items()
        }
        | where
        for one in said
    ]
    path = folder / EPISODES_PATH.format(**place(number))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(pa.Table.from_pylist(rows), path, COMPRESSION)


def read_statistics(folder: Path) -> list[dict[str, dict[str, Any]]]:
    """Statistics of every episode, by feature.

    Raises:
        RecordingError: a file is damaged.
    """
    found: list[dict[str, dict[str, Any]]] = []
    for path in sorted(folder.glob("meta/episodes/*/*.parquet")):
        with opened_table(path) as file:
            columns = [name for name in file.schema_arrow.names if name.startswith("stats/")]
            rows = file.read(columns=columns).to_pylist()
        for row in rows:
            one: dict[str, dict[str, Any]] = {}
            for column, value in row.items():
                feature, name = column.removeprefix("stats/").rsplit("/", 1)
                one.setdefault(feature, {})[name] = np.array(value)
            found.append(one)
    return found


def read_tasks(folder: Path) -> dict[str, int]:
    """Number of each task; empty for a new dataset.

    Raises:
        RecordingError: the file is damaged.
    """
    path = folder / TASKS_PATH
    if not path.is_file():
        return {}
    with opened_table(path) as file:
        table = file.read(columns=["task", "task_index"])
        return dict(zip(table["task"].to_pylist(), table["task_index"].to_pylist(), strict=True))


@contextmanager
def opened_table(path: Path) -> Iterator[pa.parquet.ParquetFile]:
    """A file of a dataset that is there, for reading.

    Raises:
        RecordingError: it is damaged, or has other columns.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, KeyError) as error:
        said = " ".join(str(error).split())
        raise RecordingError(
            f"{printable(path)} is damaged ({said}); restore the dataset, or choose another --out"
        ) from error


def write_tasks(folder: Path, tasks: Mapping[str, int]) -> None:
    """Write the number of each task."""
    import pyarrow as pa

    columns = {"task_index": pa.array(tasks.values(), pa.int64()), "task": pa.array(tasks, pa.string())}
    table = pa.table(columns).replace_schema_metadata({"pandas": json.dumps(_TASKS_INDEX)})
    path = folder / TASKS_PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(table, path, COMPRESSION)
