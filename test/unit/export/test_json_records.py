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

"""Frames as JSON: hands, and that a file with them is read back."""

import json
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import Frame, Hand, JointState
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.evaluation.json_lines import read_json_lines
from frankmocap_ros.export.json_records import frame_record
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.synthetic.human import scene
from support.bodies import body_of

FIGURE = scene("wave", 3.0)[0]
BODY_1 = body_of(FIGURE, has_hands=True)
LEFT = Hand(
    "left", JointState.HELD, 0.25, np.arange(63.0).reshape(21, 3) / 7.0, np.array((0.0, 0.6, -0.8)), 0.5
)


def record(time_s=0.0, **changes):
    frame = Frame(0, time_s, (replace(BODY_1, **changes),), 1, {}, Camera.from_fov(640, 480, 60.0))
    return json.loads(json.dumps(frame_record(frame), allow_nan=False))


def test_hands_are_written_whole():
    left, right = record(hands=(LEFT, Hand("right")))["bodies"][0]["hands"]
    points = left.pop("points_m")
    assert left == {
        "side": "left", "state": "HELD", "confidence": 0.25, "palm_normal": [0.0, 0.6, -0.8],
        "palm_angle_rad": 0.5,
    }  # fmt: skip
    np.testing.assert_allclose(points, LEFT.points, atol=1e-9)
    assert (right["side"], right["state"], right["points_m"]) == ("right", "INVALID", [[0.0] * 3] * 21)


def test_without_hands_the_list_is_empty():
    assert record()["bodies"][0]["hands"] == []


@pytest.mark.parametrize("hands", [(), (LEFT, Hand("right"))])
def test_a_file_is_read_back_with_and_without_hands(tmp_path, hands):
    path = tmp_path / "result.jsonl"
    path.write_text("".join(json.dumps(record(t, hands=hands)) + "\n" for t in (0.0, 0.1)))
    read = read_json_lines(path)
    assert read.names == BODY_WITH_HANDS.names
    np.testing.assert_allclose(read.positions[1], FIGURE.positions, atol=1e-8)
