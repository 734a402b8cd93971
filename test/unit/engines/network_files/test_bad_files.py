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

"""Files that are no network, another one, or a danger: refused in words, before or while they are read."""

import os
import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from frankmocap_ros.assets.model_files import model_path
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.posenet.estimator import PoseNetEstimator
from support.small_networks import POSENET, network, posenet, written

ENGINES = ("openvino", "onnxruntime")
GOOD = network(POSENET)


def renamed(outputs, **names):
    return {names.get(name, name): array for name, array in outputs.items()}


def external(path, location):
    """A network whose weights lie elsewhere, as ``onnx.save`` writes it."""
    model = network({**POSENET, "offset": np.zeros((1, 3, 3, 34), np.float32)})
    tensor = model.graph.initializer[1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    (path.parent / "weights.bin").write_bytes(bytes(4 * 3 * 3 * 34))
    return written(path, model)


def missing(folder):
    return folder / "absent.onnx"


def empty(folder):
    path = folder / "net.onnx"
    path.touch()
    return path


def text(folder):
    path = folder / "net.onnx"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n")
    return path


def random_bytes(folder):
    path = folder / "net.onnx"
    path.write_bytes(np.random.default_rng(1).bytes(5000))
    return path


def truncated(folder):
    path = written(folder / "net.onnx", GOOD)
    path.write_bytes(path.read_bytes()[:-40])
    return path


def another_message(folder):
    path = folder / "net.onnx"
    path.write_bytes(GOOD.graph.initializer[1].SerializeToString())
    return path


def other_ending(folder):
    return written(folder / "net.pt", GOOD)


def no_network_in_folder(folder):
    return folder


def two_networks_in_folder(folder):
    written(folder / "a.onnx", GOOD)
    written(folder / "b.onnx", GOOD)
    return folder


def link_out_of_folder(folder):
    inner = folder / "model"
    inner.mkdir()
    (inner / "net.onnx").symlink_to(written(folder / "net.onnx", GOOD))
    return inner


def huge(folder):
    path = folder / "net.onnx"
    path.touch()
    os.truncate(path, 3 << 30)  # takes no room
    return path


def pipe(folder):
    path = folder / "net.onnx"
    os.mkfifo(path)
    return path


def external_data(folder):
    return external(folder / "net.onnx", "weights.bin")


def external_data_outside(folder):
    (folder / "model").mkdir()
    return external(folder / "model" / "net.onnx", "../../../../etc/passwd")


def external_data_in_a_branch(folder):
    """A tensor in a graph within a node."""
    model = network(POSENET)
    tensor = helper.make_tensor("inner", TensorProto.FLOAT, [1], [0.0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add().key = "location"
    branch = helper.make_graph([helper.make_node("Constant", [], ["y"], value=tensor)], "branch", [], [])
    model.graph.node.append(helper.make_node("If", ["mean"], [], then_branch=branch, else_branch=branch))
    return written(folder / "net.onnx", model)


def compiled_engine(folder):
    model = network(POSENET)
    model.graph.node.append(
        helper.make_node(
            "EPContext", ["mean"], ["x"], domain="com.microsoft", ep_cache_context="/tmp/engine", embed_mode=0
        )
    )
    return written(folder / "net.onnx", model)


def message(number, content):
    """One field of a message that holds a message."""
    length, out = len(content), bytearray([number << 3 | 2])
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(out) + bytes([length]) + content


def graphs_in_graphs(folder):
    graph = b""
    for _ in range(40):
        graph = message(1, message(5, message(6, graph)))  # a node's attribute
    path = folder / "net.onnx"
    path.write_bytes(message(7, graph))
    return path


def wrong_count(folder):
    return written(folder / "net.onnx", network(posenet(heatmap=np.zeros((1, 3, 3, 14), np.float32))))


def wrong_cells(folder):
    return written(folder / "net.onnx", network(posenet(offset=np.zeros((1, 5, 3, 34), np.float32))))


def wrong_names(folder):
    names = {"displacement_fwd": "one", "displacement_bwd": "other"}
    return written(folder / "net.onnx", network(renamed(POSENET, **names)))


def wrong_image(folder):
    return written(folder / "net.onnx", network(POSENET, image=(1, 33, 33, 4)))


def two_inputs(folder):
    model = network(POSENET)
    model.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1]))
    model.graph.node.append(helper.make_node("Add", ["second", "mean"], ["sum"]))
    model.graph.output.append(helper.make_tensor_value_info("sum", TensorProto.FLOAT, [1]))
    return written(folder / "net.onnx", model)


