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

"""An episode's rows as a table of Arrow, for a Parquet or CSV file.

The columns are documented in ``docs/source/export.md``; a change of their names, types or units is a new
``FORMAT``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.export.parquet_files import METADATA_KEY, require_pyarrow
from frankmocap_ros.recording.rows import GATE_STATES, NO_GATE, Rows
from frankmocap_ros.recording.samples import NEVER_NS, Held
from frankmocap_ros.runtime.whole_files import whole_file

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT: Final = 1
_RAD: Final = "rad"  # m for a joint that slides: messages do not tell
_POSE_UNITS: Final = {"x": "m", "y": "m", "z": "m"}
_BASE_UNITS: Final = {"x": "m/s", "y": "m/s", "yaw": "rad/s"}


@dataclass(frozen=True)
class Label:
    """What an episode's rows are called.

    Attributes:
        episode: name of the episode.
        task: what the operator was to do.
        outcome: unknown, success, failure or discarded.
        package_version: of this package, which wrote the episode.
        robot: map that the robot was driven with.
    """

    episode: str
    task: str = ""
    outcome: str = "unknown"
    package_version: str = ""
    robot: str = ""


@dataclass(frozen=True, eq=False)
class _Column:
    name: str
    type: str
    values: Any
    unit: str = ""
    unknown: NDArray[np.bool_] | None = None


def episode_table(rows: Rows, label: Label) -> pa.Table:
    """The rows of an episode, a column each for every name, unknown values null.

    Raises:
        MissingDependencyError: pyarrow is not installed.
    """
    require_pyarrow()
    import pyarrow as pa

    columns = list(_columns(rows, label))
    schema = pa.schema(
        [
            pa.field(c.name, getattr(pa, c.type)(), metadata={"unit": c.unit} if c.unit else None)
            for c in columns
        ],
        metadata={METADATA_KEY: json.dumps(_metadata(rows, label), ensure_ascii=False)},
    )
    arrays = [
        pa.array(column.values, type=kind.type, mask=column.unknown)
        for column, kind in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV, whole or not at all: a header, and nothing for what is null.

    Raises:
        OSError: it cannot be written.
    """
    import pyarrow.csv

    with whole_file(path) as part:
        pyarrow.csv.write_csv(table, os.fspath(part))


def _metadata(rows: Rows, label: Label) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "episode": label.episode,
        "package_version": label.package_version,
        "robot_map": label.robot,
        "rate_hz": rows.rate_hz,
        "operator_frame": rows.operator_frame,
        "instants": rows.seen,
        "left_out": dict(rows.left_out),
    }


def _columns(rows: Rows, label: Label) -> Iterator[_Column]:
    count = len(rows.times_ns)
    yield _Column("episode", "string", [label.episode] * count)
    yield _Column("part", "int32", rows.parts.astype(np.int32))
    yield _Column("frame", "int32", rows.frames.astype(np.int32))
    yield _Column("time_ns", "int64", rows.times_ns, "ns")
    yield _Column("time_s", "float64", rows.frames / rows.rate_hz, "s")
    yield _Column("task", "string", [label.task] * count)
    yield _Column("outcome", "string", [label.outcome] * count)
    names = np.array([*GATE_STATES, ""], dtype=object)
    none = rows.gate == NO_GATE
    yield _Column("gate_state", "string", names[np.where(none, len(GATE_STATES), rows.gate)], unknown=none)
    yield _Column("operator_id", "int64", rows.operators, unknown=rows.operators == 0)
    values = rows.values
    yield from _numbers(values["state"], lambda n: (f"state.{n}.position", _RAD))
    yield from _numbers(values["velocity"], lambda n: (f"state.{n}.velocity", f"{_RAD}/s"))
    yield from _numbers(values["action"], lambda n: (f"action.{n}.position", _RAD))
    yield from _numbers(values["target"], lambda n: (f"target.{n}", _POSE_UNITS.get(_last(n), "1")))
    yield from _numbers(values["base"], lambda n: (f"base.{n}", _BASE_UNITS[n]))
    yield from _numbers(values["grip"], lambda n: (f"grip.{n}.opening", "1"))
    yield from _numbers(values["operator"], lambda n: (f"operator.{n}", "m"))
    for column in _numbers(values["operator_state"], lambda n: (f"operator.{n}.state", "")):
        states = np.nan_to_num(column.values).astype(np.int8)
        yield _Column(column.name, "int8", states, unknown=column.unknown)
    for name, camera in rows.cameras.items():
        yield _Column(f"image.{name}.message", "int64", camera.messages, unknown=camera.messages < 0)
        never = camera.times_ns == NEVER_NS
        yield _Column(f"image.{name}.time_ns", "int64", camera.times_ns, "ns", unknown=never)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _numbers(held: Held, named: Callable[[str], tuple[str, str]]) -> Iterator[_Column]:
    """A column for each name, with its unit."""
    for name, numbers in zip(held.names, held.values.T, strict=True):
        column, unit = named(name)
        values = np.ascontiguousarray(numbers)
        yield _Column(column, "float64", values, unit, np.isnan(values))
