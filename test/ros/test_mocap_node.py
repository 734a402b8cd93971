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

"""What the mocap node publishes, seen by a peer through DDS."""

import array
import itertools
import re
import time
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from rcl_interfaces.msg import Log
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, ReliabilityPolicy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import SetBool, Trigger
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, KEYPOINTS
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import BodyPose, Grip, JointPose, JointPoseStamped, Latency
from frankmocap_ros.ros.common import qos
from frankmocap_ros.ros.mocap import outputs, worker
from frankmocap_ros.synthetic.human import scene

STAGES = ("transport", "wait", "decode", "detect", "regress", "post", "publish")


def numbers(msg):
    """Every number of a bodies message."""
    for body in msg.bodies:
        yield from body.box
        yield from body.betas
        for joint in body.joints:
            p, q, r = joint.pose.position, joint.pose.orientation, joint.local_rotation
            yield from (p.x, p.y, p.z, q.x, q.y, q.z, q.w, r.x, r.y, r.z, r.w)
            yield from (joint.pixel.x, joint.pixel.y, joint.pixel.z)
            yield from (joint.confidence, joint.orientation_confidence)


def joint(msg, name):
    return msg.bodies[0].joints[BODY.index[name]]


@pytest.mark.parametrize("stamp_ns", [0, 1, 999_999_999, 1_700_000_000_123_456_789, (2**31 - 1) * 10**9])
def test_header_is_the_images_own(start, probe, stamp_ns):
    system = start()
    image = system.image(stamp_ns)
    image.header.frame_id = "left eye/optisch ü"
    bodies = system.process(image)
    assert bodies.header == image.header
    assert probe.seen[0].time_s == pytest.approx(1e-9 * stamp_ns, abs=3e-7)


def test_sequence_counts_processed_images(start, probe):
    system = start()
    assert [system.process().sequence for _ in range(5)] == list(range(5))


def test_names_order_and_flags(start, probe):
    body = start().process().bodies[0]
    assert tuple(j.name for j in body.joints) == BODY.names
    assert tuple(j.parent for j in body.joints) == BODY.parent_names
    assert (body.id, body.estimator) == (1, "probe")
    assert (body.has_3d, body.has_orientation, body.has_hands) == (True, True, False)


def test_positions_and_pixels_are_the_persons(start, probe):
    bodies = start().process()
    wrist = joint(bodies, "right_wrist")
    p, camera = wrist.pose.position, probe.seen[0].camera
    assert (p.x, p.y, p.z) == pytest.approx((-0.70, -0.60, 3.0), abs=1e-6)
    assert wrist.pixel.x == pytest.approx(camera.fx * p.x / p.z + camera.cx, abs=1e-3)
    assert wrist.pixel.y == pytest.approx(camera.fy * p.y / p.z + camera.cy, abs=1e-3)
    assert wrist.state == JointPose.TRACKED
    assert wrist.confidence == pytest.approx(0.9)
    x, y, width, height = bodies.bodies[0].box
    for j in bodies.bodies[0].joints:  # neck and spine lie between keypoints
        assert x - 1 <= j.pixel.x <= x + width + 1
        assert y - 1 <= j.pixel.y <= y + height + 1


def test_nobody_gives_an_empty_list(start, probe):
    system = start()
    assert len(system.process().bodies) == 1
    probe.people = []
    for _ in range(3):
        bodies = system.process()
        assert bodies.bodies == []
        assert bodies.operator_id == 0


def test_operator_comes_first(start, probe):
    probe.people = [probe.person(-0.7, -0.1, 4.0), probe.person(0.7, -0.1, 3.0)]
    bodies = start(max_people=2).process()
    assert bodies.operator_id == 2  # the nearest
    assert [b.id for b in bodies.bodies] == [2, 1]
    assert bodies.bodies[0].joints[0].pose.position.x > 0


def test_messages_do_not_share_memory_between_frames(start, probe):
    """The node refills one message; what was received stays what it was."""
    system = start(smoothing="none")
    first = system.process()
    probe.people = [probe.person(0.5, -0.1, 3.0)]
    second = system.process()
    assert joint(first, "head").pose.position.x == pytest.approx(0.0, abs=1e-6)
    assert joint(second, "head").pose.position.x == pytest.approx(0.5, abs=1e-6)


