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

"""``~/calibrate``: who asks waits for the answer, and nobody else does."""

import numpy as np
import pytest
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.msg import BodyPose
from frankmocap_ros.ros.mocap.calibration import _Waiting
from frankmocap_ros.tracking.size_calibration import Outcome
from support.later_call import LaterCall

IMAGE_NS = 33_333_333


def forearm(body):
    ends = [body.joints[BODY.index[f"left_{part}"]].pose.position for part in ("elbow", "wrist")]
    return float(np.linalg.norm([getattr(ends[1], a) - getattr(ends[0], a) for a in "xyz"]))


class Camera:
    """Images of a steady 30 Hz by their stamps."""

    def __init__(self, system):
        self.system, self.stamp_ns = system, 10**12

    def __call__(self):
        self.stamp_ns += IMAGE_NS
        return self.system.process(self.system.image(self.stamp_ns))

    def until_answered(self, call):
        for _ in range(600):
            msg = self()
            if not call.waits:
                return msg
        raise AssertionError("no answer")


def test_the_answer_comes_when_the_size_is_in_force(start, probe):
    system = start(smoothing="none", forearm_length_m=0.3)
    camera = Camera(system)
    before = camera().bodies[0]
    call = LaterCall(system, Trigger, "calibrate")
    for _ in range(10):
        camera()
    assert call.waits
    assert system.call(SetBool, "enable", SetBool.Request(data=True)).success, "nothing else waits"
    after = camera.until_answered(call).bodies[0]
    answer = call.wait()
    assert answer.success, answer.message
    assert "1.20 times as large as estimated" in answer.message
    assert (before.scale_source, after.scale_source) == (
        BodyPose.SCALE_ASSUMED_HEIGHT, BodyPose.SCALE_CALIBRATED,
    )  # fmt: skip
    assert forearm(before) == pytest.approx(0.25, abs=1e-3)
    assert forearm(after) == pytest.approx(0.3, abs=1e-3)


def test_without_anything_known_it_is_refused(start, probe):
    system = start(smoothing="none")
    call = LaterCall(system, Trigger, "calibrate")
    Camera(system).until_answered(call)
    answer = call.wait()
    assert not answer.success and "forearm_length_m" in answer.message


def test_a_node_that_is_deactivated_answers(start, probe):
    system = start(smoothing="none", forearm_length_m=0.3)
    camera = Camera(system)
    camera()
    call = LaterCall(system, Trigger, "calibrate")
    for _ in range(5):
        camera()
    assert call.waits
    assert system.change("deactivate")
    answer = call.wait()
    assert not answer.success and "deactivated" in answer.message
    refused = LaterCall(system, Trigger, "calibrate").wait()
    assert not refused.success and "not active" in refused.message


def test_without_images_it_gives_up(start, probe, monkeypatch):
    monkeypatch.setattr("frankmocap_ros.ros.mocap.calibration._PATIENCE_S", 0.2)
    system = start(smoothing="none", forearm_length_m=0.3)
    answer = LaterCall(system, Trigger, "calibrate").wait()
    assert not answer.success and "no images are processed" in answer.message


def test_several_cameras_answer_together():
    given = []
    waiting = _Waiting(given.append, ["left", "right"])
    waiting.take("right", Outcome(True, "person 1 is 1.20 times as large", 1, 1.2))
    assert not given
    waiting.take("left", Outcome(False, "there is no operator in view"))
    both = "left: there is no operator in view; right: person 1 is 1.20 times as large"
    assert given == [(True, both)]
    waiting.answer(False, "too late")
    assert given == [(True, both)]
