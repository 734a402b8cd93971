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

"""Another model on a live node: loaded beside the old one, taken between two images, or refused."""

import signal
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, PointCloud2
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.errors import AssetError, EstimatorError
from frankmocap_ros.estimators import registry
from frankmocap_ros.estimators.preparing import Preparation
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.mocap import mesh
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from frankmocap_ros.ros.mocap.model import Loader
from frankmocap_ros.runtime.gc_control import Collector
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of

SETTINGS = {s.name: s for s in settings_of(Settings)}
OTHER = {
    "variant": "heavy",
    "use_smplx": True, "engine": "torch", "precision": "fp32", "assets_dir": "/nowhere/extra_data",
    "detector": "yolo", "detector_model": "boxes.onnx", "device": "cpu", "synthetic_motion": "cross",
    "estimator": "yolo", "model": "poses.onnx", "hands": True,
}  # fmt: skip
NOT_ALONE = ("model", "detector_model")  # only with the estimator, the detector before it
SOMEBODY_ELSE = ("estimator", "hands")  # after these, positions mean something else
PERIOD_NS = 33_333_333
MESH = "/frankmocap/mesh"


class Models(list):
    """Every estimator that was made, in order; ``making`` and ``warming`` are called on the way."""

    def __init__(self):
        super().__init__()
        self.making = self.warming = self.closing = lambda *_: None
        self.preparing = []  # what each was given for what is made once
        self.capabilities = {}  # of those that are made from now on
        self.duration_s = 0.0


@pytest.fixture
def models(probe, monkeypatch):
    """Each model that a node makes is a probe of its own, with the name that was asked for."""
    models = Models()

    class Model(type(probe)):
        def __init__(self, name, config):
            super().__init__()
            self.name, self.config, self.duration_s = name, config, models.duration_s
            self.own = {"hands": config.hands, **models.capabilities}

        @property
        def capabilities(self):
            return replace(super().capabilities, **self.own)

        def warm_up(self):
            models.warming(self)
            super().warm_up()

        def mesh_of(self, body):
            return SimpleNamespace(vertices=np.arange(12.0).reshape(1, 4, 3))

        def close(self):
            models.closing(self)
            super().close()

    def make(name):
        def made(config, tell, prepare):
            models.preparing.append(prepare)
            models.making(config)
            models.append(Model(name, config))
            return models[-1]

        return made

    for name in registry.ESTIMATORS:
        monkeypatch.setitem(registry.ESTIMATORS, name, make(name))
    return models


@pytest.fixture
def pool():
    """Runs calls that wait."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


class Camera:
    """Images of exactly 30 Hz."""

    def __init__(self, system):
        self.system, self.stamp_ns = system, 1_700_000_000 * 10**9

    def body(self):
        """Who is seen in the next image."""
        self.stamp_ns += PERIOD_NS
        (body,) = self.system.process(stamp_ns=self.stamp_ns).bodies
        return body

    def found(self):
        """Who is seen, once somebody was found in the background."""

        def seen():
            self.stamp_ns += PERIOD_NS
            return self.system.process(stamp_ns=self.stamp_ns).bodies

        return self.system.wait_until(seen)[0]


def threads(*names):
    """Which of these threads are running."""
    names = names or ("person_search", "model_loader", "model_closing", "mocap_mesh")
    return [t.name for t in threading.enumerate() if t.name in names]


def set_each(system, **values):
    return system.try_to_set(**values)[0]


def set_at_once(system, **values):
    return system.try_to_set_at_once(**values)


def set_inside(system, **values):
    return system.mocap.set_parameters([Parameter(k, value=v) for k, v in values.items()])[0]


WAYS = {"each": set_each, "at_once": set_at_once, "inside": set_inside}


@pytest.fixture(params=WAYS)
def way(request):
    """The ways to set parameters: two services, and the node's own method."""
    return WAYS[request.param]


def test_every_setting_that_loads_is_here():
    assert set(OTHER) == {name for name, s in SETTINGS.items() if s.loads}


