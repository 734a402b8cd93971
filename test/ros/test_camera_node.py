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

"""The camera node through real DDS: what it sends, when, and what it does without a source."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, HistoryPolicy, ReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from frankmocap_ros.errors import SourceError
from frankmocap_ros.geometry.calibration import camera_of
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.messages.images import decode_image
from frankmocap_ros.ros.camera import camera_loop, camera_node, camera_outputs
from frankmocap_ros.ros.camera.camera_loop import Pacer
from frankmocap_ros.ros.camera.camera_node import CameraNode
from frankmocap_ros.ros.camera.camera_outputs import Stamps
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.sources import SourceImage
from support import bags

TIMEOUT_S = 30.0
FRAMES, VIDEO_HZ = 20, 50.0


def shade(n: int) -> int:
    """Gray value of frame ``n``: far enough from its neighbors' to survive compression."""
    return 20 + 10 * n


@pytest.fixture
def video(tmp_path):
    """A video of 20 gray frames, 96x64, 50 a second."""
    path = tmp_path / "made.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), VIDEO_HZ, (96, 64))
    for n in range(FRAMES):
        writer.write(np.full((64, 96, 3), shade(n), np.uint8))
    writer.release()
    return path


def frame_number(msg: Image) -> int:
    return round((decode_image(msg).pixels.mean() - shade(0)) / 10.0)


def stamp_ns(msg) -> int:
    return msg.header.stamp.sec * 1_000_000_000 + msg.header.stamp.nanosec


def values(msg: DiagnosticArray) -> dict[str, str]:
    return {value.key: value.value for value in msg.status[0].values}


class Inbox:
    """Every message of one topic."""

    def __init__(self):
        self._messages = []
        self._changed = threading.Condition()

    def __call__(self, msg):
        with self._changed:
            self._messages.append(msg)
            self._changed.notify_all()

    @property
    def messages(self):
        with self._changed:
            return list(self._messages)

    def at_least(self, count):
        """The messages, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._messages) >= count, TIMEOUT_S), (
                f"{len(self._messages)} of {count} messages"
            )
            return list(self._messages)

    def more(self, count):
        """The next messages from now on."""
        start = len(self.messages)
        return self.at_least(start + count)[start:]

    def wait(self, wanted, start=0):
        """The first message from number ``start`` on that is wanted."""
        end_s = time.monotonic() + TIMEOUT_S
        for count in itertools.count(start + 1):
            if wanted(msg := self.at_least(count)[count - 1]):
                return msg
            assert time.monotonic() < end_s, "none of many messages is wanted"

    def next(self, wanted):
        """The next message from now on that is wanted."""
        return self.wait(wanted, len(self.messages))


def spinning(node, context, stack):
    """Spin a node in a thread until the end of the test; an exception in a callback fails it."""
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    errors = []

    def spin():
        try:
            executor.spin()
        except ExternalShutdownException:
            pass
        except BaseException as error:
            errors.append(error)

    def end():
        executor.shutdown()
        thread.join(TIMEOUT_S)
        node.destroy_node()
        assert errors == []

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    stack.callback(end)


class Listener:
    """Subscribes to what the test wants, and calls the camera's services."""

    def __init__(self, context):
        self.node = Node("listener", context=context)

    def listen(self, kind, topic, qos=100):
        inbox = Inbox()
        self.node.create_subscription(kind, topic, inbox, qos)
        return inbox

    def call(self, kind, service, request):
        client = self.node.create_client(kind, f"/camera/{service}")
        assert client.wait_for_service(TIMEOUT_S)
        done = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: done.set())
        assert done.wait(TIMEOUT_S), service
        return future.result()

    def set(self, **parameters):
        """Set parameters through the service; returns the one result."""
        messages = [Parameter(name, value=value).to_parameter_msg() for name, value in parameters.items()]
        (result,) = self.call(
            SetParameters, "set_parameters", SetParameters.Request(parameters=messages)
        ).results
        return result


@pytest.fixture
def listener(context):
    with ExitStack() as stack:
        ours = context()
        listener = Listener(ours)
        spinning(listener.node, ours, stack)
        yield listener


