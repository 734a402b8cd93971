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

"""One episode, prepared for a LeRobot dataset: everything but what depends on the episodes before it.

So episodes can be prepared in any order, by several processes and on several machines, and put together by
``lerobot.assemble``. A contiguous part of an episode becomes an episode of the dataset: trainers take
sequences of actions from one episode by counting rows, so none may reach across a gap.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.episode_images import EpisodeImages
from frankmocap_ros.recording.episode_table import Label
from frankmocap_ros.recording.export_options import ExportOptions
from frankmocap_ros.recording.lerobot_features import INDEX_FEATURES, Vector, vectors_of
from frankmocap_ros.recording.lerobot_pictures import Pictures, Pngs, Videos
from frankmocap_ros.recording.lerobot_tables import COMPRESSION
from frankmocap_ros.recording.rows import Rows
from frankmocap_ros.recording.statistics import Statistics, column_statistics
from frankmocap_ros.runtime.records import record_of
from frankmocap_ros.runtime.text_values import json_values
from frankmocap_ros.runtime.whole_files import replace_text
from frankmocap_ros.sources.bag import Bag

if TYPE_CHECKING:
    import pyarrow as pa

DATA: Final = "data.parquet"  # a row group for each part
_STAGE: Final = "stage.json"  # written last: what has it is whole
_FORMAT: Final = 1


@dataclass(frozen=True)
class Stage:
    """What is known of a prepared episode.

    Attributes:
        source: tells the recording from all others, whatever it is called.
        name: of the episode.
        task: what the operator was to do.
        robot: map that the robot was driven with; empty where unknown.
        rate_hz: rows per second.
        features: as in ``meta/info.json``, without those of the index.
        lengths: number of rows of each part.
        starts_ns: when each part begins, by the recorder's clock [ns].
        statistics: of each part, by feature.
        options: that it was prepared with.
        instants: number of instants of the episode.
        left_out: number of instants that are no rows, by reason.
        format: of this description.
    """

    source: str
    name: str
    task: str
    robot: str
    rate_hz: int
    features: dict[str, Any]
    lengths: list[int]
    starts_ns: list[int]
    statistics: list[dict[str, Any]]
    options: dict[str, Any]
    instants: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    format: int = _FORMAT


def source_id(bag: Bag) -> str:
    """What tells a recording from all others: its times and its numbers of messages."""
    counts = sorted(bag.counts.items())
    return hashlib.sha256(json.dumps([bag.start_ns, bag.end_ns, counts]).encode()).hexdigest()[:32]


def read_stage(folder: Path) -> Stage | None:
    """What is known of a prepared episode; None where it is not whole, or of another version."""
    try:
        stage = record_of(Stage, json_values((folder / _STAGE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return stage if stage.format == _FORMAT else None


def write_stage(bag: Bag, rows: Rows, label: Label, folder: Path, options: ExportOptions) -> dict[str, int]:
    """Prepare an episode; returns the number of images that could not be decoded, by camera.

    Args:
        bag: the episode.
        rows: at least one.
        label: of the rows.
        folder: is made, or emptied.
        options: of the export.

    Raises:
        RecordingError: what a dataset needs was not recorded, or an image cannot be used.
        SourceError: the bag is damaged.
        OSError: a file cannot be written.
    """
    vectors = vectors_of(rows)
    _check_finite(vectors)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    images = EpisodeImages(bag, rows.cameras)
    store = Videos(folder, rows.rate_hz) if options.pictures == "video" else Pngs(rows.cameras)
    pictures = Pictures(rows, store)
    with ExitStack() as stack:
        stack.callback(store.abandon)
        data = _DataFile(folder / DATA, rows, vectors, pictures)
        stack.callback(data.close)  # also after an error: a folder without its description counts for nothing
        data.write_ready()
        for image in images:
            pictures.add(image)
            data.write_ready()
        store.close()
    stage = _described(rows, label, vectors, pictures)
    described = asdict(stage) | {"source": source_id(bag), "options": options.values()}
    replace_text(folder / _STAGE, json.dumps(described, ensure_ascii=False))
    return images.malformed


class _DataFile:
    """The rows of an episode without what depends on other episodes, a row group for each part."""

    def __init__(self, path: Path, rows: Rows, vectors: dict[str, Vector], pictures: Pictures) -> None:
        import pyarrow as pa
        import pyarrow.parquet

        self._rows, self._vectors, self._store = rows, vectors, pictures.store
        self._left = rows.part_slices()
        fields = [(name, _arrow_type(vector)) for name, vector in vectors.items()]
        if not pictures.store.as_video:
            image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
            fields += [(key, image) for key in pictures.keys]
        fields += [(name, getattr(pa, INDEX_FEATURES[name])()) for name in ("timestamp", "frame_index")]
        self._schema = pa.schema(fields)
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema, compression=COMPRESSION)

    def write_ready(self) -> None:
        """Write the parts whose images are all there."""
        import pyarrow as pa

        while self._left:
            part = self._left[0]
            columns = self._store.columns(part)
            if columns is None:
                return
            frames = self._rows.frames[part]
            values: dict[str, Any] = {name: list(v.values[part]) for name, v in self._vectors.items()}
            values |= columns
            values["timestamp"] = (frames / self._rows.rate_hz).astype(np.float32)
            values["frame_index"] = frames
            arrays = [pa.array(values[kind.name], type=kind.type) for kind in self._schema]
            table = pa.Table.from_arrays(arrays, schema=self._schema)
            self._writer.write_table(table, row_group_size=max(1, len(table)))
            self._left.pop(0)

    def close(self) -> None:
        """Make the file whole."""
        self._writer.close()


def _arrow_type(vector: Vector) -> pa.DataType:
    """A single number is a number, several are a list of fixed length: so LeRobot's loader has it."""
    import pyarrow as pa

    number = getattr(pa, str(vector.values.dtype))()
    return number if len(vector.names) == 1 else pa.list_(number, len(vector.names))


def _described(rows: Rows, label: Label, vectors: dict[str, Vector], pictures: Pictures) -> Stage:
    parts = rows.part_slices()
    by_image = pictures.statistics()
    statistics = [
        {name: _plain(column_statistics(vector.values[part])) for name, vector in vectors.items()}
        | {key: _plain(every[number]) for key, every in by_image.items()}
        for number, part in enumerate(parts)
    ]
    return Stage(
        source="",
        name=label.episode,
        task=label.task,
        robot=label.robot,
        rate_hz=rows.rate_hz,
        features={name: vector.feature() for name, vector in vectors.items()} | pictures.features(),
        lengths=[part.stop - part.start for part in parts],
        starts_ns=[int(rows.times_ns[part.start]) for part in parts],
        statistics=statistics,
        options={},
        instants=rows.seen,
        left_out=dict(rows.left_out),
    )


def _check_finite(vectors: dict[str, Vector]) -> None:
    for name, vector in vectors.items():
        bad = ~np.isfinite(vector.values).all(axis=0)
        if bad.any():
            which = ", ".join(np.array(vector.names)[bad])
            raise RecordingError(f"{name} has values that are no numbers ({which}); look at them in Parquet")


def _plain(statistics: Statistics) -> dict[str, Any]:
    return {name: value.tolist() for name, value in statistics.items()}
