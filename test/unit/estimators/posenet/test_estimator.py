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

"""PoseNet on whole images: keypoints that a network paints come back in the image's pixels."""

import numpy as np
import pytest

from frankmocap_ros.body.pose import PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.estimators.posenet.decoding import EDGES
from frankmocap_ros.estimators.posenet.estimator import PoseNetEstimator
from support.small_networks import blank_view, network, written

SIDE, STRIDE = 65, 16
CELLS = 5
POINTS = np.stack([np.linspace(8.0, 50.0, 17), np.linspace(20.0, 40.0, 17)], axis=1)  # y and x


def maps(stride=STRIDE, apart=True, logits=True, points=POINTS):
    """Outputs of a network for images of 65 px that draws one person."""
    cells = (SIDE - 1) // stride + 1
    heat = np.full((1, cells, cells, 17), -9.0 if logits else 0.0, np.float32)
    offset = np.zeros((1, cells, cells, 2, 17), np.float32)
    grid = stride * np.stack(np.mgrid[:cells, :cells], axis=-1)
    for k, at in enumerate(points):
        row, column = np.rint(at / stride).astype(int)
        heat[0, row, column, k] = 3.0 if logits else 0.95
        offset[0, ..., k] = at - grid
    ways = np.zeros((2, 1, cells, cells, 2, 16), np.float32)
    for e, (parent, child) in enumerate(EDGES):
        ways[0, ..., e] = points[child] - points[parent]
        ways[1, ..., e] = points[parent] - points[child]
    forward, backward = ways.reshape(2, 1, cells, cells, 32)
    outputs = {"heatmap": heat, "offset": offset.reshape(1, cells, cells, 34)}
    if apart:
        return outputs | {"displacement_fwd": forward, "displacement_bwd": backward}
    return outputs | {"float_mid_offsets": np.concatenate([forward, backward], axis=-1)}


def estimator(folder, outputs, **options):
    return PoseNetEstimator(written(folder / "net.onnx", network(outputs, (1, SIDE, SIDE, 3))), **options)


def in_image(points, width, height):
    """Where the square's points are in an image that lies in its middle."""
    scale = SIDE / max(width, height)
    inner = np.array([round(width * scale), round(height * scale)])
    corner = (SIDE - inner) // 2
    return (points[:, ::-1] - corner + 0.5) / scale - 0.5


@pytest.mark.parametrize("size", [(130, 130), (260, 130), (130, 195)])
@pytest.mark.parametrize("kind", ["apart", "together", "scores", "stride 8", "stride 32"])
def test_painted_keypoints_come_back(tmp_path, kind, size):
    stride = int(kind.split()[1]) if kind.startswith("stride") else STRIDE
    made = estimator(tmp_path, maps(stride, kind != "together", kind != "scores"))
    (person,) = made.estimate(blank_view(*size), [])
    assert isinstance(person.pose, PixelPose)
    assert person.scale_source is ScaleSource.NONE
    assert person.region is None
    wanted = in_image(POINTS, *size)
    sure = 0.95 if kind == "scores" else 1.0 / (1.0 + np.exp(-3.0))
    names = {"nose": 0, "left_ear": 3, "left_shoulder": 5, "right_hip": 12, "right_ankle": 16}
    for name, k in names.items():
        row = KEYPOINTS.index(name)
        np.testing.assert_allclose(person.pose.pixels[row], wanted[k], atol=0.05)
        assert person.pose.confidence[row] == pytest.approx(sure, abs=1e-5)
    for name in ("left_foot", "right_index1"):
        assert person.pose.confidence[KEYPOINTS.index(name)] == 0.0
    made.close()


def test_several_cameras_give_what_each_gives_alone(tmp_path):
    made = estimator(tmp_path, maps())
    views = [(blank_view(130, 130), []), (blank_view(260, 130), [])]
    together = made.estimate_views(views)
    for (image, _), (person,) in zip(views, together, strict=True):
        (alone,) = made.estimate(image, [])
        np.testing.assert_array_equal(person.pose.pixels, alone.pose.pixels)
    made.close()


def test_pixels_are_scaled_as_the_name_says(tmp_path):
    """Gray is about 0 for MobileNet and about 14 for ResNet: then this network sees somebody."""
    outputs = maps()
    outputs["heatmap"][:] = -6.0
    model = network(outputs, (1, SIDE, SIDE, 3))
    # the mean of what goes in is added to the heat map
    (node,) = (n for n in model.graph.node if n.output[0] == "heatmap")
    node.input[1] = "mean"
    plain, resnet = tmp_path / "net.onnx", tmp_path / "posenet_resnet50.onnx"
    people = {}
    for path in (plain, resnet):
        made = PoseNetEstimator(written(path, model))
        people[path] = made.estimate(blank_view(130, 130), [])
        made.close()
    assert people[plain] == []
    assert len(people[resnet]) >= 1


def test_numbers_that_are_not_finite_are_nobody(tmp_path):
    made = estimator(tmp_path, maps())
    run = made._network
    made._network = lambda images: [np.full_like(one, np.nan) for one in run(images)]
    assert made.estimate(blank_view(130, 130), []) == []
    run.close()
