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

"""A camera that the node opens by itself: nobody publishes an image, and none is published."""

import math
import threading
import time
from itertools import islice

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.body.pose import ScaleSource
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.mocap.inputs import OwnCamera
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import open_source
from frankmocap_ros.synthetic.human import scene
from support.bags import camera_info, image, write_bag
from support.paths import TAIJI


def images(system, wanted=lambda _: True):
    """The next status of the camera that is wanted."""

    def own(msg):
        return [s for s in msg.status if s.name == "frankmocap: images"]

    return own(system.diagnostics.next(lambda msg: any(wanted(s) for s in own(msg))))[0]


def image_values(system, wanted=lambda _: True):
    def values(status):
        return {v.key: v.value for v in status.values}

    return values(images(system, lambda s: wanted(values(s))))


def frames(system, n=1):
    """The next frames."""
    heard = len(system.bodies)
    system.wait_until(lambda: len(system.bodies) >= heard + n)
    return system.bodies.messages[heard : heard + n]


def positions(body):
    return np.array([(p.x, p.y, p.z) for p in (joint.pose.position for joint in body.joints)])


def loops():
    return [t for t in threading.enumerate() if t.name == "camera_loop"]


def change(system, *transitions):
    for transition in transitions:
        assert system.change(transition), transition


@pytest.fixture
def clip(tmp_path):
    """A video of twelve images, 80x60, each a little brighter than the one before."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (80, 60))
    for n in range(12):
        writer.write(np.full((60, 80, 3), 20 * n, np.uint8))
    writer.release()
    return path


def test_bodies_without_a_publisher(start):
    before_ns = time.time_ns()
    system = start(source="synthetic", estimator="synthetic", source_frame_id="head_camera", smoothing="none")
    heard = []
    for _ in range(20):
        heard += [(bodies, time.time_ns()) for bodies in frames(system)]
    stamps = [system.stamp(bodies) for bodies, _ in heard]
    assert (np.diff(stamps) > 0).all()
    for bodies, now_ns in heard:
        assert before_ns < system.stamp(bodies) < now_ns  # of capture
        assert 0.0 < bodies.age_ms < 1e-6 * (now_ns - system.stamp(bodies)) + 0.1
        assert bodies.header.frame_id == "head_camera"
        (body,) = bodies.bodies
        assert body.id == 1
        assert body.scale_source == ScaleSource.CAMERA_INFO  # this camera knows itself
        (truth,) = scene("wave", 1e-9 * system.stamp(bodies))
        assert positions(body) == pytest.approx(truth.positions[: len(BODY)], abs=1e-3)
    for topic in ("/image", "/image/compressed", "/camera_info"):
        assert not system.mocap.count_subscribers(topic)
        assert not system.mocap.count_publishers(topic)
    assert system.status(lambda s: s.level == DiagnosticStatus.OK).name == "frankmocap: body tracking"
    values = image_values(system)
    assert values["state"] == "running"
    assert values["size"] == "640x480"
    assert int(values["frames_sent"]) >= 20


def test_every_image_is_processed_or_counted(start, probe):
    """What is too much is dropped for the newest, as with images that come through topics."""
    system = start(source="synthetic", source_rate_hz=200.0)
    stream = system.mocap.streams[0]
    frames(system, 5)
    probe.duration_s = 0.03
    system.wait_until(lambda: stream.monitor.dropped > 20)
    values = system.values(lambda v: v["dropped"] != "0")
    assert values["dropped/overwritten"] == values["dropped"]
    system.call(SetBool, "enable", SetBool.Request(data=False))
    skipped = int(system.values(lambda v: int(v["skipped"]) > 5)["skipped"])
    seen = len(probe.seen)
    system.values(lambda v: int(v["skipped"]) > skipped + 5)
    assert len(probe.seen) == seen
    system.call(SetBool, "enable", SetBool.Request(data=True))
    before = frames(system)[0].bodies[0].id
    assert system.call(Trigger, "reset", Trigger.Request()).success
    system.bodies.next(lambda b: b.bodies and b.bodies[0].id == before + 1)
    change(system, "deactivate")
    waited = stream.count - len(probe.seen) - stream.monitor.dropped - stream.monitor.skipped
    assert waited in (0, 1)  # when all ended


def test_what_comes_while_the_node_ends_is_not_counted(start, monkeypatch):
    """The camera's thread sends until it is joined, and the worker may be gone by then."""
    system = start(source="synthetic")
    stream = system.mocap.streams[0]
    frames(system)
    counts = []
    destroy = OwnCamera.destroy

    def send_once_more(camera):
        destroy(camera)
        before = stream.count
        camera.send(camera.stamp_ns())
        counts.append(stream.count - before)

    monkeypatch.setattr(OwnCamera, "destroy", send_once_more)
    change(system, "deactivate")
    assert counts == [0]


