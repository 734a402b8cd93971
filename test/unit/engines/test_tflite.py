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

"""TFLite networks: both engines give the same, outputs that nobody wants are cut, errors are told."""

import numpy as np
import pytest

from frankmocap_ros.assets.model_files import VARIANTS, model_path
from frankmocap_ros.engines import tflite_installed
from frankmocap_ros.engines.tflite import TfliteModel, TfliteOptions
from frankmocap_ros.engines.tflite_choice import engine_version, load_tflite
from frankmocap_ros.engines.tflite_installed import tflite_engine
from frankmocap_ros.engines.tflite_litert import LiteRtTflite
from frankmocap_ros.engines.tflite_openvino import OpenVinoTflite
from frankmocap_ros.errors import EstimatorError, MissingDependencyError

ENGINES = (OpenVinoTflite, LiteRtTflite)
SHAPES = [(195,), (1,), (64, 64, 39), (117,)]


def landmarks(variant="full", outputs=(0, 1, 3, 4), **more):
    return TfliteModel(model_path(f"pose_landmark_{variant}"), outputs, 256, **more)


@pytest.fixture(scope="module")
def blots():
    """Two soft images."""
    import cv2

    rng = np.random.default_rng(3)
    return np.stack(
        [
            cv2.resize(rng.integers(0, 256, (9, 9, 3), np.uint8), (256, 256), interpolation=cv2.INTER_CUBIC)
            for _ in range(2)
        ]
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_both_engines_give_the_same(variant, blots):
    found = []
    for engine in ENGINES:
        network = engine(landmarks(variant), TfliteOptions(threads=2))
        found.append(network(blots))
        network.close()
    for images in zip(*found, strict=True):
        for one, other, shape in zip(*images, SHAPES, strict=True):
            assert one.shape == other.shape == shape
            assert one.dtype == other.dtype == np.float32
            np.testing.assert_allclose(one, other, atol=2e-3 * max(1.0, np.abs(other).max()))


@pytest.mark.parametrize("engine", ENGINES)
def test_several_images_give_what_each_gives_alone(engine, blots):
    """The outputs of one are not overwritten by another's."""
    network = engine(landmarks(), TfliteOptions(threads=2))
    alone = [[values.copy() for values in network([image])[0]] for image in blots]
    for order in ((0, 1), (1, 0, 1, 1, 0), (0,), ()):
        together = network([blots[i] for i in order])
        assert len(together) == len(order)
        for found, i in zip(together, order, strict=True):
            for one, other in zip(found, alone[i], strict=True):
                np.testing.assert_allclose(one, other, atol=1e-3 * max(1.0, np.abs(other).max()))
    network.close()
    network.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_pixel_values_become_what_the_network_wants(engine, blots):
    """-1..1 of the pixels x is 0..1 of (x + 1) / 2: the same network told otherwise gives other numbers."""
    plain, shifted = engine(landmarks(), TfliteOptions()), engine(landmarks(low=-1.0), TfliteOptions())
    dark, bright = (np.full_like(blots[:1], level) for level in (0, 255))
    # 255 is 1 in both; 0 is 0 in one and -1 in the other
    np.testing.assert_allclose(plain(bright)[0][0], shifted(bright)[0][0], atol=0.3)
    assert np.abs(plain(dark)[0][0] - shifted(dark)[0][0]).max() > 10.0


def test_outputs_that_nobody_wants_are_cut():
    """Segmentation is a third of the network's work; without it half a megabyte less is computed a call."""
    whole = OpenVinoTflite(landmarks(outputs=(0, 1, 2, 3, 4)), TfliteOptions(threads=1))
    cut = OpenVinoTflite(landmarks(), TfliteOptions(threads=1))

    def operations(network):
        return len(network._compiled.get_runtime_model().get_ops())

    assert operations(cut) < 0.95 * operations(whole)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_is_no_network_is_told(engine, tmp_path):
    path = tmp_path / "pose_landmark_full.tflite"
    path.write_bytes(b"\0" * 4096)
    with pytest.raises(EstimatorError, match=str(path)):
        engine(TfliteModel(path, (0,), 256), TfliteOptions())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_network_of_another_kind_is_told(engine):
    with pytest.raises(EstimatorError, match="pose_detection"):
        engine(TfliteModel(model_path("pose_detection"), (0, 1, 3, 4), 256), TfliteOptions())


def test_the_fastest_that_is_installed_is_taken(monkeypatch):
    assert tflite_engine() == "openvino"
    assert engine_version()[0] == "openvino"
    monkeypatch.setattr(tflite_installed, "find_spec", lambda name: None if name == "openvino" else name)
    assert tflite_engine() == "ai_edge_litert"
    assert engine_version()[0] == "litert"
    network = load_tflite(landmarks())
    assert network.engine == "litert"
    network.close()
    monkeypatch.setattr(tflite_installed, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="pip install openvino or pip install ai-edge-litert"):
        tflite_engine()
