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

"""The table of an episode: its schema is published, so it is written out here."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.export.parquet_files import METADATA_KEY, require_pyarrow, write_parquet
from frankmocap_ros.recording.episode_table import Label, episode_table, write_csv
from frankmocap_ros.recording.rows import CameraRows, Rows
from frankmocap_ros.recording.samples import NEVER_NS, Held
from support.paths import ROOT

# Format 1: name, type, unit. Users read these names: a change needs another FORMAT and a line in export.md.
SCHEMA = [
    ("episode", "string", None),
    ("part", "int32", None),
    ("frame", "int32", None),
    ("time_ns", "int64", "ns"),
    ("time_s", "double", "s"),
    ("task", "string", None),
    ("outcome", "string", None),
    ("gate_state", "string", None),
    ("operator_id", "int64", None),
    ("state.elbow.position", "double", "rad"),
    ("state.elbow.velocity", "double", "rad/s"),
    ("action.elbow.position", "double", "rad"),
    ("target.left_wrist.x", "double", "m"),
    ("target.left_wrist.qw", "double", "1"),
    ("base.x", "double", "m/s"),
    ("base.yaw", "double", "rad/s"),
    ("grip.left.opening", "double", "1"),
    ("operator.left_wrist.x", "double", "m"),
    ("operator.left_wrist.state", "int8", None),
    ("image.wrist.message", "int64", None),
    ("image.wrist.time_ns", "int64", "ns"),
]


def held(names, *rows):
    values = np.array(rows, float).reshape(3, len(names))
    return Held(tuple(names), values, np.zeros(values.shape, np.int64))


@pytest.fixture(scope="module")
def table():
    rows = Rows(
        rate_hz=10,
        times_ns=np.array([100, 200, 300]),
        parts=np.array([0, 0, 1]),
        frames=np.array([0, 1, 0]),
        gate=np.array([2, 2, 255], np.uint8),
        operators=np.array([7, 7, 0]),
        values={
            "state": held(["elbow"], 0.1, 0.2, 0.3),
            "velocity": held(["elbow"], 1, 2, np.nan),
            "action": held(["elbow"], 0.5, 0.6, 0.7),
            "target": held(["left_wrist.x", "left_wrist.qw"], (1, 1), (2, 1), (3, 1)),
            "base": held(["x", "yaw"], (1, 2), (1, 2), (1, 2)),
            "grip": held(["left"], 0, 1, 1),
            "operator": held(["left_wrist.x"], 1, np.nan, np.nan),
            "operator_state": held(["left_wrist"], 1, 0, np.nan),
        },
        operator_frame="camera",
        cameras={"wrist": CameraRows("/wrist", np.array([0, 1, -1]), np.array([90, 190, NEVER_NS]))},
        seen=8,
        left_out={"gate HOLD": 5},
    )
    return episode_table(rows, Label("episode_000001", 'pick, „the" cube', "success", "0.1.0", "arms.yaml"))


def test_the_published_schema(table):
    units = [(field.metadata or {}).get(b"unit") for field in table.schema]
    found = [
        (field.name, str(field.type), unit and unit.decode())
        for field, unit in zip(table.schema, units, strict=True)
    ]
    assert found == SCHEMA


def test_the_published_schema_is_documented():
    """Each column is a row of the table in the page, with its type and unit, and each row is a column."""
    page = (ROOT / "docs/source/export.md").read_text(encoding="utf-8")
    rows = page[page.index("| column | type | unit |") :].partition("\n\n")[0].splitlines()[2:]
    seen = set()
    for name, kind, unit in SCHEMA:
        row = next((row for row in rows if any(re.fullmatch(one, name) for one in _patterns(row))), None)
        assert row is not None, f"{name} is not documented"
        seen.add(row)
        cells = [cell.strip() for cell in row.split("|")]
        assert cells[2] == kind, name
        assert (unit or "") in cells[3].split(", "), name
    assert seen == set(rows)


def _patterns(row):
    """The names in a row's first cell; one that begins with a dot replaces the last part of the first."""
    first, *others = re.findall(r"`([^`]+)`", row.split("|")[1])
    names = [first, *(first.rpartition(".")[0] + one if one.startswith(".") else one for one in others)]
    return [re.sub(r"<\w+>", r"\\w+", re.sub(r"\.", r"\\.", name)) for name in names]


def test_the_published_metadata(table):
    assert json.loads(table.schema.metadata[METADATA_KEY.encode()]) == {
        "format": 1,
        "episode": "episode_000001",
        "package_version": "0.1.0",
        "robot_map": "arms.yaml",
        "rate_hz": 10,
        "operator_frame": "camera",
        "instants": 8,
        "left_out": {"gate HOLD": 5},
    }


def test_values_and_what_is_unknown(table):
    rows = table.to_pylist()
    assert [row["time_s"] for row in rows] == [0.0, 0.1, 0.0]
    assert [row["gate_state"] for row in rows] == ["ENGAGED", "ENGAGED", None]
    assert [row["operator_id"] for row in rows] == [7, 7, None]
    assert [row["state.elbow.velocity"] for row in rows] == [1.0, 2.0, None]
    assert [row["operator.left_wrist.x"] for row in rows] == [1.0, None, None]
    assert [row["operator.left_wrist.state"] for row in rows] == [1, 0, None]
    assert [row["image.wrist.message"] for row in rows] == [0, 1, None]
    assert [row["image.wrist.time_ns"] for row in rows] == [90, 190, None]


def test_parquet_gives_back_the_same_table(table, tmp_path):
    write_parquet(table, tmp_path / "a.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "a.parquet").equals(table, check_metadata=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_csv_gives_back_the_same_values(table, tmp_path):
    write_csv(table, tmp_path / "a.csv")
    types = {field.name: field.type for field in table.schema}
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    assert pyarrow.csv.read_csv(tmp_path / "a.csv", convert_options=options).equals(table)


def test_a_file_that_cannot_be_written_leaves_nothing(table, tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"old")

    def full(table, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyarrow.parquet, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        write_parquet(table, tmp_path / "a.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    assert (tmp_path / "a.parquet").read_bytes() == b"old"


def test_a_missing_pyarrow_is_told_with_the_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(MissingDependencyError, match="recordings"):
        require_pyarrow()


def test_an_empty_episode_is_an_empty_table(table):
    nothing = np.zeros(0, np.int64)
    values = {
        name: Held((), np.zeros((0, 0)), np.zeros((0, 0), np.int64))
        for name in (
            "state", "velocity", "action", "target", "base", "grip", "operator", "operator_state",
        )
    }  # fmt: skip
    rows = Rows(10, nothing, nothing, nothing, nothing.astype(np.uint8), nothing, values)
    empty = episode_table(rows, Label("e"))
    assert empty.num_rows == 0
    assert empty.schema.names == [name for name, _, _ in SCHEMA[:9]]
    assert isinstance(empty, pa.Table)