def test_joint_topics(start, probe):
    probe.people = [probe.person(right_elbow=0.2, left_knee=0.05)]
    names = ["left_wrist", "right_elbow", "left_knee"]
    system = start(joint_topics=names, hold_s=0.0)
    joints = {n: system.listen(JointPoseStamped, f"/frankmocap/joints/{n}") for n in names}
    poses = {n: system.listen(PoseStamped, f"/frankmocap/joints/{n}/pose") for n in names}
    bodies = system.process()
    states = {
        "left_wrist": JointPose.TRACKED,
        "right_elbow": JointPose.PREDICTED,
        "left_knee": JointPose.INVALID,
    }
    for name, state in states.items():
        single = joints[name].wait(lambda msg: msg.header.stamp == bodies.header.stamp)
        assert single.header == bodies.header
        assert single.body_id == bodies.operator_id == bodies.bodies[0].id
        assert single.estimator == "probe"
        # by their bytes: what is not known of a standard deviation is NaN, which equals nothing
        assert serialize_message(single.joint) == serialize_message(joint(bodies, name))
        assert single.joint.state == state
        if state != JointPose.INVALID:
            pose = poses[name].wait(lambda msg: msg.header.stamp == bodies.header.stamp)
            assert pose.header == bodies.header
            assert pose.pose == single.joint.pose
    assert len(poses["left_knee"]) == 0
    knee = joints["left_knee"].messages[-1].joint
    assert (knee.confidence, knee.pose.position.x, knee.pose.orientation.w) == (0.0, 0.0, 1.0)


def test_a_joints_pose_with_covariance_widens_along_its_line_of_sight(start, probe):
    system = start(joint_topics=["left_wrist"])
    inbox = system.listen(PoseWithCovarianceStamped, "/frankmocap/joints/left_wrist/pose_with_covariance")
    system.wait_until(lambda: any(p.get_subscription_count() for p in system.mocap.publishers
                                  if p.topic_name.endswith("pose_with_covariance")))  # fmt: skip
    wrist = joint(system.process(), "left_wrist")
    msg = inbox.wait()
    assert msg.pose.pose == wrist.pose
    place = np.array([getattr(wrist.pose.position, axis) for axis in "xyz"])
    sight = place / np.linalg.norm(place)
    covariance = msg.pose.covariance.reshape(6, 6)
    across, along = wrist.position_stddev.tolist()
    assert along > across > 0.0
    np.testing.assert_allclose(covariance[:3, :3] @ sight, along**2 * sight, rtol=1e-5)
    assert np.trace(covariance[:3, :3]) == pytest.approx(2 * across**2 + along**2, rel=1e-5)


def test_held_joints_have_no_bare_pose(start, probe):
    system = start(joint_topics=["left_wrist"], hold_s=1.0)
    joints = system.listen(JointPoseStamped, "/frankmocap/joints/left_wrist")
    poses = system.listen(PoseStamped, "/frankmocap/joints/left_wrist/pose")
    first = system.stamp(system.process())
    before = joints.wait().joint
    probe.people = [probe.person(left_wrist=0.0)]
    stamp = system.stamp(system.process())
    held = joints.wait(lambda msg: system.stamp(msg) == stamp).joint
    assert held.state == JointPose.HELD
    assert held.pose == before.pose
    assert 0.0 < held.confidence < before.confidence
    probe.people = [probe.person()]
    last = system.stamp(system.process())
    poses.wait(lambda msg: system.stamp(msg) == last)
    assert [system.stamp(msg) for msg in poses.messages] == [first, last]


def test_nobody_has_no_joint_topics(start, probe):
    system = start(joint_topics=["left_wrist"])
    joints = system.listen(JointPoseStamped, "/frankmocap/joints/left_wrist")
    system.process()
    joints.wait()
    probe.people = []
    empty = [system.stamp(system.process()) for _ in range(3)]
    probe.people = [probe.person()]
    stamp = system.stamp(system.process())
    joints.wait(lambda msg: system.stamp(msg) == stamp)
    assert not {system.stamp(msg) for msg in joints.messages} & set(empty)


