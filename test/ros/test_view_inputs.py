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

"""What the browser view and other listeners take: one publisher's bodies, and images in order."""

import time

import numpy as np
import pytest
import rclpy
from sensor_msgs.msg import CompressedImage, Image

from frankmocap_ros.body.pose import JointState, ScaleSource
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.compressed import write_compressed
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import BodyPose, BodyPoseArray, Grip, HandPose
from frankmocap_ros.ros.clients.robot_watcher import RobotWatcher
from frankmocap_ros.ros.clients.watcher import Watcher, summary
from frankmocap_ros.ros.view.view_inputs import ViewInputs
from frankmocap_ros.settings.viewer import ViewerSettings
from support.peer import Peer
from support.spinner import Spinner
from support.waiting import wait_until

PERIOD_NS = 33_333_333
START_NS = 10**18


@pytest.fixture
def view(context):
    """A view's inputs, and a peer that publishes."""
    peer = Peer(context())
    spinner = Spinner(peer.node, peer.node.context)
    inputs = ViewInputs(peer.node, ViewerSettings())
    inputs.open()
    yield inputs, peer
    inputs.close()
    spinner.close()
    peer.node.destroy_node()


def bodies(run_id, body_id, sequence=0):
    return BodyPoseArray(run_id=run_id, sequence=sequence, operator_id=body_id, bodies=[BodyPose(id=body_id)])


def test_the_view_draws_one_publishers_people_and_says_that_there_are_others(view):
    inputs, peer = view
    publisher = peer.publisher(BodyPoseArray, "frankmocap/bodies", 1)

    def drawn_after(run_id, body_id):
        heard = inputs.bodies
        publisher.publish(bodies(run_id, body_id))

        def polled():
            inputs.poll(ViewerSettings())
            return inputs.bodies is not heard or inputs.heard.conflict

        wait_until(polled)
        return [body.id for body in inputs.bodies]

    assert drawn_after(7, 1) == [1] and not inputs.heard.conflict
    assert drawn_after(8, 2) == [1]
    assert "another run" in inputs.heard.conflict
    peer.node.create_publisher(BodyPoseArray, "frankmocap/bodies", 1)

    def known():
        inputs.look_around()
        inputs.poll(ViewerSettings())
        return "2 publishers on /frankmocap/bodies: /peer (2 times)" in inputs.heard.conflict

    wait_until(known)


def test_the_view_tells_where_meters_come_from_of_every_source_there_is(view):
    inputs, peer = view
    publisher = peer.publisher(BodyPoseArray, "frankmocap/bodies", 1)
    words = {}
    for number, source in enumerate(ScaleSource):
        msg = bodies(7, 1, number)
        msg.bodies[0].scale_source = int(source)
        heard = inputs.bodies
        publisher.publish(msg)

        def polled(heard=heard):
            inputs.poll(ViewerSettings())
            return inputs.bodies is not heard

        wait_until(polled)
        words[source] = inputs.heard.scale
    assert words.pop(ScaleSource.NONE) == ""
    assert all(words.values()) and len(set(words.values())) == len(words)


def test_the_view_hears_hands_and_grips_while_they_come(view):
    inputs, peer = view
    hand = HandPose(side="left", state=HandPose.HELD, confidence=0.5)
    hand.keypoints[8].x = 0.25
    body = BodyPose(id=1, hands=[hand, HandPose(side="right")])
    publisher = peer.publisher(BodyPoseArray, "frankmocap/bodies", 1)
    publisher.publish(BodyPoseArray(run_id=7, operator_id=1, bodies=[body]))

    def polled(wanted):
        inputs.poll(ViewerSettings())
        return wanted()

    wait_until(lambda: polled(lambda: inputs.bodies))
    left, right = inputs.bodies[0].hands
    assert (left.side, left.state, left.points[8].tolist()) == ("left", JointState.HELD, [0.25, 0.0, 0.0])
    assert (right.side, right.state) == ("right", JointState.INVALID)

    assert inputs.grips() == []
    for side, opening, state in (("right", 1.0, Grip.HELD), ("left", 0.25, Grip.TRACKED)):
        told = peer.publisher(Grip, f"gate/grip/{side}", 1)
        told.publish(Grip(side=side, opening=opening, state=state, confidence=0.5))
    wait_until(lambda: polled(lambda: len(inputs.grips()) == 2))
    assert [(g.side, g.opening, g.state) for g in inputs.grips()] == [
        ("left", 0.25, JointState.TRACKED), ("right", 1.0, JointState.HELD),
    ]  # fmt: skip
    wait_until(lambda: polled(lambda: inputs.grips() == []), "what is not commanded any more is not shown")


def test_the_view_shows_no_image_after_a_newer_one(view):
    inputs, peer = view
    config = ViewerSettings(image_rate_hz=30.0)
    inputs.want(image=True, mesh=False)
    publisher = peer.publisher(Image, "image")

    def shown(stamp_ns, gray):
        msg = peer.stamped(Image(), stamp_ns)
        write_image(msg, np.full((24, 32), gray, np.uint8), "mono8")
        publisher.publish(msg)
        time.sleep(0.05)
        inputs.poll(config)
        return None if inputs.image is None else int(inputs.image[0, 0, 0])

    assert shown(START_NS, 10) == 10
    assert shown(START_NS + 2 * PERIOD_NS, 20) == 20
    assert shown(START_NS + PERIOD_NS, 30) is None
    assert shown(START_NS + 3 * PERIOD_NS, 40) == 40
    assert shown(START_NS - 5 * 10**9, 50) == 50, "a recording that begins again is shown"