def test_another_model_takes_over(start, models, way):
    system = start()
    camera = Camera(system)
    assert len(models) == 1
    for name, value in OTHER.items():
        old, before = models[-1], camera.body()
        seen = len(old.seen)
        result = way(system, **{name: value})
        assert result.successful, (name, result.reason)
        assert system.get(name) == value
        assert models[-1] is not old, name
        assert models[-1].config == replace(old.config, **{name: value})  # and nothing else
        assert models[-1].warmed == 1
        after = camera.body()
        assert (len(old.seen), len(models[-1].seen)) == (seen, 1), name
        assert after.estimator == models[-1].name
        if name in SOMEBODY_ELSE:
            assert after.id > before.id, name
        else:
            assert after.id == before.id, name
        system.wait_until(lambda old=old: old.closed)
        assert way(system, **{name: value}).successful  # what it is already
        made = len(models)
        assert camera.body().id == after.id
    assert made == len(models) == 1 + len(OTHER)
    assert [m.closed for m in models] == [1] * len(OTHER) + [0]
    assert system.values(lambda v: v["estimator"] == OTHER["estimator"])


def test_beside_a_model_another_process_makes_what_is_made_once(start, models, way):
    """Nothing runs beside the first: there this process does it, which is sooner."""
    system = start()
    assert way(system, precision="fp32").successful
    first, beside = models.preparing
    assert not isinstance(first, Preparation)
    assert isinstance(beside, Preparation)
    assert system.change("deactivate")
    assert system.change("cleanup")
    assert system.change("configure")
    assert not isinstance(models.preparing[-1], Preparation)


def test_a_model_that_was_replaced_is_gone(start, monkeypatch):
    """Not for the collector to find: what was alive while another loaded is never looked at again."""
    make, made = registry.ESTIMATORS["synthetic"], []

    def watched(*args):
        estimator = make(*args)
        made.append(weakref.ref(estimator))
        return estimator

    monkeypatch.setitem(registry.ESTIMATORS, "synthetic", watched)
    system = start(estimator="synthetic", synthetic_motion="cross")
    system.process()
    for motion in ("wave", "cross", "wave"):
        assert set_each(system, synthetic_motion=motion).successful
        system.process()
    assert len(made) == 4
    system.wait_until(lambda: [one() is None for one in made] == [True, True, True, False])


def test_settings_together(start, models):
    system = start()
    camera = Camera(system)
    camera.body()
    assert system.try_to_set_at_once(**OTHER, max_people=2).successful  # one model for all
    assert len(models) == 2
    assert models[-1].config == replace(models[0].config, **OTHER, max_people=2)
    camera.body()
    assert len(models[-1].seen) == 1
    system.set(
        **{name: SETTINGS[name].default for name in reversed(OTHER)}
    )  # each by itself: one model after the other, and a model's file goes before its estimator
    assert len(models) == 2 + len(OTHER)
    camera.body()
    assert len(models[-1].seen) == 1
    assert replace(models[-1].config, max_people=1) == models[0].config
    system.wait_until(lambda: [m.closed for m in models] == [1] * (len(models) - 1) + [0])


def test_many_changes_in_a_row(start, models):
    """Whoever hears that a model runs may ask for the next one at once."""
    system = start()
    camera = Camera(system)
    first = camera.body()
    for n in range(25):
        system.set(engine=("torch", "openvino")[n % 2], precision=("fp32", "auto")[n % 2])
    assert len(models) == 51
    assert camera.body().id == first.id
    system.wait_until(lambda: [m.closed for m in models] == [1] * 50 + [0])
    system.wait_until(lambda: threads() == [])


