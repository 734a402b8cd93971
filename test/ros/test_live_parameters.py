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

"""Parameters through the services: descriptors, effect at the next frame, refusals."""

import inspect
import math
import threading
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters, ListParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image
from std_srvs.srv import Trigger

from frankmocap_ros.body.skeleton import BODY, KEYPOINTS
from frankmocap_ros.errors import MocapError
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import JointPose
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of
from support.later_call import LaterCall
from support.waiting import TIMEOUT_S

SETTINGS = {s.name: s for s in settings_of(Settings)}
LIVE = [name for name, s in SETTINGS.items() if s.live and not s.loads]  # the rest: test_live_models.py
FIXED = [name for name, s in SETTINGS.items() if not s.live]
TYPES = {
    bool: ParameterType.PARAMETER_BOOL,
    int: ParameterType.PARAMETER_INTEGER,
    float: ParameterType.PARAMETER_DOUBLE,
    str: ParameterType.PARAMETER_STRING,
    tuple: ParameterType.PARAMETER_STRING_ARRAY,
}
PERIOD_NS = 33_333_333


def default(name):
    value = SETTINGS[name].default
    return list(value) or [""] if isinstance(value, tuple) else value


def test_every_parameter_describes_itself(start, probe):
    system = start()
    names = system.call(ListParameters, "list_parameters", ListParameters.Request()).result.names
    assert set(SETTINGS) <= set(names)
    request = DescribeParameters.Request(names=list(SETTINGS))
    for d in system.call(DescribeParameters, "describe_parameters", request).descriptors:
        s = SETTINGS[d.name]
        assert s.text in d.description
        assert s.unit in d.description
        assert d.type == TYPES[s.type]
        assert not d.read_only
        assert s.allowed == d.additional_constraints
        for choice in s.choices:
            assert choice in d.additional_constraints
        ranges = {int: d.integer_range, float: d.floating_point_range}.get(s.type)
        if ranges is not None:
            assert [(r.from_value, r.to_value) for r in ranges] == [(s.minimum, s.maximum)]
            assert s.minimum <= s.default <= s.maximum
        assert ("configured" in d.description) == (not s.live)
        assert ("loads another model" in d.description) == s.loads


def test_defaults_are_the_declared_ones(start, probe):
    system = start(
        max_image_age_s=default("max_image_age_s"),
        latency_budget_ms=default("latency_budget_ms"),
        diagnostics_period_s=default("diagnostics_period_s"),
        bones=default("bones"),
    )
    assert system.get(*SETTINGS) == [default(name) for name in SETTINGS]


# --- what each live parameter does at the next frame ---------------------------------------------


class Camera:
    """Sends images of exactly 30 Hz and returns what came of each."""

    def __init__(self, system, probe):
        self.system, self.probe = system, probe
        self.stamp_ns = 1_700_000_000 * 10**9

    def frame(self, dt_ns=PERIOD_NS, **options):
        self.stamp_ns += dt_ns
        return self.system.process(stamp_ns=self.stamp_ns, **options)

    def joint(self, name="left_wrist", body=0, **options):
        return self.frame(**options).bodies[body].joints[BODY.index[name]]

    def set(self, **values):
        self.system.set(**values)
        assert self.system.get(*values) == (
            list(values.values()) if len(values) > 1 else next(iter(values.values()))
        )

    @property
    def seen(self):
        return self.probe.seen[-1]


def preset(c):
    stands_for = ("resize_short", "use_smplx", "hands")
    c.set(track_bbox=False)  # people are looked for in every image
    c.set(preset="highest_quality")
    assert c.system.get(*stands_for) == [512, True, True]
    c.frame(size=(1024, 768))
    assert c.probe.searched_px == (683, 512)
    c.set(preset="fastest")
    assert c.system.get(*stands_for) == [256, False, False]
    c.frame(size=(1024, 768))
    assert c.probe.searched_px == (341, 256)
    # what is named along with it wins, wherever it stands
    for named in (
        {"preset": "highest_quality", "hands": False},
        {"hands": False, "preset": "highest_quality"},
    ):
        c.set(preset="fastest")
        assert c.system.try_to_set_at_once(**named).successful
        assert c.system.get("preset", *stands_for) == ["highest_quality", 512, True, False]
    c.set(resize_short=300)  # and what is set after it
    c.frame(size=(800, 600))
    assert c.probe.searched_px == (400, 300)
    assert c.system.get("preset", *stands_for) == ["highest_quality", 300, True, False]


