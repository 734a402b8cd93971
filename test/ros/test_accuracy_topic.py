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

"""`frankmocap_ros accuracy --topic`: a live node beside a truth."""

import numpy as np
import pytest

from frankmocap_ros.body.skeleton import BODY
from support.program import json_of
from support.recordings import figure, times


@pytest.mark.timed
def test_a_live_node_beside_the_truth(program, tmp_path):
    """The node that opens the figure as its own camera; its clock is found by the motion."""
    truth = tmp_path / "truth.npz"
    at_s = times(16.0)  # two periods: the whole recording fits in somewhere
    np.savez(truth, times_s=at_s, names=np.array(BODY.names), positions_m=figure(at_s).positions)
    node = program(
        "frankmocap_ros",
        "node",
        "--source",
        "synthetic",
        "--estimator",
        "synthetic",
        "--synthetic-motion",
        "wave",
    )
    accuracy = program(
        "frankmocap_ros", "accuracy", str(truth), "--topic", "/frankmocap/bodies", "--duration", "7",
        "--time", "estimated", "--json",
    )  # fmt: skip
    assert accuracy.process.wait(60.0) == 0, accuracy.text() + node.text()
    found = json_of(accuracy.text())
    assert found["alignment"]["time"] == "estimated"
    assert found["alignment"]["frame"] == "fitted"
    assert found["alignment"]["instants"] > 100
    assert found["root_aligned_mm"]["all"] < 40.0
    assert found["wrist_relative_to"] == "neck"