@pytest.mark.parametrize(("width", "size"), [(0, (640, 480)), (320, (320, 240)), (800, (640, 480))])
def test_width(start, probe, width, size):
    system = start(source="synthetic", source_width=width)
    frames(system)
    assert {seen.size_px for seen in probe.seen} == {size}
    camera = probe.seen[0].camera
    assert (camera.width, camera.height) == size
    assert camera.fx == pytest.approx(0.5 * size[0] / math.tan(math.radians(30.0)))
    assert image_values(system, lambda v: v["size"])["size"] == f"{size[0]}x{size[1]}"


def test_rate(start, probe):
    system = start(source="synthetic", source_rate_hz=12.5)
    assert "12.5 Hz" in images(system, lambda s: "running" in {v.value for v in s.values}).message
    frames(system)
    assert probe.seen[0].calibrated


def test_motion(start):
    """Of the camera and of its estimator alike."""
    system = start(source="synthetic", estimator="synthetic", synthetic_motion="cross", max_people=2)
    system.bodies.wait(lambda b: len(b.bodies) == 2)
    assert "motion cross" in images(system).message


def test_a_video(start, probe):
    """From its beginning again after its end, without a gap in the stamps' order."""
    if not TAIJI.exists():
        pytest.skip(f"{TAIJI} is not here")
    system = start(source=str(TAIJI), source_width=160, source_rate_hz=1000.0, horizontal_fov_deg=90.0)
    length = int(cv2.VideoCapture(str(TAIJI)).get(cv2.CAP_PROP_FRAME_COUNT))
    values = image_values(system, lambda v: int(v["frames_sent"]) > length + 20)
    assert values["state"] == "running"
    assert values["size"] == "160x90"
    seen = list(probe.seen)
    assert not any(s.calibrated for s in seen)
    assert seen[0].camera.fx == pytest.approx(80.0)  # from horizontal_fov_deg
    assert (np.diff([s.time_s for s in seen]) > 0.0).all()
    assert {b.id for bodies in system.bodies.messages for b in bodies.bodies} == {1}


def test_images_are_those_of_the_video(start, probe, clip, monkeypatch):
    """Nothing writes into an image that the worker still has; each is its own."""
    given = []
    estimate = probe.estimate

    def kept(image, regions):
        given.append(image.bitmap.bgr())
        return estimate(image, regions)

    monkeypatch.setattr(probe, "estimate", kept)
    system = start(source=str(clip))
    system.wait_until(lambda: len(given) >= 24)
    levels = [float(pixels.mean()) for pixels in given]
    assert {tuple(pixels.shape) for pixels in given} == {(60, 80, 3)}
    wrong = [level for level in levels if abs(level - 20.0 * round(level / 20.0)) > 2.0]
    assert wrong == []
    assert len({round(level / 20.0) for level in levels}) > 3


