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

"""Camera images as H.264: what is recorded, what is read of it, and what is dropped."""

import builtins
import shutil
import sys
import threading

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import ImageError, MissingDependencyError
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.video import VideoDecoder
from frankmocap_ros.recording import h264
from frankmocap_ros.recording.episode_images import EpisodeImages
from frankmocap_ros.recording.episodes import EpisodeInfo, TopicCount, read_info
from frankmocap_ros.recording.h264 import H264Encoder, find_encoder
from frankmocap_ros.recording.image_encoding import ImageEncoding
from frankmocap_ros.recording.message_queue import ReceivedMessage
from frankmocap_ros.recording.recorder import Clocks, Recorder
from frankmocap_ros.recording.repair import repair
from frankmocap_ros.recording.roles import AskedTopics, roles_of
from frankmocap_ros.recording.rows import CameraRows
from frankmocap_ros.recording.storage import Storage
from frankmocap_ros.sources.bag import Bag
from frankmocap_ros.sources.bag_source import BagSource
from frankmocap_ros.sources.bag_topics import CameraTopics
from support.bags import compressed, image, types
from support.waiting import wait_until

START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 100_000_000
KEYFRAME, CHANGE = 7, 1  # a message begins with a unit of this type: parameters of a keyframe, or a slice
VIDEO = "foxglove_msgs/msg/CompressedVideo"


def picture(k, size=(96, 64)):
    """Pixels that move, in colors that tell channels apart."""
    pixels = np.full((size[1], size[0], 3), (200, 120, 40), np.uint8)
    cv2.circle(pixels, (4 * k + 8, 32), 12, (30, 60, 220), -1)
    return cv2.GaussianBlur(pixels, (9, 9), 0)


def received(message, topic, k):
    kind = message.__msgtype__
    cdr = bytes(types().serialize_cdr(message, kind))
    return ReceivedMessage(topic, kind, cdr, START_NS + k * PERIOD_NS + 5_000_000, START_NS + k * PERIOD_NS)


def stamp_ns(k):
    return START_NS + k * PERIOD_NS


def asked(call, *words):
    answers, done = [], threading.Event()
    call(*words, lambda answer: (answers.append(answer), done.set()))
    assert done.wait(20.0)
    return answers[0]


@pytest.fixture
def recorder(tmp_path):
    """Starts a recorder that encodes images."""
    made = []

    def begin(max_bytes=64_000_000, steady_s=lambda: 0.0):
        told = []

        def tell(words, bad):
            told.append((words, bad))

        clocks = Clocks(lambda: START_NS, steady_s)
        one = Recorder(Storage(tmp_path), clocks, tell, ImageEncoding(max_bytes, tell))
        one.start_thread()
        made.append(one)
        return one, told

    yield begin
    for one in made:
        one.close()


def test_recorded_images_come_out_of_the_episode_again(recorder, tmp_path):
    one, told = recorder()
    for number in (1, 2):
        assert asked(one.start, EpisodeInfo())[0]
        for k in range(20):
            one.put(received(image(picture(k), stamp_ns(k), frame="lens"), "/image", k))
            jpeg = compressed(picture(k), stamp_ns(k) + 1, ".jpg")
            one.put(received(jpeg, "/wrist/image_raw/compressed", k))
        granted, words = asked(one.stop, "success", "")
        assert granted, words
        folder = tmp_path / f"episode_00000{number}"
        topics = read_info(folder).topics
        assert {(name, topic.type, topic.messages, topic.dropped) for name, topic in topics.items()} == {
            ("/image/h264", VIDEO, 20, 0),
            ("/wrist/image_raw/compressed/h264", VIDEO, 20, 0),
        }
        with Bag(folder) as bag:
            messages = [item.message for item in bag.messages(["/image/h264"])]
        assert {(one.frame_id, one.format) for one in messages} == {("lens", "h264")}
        units = [one.data[4] & 31 for one in messages]
        assert all(bytes(one.data[:4]) == b"\0\0\0\1" for one in messages)
        assert units[0] == KEYFRAME
        assert set(units) == {KEYFRAME, CHANGE}
        keyframes = [k for k, unit in enumerate(units) if unit == KEYFRAME]
        assert max(np.diff([*keyframes, 20])) <= 10  # one in each second
        for topic, later_ns in (("/image/h264", 0), ("/wrist/image_raw/compressed/h264", 1)):
            source = BagSource(folder, topic)
            for _ in range(2):
                read = list(iter(source.read, None))
                assert [round(1e9 * (one.time_s)) for one in read] == [k * PERIOD_NS for k in range(20)]
                assert [one.stamp_s for one in read] == [(stamp_ns(k) + later_ns) / 1e9 for k in range(20)]
                for k, one_read in enumerate(read):
                    assert np.abs(one_read.pixels.astype(int) - picture(k)).mean() < 3.0
                source.rewind()
            source.close()
    assert not any(bad for _, bad in told)


