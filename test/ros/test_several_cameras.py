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

"""Several cameras, one model: results apart, images of one instant together, and nobody holds another up."""

import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import SetBool, Trigger
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.errors import EstimatorError, SettingError
from frankmocap_ros.estimators import registry
from frankmocap_ros.msg import BodyPoseArray, JointPoseStamped, Latency
from frankmocap_ros.ros.mocap import worker

TOPICS = ["left/image", "right/image_raw"]
SIZES = {"left": (320, 240), "right": (480, 360)}  # how the estimator tells them apart
PERIOD_NS = 33_333_333


@pytest.fixture
def model(probe, monkeypatch):
    """A probe that takes several images at once, and counts calls; ``failing`` and ``empty`` name cameras."""

    class Model(type(probe)):
        def __init__(self):
            super().__init__()
            self.calls = []  # each with the cameras of its images
            self.batches = True
            self.failing = set()
            self.empty = set()
            self.detecting = lambda camera: None

        @property
        def capabilities(self):
            return replace(super().capabilities, batches=self.batches)

        def estimate_views(self, views):
            cameras = [camera_of(image) for image, _ in views]
            self.calls.append(cameras)
            if self.failing.intersection(cameras):
                raise EstimatorError(f"{' and '.join(cameras)}: something is wrong")
            return [self.estimate(image, regions) for image, regions in views]

        def detect(self, image, max_people):
            self.detecting(camera_of(image))
            return [] if camera_of(image) in self.empty else super().detect(image, max_people)

    def camera_of(image):
        return next(name for name, size in SIZES.items() if size == image.bitmap.size_px)

    model = Model()
    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", model.make)
    return model


class Camera:
    """One of the cameras: what it sends, and what comes of it."""

    def __init__(self, system, topic):
        self.system, self.topic = system, f"/{topic}"
        self.name = topic.partition("/")[0]
        self.bodies = system.listen(BodyPoseArray, f"/frankmocap/{self.name}/bodies")
        self.stamp_ns = system.next_stamp() - 5 * 10**9  # exactly 30 Hz, however quickly they are sent

    def image(self):
        self.stamp_ns += PERIOD_NS
        msg = self.system.image(size=SIZES[self.name], stamp_ns=self.stamp_ns)
        msg.header.frame_id = f"{self.name}_optical"
        return msg

    def send(self, msg=None):
        """Publish an image; returns its stamp [ns]."""
        msg = msg or self.image()
        self.system.publisher(Image, self.topic).publish(msg)
        return self.system.stamp(msg)

    def of(self, stamp_ns):
        """What came of the image with this stamp."""
        return self.bodies.wait(lambda b: self.system.stamp(b) == stamp_ns)

    def process(self):
        return self.of(self.send())

    def send_info(self, focal):
        width, height = SIZES[self.name]
        info = self.system.stamped(CameraInfo(width=width, height=height))
        info.k = [focal, 0.0, width / 2.0, 0.0, focal, height / 2.0, 0.0, 0.0, 1.0]
        self.system.publisher(CameraInfo, f"/{self.name}/camera_info").publish(info)

    def status(self, wanted=lambda _: True):
        """The next status of this camera that is wanted."""

        def own(msg):
            return [s for s in msg.status if s.name == f"frankmocap: body tracking {self.name}"]

        return own(self.system.diagnostics.next(lambda msg: any(wanted(s) for s in own(msg))))[0]

    def tracking(self):
        """Send images until the next status of this camera is OK."""
        timer = self.system.node.create_timer(0.05, self.send)
        try:
            return self.status(lambda s: s.level == DiagnosticStatus.OK)
        finally:
            timer.cancel()

    def values(self, wanted=lambda _: True):
        status = self.status(lambda s: wanted({v.key: v.value for v in s.values}))
        return {v.key: v.value for v in status.values}


@pytest.fixture
def cameras(start):
    """Starts a node with two cameras; left and right."""

    def begin(topics=tuple(TOPICS), **parameters):
        system = start(image_topics=list(topics), **parameters)
        return [Camera(system, topic) for topic in topics]

    return begin


