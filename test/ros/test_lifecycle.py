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

"""Every lifecycle transition through the services, and what happens when a configuration fails."""

import gc
import importlib
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetAvailableTransitions
from rcl_interfaces.msg import Log
from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool

from frankmocap_ros import ros
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators import registry
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.common import transitions
from frankmocap_ros.ros.mocap import mocap_node
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from frankmocap_ros.ros.mocap.worker import Worker
from frankmocap_ros.runtime.gc_control import Collector
from frankmocap_ros.runtime.load_shedding import Spacing

CYCLES = 20


def resident_bytes():
    return psutil.Process().memory_info().rss


def changed(system, *labels):
    """Run transitions that must succeed; returns the state."""
    for label in labels:
        assert system.change(label), label
    return system.state()


def has_topic(system, topic):
    return bool(system.mocap.count_publishers(topic))


def works_again(system):
    """Bring a node up that had failed: nothing is told of the failure any more."""
    assert changed(system, "configure", "activate") == "active"
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    assert len(system.process().bodies) == 1
    system.tracking()


@pytest.mark.distribution
def test_starts_itself(start, probe):
    system = start()
    assert system.state() == "active"
    assert probe.warmed == 1


def test_waits_without_autostart(start, probe):
    system = start(autostart=False)
    assert system.state() == "unconfigured"
    assert (len(probe.made), probe.warmed) == (0, 0)
    assert not has_topic(system, "/frankmocap/bodies")
    assert system.node.count_subscribers("/image") == 0
    assert system.values()["state"] == "inactive"
    assert changed(system, "configure") == "inactive"
    assert changed(system, "activate") == "active"


@pytest.mark.distribution
def test_every_transition(start, probe):
    system = start(autostart=False)
    assert changed(system, "configure") == "inactive"
    assert (len(probe.made), probe.warmed) == (1, 1)
    assert has_topic(system, "/frankmocap/bodies")
    assert not system.mocap.count_subscribers("/image")

    assert changed(system, "activate") == "active"
    bodies = system.listen(BodyPoseArray, "/frankmocap/bodies")
    assert len(system.process().bodies) == 1

    assert changed(system, "deactivate") == "inactive"
    assert not system.mocap.count_subscribers("/image")
    assert probe.closed == 0
    assert changed(system, "activate") == "active"
    assert probe.warmed == 1
    again = system.process()
    assert again.sequence == 1  # goes on: a subscriber sees no message twice
    assert again.bodies[0].id == 2  # whoever it is after a break is somebody new

    assert changed(system, "deactivate", "cleanup") == "unconfigured"
    assert probe.closed == 1
    system.wait_until(lambda: not has_topic(system, "/frankmocap/bodies"))
    assert changed(system, "configure", "activate") == "active"
    assert (len(probe.made), probe.warmed) == (2, 2)
    system.listen(BodyPoseArray, "/frankmocap/bodies")  # both sides know of each other again
    assert [b.id for b in system.process().bodies] == [3]

    assert changed(system, "shutdown") == "finalized"
    assert probe.closed == 2
    assert not has_topic(system, "/frankmocap/bodies")
    assert len(bodies) == 3


@pytest.mark.distribution
@pytest.mark.parametrize("before", [(), ("configure",), ("configure", "activate")])
def test_shutdown_from_every_state(start, probe, before):
    system = start(autostart=False)
    changed(system, *before)
    assert changed(system, "shutdown") == "finalized"
    assert probe.closed == bool(before)
    assert not has_topic(system, "/frankmocap/bodies")
    assert not system.mocap.count_subscribers("/image")


@pytest.mark.distribution
def test_transitions_that_do_not_exist_are_refused(start, probe):
    """By their number as well, by which Jazzy's node ended."""
    system = start()
    for label in ("configure", "activate", "cleanup"):
        assert not system.change(label)
    for number in (Transition.TRANSITION_ACTIVATE, Transition.TRANSITION_UNCONFIGURED_SHUTDOWN, 77):
        request = ChangeState.Request(transition=Transition(id=number))
        assert not system.call(ChangeState, "change_state", request).success
    assert system.state() == "active"
    assert len(system.process().bodies) == 1
    available = system.call(
        GetAvailableTransitions, "get_available_transitions", GetAvailableTransitions.Request()
    )
    labels = {t.transition.label for t in available.available_transitions}
    assert labels >= {"deactivate", "shutdown"}


def test_each_start_of_a_node_has_a_number_of_its_own(start, probe):
    """Ids hold within it: it stays through deactivation and cleanup, which never use an id again."""
    system = start()
    run_ids = {system.process().run_id}
    assert system.change("deactivate") and system.change("activate")
    run_ids.add(system.process().run_id)
    assert system.change("deactivate") and system.change("cleanup")
    assert system.change("configure") and system.change("activate")
    bodies = system.process()
    run_ids.add(bodies.run_id)
    assert len(run_ids) == 1 and bodies.bodies[0].id == 3
    other = MocapNode(context=system.node.context, parameter_overrides=[Parameter("autostart", value=False)])
    try:
        assert other._run_id not in run_ids
        assert max(run_ids) < 2**64 and min(run_ids) > 0  # random: 0 once in 2^64 starts
    finally:
        other.destroy_node()


