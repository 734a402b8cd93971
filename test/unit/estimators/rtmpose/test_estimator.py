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

"""RTMPose from a file to people, by each engine that reads it, on networks with the published shapes."""

from functools import partial

import numpy as np
import pytest

from frankmocap_ros.body.keypoint_sets import COCO_17, HALPE_26, WHOLEBODY_133
from frankmocap_ros.body.pose import KeypointPose, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.estimators.rtmpose.estimator import RtmPoseEstimator
from frankmocap_ros.estimators.rtmpose.network import RtmPoseNetwork
from frankmocap_ros.estimators.rtmpose.simcc import DEPTH_RANGE_M
from frankmocap_ros.estimators.yolo.detector import YoloDetector
from frankmocap_ros.geometry.boxes import region_of
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.pipeline import Pipeline
from support.painted_networks import rtmpose, yolo
from support.spots import image, spotted
from support.standing_person import offsets

SETS = {points.name: points for points in (COCO_17, HALPE_26, WHOLEBODY_133)}
SPOT = (500.0, 300.0)
BOX = np.array([400.0, 90.0, 200.0, 420.0])  # around a person of 400 px at the spot
CPU = NetworkOptions("auto", "cpu")


class NoDetector:
    name = "none"
    closed = False

    def detect(self, image, max_people):
        return []

    def close(self):
        self.closed = True


def crop_scale(size, box=BOX, padding=1.25):
    """Pixels of the crop per pixel of the image."""
    return min(size[0] / (padding * box[3]), size[1] / (padding * box[2]))


def within(size):
    """How far keypoints may be off [px]: half a bin, and half a pixel of the crop."""
    return 0.75 / crop_scale(size)


def network(folder, points, size=(256, 192), height_px=400.0, **more):
    """A file of a network that sees a person of that height in the image."""
    path = folder / f"{len(points)}-{size[0]}-{len(more)}.onnx"
    return rtmpose(path, offsets(points, height_px * crop_scale(size)), size=size, **more)


def expected(points, names=KEYPOINTS, spot=SPOT, height_px=400.0):
    pixels, known = points.ours(np.array(spot) + offsets(points, height_px), np.ones(len(points)), names)
    return pixels, known > 0.0


def estimator_of(path, hands=False, engine="auto"):
    return RtmPoseEstimator(path, NetworkOptions(engine, "cpu"), hands, NoDetector)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
@pytest.mark.parametrize("size", [(256, 192), (384, 288)])
@pytest.mark.parametrize("name", SETS)
def test_a_person_is_found_where_they_are(tmp_path, name, size, order, engine):
    points = SETS[name]
    estimator = estimator_of(network(tmp_path, points, size), engine=engine)
    assert engine in estimator.capabilities.device
    (person,) = estimator.estimate(image(spotted(order=order), order), [region_of(BOX)])
    pixels, known = expected(points)
    assert isinstance(person.pose, PixelPose)
    assert np.abs(person.pose.pixels[known] - pixels[known]).max() < within(size)
    np.testing.assert_allclose(person.pose.confidence[known], 0.9, atol=0.05)
    assert (person.pose.confidence[~known] == 0.0).all()
    assert known[KEYPOINTS.index("left_foot")] == (points is not COCO_17)
    assert known[KEYPOINTS.index("left_index1")] == points.has_hands
    estimator.close()


def test_fingers(tmp_path):
    path = network(tmp_path, WHOLEBODY_133, (384, 288))
    estimator = estimator_of(path, hands=True)
    assert estimator.capabilities.hands
    (person,) = estimator.estimate(image(spotted()), [region_of(BOX)])
    pixels, known = expected(WHOLEBODY_133, KEYPOINTS_WITH_HANDS)
    assert known.all()
    assert person.pose.pixels.shape == (57, 2)
    assert np.abs(person.pose.pixels - pixels).max() < within((384, 288))
    estimator.close()


def test_fingers_need_a_network_that_has_them(tmp_path):
    for points in (COCO_17, HALPE_26):
        with pytest.raises(EstimatorError, match=rf"hands: true.*{len(points)} keypoints.*133"):
            estimator_of(network(tmp_path, points), hands=True)


