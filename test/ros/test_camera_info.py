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

"""CameraInfo as a camera: what it says of sensor, part, binning and lens, and where it says nothing."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, RegionOfInterest

from frankmocap_ros.body.pose import KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.errors import CalibrationError
from frankmocap_ros.estimators import registry
from frankmocap_ros.geometry.calibration import camera_of, is_rectified
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import Distortion
from frankmocap_ros.geometry.pinhole_fit import place
from frankmocap_ros.msg import BodyPose
from frankmocap_ros.ros.common.camera_info import camera_info
from frankmocap_ros.ros.mocap.stream import Stream
from frankmocap_ros.settings.mocap import Settings
from support.peer import as_dict
from support.probe import FIGURE, Probe

Z_M = 2.96
FX = 600.0
BARREL = [-0.28, 0.09, 0.001, -0.0005, 0.0]
KINECT = [0.45, -2.6, 0.0004, -0.0003, 1.5, 0.33, -2.4, 1.4]
FISHEYE = [-0.006, 0.04, -0.037, 0.006]


def info(fx=500.0, fy=510.0, cx=300.0, cy=250.0, width=640, height=480, **fields):
    return CameraInfo(k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0], width=width, height=height, **fields)


def sensor(**fields):
    """A sensor of 640x480 px whose axis is in its middle."""
    return info(FX, FX, 320.0, 240.0, **fields)


def roi(x, y, width, height):
    return RegionOfInterest(x_offset=x, y_offset=y, width=width, height=height)


def p_of(fx, cx, cy):
    return [fx, 0.0, cx, 0.0, 0.0, fx, cy, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_camera_of_the_same_size():
    assert camera_of(info(), 640, 480) == Camera(500.0, 510.0, 300.0, 250.0, 640, 480)


@pytest.mark.parametrize("size", [(320, 240), (1280, 960), (641, 480), (639, 481)])
def test_camera_of_a_resized_image(size):
    camera = camera_of(info(), *size)
    assert (camera.width, camera.height) == size
    assert camera.fx == pytest.approx(500.0 * size[0] / 640)
    assert camera.fy == pytest.approx(510.0 * size[1] / 480)
    assert camera.cx == pytest.approx(300.0 * size[0] / 640)
    assert camera.cy == pytest.approx(250.0 * size[1] / 480)


@pytest.mark.parametrize(
    "wrong",
    [{name: value} for name in ("fx", "fy") for value in (-1.0, 5.0, 1e8, np.nan, np.inf)]
    + [{name: value} for name in ("cx", "cy") for value in (np.nan, np.inf, -np.inf, 1e300)]
    + [{"width": 0}, {"height": 0}, {"width": 2**32 - 1, "height": 2**32 - 1}],
    ids=str,
)
def test_no_camera_where_the_message_says_nothing(wrong):
    with pytest.raises(CalibrationError):
        camera_of(info(**wrong), 640, 480)


def test_a_principal_point_beside_the_image_is_fine():
    assert camera_of(info(cx=-200.0, cy=900.0), 640, 480).cx == -200.0


# -- right distances: pixels by OpenCV alone, of somebody who stands 2.96 m away


@pytest.fixture
def person():
    """Somebody at the side of the image, who leans: points (N, 3) around the hips, and where they are [m]."""
    points = FIGURE + [0.0, 0.0, 0.2] * FIGURE[:, 1:2]
    return points, np.array([0.45, -0.1, Z_M])


def pixels_of(points, k, d=None, model="plumb_bob"):
    k = np.array(k).reshape(3, 3)
    if model == "equidistant":
        found = cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), k, np.array(d))[0]
    else:
        found = cv2.projectPoints(points, np.zeros(3), np.zeros(3), k, None if d is None else np.array(d))[0]
    return found.reshape(-1, 2)


K = info(FX, FX, 320.0, 240.0).k
NEW_K = info(450.0, 450.0, 333.0, 222.0).k
VIEWS = {
    # name: message, size of the image, whether it is rectified, its pixels from those of the whole sensor
    "whole": (sensor(), (640, 480), False, lambda px: px),
    "roi": (sensor(roi=roi(96, 72, 448, 336)), (448, 336), False, lambda px: px - (96, 72)),
    "roi resized": (sensor(roi=roi(96, 72, 448, 336)), (224, 168), False, lambda px: (px - (96, 72)) / 2),
    "roi of another shape": (sensor(roi=roi(0, 60, 640, 360)), (640, 360), False, lambda px: px - (0, 60)),
    "binning": (sensor(binning_x=2, binning_y=2), (320, 240), False, lambda px: px / 2),
    "binning across": (sensor(binning_x=2), (320, 480), False, lambda px: px / (2, 1)),
    "both": (
        sensor(binning_x=2, binning_y=2, roi=roi(100, 40, 500, 400)),
        (250, 200),
        False,
        lambda px: (px - (100, 40)) / 2,
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_distances_in_a_part_of_the_sensor(person, name):
    """With roi left out, 0.7 of the width gave 2.07 m in place of 2.96."""
    body, at = person
    msg, size, rectified, part = VIEWS[name]
    camera = camera_of(msg, *size, rectified)
    found = place(body, part(pixels_of(body + at, K)), np.ones(len(body)), camera)
    np.testing.assert_allclose(found, at, atol=1e-6)
    np.testing.assert_allclose(camera.project(body + at), part(pixels_of(body + at, K)), atol=1e-6)


LENSES = {"plumb_bob": BARREL, "rational_polynomial": KINECT, "equidistant": FISHEYE}


@pytest.mark.parametrize("part", ["whole", "both"])
@pytest.mark.parametrize("model", LENSES)
def test_distances_through_a_lens(person, model, part):
    """A person at the side: without D the distance is off, and the place beside the axis."""
    body, at = person
    msg, size, _, seen_in = VIEWS[part]
    fields = {name: getattr(msg, name) for name in ("roi", "binning_x", "binning_y")}
    msg = sensor(distortion_model=model, d=LENSES[model], **fields)
    pixels = seen_in(pixels_of(body + at, K, LENSES[model], model))
    camera, weights = camera_of(msg, *size), np.ones(len(body))
    np.testing.assert_allclose(place(body, pixels, weights, camera), at, atol=1e-5)
    np.testing.assert_allclose(camera.project(body + at), pixels, atol=1e-5)
    without = place(body, pixels, weights, replace(camera, distortion=None))
    assert np.linalg.norm(without - at) > 0.02


def test_distances_in_a_rectified_image(person):
    """P holds, and D does not: both say what the image was made from."""
    body, at = person
    msg = sensor(distortion_model="plumb_bob", d=BARREL, p=p_of(450.0, 333.0, 222.0))
    pixels, weights = pixels_of(body + at, NEW_K), np.ones(len(body))
    camera = camera_of(msg, 640, 480, rectified=True)
    assert camera == Camera(450.0, 450.0, 333.0, 222.0, 640, 480)
    np.testing.assert_allclose(place(body, pixels, weights, camera), at, atol=1e-6)
    assert place(body, pixels, weights, camera_of(msg, 640, 480))[2] > Z_M + 0.5


def test_roi_and_binning_of_a_rectified_image():
    msg = sensor(p=p_of(450.0, 333.0, 222.0), roi=roi(100, 40, 500, 400), binning_x=2, binning_y=2)
    assert camera_of(msg, 250, 200, True) == Camera(225.0, 225.0, 116.5, 91.0, 250, 200)


def test_without_p_and_distortion_k_holds_for_rectified_images_too():
    assert camera_of(sensor(), 640, 480, rectified=True).fx == FX
    with pytest.raises(CalibrationError, match="P has focal lengths of 0 and 0 px"):
        camera_of(sensor(distortion_model="plumb_bob", d=BARREL), 640, 480, rectified=True)


@pytest.mark.parametrize(
    ("topic", "rectified"),
    [
        ("/left/image_rect", True), ("/left/image_rect_color", True), ("/left/image_rect/compressed", True),
        ("/oak/rgb/rect", True), ("/cam/image_rectified", True), ("/cam/image_raw", False), ("/image", False),
        ("/rect/image_raw", False), ("/cam/unrectified", False), ("/cam/image_direct", False),
        ("/cam/image_raw/compressed", False),
    ],
)  # fmt: skip
def test_auto_goes_by_the_topic(topic, rectified):
    assert is_rectified("auto", topic) is rectified
    assert is_rectified("true", topic) and not is_rectified("false", topic)


# -- what is no calibration, and why

NOT_OF_THE_IMAGE = {
    "another shape": (sensor(), (640, 360), "for images of 640x480, these have 640x360"),
    "upright": (sensor(), (480, 640), "for images of 640x480, these have 480x640"),
    "roi of another shape": (sensor(roi=roi(0, 0, 640, 360)), (640, 480), "640x360 (roi of 640x360), these"),
    "binning of another shape": (sensor(binning_x=2), (640, 480), "320x480 (binning of 2x1), these have"),
    "roi beyond the sensor": (sensor(roi=roi(400, 0, 400, 480)), (400, 480), "beyond its own 640x480"),
    "binning of everything": (sensor(binning_x=1000), (640, 480), "leaves nothing"),
    "half of K": (info(fy=0.0), (640, 480), "K has focal lengths of 500 and 0 px"),
    "no size": (sensor(width=0, height=0), (640, 480), "its size is 0x0"),
    "an unknown lens": (sensor(distortion_model="omni", d=[0.1]), (640, 480), "'omni' is not known"),
    "no lens": (sensor(d=BARREL), (640, 480), "distortion_model '' is not known"),
    "too many": (sensor(distortion_model="plumb_bob", d=KINECT), (640, 480), "D has 8 numbers"),
    "nan": (sensor(distortion_model="plumb_bob", d=[np.nan] * 5), (640, 480), "not finite"),
    "of another model": (sensor(distortion_model="plumb_bob", d=[-9.0]), (640, 480), "bends rays back"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_OF_THE_IMAGE)
def test_what_cannot_belong_to_the_image_is_refused_with_the_reason(name):
    msg, size, words = NOT_OF_THE_IMAGE[name]
    with pytest.raises(CalibrationError) as caught:
        camera_of(msg, *size)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("model", "d"),
    [("plumb_bob", [0.0] * 5), ("", []), ("rational_polynomial", [0.0] * 8), ("anything", [0.0])],
)
def test_a_lens_that_does_not_distort_costs_nothing(model, d):
    assert camera_of(sensor(distortion_model=model, d=d), 640, 480).distortion is None


def test_a_fisheye_of_zeros_is_a_fisheye():
    lens = camera_of(sensor(distortion_model="equidistant", d=[0.0] * 4), 640, 480).distortion
    assert lens == Distortion("equidistant", (0.0,) * 4)


def test_coefficients_are_counted_without_zeros_behind():
    """Drivers fill up: four of plumb_bob, or five of a fisheye."""
    four = camera_of(sensor(distortion_model="plumb_bob", d=BARREL[:4]), 640, 480)
    assert four == camera_of(sensor(distortion_model="plumb_bob", d=[*BARREL, 0.0, 0.0]), 640, 480)
    fisheye = camera_of(sensor(distortion_model="equidistant", d=[*FISHEYE, 0.0]), 640, 480)
    assert fisheye.distortion.coefficients == tuple(FISHEYE)


@pytest.mark.parametrize("model", [None, *LENSES])
def test_a_camera_is_the_same_after_a_message(model):
    lens = None if model is None else Distortion(model, tuple(LENSES[model]))
    camera = Camera(500.0, 510.0, 300.0, 250.0, 640, 480, lens)
    assert camera_of(camera_info(camera, 640, 480), 640, 480) == camera


@pytest.mark.parametrize("rectified", [False, True])
def test_what_says_that_it_is_not_calibrated_is_no_fault(rectified):
    """K[0] is zero, as the message defines it; whatever else stands there."""
    for msg in (camera_info(None, 640, 480), CameraInfo(), info(fx=0.0, d=[np.nan], p=p_of(500.0, 1.0, 1.0))):
        assert camera_of(msg, 640, 480, rectified) is None


def test_an_assumed_field_of_view_is_told_once_and_not_too_early():
    """A calibration may come later than the first images, and may stop to fit."""
    pipeline, outputs = SimpleNamespace(config=Settings()), SimpleNamespace(configure=lambda _: None)
    stream = Stream("", "image", pipeline, outputs)
    camera = camera_of(info(), 640, 480)
    seen = [
        (None, 10.0),
        (None, 12.0),
        (camera, 12.5),
        (None, 13.0),
        (None, 15.9),
        (None, 16.0),
        (None, 30.0),
    ]
    assert [stream.newly_assumed(*one) for one in seen] == [False] * 5 + [True, False]
    assert not stream.calibrated


# -- through the node


def publisher_of(system, msg):
    """Publishes a calibration, as often as it is called; once now."""
    publisher = system.publisher(CameraInfo, "camera_info")

    def publish():
        publisher.publish(system.stamped(msg))

    publish()
    return publish


class Meter(Probe):
    """Sees fixed pixels of a body of known size, and puts it where the image's camera has it."""

    def __init__(self, body, pixels):
        super().__init__()
        self.body, self.pixels = body, pixels

    def _observed(self, person, image):
        points = self.body + place(self.body, self.pixels, np.ones(len(self.body)), image.camera)
        low, size = self.pixels.min(axis=0), np.ptp(self.pixels, axis=0)
        return Observation(
            pose=KeypointPose(points, np.full(len(points), 0.9)),
            box_xywh=np.concatenate([low, size]),
            score=0.9,
            scale_source=ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT,
        )