@pytest.fixture
def start(context):
    """Starts a camera node with parameters."""
    with ExitStack() as stack:

        def begin(**parameters) -> CameraNode:
            theirs = context()
            node = CameraNode(
                context=theirs,
                parameter_overrides=[
                    Parameter(name.replace("__", "."), value=str(v) if name == "source" else v)
                    for name, v in parameters.items()
                ],
            )
            spinning(node, theirs, stack)
            return node

        yield begin


def matched(node: CameraNode, *topics: str) -> None:
    """Wait until somebody listens, so that no image is lost for want of a listener."""
    end_s = time.monotonic() + TIMEOUT_S
    while not all(node.count_subscribers(topic) for topic in topics):
        assert time.monotonic() < end_s, topics
        time.sleep(0.005)
    publishers = [p for p in node.publishers if p.topic_name in topics]
    while not all(p.get_subscription_count() for p in publishers):
        assert time.monotonic() < end_s, topics
        time.sleep(0.005)


def test_every_frame_of_a_video_that_appears_late(start, listener, video, tmp_path):
    """The source is missing at first: that is told and tried again; then it is played from its beginning."""
    late = tmp_path / "late.avi"
    images, infos = listener.listen(Image, "image"), listener.listen(CameraInfo, "camera_info")
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    node = start(source=late, loop=False, horizontal_fov_deg=90.0, frame_id="cam")

    status = diagnostics.wait(lambda msg: values(msg)["state"] == "lost").status[0]
    assert status.level == DiagnosticStatus.ERROR
    assert status.name == "camera: images"
    assert f"{late}: there is no such file" in status.message
    assert "; retrying in " in status.message
    matched(node, "/image", "/camera_info")
    video.rename(late)

    received = images.at_least(FRAMES)
    assert [frame_number(msg) for msg in received] == list(range(FRAMES))
    assert {(m.width, m.height, m.step, m.encoding, m.header.frame_id) for m in received} == {
        (96, 64, 288, "bgr8", "cam")
    }
    stamps = [stamp_ns(msg) for msg in received]
    assert all(a < b for a, b in itertools.pairwise(stamps))
    assert [stamp_ns(msg) for msg in infos.at_least(FRAMES)] == stamps
    assert {m.header.frame_id for m in infos.messages} == {"cam"}

    told = diagnostics.wait(lambda msg: values(msg)["state"] == "ended")
    assert told.status[0].level == DiagnosticStatus.OK
    assert f"ended after {FRAMES} images" in told.status[0].message
    assert values(told)["frames_sent"] == str(FRAMES)
    assert values(told)["size"] == "96x64"
    assert values(told)["source"] == f"video {late}"
    assert [values(told)[key].replace(".", "") for key in ("first_stamp_s", "last_stamp_s")] == [
        str(stamps[0]),
        str(stamps[-1]),
    ]


def test_a_video_that_has_ended_is_looped_once_that_is_set(start, listener, video):
    images = listener.listen(Image, "image")
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    start(source=video, loop=False)
    diagnostics.wait(lambda msg: values(msg)["state"] == "ended")
    assert listener.set(loop=True).successful
    received = images.more(3 * FRAMES)
    numbers = np.array([frame_number(msg) for msg in received])
    assert np.array_equal(numbers[1:], (numbers[:-1] + 1) % FRAMES)
    gaps_s = 1e-9 * np.diff([stamp_ns(msg) for msg in received])
    assert (gaps_s > 0.0).all()
    assert np.median(gaps_s[numbers[:-1] == FRAMES - 1]) > 0.5 / VIDEO_HZ  # the seam is a gap as any other
    assert listener.set(loop=False).successful
    diagnostics.next(lambda msg: values(msg)["state"] == "ended")


@pytest.mark.timed
@pytest.mark.parametrize("rate_hz", [0.0, 25.0, 100.0])
def test_rate(start, listener, video, rate_hz):
    """Its own rate, or the one that is set: frame by frame, whatever the loop."""
    infos = listener.listen(CameraInfo, "camera_info", qos_profile_sensor_data)
    wanted_hz = rate_hz or VIDEO_HZ
    start(source=video, rate_hz=rate_hz)
    infos.at_least(5)
    stamps = [stamp_ns(msg) for msg in infos.more(round(1.2 * wanted_hz))]
    measured_hz = 1e9 * (len(stamps) - 1) / (stamps[-1] - stamps[0])
    assert measured_hz == pytest.approx(wanted_hz, rel=0.1)


