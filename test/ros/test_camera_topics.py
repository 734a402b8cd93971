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

"""What stands beside the images is there after remapping, too: calibration, depth, compressed images."""

import numpy as np
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.compressed import write_compressed
from frankmocap_ros.ros.camera.camera_node import CameraNode
from frankmocap_ros.ros.common.camera_topics import camera_topics
from frankmocap_ros.ros.view.view_inputs import ViewInputs
from frankmocap_ros.settings.viewer import ViewerSettings
from support.peer import Peer
from support.spinner import Spinner

RULES = {
    "nothing": ([], "/image", "/image/compressed", "/camera_info", "/depth"),
    "image": (
        ["image:=/cam/image_raw"],
        "/cam/image_raw", "/cam/image_raw/compressed", "/cam/camera_info", "/cam/depth",
    ),
    "relative": (
        ["image:=cam/rgb", "__ns:=/a"],
        "/a/cam/rgb", "/a/cam/rgb/compressed", "/a/cam/camera_info", "/a/cam/depth",
    ),
    "calibration wins": (
        ["image:=/cam/image_raw", "camera_info:=/b/camera_info"],
        "/cam/image_raw", "/cam/image_raw/compressed", "/b/camera_info", "/cam/depth",
    ),
    "depth wins": (
        ["image:=/cam/image_raw", "depth:=/cam/aligned"],
        "/cam/image_raw", "/cam/image_raw/compressed", "/cam/camera_info", "/cam/aligned",
    ),
    "the sibling itself": (
        ["image:=/cam/image_raw", "/cam/camera_info:=/camera_info"],
        "/cam/image_raw", "/cam/image_raw/compressed", "/camera_info", "/cam/depth",
    ),
    "compressed alone": (
        ["image/compressed:=/cam/image_raw/compressed"],
        "/cam/image_raw", "/cam/image_raw/compressed", "/cam/camera_info", "/cam/depth",
    ),
    "compressed elsewhere": (
        ["image:=/cam/image_raw", "image/compressed:=/jpeg"],
        "/cam/image_raw", "/jpeg", "/cam/camera_info", "/cam/depth",
    ),
    "to itself": (
        ["image:=image", "camera_info:=camera_info"], "/image", "/image/compressed", "/camera_info", "/depth",
    ),
}  # fmt: skip


def arguments(rules):
    return ["--ros-args", *(word for rule in rules for word in ("-r", rule))]


@pytest.mark.parametrize("name", RULES)
def test_names(context, name):
    rules, *expected = RULES[name]
    node = Node("any", context=context(arguments(rules)))
    topics = camera_topics(node)
    assert [topics.image, topics.compressed, topics.camera_info, topics.depth] == expected
    node.destroy_node()


def test_names_of_one_of_several_cameras(context):
    node = Node("any", context=context(arguments(["left/image:=/a/rgb", "right/camera_info:=/calibration"])))
    left, right = camera_topics(node, "left/image"), camera_topics(node, "right/image")
    assert (left.image, left.camera_info, left.plain_info) == (
        "/a/rgb",
        "/a/camera_info",
        "/left/camera_info",
    )
    assert (right.image, right.camera_info, right.depth) == ("/right/image", "/calibration", "/right/depth")
    node.destroy_node()


def calibration(peer):
    """K and P are told apart by their focal lengths, 400 and 300."""
    info = peer.stamped(CameraInfo(width=320, height=240))
    info.k = [400.0, 0.0, 160.0, 0.0, 400.0, 120.0, 0.0, 0.0, 1.0]
    info.p = [300.0, 0.0, 150.0, 0.0, 0.0, 300.0, 110.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


@pytest.fixture
def run(start):
    """A mocap node with rules, and a peer."""

    def begin(rules, **parameters):
        return start(arguments=arguments(rules), **parameters)

    return begin


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_the_calibration_beside_the_remapped_images_is_used(run, probe, transport):
    """As the README says: image alone is remapped."""
    system = run(["image:=/cam/image_raw"], image_transport=transport, horizontal_fov_deg=30.0)
    image = system.image()
    if transport == "raw":
        images = system.publisher(Image, "/cam/image_raw")
    else:
        images, image = system.publisher(CompressedImage, "/cam/image_raw/compressed"), CompressedImage()
        write_compressed(image, Bitmap(np.full((240, 320, 3), 90, np.uint8)), 80)
    infos = system.publisher(CameraInfo, "/cam/camera_info")

    def calibrated():
        infos.publish(calibration(system))
        images.publish(system.stamped(image))
        return probe.seen and probe.seen[-1].calibrated

    system.wait_until(calibrated)
    assert probe.seen[-1].camera.fx == 400.0
    assert "/cam/camera_info" in system.values()["calibration"]


def test_auto_takes_the_name_after_remapping(run, probe):
    system = run(["image:=/cam/image_rect_color"])
    infos = system.publisher(CameraInfo, "/cam/camera_info")
    images = system.publisher(Image, "/cam/image_rect_color")

    def calibrated():
        infos.publish(calibration(system))
        images.publish(system.image())
        return probe.seen and probe.seen[-1].calibrated

    system.wait_until(calibrated)
    assert probe.seen[-1].camera.fx == 300.0


def test_a_calibration_that_stayed_behind_is_told(run, probe):
    system = run(["image:=/cam/image_raw"])
    system.node.create_publisher(CameraInfo, "/camera_info", 1)
    message = system.status(lambda s: "camera_info is looked for" in s.message).message
    assert "on /cam/camera_info, and published on /camera_info" in message
    assert "-r /cam/camera_info:=/camera_info" in message


def test_the_camera_node_keeps_its_topics_together(context):
    theirs = context(arguments(["image:=/cam/image_raw"]))
    given = [Parameter("source", value="synthetic"), Parameter("compressed", value=True)]
    node = CameraNode(context=theirs, parameter_overrides=given)
    try:
        own = {p.topic_name for p in node.publishers}
        assert {"/cam/image_raw", "/cam/image_raw/compressed", "/cam/camera_info"} <= own
        assert not own & {"/image/compressed", "/camera_info"}
    finally:
        node.destroy_node()


def test_the_view_takes_the_calibration_of_the_remapped_images(context):
    theirs, ours = context(arguments(["image:=/cam/image_rect"])), context()
    node, peer = Node("view", context=theirs), Peer(ours)
    spinners = [Spinner(node, theirs), Spinner(peer.node, ours)]
    config = ViewerSettings(image_rate_hz=30.0)
    inputs = ViewInputs(node, config)
    inputs.open()
    inputs.want(image=True, mesh=False)
    images, infos = peer.publisher(Image, "/cam/image_rect"), peer.publisher(CameraInfo, "/cam/camera_info")

    def shown():
        infos.publish(calibration(peer))
        images.publish(peer.image())
        inputs.poll(config)
        return inputs.camera is not None

    peer.wait_until(shown)
    assert inputs.camera.fx == 300.0
    inputs.close()
    for spinner in spinners:
        spinner.close()
    node.destroy_node()
    peer.node.destroy_node()
