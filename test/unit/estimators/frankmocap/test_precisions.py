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

"""Which precision FrankMocap runs in: on networks of full size, by the joints that come out."""

import threading
from importlib.util import find_spec

import numpy as np
import pytest

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.engines import kept
from frankmocap_ros.engines import torch as torch_engine
from frankmocap_ros.engines.base import EngineOptions
from frankmocap_ros.engines.judging import compared
from frankmocap_ros.engines.torch import TorchEngine
from frankmocap_ros.estimators.frankmocap import camera_check, joint_judge
from frankmocap_ros.estimators.frankmocap import estimator as frankmocap
from frankmocap_ros.estimators.frankmocap.estimator import FrankMocapEstimator, FrankMocapOptions
from frankmocap_ros.estimators.frankmocap.joint_judge import JointJudge, photograph_crops
from frankmocap_ros.estimators.frankmocap.regressors import body_regressor
from frankmocap_ros.geometry.boxes import Region, region_of
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.standin import weights as standin_weights
from frankmocap_ros.standin.extra_data import write_standin
from support.amplifying import amplifying_weights

PEOPLE = 3  # that are compared, in place of 30


class Standing:
    """Somebody in the middle; counts how often it is closed."""

    closed = 0

    def detect(self, image, max_people):
        width, height = image.bitmap.size_px
        return [region_of(np.array([0.35 * width, 0.1 * height, 0.3 * width, 0.8 * height]))]

    def close(self):
        Standing.closed += 1


@pytest.fixture(autouse=True)
def few(monkeypatch, tmp_path):
    """A cache of the test's own for what is found out, and few crops, one of each image."""
    pytest.importorskip("torch")
    if find_spec("skimage") is None:
        pytest.skip("scikit-image is not installed: there is no photograph")
    monkeypatch.setattr(frankmocap, "make_detector", lambda *_: Standing())
    monkeypatch.setattr(joint_judge, "_CROPS", PEOPLE)
    monkeypatch.setattr(camera_check, "CROPS", PEOPLE)
    monkeypatch.setattr(camera_check, "EVERY", 1)
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path)


