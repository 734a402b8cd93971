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

"""Datasets of LeRobot's format v3.0: what is published of it is written out here, and held.

That LeRobot's own loader takes them cannot be tested here: it needs packages of its own. How to run it is in
docs/source/export.md.
"""

import dataclasses
import json
import shutil

import av
import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from frankmocap_ros.cli.main import main
from frankmocap_ros.errors import MissingDependencyError, RecordingError
from frankmocap_ros.recording import lerobot
from frankmocap_ros.recording.export_options import ExportOptions
from frankmocap_ros.recording.exporting import export_one
from frankmocap_ros.recording.lerobot import assemble, open_dataset
from frankmocap_ros.recording.lerobot_stage import read_stage
from frankmocap_ros.recording.lerobot_tables import DataFiles
from support.followed_episode import START_NS, S, joint_state, messages, pixels, write_episode

CAMERA = "observation.images.wrist"
VECTORS = {
    "observation.state": ["shoulder.pos", "elbow.pos"],
    "action": ["shoulder.pos", "elbow.pos", "left_grip.opening"],
    "operator.position": [f"{joint}.{axis}" for joint in ("left_wrist", "neck") for axis in "xyz"],
    "operator.joint_state": ["left_wrist", "neck"],
}
STATISTICS = ["min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99"]


def later(all_messages):
    """The same messages on another day."""
    return ((topic, at + 86400 * S, message) for topic, at, message in all_messages)


@pytest.fixture(scope="module")
def episodes(tmp_path_factory):
    """Two episodes with two parts in all but one instant, and one that failed."""
    root = tmp_path_factory.mktemp("episodes")
    write_episode(root / "episode_000001", messages(count=40, gaps=(20,)), task="pick the cube")
    write_episode(root / "episode_000002", later(messages(count=15)), task="wave")
    write_episode(root / "episode_000003", messages(count=12), outcome="failure")
    return root


