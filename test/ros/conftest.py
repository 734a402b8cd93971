"""A mocap node and a peer that talks to it through real DDS, in a ROS domain of their own."""

import ctypes
import fcntl
import gc
import importlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters, SetParameters, SetParametersAtomically
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image

from frankmocap_ros.body.pose import KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.estimators import registry
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.images.images import fill_image
from frankmocap_ros.ros.mocap.mocap_node import MocapNode

from .standin_packages import NAMES, built

_SYSTEMS = itertools.count(1)  # tests with a node, so far
END_S = 5.0
TIMEOUT_S = 60.0  # two busy cores are slow; nothing waits that long where all is well

_RIGHT_SIDE = {  # of a person who faces the camera with arms spread; hips' middle is the origin [m]
    "ear": (-0.08, -0.65, 0.0), "shoulder": (-0.18, -0.5, 0.0), "elbow": (-0.45, -0.5, 0.0),
    "wrist": (-0.70, -0.5, 0.0), "index1": (-0.78, -0.5, -0.03), "pinky1": (-0.78, -0.5, 0.03),
    "hip": (-0.1, 0.0, 0.0), "knee": (-0.1, 0.42, -0.02), "ankle": (-0.1, 0.84, 0.0),
    "foot": (-0.1, 0.9, -0.15),
}  # fmt: skip
_MIRROR = {"left": (-1.0, 1.0, 1.0), "right": (1.0, 1.0, 1.0)}


def _figure() -> np.ndarray:
    points = {"nose": (0.0, -0.62, -0.12)}
    for part, xyz in _RIGHT_SIDE.items():
        points |= {f"{side}_{part}": tuple(np.multiply(xyz, _MIRROR[side])) for side in _MIRROR}
    return np.array([points[name] for name in KEYPOINTS])


FIGURE = _figure()


@dataclass
class Person:
    """Somebody whom the probe sees: hips' middle at ``position`` [m], confidence per keypoint name."""

    position: tuple[float, float, float] = (0.0, -0.1, 3.0)
    confidence: dict[str, float] = field(default_factory=dict)
    points: Callable[[np.ndarray], np.ndarray] = lambda points: points  # what is made of the true ones

    def observed(self, camera) -> Observation:
        points = FIGURE + self.position
        pixels = camera.project(points)
        low, size = pixels.min(axis=0), np.ptp(pixels, axis=0)
        confidence = np.array([self.confidence.get(name, 0.9) for name in KEYPOINTS])
        return Observation(
            pose=KeypointPose(self.points(points), confidence),
            box_xywh=np.concatenate([low, size]),
            score=0.9,
            scale_source=ScaleSource.NONE,
            region=Region(low + 0.5 * size, 1.25 * float(size.max())),
        )


@dataclass(frozen=True)
class Seen:
    """What the probe was given with one image. ``detect_limit`` is None where nobody was looked for."""

    time_s: float
    size_px: tuple[int, int]
    camera: Any
    calibrated: bool
    regions: tuple[Region, ...]
    detect_limit: int | None
    start_s: float


class Probe:
    """An estimator that sees exactly ``people``, and remembers what it was given."""

    name = "probe"

    def __init__(self) -> None:
        self.people = [Person()]
        self.seen: list[Seen] = []
        self.error: Exception | None = None
        self.duration_s = 0.0
        self.made: list[object] = []
        self.warmed = self.closed = 0
        self.needs_regions = True
        self.detects_apart = False
        self.during: Callable[[], None] = lambda: None
        self._detect_limit: int | None = None
        self.searched_px = (0, 0)  # of the last image in which people were looked for

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_people=16,
            needs_regions=self.needs_regions,
            orientations=False,
            hands=False,
            device="cpu",
            detects_apart=self.detects_apart,
        )

    @staticmethod
    def person(*position: float, **confidence: float) -> Person:
        """Somebody at x, y, z [m], with the confidence of some keypoints."""
        return Person(position or Person.position, confidence)

    def make(self, config, *_) -> "Probe":
        """In place of the registry's function."""
        self.made.append(config)
        return self

    def warm_up(self) -> None:
        self.warmed += 1

    def close(self) -> None:
        self.closed += 1

    def detect(self, image, max_people: int) -> list[Region]:
        self._detect_limit = max_people
        self.searched_px = image.bitmap.size_px
        return [self._observed(p, image).region for p in self.people][:max_people]

    def estimate(self, image, regions) -> list[Observation | None]:
        limit, self._detect_limit = self._detect_limit, None
        self.seen.append(
            Seen(
                image.time_s, image.bitmap.size_px, image.camera, image.calibrated, tuple(regions), limit,
                time.perf_counter(),
            )
        )  # fmt: skip
        self.during()
        time.sleep(self.duration_s)
        if self.error is not None:
            raise self.error
        people = [self._observed(p, image) for p in self.people]
        if not self.needs_regions:
            return people
        return [min(people, key=lambda p: _distance(p, r), default=None) for r in regions]

    def _observed(self, person: Person, image) -> Observation:
        observation = person.observed(image.camera)
        scale = ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT
        return Observation(**{**vars(observation), "scale_source": scale})