def test_nothing_is_published_while_inactive(start, probe):
    system = start()
    system.process()
    changed(system, "deactivate")
    system.call(SetBool, "enable", SetBool.Request(data=True))
    publisher = system.node.create_publisher(type(system.image()), "image", 1)
    for _ in range(3):
        publisher.publish(system.image())
        system.values(lambda v: v["state"] == "inactive")
    assert len(system.bodies) == 1
    assert len(probe.seen) == 1


def test_an_image_under_way_is_not_published_after_deactivation(start, probe):
    """Deactivation waits for the image under way, and keeps its result to itself."""
    system = start()
    system.process()
    begun, go_on = threading.Event(), threading.Event()

    def held_up():
        begun.set()
        assert go_on.wait(30.0)

    probe.during = held_up
    system.send()
    assert begun.wait(30.0)
    deactivation = threading.Thread(target=system.change, args=("deactivate",))
    deactivation.start()
    system.wait_until(lambda: not system.mocap.count_subscribers("/image"))
    probe.during = lambda: None
    go_on.set()
    deactivation.join(30.0)
    assert system.state() == "inactive"
    assert changed(system, "activate") == "active"
    assert len(system.process().bodies) == 1
    assert len(system.bodies) == 2


@pytest.mark.parametrize("handle", [None, SimpleNamespace(ok=lambda: False)])
def test_an_image_under_way_while_ros_goes(handle):
    """A shutdown holds the context's lock and waits for this thread: it must neither ask nor complain."""
    told, asked = [], threading.Event()

    def now():
        asked.set()
        raise RuntimeError("the context is gone")

    log = SimpleNamespace(
        warning=lambda *_, **__: told.append("warning"), error=lambda *_, **__: told.append("error")
    )
    node = SimpleNamespace(
        get_logger=lambda: log,
        get_clock=lambda: SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=0)),
        context=SimpleNamespace(handle=handle, ok=lambda: told.append("asked for the lock")),
    )
    monitor = SimpleNamespace(failed=told.append, drop=told.append)
    capabilities = SimpleNamespace(needs_regions=True)
    gone = type("Gone", (), {"config": property(lambda _: now()), "spacing": Spacing(), "monitor": monitor})()
    gone.pipeline = SimpleNamespace(estimator=SimpleNamespace(capabilities=capabilities))
    gone.shed = lambda *_: None
    worker = Worker(node, [gone], Collector())
    worker.hand_over(Image(), 0, 0)
    assert asked.wait(5.0)
    worker.stop()
    assert told == []


def test_warm_up_comes_before_active(start, probe):
    system = start(autostart=False)
    changed(system, "configure")
    assert (probe.warmed, system.state()) == (1, "inactive")
    changed(system, "activate")
    assert (probe.warmed, system.state()) == (1, "active")


def failing(error, when):
    """An estimator that cannot be made, or not be warmed up."""

    class Broken:
        closed = 0
        name = "broken"

        def warm_up(self):
            raise error

        def close(self):
            Broken.closed += 1

    def make(config, *_):
        if when == "made":
            raise error
        return Broken()

    return make, Broken


@pytest.mark.distribution
@pytest.mark.parametrize("autostart", [True, False])
@pytest.mark.parametrize("when", ["made", "warmed up"])
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (EstimatorError("file x.bin is missing; run: fetch x"), "file x.bin is missing; run: fetch x"),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
    ],
)
def test_a_configuration_that_fails(start, probe, monkeypatch, autostart, when, error, text):
    make, broken = failing(error, when)
    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", make)
    system = start(autostart=autostart)
    log = system.listen(Log, "/rosout")
    assert system.state() == "unconfigured"
    assert not system.change("configure")
    assert system.state() == "unconfigured"
    assert not has_topic(system, "/frankmocap/bodies")
    status = system.status(lambda status: status.level == DiagnosticStatus.ERROR)
    assert text in status.message
    assert text in log.wait(lambda msg: msg.level == 40).msg
    assert broken.closed == (1 + autostart if when == "warmed up" else 0)

    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", probe.make)
    works_again(system)


def breaks(monkeypatch, system, probe, label):
    """Have something fail that this transition does."""

    def oh(*_):
        raise ZeroDivisionError("oh")

    if label == "configure":
        monkeypatch.setattr(mocap_node, "Outputs", oh)
    elif label == "activate":
        monkeypatch.setattr(mocap_node, "Subscriptions", oh)
    elif label == "deactivate":
        stop = Worker.stop
        monkeypatch.setattr(Worker, "stop", lambda worker: (stop(worker), oh()))
    else:
        monkeypatch.setattr(probe, "close", oh)


def heard_of(system, log, label):
    """Wait for the words about a transition that failed, in the log and in diagnostics."""
    words = log.wait(lambda msg: msg.level == 40 and f"cannot {label}: Traceback" in msg.msg).msg
    status = system.status(lambda status: status.level == DiagnosticStatus.ERROR)
    for text in (words, status.message):
        assert f"cannot {label}: Traceback" in text
        assert "ZeroDivisionError: oh" in text
    return words