@pytest.mark.parametrize("at_once", [True, False])
def test_a_preset_loads_once(start, models, at_once):
    system = start()
    camera = Camera(system)
    camera.body()
    result = (set_at_once if at_once else set_each)(system, preset="highest_quality")
    assert result.successful, result.reason
    assert system.get("preset", "resize_short", "use_smplx", "hands") == ["highest_quality", 512, True, True]
    assert len(models) == 2
    config = models[-1].config
    assert (config.use_smplx, config.hands, config.resize_short) == (True, True, 512)
    camera.body()
    assert len(models[-1].seen) == 1
    system.set(preset="highest_quality")
    assert len(models) == 2
    system.set(preset="balanced")
    assert len(models) == 3
    camera.body()
    assert len(models[-1].seen) == 1
    system.set(preset="fastest")
    assert len(models) == 4
    assert models[-1].config.variant == "lite"


# --- while a model is being loaded ---------------------------------------------------------------


@pytest.fixture
def loading(start, models, held_call, pool):
    """A running node that is asked for engine torch, and loads it until it may go on; and the answer."""
    system = start()
    camera = Camera(system)
    camera.body()
    models.warming = held_call
    answer = pool.submit(system.try_to_set_at_once, engine="torch")
    assert held_call.begun.wait(60.0)
    models.warming = lambda *_: None
    return SimpleNamespace(system=system, camera=camera, answer=answer)


def accepted(answer):
    result = answer.result(60.0)
    return result.successful or result.reason


@pytest.mark.distribution
def test_all_else_goes_on_while_a_model_is_loaded(loading, models, held_call):
    system, camera = loading.system, loading.camera
    first = camera.body()
    for _ in range(5):
        assert camera.body().id == first.id
    assert len(models[0].seen) == 7
    assert system.call(SetBool, "enable", SetBool.Request(data=False)).success
    system.send()
    system.values(lambda v: v["skipped"] == "1")
    assert system.call(SetBool, "enable", SetBool.Request(data=True)).success
    assert system.call(Trigger, "reset", Trigger.Request()).success
    last = camera.body()
    assert last.id == first.id + 1
    system.status()
    assert system.get("engine") == "auto"
    assert system.state() == "active"
    assert not loading.answer.done()
    assert (len(models[1].seen), models[0].closed) == (0, 0)
    held_call.go_on.set()
    assert accepted(loading.answer) is True
    assert system.get("engine") == "torch"
    assert camera.body().id == last.id
    assert len(models[1].seen) == 1


def test_the_clock_goes_on_while_a_model_is_loaded(start, models, held_call, pool):
    """Else images would seem to come from the future."""
    system = start(use_sim_time=True)
    publisher = system.publisher(Clock, "/clock")

    def tick(second):
        clock = Clock()
        clock.clock.sec = second
        publisher.publish(clock)
        system.wait_until(lambda: system.mocap.get_clock().now().nanoseconds == second * 10**9)

    tick(100)
    models.warming = held_call
    answer = pool.submit(system.try_to_set_at_once, engine="torch")
    assert held_call.begun.wait(60.0)
    tick(101)
    assert system.process(stamp_ns=100_900_000_000).age_ms == pytest.approx(100.0)
    held_call.go_on.set()
    assert accepted(answer) is True


def test_a_second_request_waits_for_its_turn(loading, models, held_call, pool):
    second = pool.submit(set_each, loading.system, precision="fp32")
    third = pool.submit(set_each, loading.system, max_people=3)
    loading.camera.body()
    loading.system.status()
    assert not second.done()
    assert not third.done()
    assert len(models) == 2
    held_call.go_on.set()
    assert [accepted(a) for a in (loading.answer, second, third)] == [True] * 3
    loading.camera.body()
    assert len(models) == 3
    assert (models[2].config.engine, models[2].config.precision) == ("torch", "fp32")
    assert len(models[2].seen) == 1
    loading.system.wait_until(lambda: [m.closed for m in models] == [1, 1, 0])