def test_a_keypoint_without_a_peak_is_not_known(tmp_path):
    places = offsets(COCO_17, 400.0 * crop_scale((256, 192)))
    places[COCO_17.index["left_wrist"]] = np.nan
    estimator = estimator_of(rtmpose(tmp_path / "wrist.onnx", places))
    (person,) = estimator.estimate(image(spotted()), [region_of(BOX)])
    assert person.pose.confidence[KEYPOINTS.index("left_wrist")] == 0.0
    assert person.pose.confidence[KEYPOINTS.index("right_wrist")] > 0.8
    estimator.close()


def test_everybody_in_several_images_in_one_batch(tmp_path):
    estimator = estimator_of(network(tmp_path, COCO_17))
    one, two = image(spotted()), image(spotted(spot=(700.0, 330.0)))
    move = np.array([200.0, 30.0, 0.0, 0.0])
    empty = region_of(BOX - (380.0, 0, 0, 0))
    found = estimator.estimate_views(
        [(one, [region_of(BOX), empty]), (two, [region_of(BOX + move)]), (one, [])]
    )
    assert [len(people) for people in found] == [2, 1, 0]
    assert found[0][1] is None  # nobody is where no spot is
    step = found[1][0].pose.pixels - found[0][0].pose.pixels
    known = found[0][0].pose.confidence > 0.0
    assert np.abs(step[known] - (200.0, 30.0)).max() < within((256, 192))
    estimator.close()


def test_the_detector_s_box_follows_the_person_through_the_pipeline(tmp_path):
    model = network(tmp_path, COCO_17)
    boxes = yolo(tmp_path / "boxes.onnx", offsets(COCO_17, 200.0), "objects")
    settings = Settings(estimator="rtmpose", model=str(model), detector="yolo", detector_model=str(boxes))
    estimator = make_estimator(settings)
    assert isinstance(estimator._detector, YoloDetector)
    pipeline = Pipeline(estimator, settings, lambda: 0.0)
    ids, detected = [], 0
    for n in range(8):
        spot = (500.0 + 6 * n, 300.0)
        frame = pipeline.process(CameraImage(Bitmap(spotted(spot=spot), "rgb"), n / 30))
        (body,) = frame.bodies
        ids.append(body.id)
        detected += frame.detected
        middle = body.box_xywh[:2] + 0.5 * body.box_xywh[2:]
        assert np.abs(middle - spot).max() < 20.0
    assert ids == [1] * 8
    assert detected < 8
    gone = [
        pipeline.process(CameraImage(Bitmap(np.full((720, 1280, 3), 60, np.uint8), "rgb"), (8 + n) / 30))
        for n in range(8)
    ]
    assert gone[-1].bodies == ()
    estimator.close()


def test_a_third_axis_gives_positions_without_depth(tmp_path):
    """A person of 1.70 m, 4 m away, whose left hand is 0.3 m before the body."""
    height_px = 1.70 * image(spotted()).camera.fx / 4.0
    box = np.array(
        [SPOT[0] - 0.25 * height_px, SPOT[1] - 0.52 * height_px, 0.5 * height_px, 1.04 * height_px]
    )
    size, bins = (384, 288), 576
    depth_m = np.zeros(133)
    hand = [i for i, name in enumerate(WHOLEBODY_133.points) if name == "left_wrist" or (
        name.startswith("left_") and name[-1].isdigit())]  # fmt: skip
    depth_m[hand] = -0.3
    depth_m[WHOLEBODY_133.index["left_elbow"]] = -0.15
    path = rtmpose(
        tmp_path / "rtmw3d.onnx",
        offsets(WHOLEBODY_133, height_px * crop_scale(size, box)),
        np.rint((depth_m / DEPTH_RANGE_M + 1.0) * 0.5 * bins),
        size,
    )
    for hands, number in ((False, 21), (True, 57)):
        estimator = estimator_of(path, hands)
        (person,) = estimator.estimate(image(spotted()), [region_of(box)])
        assert isinstance(person.pose, KeypointPose)
        assert person.scale_source == ScaleSource.ASSUMED_HEIGHT
        points = dict(zip(KEYPOINTS_WITH_HANDS, person.pose.points, strict=False))
        assert len(person.pose.points) == number
        hips = 0.5 * (points["left_hip"] + points["right_hip"])
        assert hips[2] == pytest.approx(4.0, rel=0.05)
        assert points["left_wrist"][2] - hips[2] == pytest.approx(-0.3, abs=0.02)
        assert points["right_wrist"][2] - hips[2] == pytest.approx(0.0, abs=0.02)
        assert points["nose"][1] < hips[1] < points["left_ankle"][1]  # y is down
        leg = np.linalg.norm(points["left_hip"] - points["left_knee"])
        assert leg == pytest.approx(0.24 * 1.70, rel=0.06)
        estimator.close()
    pipeline = Pipeline(estimator_of(path), Settings(), lambda: 0.0)
    pipeline.estimator.detect = lambda image, most: [region_of(box)]
    pipeline.estimator._detector.detect = lambda image, most: [region_of(box)]
    (body,) = pipeline.process(CameraImage(Bitmap(spotted(), "rgb"), 0.0)).bodies
    assert body.has_3d


