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

"""A model that finds out while it runs that it could run faster, and one that finds out that it is worse."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Log

from frankmocap_ros.body.joint_error import JointError
from frankmocap_ros.engines import asked, choice, kept
from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.measuring import EngineTiming
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators import registry
from frankmocap_ros.estimators.base import NetworkPrecision, Review
from frankmocap_ros.estimators.frankmocap import camera_check, joint_judge
from frankmocap_ros.runtime.machine import has_bf16

INFO, WARN = 20, 30
FASTER = Review(
    "body_smpl: openvino bf16, joints differ from fp32 by 0.4 mm mean; it takes over", outdated=True
)
WORSE = Review("precision: openvino bf16, joints differ from fp32 by 82 mm mean", warning=True)
WAITS = NetworkPrecision("body_smpl", "fp32", "openvino fp32; openvino bf16 is compared", undecided=True)


@pytest.fixture
def models(probe, monkeypatch):
    """Every model that the node makes; ``making`` is called on the way."""
    models = SimpleNamespace(made=[], making=lambda: None)

    class Model(type(probe)):
        told = None

        @property
        def capabilities(self):
            return replace(super().capabilities, reviewed=True, precisions=(WAITS,))

        def review(self, told):
            assert self.warmed
            self.told = told

        def close(self):
            self.told = None
            super().close()

    def make(*_):
        models.making()
        models.made.append(Model())
        return models.made[-1]

    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", make)
    return models


def body(system):
    """Who is seen in the next image."""
    (one,) = system.process().bodies
    return one


def test_it_takes_over_between_two_images(start, models):
    """Loaded beside the first, as for a parameter; everybody stays who they are, and it is told."""
    system = start()
    log = system.listen(Log, "/rosout")
    first = body(system)
    (old,) = models.made
    old.told(FASTER)
    assert log.wait(lambda msg: FASTER.text in msg.msg).level == INFO
    system.wait_until(lambda: old.closed)
    seen = len(old.seen)
    assert body(system).id == first.id
    new = models.made[1]
    assert (len(models.made), len(old.seen), len(new.seen), new.warmed) == (2, seen, 1, 1)
    assert new.told is not None  # and it looks at itself in its turn


def test_images_are_processed_while_it_loads(start, models, held_call):
    system = start()
    first = body(system)
    models.making = held_call
    models.made[0].told(FASTER)
    assert held_call.begun.wait(60.0)
    for _ in range(3):
        assert body(system).id == first.id
    system.set(max_people=2)
    (refused,) = system.try_to_set(engine="torch")
    assert "another model is being loaded" in refused.reason
    models.making = lambda: None
    held_call.go_on.set()
    system.wait_until(lambda: models.made[0].closed)
    assert body(system).id == first.id
    assert system.get("max_people") == 2


def test_what_could_not_be_loaded_leaves_the_first(start, models):
    def broken():
        raise EstimatorError("no memory")

    system = start()
    log = system.listen(Log, "/rosout")
    first = body(system)
    models.making = broken
    models.made[0].told(FASTER)
    assert "no memory" in log.wait(lambda msg: msg.level == WARN and "could not be loaded" in msg.msg).msg
    assert body(system).id == first.id
    assert (len(models.made), models.made[0].closed) == (1, 0)


def test_it_waits_for_another_model_that_is_being_loaded(start, models, held_call):
    """That one is of other settings, and looks at itself: of the first nothing is wanted any more."""
    system = start()
    body(system)
    models.making = held_call
    answer = []
    setting = threading.Thread(target=lambda: answer.extend(system.try_to_set(engine="torch")))
    setting.start()
    assert held_call.begun.wait(60.0)
    models.made[0].told(FASTER)
    models.making = lambda: None
    held_call.go_on.set()
    setting.join(60.0)
    assert answer[0].successful
    system.wait_until(lambda: models.made[0].closed)
    body(system)
    for _ in range(3):
        system.values()  # in which it would be tried again
    assert len(models.made) == 2


def test_a_node_that_was_cleaned_up_meanwhile(start, models, held_call):
    system = start()
    body(system)
    models.making = held_call
    models.made[0].told(FASTER)
    assert held_call.begun.wait(60.0)
    models.making = lambda: None
    assert system.change("deactivate")
    assert system.change("cleanup")
    held_call.go_on.set()
    system.wait_until(lambda: [model.closed for model in models.made] == [1, 1])


def test_what_is_worse_is_warned_about_and_stays(start, models):
    system = start()
    log = system.listen(Log, "/rosout")
    body(system)
    models.made[0].told(WORSE)
    assert log.wait(lambda msg: WORSE.text in msg.msg).level == WARN
    body(system)
    assert len(models.made) == 1


def test_diagnostics_say_what_is_known(start, models):
    system = start()
    body(system)
    values = system.values()
    assert values["precision/body_smpl"] == WAITS.text
    assert values["precision_undecided"] == "true"


# with the networks


@pytest.fixture
def frankmocap(standin, standing, monkeypatch, tmp_path):
    """FrankMocap by torch, whose bfloat16 is the faster one; three crops in place of 30."""
    pytest.importorskip("torch")
    if not has_bf16():
        pytest.skip("this CPU has no bfloat16: the other process would not run it")
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(joint_judge, "_CROPS", 3)
    monkeypatch.setattr(camera_check, "CROPS", 3)
    monkeypatch.setattr(camera_check, "EVERY", 1)
    options = [Option("torch", precision, "cpu") for precision in ("bf16", "fp32")]
    monkeypatch.setattr(asked, "available", lambda *_: options)
    times_ms = {"bf16": 20.0, "fp32": 60.0}
    monkeypatch.setattr(
        choice,
        "measure",
        lambda *_: [EngineTiming(option, (times_ms[option.precision],), 0.004) for option in options],
    )
    return {"estimator": "frankmocap", "assets_dir": str(standin), "engine": "torch", "adapt": False}


@pytest.mark.timed  # a process of low priority compares
def test_from_float32_to_what_was_seen_to_be_as_good(start, frankmocap):
    """Nobody asks for it: the first people before the camera decide, and the next start knows it."""
    system = start(**frankmocap)
    log = system.listen(Log, "/rosout")
    assert system.values()["device"] == "cpu torch fp32"

    def device():
        bodies = system.process().bodies
        ids.update(one.id for one in bodies)
        return system.values()["device"] == "cpu torch bf16"

    ids = set()
    system.wait_until(device)
    assert len(ids) == 1
    told = log.wait(lambda msg: "it takes over" in msg.msg)
    assert "body_smpl: torch bf16, joints differ from fp32 by" in told.msg
    values = system.values(lambda values: values["precision_undecided"] == "false")
    assert "over 3 crops (camera)" in values["precision/body_smpl"]
    assert system.change("deactivate")
    assert system.change("cleanup")
    assert system.change("configure")
    assert system.values(lambda values: values["device"] == "cpu torch bf16")


def test_a_named_precision_beyond_the_limits(start, frankmocap, monkeypatch):
    """It runs, and everybody who looks at diagnostics sees the number."""
    far = JointError(mean_mm=82.0, p99_mm=213.0, max_mm=300.0, moves_mm=90.0, crops=3)
    monkeypatch.setattr(joint_judge.JointJudge, "error", lambda *_: far)
    system = start(**frankmocap, precision="bf16")
    status = system.status(lambda status: "joints differ" in status.message)
    assert status.level != DiagnosticStatus.OK  # an error as soon as no image has come for 3 s
    assert "torch bf16, joints differ from fp32 by 82 mm mean, 213 mm p99" in status.message
    assert "precision: auto allows 5 mm mean and 20 mm p99" in status.message