class TestPacer:
    def test_on_time_there_is_no_drift(self):
        pacer = Pacer(0.1)
        assert pacer.due_s(0.0, 5.0) == 5.0
        assert [pacer.due_s(0.1 * n, 5.0 + 0.1 * n - 0.03) for n in range(1, 1000)] == pytest.approx(
            [5.0 + 0.1 * n for n in range(1, 1000)], abs=1e-9
        )

    def test_a_short_delay_is_made_up_for(self):
        pacer = Pacer(0.1)
        pacer.due_s(0.0, 5.0)
        assert pacer.due_s(0.1, 5.19) == pytest.approx(5.1)  # late: sent at once
        assert pacer.due_s(0.2, 5.19) == pytest.approx(5.2)

    def test_after_a_long_delay_nothing_comes_in_a_burst(self):
        pacer = Pacer(0.1)
        pacer.due_s(0.0, 5.0)
        assert pacer.due_s(0.1, 7.0) == pytest.approx(7.0)
        assert pacer.due_s(0.2, 7.0) == pytest.approx(7.1)
        assert pacer.due_s(0.3, 7.1) == pytest.approx(7.2)

    def test_always_too_slow(self):
        """Images come as fast as they are ready; none waits."""
        pacer, now_s = Pacer(0.1), 0.0
        for n in range(50):
            assert pacer.due_s(0.1 * n, now_s) <= now_s
            now_s += 0.15


class TestStamps:
    def test_they_rise_while_the_clock_stands(self):
        stamps = Stamps()
        assert [stamps.next_ns(7) for _ in range(4)] == [7, 8, 9, 10]
        assert stamps.next_ns(9) == 11
        assert stamps.next_ns(50) == 50

    def test_a_small_step_back_is_bridged(self):
        stamps = Stamps()
        stamps.next_ns(10_000_000_000)
        assert stamps.next_ns(9_000_000_001) == 10_000_000_001

    def test_a_log_that_starts_anew_is_followed(self):
        stamps = Stamps()
        stamps.next_ns(10_000_000_000)
        assert stamps.next_ns(9_000_000_000) == 9_000_000_000
        assert stamps.next_ns(9_000_000_000) == 9_000_000_001

    def test_zero_is_a_time(self):
        assert [Stamps().next_ns(0), Stamps().next_ns(0)] == [0, 0]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, None),
        ({"horizontal_fov_deg": 80.0}, Camera.from_fov(96, 64, 80.0)),
        ({"horizontal_fov_deg": 80.0, "width": 48}, Camera.from_fov(48, 32, 80.0)),
        ({"source": "synthetic"}, Camera.from_fov(640, 480, 60.0)),
        ({"source": "synthetic", "width": 320}, Camera.from_fov(320, 240, 60.0)),
        ({"source": "synthetic", "horizontal_fov_deg": 80.0}, Camera.from_fov(640, 480, 80.0)),
    ],
)
def test_camera_info(start, listener, video, parameters, expected):
    infos = listener.listen(CameraInfo, "camera_info")
    start(**{"source": video, **parameters})
    info = infos.at_least(1)[0]
    assert camera_of(info, info.width, info.height) == expected
    assert info.distortion_model == "plumb_bob"
    assert list(info.d) == [0.0] * 5
    assert np.array_equal(info.r.reshape(3, 3), np.eye(3))
    assert np.array_equal(info.p.reshape(3, 4)[:, :3], info.k.reshape(3, 3))
    assert not info.p.reshape(3, 4)[:, 3].any()
    if expected is None:
        assert (info.width, info.height) == (96, 64)
        assert not info.k.any()  # not calibrated, as the message's own description says it