NODES = {
    "roi": (VIEWS["roi"][0], (448, 336), {}, VIEWS["roi"][3], K, None),
    "binning": (VIEWS["binning"][0], (320, 240), {}, VIEWS["binning"][3], K, None),
    "lens": (sensor(distortion_model="plumb_bob", d=BARREL), (640, 480), {}, lambda px: px, K, BARREL),
    "rectified": (
        sensor(distortion_model="plumb_bob", d=BARREL, p=p_of(450.0, 333.0, 222.0)),
        (640, 480),
        {"rectified": "true"},
        lambda px: px,
        NEW_K,
        None,
    ),
}


@pytest.mark.parametrize("name", NODES)
def test_the_node_puts_people_where_they_are(start, monkeypatch, person, name):
    body, at = person
    body, at = 0.5 * body, at * (0.2, 1.0, 1.0)  # all of it in the smallest image
    msg, size, parameters, part, k, d = NODES[name]
    pixels = part(pixels_of(body + at, k, d))
    assert ((pixels > 0.0) & (pixels < size)).all()
    meter = Meter(body, pixels)
    meter.needs_regions = False
    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", meter.make)
    system = start(smoothing="none", horizontal_fov_deg=30.0, **parameters)
    wanted = publisher_of(system, msg)
    found = system.process(size=size).bodies[0]
    while found.scale_source != BodyPose.SCALE_CAMERA_INFO:
        wanted()
        found = system.process(size=size).bodies[0]
    joints = {joint.name: joint for joint in found.joints}
    for name_of_joint in ("left_wrist", "right_ankle"):
        row, joint = KEYPOINTS.index(name_of_joint), joints[name_of_joint]
        p, pixel = joint.pose.position, joint.pixel
        np.testing.assert_allclose((p.x, p.y, p.z), (body + at)[row], atol=1e-3)
        np.testing.assert_allclose((pixel.x, pixel.y), pixels[row], atol=0.02)
    values = system.values(lambda v: v["calibration"].startswith("/camera_info"))
    assert ("P (rectified: true)" in values["calibration"]) == (name == "rectified")


