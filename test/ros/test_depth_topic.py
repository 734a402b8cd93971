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

"""Depth images beside the images: paired by stamp, waited for a little, left out where they are wrong."""

import re
import threading
import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import Image

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import BodyPose, BodyPoseArray
from frankmocap_ros.ros.mocap.depth_images import DepthImages
from frankmocap_ros.runtime.message_stamps import seconds
from frankmocap_ros.synthetic.human import scene

PERIOD_NS = 33_333_333
FLAT_M = 2.0  # a wall where the probe's person is taken for 3 m away


def depth_message(system, stamp_ns, encoding="16UC1", meters=FLAT_M):
    msg = system.stamped(Image(), stamp_ns)
    if encoding == "16UC1":
        write_image(msg, np.full((240, 320), round(1e3 * meters), np.uint16), encoding)
    elif encoding == "32FC1":
        write_image(msg, np.full((240, 320), meters, np.float32), encoding)
    else:
        write_image(msg, np.zeros((240, 320, 3), np.uint8), encoding)
    return msg


@pytest.fixture
def system(start, probe):
    """A node that waits for depth as long as it takes, without filters."""
    return start(smoothing="none", depth_wait_ms=200.0)


def process_with_depth(system, shift_ns=0, topic="depth", **options):
    """An image with its depth before it: they travel apart."""
    stamp_ns = system.next_stamp()
    system.publisher(Image, topic).publish(depth_message(system, stamp_ns + shift_ns, **options))
    return system.process(stamp_ns=stamp_ns)


def scale(msg):
    return msg.bodies[0].scale_source


def measured(system, **options):
    """The body on which depth has told after ``GAINED_S`` or at once."""
    for _ in range(50):
        msg = process_with_depth(system, **options)
        if scale(msg) == BodyPose.SCALE_DEPTH:
            return msg
    raise AssertionError("depth is never used")


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
def test_bodies_are_put_where_depth_sees_them(system, encoding):
    msg = measured(system, encoding=encoding)
    pelvis = msg.bodies[0].joints[0].pose.position
    assert FLAT_M < pelvis.z < FLAT_M + 0.2  # behind its skin
    assert system.values(lambda v: int(v.get("depth/paired", 0)) >= 1)


def test_without_depth_nothing_changes(system):
    msg = system.process()
    assert scale(msg) != BodyPose.SCALE_DEPTH
    assert msg.bodies[0].joints[0].pose.position.z == pytest.approx(3.0, abs=0.05)
    assert not any(key.startswith("depth/") for key in system.values(lambda v: v["tracked_ids"] != "none"))


def test_depth_that_comes_after_its_image_is_waited_for(system, probe):
    measured(system)
    publisher = system.publisher(Image, "depth")
    stamp_ns = system.next_stamp()
    late = threading.Timer(0.05, lambda: publisher.publish(depth_message(system, stamp_ns)))
    paired = int(system.values(lambda v: "depth/paired" in v)["depth/paired"])
    late.start()
    system.process(stamp_ns=stamp_ns)
    late.join()
    assert int(system.values()["depth/paired"]) == paired + 1


def test_depth_of_another_time_is_not_used(system, probe):
    """Images of 30 Hz, depth 20 ms beside them: more than half of a frame."""
    system.publisher(Image, "depth")
    stamp_ns = system.next_stamp()
    for k in range(12):
        now_ns = stamp_ns + k * PERIOD_NS
        system.publisher(Image, "depth").publish(depth_message(system, now_ns - 20_000_000))
        assert scale(system.process(stamp_ns=now_ns)) != BodyPose.SCALE_DEPTH
    assert "depth/paired" not in system.values(lambda v: int(v.get("depth/missing", 0)) == 12)


@pytest.mark.parametrize(("shift_ms", "way"), [(-420, "earlier"), (5000, "later")])
def test_depth_that_never_pairs_is_told_with_its_offset(start, probe, shift_ms, way):
    """The nearest of the few depth images that are kept: of the image itself, or up to three before it."""
    system = start(smoothing="none", depth_wait_ms=0.0, diagnostics_period_s=0.5)
    depth = system.publisher(Image, "depth")
    images = system.publisher(Image, "image")
    stamp_ns = system.next_stamp()
    stream = system.mocap._streams[0]

    def both():
        nonlocal stamp_ns
        stamp_ns += PERIOD_NS
        count = stream.count
        depth.publish(depth_message(system, stamp_ns + shift_ms * 1_000_000))
        system.wait_until(lambda: stream.depth.alive)
        images.publish(system.image(stamp_ns=stamp_ns))
        system.wait_until(lambda: stream.count > count)

    heard = len(system.diagnostics)
    told = []
    for _ in range(200):
        both()
        statuses = [msg.status[0] for msg in system.diagnostics.messages[heard:]]
        told = [status for status in statuses if "depth is left out" in status.message]
        if told:
            break
    assert told[0].level == DiagnosticStatus.WARN
    offset_s = re.search(rf"none of \d+ images has one of its time.* (\d\.\d+) s {way}", told[0].message)
    assert offset_s is not None, told[0].message
    assert float(offset_s[1]) == pytest.approx(abs(1e-3 * shift_ms), abs=0.15)


