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

"""A transpose goes before the squeeze that it takes its input from, and nothing else changes."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from frankmocap_ros.engines.network_files.openvino_transposes import transpose_first
from frankmocap_ros.engines.openvino import core, load_openvino

SHAPE = (1, 3, 4, 5)


def written(path, order, squeezed=(0,), also_squeezed=False):
    """A convolution whose result is squeezed and transposed; the squeezed one may be an output, too."""
    weights = np.random.default_rng(0).normal(size=(1 if 1 in squeezed else 6, 3, 1, 1)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["image", "weights"], ["found"]),
        helper.make_node("Squeeze", ["found", "axes"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["turned"], perm=order),
        helper.make_node("Relu", ["turned"], ["result"]),
    ]
    outputs = ["result", *(["flat"] if also_squeezed else [])]
    graph = helper.make_graph(
        nodes,
        "squeezed",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array(squeezed), "axes")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def result(network):
    image = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    return core().compile_model(network, "CPU")(image)[0]


def kinds(network):
    wanted = ("Squeeze", "Transpose")
    return [op.get_type_name() for op in network.get_ordered_ops() if op.get_type_name() in wanted]


@pytest.mark.parametrize(
    ("order", "squeezed"), [((1, 2, 0), (0,)), ((2, 0, 1), (-4,)), ((1, 0), (0, 1)), ((1, 0, 2), (1,))]
)
def test_the_result_is_the_same(tmp_path, order, squeezed):
    network = core().read_model(written(tmp_path / "network.onnx", order, squeezed))
    before = result(network)
    assert kinds(network) == ["Squeeze", "Transpose"]
    assert transpose_first(load_openvino(), network) == 1
    assert kinds(network) == ["Transpose", "Squeeze"]
    after = result(network)
    assert after.shape == before.shape
    assert np.array_equal(after, before)


def test_what_somebody_else_takes_stays(tmp_path):
    network = core().read_model(written(tmp_path / "network.onnx", (1, 2, 0), also_squeezed=True))
    assert transpose_first(load_openvino(), network) == 0
    assert kinds(network) == ["Squeeze", "Transpose"]