def test_a_change_from_inside_meanwhile(loading, models, held_call):
    """Both are in force in the end, whichever comes first."""
    system = loading.system
    assert set_inside(system, precision="fp32").successful
    loading.camera.body()
    assert models[-1].config.precision == "fp32"
    assert len(models[-1].seen) == 1
    held_call.go_on.set()
    assert accepted(loading.answer) is True
    loading.camera.body()
    assert (models[-1].config.engine, models[-1].config.precision) == ("torch", "fp32")
    assert len(models[-1].seen) == 1
    system.wait_until(lambda: [m.closed for m in models] == [1] * (len(models) - 1) + [0])


def test_deactivation_while_a_model_is_loaded(loading, models, held_call):
    system = loading.system
    assert system.change("deactivate")
    assert not loading.answer.done()
    held_call.go_on.set()
    assert accepted(loading.answer) is True
    system.wait_until(lambda: [m.closed for m in models] == [1, 0])
    assert system.change("activate")
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    loading.camera.body()
    assert len(models[1].seen) == 1


def test_cleanup_while_a_model_is_loaded(loading, models, held_call):
    """What comes late is not kept; the setting counts when the node is configured again."""
    system = loading.system
    assert system.change("deactivate")
    assert system.change("cleanup")
    assert models[0].closed == 1
    held_call.go_on.set()
    assert accepted(loading.answer) is True
    assert [m.closed for m in models] == [1, 1]
    assert system.get("engine") == "torch"
    assert threads("person_search", "model_closing") == []
    assert system.change("configure")
    assert [m.closed for m in models] == [1, 1, 0]
    assert models[2].config.engine == "torch"


def test_configured_anew_while_a_model_is_loaded(loading, models, held_call):
    system = loading.system
    for transition in ("deactivate", "cleanup", "configure", "activate"):
        assert system.change(transition)
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    assert models[-1].config.engine == "auto"
    loading.camera.body()
    held_call.go_on.set()
    assert accepted(loading.answer) is True
    loading.camera.body()
    system.wait_until(lambda: sum(not m.closed for m in models) == 1)
    (used,) = (m for m in models if not m.closed)
    assert used.config.engine == "torch"
    assert len(used.seen) == 1


# --- refusals ------------------------------------------------------------------------------------


def test_a_model_for_an_estimator_that_takes_none(start, models, way):
    system = start()
    first = Camera(system).body()
    result = way(system, model="posenet.onnx")
    assert not result.successful
    assert "estimator auto takes no model; set it together with estimator: posenet | movenet" in result.reason
    assert system.get("model") == ""
    assert len(models) == 1
    assert first.estimator == "blazepose"


def test_another_estimator_empties_the_model(start, models, way):
    """Nobody else can run it; with both at once the new one gets its own."""
    system = start()
    assert set_at_once(system, estimator="posenet", model="a.onnx").successful
    assert way(system, estimator="movenet").successful
    assert system.get("estimator", "model") == ["movenet", ""]
    assert set_at_once(system, estimator="posenet", model="b.onnx").successful
    assert [m.config.model for m in models] == ["", "a.onnx", "", "b.onnx"]
    assert way(system, estimator="blazepose").successful
    assert system.get("model") == ""


@pytest.mark.parametrize("when", ["making", "warming"])
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AssetError("file x.bin is missing; run: fetch x"), "file x.bin is missing; run: fetch x"),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
    ],
)
def test_a_model_that_cannot_be_had(start, models, way, when, error, text):
    models.capabilities = {"detects_apart": True}
    system = start()
    camera = Camera(system)
    first = camera.found()
    seen = len(models[0].seen)

    def fail(_):
        raise error

    setattr(models, when, fail)
    alone = {name: value for name, value in OTHER.items() if name not in NOT_ALONE}
    del alone["device"]  # which is told by auto, too
    for name, value in alone.items():
        made = len(models)
        result = way(system, **{name: value})
        assert not result.successful
        assert text in result.reason
        assert system.get(name) == SETTINGS[name].default
        if when == "warming":
            assert [m.closed for m in models[made:]] == [1]  # made, and given back
        else:
            assert len(models) == made
        assert camera.body().id == first.id
    assert models[0].closed == 0
    assert len(models[0].seen) == seen + len(alone)
    assert system.values()["last_error"] == "none"
    system.wait_until(lambda: threads() == ["person_search"])

    setattr(models, when, lambda _: None)
    assert way(system, engine="torch").successful
    assert camera.body().id == first.id
    assert len(models[-1].seen) == 1
    system.wait_until(lambda: threads() == ["person_search"])