def resize_short(c):
    c.set(track_bbox=False)  # people are looked for in every image
    for short, searched in ((384, (512, 384)), (600, (800, 600)), (300, (400, 300))):
        c.set(resize_short=short)
        bodies = c.frame(size=(800, 600))
        assert c.probe.searched_px == searched
        assert c.seen.size_px == (800, 600)  # but cropped from the best pixels
    x, _, width, _ = bodies.bodies[0].box  # told in pixels of the full image
    assert x + 0.5 * width == pytest.approx(400, abs=2)


def process_every_n(c):
    c.set(process_every_n=3)
    skipped = 0
    for _ in range(4):
        while True:  # until one is processed
            n = len(c.probe.seen)
            c.stamp_ns += PERIOD_NS
            c.system.send(stamp_ns=c.stamp_ns)
            c.system.wait_until(
                lambda n=n, s=skipped: len(c.probe.seen) > n or c.system.mocap.streams[0].monitor.skipped > s
            )
            if len(c.probe.seen) > n:
                break
            skipped += 1
    assert skipped in (6, 7, 8)  # two of three, wherever counting stands
    assert c.system.values(lambda v: v["skipped"] == str(skipped))
    c.set(process_every_n=1)
    for _ in range(3):
        c.frame()


def detections(c, n):
    for _ in range(n):
        c.frame()
    return [seen.detect_limit is not None for seen in c.probe.seen[-n:]]


def detect_every_n(c):
    c.set(max_people=2)  # there is room for somebody else
    assert detections(c, 11) == [True, *[False, False, False, False, True] * 2]
    c.set(detect_every_n=2)
    assert detections(c, 6) in ([False, True] * 3, [True, False] * 3)
    c.set(detect_every_n=1000)
    assert sum(detections(c, 20)) <= 1


def track_bbox(c):
    assert sum(detections(c, 6)) < 6
    c.set(track_bbox=False)
    assert detections(c, 6) == [True] * 6
    c.set(track_bbox=True)
    assert sum(detections(c, 6)) < 6


def box_margin(c):
    def side():
        c.frame()
        return c.seen.regions[0].side_px

    first = side()
    c.set(box_margin=0.5)
    assert side() == pytest.approx(first * 1.5 / 1.25)
    c.set(box_margin=0.0)
    assert side() == pytest.approx(first / 1.25)


def max_people(c):
    c.probe.people = [c.probe.person(x, -0.1, 4.0) for x in (-1.0, 0.0, 1.0)]
    c.set(track_bbox=False)
    assert len(c.frame().bodies) == c.seen.detect_limit == 1
    c.set(max_people=3)
    assert len(c.frame().bodies) == c.seen.detect_limit == 3
    c.set(max_people=2)
    assert len(c.frame().bodies) == c.seen.detect_limit == 2


def min_confidence(c):
    c.probe.people = [c.probe.person(left_wrist=0.4)]
    assert c.joint().state == JointPose.TRACKED
    c.set(min_confidence=0.5)
    assert c.joint().state == JointPose.PREDICTED
    c.set(min_confidence=0.9, hold_s=0.0)
    assert c.joint().state == JointPose.INVALID
    c.set(min_confidence=0.3)
    assert c.joint().state == JointPose.TRACKED


def lag(c, meters=0.2):
    """How much of a step is still missing after one frame."""
    c.probe.people = [c.probe.person(0.0, -0.1, 3.0)]
    for _ in range(40):
        before = c.joint("pelvis").pose.position.x
    assert before == pytest.approx(0.0, abs=0.01)
    c.probe.people = [c.probe.person(meters, -0.1, 3.0)]
    return meters - c.joint("pelvis").pose.position.x