@pytest.fixture
def gate():
    """Holds up whoever calls it."""
    begun, go_on = threading.Event(), threading.Event()

    def call(*_):
        begun.set()
        assert go_on.wait(60.0)

    yield SimpleNamespace(begun=begun, go_on=go_on, call=call)
    go_on.set()


@pytest.fixture
def together(model, gate):
    """Sends images of all cameras that wait together, while the worker is busy with one more of the first."""

    def send(*cameras):
        gate.begun.clear()
        gate.go_on.clear()
        model.during = gate.call
        arrived = [stream.count for stream in cameras[0].system.mocap.streams]
        cameras[0].send()
        assert gate.begun.wait(60.0)
        model.during = lambda: None
        stamps = [camera.send() for camera in cameras]
        streams = cameras[0].system.mocap.streams
        wanted = [n + 1 + (s.name == cameras[0].name) for n, s in zip(arrived, streams, strict=True)]
        cameras[0].system.wait_until(lambda: [s.count for s in streams] == wanted)
        gate.go_on.set()
        return stamps

    return send


def test_each_camera_has_topics_of_its_own(cameras, model):
    left, right = cameras(joint_topics=["left_wrist"])
    system = left.system
    kinds = {
        "latency": Latency,
        "markers": MarkerArray,
        "annotated": Image,
        "joints/left_wrist": JointPoseStamped,
    }
    inboxes = {
        (camera, topic): system.listen(kind, f"/frankmocap/{camera.name}/{topic}")
        for camera in (left, right)
        for topic, kind in kinds.items()
    }
    for camera in (left, right, left):
        heard = len(left.bodies), len(right.bodies)
        bodies = camera.process()
        assert bodies.header.frame_id == f"{camera.name}_optical"
        assert [b.id for b in bodies.bodies] == [1]  # ids are each camera's own
        for topic in kinds:
            system.wait_until(lambda inbox=inboxes[camera, topic]: inbox.messages)
        assert inboxes[camera, "annotated"].wait().width == SIZES[camera.name][0]
        assert (len(left.bodies), len(right.bodies)) == (
            heard[0] + (camera is left),
            heard[1] + (camera is right),
        )
    assert inboxes[right, "latency"].wait().header == right.bodies.messages[0].header
    assert [b.sequence for b in left.bodies.messages] == [0, 1]
    assert [b.sequence for b in right.bodies.messages] == [0]
    assert not system.mocap.count_publishers("/frankmocap/bodies")
    for topic in ("/image", "/camera_info"):
        assert not system.mocap.count_subscribers(topic)


def test_each_camera_has_a_calibration_of_its_own(cameras, model):
    left, right = cameras()

    def focal(camera):
        camera.process()
        return model.seen[-1].camera.fx, model.seen[-1].calibrated

    right.send_info(500.0)
    right.system.wait_until(lambda: focal(right) == (500.0, True))
    assert not focal(left)[1]
    left.send_info(300.0)
    left.system.wait_until(lambda: focal(left) == (300.0, True))
    assert focal(right) == (500.0, True)


def test_names_come_from_topics(start, model):
    topics = ["/robot/head/color/image_raw", "wrist/image", "chest"]
    system = start(image_topics=topics, image_transport="compressed")
    names = ["robot_head", "wrist", "chest"]
    for name in names:
        system.wait_until(lambda n=name: system.node.count_publishers(f"/frankmocap/{n}/bodies") == 1)
    told = [s.name for s in system.diagnostics.next().status]
    assert told == [f"frankmocap: body tracking {name}" for name in names]
    for topic in ("/robot/head/color/image_raw", "/wrist/image", "/chest"):
        assert not system.mocap.count_subscribers(topic)
        system.publisher(CompressedImage, f"{topic}/compressed")
    for topic in ("/robot/head/color/camera_info", "/wrist/camera_info", "/camera_info"):
        system.publisher(CameraInfo, topic)


def test_one_camera_by_name(cameras, model):
    (left,) = cameras(["left/image"])
    assert [b.id for b in left.process().bodies] == [1]
    left.status(lambda s: s.message == "tracking 1 person, operator 1")