def test_raw_and_compressed_show_the_same(start, listener):
    images, jpegs = listener.listen(Image, "image"), listener.listen(CompressedImage, "image/compressed")
    start(source="synthetic", compressed=True)
    jpeg = jpegs.at_least(3)[-1]
    assert jpeg.format == "bgr8; jpeg compressed bgr8"
    assert jpeg.header.frame_id == "camera_optical_frame"
    decoded = cv2.imdecode(np.frombuffer(jpeg.data, np.uint8), cv2.IMREAD_COLOR)
    raw = images.wait(lambda msg: stamp_ns(msg) == stamp_ns(jpeg))
    difference = decode_image(raw).pixels.astype(int) - decoded
    assert decoded.shape == (480, 640, 3)
    assert np.abs(difference).mean() < 3.0


def test_a_bag_is_sent_with_its_calibration_and_depth(start, listener, tmp_path):
    """Where depth of an image lacks, none is sent for it."""
    lens, period = Camera(90.0, 95.0, 48.0, 32.0, 96, 64), 20_000_000
    messages = [("/camera/camera_info", 1, bags.camera_info(lens, 0))]
    for n in range(8):
        stamp = 10**9 + n * period
        pixels, depth = np.full((64, 96, 3), shade(n), np.uint8), np.full((32, 48), 1000 + n, np.uint16)
        messages.append(("/camera/image_raw", stamp, bags.image(pixels, stamp)))
        if n % 2:
            messages.append(("/camera/depth", stamp, bags.image(depth, stamp, "16UC1")))
    bag = bags.write_bag(tmp_path / "bag", messages)
    images, depths = listener.listen(Image, "image"), listener.listen(Image, "depth")
    infos = listener.listen(CameraInfo, "camera_info")
    start(source=f"{bag}:/camera/image_raw", depth=True)
    msg = depths.at_least(6)[-1]
    number = frame_number(images.wait(lambda other: stamp_ns(other) == stamp_ns(msg)))
    assert number % 2
    assert (msg.encoding, msg.width, msg.height) == ("32FC1", 48, 32)
    np.testing.assert_allclose(np.frombuffer(msg.data, np.float32), 1.0 + 1e-3 * number, atol=1e-6)
    info = infos.wait(lambda other: stamp_ns(other) == stamp_ns(msg))
    assert camera_of(info, 96, 64) == lens


def test_jpeg_quality_changes_while_running(start, listener):
    jpegs = listener.listen(CompressedImage, "image/compressed")
    start(source="synthetic", raw=False, compressed=True, jpeg_quality=95)
    fine = len(jpegs.at_least(2)[-1].data)
    assert listener.set(jpeg_quality=10).successful
    assert len(jpegs.more(3)[-1].data) < fine / 2


@pytest.mark.parametrize("wanted", [("raw",), ("compressed",), ("camera_info",), ("raw", "compressed"), ()])
def test_topics_that_are_wanted(start, video, wanted):
    topics = {"raw": "/image", "compressed": "/image/compressed", "camera_info": "/camera_info"}
    node = start(source=video, **{name: name in wanted for name in topics})
    published = {publisher.topic_name for publisher in node.publishers}
    assert published & set(topics.values()) == {topics[name] for name in wanted}


def test_images_are_made_for_subscribers_only(start, listener, video, monkeypatch):
    made = []
    for name in ("write_image", "write_compressed"):
        original = getattr(camera_outputs, name)
        monkeypatch.setattr(
            camera_outputs, name, lambda *args, o=original, n=name: (made.append(n), o(*args))[1]
        )
    infos = listener.listen(CameraInfo, "camera_info")
    start(source=video, compressed=True)
    infos.at_least(10)
    assert made == []
    jpegs = listener.listen(CompressedImage, "image/compressed")
    jpegs.at_least(3)
    assert set(made) == {"write_compressed"}
    listener.listen(Image, "image").at_least(3)
    assert set(made) == {"write_image", "write_compressed"}


@pytest.mark.distribution
def test_quality_of_service(start, listener, video):
    """Reliable, so that whoever asks for less is served as well; only the newest is kept."""
    best_effort = listener.listen(Image, "image", qos_profile_sensor_data)
    reliable = listener.listen(Image, "image", 10)
    node = start(source=video, compressed=True, **{"qos_overrides__/image/compressed__publisher__depth": 7})
    best_effort.at_least(3)
    reliable.at_least(3)
    profiles = {publisher.topic_name: publisher.qos_profile for publisher in node.publishers}
    for topic, depth in (("/image", 1), ("/camera_info", 1), ("/image/compressed", 7)):
        assert profiles[topic].reliability == ReliabilityPolicy.RELIABLE
        assert profiles[topic].durability == DurabilityPolicy.VOLATILE
        assert profiles[topic].history == HistoryPolicy.KEEP_LAST
        assert profiles[topic].depth == depth


