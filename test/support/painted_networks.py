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

"""Networks with the inputs and outputs of published ones, which see a red spot as a person.

The published weights of some formats cannot be had here. These stand in: the graph looks at the pixels that
it is given, and the keypoints that it paints lie around the red spot in them. So what comes out is right only
if scaling, order of channels, crop and decoding are.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
_OPSET = 17


@dataclass(frozen=True, eq=False)
class Pixels:
    """How pixels come into a network: (pixel - mean) / scale of each channel, and which channel is red."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    red: int = 0


YOLO = Pixels(scale=(255.0,) * 3)
RTMPOSE = Pixels((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
OPENPOSE = Pixels((128.0,) * 3, (256.0,) * 3, red=2)


class Graph:
    """Nodes of a network whose one input is an image (1, 3, H, W)."""

    def __init__(self, height: int, width: int, pixels: Pixels) -> None:
        self.height, self.width = height, width
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._see(pixels)

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Append a node with one output, and name that."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: object, kind: type = np.float32) -> str:
        """Name of a constant."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def _see(self, pixels: Pixels) -> None:
        """Name the spot's place ``x`` and ``y`` [px], of shape (1, 1, 1), and ``seen``: 1 if it is there."""
        # back to 0..255, then red without green and blue
        scale = np.array(pixels.scale).reshape(1, 3, 1, 1)
        plain = self.node("Mul", "image", self.constant(scale))
        plain = self.node("Add", plain, self.constant(np.reshape(pixels.mean, (1, 3, 1, 1))))
        weights = np.full((1, 3, 1, 1), -1.0)
        weights[0, pixels.red] = 1.0
        axes = self.constant([1], np.int64)
        redness = self.node("ReduceSum", self.node("Mul", plain, self.constant(weights)), axes, keepdims=0)
        mask = self.node("Clip", self.node("Sub", redness, self.constant(100.0)), self.constant(0.0))
        all_axes = self.constant([1, 2], np.int64)
        total = self.node("ReduceSum", mask, all_axes, keepdims=1)
        safe = self.node("Max", total, self.constant(1.0))
        columns = np.arange(self.width).reshape(1, 1, -1) + 0.5
        rows = np.arange(self.height).reshape(1, -1, 1) + 0.5
        for name, places in (("x", columns), ("y", rows)):
            moment = self.node(
                "ReduceSum", self.node("Mul", mask, self.constant(places)), all_axes, keepdims=1
            )
            self._nodes.append(helper.make_node("Div", [moment, safe], [name]))
        one, zero = self.constant(1.0), self.constant(0.0)
        self._nodes.append(helper.make_node("Clip", [total, zero, one], ["seen"]))

    def output(self, name: str, value: str, shape: tuple[int | str, ...]) -> None:
        """Make a value an output."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def save(self, path: Path, sides: tuple[int | str, ...] | None = None) -> Path:
        """Write the file.

        Args:
            path: where.
            sides: what it states as the image's shape, where that is not the plain one.
        """
        shape = list(sides or (1, 3, self.height, self.width))
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self._nodes, "painted", [image], self._outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path


def yolo(path: Path, offsets: Floats, layout: str = "raw", size: tuple[int, int] = (384, 640)) -> Path:
    """A YOLO network that sees one person, and among the rows of others the same one a little worse.

    Args:
        path: of the file.
        offsets: shape (17, 2), the keypoints from the spot [px of the input].
        layout: raw, end_to_end, objects or objects_end_to_end.
        size: height and width of the input.
    """
    graph = Graph(*size, YOLO)
    low, high = offsets.min(axis=0) - 4.0, offsets.max(axis=0) + 4.0
    points = np.concatenate([offsets, np.full((len(offsets), 1), 0.8)], axis=1)
    ends = layout.endswith("end_to_end")
    box = [*low, *high] if ends else [*(0.5 * (low + high)), *(high - low)]
    moves = [1, 2, 1, 2] if ends else [1, 2, 0, 0]  # which numbers the spot's x and y are added to
    scores: list[float] = [0.9] if layout == "raw" else [0.9, 0.0] if ends else [0.9] + 79 * [0.0]
    row = [*box, *scores]
    moves += len(scores) * [0]
    if not layout.startswith("objects"):
        row += points.ravel().tolist()
        moves += len(offsets) * [1, 2, 0]
    number = 300 if ends else 5040
    rows = np.zeros((1, number, len(row)), np.float32)
    rows[0, 7], rows[0, 3] = row, row
    rows[0, 3, 4] = 0.5
    if ends:
        rows[0, 3, 4] = 0.1  # no duplicates there
    present = (rows[..., 4:5] > 0.0).astype(np.float32)
    move = {k: present * (np.array(moves) == k) for k in (1, 2)}
    placed = graph.constant(rows)
    for name, k in (("x", 1), ("y", 2)):
        placed = graph.node("Add", placed, graph.node("Mul", name, graph.constant(move[k])))
    placed = graph.node("Mul", placed, "seen")
    if ends:
        graph.output("output0", placed, (1, number, len(row)))
    else:
        turned = graph.node("Transpose", placed, perm=[0, 2, 1])
        graph.output("output0", turned, (1, len(row), number))
    return graph.save(path)


def rtmpose(
    path: Path,
    offsets: Floats,
    depths: Floats | None = None,
    size: tuple[int, int] = (256, 192),
    names: tuple[str, ...] = ("simcc_x", "simcc_y", "simcc_z"),
) -> Path:
    """An RTMPose network.

    Args:
        path: of the file.
        offsets: shape (K, 2), the keypoints from the spot [px of the input]; NaN for one that is not seen.
        depths: shape (K,), in bins of the third axis; None for a network of two axes.
        size: height and width of the input.
        names: of the outputs.
    """
    graph = Graph(*size, RTMPOSE)
    number = len(offsets)
    axes = [("x", offsets[:, 0], 2 * size[1]), ("y", offsets[:, 1], 2 * size[0])]
    if depths is not None:
        axes.append(("", depths, 2 * size[1]))
    for (spot, places, bins), name in zip(axes, names, strict=False):
        known = np.isfinite(places)
        target = 2.0 * np.where(known, places, 0.0) if spot else places
        middle = graph.constant(target.reshape(1, number, 1))
        if spot:
            middle = graph.node("Add", middle, graph.node("Mul", spot, graph.constant(2.0)))
        away = graph.node("Sub", graph.constant(np.arange(bins).reshape(1, 1, bins)), middle)
        peak = graph.node("Exp", graph.node("Mul", graph.node("Mul", away, away), graph.constant(-0.1)))
        height = np.where(known, 0.9, -0.1).reshape(1, number, 1)
        peak = graph.node("Mul", graph.node("Mul", peak, graph.constant(height)), "seen")
        graph.output(name, peak, ("batch", number, bins))
    return graph.save(path)


def openpose(
    path: Path,
    maps: list[tuple[str, Floats]],
    size: tuple[int, int],
    sides: tuple[int | str, ...] | None = None,
) -> Path:
    """An OpenPose network that gives these maps where the spot is seen, else zeros.

    Args:
        path: of the file.
        maps: name and array (C, H/8, W/8) of each output.
        size: height and width of the input.
        sides: what the file states as the image's shape, where that is not the plain one.
    """
    graph = Graph(*size, OPENPOSE)
    seen = graph.node("Unsqueeze", "seen", graph.constant([0], np.int64))
    for name, array in maps:
        graph.output(name, graph.node("Mul", graph.constant(array[None]), seen), (1, *array.shape))
    return graph.save(path, sides)