@pytest.mark.parametrize(
    ("topics", "text"),
    [
        (["left/image", "left/image_raw"], "the cameras left stand for several topics"),
        (["/a/b/image", "a_b/image", "c/image"], "the cameras a_b stand for several topics"),
        (["left/image", "2/image"], "'2/image' gives no name for a camera"),
        (["left/image", "right cam/image"], "'right cam/image' gives no name for a camera"),
    ],
)
def test_names_that_cannot_be_are_refused(start, model, topics, text):
    with pytest.raises(SettingError, match=text):
        start(image_topics=topics)
    assert model.made == []


# --- one instant ---------------------------------------------------------------------------------


def test_images_that_wait_together_are_one_batch(cameras, model, together):
    left, right = cameras()
    for camera in (left, right, right, left):
        camera.process()
        assert model.calls[-1] == [camera.name]
    for _ in range(3):
        before = len(model.calls)
        stamps = together(left, right)
        for camera, stamp_ns in zip((left, right), stamps, strict=True):
            bodies = camera.of(stamp_ns)
            assert bodies.header.frame_id == f"{camera.name}_optical"
            assert [b.id for b in bodies.bodies] == [1]
        assert model.calls[before:] == [["left"], ["left", "right"]]


def test_whoever_came_together_is_waited_for(cameras, model, monkeypatch):
    """As images of one instant come, one a little after the other; here a little is as long as it takes."""
    monkeypatch.setattr(worker, "_GATHER_S", 60.0)
    left, right = cameras()
    for camera in (left, right):  # nobody is expected yet
        camera.process()
    before = len(model.calls)
    for first, second in ((left, right), (right, left)) * 5:
        stamps = {camera: camera.send() for camera in (first, second)}
        for camera, stamp_ns in stamps.items():
            assert camera.of(stamp_ns).header.frame_id == f"{camera.name}_optical"
    assert model.calls[before:] == [["left", "right"]] * 10


def test_an_estimator_without_batches(cameras, model, together):
    model.batches = False
    left, right = cameras()
    stamps = together(left, right)
    assert all(len(c.of(s).bodies) == 1 for c, s in zip((left, right), stamps, strict=True))
    assert model.calls == []
    assert len(model.seen) == 3


# --- nobody holds another up ---------------------------------------------------------------------


def test_a_camera_that_is_slow_or_stops(cameras, model):
    """The other's images are all processed, each as it comes."""
    left, right = cameras()
    for _ in range(3):
        right.process()
        for _ in range(6):
            left.process()
    for _ in range(20):  # right has stopped
        left.process()
    assert [b.sequence for b in left.bodies.messages] == list(range(38))
    assert len(right.bodies) == 3
    assert left.values()["dropped"] == "0"


def test_a_camera_that_never_sends(cameras, model):
    left, right = cameras()
    left.tracking()
    status = right.status(lambda s: "no image yet on /right/image_raw" in s.message)
    assert status.level in (DiagnosticStatus.WARN, DiagnosticStatus.ERROR)


def test_a_malformed_image_takes_only_its_own_cameras_frame(cameras, model, together):
    left, right = cameras()
    left.process()
    right.process()
    well = right.image

    def spoiled():
        msg = well()
        msg.step = 3
        return msg

    right.image = spoiled
    stamp_ns, _ = together(left, right)
    assert len(left.of(stamp_ns).bodies) == 1
    assert model.calls[-1] == ["left"]
    values = right.values(lambda v: v["dropped"] == "1")
    assert values["dropped/bad_step"] == "1"
    assert left.values()["dropped"] == "0"
    right.image = well
    left.process()
    assert right.process().bodies[0].id == 1
    assert len(right.bodies) == 2


def test_what_breaks_one_image_does_not_take_the_others(cameras, model, together):
    left, right = cameras()
    left.process()
    right.process()
    system, statuses = left.system, len(left.system.diagnostics)
    model.failing = {"right"}
    for _ in range(3):
        before = len(model.calls)
        stamp_ns, lost_ns = together(left, right)
        bodies = left.of(stamp_ns)
        assert [b.id for b in bodies.bodies] == [1]
        system.wait_until(lambda n=before: len(model.calls) == n + 4)
        assert model.calls[before + 1 :] == [["left", "right"], ["left"], ["right"]]
    model.failing = set()
    stamp_ns, right_ns = together(left, right)
    assert [b.id for b in left.of(stamp_ns).bodies] == [b.id for b in right.of(right_ns).bodies] == [1]
    assert all(system.stamp(b) != lost_ns for b in right.bodies.messages)
    assert [b.sequence for b in left.bodies.messages] == list(range(9))
    assert len(right.bodies) == 2

    left.tracking()
    right.tracking()
    told = [s for msg in system.diagnostics.messages[statuses:] for s in msg.status]
    failed = [s for s in told if s.level == DiagnosticStatus.ERROR]
    assert {s.name for s in failed} == {"frankmocap: body tracking right"}
    assert all("right: something is wrong" in s.message for s in failed)