def test_one_bad_setting_of_several(start, models):
    """Each by itself: what comes before and after it counts."""
    system = start()

    def fail(config):
        if config.precision == "fp32":
            raise EstimatorError("no fp32 here; allowed: auto")

    models.making = fail
    results = system.try_to_set(engine="torch", precision="fp32", hands=True, max_people=3)
    assert [r.successful for r in results] == [True, False, True, True]
    assert results[1].reason == "no fp32 here; allowed: auto"
    assert system.get("engine", "precision", "hands", "max_people") == ["torch", "auto", True, 3]
    result = system.try_to_set_at_once(engine="openvino", precision="fp32", max_people=4)
    assert result.reason == "no fp32 here; allowed: auto"
    assert system.get("engine", "precision", "max_people") == ["torch", "auto", 3]


@pytest.mark.parametrize(
    "other",
    [
        {"image_transport": "compressed"},
        {"max_people": 99},
        {"max_people": 2.5},
        {"smoothing": "x"},
        {"joint_topics": ["left_tentacle"]},
        {"image_topics": ["a/image", "a/image_raw"]},
    ],
    ids=str,
)
def test_what_is_refused_loads_nothing(start, models, other):
    system = start()
    for values in ({"engine": "torch", **other}, {**other, "engine": "torch"}):
        result = system.try_to_set_at_once(**values)
        assert not result.successful
        assert next(iter(other)) in result.reason
    assert system.get("engine") == "auto"
    assert len(models) == 1


def test_what_is_refused_in_the_end_is_given_back(start, models):
    """A parameter that rclpy itself refuses."""
    system = start()
    result = system.try_to_set_at_once(engine="torch", no_such_parameter=1)
    assert not result.successful
    assert system.get("engine") == "auto"
    assert [m.closed for m in models] == [0, *[1] * (len(models) - 1)]
    Camera(system).body()
    assert len(models[0].seen) == 1


# --- where no image comes between ----------------------------------------------------------------


def test_unconfigured_nothing_is_loaded(start, models, way):
    system = start(autostart=False)
    for name, value in OTHER.items():
        assert way(system, **{name: value}).successful
    assert models == []
    assert system.change("configure")
    (model,) = models
    assert [getattr(model.config, name) for name in OTHER] == list(OTHER.values())


def test_inactive_it_is_taken_at_once(start, models, way):
    system = start()
    camera = Camera(system)
    first = camera.body()
    assert system.change("deactivate")
    assert way(system, engine="torch").successful
    system.wait_until(lambda: [m.closed for m in models] == [1, 0])
    assert system.values(lambda v: v["state"] == "inactive")
    assert system.change("activate")
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    assert camera.body().id == first.id + 1
    assert [len(m.seen) for m in models] == [1, 1]


def test_it_is_taken_without_any_image(start, models):
    """The old one's memory is given back also where the camera is silent."""
    system = start()
    system.set(engine="torch")
    system.wait_until(lambda: [m.closed for m in models] == [1, 0])


def test_nothing_is_left_after_cleanup(start, models, way):
    models.capabilities = {"detects_apart": True, "mesh": True}
    system = start()
    camera = Camera(system)
    camera.found()
    for engine in ("torch", "openvino", "auto"):
        camera.body()
        assert way(system, engine=engine).successful
    camera.body()
    system.wait_until(lambda: sorted(threads()) == ["mocap_mesh", "person_search"])
    assert system.change("deactivate")
    assert system.change("cleanup")
    assert threads() == []
    assert [m.closed for m in models] == [1] * 4
    system.wait_until(lambda: not system.node.count_publishers(MESH))


