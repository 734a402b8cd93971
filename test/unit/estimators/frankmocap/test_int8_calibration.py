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

"""Quantization of FrankMocap's networks: what is measured, what is kept, what is refused."""

from dataclasses import replace
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER
from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.engines import int8
from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.engines.kept import int8_of
from frankmocap_ros.engines.openvino import OpenVinoEngine
from frankmocap_ros.errors import AssetError, EstimatorError, MissingDependencyError
from frankmocap_ros.estimators.frankmocap import int8_calibration as calibration
from frankmocap_ros.estimators.frankmocap.int8_calibration import (
    CalibrationOptions,
    quantize_networks,
)
from frankmocap_ros.estimators.frankmocap.int8_crops import Crops
from frankmocap_ros.estimators.frankmocap.int8_notes import NETWORKS, error_text, networks_here
from frankmocap_ros.estimators.frankmocap.networks.folded_head import Affine
from frankmocap_ros.estimators.frankmocap.regressors import Regressor

PICTURES = SimpleNamespace(name="film", frames=0, read=lambda: None)


class FakeEngine:
    """Features are the crops' mean, and so many millimeters at one joint."""

    name, device = "openvino", "cpu"

    def __init__(self, precision, off_mm=0.0):
        self.precision, self.off_mm, self.closed, self.batches = precision, off_mm, False, []

    def __call__(self, crops):
        self.batches.append(len(crops))
        means = crops.reshape(len(crops), -1).mean(axis=1, keepdims=True) / 255.0
        return (means + 1e-3 * self.off_mm).astype(np.float32)

    def close(self):
        self.closed = True


def crops(n=40, held_out=20, apart=True):
    rng = np.random.default_rng(0)
    return Crops(
        rng.integers(0, 255, (n, 224, 224, 3), np.uint8),
        rng.integers(0, 255, (held_out, 224, 224, 3), np.uint8),
        apart,
    )


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """Networks whose one feature is the place of a joint [m]; INT8 is off by ``off_mm``."""
    world = SimpleNamespace(
        off_mm=0.5, kept={}, told=[], gathered=[], quantized=[], hand=crops(), body=crops(), engines=[]
    )
    folder = tmp_path / "extra_data"
    for key in {file for files in NETWORKS.values() for file in files}:
        path = folder / ASSETS[key].path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    world.folder, world.store = folder, AssetStore(folder)

    def regressor_of(store, key):
        head = Affine(np.ones((1, 1), np.float32), np.zeros(1, np.float32))
        return Regressor(key, Trunk(None, key, 1), head)

    def quantize(trunk, pixels, options):
        world.quantized.append((trunk.key, len(pixels)))
        engine = FakeEngine("int8", world.off_mm)
        world.engines.append(engine)
        return SimpleNamespace(engine=engine, keep=lambda notes: world.kept.__setitem__(trunk.key, notes))

    def gather(store, images, hands, tell, options):
        world.gathered.append((images.name, hands))
        return {"body": world.body, "hand": world.hand}

    def openvino(trunk, precision, options):
        world.engines.append(FakeEngine(precision))
        return world.engines[-1]

    def measure(engines, pixels):
        assert len(pixels) == 1
        return [
            SimpleNamespace(option=option, p50_ms=10.0 if option.precision == "int8" else 29.0)
            for option in engines
        ]

    monkeypatch.setattr(calibration, "load_torch", lambda: None)
    monkeypatch.setattr(calibration.int8, "check_installed", lambda: None)
    monkeypatch.setattr(calibration.int8, "quantize", quantize)
    monkeypatch.setattr(calibration.int8, "notes", lambda trunk, options: world.kept.get(trunk.key))
    monkeypatch.setattr(calibration, "regressor_of", regressor_of)
    monkeypatch.setattr(
        calibration, "joints_of", lambda store, key: lambda values: values[:, None] * [[[1.0, 0, 0]]]
    )
    monkeypatch.setattr(calibration, "_crops", gather)
    monkeypatch.setattr(calibration, "OpenVinoEngine", openvino)
    monkeypatch.setattr(calibration, "measure", measure)
    world.run = lambda keys=None, **options: quantize_networks(
        world.store, PICTURES, world.told.append, keys, CalibrationOptions(**options)
    )
    return world


