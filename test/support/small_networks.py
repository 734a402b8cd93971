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

"""Small ONNX networks whose outputs are known: constants, whatever image goes in."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage

Side = int | str
SIDE_PX, CELLS = 33, 3
POSENET = {
    "heatmap": np.full((1, CELLS, CELLS, 17), -5.0, np.float32),
    "offset": np.zeros((1, CELLS, CELLS, 34), np.float32),
    "displacement_fwd": np.zeros((1, CELLS, CELLS, 32), np.float32),
    "displacement_bwd": np.zeros((1, CELLS, CELLS, 32), np.float32),
}
"""Outputs of a PoseNet for images of 33 px that sees nobody."""


def network(
    outputs: Mapping[str, NDArray[Any]],
    image: Sequence[Side] = (1, SIDE_PX, SIDE_PX, 3),
    kind: int = TensorProto.FLOAT,
    stated: Mapping[str, Sequence[Side]] | None = None,
) -> onnx.ModelProto:
    """A network that gives constants.

    Args:
        outputs: arrays by name, in the file's order.
        image: shape of the input; letters for sides of any length.
        kind: of the input.
        stated: shapes by name, where the file is to state others than the arrays have.
    """
    nodes = [
        helper.make_node("Cast", ["image"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "none"], ["nothing"]),
    ]
    weights = [numpy_helper.from_array(np.float32(0.0), "none")]
    ports = []
    for name, array in outputs.items():
        weights.append(numpy_helper.from_array(array, f"{name}_kept"))
        nodes.append(helper.make_node("Add", [f"{name}_kept", "nothing"], [name]))
        shape = (stated or {}).get(name, array.shape)
        ports.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
    image_port = helper.make_tensor_value_info("image", kind, list(image))
    graph = helper.make_graph(nodes, "small", [image_port], ports, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def written(path: Path, model: onnx.ModelProto) -> Path:
    """The network's file."""
    path.write_bytes(model.SerializeToString())
    return path


def posenet(**changed: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Outputs of ``POSENET`` with some of them changed."""
    return {**POSENET, **changed}


def blank_view(width: int, height: int) -> ScaledImage:
    """A gray image of nobody."""
    pixels = np.full((height, width, 3), 128, np.uint8)
    return ScaledImage(Bitmap(pixels), Camera.from_fov(width, height, 60.0), False, 0.0)