def test_changes_during_one_image(start, models, held_call, pool):
    """The image under way is finished with the model that it began with; cleanup waits for every old one."""
    closing = threading.Event()
    system = start()
    models.closing = lambda model: model is not models[0] or closing.wait(60.0)
    camera = Camera(system)
    first = camera.body()
    models[0].during = held_call
    system.send(stamp_ns=camera.stamp_ns + PERIOD_NS)
    assert held_call.begun.wait(60.0)
    for engine in ("torch", "openvino"):
        system.set(engine=engine)
    assert [m.closed for m in models] == [0, 0, 0]
    held_call.go_on.set()
    late = system.bodies.wait(lambda b: b.sequence == 1)
    assert late.bodies[0].id == first.id
    assert [len(m.seen) for m in models] == [2, 0, 0]
    camera.stamp_ns += PERIOD_NS
    assert camera.body().id == first.id
    assert [len(m.seen) for m in models] == [2, 0, 1]  # although an old one is not closed yet
    system.wait_until(lambda: models[1].closed and threads() == ["model_closing"])
    assert system.change("deactivate")
    cleanup = pool.submit(system.change, "cleanup")
    system.wait_until(lambda: not system.mocap.count_publishers("/frankmocap/bodies"))
    waits = not wait([cleanup], 0.3).done
    closing.set()
    assert cleanup.result(60.0)
    assert waits
    assert [m.closed for m in models] == [1, 1, 1]
    assert threads() == []


@pytest.mark.parametrize("fails", [False, True])
def test_the_node_ends_while_a_model_is_loaded(context, peer, models, held_call, fails):
    theirs = context()
    node = MocapNode(context=theirs)
    executor = SingleThreadedExecutor(context=theirs)
    executor.add_node(node)

    def warming(_):
        held_call()
        if fails:
            raise EstimatorError("no")

    models.warming = warming
    client = peer.node.create_client(SetParameters, "/frankmocap/set_parameters")
    request = SetParameters.Request(parameters=[Parameter("engine", value="torch").to_parameter_msg()])
    peer.wait_until(client.service_is_ready)
    client.call_async(request)
    while not held_call.begun.is_set():
        executor.spin_once(0.1)
    (loader,) = (t for t in threading.enumerate() if t.name == "model_loader")
    executor.shutdown()
    node.destroy_node()
    theirs.try_shutdown()
    assert models[0].closed == 1
    assert loader.is_alive()
    held_call.go_on.set()
    loader.join(60.0)
    assert not loader.is_alive()
    assert models[1].closed == 1