@pytest.mark.parametrize("topic", ["robot/image_raw", "robot/image_raw/compressed"])
def test_the_robots_camera_is_heard_while_it_is_wanted_and_gives_images(context, topic):
    """Also where it does not stamp, as some drivers do not; what cannot be read is no sight."""
    peer = Peer(context())
    spinner = Spinner(peer.node, peer.node.context)
    config = ViewerSettings(robot_image=topic, image_rate_hz=30.0, image_width=80)
    inputs = ViewInputs(peer.node, config)
    inputs.open()
    try:
        inputs.want(image=False, mesh=False)
        assert peer.node.count_subscribers(topic) == 0
        inputs.want(image=False, mesh=False, robot_image=True)
        kind = CompressedImage if topic.endswith("compressed") else Image
        publisher = peer.publisher(kind, topic)

        def polled():
            inputs.poll(config)
            return inputs.robot_image

        publisher.publish(kind())  # nonsense
        for _ in range(40):
            assert polled() is None
            assert not inputs.robot_sees
            time.sleep(0.005)
        for _ in range(2):
            msg = kind()
            if kind is Image:
                write_image(msg, np.full((90, 160), 120, np.uint8), "mono8")
            else:
                write_compressed(msg, Bitmap(np.full((90, 160, 3), 120, np.uint8)))
            publisher.publish(msg)
            wait_until(lambda: polled() is not None)
            assert inputs.robot_image.shape[1:] == (80, 3)
            assert inputs.robot_sees
        inputs.want(image=False, mesh=False)
        inputs.poll(config)
        assert not inputs.robot_sees
        wait_until(lambda: peer.node.count_subscribers(topic) == 0)
    finally:
        inputs.close()
        spinner.close()
        peer.node.destroy_node()


def test_listeners_count_one_publishers_frames_and_tell_of_others(domain):
    rclpy.init(domain_id=domain)
    watcher = Watcher()
    try:
        publisher = watcher.create_publisher(BodyPoseArray, "frankmocap/bodies", 10)
        wait_until(publisher.get_subscription_count)
        for run_id in (7, 7, 8, 7):
            publisher.publish(bodies(run_id, run_id))

        def heard():
            rclpy.spin_once(watcher, timeout_sec=0.1)
            tally = watcher.read()
            return tally if len(tally.stamps) + tally.others == 4 else None

        tally = wait_until(heard)
        assert (len(tally.stamps), tally.others) == (3, 1)
        assert summary(tally, 1.0)["frames_of_others"] == 1
    finally:
        watcher.destroy_node()
        rclpy.shutdown()


def test_listeners_tell_how_the_operators_hands_are(domain):
    rclpy.init(domain_id=domain)
    watcher = Watcher()
    try:
        publisher = watcher.create_publisher(BodyPoseArray, "frankmocap/bodies", 10)
        wait_until(publisher.get_subscription_count)
        for state in (HandPose.TRACKED, HandPose.TRACKED, HandPose.HELD, HandPose.TRACKED):
            left, right = HandPose(side="left", state=state), HandPose(side="right")
            msg = bodies(7, 1)
            msg.bodies[0].hands = [left, right]
            publisher.publish(msg)

        def heard():
            rclpy.spin_once(watcher, timeout_sec=0.1)
            tally = watcher.read()
            return tally if len(tally.stamps) == 4 else None

        tally = wait_until(heard)
        assert summary(tally, 1.0)["hands"] == {
            "left": {"tracked_ratio": 0.75}, "right": {"tracked_ratio": 0.0},
        }  # fmt: skip
        watcher.restart()
        assert [hand.side for hand in watcher.read().hands] == ["left", "right"]
    finally:
        watcher.destroy_node()
        rclpy.shutdown()


def test_a_teleoperation_is_heard_with_its_grips(domain):
    rclpy.init(domain_id=domain)
    watcher = RobotWatcher([], [])
    try:
        told = {side: watcher.create_publisher(Grip, f"gate/grip/{side}", 10) for side in ("left", "right")}
        wait_until(lambda: all(p.get_subscription_count() for p in told.values()))
        told["left"].publish(Grip(side="left", opening=0.5, state=Grip.TRACKED))
        told["right"].publish(Grip(side="right", opening=np.nan, state=Grip.TRACKED))

        def heard():
            rclpy.spin_once(watcher, timeout_sec=0.1)
            grips = watcher.heard().grips
            return grips if all(grips.values()) else None

        grips = wait_until(heard)
        assert [(g.opening, g.state) for _, g in grips["left"]] == [(0.5, JointState.TRACKED)]
        assert [g.state for _, g in grips["right"]] == [JointState.INVALID], "no number, no grip"
    finally:
        watcher.destroy_node()
        rclpy.shutdown()
