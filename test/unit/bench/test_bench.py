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

"""The bench: rows, turns, ratios, and the report, on figures that are known and on runs of a few frames."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.assets.store import ENVIRONMENT_VARIABLE
from frankmocap_ros.bench import arrivals, offline, report, rows
from frankmocap_ros.bench.child import Job
from frankmocap_ros.bench.children import Child, only
from frankmocap_ros.bench.combinations import Combination, Selection, combinations, ran
from frankmocap_ros.bench.footage import Footage
from frankmocap_ros.bench.gpu import trunk_rows
from frankmocap_ros.bench.offline import Setup
from frankmocap_ros.bench.players import FollowingPipelines, joint_errors
from frankmocap_ros.bench.probes import EnergyMeter, Machine, resident_mb
from frankmocap_ros.bench.rows import NOTHING, BenchRow, Sample
from frankmocap_ros.bench.turns import BEGIN, SETTLE, in_turns, turn_lengths
from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.cli import bench
from frankmocap_ros.cli.bench_ros import _is_undecided
from frankmocap_ros.cli.main import main
from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.errors import EstimatorError, SettingError, SourceError
from frankmocap_ros.estimators.base import NetworkPrecision

KEYS = {
    "name", "estimator", "engine", "precision", "preset", "cameras", "people", "stages_ms", "total_ms", "fps",
    "rss_mb", "ratio_to_reference",
}  # fmt: skip
PERCENTILES = {"p50", "p95", "p99"}


@pytest.fixture(autouse=True)
def no_files_named(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)


def samples(*totals_ms, bodies=1, **stages_ms):
    return [Sample(stages_ms, total, bodies) for total in totals_ms]


def check_record(record):
    assert set(record) >= KEYS
    assert set(record["total_ms"]) == PERCENTILES
    assert all(set(numbers) == PERCENTILES for numbers in record["stages_ms"].values())


# rows


def test_percentiles():
    found = rows.percentiles(list(range(101)))
    assert found == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert rows.percentiles([]) == {"p50": None, "p95": None, "p99": None}


def test_ratio_is_of_the_medians():
    reference, row = samples(100.0, 120.0, 900.0), samples(10.0, 10.0, 400.0)
    assert rows.ratio(reference, row) == 12.0
    assert rows.ratio(reference, row, cameras=2) == 24.0  # two images in that time
    assert rows.ratio([], row) is None
    assert rows.ratio(reference, []) is None


def test_capacity_is_of_the_mean():
    assert rows.capacity_fps(samples(10.0, 10.0, 40.0)) == 50.0
    assert rows.capacity_fps(samples(10.0, 10.0, 40.0), cameras=2) == 100.0
    assert rows.capacity_fps([]) is None


def test_stages_count_where_they_were():
    seen = [Sample({"decode": 1.0, "regress": 10.0}, 11.0, 1), Sample({"decode": 3.0}, 3.0, 1)]
    found = rows.stage_percentiles(seen)
    assert list(found) == ["decode", "regress"]
    assert found["decode"]["p50"] == 2.0
    assert found["regress"]["p50"] == 10.0


def test_people_are_what_was_seen_most_often():
    assert rows.people_seen([*samples(1.0, 1.0, bodies=1), *samples(1.0, bodies=2)]) == 1
    assert rows.people_seen([]) is None


def test_a_record_is_json_and_holds_more():
    record = BenchRow("a", "blazepose", more={"oldest_ms": 4.0}).record()
    check_record(record)
    assert record["oldest_ms"] == 4.0
    assert record["error"] is None
    assert "more" not in record
    assert json.loads(json.dumps(record)) == record


# which rows


def test_only_frankmocap_has_engines():
    wanted = Selection(("frankmocap", "blazepose"), ("torch", "openvino"), ("fp32", "int8"), ("balanced",))
    found = [(c.estimator, c.engine, c.precision) for c in combinations(wanted)]
    assert found == [
        ("frankmocap", "torch", "fp32"),
        ("frankmocap", "openvino", "fp32"),
        ("frankmocap", "openvino", "int8"),
        ("blazepose", NOTHING, NOTHING),
    ]


def test_one_that_is_named_alone_is_a_row_whatever_it_is():
    (row,) = combinations(Selection(("frankmocap",), ("torch",), ("int8",), ("balanced",)))
    assert (row.engine, row.precision) == ("torch", "int8")


def test_all_is_everything_once():
    found = combinations(Selection(("frankmocap",), ("all",), ("all",), ("balanced",)))
    pairs = [(c.engine, c.precision) for c in found]
    assert len(set(pairs)) == len(pairs)
    assert ("auto", "auto") in pairs
    assert ("tensorrt", "fp16") in pairs
    assert ("openvino", "auto") not in pairs
    assert combinations(Selection(("frankmocap",), ("all",), ("auto",), ("balanced",)))


def test_blazepose_with_hands_is_a_row_of_its_own():
    wanted = Selection(
        ("blazepose", "mediapipe-package"), presets=("balanced", "highest_quality"), hands=True
    )
    found = {row.name: row for row in combinations(wanted)}
    assert list(found) == [
        "blazepose balanced", "blazepose balanced hands", "blazepose highest_quality", "mediapipe-package",
    ]  # fmt: skip
    row = found["blazepose balanced hands"]
    assert row.config == replace(found["blazepose balanced"].config, hands=True)
    assert Combination(**row.as_dict()) == row


def test_several_cameras_come_as_a_batch_and_one_by_one():
    batch, single = combinations(Selection(("synthetic",), presets=("balanced",), cameras=2))
    assert batch.together
    assert not single.together
    assert batch.name != single.name
    assert (batch.cameras, single.cameras) == (2, 2)


def test_each_network_of_the_user_s_own_is_a_row():
    files = ("movenet=a/lightning.onnx", "movenet=a/multipose.onnx", "posenet=b=c.onnx")
    found = combinations(Selection(("blazepose", "posenet"), presets=("balanced", "fastest"), models=files))
    assert [(c.estimator, c.model) for c in found] == [
        ("blazepose", ""), ("blazepose", ""), ("movenet", "a/lightning.onnx"),
        ("movenet", "a/multipose.onnx"),
        ("posenet", "b=c.onnx"),
    ]  # fmt: skip
    assert len({c.name for c in found}) == len(found)
    assert found[2].config.model == "a/lightning.onnx"
    assert [c.estimator for c in combinations(Selection(("movenet",), presets=("balanced", "fastest")))] == [
        "movenet"  # the file in the models' folder
    ]
    assert not {"posenet", "movenet"} & {c.estimator for c in combinations(Selection(("all",)))}
    assert "yolo" in {c.estimator for c in combinations(Selection(("all",), models=("yolo=a.onnx",)))}


@pytest.mark.parametrize("given", ["posenet", "posenet=", "blazepose=a.onnx", "=a.onnx"])
def test_a_network_of_nobody(given):
    with pytest.raises(SettingError, match=f"--model: '{given}' is not NAME=FILE; allowed names: posenet"):
        Selection(models=(given,))


@pytest.mark.parametrize("name", ["estimators", "engines", "precisions", "presets"])
def test_a_name_that_is_not_known(name):
    with pytest.raises(SettingError, match=f"--{name}: 'nonsense' is not known"):
        Selection(**{name: ("nonsense",)})


def test_a_preset_is_its_settings():
    config = Combination("frankmocap", "torch", "fp32", "highest_quality", folder="/x").config
    assert config.hands
    assert config.use_smplx
    assert (config.engine, config.precision, config.assets_dir) == ("torch", "fp32", "/x")
    assert not Combination("blazepose").config.hands


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("cpu openvino int8", ("openvino", "int8")),
        ("NVIDIA H100 80GB HBM3 torch compile+graph fp16", ("torch compile+graph", "fp16")),
        ("cpu", (NOTHING, NOTHING)),
        ("", (NOTHING, NOTHING)),
    ],
)
def test_what_ran(device, expected):
    assert ran(device) == expected


def test_int8_is_made_for_the_networks_that_are_asked_for():
    def needed(*which):
        return offline._needs_int8(which)

    def body(preset="balanced", precision="int8"):
        return Combination("frankmocap", "openvino", precision, preset)

    assert needed(body(precision="fp32"), Combination("blazepose")) == ()
    assert needed(body()) == ("body_smpl",)
    assert needed(body(), body("fastest"), body("highest_quality")) == ("body_smpl", "body_smplx", "hand")


# images


def test_footage_goes_on_at_its_end(tmp_path):
    import cv2

    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((48, 64, 3), 80 * number, np.uint8))
    footage = Footage(str(tmp_path), 32)
    pictures = footage.read(7)
    assert [p.bitmap.size_px for p in pictures] == [(32, 24)] * 7
    assert [int(p.bitmap.pixels[0, 0, 0]) for p in pictures] == [0, 80, 160, 0, 80, 160, 0]
    assert np.all(np.diff([p.time_s for p in pictures]) > 0.0)
    (later,) = Footage(str(tmp_path), 0, skip=4).read(1)
    assert later.bitmap.size_px == (64, 48)
    assert int(later.bitmap.pixels[0, 0, 0]) == 80


def test_the_camera_of_a_reduced_image():
    (picture,) = Footage("synthetic", 320).read(1)
    assert picture.camera.size_px == picture.bitmap.size_px == (320, 240)


# turns


class Scripted:
    """Gives samples of a known time; notes when its turns are."""

    def __init__(self, name, log, total_ms, fails_at=None):
        self.name, self.log, self.total_ms, self.fails_at = name, log, total_ms, fails_at

    def turn(self, settle, count):
        self.log.append((self.name, settle, count))
        if sum(name == self.name for name, *_ in self.log) == self.fails_at:
            raise EstimatorError("it broke")
        made = [{"stages_ms": {"regress": self.total_ms}, "total_ms": self.total_ms, "bodies": 1}] * count
        return {"samples": made, "energy_j": 2.0, "rss_mb": 100.0 + len(self.log)}


def test_turns_go_there_and_back():
    log = []
    found = in_turns({name: Scripted(name, log, 1.0) for name in "abc"}, 40)
    assert "".join(name for name, *_ in log) == "abccbaabc"
    assert [settle for name, settle, _ in log if name == "b"] == [BEGIN, SETTLE, SETTLE]
    assert len(found["a"].samples) == 40
    assert found["a"].rss_mb == 107.0  # the most
    assert found["a"].energy_j == 6.0


@pytest.mark.parametrize("frames", [1, 15, 16, 200])
def test_turns_are_even(frames):
    lengths = turn_lengths(frames)
    assert sum(lengths) == frames
    assert max(lengths) <= 15
    assert max(lengths) - min(lengths) <= 1


def test_a_row_that_breaks_leaves_the_others_alone():
    log, told = [], []
    found = in_turns(
        {"a": Scripted("a", log, 1.0, fails_at=2), "b": Scripted("b", log, 1.0)}, 45, told.append
    )
    assert found["a"].error == "it broke"
    assert [name for name, *_ in log].count("a") == 2
    assert len(found["b"].samples) == 45
    assert "a: it broke" in told


def test_a_group_of_rows_beside_the_reference(monkeypatch):
    """One that cannot load, one that breaks, one that runs: errors and a ratio."""
    log = []

    def loaded(stack, job):
        preset = job.combination["preset"]
        if preset == "fastest":
            raise EstimatorError("not here")
        child = Scripted(preset, log, 8.0, fails_at=1 if preset == "balanced" else None)
        return child, {"estimator": "frankmocap", "engine": "openvino", "precision": "int8"}

    monkeypatch.setattr(offline, "loaded", loaded)
    asked = [Combination("frankmocap", "auto", "auto", p) for p in ("fastest", "balanced", "highest_quality")]
    reference = Scripted("reference", log, 100.0)
    found, beside = offline._group(asked, reference, Setup(frames=5), lambda _: None)
    assert [row.error for row in found] == ["not here", "it broke", ""]
    assert found[0].total_ms["p50"] is None
    assert found[2].ratio_to_reference == 12.5
    assert (found[2].engine, found[2].precision) == ("openvino", "int8")  # what ran, not what was asked for
    assert found[2].energy_j == pytest.approx(0.4)
    assert len(beside.samples) == 5
    for row in found:
        check_record(row.record())


# what the machine tells


def test_memory_of_this_process():
    assert 5.0 < resident_mb() < 100_000.0
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert resident_mb(gone.pid) is None


def test_energy_of_whole_packages(tmp_path):
    def counts(name, uj):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "energy_uj").write_text(f"{uj}\n")
        (tmp_path / name / "max_energy_range_uj").write_text("1000000\n")

    counts("intel-rapl:0", 100_000)
    counts("intel-rapl:1", 900_000)
    counts("intel-rapl:0:0", 0)  # a part of the first
    meter = EnergyMeter(tmp_path)
    assert meter.joules() is None  # not started
    meter.start()
    counts("intel-rapl:0", 300_000)
    counts("intel-rapl:1", 100_000)  # began anew at its end
    counts("intel-rapl:0:0", 50_000)
    assert meter.joules() == pytest.approx(0.2 + 0.2)


def test_energy_that_is_not_told(tmp_path):
    meter = EnergyMeter(tmp_path)
    meter.start()
    assert meter.joules() is None


# processes


def test_a_process_of_its_own():
    job = Job("row", "synthetic", 320, combination=Combination("synthetic").as_dict())
    with Child(job) as child:
        said = child.answer()
        assert said == {"estimator": "synthetic", "engine": NOTHING, "precision": NOTHING, "more": {}}
        found = child.turn(1, 3)
        assert len(found["samples"]) == 3
        assert all(sample["bodies"] == 1 and sample["total_ms"] > 0.0 for sample in found["samples"])
        assert found["rss_mb"] > 5.0


def test_a_process_that_is_killed_is_an_error():
    with Child(Job("row", "synthetic", combination=Combination("synthetic").as_dict())) as child:
        child.answer()
        child._process.kill()
        with pytest.raises(EstimatorError, match="SIGKILL"):
            child.turn(0, 1)


def test_an_error_keeps_its_text(tmp_path):
    missing = Combination("frankmocap", "torch", "fp32", folder=str(tmp_path)).as_dict()
    with (
        pytest.raises(EstimatorError, match="FrankMocap's files are not all in"),
        only(Job("row", "synthetic", combination=missing)),
    ):
        pass


@pytest.mark.parametrize("together", [True, False])
def test_cameras_share_an_estimator(together):
    player = FollowingPipelines(Combination("synthetic", cameras=2, together=together), lambda _: None)
    try:
        footages = [Footage("synthetic", 320, skip) for skip in (0, 5)]
        for _ in range(3):
            found = player.process([footage.read(1)[0] for footage in footages])
        assert found.bodies == 1
        assert {"decode", "regress", "post"} <= set(found.stages_ms)
        # a batch is one stage, not one a camera: stages never sum up to more than there was time
        assert sum(found.stages_ms.values()) <= found.total_ms
    finally:
        player.close()


@pytest.fixture(scope="module")
def reference(standin):
    from frankmocap_ros.bench.reference import Reference

    return Reference(standin)


def test_the_reference_runs_all_steps(reference):
    pictures = Footage("synthetic", 320).read(2)
    for picture in pictures:
        found = reference.process([picture])
    assert list(found.stages_ms) == ["detect", "crop", "regress", "model"]
    assert all(ms > 0.0 for ms in found.stages_ms.values())
    assert sum(found.stages_ms.values()) <= found.total_ms


def test_the_reference_gives_the_estimators_joints(reference, standin):
    """In a given crop the vertices' model puts joints where the node's shortcut does."""
    from frankmocap_ros.assets.store import AssetStore
    from frankmocap_ros.estimators.frankmocap.body_crop import body_crop
    from frankmocap_ros.estimators.frankmocap.regressors import body_regressor

    (picture,) = Footage("synthetic", 320).read(1)
    crop = body_crop(picture.bitmap.pixels, np.array([100.0, 20.0, 100.0, 200.0]))
    values = reference._regressed(crop)
    network = body_regressor(AssetStore(standin), use_smplx=False)
    features = network.choose("torch", "fp32", EngineOptions()).engine(crop.pixels[None, ..., ::-1].copy())
    expected = network.head(features)[0, 154:]
    assert np.allclose(values.camera[0], expected, atol=1e-3)
    pixels = reference._vertices_px(values, crop)
    assert pixels.shape[1:] == (6890, 3)
    assert np.ptp(pixels[0, :, 1]) > 50.0  # a body fills its crop


# on a GPU, tried on the CPU


def a_trunk():
    import torch

    def build(dtype):
        class Module(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = torch.nn.Conv2d(3, 4, 3).to(dtype)
                torch.nn.init.constant_(self.conv.weight, 0.1)
                torch.nn.init.constant_(self.conv.bias, 0.0)

            def forward(self, crops):
                x = crops.to(torch.float32).permute(0, 3, 1, 2) / 255.0
                return self.conv(x.to(self.conv.weight.dtype)).mean(dim=(2, 3)).to(torch.float32)

        return Module().requires_grad_(False)

    return Trunk(build, "a" * 64, 4, 16)


def test_rows_of_a_gpu(tmp_path, monkeypatch):
    from frankmocap_ros.bench import gpu

    monkeypatch.setattr(gpu, "_ROWS", (("eager", "fp32"), ("autocast", "fp16"), ("graph", "fp16")))
    found = trunk_rows(a_trunk(), EngineOptions(device="cpu", cache=tmp_path), lambda _: None, rounds=2)
    assert len(found) == 9
    assert {row.people for row in found} == {1, 4, 8}
    for row in found:
        check_record(row.record())
    assert all("needs device cuda" in row.error for row in found if "graph" in row.name)
    for row in found:
        if "eager" in row.name:
            assert row.ratio_to_reference == 1.0
        if "autocast" in row.name:
            assert row.ratio_to_reference > 0.0


# a subscriber's notes


def test_the_first_frames():
    assert arrivals.first_ratio([10.0] * 49 + [60.0] + [500.0], [20.0] * 100) == 3.0
    assert arrivals.first_ratio([], [20.0]) is None
    assert arrivals.first_ratio([20.0], []) is None


def test_drift_of_the_tail():
    assert arrivals.p99_drift([10.0] * 30 + [500.0] * 30 + [12.0] * 30) == 0.2
    assert arrivals.p99_drift([1.0, 2.0]) is None


def test_growth_of_memory():
    long = [(float(s), 100.0 + (0.0 if s < 60 else 20.0) + 0.01 * s) for s in range(301)]
    assert arrivals.memory_growth_mb(long) == pytest.approx(
        2.4
    )  # what came in the first minute is not growth
    assert arrivals.memory_growth_mb([(1.0, 50.0), (2.0, 60.0), (3.0, 61.0)]) == 11.0
    assert arrivals.memory_growth_mb([(1.0, 50.0)]) is None


def test_the_nodes_own_figures():
    values = {
        "regress_ms/p50": "12.00",
        "regress_ms/p95": "14.00",
        "regress_ms/p99": "20.5",
        "age_ms/p50": "3",
    }
    found = arrivals.node_stages({**values, "device": "cpu"})
    assert found == {"regress": {"p50": 12.0, "p95": 14.0, "p99": 20.5}}
    counts = arrivals.dropped({"dropped/too_old": "1"}, {"dropped/too_old": "1", "dropped/overwritten": "4"})
    assert counts == {"overwritten": 4}


# the report


def some_rows():
    fine = BenchRow(
        "frankmocap balanced",
        "frankmocap",
        "openvino",
        "int8",
        "balanced",
        people=1,
        stages_ms={"regress": {"p50": 11.0, "p95": 12.0, "p99": 13.0}},
        total_ms={"p50": 12.5, "p95": 14.0, "p99": 20.0},
        fps=75.0,
        ratio_to_reference=15.2,
    )
    return [fine, BenchRow("other", "frankmocap", error="it is\nnot here")]


def test_tables_hold_every_row():
    for found in (report.markdown(some_rows()), report.text(some_rows())):
        assert "12.5" in found
        assert "15.2" in found
        assert "openvino int8" in found
        assert "regress 11.0" in found
    assert "- other: not measured: it is not here" in report.markdown(some_rows()).splitlines()
    assert "not measured" in report.text(some_rows())


def test_markdown_columns_are_even():
    lines = [line for line in report.markdown(some_rows()).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1


def test_what_people_wrote_is_kept(tmp_path):
    path = tmp_path / "benchmarks" / "RESULTS.md"
    report.write_section(path, "offline", "first")
    report.write_section(path, "ros", "second")
    path.write_text(path.read_text() + "\n## What was done\n\nBy hand.\n")
    report.write_section(path, "offline", "third")
    content = path.read_text()
    assert "first" not in content
    assert "second" in content
    assert "third" in content
    assert content.endswith("## What was done\n\nBy hand.\n")
    assert content.count("<!-- end -->") == 2
    assert content.index("third") < content.index("second")  # in its old place
    before = content
    report.write_section(path, "offline", "third")
    assert path.read_text() == before


def test_a_section_without_an_end(tmp_path):
    path = tmp_path / "RESULTS.md"
    path.write_text("<!-- rows: offline -->\nolder\n<!-- rows: ros -->\nx\n<!-- end -->\n")
    before = path.read_text()
    with pytest.raises(SourceError, match="no <!-- end -->"):
        report.write_section(path, "offline", "new")
    assert path.read_text() == before


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="--write"):
        report.write_section(tmp_path / "file" / "RESULTS.md", "offline", "x")


def test_the_machine_is_named():
    machine = Machine.here()
    assert machine.cores >= 1
    assert {"frankmocap_ros", "numpy"} <= set(machine.versions)
    assert machine.date in machine.text
    assert machine.cpu in machine.text


# the command


SYNTHETIC = "--estimators synthetic --presets balanced --source synthetic"


def run(capsys, words, *more):
    """Exit code, output and errors of the command; ``more`` are words that may hold spaces."""
    code = main(["bench", *words.split(), *map(str, more)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_without_files_there_are_rows_without_ratios(capsys, tmp_path):
    """What runs is measured, what cannot is a row that tells why."""
    report_file = tmp_path / "RESULTS.md"
    words = "--estimators synthetic frankmocap --presets balanced --engines torch --precisions fp32"
    code, out, _ = run(capsys, f"{words} --source synthetic --frames 4 --json --write", report_file)
    assert code == 0
    reference, synthetic, frankmocap = json.loads(out)
    for record in (reference, synthetic, frankmocap):
        check_record(record)
    assert "no folder with FrankMocap's files is given" in reference["error"]
    assert frankmocap["error"]
    assert frankmocap["fps"] is None
    assert synthetic["error"] is None
    assert synthetic["frames"] == 4
    assert synthetic["people"] == 1
    assert synthetic["ratio_to_reference"] is None
    assert synthetic["fps"] > 0.0
    assert synthetic["rss_mb"] > 5.0
    assert "synthetic balanced" in report_file.read_text()


def test_beside_the_reference(capsys, standin):
    code, out, _ = run(capsys, f"{SYNTHETIC} --frames 2 --json --assets", standin)
    assert code == 0
    reference, synthetic = json.loads(out)
    assert reference["name"] == "reference"
    assert (reference["engine"], reference["precision"]) == ("torch", "fp32")
    assert reference["ratio_to_reference"] == 1.0
    assert reference["frames"] == synthetic["frames"] == 2
    # a figure that is drawn against three networks, on any machine
    assert synthetic["ratio_to_reference"] > 3.0
    expected = reference["total_ms"]["p50"] / synthetic["total_ms"]["p50"]
    assert synthetic["ratio_to_reference"] == pytest.approx(expected, rel=0.02)


def test_nothing_that_could_be_measured(capsys, tmp_path):
    words = "--estimators frankmocap --engines torch --precisions fp32 --presets balanced --frames 1"
    code, out, _ = run(capsys, f"{words} --source synthetic --assets", tmp_path)
    assert code == 1
    assert "not measured" in out


def test_a_table_for_people(capsys):
    code, out, err = run(capsys, f"{SYNTHETIC} --frames 2")
    assert code == 0
    assert "p50" in out
    assert "synthetic balanced" in out
    assert "loading" in err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--frames 0", "--frames: 0 is out of range"),
        ("--presets quick", "--presets: 'quick' is not known; allowed: fastest | balanced"),
        ("--cameras 0", "--cameras: 0 is out of range"),
        ("--soak 1", "--soak needs --ros"),
        ("--ros --cameras 2", "--ros measures one camera"),
        ("--ros --rate nan", "--rate: nan is out of range"),
    ],
)
def test_what_is_wrong_is_told(capsys, words, text):
    code, _, err = run(capsys, words)
    assert code == 2
    assert text in err


def test_standins_are_written_once(monkeypatch, tmp_path):
    from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER
    from frankmocap_ros.standin import extra_data as standin

    written = []

    def write(folder):
        written.append(folder)
        for path in (folder / STANDIN_MARKER, *(folder / asset.path for asset in ASSETS.values())):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(standin, "write_standin", write)
    first = bench._folder("standin")
    assert bench._folder("standin") == first
    assert len(written) == 1
    next(iter(written[0].rglob("*.pt"))).unlink()
    bench._folder("standin")
    assert len(written) == 2


# precisions


def test_rows_tell_how_far_joints_are_moved():
    seen = JointError(mean_mm=0.41, p99_mm=1.52, max_mm=2.0, moves_mm=90.0, crops=30)
    networks = (
        NetworkPrecision("body_smplx", "bf16", "", seen, "camera"),
        NetworkPrecision("hand", "int8", ""),
        NetworkPrecision("other", "fp32", ""),
    )
    more = joint_errors(networks)
    assert more == {
        "body_smplx_joints_mean_mm": 0.41,
        "body_smplx_joints_p99_mm": 1.52,
        "body_smplx_joints_seen_on": "camera",
        "hand_joints_seen_on": "nobody",
    }
    row = BenchRow("frankmocap auto bf16", "frankmocap", "openvino", "bf16", more=more)
    assert "body_smplx_joints_p99_mm 1.52" in report.text([row])
    assert row.record()["body_smplx_joints_mean_mm"] == 0.41


def test_beside_ros_nothing_is_measured_before_the_precision_is_decided():
    assert _is_undecided({"precision_undecided": "true"})
    assert not _is_undecided({"precision_undecided": "false"})
    assert not _is_undecided({})