def test_all_networks_that_are_here(bench):
    outcomes = bench.run()
    assert [(outcome.key, outcome.state) for outcome in outcomes] == [
        ("body_smpl", "kept"), ("body_smplx", "kept"), ("hand", "kept"),
    ]  # fmt: skip
    assert outcomes[0].text == (
        "ok: body_smpl INT8: joints differ from fp32 by 0.5 mm mean, 0.5 mm p99, 0.5 mm max over 20 crops; "
        "2.9 times as fast as fp32"
    )
    assert outcomes[0].error.mean_mm == pytest.approx(0.5, rel=1e-3)
    assert outcomes[0].speed == pytest.approx(2.9)
    assert [line for line in bench.told if line.startswith("ok:")] == [outcome.text for outcome in outcomes]
    assert bench.gathered == [("film", True)]
    assert bench.quantized == [("body_smpl", 40), ("body_smplx", 40), ("hand", 40)]
    notes = bench.kept["hand"]
    assert (notes["network"], notes["standin"], notes["joints"]["crops"]) == ("hand", False, 20)
    assert notes["joints"]["mean_mm"] == pytest.approx(0.5, rel=1e-3)
    assert all(engine.closed for engine in bench.engines)


def test_the_error_is_that_of_crops_that_were_held_out(bench):
    bench.body = replace(bench.body, held_out=bench.body.held_out[:13])
    bench.run(["body_smpl"])
    assert {sum(engine.batches) for engine in bench.engines} == {13}
    bench.body = replace(bench.body, apart=False)
    (outcome,) = bench.run(["body_smpl"], again=True)
    assert "over 13 crops of the same images" in outcome.text


def test_hands_are_looked_for_only_where_their_network_is_quantized(bench):
    bench.run(["body_smpl", "body_smplx"])
    assert bench.gathered == [("film", False)]


@pytest.mark.parametrize(("off_mm", "limit_mm"), [(5.5, 5.0), (0.2, 0.1), (float("nan"), 5.0)])
def test_above_the_limit_nothing_is_kept(bench, off_mm, limit_mm):
    bench.off_mm = off_mm
    (outcome,) = bench.run(["body_smpl"], limit_mm=limit_mm)
    assert outcome.state == "refused"
    assert bench.kept == {}
    assert outcome.text.startswith("REFUSED: body_smpl INT8: joints differ")
    for words in (f"{limit_mm:g} mm mean and {4 * limit_mm:g} mm p99", "--calibration", "--any-error"):
        assert words in outcome.text


def test_one_joint_in_a_hundred_may_be_the_reason(bench, monkeypatch):
    def far(found, exact):
        return replace(exact_error(found, exact), p99_mm=20.5)

    exact_error = calibration.joint_error
    monkeypatch.setattr(calibration, "joint_error", far)
    assert bench.run(["body_smpl"])[0].state == "refused"
    (outcome,) = bench.run(["body_smpl"], limit_mm=5.2)
    assert outcome.state == "kept"
    assert outcome.text.endswith("auto does not take it, as it allows 5 mm mean and 20 mm p99")


def test_any_error_is_kept_where_it_is_allowed(bench):
    bench.off_mm = 80.0
    (outcome,) = bench.run(["body_smpl"], any_error=True)
    assert outcome.state == "kept"
    assert outcome.text.startswith("ok: body_smpl INT8: joints differ from fp32 by 80 mm")
    assert outcome.text.endswith("auto does not take it, as it allows 5 mm mean and 20 mm p99")
    assert bench.kept["body_smpl"]["joints"]["mean_mm"] == pytest.approx(80.0, rel=1e-3)