def _distance(observation: Observation, region: Region) -> float:
    return float(np.hypot(*(observation.region.center_px - region.center_px)))


class Inbox:
    """Every message of one topic, in order of arrival."""

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, msg: Any) -> None:
        with self._changed:
            self._messages.append(msg)
            self._changed.notify_all()

    @property
    def messages(self) -> list[Any]:
        with self._changed:
            return list(self._messages)

    def __len__(self) -> int:
        return len(self.messages)

    def wait(self, wanted: Callable[[Any], Any] = lambda _: True, after: int = 0) -> Any:
        """The first message from number ``after`` on that is wanted."""
        end_s = time.monotonic() + TIMEOUT_S
        with self._changed:
            while True:
                for number in range(after, len(self._messages)):
                    if wanted(self._messages[number]):
                        return self._messages[number]
                after = len(self._messages)
                if not self._changed.wait(end_s - time.monotonic()):
                    raise TimeoutError(f"{len(self._messages)} messages, none wanted")

    def next(self, wanted: Callable[[Any], Any] = lambda _: True) -> Any:
        """The next message from now on that is wanted."""
        return self.wait(wanted, after=len(self))


def wait_until(condition: Callable[[], Any], what: str = "condition") -> Any:
    """Wait for what nothing announces."""
    end_s = time.monotonic() + TIMEOUT_S
    while not (result := condition()):
        if time.monotonic() > end_s:
            raise TimeoutError(what)
        time.sleep(0.005)
    return result


def nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


class Spinner:
    """A node that spins in a thread of its own; ``close`` tells what a callback raised.

    So it does of what another thread destroyed meanwhile: rclpy may raise InvalidHandle then, but seldom.
    """

    def __init__(self, node: Node, context: Context) -> None:
        self._elsewhere: list[str] = []
        for name in ("destroy_publisher", "destroy_subscription", "destroy_timer", "destroy_client"):
            setattr(node, name, partial(self._destroy, getattr(node, name)))
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(node)
        self._end = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        try:
            while not self._end.is_set():
                self._executor.spin_once(timeout_sec=0.2)
        except BaseException as error:
            self._error = error

    def _destroy(self, destroy: Callable[[Any], bool], what: Any) -> bool:
        if threading.current_thread() is not self._thread and not self._end.is_set():
            self._elsewhere.append("".join(traceback.format_stack()))
        return destroy(what)

    def close(self) -> None:
        self._end.set()
        self._executor.create_task(lambda: None)  # ends spin_once, which waking alone does not
        self._thread.join(TIMEOUT_S)
        self._executor.shutdown()  # not before: it takes away what the thread waits on
        if self._error is not None:
            raise AssertionError("an exception left a callback") from self._error
        assert not self._elsewhere, f"destroyed outside of the executor's thread:\n{self._elsewhere[0]}"