def test_a_depth_image_that_is_lost_now_and_then_is_no_warning(system):
    stamp_ns = system.next_stamp()
    for k in range(20):
        now_ns = stamp_ns + k * PERIOD_NS
        if k % 4:
            system.publisher(Image, "depth").publish(depth_message(system, now_ns))
        system.process(stamp_ns=now_ns)
    status = system.status(lambda s: "depth/paired" in [v.key for v in s.values])
    assert "depth is left out" not in status.message


def test_depth_that_comes_for_every_second_image_is_not_waited_for_in_vain():
    """Images of 30 Hz, depth of 15 Hz: no image waits that has none."""
    images = DepthImages()
    for k in range(20):
        stamp_ns = 10**18 + k * PERIOD_NS
        if k % 2 == 0:
            msg = Image()
            msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp_ns, 10**9)
            write_image(msg, np.full((240, 320), 2000, np.uint16), "16UC1")
            images.put(msg)
        start_s = time.perf_counter()
        found = images.at(stamp_ns, 10.0 if k > 3 else 0.0)
        assert time.perf_counter() - start_s < 5.0
        assert (found is not None) == (k % 2 == 0)


def test_depth_that_is_a_little_late_is_dropped_and_counted(system):
    """One in five, 20 ms before the one that came before it: every image still finds its own."""
    publisher = system.publisher(Image, "depth")
    stream = system.mocap.streams[0]
    stamp_ns = system.next_stamp()
    for k in range(20):
        now_ns = stamp_ns + k * PERIOD_NS
        publisher.publish(depth_message(system, now_ns))
        system.wait_until(lambda ns=now_ns: stream.depth.newest_ns == ns)
        if k % 5 == 4:
            publisher.publish(depth_message(system, now_ns - 20_000_000))
            system.values(lambda v, n=k // 5 + 1: v.get("depth/out_of_order") == str(n))
        system.process(stamp_ns=now_ns)
    values = system.values(lambda v: v.get("depth/out_of_order") == "4")
    assert values["depth/paired"] == "20"
    assert "depth/missing" not in values


def test_late_depth_is_left_out_and_a_restart_begins_anew():
    images = DepthImages()

    def message(stamp_ns):
        msg = Image()
        msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        write_image(msg, np.full((24, 32), 2000, np.uint16), "16UC1")
        return msg

    start_ns = 10**18
    assert all(images.put(message(start_ns + k * PERIOD_NS)) for k in range(4))
    assert not images.put(message(start_ns + 2 * PERIOD_NS))
    assert images.at(start_ns + 2 * PERIOD_NS, 0.0) is not None, "what was there stays"
    assert images.put(message(start_ns - 5 * 10**9))
    assert images.at(start_ns + 2 * PERIOD_NS, 0.0) is None
    assert images.at(start_ns - 5 * 10**9, 0.0) is not None
    images.forget()
    assert images.at(start_ns - 5 * 10**9, 0.0) is None
    assert images.put(message(start_ns - 6 * 10**9))


def test_depth_that_is_wrong_is_told_and_left_out(system):
    msg = process_with_depth(system, encoding="rgb8")
    assert scale(msg) != BodyPose.SCALE_DEPTH
    process_with_depth(system, encoding="rgb8")
    status = system.status(lambda s: "depth is not used" in s.message)
    assert "allowed: 16UC1 in millimeters, 32FC1 in meters" in status.message


def test_each_camera_has_its_own(start, probe):
    system = start(smoothing="none", depth_wait_ms=200.0, image_topics=["left/image", "right/image"])
    bodies = {name: system.listen(BodyPoseArray, f"/frankmocap/{name}/bodies") for name in ("left", "right")}
    for _ in range(30):
        stamp_ns = system.next_stamp()
        system.publisher(Image, "left/depth").publish(depth_message(system, stamp_ns))
        for name, inbox in bodies.items():
            heard = len(inbox)
            system.publisher(Image, f"{name}/image").publish(system.image(stamp_ns=stamp_ns))
            inbox.wait(after=heard)
        found = {name: scale(inbox.messages[-1]) for name, inbox in bodies.items()}
        assert found["right"] != BodyPose.SCALE_DEPTH
        if found["left"] == BodyPose.SCALE_DEPTH:
            return
    raise AssertionError("depth is never used")


@pytest.mark.timed
def test_a_depth_camera_end_to_end(peer, program):
    """The synthetic depth camera and the node, as processes, and the truth."""
    inbox = peer.listen(BodyPoseArray, "/frankmocap/bodies")
    camera = program("camera_node", "--source", "synthetic", "--depth")
    # smoothing trails a hand that waves, the more the fewer images a busy machine takes
    node = program("frankmocap_node", "--ros-args", "-p", "estimator:=synthetic", "-p", "smoothing:=none")

    def on_depth(msg):
        return msg.bodies and scale(msg) == BodyPose.SCALE_DEPTH

    lens = Camera.from_fov(640, 480, 60.0)
    for _ in range(20):
        try:
            msg = inbox.next(on_depth)
        except TimeoutError:
            raise AssertionError(camera.text() + node.text()) from None
        (figure,) = scene("wave", seconds(msg.header.stamp))
        positions = {j.name: j.pose.position for j in msg.bodies[0].joints if j.state == j.TRACKED}
        for name, limit_m in (("pelvis", 0.03), ("left_wrist", 0.05)):
            at = positions[name]
            truth = figure.positions[BODY.index[name]]
            assert lens.project(truth).min() > 0
            assert np.linalg.norm(truth - (at.x, at.y, at.z)) < limit_m