def test_what_was_quantized_before_stays(bench):
    bench.run(["body_smpl"])
    bench.told.clear()
    (outcome,) = bench.run(["body_smpl"])
    assert outcome.state == "already"
    assert bench.told == [outcome.text]
    assert "quantized before (joints differ from fp32 by 0.5 mm mean" in outcome.text
    assert "--force" in outcome.text
    assert len(bench.quantized) == len(bench.gathered) == 1
    assert bench.run(["body_smpl"], again=True)[0].state == "kept"
    assert [o.state for o in bench.run(["body_smpl", "hand"])] == ["already", "kept"]


@pytest.mark.parametrize("notes", [{}, {"joints": None}, {"joints": {"mean_mm": 1.0}}])
def test_notes_of_somebody_else(notes):
    assert error_text(notes) == ""


def test_hands_that_are_not_seen_do_not_stop_the_bodies(bench):
    bench.hand = crops(8, 2)
    outcomes = bench.run()
    assert [outcome.state for outcome in outcomes] == ["kept", "kept", "refused"]
    assert "10 crops of hands" in outcomes[2].text
    assert set(bench.kept) == {"body_smpl", "body_smplx"}


def test_a_slower_network_says_so(bench, monkeypatch):
    def measure(engines, pixels):
        return [SimpleNamespace(option=o, p50_ms={"int8": 30.0, "fp32": 15.0}[o.precision]) for o in engines]

    monkeypatch.setattr(calibration, "measure", measure)
    assert "0.5 times as fast as fp32, so that auto does not take it" in bench.run(["hand"])[0].text


def test_an_engine_that_gives_nonsense_has_no_speed(bench, monkeypatch):
    def measure(engines, pixels):
        return [SimpleNamespace(option=o, p50_ms=np.inf if o.precision == "int8" else 15.0) for o in engines]

    monkeypatch.setattr(calibration, "measure", measure)
    (outcome,) = bench.run(["hand"])
    assert outcome.speed is None
    assert "times as fast" not in outcome.text


def test_stand_in_weights_say_what_their_error_is_worth(bench):
    bench.run(["hand"])
    assert "stand-in" not in bench.told[-1]
    (bench.folder / STANDIN_MARKER).write_text("random")
    bench.run(["hand"], again=True)
    assert bench.told[-1].startswith("stand-in weights: the joints move by only ")
    assert bench.kept["hand"]["standin"]


def test_files_that_are_missing(bench):
    bench.store.path("mean_mano").unlink()
    assert networks_here(bench.store) == ["body_smpl", "body_smplx"]
    assert [outcome.key for outcome in bench.run()] == ["body_smpl", "body_smplx"]
    with pytest.raises(AssetError, match=rf"hand cannot be quantized, as {ASSETS['mean_mano'].path} is miss"):
        bench.run(["hand"])
    bench.store.path("mean_params").unlink()
    with pytest.raises(AssetError, match="frankmocap_ros doctor"):
        bench.run()
    with pytest.raises(
        EstimatorError, match=r"'feet' is not known; allowed: body_smpl \| body_smplx \| hand"
    ):
        bench.run(["feet"])


def test_missing_packages_are_told_before_anybody_is_looked_for(bench, monkeypatch):
    def missing():
        raise MissingDependencyError("no nncf")

    monkeypatch.setattr(calibration.int8, "check_installed", missing)
    with pytest.raises(MissingDependencyError):
        bench.run()
    assert bench.gathered == []


# --- people and hands in images, through the detector -----------------------------------------------------


class Standing:
    """Somebody in the middle of every image."""

    closed = False

    def detect(self, image, max_people):
        from frankmocap_ros.geometry.boxes import region_of

        width, height = image.bitmap.size_px
        return [region_of(np.array([0.35 * width, 0.1 * height, 0.3 * width, 0.8 * height]))]

    def close(self):
        self.closed = True


class Noise:
    """Pictures of noise."""

    name = "noise"

    def __init__(self, frames):
        self.frames, self.random, self.given = frames, np.random.default_rng(0), 0

    def read(self):
        self.given += 1
        if self.given > self.frames:
            return None
        coarse = self.random.integers(0, 255, (24, 32, 3), np.uint8)
        return SimpleNamespace(pixels=coarse.repeat(10, axis=0).repeat(10, axis=1))