@pytest.fixture(scope="module")
def amplifying(standin, tmp_path_factory):
    """Files of a network of the same kind whose joints move by over 80 mm in bfloat16."""
    folder = tmp_path_factory.mktemp("amplifying")
    state = amplifying_weights("body_smpl", photograph_crops(Standing)[:2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standin_weights, "state_dict", lambda *_: state)
        write_standin(folder, keys=("body_smpl", "mean_params", "smpl"))
    return folder


@pytest.fixture
def bf16(monkeypatch):
    """bfloat16 also on a CPU that has to emulate it."""
    monkeypatch.setattr(torch_engine, "check_bf16", lambda: None)


def judged(folder, crops):
    """The error of torch in bfloat16 on some crops."""
    store = AssetStore(folder)
    network = body_regressor(store, use_smplx=False)
    judge = JointJudge(store, network, lambda: crops)
    engines = [TorchEngine(network.trunk, precision, EngineOptions("cpu")) for precision in ("bf16", "fp32")]
    return compared(judge, *engines, crops), engines


def test_an_error_that_only_joints_show(amplifying, standin, bf16):
    """Finite, plausible, and features that hardly differ: nothing but joints tells the two networks apart."""
    crops = photograph_crops(Standing)
    for folder, low_mm, high_mm in ((amplifying, 80.0, 1000.0), (standin, 0.0, 1.0)):
        error, (half, exact) = judged(folder, crops)
        assert low_mm <= error.mean_mm < high_mm
        assert error.within() == (high_mm == 1.0)
        found, expected = half(crops), exact(crops)
        assert 0.0 < np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


@pytest.fixture
def known_speed(monkeypatch, bf16):
    """bfloat16 is the faster one, on any machine and however busy it is."""
    from frankmocap_ros.engines import asked, choice
    from frankmocap_ros.engines.available import Option
    from frankmocap_ros.engines.measuring import EngineTiming

    options = [Option("torch", precision, "cpu") for precision in ("fp32", "bf16")]
    times_ms = {"fp32": 60.0, "bf16": 20.0}
    monkeypatch.setattr(asked, "available", lambda *_: options)

    def measure(engines, crops):
        rows = [EngineTiming(option, (times_ms[option.precision],), 0.004) for option in engines]
        return sorted(rows, key=lambda row: row.p50_ms)

    monkeypatch.setattr(choice, "measure", measure)


@pytest.fixture
def here(monkeypatch):
    """The other process is this one, where bfloat16 may be emulated."""

    class Here:
        def __init__(self, job):
            self.job = job

        def run(self, crops):
            return self.job.run(np.stack(crops))

        def close(self):
            pass

    monkeypatch.setattr(camera_check, "CameraComparison", Here)


FRAME = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
IMAGE = ScaledImage(Bitmap(FRAME), Camera.from_fov(640, 480, 60.0), True, 0.0)


def made(folder, precision="auto"):
    told = []
    options = FrankMocapOptions(folder, engine="torch", precision=precision, device="cpu")
    return FrankMocapEstimator(options, told.append), "\n".join(told)


def watched(estimator, images=PEOPLE):
    """What it finds out of itself in some images; None where that is nothing."""
    reviews, ended = [], threading.Event()
    estimator.review(lambda review: (reviews.append(review), ended.set()))
    for n in range(images):
        estimator.estimate(IMAGE, [Region(np.array([300.0 + 10 * n, 240.0]), 400.0)])
    if any(network.undecided for network in estimator.capabilities.precisions):
        assert ended.wait(60.0)
    return reviews[0] if reviews else None


def test_auto_stays_in_float32_where_bfloat16_moves_joints(amplifying, known_speed, here):
    """Plausible but wrong: the photograph shows it, and no camera is asked."""
    for _ in range(2):  # and remembered
        estimator, told = made(amplifying)
        assert estimator._engine.precision == "fp32"
        assert "torch bf16 is not taken: joints differ from fp32 by" in told
        assert "allowed are 5 mm mean and 20 mm p99" in told
        (network,) = estimator.capabilities.precisions
        assert (network.precision, network.undecided, network.error) == ("fp32", False, None)
        assert "torch bf16 is not taken: joints differ from fp32 by" in network.text
        assert watched(estimator) is None
        estimator.close()


def test_the_camera_shows_it_where_there_is_no_photograph(amplifying, known_speed, here, monkeypatch):
    monkeypatch.setattr(joint_judge, "photograph_path", lambda: None)
    estimator, _ = made(amplifying)
    review = watched(estimator)
    assert not review.outdated
    assert "torch bf16 is not taken: joints differ from fp32 by" in review.text
    assert review.text.endswith("(camera), allowed are 5 mm mean and 20 mm p99")
    estimator.close()
    again, _ = made(amplifying)
    assert again._engine.precision == "fp32"
    assert not again.capabilities.precisions[0].undecided
    again.close()


def test_auto_takes_what_is_harmless_after_the_frames(standin, known_speed, here):
    """Not by the photograph alone; then for all times, without another measurement."""
    before, told = made(standin)
    assert before._engine.precision == "fp32"
    assert "after a comparison on the camera's images: torch bf16, joints differ from fp32 by" in told
    review = watched(before)
    assert review.outdated
    assert before._engine.precision == "fp32"  # until another is loaded
    after, told = made(standin)
    assert after._engine.precision == "bf16"
    assert "measured before" in told
    (network,) = after.capabilities.precisions
    assert (network.precision, network.seen, network.undecided) == ("bf16", "camera", False)
    assert 0.0 < network.error.mean_mm < 1.0
    assert watched(after) is None
    before.close()
    after.close()


def test_a_precision_that_is_asked_for_warns_with_the_number(amplifying, bf16, here):
    estimator, told = made(amplifying, "bf16")
    assert estimator._engine.precision == "bf16"
    (network,) = estimator.capabilities.precisions
    assert network.error.mean_mm > 80.0
    for text in (told, estimator.capabilities.warning):
        assert f"torch bf16, {network.error.text} (photograph)" in text
    assert "precision: auto allows 5 mm mean and 20 mm p99" in estimator.capabilities.warning
    review = watched(estimator)
    assert review.warning
    assert review.text in estimator.capabilities.warning
    assert "(camera)" in estimator.capabilities.warning
    estimator.close()


def test_a_precision_that_is_asked_for_and_harmless_warns_of_nothing(standin, bf16):
    estimator, told = made(standin, "bf16")
    assert "joints differ from fp32 by" in told
    assert "precision" not in estimator.capabilities.warning
    estimator.close()


def test_in_float32_there_is_nothing_to_be_found_out(standin):
    closed = Standing.closed
    estimator, told = made(standin, "fp32")
    assert told.splitlines()[-1] == "engine: torch fp32"  # what was converted is told before
    assert watched(estimator) is None
    assert Standing.closed == closed  # nobody was looked for
    estimator.close()


def test_crops_of_the_photograph(standin, monkeypatch):
    """Each a little elsewhere; hands where the body has them."""
    monkeypatch.setattr(joint_judge, "_CROPS", 30)
    closed = Standing.closed
    crops = photograph_crops(Standing)
    assert (crops.shape, crops.dtype) == ((30, 224, 224, 3), np.uint8)
    assert len({crop.tobytes() for crop in crops}) == 30
    assert crops.std() > 30.0
    assert Standing.closed == closed + 1
    kinds = [("body", crops[0]), ("hand", crops[1]), ("hand", crops[2])]
    monkeypatch.setattr(joint_judge, "crops_of", lambda *_: iter(kinds))
    assert {crop.tobytes() for crop in photograph_crops(Standing, object())} == {
        crops[1].tobytes(),
        crops[2].tobytes(),
    }
    monkeypatch.setattr(Standing, "detect", lambda *_: [])
    assert photograph_crops(Standing).shape == (0, 224, 224, 3)
    monkeypatch.setattr(joint_judge, "photograph_path", lambda: None)
    assert photograph_crops(pytest.fail).shape == (0, 224, 224, 3)