def test_latency_adds_up(start, probe):
    probe.duration_s = 0.02
    system = start(max_image_age_s=60.0)
    latencies = system.listen(Latency, "/frankmocap/latency")
    for _ in range(10):
        bodies = system.process(stamp_ns=system.node.get_clock().now().nanoseconds)
        latency = latencies.wait(lambda msg, at=bodies.header: msg.header == at)
        parts = {name: getattr(latency, name) for name in STAGES}
        assert all(np.isfinite(ms) and ms >= 0.0 for ms in parts.values()), parts
        assert parts["regress"] >= 20.0
        assert latency.total >= sum(parts.values()) - 2.0
        assert bodies.age_ms <= latency.total
        worked = sum(parts[name] for name in ("decode", "detect", "regress", "post"))
        assert bodies.inference_ms == pytest.approx(worked, abs=0.01)
        assert bodies.age_ms >= bodies.inference_ms


def test_decoding_the_message_counts(start, probe, monkeypatch):
    decode = worker.decode_image
    monkeypatch.setattr(worker, "decode_image", lambda msg, to_8bit: time.sleep(0.03) or decode(msg, to_8bit))
    system = start()
    latencies = system.listen(Latency, "/frankmocap/latency")
    bodies = system.process()
    assert bodies.inference_ms >= 30.0
    assert 30.0 <= latencies.wait().decode <= bodies.inference_ms
    assert float(system.values(lambda v: "decode_ms/p50" in v)["decode_ms/p50"]) >= 30.0


def test_latency_says_when_detection_ran(start, probe):
    system = start(detect_every_n=3)
    latencies = system.listen(Latency, "/frankmocap/latency")
    for _ in range(9):
        stamp = system.stamp(system.process())
        detect_ms = latencies.wait(lambda msg, at=stamp: system.stamp(msg) == at).detect
        assert (detect_ms > 0.0) == (probe.seen[-1].detect_limit is not None)


def test_dropped_and_skipped_travel_in_latency(start, probe):
    system = start(process_every_n=2)
    latencies = system.listen(Latency, "/frankmocap/latency")
    broken = system.image()
    broken.step = 1

    for n in (1, 2):  # of two images one is taken, the first of all included
        system.send(broken)
        system.values(lambda v, n=n: v["dropped"] == str(n))
        system.send(broken)
        system.values(lambda v, n=n: v["skipped"] == str(n))
    stamp = system.stamp(system.process())
    latency = latencies.wait(lambda msg: system.stamp(msg) == stamp)
    assert (latency.dropped, latency.skipped) == (2, 2)


def test_diagnostics(start, probe):
    system = start(diagnostics_period_s=0.2, detect_every_n=2, max_people=2)
    for _ in range(20):
        system.process()
    broken = system.image()
    broken.encoding = "bgr7"
    system.send(broken)
    status = system.status(lambda status: "unknown_encoding" in status.message)
    assert status.level == DiagnosticStatus.WARN
    assert status.name == "frankmocap: body tracking"
    assert status.hardware_id == "frankmocap"
    values = {v.key: v.value for v in status.values}
    assert values["state"] == "active"
    assert values["estimator"] == "probe"
    assert values["device"] == "cpu"
    assert values["image_topic"] == "/image"
    assert values["dropped/unknown_encoding"] == values["dropped"] == "1"
    assert values["skipped"] == "0"
    assert values["tracked_ids"] == values["operator_id"] == "1"
    assert 0.4 < float(values["detector_ratio"]) < 0.7
    assert float(values["input_rate_hz"]) > 0.0
    assert float(values["output_rate_hz"]) > 0.0
    for stage in ("age", *STAGES):
        p50, p95, p99 = (float(values[f"{stage}_ms/p{p}"]) for p in (50, 95, 99))
        assert p50 <= p95 <= p99


@pytest.mark.timed
def test_diagnostics_come_once_a_second(start, probe):
    system = start(diagnostics_period_s=1.0)
    system.diagnostics.next()
    times = [system.stamp(system.diagnostics.next()) for _ in range(3)]
    assert np.median(np.diff(times)) == pytest.approx(1e9, rel=0.2)


@pytest.mark.timed
def test_diagnostics_rates_are_those_of_the_images(start, probe):
    system = start(process_every_n=2)
    period_s = 0.05
    assert system.values(lambda v: v["state"] == "active")["input_rate_hz"] == "0.00"
    timer = system.node.create_timer(period_s, system.send)
    values = system.values(lambda v: float(v["input_rate_hz"]) > 0.9 / period_s)
    values = system.values(lambda v: float(v["output_rate_hz"]) > 0.45 / period_s)
    assert float(values["output_rate_hz"]) == pytest.approx(float(values["input_rate_hz"]) / 2, rel=0.2)
    timer.cancel()