def test_a_camera_that_is_not_calibrated_is_told_and_no_warning(start, probe):
    system = start()
    publish = publisher_of(system, camera_info(None, 320, 240))

    def used():
        publish()
        return system.process() and "not calibrated (K is zero)" in system.values()["calibration"]

    system.wait_until(used)
    status = system.tracking()
    values = as_dict(status)
    assert values["calibration"].startswith("/camera_info, which says that the camera is not calibrated")
    assert values["calibration"].endswith("horizontal_fov_deg is assumed")


def test_a_calibration_of_other_images_is_told_and_counts_as_none(start, probe):
    system = start()
    publish = publisher_of(system, sensor())
    bodies = system.process(size=(640, 360))
    assert bodies.bodies[0].scale_source == BodyPose.SCALE_ASSUMED_HEIGHT
    for _ in itertools.count():
        publish()
        system.send(size=(640, 360))
        message = system.status().message
        if "no calibration" in message:
            break
    assert "camera_info is no calibration of the images: it is for images of 640x480" in message
    assert system.process(size=(640, 360)).bodies[0].scale_source == BodyPose.SCALE_ASSUMED_HEIGHT
    system.process(size=(640, 480))
    values = system.values(lambda v: "K, no distortion" in v["calibration"])
    assert "(rectified: auto)" in values["calibration"]