class Peer:
    """Everybody around the node: publishes images, calls services, listens."""

    stamp = staticmethod(lambda msg: nanoseconds(msg.header.stamp))
    wait_until = staticmethod(wait_until)

    def __init__(
        self,
        context: Context,
        other: Node | None = None,
        name: str = "frankmocap",
        node_name: str = "peer",
    ) -> None:
        self.node = Node(node_name, context=context)
        self._other = other
        self._name = name
        self._clients: dict[str, Any] = {}
        self._publishers: dict[str, Any] = {}
        self._last_ns = 0

    def listen(self, kind: type, topic: str, qos: QoSProfile | int = 1000) -> Inbox:
        inbox = Inbox()
        subscription = self.node.create_subscription(kind, topic, inbox, qos)
        for publisher in self._others("publishers", subscription):
            wait_until(publisher.get_subscription_count, f"{topic} is not heard")
            wait_until(subscription.get_publisher_count, f"nobody publishes {topic}")
        return inbox

    def publisher(self, kind: type, topic: str, qos: QoSProfile | int = 10) -> Any:
        """A publisher that somebody listens to."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(kind, topic, qos)
        publisher = self._publishers[topic]
        wait_until(publisher.get_subscription_count, f"nobody listens to {topic}")
        for subscription in self._others("subscriptions", publisher):
            wait_until(subscription.get_publisher_count, f"{topic} is not heard")
        return publisher

    def _others(self, kind: str, mine: Any) -> list[Any]:
        """Ends of a topic at the other node of this process: both sides must know of each other."""
        ends = getattr(self._other, kind) if self._other is not None else ()
        return [end for end in ends if end.topic_name == mine.topic_name]

    def next_stamp(self) -> int:
        """Now, and later than the last one [ns]."""
        self._last_ns = max(self._last_ns + 1_000_000, time.time_ns())
        return self._last_ns

    def stamped(self, msg: Any, stamp_ns: int | None = None, frame_id: str = "cam") -> Any:
        stamp_ns = self.next_stamp() if stamp_ns is None else stamp_ns
        msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        msg.header.frame_id = frame_id
        return msg

    def image(
        self, stamp_ns: int | None = None, size: tuple[int, int] = (320, 240), encoding: str = "mono8"
    ) -> Image:
        msg = self.stamped(Image(), stamp_ns)
        shape = size[::-1] if encoding == "mono8" else (*size[::-1], 3)
        fill_image(msg, np.full(shape, 90, np.uint8), encoding)
        return msg

    def send(self, msg: Image | None = None, **options: Any) -> int:
        """Publish an image; returns its stamp [ns]."""
        msg = self.image(**options) if msg is None else msg
        self.publisher(Image, "image").publish(msg)
        return nanoseconds(msg.header.stamp)

    def send_info(self, width: int = 320, height: int = 240, focal: float = 400.0) -> CameraInfo:
        """Publish a calibration. It travels apart from the images: one image more may go before it."""
        msg = self.stamped(CameraInfo(width=width, height=height))
        msg.k = [focal, 0.0, width / 2.0, 0.0, focal, height / 2.0, 0.0, 0.0, float(focal > 0.0)]
        self.publisher(CameraInfo, "camera_info").publish(msg)
        return msg

    def call(self, kind: type, service: str, request: Any) -> Any:
        """Call a service of the node, or one with a full name, and return the answer."""
        name = service if service.startswith("/") else f"/{self._name}/{service}"
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        wait_until(client.service_is_ready, name)  # rclpy's own wait looks every 0.25 s
        done = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: done.set())
        assert done.wait(TIMEOUT_S), name
        return future.result()

    def try_to_set(self, **values: Any) -> list[Any]:
        """Set parameters through the service; one result each. A Parameter is sent as it is."""
        request = SetParameters.Request(parameters=_parameter_messages(values))
        return self.call(SetParameters, "set_parameters", request).results

    def try_to_set_at_once(self, **values: Any) -> Any:
        request = SetParametersAtomically.Request(parameters=_parameter_messages(values))
        return self.call(SetParametersAtomically, "set_parameters_atomically", request).result

    def set(self, **values: Any) -> None:
        for result in self.try_to_set(**values):
            assert result.successful, result.reason

    def get(self, *names: str) -> Any:
        """Values of parameters through the service; one alone for one name."""
        answer = self.call(GetParameters, "get_parameters", GetParameters.Request(names=list(names)))
        values = [parameter_value_to_python(value) for value in answer.values]
        return values[0] if len(names) == 1 else values

    def state(self) -> str:
        return self.call(GetState, "get_state", GetState.Request()).current_state.label

    def change(self, label: str) -> bool:
        """Run a lifecycle transition; returns whether it succeeded."""
        request = ChangeState.Request(transition=Transition(label=label))
        return self.call(ChangeState, "change_state", request).success


def _parameter_messages(values: dict[str, Any]) -> list[Any]:
    return [
        (value if isinstance(value, Parameter) else Parameter(name, value=value)).to_parameter_msg()
        for name, value in values.items()
    ]


class System(Peer):
    """A mocap node and its peer."""

    def __init__(self, node: MocapNode, context: Context) -> None:
        super().__init__(context, node)
        self.mocap = node
        self.bodies = self.listen(BodyPoseArray, "/frankmocap/bodies")
        self.diagnostics = self.listen(DiagnosticArray, "/diagnostics")

    def process(self, msg: Image | None = None, **options: Any) -> BodyPoseArray:
        """Publish an image and return its bodies."""
        heard = len(self.bodies)
        stamp_ns = self.send(msg, **options)
        return self.bodies.wait(lambda bodies: nanoseconds(bodies.header.stamp) == stamp_ns, after=heard)

    def status(self, wanted: Callable[[Any], Any] = lambda _: True) -> Any:
        """The next status of the node that is wanted."""
        return self.diagnostics.next(lambda msg: wanted(msg.status[0])).status[0]

    def values(self, wanted: Callable[[dict[str, str]], Any] = lambda _: True) -> dict[str, str]:
        """The next values in diagnostics that are wanted."""
        return as_dict(self.status(lambda status: wanted(as_dict(status))))


def as_dict(status: Any) -> dict[str, str]:
    return {value.key: value.value for value in status.values}


@pytest.fixture(scope="session")
def domains():
    """Numbers from 1 to 100, over and over; processes begin at different ones."""
    return itertools.islice(itertools.cycle(range(1, 101)), os.getpid() % 100, None)


@pytest.fixture
def domain(domains):
    """A ROS domain that no other test of this machine uses now, nor the one before of this process."""
    for n in itertools.islice(domains, 100):
        with (Path(tempfile.gettempdir()) / f"frankmocap_ros_test_domain_{n}").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield n
            return
    raise RuntimeError("all domains are in use")


@pytest.fixture
def context(domain):
    """Makes contexts in the test's domain."""
    with ExitStack() as stack:

        def make(args: list[str] | None = None) -> Context:
            context = Context()
            rclpy.init(args=args, context=context, domain_id=domain)
            stack.callback(context.try_shutdown)
            return context

        yield make


