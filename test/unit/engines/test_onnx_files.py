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

"""Every file that is written for other engines: valid ONNX of simple nodes, with the numbers of torch."""

import numpy as np
import pytest

for package in ("torch", "onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package, reason=f"{package} is not installed: exported files were not tested")

import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402

from frankmocap_ros.engines.base import EngineOptions  # noqa: E402
from frankmocap_ros.engines.export import OPSETS, OnnxFormat, onnx_file, write_onnx  # noqa: E402
from frankmocap_ros.estimators.frankmocap.networks.hand import HandNetwork  # noqa: E402
from frankmocap_ros.estimators.frankmocap.networks.resnet import ResNet50  # noqa: E402
from frankmocap_ros.estimators.frankmocap.trunks import body_trunk, hand_trunk  # noqa: E402
from frankmocap_ros.estimators.openpose.network import MapsOfPixels, Pose2dNetwork  # noqa: E402

TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
# against float32, of the largest feature: rounding of the weights, and of each layer's numbers
ERROR = {"fp32": 1e-4, "fp16": 4e-3, "bf16": 3e-2}
SIMPLE = {"Cast", "Sub", "Div", "Transpose", "Conv", "Relu", "MaxPool", "Add", "ReduceMean", "Gemm"}
OF_POSE2D = {
    "Cast",
    "Sub",
    "Div",
    "Transpose",
    "Conv",
    "Relu",
    "Elu",
    "Add",
    "Concat",
    "Unsqueeze",
    "Squeeze",
}


def seeded(make):
    torch.manual_seed(2)
    return make().eval().requires_grad_(False)


class Exported:
    """A network in torch's float32, and how to write it."""

    def __init__(self, name, build, write, nodes, shapes):
        self.name, self.build, self.write, self.nodes, self.shapes = name, build, write, nodes, shapes


def of_trunk(name, trunk):
    return Exported(
        name,
        trunk.build,
        lambda precision, folder: onnx_file(trunk, precision, EngineOptions(device="cpu", cache=folder)),
        SIMPLE,
        [(1, 224, 224, 3), (3, 224, 224, 3)],
    )


def pose2d():
    def build(dtype):
        return MapsOfPixels(seeded(Pose2dNetwork), dtype).eval()

    def write(precision, folder):
        sides = {axis: 8 * torch.export.Dim(name, min=4, max=128) for axis, name in enumerate("hw")}
        form = OnnxFormat(["maps"], OPSETS[precision], (sides,))
        path = folder / "pose2d.onnx"
        write_onnx(build(TYPES[precision]), torch.zeros((64, 96, 3), dtype=torch.uint8), path, form)
        return path

    return Exported("pose2d", build, write, OF_POSE2D, [(64, 96, 3), (96, 64, 3)])


NETWORKS = [
    of_trunk("body", body_trunk(lambda: seeded(ResNet50), "b" * 64)),
    of_trunk("hand", hand_trunk(lambda: seeded(HandNetwork), "c" * 64)),
    pose2d(),
]


@pytest.fixture(
    scope="module", params=[(n, p) for n in NETWORKS for p in TYPES], ids=lambda c: f"{c[0].name}-{c[1]}"
)
def written(request, tmp_path_factory):
    """A network, its precision, and its file."""
    network, precision = request.param
    return network, precision, network.write(precision, tmp_path_factory.mktemp(network.name))


def in_float32(model):
    """The same network with float32 for bfloat16, for which ONNX Runtime has no kernels on CPUs."""
    float32, bfloat16 = onnx.TensorProto.FLOAT, onnx.TensorProto.BFLOAT16
    for tensor in model.graph.initializer:
        if tensor.data_type == bfloat16:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.i == bfloat16:
                attribute.i = float32
    del model.graph.value_info[:]
    return model


def test_it_is_valid_and_agrees_with_torch(written):
    network, precision, path = written
    model = onnx.load(path)
    onnx.checker.check_model(str(path), full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert model.opset_import[0].version == OPSETS[precision]
    # what depends on sizes that are not known is what TensorRT refuses, and what lands on the CPU
    assert {node.op_type for node in model.graph.node} <= network.nodes
    runs = in_float32(model).SerializeToString() if precision == "bf16" else str(path)
    session = onnxruntime.InferenceSession(runs, providers=["CPUExecutionProvider"])
    exact = network.build(torch.float32)
    for shape in network.shapes:
        pixels = np.random.default_rng(4).integers(0, 256, shape, np.uint8)
        (found,) = session.run(None, {"crops": pixels})
        expected = exact(torch.from_numpy(pixels)).numpy()
        assert found.dtype == np.float32
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() < ERROR[precision] * np.abs(expected).max()
