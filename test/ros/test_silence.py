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

"""Why no image comes: every cause in its own words, through ROS's real graph."""

import os

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from frankmocap_ros.errors import SettingError
from frankmocap_ros.ros.common import silence
from frankmocap_ros.ros.common.destroying import destroy_in_executor
from frankmocap_ros.ros.mocap import inputs
from frankmocap_ros.runtime.fastdds_profile import fast_dds


def told(system, words):
    """The status that says why no image comes, once it says this."""
    message = system.status(lambda s: "no image" in s.message and words in s.message).message
    return message.partition("no image")[2]


def test_nobody_publishes(start, probe):
    system = start()
    assert "start the camera, or remap this topic" in told(system, "nobody publishes it")


def test_nobody_publishes_here_but_elsewhere(start, probe):
    system = start()
    for topic in ("/left/image_raw", "/right/image_raw"):
        system.node.create_publisher(Image, topic, 1)
    text = told(system, "one that is published")
    assert "/left/image_raw, /right/image_raw" in text
    assert "/frankmocap/annotated" not in text, "not the node's own"


@pytest.mark.parametrize(
    ("transport", "kind", "topic", "other"),
    [("raw", CompressedImage, "/image/compressed", "compressed"), ("compressed", Image, "/image", "raw")],
)
def test_only_the_other_transport_is_published(start, probe, transport, kind, topic, other):
    system = start(image_transport=transport)
    system.node.create_publisher(kind, topic, 1)
    assert f"{topic} is published; set image_transport: {other}" in told(system, "is published")


@pytest.mark.parametrize("transport", ["raw", "compressed"])
@pytest.mark.parametrize("offered", ["ffmpeg", "theora"])
def test_only_a_transport_that_is_not_read_is_published(start, probe, transport, offered):
    """Named with those that are read, and what turns it into one of them."""
    system = start(image_transport=transport)
    system.node.create_publisher(CompressedImage, f"/image/{offered}", 1)
    text = told(system, f"/image/{offered} is published, which this node does not read")
    assert "image_transport: raw | compressed" in text
    assert f"-p in_transport:={offered} -p out_transport:=raw -r in/{offered}:=/image/{offered}" in text


@pytest.mark.parametrize("value", ["ffmpeg", "theora", "compressedDepth"])
def test_a_transport_that_is_not_there_is_refused_with_those_that_are(start, probe, value):
    with pytest.raises(
        SettingError, match=f"image_transport: '{value}' is not known; allowed: raw . compressed"
    ):
        start(image_transport=value)


@pytest.mark.parametrize(
    ("topic", "step"),
    [
        ("/cam/image_raw/compressed", "image_transport: compressed and remap image to /cam/image_raw"),
        ("/jpeg", "image_transport: compressed and remap image/compressed to /jpeg"),
    ],
)
def test_image_names_a_compressed_topic(start, probe, topic, step):
    system = start(arguments=["--ros-args", "-r", f"image:={topic}"])
    system.node.create_publisher(CompressedImage, topic, 1)
    text = told(system, "/peer publishes")
    assert f"on {topic}" in text and "not sensor_msgs/msg/Image" in text
    assert "/peer publishes sensor_msgs/msg/CompressedImage there" in text
    assert f"set {step};" in text + ";"


def test_image_names_something_else(start, probe):
    system = start()
    system.node.create_publisher(CameraInfo, "/image", 1)
    text = told(system, "/peer publishes")
    assert "not sensor_msgs/msg/Image" in text
    assert "/peer publishes sensor_msgs/msg/CameraInfo there" in text
    assert "remap this topic to one of that type" in text


def test_quality_of_service_does_not_match(start, probe):
    system = start({"qos_overrides./image.subscription.reliability": "reliable"})
    best_effort = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    system.node.create_publisher(Image, "/image", best_effort)
    text = told(system, "quality of service of /peer does not match in reliability")
    assert "qos_overrides./image.subscription.reliability" in text


@pytest.fixture
def profile(monkeypatch):
    """As if there were a transport profile, and no other users."""
    monkeypatch.setenv(fast_dds(os.environ).variable, "/some/profile.xml")
    monkeypatch.setattr(silence, "other_users", tuple)


@pytest.fixture
def matched(start, probe):
    """A node to whose images a publisher matches that sends nothing."""

    def begin():
        system = start()
        system.publisher(Image, "/image")
        return system

    return begin


def test_a_publisher_that_sends_nothing(matched, profile):
    text = told(matched(), "/peer publishes it")  # the name of a node comes after its publisher
    assert "/peer publishes it, but nothing arrives; likely it sends nothing" in text
    assert "ros2 topic hz /image" in text
    assert "nobody" not in text


def test_processes_of_another_user(matched, profile, monkeypatch):
    """They find each other, and shared memory can be written by its owner only."""
    monkeypatch.setattr(silence, "other_users", lambda: ("camera_user",))
    text = told(matched(), "another user (camera_user)")
    assert "run camera and node as one user" in text
    assert "FASTDDS_BUILTIN_TRANSPORTS=UDPv4" in text


def test_large_images_without_a_profile(matched, profile, monkeypatch):
    system = matched()
    monkeypatch.setattr(silence, "users_choice", lambda _: None)
    assert "images over 512 KB do not fit" in told(system, "512 KB")
    system.send_info(1280, 720)
    text = told(system, "1280x720")
    assert "whose camera_info comes, over 512 KB" in text and "config/fastdds.xml" in text
    system.send_info(320, 240)  # that small they would fit
    assert "512 KB" not in told(system, "it sends nothing")


def test_a_camera_that_is_gone(start, probe):
    system = start()
    system.process()
    gone = system._publishers.pop("image")
    destroy_in_executor(system.node, system.node.destroy_publisher, gone)
    text = told(system, "nobody publishes it")
    assert text.startswith(" on /image for")


def test_nothing_is_asked_while_images_come(start, probe, monkeypatch):
    asked = []
    monkeypatch.setattr(inputs, "why_silent", lambda *a: asked.append(a) or silence.Silence(False, ""))
    system = start()
    system.publisher(Image, "depth").publish(system.image(encoding="mono8"))
    system.send_info()
    system.process()
    system.wait_until(
        lambda: system.mocap._streams[0].calibration.info and system.mocap._streams[0].depth.came
    )
    system.diagnostics.next()
    asked.clear()
    for _ in range(3):
        system.process()
        system.diagnostics.next()
    assert not asked


def test_what_is_offered_beside_the_images_and_does_not_come_is_told(start, probe, monkeypatch):
    monkeypatch.setattr(inputs, "_PATIENCE_S", 0.2)
    system = start()
    system.node.create_publisher(CompressedImage, "/depth", 1)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    system.publisher(CameraInfo, "camera_info", latched)
    status = system.tracking(
        lambda s: "depth is not used" in s.message and "camera_info is not used" in s.message
    )
    assert status.level == DiagnosticStatus.WARN
    assert "depth is not used: on /depth /peer publishes sensor_msgs/msg/CompressedImage" in status.message
    assert (
        "camera_info is not used: on /camera_info /peer publishes it, but nothing arrives" in status.message
    )


def test_what_nobody_offers_is_no_warning(start, probe, monkeypatch):
    monkeypatch.setattr(inputs, "_PATIENCE_S", 0.0)
    system = start()
    status = system.tracking()
    calibration = next(v.value for v in status.values if v.key == "calibration")
    assert calibration == "nothing comes on /camera_info; horizontal_fov_deg is assumed"