def _small(dtype):
    import torch

    class Small(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(1)
            self.first = torch.nn.Conv2d(3, 16, 7, 4, 3)
            self.second = torch.nn.Conv2d(16, 32, 3, 2, 1)
            self.to(dtype).eval().requires_grad_(False)

        def forward(self, pixels):
            y = (pixels.to(torch.float32) / 127.5 - 1.0).permute(0, 3, 1, 2).to(dtype)
            return torch.relu(self.second(torch.relu(self.first(y)))).mean((2, 3)).to(torch.float32)

    return Small()


@pytest.fixture
def small_network(standin, monkeypatch):
    """SMPL's joints after a network that is small enough to quantize here."""
    for package in ("torch", "openvino", "nncf"):
        if find_spec(package) is None:  # not imported: OpenVINO tells its maker of imports
            pytest.skip(f"{package} is not installed: quantization was not tested")
    rng = np.random.default_rng(5)
    weight = rng.normal(0.0, 1.0, (157, 32)).astype(np.float32)
    bias = np.tile([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 27)[:157].astype(np.float32)
    network = Regressor("body_smpl", Trunk(_small, "7" * 64, 32), Affine(weight, bias))
    monkeypatch.setattr(calibration, "regressor_of", lambda store, key: network)
    detector = Standing()
    monkeypatch.setattr(calibration, "make_detector", lambda *_: detector)
    monkeypatch.setattr(calibration, "chosen_detector", lambda _: "blazepose")
    return network, detector


def test_quantized_measured_and_kept(standin, tmp_path, small_network):
    """By NNCF, with real joints: refused below its error and kept above."""
    network, detector = small_network
    engine, told = EngineOptions(device="cpu", cache=tmp_path / "engines"), []
    options = CalibrationOptions(limit_mm=1e-6, engine=engine)
    store = AssetStore(standin)
    (outcome,) = quantize_networks(store, Noise(10), told.append, ["body_smpl"], options)
    assert outcome.state == "refused"
    assert detector.closed
    assert int8.notes(network.trunk, engine) is None
    (outcome,) = quantize_networks(
        store, Noise(10), told.append, ["body_smpl"], replace(options, limit_mm=50.0)
    )
    assert outcome.state == "kept"
    assert 1e-3 < outcome.error.mean_mm < 50.0
    assert outcome.error.moves_mm > 1.0
    assert outcome.speed > 0.0
    notes = int8.notes(network.trunk, engine)
    assert notes["joints"]["mean_mm"] == outcome.error.mean_mm
    assert notes["crops"] > 100
    assert int8_of(network.trunk.key, engine.cache).notes() == notes
    pixels = np.random.default_rng(0).integers(0, 255, (2, 224, 224, 3), np.uint8)
    assert OpenVinoEngine(network.trunk, "int8", engine)(pixels).shape == (2, 32)


def test_pictures_without_people(standin, tmp_path, small_network, monkeypatch):
    monkeypatch.setattr(Standing, "detect", lambda *_: [])
    options = CalibrationOptions(engine=EngineOptions(device="cpu", cache=tmp_path / "engines"))
    with pytest.raises(
        EstimatorError, match="0 crops of people in noise, at least 40 are needed; take a vid"
    ):
        quantize_networks(AssetStore(standin), Noise(3), lambda _: None, ["body_smpl"], options)


def test_hands_are_cut_where_smplx_has_them(standin, tmp_path, small_network, monkeypatch):
    """The hands of whom the SMPL-X regressor sees, by its own numbers."""
    network, _ = small_network
    camera = np.zeros(157, np.float32)
    camera[154:] = (0.9, 0.0, 0.0)
    standing = Affine(0 * network.head.weight, network.head.bias * (np.arange(157) < 144) + camera)
    still = replace(network, head=standing)
    monkeypatch.setattr(calibration, "body_regressor", lambda store, use_smplx: still)
    options = CalibrationOptions(engine=EngineOptions(device="cpu", cache=tmp_path / "engines"))
    found = calibration._crops(AssetStore(standin), Noise(10), True, lambda _: None, options)
    assert len(found["hand"].calibration) + len(found["hand"].held_out) > 100