def test_silence_is_told(start, probe):
    system = start()
    status = system.status(lambda status: status.level == DiagnosticStatus.WARN)
    assert "no image yet on /image" in status.message
    assert system.tracking(lambda status: "tracking 1 person" in status.message).level == DiagnosticStatus.OK
    status = system.status(lambda status: status.level == DiagnosticStatus.ERROR)
    assert "no image on /image for" in status.message


def test_enable(start, probe):
    system = start()
    system.process()
    answer = system.call(SetBool, "enable", SetBool.Request(data=False))
    assert answer.success
    assert answer.message
    for n in (1, 2, 3):  # one by one: of a burst only the newest need arrive
        system.send()
        system.values(lambda v, n=n: v["skipped"] == str(n))
    assert system.call(SetBool, "enable", SetBool.Request(data=True)).success
    assert system.process().sequence == 1
    assert len(system.bodies) == 2
    assert len(probe.seen) == 2


def test_reset_gives_a_new_id(start, probe):
    system = start()
    assert {system.process().bodies[0].id for _ in range(3)} == {1}
    assert system.call(Trigger, "reset", Trigger.Request()).success
    bodies = system.process()
    assert bodies.bodies[0].id == bodies.operator_id == 2
    assert system.process().bodies[0].id == 2


def test_reset_resets_filters(start, probe):
    system = start(across_min_cutoff_hz=0.01, across_beta=0.0)
    system.process()
    probe.people = [probe.person(0.2, -0.1, 3.0)]
    assert joint(system.process(), "pelvis").pose.position.x < 0.1
    system.call(Trigger, "reset", Trigger.Request())
    assert joint(system.process(), "pelvis").pose.position.x == pytest.approx(0.2, abs=1e-6)


def test_reset_of_an_inactive_node_is_refused(start, probe):
    answer = start(autostart=False).call(Trigger, "reset", Trigger.Request())
    assert not answer.success
    assert "not active" in answer.message


def compressed(system, extension, pixels, text):
    msg = system.stamped(CompressedImage(format=text))
    msg.data = array.array("B", cv2.imencode(extension, pixels)[1].tobytes())
    return msg


@pytest.mark.parametrize(("extension", "text"), [(".jpg", "bgr8; jpeg compressed bgr8"), (".png", "png")])
def test_compressed(start, probe, extension, text):
    system = start(image_transport="compressed")
    msg = compressed(system, extension, np.full((240, 320, 3), 90, np.uint8), text)
    publisher = system.publisher(CompressedImage, "image/compressed")
    assert system.node.count_subscribers("/image") == 0
    publisher.publish(msg)
    bodies = system.bodies.wait()
    assert bodies.header == msg.header
    assert len(bodies.bodies) == 1
    assert probe.seen[0].size_px == (320, 240)
    assert system.values()["image_topic"] == "/image/compressed"


def processed_until(system, condition):
    """Bodies of the first image of which a condition holds: camera_info travels apart from the images."""
    for _ in range(1000):
        bodies = system.process()
        if condition():
            return bodies
    raise AssertionError("never")


def test_camera_info(start, probe):
    system = start(horizontal_fov_deg=90.0)
    bodies = system.process()
    assert bodies.bodies[0].scale_source == BodyPose.SCALE_ASSUMED_HEIGHT
    assert not probe.seen[-1].calibrated
    assert probe.seen[-1].camera.fx == pytest.approx(160.0)
    system.send_info(focal=400.0)
    bodies = processed_until(system, lambda: probe.seen[-1].calibrated)
    assert bodies.bodies[0].scale_source == BodyPose.SCALE_CAMERA_INFO
    assert (probe.seen[-1].camera.fx, probe.seen[-1].camera.cx) == (400.0, 160.0)
    system.send_info(640, 480, focal=500.0)  # of the same camera at another size
    processed_until(system, lambda: probe.seen[-1].camera.fx == 250.0)
    system.send_info(focal=0.0)  # K of zeros: not calibrated
    bodies = processed_until(system, lambda: not probe.seen[-1].calibrated)
    assert bodies.bodies[0].scale_source == BodyPose.SCALE_ASSUMED_HEIGHT


