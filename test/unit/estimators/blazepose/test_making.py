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

"""Which variant is taken, and what is fetched for it."""

import pytest

from frankmocap_ros.assets.model_files import MODEL_FILES, needed_models
from frankmocap_ros.errors import AssetError, EstimatorError, MissingDependencyError
from frankmocap_ros.estimators import registry
from frankmocap_ros.estimators.blazepose import making
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.estimators.blazepose.hand_landmarks import HandLandmarker
from frankmocap_ros.estimators.blazepose.making import best_variant, budget_ms, make_blazepose, measured_ms
from frankmocap_ros.settings.mocap import PRESETS, Settings

VARIANTS = ("lite", "full", "heavy")


class Fake:
    """An estimator that takes a known time; notes what was closed."""

    closed = []

    def __init__(self, variant):
        self.variant = variant

    def close(self):
        Fake.closed.append(self.variant)


@pytest.fixture
def choose(monkeypatch):
    """Which variant is taken, and what is told, where each takes some time [ms] an image."""

    def take(times, variants=VARIANTS, **settings):
        Fake.closed, told = [], []
        monkeypatch.setattr(
            making, "measured_ms", lambda estimator, cameras: cameras * times[estimator.variant]
        )
        found = best_variant(Settings(**settings), Fake, variants, told.append)
        assert Fake.closed == [
            v for v in reversed(variants) if variants.index(v) > variants.index(found.variant)
        ]
        (text,) = told
        assert text.startswith(f"variant: auto takes {found.variant} (measured: ")
        return found.variant, text

    return take


def test_the_best_that_keeps_the_rate_with_a_third_to_spare(choose):
    fast, usual, slow = (
        {"lite": 3.0, "full": 5.0, "heavy": 20.0},
        {"lite": 8.0, "full": 15.0, "heavy": 60.0},
        {"lite": 40.0, "full": 80.0, "heavy": 300.0},
    )
    assert choose(fast)[0] == "heavy"
    assert choose(usual)[0] == "full"
    assert choose(slow)[0] == "lite"
    # at 60 Hz an image may take 11 ms, at 15 Hz 44 ms
    assert choose(fast, source_rate_hz=60.0)[0] == "full"
    assert choose(usual, source_rate_hz=60.0)[0] == "lite"
    assert choose(slow, source_rate_hz=15.0)[0] == "lite"
    assert choose(usual, process_every_n=3)[0] == "heavy"
    # two cameras take twice the time
    assert choose(fast, image_topics=("left/image", "right/image"))[0] == "full"


def test_what_was_measured_is_told(choose):
    _, text = choose({"lite": 3.0, "full": 5.04, "heavy": 30.0}, VARIANTS)
    assert "heavy 30.0 ms, full 5.0 ms" in text
    assert "22.2 ms" in text
    found, text = choose({"full": 5.0}, ("full",))
    assert found == "full"
    assert "not here: lite, heavy (frankmocap_ros models fetch)" in text


def test_an_error_while_measuring_closes(monkeypatch):
    def broken(estimator, cameras):
        raise EstimatorError("broken")

    Fake.closed = []
    monkeypatch.setattr(making, "measured_ms", broken)
    with pytest.raises(EstimatorError, match="broken"):
        best_variant(Settings(), Fake, VARIANTS, print)
    assert Fake.closed == ["heavy"]


@pytest.mark.parametrize("hands", [False, True])
def test_hands_count(monkeypatch, hands):
    """Nobody is in the image that is measured, but both hands of a person take their time."""
    seen = []
    monkeypatch.setattr(HandLandmarker, "seen", lambda self, bitmaps, regions: seen.append(len(regions)))
    estimator = BlazePoseEstimator(BlazePoseOptions("full", hands))
    try:
        assert measured_ms(estimator, cameras=2) > 0.0
    finally:
        estimator.close()
    assert set(seen) == ({4} if hands else set())


def test_budget():
    assert budget_ms(Settings()) == pytest.approx(22.22, abs=0.01)
    assert budget_ms(Settings(source_rate_hz=10.0, process_every_n=2)) == pytest.approx(133.3, abs=0.1)


def test_presets_name_their_variant():
    variants = {name: Settings(**Settings.expanded({"preset": name})).variant for name in PRESETS}
    assert variants == {"fastest": "lite", "balanced": "auto", "highest_quality": "heavy"}


@pytest.fixture
def fetched(monkeypatch):
    """Keys that were to be fetched; and which variants are here."""
    asked, here = [], []
    monkeypatch.setattr(making, "fetch_models", lambda keys, tell: (asked.append(keys), here.append("full")))
    monkeypatch.setattr(making, "variants_here", lambda hands: list(here))
    monkeypatch.setattr(making, "BlazePoseEstimator", lambda options: Fake(options.variant))
    monkeypatch.setattr(making, "measured_ms", lambda estimator, cameras: 1.0)
    return asked, here


def test_auto_fetches_only_where_nothing_is_here(fetched):
    asked, here = fetched
    assert make_blazepose(Settings(hands=True), print).variant == "full"
    assert asked == [needed_models("full", hands=True)]
    asked.clear()
    here[:] = ["lite", "heavy"]
    assert make_blazepose(Settings(), print).variant == "heavy"
    assert asked == []


def test_a_variant_that_is_named_is_fetched(fetched):
    asked, _ = fetched
    assert make_blazepose(Settings(variant="heavy"), print).variant == "heavy"
    assert asked == [needed_models("heavy")]


def test_nothing_is_fetched_without_an_engine(fetched, monkeypatch):
    def none():
        raise MissingDependencyError("no engine")

    monkeypatch.setattr(making, "tflite_engine", none)
    with pytest.raises(MissingDependencyError):
        make_blazepose(Settings(), print)
    assert fetched[0] == []


def test_networks_that_cannot_be_had_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    monkeypatch.setattr("frankmocap_ros.assets.model_files.find_spec", lambda name: None)
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # as without a network
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))  # no npm either
    with pytest.raises(
        AssetError, match=r"pose_detection\.tflite, pose_landmark_full\.tflite cannot be had"
    ) as error:
        make_blazepose(Settings(variant="full"), print)
    assert "pip download mediapipe==0.10.21 failed: ERROR: No matching distribution" in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == []
    assert MODEL_FILES["pose_detection"].sources in str(error.value)


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_a_precision_that_it_does_not_have(precision):
    with pytest.raises(EstimatorError, match=rf"precision: {precision}.*allowed: auto \| fp32$"):
        make_blazepose(Settings(estimator="blazepose", precision=precision), print)


def test_auto_runs_blazepose_in_float32_where_a_precision_of_frankmocap_is_asked_for(monkeypatch):
    made, told = [], []
    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", lambda config, tell, prepare: made.append(config))
    monkeypatch.setattr(registry, "why_not_frankmocap", lambda config: "no files")
    for precision, taken in (("int8", "auto"), ("fp32", "fp32")):
        told.clear()
        registry.make_estimator(Settings(precision=precision), told.append)
        assert made[-1].precision == taken
        assert any("precision: int8 is of FrankMocap's networks" in text for text in told) == (
            taken != precision
        )