def smoothing(c):
    assert lag(c) > 0.02
    c.set(smoothing="none")
    assert lag(c) == pytest.approx(0.0, abs=1e-9)
    c.set(smoothing="one_euro")
    assert lag(c) > 0.02


def across_min_cutoff_hz(c):
    c.set(across_beta=0.0)
    slow = lag(c)
    c.set(across_min_cutoff_hz=20.0)
    quick = lag(c)
    for cutoff_hz, missing in ((2.5, slow), (20.0, quick)):
        gain = 2 * math.pi * PERIOD_NS * 1e-9 * cutoff_hz
        assert missing == pytest.approx(0.2 / (1 + gain), rel=0.05)


def across_beta(c):
    c.set(across_beta=0.0)
    without = lag(c)
    c.set(across_beta=50.0)
    assert lag(c) < 0.5 * without


def depth_lag(c):
    """How much of a step of 0.3 m towards the camera is still missing after one frame."""
    c.probe.people = [c.probe.person(0.0, -0.1, 3.0)]
    for _ in range(60):
        before = c.joint("pelvis").pose.position.z
    c.probe.people = [c.probe.person(0.0, -0.1, 2.7)]
    return c.joint("pelvis").pose.position.z - (before - 0.3)


def depth_min_cutoff_hz(c):
    c.set(depth_beta=0.0)
    slow = depth_lag(c)
    c.set(depth_min_cutoff_hz=20.0)
    assert depth_lag(c) < 0.5 * slow


def depth_beta(c):
    c.set(depth_beta=0.0)
    without = depth_lag(c)
    c.set(depth_beta=50.0)
    assert depth_lag(c) < 0.5 * without


def _kept(c, **changes):
    """Of a body model's rotations; the probe gives keypoints, which these leave alone."""
    before = lag(c)
    c.set(**changes)
    assert lag(c) == pytest.approx(before, abs=1e-4)


def one_euro_min_cutoff_hz(c):
    _kept(c, one_euro_min_cutoff_hz=20.0)


def one_euro_beta(c):
    _kept(c, one_euro_beta=50.0)


def one_euro_derivative_cutoff_hz(c):
    c.set(across_beta=1.0, one_euro_derivative_cutoff_hz=0.1)
    slow = lag(c)
    c.set(one_euro_derivative_cutoff_hz=50.0)
    assert lag(c) < 0.8 * slow


def bones(c):
    """A forearm that gets shorter in one image keeps its length, or not."""
    elbow, wrist = KEYPOINTS.index("left_elbow"), KEYPOINTS.index("left_wrist")

    def shorter(points):
        points = points.copy()
        points[wrist] = points[elbow] + 0.7 * (points[wrist] - points[elbow])
        return points

    def forearm():
        joints = c.frame().bodies[0].joints
        ends = (joints[BODY.index[name]].pose.position for name in ("left_elbow", "left_wrist"))
        a, b = (np.array([p.x, p.y, p.z]) for p in ends)
        return float(np.linalg.norm(b - a))

    c.set(smoothing="none", bones="fitted")
    person = c.probe.person(0.0, -0.1, 3.0)
    c.probe.people = [person]
    for _ in range(30):
        usual = forearm()
    c.probe.people = [replace(person, points=shorter)]
    assert forearm() > 0.85 * usual, "more than half of it is undone in that image"
    for _ in range(5):
        later = forearm()
    assert later > 0.9 * usual
    c.set(bones="network")
    assert forearm() == pytest.approx(0.7 * usual, rel=0.05)