@pytest.mark.timed
def test_a_subscriber_that_hangs_holds_nobody_up(start, listener, video, domain):
    code = (
        "import rclpy, sensor_msgs.msg\n"
        "rclpy.init()\n"
        "node = rclpy.create_node('hangs')\n"
        "node.create_subscription(sensor_msgs.msg.Image, 'image', lambda m: print(1, flush=True), 10)\n"
        "rclpy.spin(node)\n"
    )
    images = listener.listen(Image, "image")
    start(source=video)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "ROS_DOMAIN_ID": str(domain)},
        stdout=subprocess.PIPE,
        text=True,
    ) as hanging:
        try:
            assert hanging.stdout is not None
            assert hanging.stdout.readline() == "1\n"
            hanging.send_signal(signal.SIGSTOP)
            stamps = [stamp_ns(msg) for msg in images.more(100)]
        finally:
            hanging.kill()
    assert 1e9 * (len(stamps) - 1) / (stamps[-1] - stamps[0]) == pytest.approx(VIDEO_HZ, rel=0.1)


def test_a_source_that_is_lost_is_opened_again(start, listener, tmp_path, monkeypatch):
    monkeypatch.setattr(camera_loop, "FIRST_RETRY_S", 0.05)
    folder, away = tmp_path / "images", tmp_path / "away.png"
    folder.mkdir()
    for n in range(3):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((64, 96, 3), shade(n), np.uint8))
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    images = listener.listen(Image, "image")
    start(source=folder)
    images.at_least(3)
    (folder / "1.png").rename(away)
    told = diagnostics.next(lambda msg: values(msg)["state"] == "lost")
    assert told.status[0].level == DiagnosticStatus.ERROR
    assert "1.png" in told.status[0].message
    away.rename(folder / "1.png")
    told = diagnostics.next(lambda msg: values(msg)["state"] == "running")
    assert told.status[0].level == DiagnosticStatus.OK
    images.next(lambda msg: frame_number(msg) == 1)


def test_a_source_that_is_not_waited_for_ends_the_node(program, tmp_path):
    camera = program("camera_node", "--source", str(tmp_path / "no.mp4"), "--no-wait-for-source")
    assert camera.process.wait(TIMEOUT_S) == 2, camera.text()
    assert f"{tmp_path / 'no.mp4'}: there is no such file" in camera.text()
    (line,) = camera.text().splitlines()
    assert line.startswith("camera_node: ")


def test_a_source_that_was_there_is_waited_for_in_any_case(start, listener, tmp_path, monkeypatch):
    monkeypatch.setattr(camera_loop, "FIRST_RETRY_S", 0.05)
    picture, away = tmp_path / "images" / "0.png", tmp_path / "away.png"
    picture.parent.mkdir()
    cv2.imwrite(str(picture), np.full((64, 96, 3), shade(0), np.uint8))
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    start(source=picture.parent, wait_for_source=False)
    diagnostics.wait(lambda msg: values(msg)["state"] == "running")
    picture.rename(away)
    told = diagnostics.next(lambda msg: values(msg)["state"] == "lost")
    assert "retrying" in told.status[0].message
    away.rename(picture)
    diagnostics.next(lambda msg: values(msg)["state"] == "running")


class Scripted:
    """A source made for one test."""

    name = "scripted"
    rate_hz = 50.0
    frames = 0
    live = False
    camera = None

    def __init__(self, read=None, gap_s=0.0):
        self._read = read
        self._gap_s = gap_s  # before image 10
        self._index = -1
        self.closed = threading.Event()

    def read(self):
        self._index += 1
        if self._read is not None:
            self._read(self._index)
        time_s = self._index / self.rate_hz + self._gap_s * (self._index >= 10)
        return SourceImage(np.zeros((48, 64, 3), np.uint8), time_s)

    def rewind(self):
        raise AssertionError("a source without end is not rewound")

    def close(self):
        self.closed.set()


