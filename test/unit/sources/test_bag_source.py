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

"""Bags as sources: which images they give, when, and with which camera and depth."""

import logging

import numpy as np
import pytest

from frankmocap_ros.api import VideoProcessorTrack
from frankmocap_ros.errors import CalibrationError, SourceError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import Distortion
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.sources import check_source, open_source
from support.bags import (
    camera_info,
    compressed,
    image,
    make,
    number_image,
    number_of,
    storage_file,
    write_bag,
)

T0 = 1_700_000_000_123_456_789
PERIOD = 40_000_000  # 25 Hz
RAW = "/camera/image_raw"
CAMERA = Camera(9.0, 9.5, 4.2, 3.1, 8, 6, Distortion("plumb_bob", (-0.1, 0.02, 0.001, -0.0005, 0.0)))


def opened(where, **settings):
    return open_source(CameraSettings(source=str(where), **settings))


def numbered(count=4, topic=RAW, make_image=image, late_ns=2_000_000):
    """Messages of a camera: received a little after their stamps."""
    for k in range(count):
        stamp = T0 + k * PERIOD
        yield topic, stamp + late_ns, make_image(number_image(k), stamp)


def merged(*streams):
    return sorted((message for stream in streams for message in stream), key=lambda message: message[1])


def read_all(source):
    return list(iter(source.read, None))


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
@pytest.mark.parametrize("form", ["raw", ".png", ".jpg"])
def test_a_bag_gives_its_images_with_their_stamps(tmp_path, storage, form):
    make_image = image if form == "raw" else lambda pixels, stamp: compressed(pixels, stamp, form)
    topic = RAW if form == "raw" else f"{RAW}/compressed"
    folder = write_bag(tmp_path / "bag", numbered(5, topic, make_image), storage)
    for path in (folder, storage_file(folder)):
        source = opened(path)
        assert source.name == f"bag {path}, images of {topic}"
        assert (source.frames, source.live, source.camera) == (5, False, None)
        assert source.rate_hz == pytest.approx(25.0)
        for _ in range(2):
            images = read_all(source)
            assert [number_of(i.pixels) for i in images] == [0, 1, 2, 3, 4]
            assert [i.time_s for i in images] == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16], abs=1e-12)
            assert [i.stamp_s for i in images] == [(T0 + k * PERIOD) / 1e9 for k in range(5)]
            assert all(i.depth is None for i in images)
            source.rewind()
        source.close()


@pytest.mark.parametrize("encoding", ["rgb8", "mono8", "bgra8", "bayer_rggb8", "yuv422_yuy2", "mono16"])
def test_encodings_are_those_of_the_node(tmp_path, encoding):
    shape = {"mono8": (6, 8), "bayer_rggb8": (6, 8), "mono16": (6, 8), "yuv422_yuy2": (6, 8, 2)}
    kind = np.uint16 if encoding == "mono16" else np.uint8
    pixels = np.zeros(shape.get(encoding, (6, 8, 4 if encoding == "bgra8" else 3)), kind)
    pixels[..., :1] += kind(200)
    folder = write_bag(tmp_path / "bag", [(RAW, T0, image(pixels, T0, encoding))])
    read = opened(folder).read()
    assert (read.pixels.shape, read.pixels.dtype) == ((6, 8, 3), np.uint8)
    if encoding == "rgb8":
        assert read.pixels[0, 0].tolist() == [0, 0, 200]


@pytest.fixture
def said(monkeypatch):
    """What the source warns of."""
    texts = []
    log = logging.getLogger("frankmocap_ros.sources.bag_source")
    monkeypatch.setattr(log, "warning", lambda text, *values: texts.append(text % values))
    return texts


def left_out(folder, said):
    source = opened(folder)
    images = read_all(source)
    (text,) = said
    return images, text


def test_images_whose_stamps_do_not_rise_are_left_out_and_counted(tmp_path, said):
    """As by the node: neighbors that were swapped, and doubled ones."""
    order = [0, 1, 3, 2, 4, 4, 5]
    messages = [(RAW, T0 + i, image(number_image(k), T0 + k * PERIOD)) for i, k in enumerate(order)]
    images, text = left_out(write_bag(tmp_path / "bag", messages), said)
    assert [number_of(i.pixels) for i in images] == [0, 1, 3, 4, 5]
    assert np.all(np.diff([i.time_s for i in images]) > 0.0)
    assert "2 of 7 images left out" in text
    assert "1 with a stamp earlier than that of an image before" in text
    assert "1 with the stamp of the image before" in text