def hold_s(c):
    def states(n):
        c.probe.people = [c.probe.person()]
        assert c.joint().state == JointPose.TRACKED
        c.probe.people = [c.probe.person(left_wrist=0.0)]
        return [c.joint(dt_ns=100_000_000).state for _ in range(n)]

    held, invalid = JointPose.HELD, JointPose.INVALID
    # 0.3 s, and in float64 it is not certain on which side the third of 0.1 s lies
    assert states(5) in ([held] * 2 + [invalid] * 3, [held] * 3 + [invalid] * 2)
    c.set(hold_s=0.55)
    assert states(7) == [held] * 5 + [invalid] * 2
    c.set(hold_s=0.0)
    assert states(2) == [invalid] * 2


def max_image_age_s(c):
    system = c.system
    system.process()  # 0: any age
    system.process(stamp_ns=system.next_stamp() - 10 * 10**9)
    c.set(max_image_age_s=5.0)
    system.send(stamp_ns=system.next_stamp() - 10 * 10**9)
    assert system.values(lambda v: v.get("dropped/too_old") == "1")
    assert system.process(stamp_ns=system.next_stamp() - 1 * 10**9).sequence == 2
    c.set(max_image_age_s=60.0)
    assert system.process(stamp_ns=system.next_stamp() - 10 * 10**9).sequence == 3


def distance(c):
    for _ in range(3):
        z = c.joint("pelvis").pose.position.z
    return z


def forearm_length_m(c):
    for length in (0.3, 0.26):
        c.set(forearm_length_m=length)
        call = LaterCall(c.system, Trigger, "calibrate")
        while call.waits:
            c.frame()
        assert call.wait().success
        ends = [c.joint(f"left_{part}").pose.position for part in ("elbow", "wrist")]
        way = [getattr(ends[1], axis) - getattr(ends[0], axis) for axis in "xyz"]
        assert np.linalg.norm(way) == pytest.approx(length, abs=2e-3)


def assumed_height_m(c):
    c.set(smoothing="none")
    own = distance(c)
    assert own == pytest.approx(3.0, abs=0.01)
    c.set(assumed_height_m=1.8)
    tall = distance(c)
    c.set(assumed_height_m=0.9)
    assert distance(c) == pytest.approx(tall / 2, rel=1e-3)
    c.set(assumed_height_m=0.0)
    assert distance(c) == pytest.approx(own)


def horizontal_fov_deg(c):
    for degrees in (60.0, 90.0, 30.0):
        c.set(horizontal_fov_deg=degrees)
        c.frame()
        assert (
            c.seen.camera.fx == c.seen.camera.fy == pytest.approx(160 / math.tan(math.radians(degrees / 2)))
        )
        assert not c.seen.calibrated