@pytest.mark.timed
@pytest.mark.parametrize(("rate_hz", "longest_s"), [(0.0, 0.52), (40.0, 0.025)])
def test_a_gap_in_the_times_of_a_source(start, listener, monkeypatch, rate_hz, longest_s):
    """A recorded camera that stalled stalls again; at a rate that is set, images come at that rate."""
    monkeypatch.setattr(camera_loop, "LAST_RETRY_S", 0.02)
    monkeypatch.setattr(camera_loop, "FIRST_RETRY_S", 0.02)
    listened = threading.Event()

    def open_source(*_):
        if not listened.is_set():
            raise SourceError("nobody listens yet")
        return Scripted(gap_s=0.5)

    monkeypatch.setattr(camera_loop, "open_source", open_source)
    infos = listener.listen(CameraInfo, "camera_info")
    matched(start(source="scripted", rate_hz=rate_hz), "/camera_info")
    listened.set()
    stamps = [stamp_ns(msg) for msg in infos.at_least(20)]
    assert 1e-9 * np.diff(stamps).max() == pytest.approx(longest_s, abs=0.15)


def test_tries_become_rarer_until_it_works(start, monkeypatch):
    assert (camera_loop.FIRST_RETRY_S, camera_loop.LAST_RETRY_S) == (0.5, 10.0)
    monkeypatch.setattr(camera_loop, "FIRST_RETRY_S", 0.02)
    monkeypatch.setattr(camera_loop, "LAST_RETRY_S", 0.1)
    told = Inbox()
    monkeypatch.setattr(CameraNode, "_diagnose", lambda self: told(self._loop.health(time.perf_counter())))
    tries = itertools.count(1)

    def unplugged(index):
        if index == 3:
            raise cv2.error("the cable is out")

    def open_source(*_):
        number = next(tries)
        if number <= 5:
            raise SourceError("no camera")
        return Scripted(unplugged if number == 6 else None)

    monkeypatch.setattr(camera_loop, "open_source", open_source)
    start(source="scripted")
    texts = [health.text.partition("; retrying in ") for health in told.at_least(8)[:8]]
    assert [text for text, _, _ in texts] == [
        *["no camera"] * 5, "scripted, 50 Hz", "error: the cable is out", "scripted, 50 Hz"
    ]  # fmt: skip
    assert [after for _, _, after in texts] == [
        "0.02 s",
        "0.04 s",
        "0.08 s",
        "0.1 s",
        "0.1 s",
        "",
        "0.02 s",
        "",
    ]


def test_a_camera_that_hangs_is_told_and_does_not_hold_the_node_up(start, listener, monkeypatch):
    monkeypatch.setattr(camera_loop, "SILENT_ERROR_S", 0.2)
    monkeypatch.setattr(camera_node, "_DIAGNOSTICS_PERIOD_S", 0.05)
    hold = threading.Event()
    source = Scripted(lambda index: hold.wait(TIMEOUT_S) if index == 5 else None)
    monkeypatch.setattr(camera_loop, "open_source", lambda *_: source)
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    start(source="scripted")
    told = diagnostics.wait(lambda msg: msg.status[0].level == DiagnosticStatus.ERROR)
    assert "but no image for" in told.status[0].message
    assert values(told)["state"] == "running"
    assert values(told)["frames_sent"] == "5"
    result = listener.set(jpeg_quality=50)  # parameters are served meanwhile
    assert result.successful
    begin_s = time.monotonic()
    assert listener.set(source="another").successful  # ends what hangs, and begins anew
    assert time.monotonic() - begin_s < 2.0
    hold.set()
    assert source.closed.wait(TIMEOUT_S)