LOADING_FOR_EVER = """
import atexit, sys, threading
from frankmocap_ros.cli.executables import frankmocap_node
from frankmocap_ros.estimators import registry

def load(config, *_):
    print("loading", flush=True)
    threading.Event().wait()

atexit.register(print, "this thread would go on in a process that is taken down")
registry.ESTIMATORS["blazepose"] = load
sys.exit(frankmocap_node())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_model_is_loaded(program, peer, number):
    """The process ends at once, although a thread may be in the middle of loading libraries."""
    node = program("python", "-c", LOADING_FOR_EVER, "--ros-args", "-p", "estimator:=synthetic")
    client = peer.node.create_client(SetParameters, "/frankmocap/set_parameters")
    request = SetParameters.Request(parameters=[Parameter("estimator", value="blazepose").to_parameter_msg()])
    peer.wait_until(client.service_is_ready)
    client.call_async(request)
    peer.wait_until(lambda: "loading" in node.text())
    code, _ = node.end(number)
    assert code == 0
    assert "Traceback" not in node.text()
    assert "taken down" not in node.text()


def test_whoever_hears_that_a_model_is_loaded_may_ask_for_another(start, models):
    loader, done = Loader(start(autostart=False).mocap, Collector()), threading.Event()
    heard = []

    def told(error):
        heard.append(error)
        if len(heard) == 1:
            loader.begin(Settings(engine="openvino"), told)
        else:
            done.set()

    loader.begin(Settings(engine="torch"), told)
    assert done.wait(60.0)
    assert heard == [None, None]
    loader.close()
    assert [(m.config.engine, m.closed) for m in models] == [("torch", 1), ("openvino", 1)]


# --- meshes --------------------------------------------------------------------------------------


def test_the_mesh_comes_and_goes_with_the_estimator(start, models, monkeypatch):
    monkeypatch.setattr(mesh, "PERIOD_S", 0.0)
    monkeypatch.setattr(mesh, "SHARE", 1.0)
    system = start()
    camera = Camera(system)
    camera.body()
    for _ in range(2):
        models.capabilities = {"mesh": True}
        assert system.node.count_publishers(MESH) == 0
        system.set(estimator="frankmocap")
        system.wait_until(lambda: system.node.count_publishers(MESH) == 1)
        inbox = system.listen(PointCloud2, MESH)
        camera.body()
        cloud = inbox.wait(lambda m: m.width)
        assert (cloud.height, cloud.width) == (1, 4)
        system.set(engine="torch")  # another one with a mesh takes the topic over
        system.wait_until(lambda: models[-2].closed and system.node.count_publishers(MESH) == 1)
        models.capabilities = {}
        system.set(engine="auto", estimator="synthetic")
        system.wait_until(lambda: not system.node.count_publishers(MESH))
        camera.body()
        system.wait_until(lambda: threads() == [])


def test_a_mesh_for_a_node_that_is_not_active(start, models):
    system = start()
    assert system.change("deactivate")
    models.capabilities = {"mesh": True}
    system.set(estimator="frankmocap")
    inbox = system.listen(PointCloud2, MESH)
    assert system.change("activate")
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    Camera(system).body()
    assert inbox.wait(lambda m: m.width).height == 1


# --- the real ones -------------------------------------------------------------------------------


def photograph():
    folder = Path(find_spec("skimage").origin).parent / "data"
    return cv2.imread(str(folder / "camera.png"), cv2.IMREAD_GRAYSCALE)


def test_real_estimators_at_30_hz(start, pool, monkeypatch):
    """Images go on while each is loaded; each is processed by one of them or overwritten by a newer one."""
    system = start(estimator="blazepose")
    image, end = Image(), threading.Event()
    write_image(image, photograph(), "mono8")
    publisher = system.publisher(Image, "image")

    def slowly(make):
        def made(config, *rest):
            heard = len(system.bodies)
            system.wait_until(lambda: len(system.bodies) >= heard + 10)
            return make(config, *rest)

        return made

    for name, make in registry.ESTIMATORS.items():
        monkeypatch.setitem(registry.ESTIMATORS, name, slowly(make))

    def camera():
        while not end.wait(1e-9 * PERIOD_NS):
            publisher.publish(system.stamped(image))

    def seen(estimator):
        return lambda bodies: [b.estimator for b in bodies.bodies] == [estimator]

    sending = pool.submit(camera)
    try:
        people = [system.bodies.next(seen("blazepose")).bodies[0]]
        for estimator in ("synthetic", "blazepose"):
            system.set(estimator=estimator)
            people.append(system.bodies.next(seen(estimator)).bodies[0])
    finally:
        end.set()
        sending.result(60.0)
    assert people[0].id < people[1].id < people[2].id
    stream = system.mocap.streams[0]
    system.wait_until(lambda: len(system.bodies) + stream.monitor.dropped == stream.count)
    values = system.values()
    assert values["dropped"] == values.get("dropped/overwritten", "0")
    assert values["last_error"] == "none"
    stamps = [system.stamp(bodies) for bodies in system.bodies.messages]
    assert (np.diff(stamps) > 0).all()
    assert [b.sequence for b in system.bodies.messages] == list(range(len(stamps)))
    print(
        f"{stream.count} images came, {len(stamps)} frames, {values['dropped']} overwritten; "
        f"largest gap {1e-6 * np.diff(stamps).max():.0f} ms"
    )
