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

"""What the first people before a camera say of a network's precision."""

import threading
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.engines.choice import Choice
from frankmocap_ros.engines.judging import CAMERA, PHOTOGRAPH, KnownErrors
from frankmocap_ros.engines.question import Question
from frankmocap_ros.estimators.frankmocap import camera_check
from frankmocap_ros.estimators.frankmocap.camera_check import CROPS, EVERY, CameraCheck
from frankmocap_ros.estimators.frankmocap.camera_comparison import CameraComparison, Job
from frankmocap_ros.runtime import low_priority_child

FP32, BF16, INT8 = (Option("openvino", precision, "cpu") for precision in ("fp32", "bf16", "int8"))
GOOD, BAD = JointError(0.4, 1.5, 2.0, 90.0, CROPS), JointError(82.0, 213.0, 300.0, 90.0, CROPS)


class World:
    """A check whose comparisons give what ``finds`` says."""

    def __init__(self, cache):
        self.options = EngineOptions(device="cpu", cache=cache)
        self.known = KnownErrors(Trunk(None, "5" * 64, 4), cache, {}, "a judge")
        self.finds = {}
        self.compared = []
        self.told = []
        self.ended = threading.Semaphore(0)
        self.closing = threading.Event()

    def check(self, *options, auto=True, runs=FP32):
        question = Question(options or (BF16, FP32), auto, self.known, judged=True)
        return CameraCheck("body_smpl", Path("files"), Choice(None, runs, "", question), self.options)

    def review(self, check):
        def told(review):
            self.told.append(review)
            self.ended.release()

        check.review(told)
        return check

    def see(self, check, people=1, images=CROPS * EVERY):
        """People in so many images."""
        for n in range(images):
            check.offer(np.full((people, 2, 2, 3), n % 256, np.uint8))

    def wait(self):
        """The next review."""
        assert self.ended.acquire(timeout=20.0)
        return self.told[-1]


@pytest.fixture
def world(tmp_path, monkeypatch):
    world = World(tmp_path)

    class Comparison:
        def __init__(self, job):
            self.job = job

        def run(self, crops):
            world.compared.append((self.job.option["precision"], [int(crop[0, 0, 0]) for crop in crops]))
            found = world.finds[self.job.option["precision"]]
            return found() if callable(found) else found

        def close(self):
            world.closing.set()

    monkeypatch.setattr(camera_check, "CameraComparison", Comparison)
    yield world
    world.closing.set()
    for thread in threading.enumerate():  # what still compares must not be heard by the next test
        if thread.name == "precision_check":
            thread.join(20.0)


def test_a_faster_one_that_is_as_good_takes_over(world):
    world.finds["bf16"] = GOOD
    check = world.review(world.check())
    assert check.precision.undecided
    assert "openvino bf16 is compared with fp32 on 30 crops of people" in check.precision.text
    world.see(check)
    review = world.wait()
    assert (review.outdated, review.warning) == (True, False)
    assert "body_smpl: openvino bf16, joints differ from fp32 by 0.4 mm mean, 1.5 mm p99" in review.text
    assert review.text.endswith("over 30 crops (camera); it takes over")
    # from 5 s of the camera, not of one moment
    assert world.compared == [("bf16", list(range(0, CROPS * EVERY, EVERY)))]
    assert world.known.of(BF16) == {CAMERA: GOOD}
    world.see(check)
    assert len(world.compared) == 1


def test_several_people_give_a_crop_each(world):
    world.finds["bf16"] = GOOD
    check = world.review(world.check())
    world.see(check, people=4, images=7 * EVERY + 1)
    world.wait()
    assert [len(crops) for _, crops in world.compared] == [CROPS]


def test_until_all_have_been_seen_nothing_is_compared(world):
    check = world.check()
    world.see(check)  # nobody asked, as at the warm-up
    world.review(check)
    world.see(check, images=(CROPS - 1) * EVERY)
    assert (world.compared, world.told) == ([], [])


@pytest.mark.parametrize("bad", [BAD, replace(GOOD, mean_mm=5.1), replace(GOOD, p99_mm=20.1)])
def test_one_that_moves_joints_is_not_taken(world, bad):
    world.finds["bf16"] = bad
    check = world.review(world.check())
    world.see(check)
    review = world.wait()
    assert not review.outdated
    assert "body_smpl: openvino bf16 is not taken: joints differ from fp32 by" in review.text
    assert review.text.endswith("(camera), allowed are 5 mm mean and 20 mm p99")
    assert not check.precision.undecided
    assert check.precision.precision == "fp32"
    assert "openvino bf16 is not taken: joints differ from fp32 by" in check.precision.text
    assert check.warning == ""