def test_markers(start, probe):
    probe.people = [
        probe.person(-0.7, -0.1, 3.0),
        probe.person(0.7, -0.1, 3.5, left_knee=0.2, right_knee=0.0),
    ]
    system = start(max_people=2, hold_s=0.0)
    inbox = system.listen(MarkerArray, "/frankmocap/markers")
    bodies = system.process()
    markers = inbox.wait().markers
    assert {(m.ns, m.id, m.type, m.action) for m in markers} == {
        (ns, i, kind, 0) for ns, kind in (("bones", 5), ("text", 9)) for i in (1, 2)
    }
    assert all(m.header == bodies.header for m in markers)
    for bones in (m for m in markers if m.ns == "bones"):
        assert len(bones.points) == len(bones.colors) > 30
        assert len({(c.r, c.g, c.b) for c in bones.colors}) == (1 if bones.id == 1 else 2)
    full, partly = (len(m.points) for m in markers if m.ns == "bones")
    assert full == 2 * 23
    assert partly == full - 4  # thigh and shin of the leg whose knee is not known
    texts = {m.id: m.text for m in markers if m.ns == "text"}
    assert "operator" in texts[bodies.operator_id]
    assert "probe" in texts[1]

    probe.people = probe.people[:1]
    gone = system.stamp(system.process())
    after = inbox.wait(lambda msg: msg.markers and system.stamp(msg.markers[0]) == gone).markers
    assert {(m.ns, m.id) for m in after if m.action == 2} == {("bones", 2), ("text", 2)}
    assert {m.id for m in after if m.action == 0} == {1}
    probe.people = []
    stamp = system.stamp(system.process())
    after = inbox.wait(lambda msg: msg.markers and system.stamp(msg.markers[0]) == stamp).markers
    assert {(m.ns, m.id, m.action) for m in after} == {("bones", 1, 2), ("text", 1, 2)}


@pytest.mark.parametrize(
    ("encoding", "size"), [("mono8", (320, 240)), ("bgr8", (800, 600)), ("rgb8", (500, 700))]
)
def test_annotated(start, probe, encoding, size):
    system = start(resize_short=256)
    pixels = np.full((*size[::-1], 3) if encoding != "mono8" else size[::-1], 60, np.uint8)

    inbox = system.listen(Image, "/frankmocap/annotated")
    sent = system.stamped(Image())
    write_image(sent, pixels, encoding)
    system.process(sent)
    annotated = inbox.wait()
    same = annotated.header == sent.header  # not in the assertion, which would print all pixels
    assert same
    assert (annotated.width, annotated.height) == size
    assert annotated.encoding == "bgr8"
    assert annotated.step == 3 * size[0]
    drawn = np.frombuffer(annotated.data, np.uint8).reshape(*size[::-1], 3)
    assert 0.001 < (drawn != 60).any(axis=-1).mean() < 0.5
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 2


def test_grips_are_written_into_the_annotated_image_while_it_is_looked_at(start, probe):
    def line(annotated):
        """Below age and rate."""
        return np.frombuffer(annotated.data, np.uint8).reshape(240, 320, 3)[14:26, :150]

    system = start()
    probe.people = []
    system.process()
    topic = "/gate/grip/left"
    assert system.node.count_subscribers(topic) == 0
    inbox = system.listen(Image, "/frankmocap/annotated")
    timer = system.node.create_timer(0.05, system.send)
    system.wait_until(lambda: system.node.count_subscribers(topic), "the mocap node does not listen")
    without = inbox.next()
    assert not (line(without) == 255).any()
    publisher = system.publisher(Grip, topic)
    grips = system.node.create_timer(
        0.05, lambda: publisher.publish(Grip(side="left", opening=0.4, state=JointPose.TRACKED))
    )
    inbox.next(lambda msg: (line(msg) == 255).any())
    grips.cancel()
    inbox.next(lambda msg: not (line(msg) == 255).any())
    timer.cancel()


