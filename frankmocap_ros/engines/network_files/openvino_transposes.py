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

"""Transposes before squeezes, where a network has them the other way round.

OpenVINO's convolutions leave their channels innermost. A transpose right behind one costs nothing, because
its result lies that way already; with a squeeze in between, it is copied to the order that the network states
and back again.
"""

from typing import Any, Final

import numpy as np

_SQUEEZE: Final = "Squeeze"
_TRANSPOSE: Final = "Transpose"
_CONSTANT: Final = "Constant"


def transpose_first(ov: Any, network: Any) -> int:
    """Exchange each squeeze with the transpose that alone takes its result, in place; outputs stay the same.

    Args:
        ov: the package ``openvino``.
        network: a model of it.

    Returns:
        How many were exchanged.
    """
    exchanged = 0
    for node in network.get_ordered_ops():
        if node.get_type_name() != _TRANSPOSE or not _is_constant(node, 1):
            continue
        squeeze = node.input_value(0).get_node()
        if squeeze.get_type_name() != _SQUEEZE or len(squeeze.output(0).get_target_inputs()) != 1:
            continue
        source = squeeze.input_value(0)
        rank = source.get_partial_shape().rank
        if not _is_constant(squeeze, 1) or rank.is_dynamic:
            continue
        gone = {int(axis) % rank.get_length() for axis in _values(squeeze, 1)}
        left = [axis for axis in range(rank.get_length()) if axis not in gone]
        order = [*sorted(gone), *(left[int(axis)] for axis in _values(node, 1))]
        ops = ov.opset8
        turned = ops.transpose(source, np.array(order, np.int64))
        new = ops.squeeze(turned, np.arange(len(gone), dtype=np.int64))
        new.set_friendly_name(node.get_friendly_name())
        for taker in node.output(0).get_target_inputs():
            taker.replace_source_output(new.output(0))
        exchanged += 1
    if exchanged:
        network.validate_nodes_and_infer_types()
    return exchanged


def _is_constant(node: Any, number: int) -> bool:
    """Whether an input of a node is there and never changes."""
    return bool(
        node.get_input_size() > number and node.input_value(number).get_node().get_type_name() == _CONSTANT
    )


def _values(node: Any, number: int) -> Any:
    return node.input_value(number).get_node().get_vector()