def test_both_break(cameras, model, together):
    left, right = cameras()
    model.failing = {"left", "right"}
    left.send()
    left.status(lambda s: s.level == DiagnosticStatus.ERROR and "left: something" in s.message)
    right.send()
    right.status(lambda s: s.level == DiagnosticStatus.ERROR and "right: something" in s.message)
    model.failing = set()
    assert len(left.process().bodies) == len(right.process().bodies) == 1


def test_fair_under_overload(cameras, model):
    """Each image takes 30 ms, and both cameras send at 100 Hz."""
    model.batches = False
    left, right = cameras()
    left.process()
    right.process()
    model.duration_s = 0.03
    before = len(left.bodies), len(right.bodies)
    end_s = time.perf_counter() + 1.5
    while time.perf_counter() < end_s:
        left.send()
        right.send()
        time.sleep(0.01)
    streams = left.system.mocap.streams
    left.system.wait_until(
        lambda: all(
            len(c.bodies) + s.monitor.dropped == s.count for c, s in zip((left, right), streams, strict=True)
        )
    )
    model.duration_s = 0.0
    counts = len(left.bodies) - before[0], len(right.bodies) - before[1]
    print(f"{counts} frames")
    assert min(counts) > 0
    assert max(counts) - min(counts) <= 1 + 0.25 * max(counts)
    for camera in (left, right):
        values = camera.values(lambda v: "dropped/overwritten" in v)
        assert values["dropped/overwritten"] == values["dropped"]


def test_looking_for_people_in_one_camera_holds_nobody_up(cameras, model, gate):
    """Nobody is in view of the right one, and looking for somebody takes for ever."""
    model.detects_apart = True
    left, right = cameras(detect_every_n=3)
    left.system.wait_until(lambda: left.process().bodies)  # found in the background
    model.empty = {"right"}
    model.detecting = lambda camera: gate.call() if camera == "right" else None
    assert right.process().bodies == []
    assert gate.begun.wait(60.0)
    for _ in range(12):
        assert [b.id for b in left.process().bodies] == [1]
        assert right.process().bodies == []
    model.empty = set()
    gate.go_on.set()
    right.system.wait_until(lambda: right.process().bodies)
    assert [b.id for b in left.process().bodies] == [1]
    assert [b.id for b in right.process().bodies] == [1]


# --- what is one for all -------------------------------------------------------------------------


def test_each_camera_has_an_order_of_its_own(cameras, model):
    """One camera's clock is 100 ms behind the other's; only an image behind its own camera's is late."""
    left, right = cameras()
    right.stamp_ns -= 100_000_000
    for _ in range(5):
        assert [camera.process().bodies[0].id for camera in (left, right)] == [1, 1]
    right.stamp_ns -= 3 * PERIOD_NS
    right.send()
    right.values(lambda v: v.get("dropped/out_of_order") == "1")
    right.stamp_ns += 3 * PERIOD_NS
    assert right.process().bodies[0].id == 1
    assert left.values()["dropped"] == "0"


def test_diagnostics_of_each_camera(cameras, model):
    left, right = cameras()
    for camera, n in ((left, 3), (right, 1)):
        for _ in range(n):
            camera.process()
    names = [s.name for s in left.system.diagnostics.next().status]
    assert names == ["frankmocap: body tracking left", "frankmocap: body tracking right"]
    for camera, topic in ((left, "/left/image"), (right, "/right/image_raw")):
        values = camera.values(lambda v: v["tracked_ids"] == "1")
        assert values["image_topic"] == topic
        assert values["state"] == "active"
    assert left.system.change("deactivate")
    for camera in (left, right):
        assert camera.values(lambda v: v["state"] == "inactive")["estimator"] == "probe"