@pytest.mark.parametrize(
    ("kind", "topic", "name"),
    [
        (Image, "annotated", "AnnotatedImages.message"),
        (MarkerArray, "markers", "MarkerMaker.make"),
        (Latency, "latency", "latency_message"),
    ],
)
def test_built_for_subscribers_only(start, probe, monkeypatch, kind, topic, name):
    holder, _, attribute = name.rpartition(".")
    owner = getattr(outputs, holder) if holder else outputs
    original, built = getattr(owner, attribute), []
    monkeypatch.setattr(owner, attribute, lambda *a, **k: built.append(topic) or original(*a, **k))
    system = start()
    for _ in range(3):
        system.process()
    assert built == []
    inbox = system.listen(kind, f"/frankmocap/{topic}")
    system.process()
    inbox.wait()
    assert built == [topic]


def qos_of(system, topic):
    (info,) = system.wait_until(lambda: system.node.get_publishers_info_by_topic(topic), topic)
    return info.qos_profile


def test_results_offer_deadline_and_liveliness(start, probe):
    system = start()
    for topic in ("bodies", "markers", "latency", "annotated"):
        offered = qos_of(system, f"/frankmocap/{topic}")
        assert offered.reliability == ReliabilityPolicy.RELIABLE
        assert offered.durability == DurabilityPolicy.VOLATILE
        assert offered.deadline.nanoseconds == 200_000_000
        assert offered.liveliness == LivelinessPolicy.AUTOMATIC
        assert offered.liveliness_lease_duration.nanoseconds == 1_000_000_000
    (image,) = system.wait_until(lambda: system.node.get_subscriptions_info_by_topic("/image"))
    assert image.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT


def test_qos_can_be_overridden(start, probe):
    system = start(
        overrides={
            "qos_overrides./frankmocap/bodies.publisher.deadline": 50_000_000,
            "qos_overrides./frankmocap/latency.publisher.reliability": "best_effort",
            "qos_overrides./image.subscription.reliability": "reliable",
        }
    )
    assert qos_of(system, "/frankmocap/bodies").deadline.nanoseconds == 50_000_000
    assert qos_of(system, "/frankmocap/latency").reliability == ReliabilityPolicy.BEST_EFFORT
    (image,) = system.wait_until(lambda: system.node.get_subscriptions_info_by_topic("/image"))
    assert image.qos_profile.reliability == ReliabilityPolicy.RELIABLE
    assert len(system.process().bodies) == 1
    # of these topics only, and of this node only
    assert qos_of(system, "/frankmocap/markers").deadline.nanoseconds == 200_000_000
    assert qos_of(system, "/frankmocap/annotated").reliability == ReliabilityPolicy.RELIABLE
    (info,) = system.wait_until(lambda: system.node.get_subscriptions_info_by_topic("/camera_info"))
    assert info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
    assert (qos.RESULTS.deadline.nanoseconds, qos.IMAGES.reliability) == (
        200_000_000,
        ReliabilityPolicy.BEST_EFFORT,
    )


def test_a_failing_estimator_does_not_stop_the_node(start, probe):
    system = start()
    log = system.listen(Log, "/rosout")
    system.process()
    probe.error = RuntimeError("the network fell over")
    failed = [system.send()]
    status = system.status(lambda status: status.level == DiagnosticStatus.ERROR)
    assert "estimator probe failed: RuntimeError: the network fell over" in status.message
    for _ in range(5):
        failed.append(system.send())
        system.wait_until(lambda: len(probe.seen) == 1 + len(failed))
    probe.error = None
    assert len(system.process().bodies) == 1
    assert not {system.stamp(msg) for msg in system.bodies.messages} & set(failed)
    system.tracking()
    assert any("the network fell over" in msg.msg and msg.level == 40 for msg in log.messages)


@pytest.mark.filterwarnings("ignore:(invalid value|overflow):RuntimeWarning")  # of 1e300
@pytest.mark.parametrize("smoothing", ["none", "one_euro"])
def test_nothing_that_is_not_finite_leaves(start, probe, smoothing):
    """And nothing that was made from it is told as measured."""
    system = start(smoothing=smoothing)
    good = probe.people[0].points
    names = ("left_hip", "left_wrist", "right_shoulder", "nose")
    for name, bad, somebody_new in itertools.product(names, (np.nan, np.inf, -np.inf, 1e300), (False, True)):
        case = f"{name} {bad} {somebody_new}"
        fine = system.process()
        assert joint(fine, "left_wrist").pose.position.x == pytest.approx(0.7, abs=1e-3), case
        assert all(j.state == JointPose.TRACKED for j in fine.bodies[0].joints), case
        if somebody_new:
            system.call(Trigger, "reset", Trigger.Request())

        def broken(points, name=name, bad=bad):
            points = points.copy()
            points[KEYPOINTS.index(name)] = bad
            return points

        probe.people[0].points = broken
        bodies = system.process()
        assert np.isfinite(list(numbers(bodies))).all(), case
        for j in (j for body in bodies.bodies for j in body.joints if j.state == JointPose.TRACKED):
            assert j.pose.position.z == pytest.approx(3.0, abs=0.3), case
        probe.people[0].points = good
    assert int(system.values()["withheld"]) > 0