def test_an_export_has_the_right_images_though_it_leaves_some_out(recorder, tmp_path):
    one, _ = recorder()
    asked(one.start, EpisodeInfo())
    for k in range(12):
        one.put(received(image(picture(k), stamp_ns(k)), "/wrist/image_raw", k))
    asked(one.stop, "success", "")
    with Bag(tmp_path / "episode_000001") as bag:
        cameras = roles_of(bag.topics, AskedTopics()).images
        assert cameras == {"/wrist/image_raw/h264": "wrist"}
        rows = CameraRows("/wrist/image_raw/h264", np.array([2, 7, 7, 8]), np.arange(4))
        images = EpisodeImages(bag, {"wrist": rows})
        found = {(row.first, row.count): row.rgb for row in images}
        assert images.malformed == {}
    assert set(found) == {(0, 1), (1, 2), (3, 1)}
    for (first, _), rgb in found.items():
        expected = picture(int(rows.messages[first]))[..., ::-1]
        assert np.abs(rgb.astype(int) - expected).mean() < 3.0


def test_of_an_episode_that_is_cut_off_all_images_that_were_written_can_be_read(recorder, tmp_path):
    now_s = [0.0]
    one, _ = recorder(steady_s=lambda: now_s[0])
    asked(one.start, EpisodeInfo())
    for k in range(15):
        one.put(received(image(picture(k), stamp_ns(k)), "/image", k))
    folder, cut_off = tmp_path / "episode_000001", tmp_path / "cut_off" / "episode_000001"

    def written():
        now_s[0] += 2.0  # each look of the recorder writes out
        return read_info(folder).topics.get("/image/h264", TopicCount(VIDEO)).messages == 15

    wait_until(written)
    shutil.copytree(folder, cut_off)
    repair(cut_off)
    source = BagSource(cut_off)
    assert [seen.stamp_s for seen in iter(source.read, None)] == [stamp_ns(k) / 1e9 for k in range(15)]
    source.close()


def test_a_camera_is_known_by_its_video_and_its_raw_images_go_first():
    topics = {"/left/image_rect/h264": VIDEO, "/left/camera_info": "sensor_msgs/msg/CameraInfo"}
    found = CameraTopics.of(topics, "", "", "bag")
    assert (found.image, found.camera_info) == ("/left/image_rect/h264", "/left/camera_info")
    raw = {"/left/image_rect": "sensor_msgs/msg/Image", **topics}
    assert CameraTopics.of(raw, "", "", "bag").image == "/left/image_rect"
    jpeg = {
        "/left/image_rect/compressed": "sensor_msgs/msg/CompressedImage",
        "/left/image_rect/compressed/h264": VIDEO,
    }
    assert CameraTopics.of(jpeg, "", "", "bag").image == "/left/image_rect/compressed"