def test_times_go_on_where_stamps_begin_again(tmp_path):
    """A log that was recorded while another was played in a loop."""
    stamps = [T0 + k * PERIOD for k in (0, 1, 2, -100, -99)]
    messages = [(RAW, T0 + i, image(number_image(i), stamp)) for i, stamp in enumerate(stamps)]
    images = read_all(opened(write_bag(tmp_path / "bag", messages)))
    assert [i.time_s for i in images] == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16], abs=1e-9)
    assert [i.stamp_s for i in images] == [stamp / 1e9 for stamp in stamps]


def test_without_stamps_the_time_of_reception_counts(tmp_path):
    messages = [(RAW, T0 + k * PERIOD, image(number_image(k), 0)) for k in range(3)]
    images = read_all(opened(write_bag(tmp_path / "bag", messages)))
    assert [i.time_s for i in images] == pytest.approx([0.0, 0.04, 0.08])
    assert images[0].stamp_s == T0 / 1e9


def test_malformed_images_are_left_out_and_counted(tmp_path, said):
    messages = list(numbered(4))
    messages[1][2].step = 7
    images, text = left_out(write_bag(tmp_path / "bag", messages), said)
    assert [number_of(i.pixels) for i in images] == [0, 2, 3]
    assert "1 of 4 images left out: 1 malformed (bad_step) (step is 7" in text
    for _, _, message in messages:
        message.encoding = "nothing8"
    with pytest.raises(SourceError, match=r"no image of /camera/image_raw can be read: encoding 'nothing8'"):
        opened(write_bag(tmp_path / "none", messages))


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_the_end_of_a_file_that_is_cut_off_is_no_end(tmp_path, storage):
    noise = np.random.default_rng(0).integers(255, size=(60, 80, 3), dtype=np.uint8)
    messages = [(RAW, T0 + k * PERIOD, image(noise, T0 + k * PERIOD)) for k in range(20)]
    file = storage_file(write_bag(tmp_path / "bag", messages, storage))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    for path in (file, file.parent):
        with pytest.raises(SourceError, match=r"cannot be read .*cut off, damaged"):
            read_all(opened(path))


# Topics


def topics_of(tmp_path, *topics):
    """A bag with one image of each topic; compressed where the name says so."""
    messages = [
        (topic, T0 + i, (compressed if "compressed" in topic else image)(number_image(i), T0 + i))
        for i, topic in enumerate(topics)
    ]
    return write_bag(tmp_path / "bag", messages)


def test_of_several_topics_one_must_be_named(tmp_path):
    folder = topics_of(tmp_path, "/left/image_raw", "/right/image_raw")
    with pytest.raises(SourceError, match=r"of 2 topics; name one, such as .*bag:/left/image_raw; allowed:"):
        opened(folder)
    assert number_of(opened(f"{folder}:/right/image_raw").read().pixels) == 1
    check_source(f"{folder}:/right/image_raw")
    with pytest.raises(SourceError, match="/up is no topic of images; allowed: /left/image_raw, /right"):
        opened(f"{folder}:/up")


@pytest.mark.parametrize(
    ("taken", "others"),
    [
        ("/camera/image_raw", ["/camera/image_raw/compressed"]),
        (
            "/camera/color/image_raw",
            ["/camera/depth/image_rect_raw", "/camera/aligned_depth_to_color/image_raw"],
        ),
        ("/zed/rgb/image_rect_color/compressed", ["/zed/depth/depth_registered"]),
        ("/image", ["/frankmocap/annotated"]),
        ("/camera/depth/image_raw", []),
    ],
)
def test_what_a_camera_sees_is_taken_before_depth_copies_and_drawings(tmp_path, taken, others):
    assert opened(topics_of(tmp_path, *others, taken)).topics.image == taken


def test_a_bag_without_images_says_what_it_has(tmp_path):
    folder = write_bag(tmp_path / "bag", [("/chatter", T0, make("std_msgs/msg/String", data="x"))])
    with pytest.raises(SourceError, match=r"has no images; .*It has: /chatter \(std_msgs/msg/String\)"):
        opened(folder)


def test_only_bags_have_topics(tmp_path):
    (tmp_path / "video.mp4").write_bytes(b"hello")
    with pytest.raises(SourceError, match=r"video\.mp4 is no bag, so it has no topics"):
        opened(f"{tmp_path}/video.mp4:/image")
    with pytest.raises(SourceError, match=r"there is no rtsp, so it has no topics"):
        opened("rtsp://camera/stream")
    odd = tmp_path / "odd:" / "bag"
    odd.parent.mkdir()
    assert opened(write_bag(odd, numbered(1))).topics.image == RAW


# Cameras


def with_info(topic, info_topic, camera=CAMERA):
    return merged(numbered(3, topic), [(info_topic, T0, camera_info(camera, T0))])