def too_few_outputs(folder):
    return written(folder / "net.onnx", network({"heatmap": POSENET["heatmap"]}))


def not_finite(folder):
    heat = POSENET["heatmap"].copy()
    heat[0, 1, 1, 3] = np.nan
    return written(folder / "net.onnx", network(posenet(heatmap=heat)))


def other_shape_than_stated(folder):
    """The shape follows from the image, so that nobody knows it before it runs."""
    heat = np.zeros((1, 3, 3, 9), np.float32)
    model = network(posenet(heatmap=heat), stated={"heatmap": ("n", "h", "w", "k")})
    graph = model.graph
    graph.node[-4].output[0] = "flat"
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(heat.shape, np.float32), "sides"))
    graph.node.append(helper.make_node("Add", ["sides", "nothing"], ["sides_found"]))
    graph.node.append(helper.make_node("Cast", ["sides_found"], ["sides_whole"], to=TensorProto.INT64))
    graph.node.append(helper.make_node("Reshape", ["flat", "sides_whole"], ["heatmap"]))
    return written(folder / "net.onnx", model)


def unknown_operation(folder):
    model = network(POSENET)
    model.graph.node[-1].op_type = "Frobnicate"
    return written(folder / "net.onnx", model)


def weights_too_short(folder):
    model = network(POSENET)
    model.graph.initializer[1].raw_data = model.graph.initializer[1].raw_data[:-8]
    return written(folder / "net.onnx", model)


def tflite_that_is_none(folder):
    path = folder / "net.tflite"
    path.write_bytes(b"\x1c\0\0\0TFL2" + bytes(200))
    return path


def tflite_truncated(folder):
    path = folder / "net.tflite"
    path.write_bytes(model_path("pose_detection").read_bytes()[:5000])
    return path


def another_tflite(folder):
    path = folder / "net.tflite"
    path.write_bytes(model_path("pose_detection").read_bytes())
    return path


def openvino_of(folder, model=GOOD):
    import openvino

    made = openvino.Core().read_model(model.SerializeToString())
    openvino.save_model(made, folder / "net.xml", compress_to_fp16=False)
    return folder / "net.xml"


def openvino_without_weights(folder):
    path = openvino_of(folder)
    path.with_suffix(".bin").unlink()
    return path


def openvino_weights_outside(folder):
    inner = folder / "model"
    inner.mkdir()
    path = openvino_of(inner)
    path.with_suffix(".bin").rename(folder / "net.bin")
    path.with_suffix(".bin").symlink_to(folder / "net.bin")
    return inner


def openvino_weights_too_short(folder):
    path = openvino_of(folder)
    weights = path.with_suffix(".bin")
    weights.write_bytes(weights.read_bytes()[:16])
    return path


def xml_of_something_else(folder):
    path = folder / "net.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')
    return path


def xml_truncated(folder):
    path = openvino_of(folder)
    path.write_text(path.read_text()[:700])
    return path


