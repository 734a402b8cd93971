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

"""The mocap node with YOLO, RTMPose and OpenPose, on networks with the published shapes."""

import re

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import Image

from frankmocap_ros.body.keypoint_sets import BODY_25, COCO_17, WHOLEBODY_133
from frankmocap_ros.estimators.openpose import parts
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import JointPose
from support import painted_networks
from support.openpose_maps import drawn
from support.spots import spotted
from support.standing_person import offsets

SIZE_PX = (640, 480)
HEIGHT_PX = 300.0


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Estimator -> parameters of a network that sees a person of 300 px around a red spot."""
    folder = tmp_path_factory.mktemp("networks")
    half = offsets(COCO_17, 0.5 * HEIGHT_PX)
    boxes = painted_networks.yolo(folder / "boxes.onnx", half, "objects_end_to_end", (256, 320))
    poses = painted_networks.yolo(folder / "poses.onnx", half, "raw", (256, 320))
    box_px = 2.0 * (np.ptp(half[:, 1]) + 8.0)  # how the network paints it
    crop = offsets(WHOLEBODY_133, HEIGHT_PX * 384 / (1.25 * box_px))
    middle = np.array([160.0, 120.0]) + offsets(BODY_25, 0.5 * HEIGHT_PX)
    heatmaps, fields = drawn([(middle + 0.5) / 8.0 - 0.5], (240 // 8, 320 // 8), parts=parts.BODY_25)
    maps = np.concatenate([heatmaps, fields], axis=2).transpose(2, 0, 1)
    body_25 = painted_networks.openpose(folder / "body25.onnx", [("net_output", maps)], (240, 320))
    return {
        "yolo": {"model": str(poses)},
        "rtmpose": {
            "model": str(painted_networks.rtmpose(folder / "rtmw.onnx", crop, size=(384, 288))),
            "detector": "yolo",
            "detector_model": str(boxes),
        },
        "openpose": {"model": str(body_25)},
    }


def picture(spot=(320.0, 240.0)):
    msg = Image()
    write_image(msg, spotted(SIZE_PX, spot, "bgr"), "bgr8")
    return msg


def seen(system):
    """The next body, once the node runs."""
    (body,) = system.wait_until(lambda: system.process(picture()).bodies)
    return body


@pytest.mark.parametrize("estimator", ["yolo", "rtmpose", "openpose"])
def test_pixels_of_a_person_are_published(start, networks, estimator):
    system = start(estimator=estimator, **networks[estimator])
    body = seen(system)
    assert body.estimator == estimator
    joints = {joint.name: joint for joint in body.joints}
    middle = body.box[:2] + 0.5 * body.box[2:]
    assert np.abs(middle - (320.0, 240.0)).max() < 10.0
    if not body.has_3d:  # neither depth nor bones of known length
        assert {joint.state for joint in body.joints} == {JointPose.INVALID}
    wrist = joints["left_wrist"]
    assert abs(wrist.pixel.x - (320.0 + 0.19 * HEIGHT_PX)) < 12.0
    assert abs(wrist.pixel.y - (240.0 + 0.02 * HEIGHT_PX)) < 12.0
    assert system.process(picture()).bodies[0].id == body.id
    assert system.values(lambda values: values["estimator"] == estimator)


def test_each_takes_over_from_the_one_before_on_a_live_node(start, networks):
    system = start(estimator="yolo", **networks["yolo"])
    ids = [seen(system).id]
    for estimator in ("openpose", "rtmpose", "yolo"):
        result = system.try_to_set_at_once(estimator=estimator, **networks[estimator])
        assert result.successful, result.reason
        body = seen(system)
        assert body.estimator == estimator
        ids.append(body.id)
    assert ids == sorted(set(ids))  # positions mean something else each time


def test_a_model_of_another_kind_is_refused_and_the_old_one_runs_on(start, networks):
    system = start(estimator="yolo", **networks["yolo"])
    before = seen(system)
    wrong = {"rtmpose": networks["yolo"]["model"], "openpose": networks["rtmpose"]["model"]}
    for estimator, model in wrong.items():
        result = system.try_to_set_at_once(estimator=estimator, model=model)
        assert not result.successful
        assert "is another network" in result.reason
        assert "Expected" in result.reason
        assert seen(system).id == before.id
    assert system.values(lambda values: values["estimator"] == "yolo")


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"estimator": "yolo"}, r"estimator: yolo needs.*set estimator and model: FILE.*AGPL-3\.0"),
        ({"estimator": "rtmpose"}, r"estimator: rtmpose needs.*Apache-2\.0"),
        ({"estimator": "openpose"}, r"assets_dir.*not for commercial use"),
        (
            {"estimator": "rtmpose", "detector": "yolo"},
            r"detector: yolo needs.*set detector and detector_model: FILE.*AGPL-3\.0",
        ),
    ],
)
def test_a_node_without_its_model_says_where_to_get_one(
    start, networks, tmp_path, monkeypatch, parameters, told
):
    monkeypatch.setenv("FRANKMOCAP_MODELS_DIR", str(tmp_path))
    monkeypatch.delenv("FRANKMOCAP_ASSETS_DIR", raising=False)
    model = {"model": networks["rtmpose"]["model"]} if "detector" in parameters else {}
    system = start(**parameters, **model)
    assert system.state() == "unconfigured"
    message = system.status(lambda status: status.level == DiagnosticStatus.ERROR).message
    assert re.search(told, message), message
