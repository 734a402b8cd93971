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

"""Looking for people in the background."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import ModelPose, Observation, ScaleSource
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.geometry.boxes import box_iou, region_of
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage, ScaledImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.background_detection import BackgroundDetection, DetectionThread
from frankmocap_ros.tracking.pipeline import Pipeline

BLANK = Bitmap(np.zeros((480, 640, 3), np.uint8))
IMAGE = ScaledImage(BLANK, Camera.from_fov(640, 480, 60.0), False, 0.0)
CONFIG = Settings(smoothing="none", resize_short=1024)
DT = 1 / 30
WAIT_S = 10.0


class Slow:
    """Finds ``person`` as it was when the search began; searches end when they are let go."""

    name = "slow"

    def __init__(self, blind=True):
        self.capabilities = Capabilities(
            4, True, True, False, "cpu", sees_absence=not blind, detects_apart=True
        )
        self.person = np.array([200.0, 90.0, 110.0, 310.0])
        self.present = True
        self.gate = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.threads = []
        self.error = None

    def detect(self, image, max_people):
        found = [region_of(self.person)] if self.present else []
        self.threads.append(threading.current_thread().name)
        self.begun.release()
        assert self.gate.acquire(timeout=WAIT_S)
        if self.error is not None:
            raise self.error
        return found

    def estimate(self, image, regions):
        pose = ModelPose(
            np.array([0, 0, 3.0]), np.tile([0, 0, 0, 1.0], (24, 1)), np.zeros((24, 3)), np.full(24, 0.9)
        )
        box = self.person
        return [Observation(pose, box, 0.9, ScaleSource.NONE, region_of(box)) for _ in regions]


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def thread(slow):
    clock = iter(range(10_000))
    thread = DetectionThread(slow, lambda: next(clock) * 0.025)  # each search takes 25 ms
    yield thread
    slow.gate.release(100)
    thread.close()


@pytest.fixture
def search(thread):
    return BackgroundDetection(thread)


@pytest.fixture
def run(slow, search):
    """Processes the next frame; the result of a search that was let go is there before."""
    pipeline = Pipeline(slow, CONFIG, lambda: 0.0, search=search)
    count = iter(range(10_000))

    def process(let_go=False, **changes):
        pipeline.config = replace(CONFIG, **changes)
        if let_go:
            slow.gate.release()
            settled(search)
        return pipeline.process(CameraImage(BLANK, next(count) * DT))

    def begin():
        """The first image is searched, in the second somebody is there; the third to fifth follow."""
        frames = [process(), *(process(let_go=n == 0) for n in range(4))]
        assert [len(frame.bodies) for frame in frames] == [0, 1, 1, 1, 1]
        assert slow.begun.acquire(timeout=WAIT_S)
        return frames

    process.pipeline, process.begin = pipeline, begin
    return process


def settled(search):
    """Wait until the search under way has a result, without taking it."""
    changed = search._thread.changed
    with changed:
        assert changed.wait_for(
            lambda: search._found is not None or search._error is not None, timeout=WAIT_S
        )


def test_a_search(slow, search):
    assert search.result() is None
    search.begin(IMAGE, 1)
    assert slow.begun.acquire(timeout=WAIT_S)
    assert search.busy
    assert search.result() is None
    slow.gate.release()
    (region,) = search.result(wait=True)
    assert region.box_xywh.tolist() == slow.person.tolist()
    assert not search.busy
    assert search.spent_ms == pytest.approx(25.0)
    assert search.result(wait=True) is None
    assert slow.threads == ["person_search"]


def test_what_is_forgotten_is_not_given(slow, search):
    search.begin(IMAGE, 1)
    search.forget()
    slow.gate.release()
    assert search.result(wait=True) is None
    search.begin(IMAGE, 1)
    slow.gate.release()
    assert search.result(wait=True) is not None


def test_an_error_comes_to_who_takes(slow, search):
    slow.error = RuntimeError("detector broke")
    slow.gate.release()
    search.begin(IMAGE, 1)
    with pytest.raises(RuntimeError, match="detector broke"):
        search.result(wait=True)
    slow.error = None
    slow.gate.release()
    search.begin(IMAGE, 1)
    assert search.result(wait=True) is not None


def test_closing_ends_the_thread(slow):
    thread = DetectionThread(slow, lambda: 0.0)
    search, waiting = BackgroundDetection(thread), BackgroundDetection(thread)
    search.begin(IMAGE, 1)
    waiting.begin(IMAGE, 1)
    assert slow.begun.acquire(timeout=WAIT_S)
    slow.gate.release()
    thread.close()
    assert waiting.result(wait=True) == []  # its turn never came
    assert "person_search" not in {t.name for t in threading.enumerate()}


def test_no_image_waits(slow, run):
    frames = [*run.begin(), *(run() for _ in range(12))]  # the second search never ends
    assert all(frame.bodies for frame in frames[1:])
    assert [n for n, frame in enumerate(frames) if frame.detected] == [0, 5]
    assert not any("detect" in frame.stages_ms for frame in frames)
    assert slow.begun.acquire(timeout=WAIT_S)
    assert slow.threads == ["person_search"] * 2


def test_every_fifth_image_is_searched(slow, run):
    slow.gate.release(100)
    frames = []
    for _ in range(40):
        frames.append(run())
        if frames[-1].detected:
            settled(run.pipeline._detection_schedule._search)
    assert [n for n, frame in enumerate(frames) if frame.detected] == list(range(0, 40, 5))


def test_a_late_result_is_moved_along(slow, run):
    """The person walks on while the search lasts; its old place must not pull the box back."""
    run.begin()
    assert run().detected
    assert slow.begun.acquire(timeout=WAIT_S)
    for _ in range(4):
        slow.person = slow.person - [-12.0, 0, 0, 0]
        frame = run()
    frame = run(let_go=True)
    assert box_iou(frame.bodies[0].box_xywh, slow.person) > 0.95
    assert frame.bodies[0].id == 1


def test_who_left_is_doubted_and_then_gone(slow, run):
    run.begin()
    slow.present = False
    while not run().detected:
        pass
    assert run().bodies[0].confidence.max() == pytest.approx(0.9)
    frame = run(let_go=True)  # the search found nobody
    assert frame.detected
    assert frame.bodies[0].confidence.max() == pytest.approx(0.225)
    assert run().bodies[0].confidence.max() == pytest.approx(0.225)
    assert run(let_go=True).bodies == ()  # neither did the second


def test_the_time_of_a_search_is_told_apart(slow, run):
    frames = run.begin()
    assert [n for n, frame in enumerate(frames) if "search" in frame.stages_ms] == [1]
    assert "search" not in run().stages_ms
    frame = run(let_go=True)
    assert frame.stages_ms["search"] == pytest.approx(25.0)
    assert frame.inference_ms == 0.0


def test_nobody_waits_for_the_first_search_either(slow, thread):
    """One thread searches for all cameras; one that sees nobody must not hold the others back."""
    searches = [BackgroundDetection(thread) for _ in range(2)]
    pipelines = [Pipeline(slow, CONFIG, lambda: 0.0, search=search) for search in searches]
    frames = [[p.process(CameraImage(BLANK, n * DT)) for p in pipelines] for n in range(3)]
    assert [[frame.detected for frame in pair] for pair in frames] == [[True] * 2, [False] * 2, [False] * 2]
    slow.gate.release(2)
    for search, pipeline in zip(searches, pipelines, strict=True):
        settled(search)
        frame = pipeline.process(CameraImage(BLANK, 3 * DT))
        assert len(frame.bodies) == 1
        assert "detect" not in frame.stages_ms
    assert slow.threads == ["person_search"] * 2


def test_without_tracking_it_is_searched_in_line(slow, run):
    slow.gate.release(5)
    frames = [run(track_bbox=False) for _ in range(5)]
    assert all(frame.detected and "detect" in frame.stages_ms for frame in frames)


def test_a_search_from_before_a_reset_is_for_nothing(slow, run):
    run.begin()
    assert run().detected
    run.pipeline.reset()
    assert run(let_go=True).bodies == ()
    assert slow.begun.acquire(timeout=WAIT_S)
    assert [body.id for body in run(let_go=True).bodies] == [2]


def test_an_error_does_not_end_it(slow, run):
    run.begin()
    assert run().detected
    slow.error = RuntimeError("detector broke")
    with pytest.raises(RuntimeError, match="detector broke"):
        run(let_go=True)
    slow.error = None
    assert [body.id for body in run().bodies] == [1]


@pytest.mark.parametrize("blind", [False, True])
def test_somebody_new_is_found(blind):
    slow = Slow(blind)
    thread = DetectionThread(slow, lambda: 0.0)
    search = BackgroundDetection(thread)
    pipeline = Pipeline(slow, replace(CONFIG, max_people=2), lambda: 0.0, search=search)
    other = np.array([430.0, 100.0, 100.0, 300.0])
    detect = slow.detect
    slow.gate.release(100)
    slow.estimate = lambda image, regions: [_at(region) for region in regions]
    pipeline.process(CameraImage(BLANK, 0.0))
    slow.detect = lambda image, n: [*detect(image, n), region_of(other)][:n]
    ids = set()
    for number in range(1, 12):
        ids = {body.id for body in pipeline.process(CameraImage(BLANK, number * DT)).bodies}
        if search.busy:
            settled(search)
    thread.close()
    assert ids == {1, 2}


def _at(region):
    side = region.side_px / 1.25
    box = np.array([*(region.center_px - 0.5 * side), side, side])
    box = box - [-0.3 * side, 0, 0.6 * side, 0]
    pose = ModelPose(
        np.array([0, 0, 3.0]), np.tile([0, 0, 0, 1.0], (24, 1)), np.zeros((24, 3)), np.full(24, 0.9)
    )
    return Observation(pose, box, 0.9, ScaleSource.NONE, region_of(box))