@pytest.mark.distribution
@pytest.mark.parametrize(
    ("label", "before"),
    [
        ("configure", ()),
        ("activate", ("configure",)),
        ("deactivate", ("configure", "activate")),
        ("cleanup", ("configure",)),
        ("shutdown", ("configure", "activate")),
    ],
    ids=["configure", "activate", "deactivate", "cleanup", "shutdown"],
)
def test_a_transition_that_raises_says_so_and_gives_everything_back(start, probe, monkeypatch, label, before):
    """rclpy drops the exception: the node did not become active, and nobody knew why."""
    system = start(autostart=False)
    log = system.listen(Log, "/rosout")
    changed(system, *before)
    with monkeypatch.context() as patch:
        breaks(patch, system, probe, label)
        assert not system.change(label)
    assert "ros2 lifecycle set /frankmocap configure" in heard_of(system, log, label)
    assert system.state() == "unconfigured"
    assert not has_topic(system, "/frankmocap/bodies")
    assert not system.mocap.count_subscribers("/image")
    assert [t.name for t in threading.enumerate() if t.name == "mocap_worker"] == []

    works_again(system)


def lifecycle_nodes():
    """Every class of the package that is a lifecycle node."""
    folder = Path(ros.__file__).parent
    for path in folder.rglob("*.py"):
        if "(LifecycleNode" in path.read_text():
            name = ".".join(path.relative_to(folder).with_suffix("").parts)
            importlib.import_module(f"{ros.__name__}.{name}")
    return [node for node in LifecycleNode.__subclasses__() if node.__module__.startswith("frankmocap_ros.")]


def test_no_transition_of_any_lifecycle_node_can_fail_without_words():
    labels = ("configure", "activate", "deactivate", "cleanup", "shutdown", "error")
    nodes = lifecycle_nodes()
    assert MocapNode in nodes
    untold = [
        f"{node.__name__}.on_{label}"
        for node in nodes
        for label in labels
        if getattr(node, f"on_{label}").__code__.co_filename != transitions.__file__
    ]
    assert untold == []


@pytest.mark.distribution
def test_an_activation_that_raises_at_the_start_is_told(start, probe, monkeypatch):
    with monkeypatch.context() as patch:
        breaks(patch, None, probe, "activate")
        system = start()
    assert system.state() == "unconfigured"
    status = system.status(lambda status: status.level == DiagnosticStatus.ERROR)
    assert "cannot activate: Traceback" in status.message
    assert changed(system, "configure", "activate") == "active"


@pytest.mark.distribution
def test_what_cannot_be_given_back_finalizes_the_node_in_words(start, probe, monkeypatch):
    system = start(autostart=False)
    log = system.listen(Log, "/rosout")
    changed(system, "configure")
    breaks(monkeypatch, system, probe, "activate")
    breaks(monkeypatch, system, probe, "cleanup")
    assert not system.change("activate")
    assert "restart the node" in heard_of(system, log, "error")
    assert system.state() == "finalized"
    assert not has_topic(system, "/frankmocap/bodies")


def test_a_setting_that_cannot_be_met(start):
    """With the real registry: says what is allowed, and works once that is set."""
    system = start(device="cuda", estimator="blazepose")
    assert system.state() == "unconfigured"
    status = system.status(lambda status: status.level == DiagnosticStatus.ERROR)
    assert "device: cuda is not possible with estimator blazepose; allowed: auto | cpu" in status.message
    system.set(device="cpu")
    assert changed(system, "configure", "activate") == "active"
    system.listen(BodyPoseArray, "/frankmocap/bodies")
    assert system.process().bodies == []  # a gray wall
    system.values(lambda v: v["estimator"] == "blazepose")


def searching():
    """Threads that look for people in the background."""
    return [t for t in threading.enumerate() if t.name == "person_search"]


def test_the_search_in_the_background_ends_with_the_configuration(start, probe):
    probe.detects_apart = True
    system = start(detect_every_n=2)
    system.wait_until(lambda: system.process().bodies)
    assert all(len(system.process().bodies) == 1 for _ in range(6))
    assert len(searching()) == 1
    assert changed(system, "deactivate", "activate") == "active"
    system.wait_until(lambda: system.process().bodies)
    assert changed(system, "deactivate", "cleanup") == "unconfigured"
    assert searching() == []
    assert changed(system, "configure", "activate") == "active"
    assert len(searching()) == 1


def test_cycles_leave_nothing_behind(start, probe):
    system = start()

    def cycle(n):
        for _ in range(n):
            changed(system, "deactivate", "cleanup", "configure", "activate")
        system.listen(BodyPoseArray, "/frankmocap/bodies")
        system.process()
        gc.collect()
        return threading.active_count(), len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

    before, memory = cycle(CYCLES), resident_bytes()
    after = cycle(CYCLES)
    assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)
    grown = resident_bytes() - memory
    print(f"{grown / CYCLES:.0f} bytes a cycle")
    assert grown < CYCLES * 100_000
    assert probe.closed == len(probe.made) - 1 == 2 * CYCLES