ONNX_FILES = {
    truncated: "ends too early|no ONNX file",
    wrong_count: r"another network.*heatmap \(1, 3, 3, 14\).*Expected.*heat maps \(N, h, w, 17\)",
    wrong_cells: r"another network.*offset \(1, 5, 3, 34\).*Expected.*offsets \(N, h, w, 34\)",
    wrong_names: "another network.*one.*other.*Expected.*named like fwd or forward",
    wrong_image: r"another network.*\(1, 33, 33, 4\).*Expected.*RGB image \(N, H, W, 3\)",
    two_inputs: "another network.*second.*Expected",
    too_few_outputs: "another network.*Expected",
    not_finite: "not finite as heat maps",
    other_shape_than_stated: r"gives output \(1, 3, 3, 9\).*Expected: heat maps \(N, h, w, 17\)",
    unknown_operation: "cannot be read by|does not run",
    weights_too_short: "cannot be read by|does not run",
}
OTHER_FILES = {
    missing: "is missing; allowed: an ONNX file",
    empty: "is empty",
    text: "no ONNX file",
    random_bytes: "no ONNX file",
    another_message: "no ONNX file",
    other_ending: "no network's file; allowed: an ONNX file",
    no_network_in_folder: "folder that holds not one network but: none",
    two_networks_in_folder: "folder that holds not one network but: a.onnx, b.onnx; name the file",
    link_out_of_folder: "link to another folder, which is not followed",
    huge: "3072 MiB large; allowed: up to 1024 MiB",
    pipe: "no regular file",
    external_data: "weights in another file.*not followed; save it as one file",
    external_data_outside: "weights in another file.*not followed",
    external_data_in_a_branch: "weights in another file.*not followed",
    compiled_engine: "compiled engine",
    graphs_in_graphs: "deeper than 32",
    tflite_that_is_none: "no TFLite file",
    tflite_truncated: "cannot be read by OpenVINO|does not run",
    another_tflite: r"another network.*\(1, 224, 224, 3\).*Expected",
    openvino_without_weights: r"needs net\.bin beside it, which is missing",
    openvino_weights_outside: "behind a link to another folder, which is not followed",
    openvino_weights_too_short: "cannot be read by OpenVINO",
    xml_of_something_else: "no network of OpenVINO",
    xml_truncated: "cannot be read by OpenVINO",
}


def refusal(path, engine="auto"):
    with pytest.raises(AssetError) as caught:
        PoseNetEstimator(path, NetworkOptions(engine=engine, device="cpu"))
    return str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("make", ONNX_FILES, ids=lambda make: make.__name__)
def test_another_network_is_refused_with_what_was_expected(make, engine, tmp_path):
    path = make(tmp_path)
    told = refusal(path, engine)
    assert told.startswith(f"model: {path} ")
    assert len(told) < 1500
    assert re.search(ONNX_FILES[make], told, re.S), told


@pytest.mark.parametrize("make", OTHER_FILES, ids=lambda make: make.__name__)
def test_no_network_is_refused_with_what_is_allowed(make, tmp_path):
    path = make(tmp_path)
    told = refusal(path)
    assert told.startswith(f"model: {path} ")
    assert re.search(OTHER_FILES[make], told, re.S), told


def test_a_file_cut_anywhere_is_refused(tmp_path):
    data = GOOD.SerializeToString()
    path = tmp_path / "net.onnx"
    # up to its graph's end: what may follow is told apart by no reader
    end = len(data) - len(helper.make_opsetid("", 15).SerializeToString()) - 2
    for length in np.random.default_rng(2).integers(0, end, 200):
        path.write_bytes(data[:length])
        refusal(path)


def test_bytes_that_are_changed_never_crash(tmp_path):
    """Refused or run, in words or as a network: a wrong byte never ends the process."""
    rng = np.random.default_rng(3)
    data = bytearray(GOOD.SerializeToString())
    path = tmp_path / "net.onnx"
    for _ in range(40):
        spoiled = bytearray(data)
        for at in rng.integers(0, len(data), 3):
            spoiled[at] = rng.integers(0, 256)
        path.write_bytes(spoiled)
        try:
            PoseNetEstimator(path).close()
        except AssetError as error:
            assert str(error).startswith("model: ")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_good_one_is_taken(engine, tmp_path):
    estimator = PoseNetEstimator(
        written(tmp_path / "net.onnx", GOOD), NetworkOptions(engine=engine, device="cpu")
    )
    assert estimator.capabilities.device == f"cpu {engine} fp32"
    estimator.close()


def test_a_folder_with_one_network_is_taken(tmp_path):
    openvino_of(tmp_path)
    (tmp_path / "metadata.yaml").write_text("task: pose")
    PoseNetEstimator(tmp_path).close()


def test_the_onnx_package_agrees_that_the_good_one_is_good():
    onnx.checker.check_model(GOOD)