@pytest.fixture(scope="module")
def dataset(episodes, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "dataset"
    assert main(["export", str(episodes), "--to", "lerobot", "--out", str(out)]) == 0
    return out


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def table(dataset, name):
    return pyarrow.parquet.read_table(dataset / name)


def test_the_files_are_those_of_the_format(dataset):
    found = sorted(str(p.relative_to(dataset)) for p in dataset.rglob("*") if p.is_file())
    assert found == [
        "data/chunk-000/file-000.parquet",
        "meta/episodes/chunk-000/file-000.parquet",
        "meta/frankmocap_ros.json",
        "meta/info.json",
        "meta/stats.json",
        "meta/tasks.parquet",
        f"videos/{CAMERA}/chunk-000/file-000.mp4",
        f"videos/{CAMERA}/chunk-000/file-001.mp4",
    ]


def test_info(dataset):
    info = read_json(dataset / "meta/info.json")
    features = info.pop("features")
    assert info == {
        "codebase_version": "v3.0",
        "robot_type": None,
        "total_episodes": 3,
        "total_frames": 54,
        "total_tasks": 2,
        "chunks_size": 1000,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "fps": 10,
        "splits": {"train": "0:3"},
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    }
    for name, names in VECTORS.items():
        kind = "int64" if name == "operator.joint_state" else "float32"
        assert features.pop(name) == {"dtype": kind, "shape": [len(names)], "names": names}
    for name in ("timestamp", "frame_index", "episode_index", "index", "task_index"):
        kind = "float32" if name == "timestamp" else "int64"
        assert features.pop(name) == {"dtype": kind, "shape": [1], "names": None}
    assert features == {
        CAMERA: {
            "dtype": "video",
            "shape": [48, 64, 3],
            "names": ["height", "width", "channels"],
            "info": {
                "video.height": 48,
                "video.width": 64,
                "video.codec": "av1",
                "video.pix_fmt": "yuv420p",
                "video.is_depth_map": False,
                "video.fps": 10,
                "video.channels": 3,
                "has_audio": False,
            },
        }
    }


def test_the_rows(dataset):
    rows = table(dataset, "data/chunk-000/file-000.parquet")
    lists = {name: pa.list_(pa.float32(), len(names)) for name, names in VECTORS.items()}
    lists["operator.joint_state"] = pa.list_(pa.int64(), 2)
    numbers = {"timestamp": pa.float32()}
    numbers |= dict.fromkeys(("frame_index", "episode_index", "index", "task_index"), pa.int64())
    assert {field.name: field.type for field in rows.schema} == lists | numbers
    assert rows["index"].to_pylist() == list(range(54))
    assert rows["episode_index"].to_pylist() == [0] * 20 + [1] * 19 + [2] * 15
    assert rows["frame_index"].to_pylist() == [*range(20), *range(19), *range(15)]
    assert rows["task_index"].to_pylist() == [0] * 39 + [1] * 15
    exact = np.array(rows["frame_index"].to_pylist()) / 10
    np.testing.assert_allclose(rows["timestamp"].to_pylist(), exact, atol=1e-6)
    np.testing.assert_allclose(rows["observation.state"][20].as_py(), [2.1, -2.1], atol=1e-6)
    np.testing.assert_allclose(rows["action"][20].as_py(), [2.11, -2.11, 1.0], atol=1e-6)
    np.testing.assert_allclose(rows["operator.position"][20].as_py(), [0.21, 0, 2, 0, 0, 0], atol=1e-6)
    assert rows["operator.joint_state"][20].as_py() == [1, 0]
    file = pyarrow.parquet.ParquetFile(dataset / "data/chunk-000/file-000.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [20, 19, 15]


def test_the_episodes(dataset):
    said = table(dataset, "meta/episodes/chunk-000/file-000.parquet")
    plain = [name for name in said.schema.names if not name.startswith("stats/")]
    assert plain == [
        "episode_index",
        "tasks",
        "length",
        "data/chunk_index",
        "data/file_index",
        "dataset_from_index",
        "dataset_to_index",
        f"videos/{CAMERA}/chunk_index",
        f"videos/{CAMERA}/file_index",
        f"videos/{CAMERA}/from_timestamp",
        f"videos/{CAMERA}/to_timestamp",
        "meta/episodes/chunk_index",
        "meta/episodes/file_index",
    ]
    statistics = {name for name in said.schema.names if name.startswith("stats/")}
    assert statistics == {f"stats/{f}/{s}" for f in (*VECTORS, CAMERA) for s in STATISTICS}
    rows = said.to_pylist()
    assert [row["length"] for row in rows] == [20, 19, 15]
    assert [(row["dataset_from_index"], row["dataset_to_index"]) for row in rows] == [
        (0, 20),
        (20, 39),
        (39, 54),
    ]
    assert [row["tasks"] for row in rows] == [["pick the cube"], ["pick the cube"], ["wave"]]
    videos = [
        [row[f"videos/{CAMERA}/{n}"] for n in ("file_index", "from_timestamp", "to_timestamp")]
        for row in rows
    ]
    assert videos == [[0, 0.0, 2.0], [0, 2.0, 3.9], [1, 0.0, 1.5]]


def test_tasks_are_indexed_by_their_text(dataset):
    tasks = table(dataset, "meta/tasks.parquet")
    assert tasks.to_pydict() == {"task_index": [0, 1], "task": ["pick the cube", "wave"]}
    assert json.loads(tasks.schema.metadata[b"pandas"])["index_columns"] == ["task"]


def test_statistics(dataset):
    statistics = read_json(dataset / "meta/stats.json")
    assert set(statistics) == {*VECTORS, CAMERA}
    assert all(sorted(found) == sorted(STATISTICS) for found in statistics.values())
    rows = np.array(table(dataset, "data/chunk-000/file-000.parquet")["observation.state"].to_pylist())
    for name, value in (
        ("min", rows.min(0)),
        ("max", rows.max(0)),
        ("mean", rows.mean(0)),
        ("std", rows.std(0)),
    ):
        np.testing.assert_allclose(statistics["observation.state"][name], value, atol=1e-6)
    assert statistics["observation.state"]["count"] == [54]
    camera = statistics[CAMERA]
    assert np.array(camera["mean"]).shape == (3, 1, 1)
    assert camera["count"] == [54]
    assert camera["max"][1][0][0] == pytest.approx(120 / 255)


def test_each_row_has_its_image(dataset):
    shown = [*range(20), *range(21, 40)]
    with av.open(dataset / f"videos/{CAMERA}/chunk-000/file-000.mp4") as video:
        frames = list(video.decode(video=0))
    assert [frame.time for frame in frames] == pytest.approx([i / 10 for i in range(39)])
    assert any(frame.key_frame for frame in frames[20:22])  # reading an image decodes few others
    for frame, number in zip(frames, shown, strict=True):
        mean = frame.to_ndarray(format="rgb24").reshape(-1, 3).mean(0)
        np.testing.assert_allclose(mean, pixels(number)[0, 0, ::-1], atol=4)


def test_where_the_episodes_come_from(dataset):
    own = read_json(dataset / "meta/frankmocap_ros.json")
    assert own["episodes"][1] == {
        "recording": "episode_000001",
        "part": 1,
        "start_ns": START_NS + 21 * S // 10,
    }


def export(root, out, *words):
    return main(["export", str(root), "--to", "lerobot", "--out", str(out), *words])


def test_more_episodes_are_added_and_none_twice(episodes, dataset, tmp_path, capsys):
    out = tmp_path / "grown"
    shutil.copytree(dataset, out)
    before = {p: p.read_bytes() for p in (out / "data").rglob("*.parquet")}
    assert export(episodes, out, "--include", "failure") == 0
    assert "1 episode, 12 rows in 1 part, 2 episodes there before" in capsys.readouterr().err
    assert all(path.read_bytes() == old for path, old in before.items())
    info = read_json(out / "meta/info.json")
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (4, 66, 2)
    said = table(out, "meta/episodes/chunk-000/file-001.parquet").to_pylist()
    assert [(r["episode_index"], r["data/file_index"], r[f"videos/{CAMERA}/file_index"]) for r in said] == [
        (3, 1, 2)
    ]
    assert table(out, "data/chunk-000/file-001.parquet")["index"].to_pylist() == list(range(54, 66))
    assert read_json(out / "meta/stats.json")["action"]["count"] == [66]
    assert export(episodes, out) == 0
    assert read_json(out / "meta/info.json") == info


def test_an_export_that_was_cut_off_goes_on(episodes, dataset, tmp_path, monkeypatch):
    out = tmp_path / "cut"
    monkeypatch.setattr(lerobot, "write_tasks", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    assert export(episodes, out) == 130
    monkeypatch.undo()
    monkeypatch.setattr("frankmocap_ros.cli.export_in_turn.export_one", None)  # nothing is prepared again
    assert export(episodes, out) == 0
    names = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert names == sorted(str(p.relative_to(dataset)) for p in dataset.rglob("*") if p.is_file())
    for name in names:
        if not name.endswith(".mp4"):
            assert (out / name).read_bytes() == (dataset / name).read_bytes()


def test_images_as_png_are_the_recorded_ones(episodes, tmp_path):
    out = tmp_path / "png"
    assert export(episodes / "episode_000001", out, "--pictures", "png") == 0
    info = read_json(out / "meta/info.json")
    assert info["video_path"] is None
    assert info["features"][CAMERA]["dtype"] == "image"
    assert "info" not in info["features"][CAMERA]
    rows = table(out, "data/chunk-000/file-000.parquet")
    assert rows.schema.field(CAMERA).type == pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    for row, number in ((0, 0), (19, 19), (20, 21), (38, 39)):
        data = np.frombuffer(rows[CAMERA][row].as_py()["bytes"], np.uint8)
        np.testing.assert_array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR), pixels(number))


def test_without_a_camera(episodes, tmp_path):
    assert export(episodes / "episode_000002", tmp_path / "out", "--images") == 0
    info = read_json(tmp_path / "out/meta/info.json")
    assert info["total_frames"] == 43  # 1.4 s at 30 Hz
    assert info["video_path"] is None
    assert not [name for name in info["features"] if "images" in name]


def test_an_episode_that_does_not_fit_is_left_out_in_words(episodes, dataset, tmp_path, capsys):
    out = tmp_path / "dataset"
    shutil.copytree(dataset, out)
    other = tmp_path / "other"
    write_episode(other / "episode_000009", messages(count=12, size=(32, 48)))
    write_episode(other / "episode_000010", messages(count=13, camera=None))
    assert export(other, out) == 3
    said = capsys.readouterr().err
    assert "its observation.images.wrist is video (32, 48, 3), and the dataset's video (48, 64, 3)" in said
    assert (
        "its observation.images.wrist is missing, and the dataset's video (48, 64, 3): choose another" in said
    )
    assert export(other / "episode_000010", out, "--rate", "20") == 3
    assert "it has 20 rows per second, and the dataset 10: --rate 10" in capsys.readouterr().err
    assert read_json(out / "meta/info.json")["total_episodes"] == 3


def test_a_folder_of_something_else_is_refused(episodes, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("x")
    assert export(episodes, tmp_path) == 2
    assert (
        "holds something else (thesis.txt), not a dataset that this command wrote" in capsys.readouterr().err
    )
    shutil.rmtree(tmp_path / ".prepared", ignore_errors=True)
    (tmp_path / "thesis.txt").unlink()
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/info.json").write_text("{}")  # somebody else's dataset
    assert export(episodes, tmp_path) == 2
    (tmp_path / "meta/frankmocap_ros.json").write_text('{"format": 99}')
    with pytest.raises(RecordingError, match=r"cannot be read .*another version"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("name", ["meta/tasks.parquet", "meta/episodes/chunk-000/file-000.parquet"])
def test_a_dataset_with_a_damaged_file_is_not_added_to(episodes, dataset, tmp_path, capsys, name):
    out = tmp_path / "out"
    shutil.copytree(dataset, out)
    (out / name).write_bytes((out / name).read_bytes()[:40])
    assert export(episodes, out, "--include", "failure") == 2
    assert f"{out / name} is damaged (" in capsys.readouterr().err


def test_what_a_dataset_needs_and_was_not_recorded(tmp_path, capsys):
    for number, missing in enumerate(("/joint_states", "/gate/joint_commands")):
        rest = [m for m in messages(15, camera=None) if m[0] != missing and not m[0].startswith("/gate/grip")]
        write_episode(tmp_path / f"episode_{number:06d}", rest)
    assert export(tmp_path, tmp_path / "out") == 3
    said = capsys.readouterr().err
    assert "episode_000000: FAILED: no measured joints were recorded" in said
    assert "episode_000001: FAILED: no commands were recorded" in said
    assert not (tmp_path / "out/meta/info.json").exists()


def test_a_malformed_image_repeats_the_one_before(tmp_path):
    broken = [
        (
            topic,
            at,
            dataclasses.replace(m, encoding="nonsense") if "image" in topic and i > 60 and i < 72 else m,
        )
        for i, (topic, at, m) in enumerate(messages(20))
    ]
    path = write_episode(tmp_path / "episode_000001", broken)
    done = export_one(path, tmp_path / "stage", ExportOptions("lerobot", pictures="png"))
    assert done.remarks == ("2 images of wrist are malformed: the one before is repeated",)
    images = pyarrow.parquet.read_table(tmp_path / "stage/data.parquet")[CAMERA].to_pylist()
    assert images[9] == images[10] == images[11] != images[12]


def test_rows_go_into_the_next_file_where_one_is_full(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(bytes(60))
    rows = pa.table({"timestamp": pa.array([0.0, 0.1], pa.float32())})
    files = DataFiles(tmp_path, files=999, rows=5, max_bytes=100)
    places = []
    for episode in range(2):
        files.begin(source)
        places.append(files.write(rows, episode, 0))
    files.close()
    assert places == [
        {"data/chunk_index": 0, "data/file_index": 999},
        {"data/chunk_index": 1, "data/file_index": 0},
    ]
    assert table(tmp_path, "data/chunk-001/file-000.parquet")["index"].to_pylist() == [7, 8]


def test_episodes_that_were_prepared_apart_make_the_same_dataset(episodes, dataset, tmp_path):
    stages = []
    for name in ("episode_000002", "episode_000001"):  # in any order, by any process
        stages.append(tmp_path / f"{name}-of-a-worker")
        export_one(episodes / name, stages[-1], ExportOptions("lerobot"), name)
    assemble(open_dataset(tmp_path / "out"), stages[::-1])
    for name in ("meta/info.json", "meta/stats.json", "data/chunk-000/file-000.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (dataset / name).read_bytes()
    with pytest.raises(RecordingError, match="is no prepared episode"):
        assemble(open_dataset(tmp_path / "empty"), [tmp_path])
    assert read_stage(tmp_path) is None


def test_a_missing_encoder_is_told_with_what_works_without(episodes, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    assert export(episodes / "episode_000002", tmp_path / "out") == 2
    assert "or keep images as PNG: --pictures png" in capsys.readouterr().err
    with pytest.raises(MissingDependencyError):
        export_one(episodes / "episode_000002", tmp_path / "stage", ExportOptions("lerobot"))


def test_images_that_change_their_size_are_refused(tmp_path):
    wide = ((t, at, m) for t, at, m in messages(30, size=(48, 96)) if at >= START_NS + 2 * S)
    narrow = ((t, at, m) for t, at, m in messages(20))
    path = write_episode(tmp_path / "episode_000001", (*narrow, *wide))
    with pytest.raises(RecordingError, match="images of wrist change from 64 x 48 to 96 x 48, and a dataset"):
        export_one(path, tmp_path / "stage", ExportOptions("lerobot"))
    assert read_stage(tmp_path / "stage") is None


def test_values_that_are_no_numbers_are_refused(tmp_path):
    endless = (
        (t, at, joint_state(at, (np.inf, 0.0)) if t == "/gate/joint_commands" else m)
        for t, at, m in messages(15, camera=None)
    )
    path = write_episode(tmp_path / "episode_000001", endless)
    with pytest.raises(RecordingError, match=r"action has values that are no numbers \(shoulder.pos\)"):
        export_one(path, tmp_path / "stage", ExportOptions("lerobot"))
