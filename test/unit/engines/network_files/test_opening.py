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

"""Networks that are taken: pixels go in as told, outputs come in the order asked for, by every engine."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from frankmocap_ros.assets.model_files import model_path
from frankmocap_ros.engines.network_files.checked_path import NetworkFile
from frankmocap_ros.engines.network_files.litert_file import LiteRtReader
from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.onnx_structure import with_outputs
from frankmocap_ros.engines.network_files.opening import open_network
from frankmocap_ros.engines.network_files.openvino_file import OpenVinoReader
from frankmocap_ros.engines.network_files.signature import Needed, Port, Signature, fitted
from frankmocap_ros.errors import AssetError, EstimatorError
from support.small_networks import POSENET, network, written

ENGINES = ("openvino", "onnxruntime")
ROWS_FIRST = Signature("rows", Needed("image", ("N", "H", "W", 3)), (Needed("image", ("N", "H", "W", 3)),))
CHANNELS_FIRST = Signature(
    "channels", Needed("image", ("N", 3, "H", "W")), (Needed("image", ("N", 3, "H", "W")),)
)
ECHOES = {
    "rows": (ROWS_FIRST, (1, 6, 8, 3), TensorProto.FLOAT),
    "channels": (CHANNELS_FIRST, (1, 3, 6, 8), TensorProto.FLOAT),
    "half": (CHANNELS_FIRST, (1, 3, 6, 8), TensorProto.FLOAT16),
    "int32": (ROWS_FIRST, (1, 6, 8, 3), TensorProto.INT32),
    "uint8": (ROWS_FIRST, (1, 6, 8, 3), TensorProto.UINT8),
    "open": (CHANNELS_FIRST, ("batch", 3, "height", "width"), TensorProto.FLOAT),
}
PIXELS = np.random.default_rng(4).integers(0, 256, (2, 6, 8, 3), np.uint8)


def on(engine, **more):
    return NetworkOptions(engine=engine, device="cpu", threads=1, **more)


def echo(path, shape, kind):
    """A network whose output is its input."""
    ports = [
        [helper.make_tensor_value_info(name, k, list(shape))]
        for name, k in (("in", kind), ("out", TensorProto.FLOAT))
    ]
    node = helper.make_node("Cast", ["in"], ["out"], to=TensorProto.FLOAT)
    graph = helper.make_graph([node], "echo", *ports)
    return written(path, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ECHOES)
def test_pixels_go_in_as_told(name, engine, tmp_path):
    signature, shape, kind = ECHOES[name]
    opened = open_network(echo(tmp_path / "net.onnx", shape, kind), [signature], on(engine))
    assert (opened.fit.sizes["H"], opened.fit.sizes["W"]) == ((None, None) if name == "open" else (6, 8))
    plain = opened.compiled(ImageInput(6, 8))
    (out,) = plain(PIXELS)
    first = signature is CHANNELS_FIRST
    wanted = PIXELS.transpose(0, 3, 1, 2) if first else PIXELS
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, wanted.astype(np.float32))
    (alone,) = plain(PIXELS[1:])
    np.testing.assert_array_equal(alone, out[1:])
    plain.close()
    plain.close()
    with pytest.raises(EstimatorError, match="is closed"):
        plain(PIXELS)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["rows", "channels", "half", "open"])
def test_pixels_are_scaled_by_channel(name, engine, tmp_path):
    signature, shape, kind = ECHOES[name]
    opened = open_network(echo(tmp_path / "net.onnx", shape, kind), [signature], on(engine))
    mean, scale = (10.0, 20.0, 30.0), (2.0, 4.0, 8.0)
    (out,) = opened.compiled(ImageInput(6, 8, mean, scale))(PIXELS)
    wanted = (PIXELS.astype(np.float32) - mean) / scale
    wanted = wanted.transpose(0, 3, 1, 2) if signature is CHANNELS_FIRST else wanted
    np.testing.assert_allclose(out, wanted, atol=0.05 if name == "half" else 1e-5)


def test_several_images_side_by_side_give_what_each_gives_alone(tmp_path):
    signature, shape, kind = ECHOES["rows"]
    path = echo(tmp_path / "net.onnx", shape, kind)
    options = NetworkOptions(engine="openvino", device="cpu", threads=2, several=True)
    network = open_network(path, [signature], options).compiled(ImageInput(6, 8))
    assert network.batches
    images = np.random.default_rng(8).integers(0, 256, (5, 6, 8, 3), np.uint8)
    for count in (5, 2, 1, 4):
        (out,) = network(images[:count])
        np.testing.assert_array_equal(out, images[:count].astype(np.float32))
    network.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_results_are_not_overwritten_by_the_next_call(engine, tmp_path):
    signature, shape, kind = ECHOES["rows"]
    network = open_network(echo(tmp_path / "net.onnx", shape, kind), [signature], on(engine)).compiled(
        ImageInput(6, 8)
    )
    (first,) = network(PIXELS[:1])
    kept = first.copy()
    network(PIXELS[1:])
    np.testing.assert_array_equal(first, kept)
    images = PIXELS[:1].copy()
    images.flags.writeable = False
    np.testing.assert_array_equal(network(images)[0], kept)


@pytest.mark.parametrize("engine", ENGINES)
def test_outputs_come_in_the_order_that_is_asked_for(engine, tmp_path):
    """Whatever their order in the file, and without those that nobody wants."""
    outputs = {"extra": np.zeros((1, 2), np.float32), **dict(reversed(POSENET.items()))}
    outputs["displacement_fwd"] = np.full_like(outputs["displacement_fwd"], 7.0)
    path = written(tmp_path / "net.onnx", network(outputs))
    signature = Signature(
        "two",
        Needed("image", ("N", "H", "W", 3)),
        (
            Needed("forward", ("N", "h", "w", 32), ("fwd",)),
            Needed("heat", ("N", "h", "w", 17)),
        ),
    )
    opened = open_network(path, [signature], on(engine))
    forward, heat = opened.compiled(ImageInput(33, 33))(np.zeros((1, 33, 33, 3), np.uint8))
    assert (forward == 7.0).all()
    assert (heat == -5.0).all()


def test_outputs_that_nobody_wants_are_cut():
    data = network(POSENET).SerializeToString()
    cut = onnx.load_model_from_string(with_outputs(memoryview(data), (2, 0)))
    assert [port.name for port in cut.graph.output] == ["displacement_fwd", "heatmap"]
    onnx.checker.check_model(cut)
    whole = onnx.load_model_from_string(with_outputs(memoryview(data), range(4)))
    assert whole == onnx.load_model_from_string(data)


def test_both_readers_of_tflite_give_the_same():
    path = model_path("pose_detection")
    signature = Signature(
        "detector",
        Needed("image", (1, "H", "W", 3)),
        (Needed("scores", (1, 2254, 1)), Needed("boxes", (1, 2254, 12))),
    )
    image = np.random.default_rng(6).integers(0, 256, (1, 224, 224, 3), np.uint8)
    found = []
    for reader in (OpenVinoReader, LiteRtReader):
        read = reader(NetworkFile(path, "TFLite"), on("auto"))
        fit = fitted(read.inputs, read.outputs, [signature])
        run = read.compiled(fit, ImageInput(224, 224, (127.5,) * 3, (127.5,) * 3))
        found.append(run(image))
        run.close()
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3 * max(1.0, np.abs(other).max()))


# --- what is asked for and cannot be -------------------------------------------------------------

REFUSED = {
    "torch": (NetworkOptions(engine="torch"), "engine: torch does not run ONNX files; allowed: auto"),
    "litert": (NetworkOptions(precision="fp16", engine="openvino", device="cpu"), "precision: openvino runs"),
    "int8": (NetworkOptions(precision="int8", engine="onnxruntime", device="cpu"), "precision: onnxruntime"),
    "cuda": (NetworkOptions(engine="openvino", device="cuda"), "device: no engine here runs ONNX files on"),
    "gpu": (NetworkOptions(device="cuda"), "this onnxruntime has no CUDAExecutionProvider"),
    "tensorrt": (NetworkOptions(engine="tensorrt"), "this onnxruntime has no TensorrtExecutionProvider"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_words(name, tmp_path):
    options, text = REFUSED[name]
    signature, shape, kind = ECHOES["rows"]
    with pytest.raises(EstimatorError) as caught:
        open_network(echo(tmp_path / "net.onnx", shape, kind), [signature], options)
    assert text in str(caught.value)


# --- signatures ----------------------------------------------------------------------------------

A = Signature("a", Needed("image", ("N", "H", "W", 3)), (Needed("map", ("N", "h", "w", 2), ("x",)),))
IMAGE = Port(("in",), (1, 8, 8, 3), "f32")


def outputs_of(*shapes, names=None):
    return [Port((name,), shape, "f32") for name, shape in zip(names or "abcdef", shapes, strict=False)]


def test_a_letter_is_one_length_everywhere():
    square = Signature(
        "s",
        Needed("image", ("N", "S", "S", 3)),
        (
            Needed(
                "map",
                ("N", "S"),
            ),
        ),
    )
    assert fitted([IMAGE], outputs_of((1, 8)), [square]).sizes == {"N": 1, "S": 8}
    with pytest.raises(AssetError):
        fitted([IMAGE], outputs_of((1, 9)), [square])
    with pytest.raises(AssetError):
        fitted([Port(("in",), (1, 8, 9, 3), "f32")], outputs_of((1, 8)), [square])
    assert fitted([Port(("in",), (None,) * 4, "f32")], outputs_of((1, 8)), [square]).sizes["S"] == 8


def test_names_tell_outputs_of_one_shape_apart():
    two = outputs_of((1, 4, 4, 2), (1, 4, 4, 2), names=("map_Y", "map_X"))
    assert fitted([IMAGE], two, [A]).outputs == (1,)
    with pytest.raises(AssetError, match="named like x"):
        fitted([IMAGE], outputs_of((1, 4, 4, 2), (1, 4, 4, 2)), [A])
    assert fitted([IMAGE], outputs_of((1, 4, 4, 2)), [A]).outputs == (0,)  # nothing to be told apart


def test_the_first_signature_that_fits():
    b = Signature("b", A.image, (Needed("list", ("N", 5)),))
    assert fitted([IMAGE], outputs_of((1, 5)), [A, b]).signature is b
    with pytest.raises(AssetError, match=r"Expected: a: image .*; or b: "):
        fitted([IMAGE], outputs_of((1, 6)), [A, b])


def test_a_port_of_unknown_rank_fits_nothing():
    with pytest.raises(AssetError, match="of any shape"):
        fitted([IMAGE], [Port((), None, "f32")], [A])