@pytest.fixture
def probe(monkeypatch):
    """The estimator of every node that this test makes."""
    probe = Probe()
    monkeypatch.setitem(registry.ESTIMATORS, "blazepose", probe.make)
    return probe


@pytest.fixture
def start(context):
    """Starts a node and a peer: ``start(smoothing="none", ...)``.

    Parameters with dots: ``overrides``. What the node's process would be given: ``arguments``.

    Without other words images of any age are taken, and diagnostics come every 0.1 s.
    """
    gc.freeze()  # a node that becomes active looks for garbage: only among what this test makes
    with ExitStack() as stack:

        def begin(
            overrides: dict[str, Any] | None = None, arguments: list[str] | None = None, **parameters: Any
        ) -> System:
            values = {
                "max_image_age_s": 0.0, "diagnostics_period_s": 0.1, **parameters, **(overrides or {}),
            }  # fmt: skip
            theirs, ours = context(arguments), context()
            node = MocapNode(
                context=theirs, parameter_overrides=[Parameter(k, value=v) for k, v in values.items()]
            )
            stack.callback(node.destroy_node)
            stack.callback(Spinner(node, theirs).close)
            system = System(node, ours)
            stack.callback(system.node.destroy_node)
            stack.callback(Spinner(system.node, ours).close)
            return system

        yield begin
    # a lifecycle node keeps its DDS participant until Python drops it, and Fast DDS only looks for some
    # tens of participants a machine
    gc.unfreeze()
    if next(_SYSTEMS) % 2 == 0:
        gc.collect()


@pytest.fixture(scope="session")
def standins(tmp_path_factory):
    """Modules of ROS packages that PyPI does not have, not importable by name: see ``tf``."""
    packages, libraries = built(tmp_path_factory.mktemp("standins"))
    for library in sorted(libraries.glob("*.so")):
        ctypes.CDLL(str(library))  # the middleware asks for them by name
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(packages)
        for name in ("tf2_msgs.msg", "hri_msgs.msg", "tf2_ros"):
            importlib.import_module(name)
    names = [name for name in sys.modules if name.partition(".")[0] in NAMES]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def tf(standins, monkeypatch):
    """As if they were installed; before ``start``, so that they still are when nodes end."""
    for name, module in standins.items():
        monkeypatch.setitem(sys.modules, name, module)
    return standins["tf2_msgs.msg"].TFMessage


@pytest.fixture
def port():
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Program:
    """A process of the package."""

    process: subprocess.Popen
    output: Path

    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def end(self, signal_number: int) -> tuple[int, float]:
        """Send a signal; returns exit code and the time until the end [s]."""
        start_s = time.monotonic()
        self.process.send_signal(signal_number)
        code = self.process.wait(TIMEOUT_S)
        return code, time.monotonic() - start_s


@pytest.fixture
def program(domain, tmp_path):
    """Starts an installed console script in the test's domain."""
    started: list[Program] = []

    def begin(*command: str, **environment: str) -> Program:
        output = tmp_path / f"output{len(started)}.txt"
        script = str(Path(sys.executable).parent / command[0])  # or python itself
        with output.open("wb") as file:
            process = subprocess.Popen(
                [script, *command[1:]],
                cwd=tmp_path,
                env={**os.environ, "ROS_DOMAIN_ID": str(domain), **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        started.append(Program(process, output))
        return started[-1]

    yield begin
    for program in started:
        if program.process.poll() is None:
            program.process.send_signal(signal.SIGINT)  # a demo ends its nodes
    for program in started:
        try:
            program.process.wait(END_S)
        except subprocess.TimeoutExpired:
            program.process.kill()
            program.process.wait()


@pytest.fixture
def peer(context):
    """A peer without a node of its own, for processes."""
    ours = context()
    peer = Peer(ours)
    spinner = Spinner(peer.node, ours)
    yield peer
    spinner.close()
    peer.node.destroy_node()