def rectified(c):
    """YAML and the command line make booleans of true and false."""
    info = c.system.stamped(CameraInfo(width=320, height=240))
    info.k = [400.0, 0.0, 160.0, 0.0, 400.0, 120.0, 0.0, 0.0, 1.0]
    info.p = [300.0, 0.0, 150.0, 0.0, 0.0, 300.0, 110.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    c.system.publisher(CameraInfo, "camera_info").publish(info)
    for value, focal_px in (
        ("auto", 400.0),
        ("true", 300.0),
        ("false", 400.0),
        (True, 300.0),
        (False, 400.0),
    ):
        c.set(rectified=value)
        c.system.wait_until(lambda focal_px=focal_px: c.frame() and c.seen.camera.fx == focal_px)


def stamps(c):
    before = c.frame()
    c.set(stamps="arrival")
    start_ns, heard = time.time_ns(), len(c.system.bodies)
    c.system.send(stamp_ns=7)
    arrived = c.system.bodies.wait(after=heard)
    assert start_ns <= c.system.stamp(arrived) <= time.time_ns()
    assert 0.0 <= arrived.age_ms < 1e3 * TIMEOUT_S
    c.set(stamps="image")
    assert c.frame().sequence == before.sequence + 2


def two_people(c):
    """1 is small and in the middle, 2 is near, at the side."""
    c.probe.people = [c.probe.person(0.0, -0.1, 5.0), c.probe.person(1.0, -0.1, 3.0)]
    c.set(max_people=2)


def operator(c):
    two_people(c)
    assert c.frame().operator_id == 2
    c.set(operator="id", operator_id=1)  # stays with whoever is until the rule asks for another
    assert c.frame().operator_id == 1
    c.set(operator_id=2)
    assert c.frame().operator_id == 2
    c.set(operator_id=7)
    assert c.frame().operator_id == 0
    for rule, first in (("center", 1), ("nearest", 2), ("largest", 2)):
        c.set(operator="id")
        assert c.frame().operator_id == 0
        c.set(operator=rule)
        bodies = c.frame()
        assert bodies.operator_id == first
        assert [b.id for b in bodies.bodies] == [first, 3 - first]


def operator_id(c):
    two_people(c)
    c.set(operator="id")
    assert c.frame().operator_id == 0
    for wanted in (1, 2, 1):
        c.set(operator_id=wanted)
        bodies = c.frame()
        assert bodies.operator_id == bodies.bodies[0].id == wanted


def diagnostics_period_s(c):
    system = c.system

    def period_s(n):
        system.diagnostics.next()
        times = [system.stamp(system.diagnostics.next()) for _ in range(n)]
        return float(np.median(np.diff(times))) * 1e-9

    assert period_s(8) == pytest.approx(0.1, rel=0.3)
    c.set(diagnostics_period_s=0.5)
    assert period_s(3) == pytest.approx(0.5, rel=0.2)
    c.set(diagnostics_period_s=0.1)
    assert period_s(8) == pytest.approx(0.1, rel=0.3)


def latency_budget_ms(c):
    c.probe.duration_s = 0.03
    c.set(latency_budget_ms=5.0)
    status = c.system.tracking(lambda status: "exceeds the budget of 5.0 ms" in status.message)
    assert status.level == DiagnosticStatus.WARN
    c.set(latency_budget_ms=10000.0)
    c.system.tracking()


def adapt(c):
    def level():
        c.frame()
        return int(c.system.values()["deadline_level"])

    c.probe.duration_s = 0.02
    c.set(latency_budget_ms=5.0, max_people=2)
    c.system.wait_until(level)
    status = c.system.status(lambda status: "reduces processing to keep the budget" in status.message)
    assert status.level == DiagnosticStatus.WARN
    assert c.system.values()["deadline_measures"].startswith("detects every ")
    assert sum(detections(c, 12)) <= 1  # every fifteenth image or fewer
    c.set(adapt=False)
    assert level() == 0
    assert sum(detections(c, 12)) >= 2
    assert c.system.values()["deadline_measures"] == "none"
    c.set(adapt=True)
    c.system.wait_until(level)


def depth_wait_ms(c):
    """Depth comes 50 ms after its image."""
    system = c.system
    depth = system.publisher(Image, "depth")

    def at(stamp_ns):
        msg = system.stamped(Image(), stamp_ns)
        write_image(msg, np.full((240, 320), 3000, np.uint16), "16UC1")
        return msg

    for wait_ms, outcome in ((200.0, "paired"), (0.0, "missing")):
        c.set(depth_wait_ms=wait_ms)
        stamp_ns = system.next_stamp()
        depth.publish(at(stamp_ns - 10**8))  # there is a depth camera
        system.wait_until(lambda: system.mocap.streams[0].depth.alive)
        later = threading.Timer(0.05, depth.publish, [at(stamp_ns)])
        later.start()
        system.process(stamp_ns=stamp_ns)
        later.join()
        assert system.values(lambda v, outcome=outcome: v.get(f"depth/{outcome}") == "1")


def marker_ellipsoids(c):
    """Nothing gives the probe's joints standard deviations here: the test of markers draws some."""
    outputs = c.system.mocap.streams[0].outputs
    for wanted in (True, False):
        c.set(marker_ellipsoids=wanted)
        c.frame()
        assert outputs._marker_maker.ellipsoids == wanted


def publish_tf(c):
    from tf2_msgs.msg import TFMessage  # a stand-in

    for wanted in (True, False, True):
        c.set(publish_tf=wanted)
        c.frame()
        c.system.wait_until(lambda wanted=wanted: c.system.node.count_publishers("/tf") == wanted)
    inbox = c.system.listen(TFMessage, "/tf")
    stamp = c.frame().header.stamp
    assert inbox.wait().transforms[0].header.stamp == stamp


def transform_wait_ms(c):
    from geometry_msgs.msg import TransformStamped
    from tf2_msgs.msg import TFMessage

    for label in ("deactivate", "cleanup"):
        assert c.system.change(label)
    c.set(target_frame="base")
    for label in ("configure", "activate"):
        assert c.system.change(label)
    publisher, spent_s = c.system.publisher(TFMessage, "/tf", 100), {}

    def heard():
        """That the camera is in base, at a time before all images."""
        transform = TransformStamped(child_frame_id="cam")
        transform.header.frame_id, transform.header.stamp.sec = "base", 1
        publisher.publish(TFMessage(transforms=[transform]))
        c.system.send()
        return "extrapolation" in c.system.status().message

    c.system.wait_until(heard)
    for wait_ms in (200.0, 0.0):
        c.set(transform_wait_ms=wait_ms)
        stream = c.system.mocap.streams[0]
        c.system.wait_until(lambda stream=stream: stream.monitor.dropped == stream.count)  # all before it
        dropped, start_s = stream.count, time.monotonic()
        c.system.send()
        c.system.wait_until(lambda stream=stream, dropped=dropped: stream.monitor.dropped > dropped)
        spent_s[wait_ms] = time.monotonic() - start_s
    assert spent_s[200.0] > 0.2 and spent_s[0.0] < spent_s[200.0]


CHECKS = {
    name: check
    for name, check in list(globals().items())
    if inspect.isfunction(check) and list(inspect.signature(check).parameters) == ["c"] and name in SETTINGS
}


def test_every_live_parameter_has_a_check():
    assert set(CHECKS) == set(LIVE)


@pytest.mark.parametrize("name", LIVE)
def test_takes_effect_at_the_next_frame(tf, start, probe, name):
    CHECKS[name](Camera(start(), probe))


# --- refusals ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wrong:
    """A value that must be refused."""

    name: str
    value: object
    says: str = ""

    def __str__(self):
        return f"{self.name}={self.value!r}"


def wrong_values():
    for name, s in SETTINGS.items():
        if s.type is int:
            yield from (
                Wrong(name, int(s.minimum) - 1),
                Wrong(name, int(s.maximum) + 1),
                Wrong(name, -(2**62)),
            )
        if s.type is float:
            yield from (Wrong(name, s.minimum - 0.01), Wrong(name, s.maximum * 1.01 + 0.01))
            yield from (Wrong(name, v) for v in (math.nan, math.inf, -math.inf))
        if s.choices:
            yield from (Wrong(name, v, s.allowed) for v in ("", "nonsense", s.default.upper() + " "))
        others = {int: 7, float: 7.0, str: "7", tuple: ["7"]}
        if not s.takes_bool:
            others[bool] = True
        yield from (Wrong(name, v, "expected") for kind, v in others.items() if kind is not s.type)
        yield from (Wrong(name, v, "expected") for v in ([1, 2], [1.0], [True], [b"1"]))
    yield Wrong("assumed_height_m", 0.3, "0.5 .. 2.5")
    yield Wrong("forearm_length_m", 0.05, "0.1 .. 0.5")
    yield Wrong("joint_topics", ["left_wrist", "left_tentacle"], "left_tentacle")
    yield Wrong("joint_topics", ["left_index1"], "hands")
    yield Wrong("image_topics", ["a/image", "b/image", "a/image_raw"], "cameras a stand for several topics")
    yield Wrong("image_topics", ["left/image", "2/image"], "'2/image'")
    yield Wrong("target_frame", "/base_link", "begins with a slash")
    yield Wrong("no_such_parameter", 1)


@pytest.mark.distribution
@pytest.mark.parametrize("autostart", [True, False])
def test_wrong_values_are_refused_with_a_reason(start, probe, autostart):
    system = start(autostart=autostart)
    before = system.get(*SETTINGS)
    for wrong in wrong_values():
        for result in (
            *system.try_to_set(**{wrong.name: wrong.value}),
            system.try_to_set_at_once(**{wrong.name: wrong.value}),
        ):
            assert not result.successful, wrong
            assert result.reason, wrong
            if wrong.name in SETTINGS:
                assert wrong.name in result.reason, (wrong, result.reason)
            if not (autostart and wrong.name in FIXED):
                assert wrong.says in result.reason, (wrong, result.reason)
    assert system.get(*SETTINGS) == before
    if autostart:
        assert len(system.process().bodies) == 1


def test_parameters_cannot_be_deleted(start, probe):
    system = start()
    for name in SETTINGS:
        (result,) = system.try_to_set(**{name: Parameter(name, Parameter.Type.NOT_SET)})
        assert not result.successful
        assert name in result.reason
    assert system.get("max_people") == 1


def test_both_ends_of_the_range_are_taken(tf, start, probe):
    system = start()
    for s in (SETTINGS[name] for name in LIVE):
        for value in s.choices or ((s.minimum, s.maximum) if s.minimum is not None else (False, True)):
            system.set(**{s.name: s.type(value)})
            assert system.get(s.name) == s.type(value)


OTHER = {
    "image_transport": "compressed", "image_topics": ["left/image", "right/image"], "source": "synthetic",
    "source_width": 320, "source_rate_hz": 15.0, "source_frame_id": "head_camera",
    "joint_topics": ["left_wrist"], "autostart": False, "target_frame": "base_link", "rep155": True,
}  # fmt: skip


def test_fixed_parameters_change_only_while_unconfigured(tf, start, probe):
    assert set(OTHER) == set(FIXED)
    system = start()
    before = dict(zip(FIXED, system.get(*FIXED), strict=True))
    for active in (True, False):
        for name, value in OTHER.items():
            (result,) = system.try_to_set(**{name: value})
            assert not result.successful
            assert name in result.reason
            assert "configured" in result.reason
            assert "ros2 lifecycle set /frankmocap" in result.reason
        assert system.get(*FIXED) == list(before.values())
        system.set(**before)  # to what it is: fine
        if active:
            assert system.change("deactivate")
    assert system.change("cleanup")
    for name, value in OTHER.items():
        system.set(**{name: value})
        assert system.get(*FIXED) == list({**before, name: value}.values())
        system.set(**{name: before[name]})
    assert system.change("configure")
    (result,) = system.try_to_set(source_width=320)
    assert not result.successful


def test_source_and_image_topics_exclude_each_other(start, probe):
    system = start(autostart=False)
    for first, second in (("source", "image_topics"), ("image_topics", "source")):
        none = system.get(first)
        system.set(**{first: OTHER[first]})
        (result,) = system.try_to_set(**{second: OTHER[second]})
        assert not result.successful
        assert "source and image_topics exclude each other" in result.reason
        system.set(**{first: none})
    assert not system.try_to_set_at_once(source="synthetic", image_topics=["left/image"]).successful
    assert system.get("source", "image_topics") == ["", [""]]
    # at once, one may take the other's place
    system.set(image_topics=["left/image"])
    assert system.try_to_set_at_once(source="synthetic", image_topics=[""]).successful


def test_fixed_parameters_take_effect_when_configured(start, probe):
    system = start()
    for label in ("deactivate", "cleanup"):
        assert system.change(label)
    system.set(image_transport="compressed", joint_topics=["left_wrist"])
    for label in ("configure", "activate"):
        assert system.change(label)
    assert probe.made[-1].image_transport == "compressed"
    system.wait_until(lambda: system.node.count_subscribers("/image/compressed"))
    system.wait_until(lambda: system.node.count_publishers("/frankmocap/joints/left_wrist/pose"))
    assert not system.mocap.count_subscribers("/image")


def test_all_or_nothing(start, probe):
    system = start()
    before = system.get("max_people", "hold_s")
    for bad in (
        {"max_people": 99},
        {"max_people": 1.5},
        {"smoothing": "x"},
        {"image_transport": "compressed"},
        {"assumed_height_m": 0.1},
    ):
        assert not system.try_to_set_at_once(**{"hold_s": 1.0, **bad}).successful
        assert system.get("max_people", "hold_s") == before
    assert system.try_to_set_at_once(max_people=3, hold_s=1.0).successful
    assert system.get("max_people", "hold_s") == [3, 1.0]
    one, other = system.try_to_set(max_people=99, hold_s=2.0)  # each on its own
    assert (one.successful, other.successful) == (False, True)
    assert system.get("max_people", "hold_s") == [3, 2.0]


def test_other_parameters_pass(start, probe):
    system = start()
    system.set(use_sim_time=True)
    assert system.get("use_sim_time") is True
    system.set(use_sim_time=False)
    assert system.try_to_set_at_once(use_sim_time=False, max_people=2).successful
    assert system.get("max_people") == 2


# --- at the start of the process -----------------------------------------------------------------

FILES = {
    "hold_s: 1": "hold_s",  # an integer
    "hold_s: .nan": "hold_s",
    "hold_s: -1.0": "0 .. 5",
    "max_people: 40": "1 .. 16",
    "max_people: two": "max_people",
    "smoothing: 'none '": "none | one_euro",
    "estimator: maskrcnn": "auto | frankmocap | blazepose",
    "joint_topics: [left_wrist, left_tentacle]": "left_tentacle",
    "assumed_height_m: 0.2": "0.5 .. 2.5",
    "track_bbox: 1": "true | false",
    "preset: best": "fastest | balanced | highest_quality",
    "image_topics: [a/image, a/image_raw]": "the cameras a stand for several topics",
    "image_topics: [2/image]": "'2/image'",
    "source: x\n    image_topics: [left/image]": "exclude each other",
}


def parameter_file(folder, line):
    file = folder / "parameters.yaml"
    file.write_text(f"/**/frankmocap:\n  ros__parameters:\n    {line}\n")
    return ["--ros-args", "--params-file", str(file)]


@pytest.mark.parametrize("line", FILES)
def test_a_wrong_file_makes_no_node(context, tmp_path, line):
    theirs = context(parameter_file(tmp_path, line))
    with pytest.raises(MocapError, match=line.partition(":")[0]) as caught:
        MocapNode(context=theirs)
    assert FILES[line] in str(caught.value)


@pytest.mark.parametrize("line", ["hold_s: 1", "max_people: 40", "source: x\n    image_topics: [left/image]"])
def test_a_wrong_file_ends_the_process(program, tmp_path, line):
    node = program("frankmocap_node", *parameter_file(tmp_path, line))
    assert node.process.wait(60) == 2
    text = node.text()
    assert text.startswith("frankmocap_node: ")
    assert FILES[line] in text
    assert "Traceback" not in text


@pytest.mark.parametrize("text", ["/**/frankmocap:\n  ros__parameters:\n    hold_s: [\n", None])
def test_a_file_that_cannot_be_read_ends_the_process(program, tmp_path, text):
    file = tmp_path / "parameters.yaml"
    if text:
        file.write_text(text)
    node = program("frankmocap_node", "--ros-args", "--params-file", str(file))
    assert node.process.wait(60) == 2
    assert str(file) in node.text()
    assert "Traceback" not in node.text()


def test_overrides_at_the_start_take_effect(start, probe):
    system = start(resize_short=300, horizontal_fov_deg=90.0, joint_topics=["head", "left_knee"])
    system.process(size=(800, 600))
    assert probe.searched_px == (400, 300)
    assert probe.seen[0].camera.fx == pytest.approx(400.0)
    assert system.mocap.count_publishers("/frankmocap/joints/left_knee")