def test_enable_and_reset_are_for_all(cameras, model):
    left, right = cameras()
    system = left.system
    for camera in (left, right):
        assert [b.id for b in camera.process().bodies] == [1]
    assert system.call(Trigger, "reset", Trigger.Request()).success
    for camera in (left, right):
        assert [b.id for b in camera.process().bodies] == [2]
    assert system.call(SetBool, "enable", SetBool.Request(data=False)).success
    for camera in (left, right):
        camera.send()
        camera.values(lambda v: v["skipped"] == "1")
    assert system.call(SetBool, "enable", SetBool.Request(data=True)).success
    for camera in (left, right):
        assert [b.id for b in camera.process().bodies] == [2]
        assert len(camera.bodies) == 3
    system.set(max_people=2)
    model.people = [model.person(x, -0.1, 4.0) for x in (-1.0, 1.0)]
    for camera in (left, right):
        system.wait_until(lambda c=camera: len(c.process().bodies) == 2)


def test_every_nth_image_of_each_camera(cameras, model):
    left, right = cameras(process_every_n=2)
    for n in range(1, 7):
        for camera, stream in zip((left, right), left.system.mocap.streams, strict=True):
            camera.send()
            camera.system.wait_until(lambda s=stream, n=n: s.count == n)
            if n % 2 == 1:
                camera.of(camera.stamp_ns)
    assert [len(c.bodies) for c in (left, right)] == [3, 3]
    assert [s.monitor.skipped for s in left.system.mocap.streams] == [3, 3]


@pytest.mark.parametrize("apart", [True, False])
def test_another_model_for_all(cameras, model, apart):
    model.detects_apart = apart
    left, right = cameras()
    for camera in (left, right):
        camera.system.wait_until(lambda c=camera: c.process().bodies)
    left.system.set(engine="torch")
    left.system.wait_until(lambda: model.closed)
    for camera in (left, right):
        assert [b.id for b in camera.process().bodies] == [1]
    left.system.set(hands=True)
    for camera in (left, right):
        camera.system.wait_until(lambda c=camera: c.process().bodies)
    left.system.wait_until(lambda: model.closed == 2)
    assert len(model.made) == 3
    searching = [t for t in threading.enumerate() if t.name == "person_search"]
    assert len(searching) == apart


def test_deactivated_with_a_batch_under_way(cameras, model, gate, monkeypatch):
    monkeypatch.setattr(worker, "_GATHER_S", 60.0)
    left, right = cameras()
    left.process()
    right.process()
    model.during = gate.call
    left.send()
    right.send()
    assert gate.begun.wait(60.0)
    assert model.calls[-1] == ["left", "right"]
    deactivation = threading.Thread(target=left.system.change, args=("deactivate",))
    deactivation.start()
    left.system.wait_until(lambda: not left.system.mocap.count_subscribers("/right/image_raw"))
    model.during = lambda: None
    gate.go_on.set()
    deactivation.join(60.0)
    assert left.system.state() == "inactive"
    assert (len(left.bodies), len(right.bodies)) == (1, 1)


def test_other_cameras_after_cleanup(cameras, model):
    left, _ = cameras()
    system = left.system
    left.process()
    for transition in ("deactivate", "cleanup"):
        assert system.change(transition)
    system.wait_until(lambda: not system.node.count_publishers("/frankmocap/left/bodies"))
    assert not system.mocap.count_subscribers("/left/image")
    system.set(image_topics=[""])
    for transition in ("configure", "activate"):
        assert system.change(transition)
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    assert len(system.process().bodies) == 1
    system.status(lambda s: s.name == "frankmocap: body tracking")
    for transition in ("deactivate", "cleanup"):
        assert system.change(transition)
    system.set(image_topics=TOPICS)
    for transition in ("configure", "activate"):
        assert system.change(transition)
    again = Camera(system, "left/image")
    again.stamp_ns = left.stamp_ns
    assert [b.id for b in again.process().bodies] == [2]  # whose id was 1 may be somebody else
    assert np.isfinite([p.pose.position.x for p in again.process().bodies[0].joints]).all()