def test_stopped_and_started_again(start, probe, clip):
    system = start(source=str(clip))
    frames(system, 3)
    (loop,) = loops()
    change(system, "deactivate")
    assert not loop.is_alive()
    system.values(lambda v: v["state"] == "inactive")
    heard, seen = len(system.bodies), len(probe.seen)
    system.status()
    assert (len(system.bodies), len(probe.seen)) == (heard, seen)
    last = system.bodies.messages[-1]
    change(system, "activate")
    (bodies,) = frames(system)
    assert system.stamp(bodies) > system.stamp(last)
    assert bodies.bodies[0].id > last.bodies[0].id
    assert len(loops()) == 1
    change(system, "deactivate", "cleanup")
    assert loops() == []
    system.set(source="")
    change(system, "configure", "activate")
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    assert len(system.process().bodies) == 1  # from a topic now
    assert loops() == []


@pytest.mark.parametrize("source", ["nowhere/no.mp4", "/dev/video99", "text.mp4"])
def test_a_source_that_cannot_be_opened(start, probe, tmp_path, monkeypatch, source):
    """The node lives, says why, and goes on when it is told another."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.mp4").write_text("not a video")
    system = start(source=source)
    status = images(system, lambda s: s.level == DiagnosticStatus.ERROR)
    assert source in status.message
    assert "retrying" in status.message
    assert system.state() == "active"
    change(system, "deactivate", "activate")
    images(system, lambda s: s.level == DiagnosticStatus.ERROR)
    change(system, "deactivate", "cleanup")
    assert loops() == []
    assert [s.name for s in system.diagnostics.next().status] == ["frankmocap: body tracking"]
    system.set(source="synthetic")
    change(system, "configure", "activate")
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    frames(system)
    images(system, lambda s: s.level == DiagnosticStatus.OK)


def test_a_source_that_comes_later(start, probe, clip, tmp_path):
    system = start(source=str(tmp_path / "later.avi"))
    images(system, lambda s: s.level == DiagnosticStatus.ERROR)
    clip.rename(tmp_path / "later.avi")
    frames(system, 3)
    assert image_values(system, lambda v: v["state"] == "running")["size"] == "80x60"


def test_another_model(start, probe, clip):
    system = start(source=str(clip))
    (before,) = frames(system)
    system.set(engine="torch")
    frames(system, 3)
    system.wait_until(lambda: probe.closed == 1)
    assert {b.id for bodies in frames(system, 3) for b in bodies.bodies} == {before.bodies[0].id}
    assert len(probe.made) == 2
    assert len(loops()) == 1


def test_the_node_ends_with_its_camera(start, probe, clip):
    system = start(source=str(clip))
    frames(system)
    change(system, "shutdown")
    assert loops() == []
    assert system.state() == "finalized"


def test_a_bag_brings_its_own_calibration_and_depth(start, tmp_path):
    """Depth that says twice as far as the figure is."""
    drawn, messages = open_source(CameraSettings(source="synthetic")), []
    for read in islice(iter(drawn.read, None), 6):
        stamp = 10**9 + round(1e9 * read.time_s)
        far = np.float32(2.0) * read.depth().meters()
        messages += [
            ("/camera/camera_info", stamp, camera_info(drawn.camera, stamp)),
            ("/camera/image_raw", stamp + 1, image(read.pixels, stamp)),
            ("/camera/depth", stamp + 2, image(far, stamp, "32FC1")),
        ]
    before_s = time.time()
    system = start(source=str(write_bag(tmp_path / "bag", messages)), estimator="synthetic")
    system.wait_until(lambda: len(system.bodies) > 0)
    system.wait_until(lambda: system.bodies.messages[-1].bodies[0].scale_source == ScaleSource.DEPTH)
    bodies = system.bodies.messages[-1]
    assert system.stamp(bodies) > 1e9 * before_s  # of now: what is played is followed as if it were live
    assert positions(bodies.bodies[0])[0, 2] == pytest.approx(2.0 * 2.5, rel=0.1)
