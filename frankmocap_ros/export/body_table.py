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

"""Bodies as a Parquet file: the fields of ``process``'s JSON records as columns, one row for each body.

A frame with nobody has one row, whose columns of a body are null, so that frames can be counted. The schema
is the same whatever the settings are: files of many inputs can be read as one table. It is documented in
``docs/source/batch.md``; a change of its names, types or units is a new ``FORMAT``.
"""

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from frankmocap_ros.body.arm_angles import ARM_JOINTS
from frankmocap_ros.export.parquet_files import METADATA_KEY, require_pyarrow

FORMAT: Final = 1
_ROWS: Final = 512  # of a row group: what is held in memory
_JOINT_LISTS: Final = {
    "joint_name": "name",
    "joint_state": "state",
    "joint_confidence": "confidence",
    "joint_orientation_confidence": "orientation_confidence",
    "joint_position_m": "position_m",
    "joint_position_stddev_m": "position_stddev_m",
    "joint_orientation_xyzw": "orientation_xyzw",
    "joint_local_rotation_xyzw": "local_rotation_xyzw",
    "joint_pixel": "pixel",
}
"""Columns with one item for each joint, and the fields of the records' ``joints`` that they hold."""
_BODY_FIELDS: Final = ("estimator", "scale_source", "box_xywh", "betas", "arm_angles", "hands")


def body_schema() -> Any:
    """The ``pyarrow.Schema`` of every file.

    Raises:
        MissingDependencyError: pyarrow is not installed.
    """
    require_pyarrow()
    import pyarrow as pa

    text, f32, f64 = pa.string(), pa.float32(), pa.float64()
    word = pa.dictionary(pa.int32(), text)

    def vector(n: int) -> Any:
        return pa.list_(f32, n)

    camera = [(name, f64) for name in ("fx", "fy", "cx", "cy")] + [
        ("width", pa.int32()),
        ("height", pa.int32()),
    ]
    distortion = pa.struct([("model", text), ("coefficients", pa.list_(f64))])
    hand = [
        ("side", text), ("state", text), ("confidence", f32), ("points_m", pa.list_(vector(3))),
        ("palm_normal", vector(3)), ("palm_angle_rad", f32),
    ]  # fmt: skip
    return pa.schema(
        [
            pa.field("input", word, nullable=False),
            pa.field("file", text),
            pa.field("frame", pa.int64(), nullable=False),
            pa.field("time_s", f64, nullable=False),
            pa.field("frame_id", word),
            pa.field("inference_ms", f32, nullable=False),
            pa.field("detected", pa.bool_(), nullable=False),
            pa.field("camera", pa.struct([*camera, ("distortion", distortion)]), nullable=False),
            pa.field("operator_id", pa.int64()),
            pa.field("body_id", pa.int64()),
            pa.field("estimator", word),
            pa.field("scale_source", word),
            pa.field("box_xywh", vector(4)),
            pa.field("betas", pa.list_(f32)),
            pa.field("arm_angles", pa.struct([(name, f32) for name in ARM_JOINTS])),
            pa.field("hands", pa.list_(pa.struct(hand))),
            pa.field("joint_name", pa.list_(text)),
            pa.field("joint_state", pa.list_(text)),
            pa.field("joint_confidence", pa.list_(f32)),
            pa.field("joint_orientation_confidence", pa.list_(f32)),
            pa.field("joint_position_m", pa.list_(vector(3))),
            pa.field("joint_position_stddev_m", pa.list_(vector(2))),
            pa.field("joint_orientation_xyzw", pa.list_(vector(4))),
            pa.field("joint_local_rotation_xyzw", pa.list_(vector(4))),
            pa.field("joint_pixel", pa.list_(vector(2))),
        ]
    )


class BodyTable:
    """Writes records to one file, a row group at a time; a context manager.

    Args:
        path: of the file.
        source: name of the input, for the column ``input``.
        warning: what users of the results must know; kept in the file's metadata.

    Raises:
        MissingDependencyError: pyarrow is not installed.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, source: str, warning: str = "") -> None:
        schema = body_schema()
        about = {"format": FORMAT, "package_version": metadata.version("frankmocap_ros"), "warning": warning}
        schema = schema.with_metadata({METADATA_KEY: json.dumps(about)})
        from pyarrow.parquet import ParquetWriter

        self._schema, self._source = schema, source
        self._rows: list[dict[str, Any]] = []
        self._writer = ParquetWriter(path, schema, compression="zstd")

    def __enter__(self) -> "BodyTable":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._writer.close()

    def write(self, record: Mapping[str, Any]) -> None:
        """Add the rows of one frame, as ``json_records.frame_record`` gives it."""
        self._rows += _rows_of(record, self._source)
        if len(self._rows) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            import pyarrow as pa

            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
            self._rows.clear()


def _rows_of(record: Mapping[str, Any], source: str) -> list[dict[str, Any]]:
    frame = {name: record[name] for name in ("frame", "frame_id", "inference_ms", "detected", "camera")}
    frame |= {"input": source, "file": record.get("file"), "time_s": record["stamp_s"]}
    frame |= {"operator_id": record["operator_id"] or None}
    if not record["bodies"]:
        return [frame]
    return [frame | _body_row(body) for body in record["bodies"]]


def _body_row(body: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: body[name] for name in _BODY_FIELDS}
    row["body_id"] = body["id"]
    return row | {column: [joint[name] for joint in body["joints"]] for column, name in _JOINT_LISTS.items()}