def test_the_next_one_is_looked_at_with_the_same_people(world):
    world.finds = {"int8": BAD, "bf16": GOOD}
    check = world.review(world.check(INT8, BF16, FP32))
    world.see(check)
    world.wait()
    world.wait()
    assert [review.outdated for review in world.told] == [False, True]
    assert [precision for precision, _ in world.compared] == ["int8", "bf16"]
    assert world.compared[0][1] == world.compared[1][1]


def test_what_was_refused_before_is_not_compared(world):
    world.known.add(BF16, PHOTOGRAPH, BAD)
    check = world.review(world.check())
    world.see(check)
    assert (world.compared, world.told) == ([], [])
    assert "openvino bf16 is not taken: joints differ from fp32 by 82 mm" in check.precision.text


def test_what_was_found_out_since_it_was_chosen_is_told_at_once(world):
    check = world.check()
    world.known.add(BF16, CAMERA, GOOD)
    world.review(check)
    assert world.told[-1].outdated


def test_a_named_precision_that_moves_joints_is_warned_about(world):
    """And runs all the same."""
    world.known.add(BF16, PHOTOGRAPH, GOOD)
    world.finds["bf16"] = BAD
    check = world.review(world.check(BF16, auto=False, runs=BF16))
    assert check.warning == ""
    world.see(check)
    review = world.wait()
    assert (review.outdated, review.warning) == (False, True)
    assert review.text == check.warning
    assert "precision: openvino bf16, joints differ from fp32 by 82 mm mean, 213 mm p99" in review.text
    assert (check.precision.error, check.precision.seen) == (BAD, CAMERA)


def test_a_named_precision_that_is_fine_is_told(world):
    world.finds["bf16"] = GOOD
    check = world.review(world.check(BF16, auto=False, runs=BF16))
    world.see(check)
    review = world.wait()
    assert (review.outdated, review.warning, check.warning) == (False, False, "")
    assert "joints differ from fp32 by 0.4 mm mean" in review.text


def test_one_that_cannot_be_compared_is_not_taken(world):
    world.finds["bf16"] = "EstimatorError: no bfloat16"
    check = world.review(world.check())
    world.see(check)
    review = world.wait()
    assert not review.outdated
    assert "openvino bf16 could not be compared with fp32: EstimatorError: no bfloat16" in review.text
    assert world.known.of(BF16) == {}
    assert not check.precision.undecided
    assert "could not be compared" in check.precision.text


def test_closed_while_it_compares(world):
    begun = threading.Event()

    def slow():
        begun.set()
        assert world.closing.wait(20.0)
        return "its process ended without an answer"

    world.finds["bf16"] = slow
    check = world.review(world.check())
    world.see(check)
    assert begun.wait(20.0)
    check.close()
    assert world.told == []
    world.see(check)
    assert len(world.compared) == 1


# the other process


@pytest.fixture(params=["torch", "openvino"])
def job_and_crops(standin, tmp_path, request):
    """An engine against itself, and two crops."""
    pytest.importorskip("torch")
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed: no other process ran it")
    which = [Option(request.param, "fp32", "cpu").record] * 2
    where = {"device": "cpu", "threads": 2, "batch": 1, "largest": 1, "cache": str(tmp_path)}
    crops = np.random.default_rng(0).integers(0, 255, (2, 224, 224, 3), np.uint8)
    return Job("body_smpl", str(standin), *which, where), list(crops)


def test_another_process_compares(job_and_crops):
    job, crops = job_and_crops
    found = CameraComparison(job).run(crops)
    assert isinstance(found, JointError), found
    assert (found.mean_mm, found.max_mm, found.crops) == (0.0, 0.0, 2)
    assert found.moves_mm > 0.0


@pytest.mark.parametrize("job_and_crops", ["torch"], indirect=True)
def test_it_says_why_it_cannot(job_and_crops):
    job, crops = job_and_crops
    wrong = replace(job, option={**job.option, "precision": "fp16"})
    assert "fp16 needs device cuda" in CameraComparison(wrong).run(crops)


@pytest.mark.parametrize("job_and_crops", ["torch"], indirect=True)
def test_one_that_is_closed_first_never_begins(job_and_crops, monkeypatch):
    job, crops = job_and_crops
    monkeypatch.setattr(low_priority_child.subprocess, "Popen", pytest.fail)
    comparison = CameraComparison(job)
    comparison.close()
    assert comparison.run(crops) == "its process ended without an answer"
