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

"""Bodies in a bag beside a truth."""

import json

import numpy as np
import pytest

from frankmocap_ros.cli.main import main
from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.body_messages import read_bag
from support.bags import joint_pose, make, one_body, point, write_bag
from support.recordings import figure, times

T0 = 1_700_000_000_000_000_000
RUN = 7


def bodies(recording, i, run_id=RUN, eye=(0, 0, 0)):
    joints = [
        joint_pose(
            name,
            position,
            orientation,
            pixel=point((320, 240, 0)),
            position_stddev=np.array([0.01, 0.0], np.float32),
        )
        for name, position, orientation in zip(
            recording.names, recording.positions[i], recording.orientations_xyzw[i], strict=True
        )
    ]
    return one_body(
        T0 + round(1e9 * recording.times_s[i]),
        joints,
        body_id=3,
        scale_source=2,
        run_id=run_id,
        sequence=i,
        inference_ms=0.0,
        age_ms=0.0,
        camera_position=point(eye),
    )


@pytest.fixture(scope="module")
def recording():
    return figure(times(3.0, 20.0))


@pytest.fixture(scope="module")
def bag(recording, tmp_path_factory):
    """Each message, one doubled, and one of another run of the node."""
    order = [0, 1, 1, *range(2, len(recording.times_s))]
    messages = [("/frankmocap/bodies", T0 + k, bodies(recording, i)) for k, i in enumerate(order)]
    messages.append(("/frankmocap/bodies", T0 + 999, bodies(recording, len(order) - 2, RUN + 1)))
    return write_bag(tmp_path_factory.mktemp("bodies") / "bag", messages)


def test_a_bag_gives_the_recording_of_its_bodies(bag, recording):
    for where in (bag, f"{bag}:/frankmocap/bodies"):
        read = read_bag(where)
        assert read.names == recording.names
        np.testing.assert_allclose(read.times_s, 1e-9 * T0 + recording.times_s, rtol=0.0, atol=1e-6)
        np.testing.assert_allclose(read.positions, recording.positions, atol=1e-12)
        np.testing.assert_allclose(read.orientations_xyzw, recording.orientations_xyzw, atol=1e-12)
    assert read_bag(bag, 3).names == recording.names
    with pytest.raises(EvaluationError, match="body 4 is in none of"):
        read_bag(bag, 4)


def test_truth_and_result_may_both_be_bags(bag, tmp_path, recording, capsys):
    truth = tmp_path / "truth.npz"
    np.savez(truth, times_s=1e-9 * T0 + recording.times_s, names=np.array(recording.names),
             positions_m=recording.positions)  # fmt: skip
    for one, other in ((truth, bag), (bag, bag)):
        assert main(["accuracy", str(one), str(other), "--json"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert record["alignment"]["time"] == "stamps"


def test_a_bag_without_bodies_or_in_another_frame_is_refused(tmp_path, recording):
    other = write_bag(tmp_path / "other", [("/chatter", T0, make("std_msgs/msg/String", data="x"))])
    with pytest.raises(
        EvaluationError, match=r"name the topic of bodies.*topics of .*BodyPoseArray: it has none"
    ):
        read_bag(other)
    moved = [("/bodies", T0, bodies(recording, 0, eye=(1, 0, 0)))]
    with pytest.raises(EvaluationError, match="message 1: poses are in the frame 'camera'"):
        read_bag(write_bag(tmp_path / "moved", moved))