@pytest.mark.timed
def test_a_live_camera_is_thinned_out_to_the_rate_and_never_waits(start, listener, monkeypatch):
    """A camera of 100 Hz at 20 Hz: the newest image each time, read as fast as they come."""
    reads = []

    def read(index):
        time.sleep(0.01)
        reads.append(index)

    source = Scripted(read)
    source.live, source.rate_hz = True, 100.0
    monkeypatch.setattr(camera_loop, "open_source", lambda *_: source)
    infos = listener.listen(CameraInfo, "camera_info")
    start(source="0", rate_hz=20.0)
    infos.at_least(2)
    first = len(reads)
    stamps = [stamp_ns(msg) for msg in infos.more(30)]
    assert 1e9 * (len(stamps) - 1) / (stamps[-1] - stamps[0]) == pytest.approx(20.0, rel=0.1)
    assert len(reads) - first > 2 * 30


def test_settings_of_the_source_open_it_anew(start, listener, video):
    images = listener.listen(Image, "image")
    start(source="synthetic")
    assert (images.at_least(3)[-1].width, images.messages[-1].height) == (640, 480)
    assert listener.set(width=320).successful
    small = images.next(lambda msg: msg.width == 320)
    assert small.height == 240
    assert listener.set(source=str(video)).successful
    images.next(lambda msg: (msg.width, msg.height) == (96, 64))
    stamps = [stamp_ns(msg) for msg in images.messages]
    assert all(a < b for a, b in itertools.pairwise(stamps))


def test_every_parameter_is_described_and_checked(start, listener, video):
    start(source=video)
    settings = settings_of(CameraSettings)
    request = DescribeParameters.Request(names=[s.name for s in settings])
    for s, descriptor in zip(
        settings, listener.call(DescribeParameters, "describe_parameters", request).descriptors, strict=True
    ):
        assert descriptor.description == s.description
        if s.type in (int, float):
            (bounds,) = descriptor.integer_range or descriptor.floating_point_range
            assert (bounds.from_value, bounds.to_value) == (s.minimum, s.maximum)
    for name, value in (("jpeg_quality", 101), ("rate_hz", float("nan")), ("loop", 1), ("motion", "fly")):
        result = listener.set(**{name: value})
        assert not result.successful
        assert result.reason


@pytest.mark.timed
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_a_process_without_a_source(program, listener, number):
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    camera = program("camera_node", "--source", "missing.mp4")
    diagnostics.wait(lambda msg: values(msg)["state"] == "lost")
    code, seconds = camera.end(number)
    assert code == 0, camera.text()
    assert seconds < 2.0
    assert "Traceback" not in camera.text()


def test_an_impatient_user_gets_a_clean_end_too(program, listener):
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    camera = program("camera_node", "--source", "synthetic")
    diagnostics.at_least(1)
    while camera.process.poll() is None:
        camera.process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    assert camera.process.returncode == 0, camera.text()


@pytest.mark.timed
def test_a_driver_that_hangs_does_not_hold_the_process_up(program, listener, tmp_path):
    """Nobody ever writes to this pipe: opening it as a video does not return."""
    os.mkfifo(tmp_path / "pipe.mp4")
    diagnostics = listener.listen(DiagnosticArray, "/diagnostics")
    camera = program("camera_node", "--source", "pipe.mp4")
    assert values(diagnostics.at_least(1)[0])["state"] == "opening"
    code, seconds = camera.end(signal.SIGTERM)
    assert code == 0, camera.text()
    assert seconds < 2.0


def test_wrong_arguments_are_refused(program):
    wrong = {
        ("--rate-hz", "5000"): "rate_hz: 5000.0 is out of range; allowed: 0 .. 1000 Hz",
        ("--ros-args", "-p", "width:=-1"): "width",
        ("--ros-args", "-p", "not a rule"): "-p not a rule",
        ("--no-such-flag",): "unrecognized arguments: --no-such-flag",
    }
    started = [(program("camera_node", *words), text) for words, text in wrong.items()]  # all at once
    for camera, text in started:
        assert camera.process.wait(TIMEOUT_S) == 2
        assert text in camera.text()
        assert "Traceback" not in camera.text()


def test_flags_are_parameters(program, listener, video):
    infos = listener.listen(CameraInfo, "/robot/camera_info")
    program(
        "camera_node",
        "--source",
        str(video),
        "--width",
        "48",
        "--ros-args",
        "-r",
        "__ns:=/robot",
        "-p",
        "frame_id:=cam",
    )
    info = infos.at_least(1)[0]
    assert (info.width, info.height, info.header.frame_id) == (48, 32, "cam")