def test_what_the_encoder_does_not_take_in_time_is_dropped_and_counted(recorder, tmp_path, monkeypatch):
    go = threading.Event()
    encode = H264Encoder.encode
    one, told = recorder(max_bytes=3 * 96 * 64 * 3 + 1500)
    asked(one.start, EpisodeInfo())
    monkeypatch.setattr(H264Encoder, "encode", lambda *args: go.wait(20.0) and encode(*args))
    for k in range(10):
        one.put(received(image(picture(k), stamp_ns(k)), "/image", k))
    one.put(ReceivedMessage("/a", "std_msgs/msg/Header", bytes((0, 1, 0, 0)) + bytes(16), START_NS, START_NS))
    go.set()
    granted, words = asked(one.stop, "unknown", "")
    assert granted
    topics = read_info(tmp_path / "episode_000001").topics
    count = topics["/image/h264"]
    assert count.messages in (3, 4)  # the encoder holds one of them, where it was fast enough to take it
    assert count.dropped == 10 - count.messages
    assert f"dropped: {count.dropped} of /image/h264" in words
    assert topics["/a"].messages == 1
    assert any("faster than they can be written or encoded" in text for text, bad in told if bad)
    source = BagSource(tmp_path / "episode_000001")
    assert len(list(iter(source.read, None))) == count.messages
    source.close()


def test_images_that_cannot_be_encoded_are_told_once_and_depth_stays_as_it_came(recorder, tmp_path):
    one, told = recorder()
    asked(one.start, EpisodeInfo())
    depth = np.arange(96 * 64, dtype=np.uint16).reshape(64, 96)
    for k in range(3):
        one.put(received(image(picture(k, (95, 64)), stamp_ns(k)), "/image", k))
        one.put(received(image(depth, stamp_ns(k), "16UC1"), "/depth", k))
    asked(one.stop, "unknown", "")
    topics = read_info(tmp_path / "episode_000001").topics
    assert (topics["/image/h264"].messages, topics["/image/h264"].dropped) == (0, 3)
    assert (topics["/depth"].type, topics["/depth"].messages) == ("sensor_msgs/msg/Image", 3)
    bad = [text for text, is_bad in told if is_bad and "even width and height" in text]
    assert len(bad) == 1
    assert "95 x 64" in bad[0]
    with Bag(tmp_path / "episode_000001") as bag:
        for item in bag.messages(["/depth"]):
            assert np.array_equal(item.message.data.view(np.uint16), depth.reshape(-1))


def test_after_a_lost_message_images_come_again_with_the_next_keyframe():
    class Message:
        format = "h264"

        def __init__(self, data):
            self.data = np.frombuffer(data, np.uint8)

    encoder = H264Encoder(find_encoder(), (96, 64))
    messages = [Message(encoder.encode(Bitmap(picture(k)), k * 300_000_000)) for k in range(6)]
    decoder = VideoDecoder()

    def reason(message):
        try:
            decoder.decode(message)
        except ImageError as error:
            return error.reason
        return ""

    assert reason(messages[1]) == "no_keyframe"
    assert [reason(one) for one in messages] == [""] * 6
    assert reason(Message(b"\0\0\0\1 nonsense" * 9)) == "bad_h264"
    assert [reason(one) for one in messages[1:5]] == ["no_keyframe", "", "", ""]
    messages[0].format = "vp9"
    assert reason(messages[0]) == "bad_format"


def test_an_encoder_that_lacks_is_named_before_anything_is_recorded(monkeypatch):
    monkeypatch.setattr(h264, "_works", lambda name: False)
    with pytest.raises(MissingDependencyError, match=r"allowed: libx264, .*here: libx264.*not work; run: "):
        find_encoder()
    real = builtins.__import__

    def without_av(name, *rest):
        if name == "av":
            raise ImportError("No module named 'av'")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "av", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_av)
    with pytest.raises(MissingDependencyError, match=r"the package av.*run: .*recordings.*as_published"):
        ImageEncoding(1000, print)
