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

"""Bodies as Parquet: the schema that users build on, and the same numbers as in JSON."""

import json
import re
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from frankmocap_ros.api import processed_images
from frankmocap_ros.body.arm_angles import ARM_JOINTS
from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.estimators.synthetic import SyntheticEstimator
from frankmocap_ros.export.body_table import FORMAT, BodyTable, body_schema
from frankmocap_ros.export.frame_records import FrameRecords
from frankmocap_ros.export.parquet_files import METADATA_KEY
from frankmocap_ros.settings.mocap import Settings
from support.paths import ROOT

WORD = "dictionary<values=string, indices=int32, ordered=0>"
# A change here is a change of what users read: FORMAT counts it, and docs/source/batch.md tells it.
COLUMNS = {
    "input": WORD,
    "file": "string",
    "frame": "int64",
    "time_s": "double",
    "frame_id": WORD,
    "inference_ms": "float",
    "detected": "bool",
    "camera": "struct<fx: double, fy: double, cx: double, cy: double, width: int32, height: int32, "
    "distortion: struct<model: string, coefficients: list<item: double>>>",
    "operator_id": "int64",
    "body_id": "int64",
    "estimator": WORD,
    "scale_source": WORD,
    "box_xywh": "fixed_size_list<item: float>[4]",
    "betas": "list<item: float>",
    "arm_angles": f"struct<{', '.join(f'{name}: float' for name in ARM_JOINTS)}>",
    "hands": "list<item: struct<side: string, state: string, confidence: float, points_m: "
    "list<item: fixed_size_list<item: float>[3]>, palm_normal: fixed_size_list<item: float>[3], "
    "palm_angle_rad: float>>",
    "joint_name": "list<item: string>",
    "joint_state": "list<item: string>",
    "joint_confidence": "list<item: float>",
    "joint_orientation_confidence": "list<item: float>",
    "joint_position_m": "list<item: fixed_size_list<item: float>[3]>",
    "joint_position_stddev_m": "list<item: fixed_size_list<item: float>[2]>",
    "joint_orientation_xyzw": "list<item: fixed_size_list<item: float>[4]>",
    "joint_local_rotation_xyzw": "list<item: fixed_size_list<item: float>[4]>",
    "joint_pixel": "list<item: fixed_size_list<item: float>[2]>",
}


def test_the_schema_is_stable():
    assert FORMAT == 1
    assert {field.name: str(field.type) for field in body_schema()} == COLUMNS


def test_the_schema_is_documented():
    """Each column of the table in the page, and no other, with the format's number."""
    page = (ROOT / "docs/source/batch.md").read_text(encoding="utf-8")
    rows = page[page.index("| column | type |") :]
    documented = [name for row in re.findall(r"^\| (`.*?`) \|", rows, re.MULTILINE) for name in _names(row)]
    assert sorted(documented) == sorted(COLUMNS)
    assert f"`format` ({FORMAT};" in page


def _names(cell):
    return re.findall(r"`(\w+)`", cell)


@pytest.fixture(scope="module")
def records():
    """Two people cross, with hands; then nobody."""
    estimator = SyntheticEstimator("cross", hands=True)
    settings = Settings(estimator="synthetic", max_people=2, hands=True, synthetic_motion="cross")
    images = processed_images(estimator, settings, ["synthetic"])
    make = FrameRecords("json")
    found = [make.record(next(images).frame) for _ in range(40)]
    images.close()
    assert len(found[-1]["bodies"]) == 2
    return [*found, {**found[-1], "frame": 40, "bodies": [], "operator_id": 0}]


def test_the_same_numbers_as_in_json(tmp_path, records, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.export.body_table._ROWS", 16)
    path = tmp_path / "bodies.parquet"
    with BodyTable(path, "walk.mp4", "beware") as table:
        for record in records:
            table.write(record)
    file = pq.ParquetFile(path)
    assert file.metadata.num_row_groups > 2, "a part at a time is in memory"
    assert json.loads(file.schema_arrow.metadata[METADATA_KEY.encode()])["warning"] == "beware"
    rows = file.read().to_pylist()
    assert {row["input"] for row in rows} == {"walk.mp4"}
    *bodies, nobody = rows
    assert (nobody["frame"], nobody["body_id"], nobody["operator_id"]) == (40, None, None)
    expected = [(record, body) for record in records for body in record["bodies"]]
    assert len(bodies) == len(expected)
    for row, (record, body) in zip(bodies, expected, strict=True):
        assert (row["frame"], row["time_s"], row["body_id"]) == (
            record["frame"],
            record["stamp_s"],
            body["id"],
        )
        assert row["joint_name"] == [joint["name"] for joint in body["joints"]]
        assert row["joint_state"] == [joint["state"] for joint in body["joints"]]
        for column in ("position_m", "orientation_xyzw", "local_rotation_xyzw", "pixel"):
            numbers = [joint[column] for joint in body["joints"]]
            np.testing.assert_allclose(row[f"joint_{column}"], numbers, rtol=2e-7, atol=1e-6)
        assert row["arm_angles"] == pytest.approx(body["arm_angles"], abs=1e-6)
        assert row["operator_id"] == record["operator_id"]


def test_files_of_all_settings_are_one_table(tmp_path, records):
    for name, some in (("a", records[:2]), ("b", [{**records[0], "bodies": [], "file": "x.png"}])):
        with BodyTable(tmp_path / f"{name}.parquet", name) as table:
            for record in some:
                table.write(record)
    (tmp_path / "_journal.jsonl").write_text("{}\n")
    assert set(pq.read_table(tmp_path)["input"].to_pylist()) == {"a", "b"}


def test_an_error_leaves_the_file_closed(tmp_path, records):
    with pytest.raises(pa.ArrowInvalid), BodyTable(tmp_path / "x.parquet", "x") as table:
        table.write({**records[0], "frame": "one"})
        table._flush()
    assert pq.ParquetFile(tmp_path / "x.parquet").metadata.num_rows == 0


def test_without_pyarrow_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match="recordings"):
        body_schema()