def test_confidence_that_is_not_a_number(start, probe):
    system = start()
    probe.people = [probe.person(left_wrist=np.nan)]
    for body in system.process().bodies:
        assert body.joints[BODY.index["left_wrist"]].state == JointPose.INVALID
    assert np.isfinite(list(numbers(system.bodies.messages[-1]))).all()
    probe.people = [probe.person()]
    assert joint(system.process(), "left_wrist").state == JointPose.TRACKED


def photograph():
    """A real person, from an installed package: BGR."""
    file = Path(find_spec("skimage").origin).parent / "data" / "astronaut.png"
    return cv2.imread(str(file))


def of_the_photograph(system):
    """The first bodies; people are looked for beside the images, so that the first one has none."""

    def bodies():
        sent = system.stamped(Image())
        write_image(sent, photograph(), "bgr8")
        found = system.process(sent)
        return found if found.bodies else None

    return system.wait_until(bodies)


def test_blazepose_sees_a_person(start):
    """The real estimator in the node: a woman in an orange suit, her face in the upper half."""
    system = start(estimator="auto")
    bodies = of_the_photograph(system)
    (body,) = bodies.bodies
    assert body.estimator == "blazepose"
    head, left, right = (joint(bodies, name) for name in ("head", "left_shoulder", "right_shoulder"))
    for j in (head, left, right):
        assert j.state == JointPose.TRACKED
        assert 0.0 <= j.pixel.x < 512
        assert 0.5 < j.pose.position.z < 5.0
    assert head.pixel.x == pytest.approx(225, abs=40)
    assert head.pixel.y == pytest.approx(120, abs=50)
    assert left.pixel.x > right.pixel.x  # she faces the camera: her left is at the image's right
    assert left.pose.position.x > right.pose.position.x
    assert joint(bodies, "left_ankle").state != JointPose.TRACKED  # outside the picture
    assert np.isfinite(list(numbers(bodies))).all()
    device = system.values(lambda v: v["estimator"] == "blazepose")["device"]
    assert re.fullmatch(r"cpu (lite|full|heavy) (openvino|litert) fp32", device)


def test_blazepose_hands(start):
    system = start(estimator="blazepose", hands=True, joint_topics=["left_thumb1"])
    (body,) = of_the_photograph(system).bodies
    assert body.has_hands
    assert tuple(j.name for j in body.joints) == BODY_WITH_HANDS.names


@pytest.mark.parametrize(("hands", "skeleton"), [(False, BODY), (True, BODY_WITH_HANDS)])
def test_synthetic_tells_the_truth(start, hands, skeleton):
    system = start(estimator="synthetic", hands=hands, smoothing="none", synthetic_motion="wave")
    for n in range(5):
        stamp_ns = 1_000_000_000 + n * 40_000_000
        (body,) = system.process(stamp_ns=stamp_ns, size=(640, 480)).bodies
        (truth,) = scene("wave", 1e-9 * stamp_ns)
        assert tuple(j.name for j in body.joints) == skeleton.names
        for j, position, local in zip(body.joints, truth.positions, truth.local_rotations_xyzw):  # noqa: B905
            if j.state == JointPose.TRACKED:
                p, q = j.pose.position, j.local_rotation
                assert (p.x, p.y, p.z) == pytest.approx(tuple(position), abs=1e-6)
                assert abs(np.dot((q.x, q.y, q.z, q.w), local)) == pytest.approx(1.0, abs=1e-6)
        assert sum(j.state == JointPose.TRACKED for j in body.joints) > 20


def test_synthetic_people_come_and_go(start):
    system = start(estimator="synthetic", synthetic_motion="cross", max_people=2)
    assert len(system.process(stamp_ns=0, size=(640, 480)).bodies) == 2