def test_the_calibration_beside_the_images_is_theirs(tmp_path):
    """As the node takes it: K and D as the lens gives them, P where the topic says that it is rectified."""
    source = opened(write_bag(tmp_path / "raw", with_info(RAW, "/camera/camera_info")))
    source.read()
    assert source.camera == CAMERA
    folder = write_bag(tmp_path / "rect", with_info("/camera/image_rect", "/camera/camera_info"))
    assert opened(folder).camera == Camera(18.0, 19.0, 4.2, 3.1, 8, 6)
    assert opened(folder, rectified="false").camera == CAMERA
    elsewhere = write_bag(tmp_path / "other", with_info(RAW, "/other/camera_info"))
    assert opened(elsewhere).camera is None


def test_the_calibration_goes_along_with_compressed_images(tmp_path):
    messages = numbered(2, f"{RAW}/compressed", compressed)
    info = [("/camera/camera_info", T0 + PERIOD, camera_info(CAMERA, T0))]
    assert opened(write_bag(tmp_path / "bag", merged(messages, info))).camera == CAMERA


def test_a_calibration_of_other_images_is_refused_when_it_is_needed(tmp_path):
    other = Camera(9.0, 9.0, 8.0, 1.0, 16, 2)
    source = opened(write_bag(tmp_path / "bag", with_info(RAW, "/camera/camera_info", other)))
    assert len(read_all(source)) == 3
    with pytest.raises(CalibrationError, match=r"camera_info: it is for images of 16x2.*--camera-info"):
        _ = source.camera


# Depth


def depth_image(k, stamp, metres=False):
    values = np.full((3, 4), 1000 + k, np.uint16)
    if metres:
        return image(np.float32(1e-3) * values, stamp, "32FC1")
    return image(values, stamp, "16UC1")


def depths(topic, ks, off_ns=0, late_ns=0, metres=False):
    """Depth of some images, stamped and received later than these."""
    for k in ks:
        stamp = T0 + k * PERIOD + off_ns
        yield topic, stamp + late_ns, depth_image(k, stamp, metres)


def paired(folder):
    """Number of the depth image that each image gets, in millimeters over 1000; None for none."""
    found = []
    for read in read_all(opened(folder)):
        assert read.depth_measured
        depth = read.depth and read.depth()
        found.append(None if depth is None else round(1e3 * float(depth.meters()[0, 0])) - 1000)
    return found


@pytest.mark.parametrize(
    ("topic", "image_topic"),
    [
        ("/camera/depth", RAW),
        ("/camera/aligned_depth_to_color/image_raw", "/camera/color/image_raw"),
    ],
)
@pytest.mark.parametrize("late_ns", [0, 30_000_000, 200_000_000])
@pytest.mark.parametrize("metres", [False, True])
def test_depth_is_found_by_its_stamp_whenever_it_came(tmp_path, topic, image_topic, late_ns, metres):
    stream = depths(topic, [0, 1, 3, 4], off_ns=7_000_000, late_ns=late_ns, metres=metres)
    folder = write_bag(tmp_path / "bag", merged(numbered(5, image_topic), stream))
    found = paired(folder)
    assert found[1:] == [1, None, 3, 4]
    assert found[0] in (0, None)  # before a second image, nobody knows how far apart they are


def test_depth_before_its_image_and_depth_of_another_topic(tmp_path):
    stream = depths("/other/range", range(4), off_ns=-5_000_000)
    folder = write_bag(tmp_path / "bag", merged(numbered(4, late_ns=90_000_000), stream))
    assert paired(f"{folder}:{RAW}") == 4 * [None]
    assert paired(f"{folder}:{RAW}:/other/range") == [0, 1, 2, 3]
    with pytest.raises(SourceError, match=r"/nothing is no topic of depth images; allowed: .*/other/range"):
        opened(f"{folder}:{RAW}:/nothing")


def test_malformed_depth_is_none(tmp_path, said):
    messages = list(depths("/camera/depth", range(3)))
    messages[1][2].encoding = "rgb8"
    assert paired(write_bag(tmp_path / "bag", merged(numbered(3), messages))) == [0, None, 2]
    (text,) = said
    assert "a depth image was left out: depth is 'rgb8'" in text


class Wrapper:
    """What the API's track needs of a wrapper: tells the time at which it is asked."""

    config = Settings()

    def reset(self):
        pass

    def __call__(self, image_bgr, time_s, camera):
        return {"stamp_s": time_s, "asked_s": time_s, "camera": camera}


def test_the_api_runs_on_times_since_the_first_image_and_tells_stamps(tmp_path):
    folder = write_bag(tmp_path / "bag", with_info(RAW, "/camera/camera_info"))
    results = list(VideoProcessorTrack(Wrapper())(str(folder)))
    assert [r["asked_s"] for r in results] == pytest.approx([0.0, 0.04, 0.08])
    assert [r["stamp_s"] for r in results] == [(T0 + k * PERIOD) / 1e9 for k in range(3)]
    assert results[0]["camera"] == CAMERA