@pytest.mark.parametrize(
    "names", [("simcc_x", "simcc_y", "simcc_z"), ("output", "1554", "1556")], ids=["named", "in order"]
)
def test_axes_are_told_by_name_else_by_order(tmp_path, names):
    path = network(tmp_path, WHOLEBODY_133, (384, 288), depths=np.full(133, 288.0), names=names)
    found = RtmPoseNetwork(path, CPU)
    assert found.has_depth
    assert found.input_px == (288, 384)
    found.close()
    swapped = network(tmp_path, COCO_17, names=("simcc_y", "simcc_x"))
    with pytest.raises(AssetError, match="bins"):  # what says x has the bins of y
        RtmPoseNetwork(swapped, CPU)


def test_another_network_is_refused_with_what_was_expected(tmp_path):
    other = yolo(tmp_path / "yolo.onnx", offsets(COCO_17, 100.0))
    with pytest.raises(AssetError, match=r"yolo\.onnx is another network.*RTMPose with 26 keypoints"):
        estimator_of(other)
    # with a number of keypoints that nobody published
    with pytest.raises(AssetError, match=r"\((1|any), 21, 384\).*\(1, 17, X\)"):
        estimator_of(rtmpose(tmp_path / "hand.onnx", np.zeros((21, 2), np.float32)))


def test_what_is_made_is_given_back_where_the_rest_cannot_be(tmp_path):
    path = network(tmp_path, COCO_17)

    def fail():
        raise AssetError("no detector")

    with pytest.raises(AssetError, match="no detector"):
        RtmPoseEstimator(path, CPU, False, fail)
    detector = NoDetector()
    estimator = RtmPoseEstimator(path, CPU, False, lambda: detector)
    estimator.close()
    estimator.close()
    assert detector.closed
    with pytest.raises(EstimatorError, match="closed"):
        estimator.estimate(image(spotted()), [region_of(BOX)])


@pytest.mark.parametrize("detector", ["auto", "blazepose", "yolo", "pose2d"])
def test_any_detector_can_be_set(tmp_path, monkeypatch, detector):
    """Which one is made, and with what; the detectors themselves have tests of their own."""
    made = []

    def make(name, store, options):
        made.append((name, store, options.model))
        return NoDetector()

    monkeypatch.setattr("frankmocap_ros.estimators.rtmpose.making.make_detector", make)
    path = network(tmp_path, COCO_17)
    more = {"detector_model": "boxes.onnx"} if detector == "yolo" else {}
    settings = partial(Settings, estimator="rtmpose", model=str(path), detector=detector, **more)
    make_estimator(settings(assets_dir=str(tmp_path))).close()
    ((name, store, model),) = made
    assert name == ("blazepose" if detector == "auto" else detector)
    assert model == more.get("detector_model", "")
    assert (store is not None) == (detector == "pose2d")
