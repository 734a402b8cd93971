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

"""Time to fill and publish the messages of one frame, heard by another process or not; and to read bodies.

`python benchmarks/bench_messages.py [FRAMES]` prints median and p99 milliseconds. The ways take turns in
one run; before each the caches are swept, as a network does between two frames of a node.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.body.pose import Body, Frame, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, Skeleton
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.msg import BodyPoseArray, JointPoseStamped, Latency
from frankmocap_ros.ros.common.conversions import BodiesMessage, JointMessages, latency_message
from frankmocap_ros.ros.common.qos import RESULTS
from frankmocap_ros.ros.gate.operator_message import read_bodies
from frankmocap_ros.ros.mocap.annotated import AnnotatedImages
from frankmocap_ros.ros.mocap.body_frames import BodyFrames
from frankmocap_ros.ros.mocap.markers import MarkerMaker
from frankmocap_ros.ros.mocap.mesh import cloud
from frankmocap_ros.teleop.operator_message import OperatorReader

DOMAIN = 91
SWEEP = np.zeros(32 * 2**20, np.uint8)
PAUSE_S = 0.004
KINDS = {
    "bodies": BodyPoseArray,
    "joint": JointPoseStamped,
    "pose": PoseStamped,
    "latency": Latency,
    "markers": MarkerArray,
    "annotated": Image,
    "mesh": PointCloud2,
}
VERTICES = 6890  # of SMPL
WATCHED = tuple(name for name in BODY.names if "left" in name or "right" in name)
with contextlib.suppress(ImportError):  # PyPI does not have it
    from tf2_msgs.msg import TFMessage

    KINDS["tf"] = TFMessage
HEADER = Header(frame_id="camera_optical_frame")
STAGES_MS = {"decode": 1.0, "detect": 2.0, "regress": 3.0, "post": 4.0}


@dataclass
class Way:
    """One way to do something; ``steps`` are timed one by one."""

    name: str
    steps: tuple[Callable[[], object], ...]
    times_s: list[list[float]] = field(default_factory=list)

    def run(self) -> None:
        """Do it once with cold caches."""
        time.sleep(PAUSE_S)
        np.add(SWEEP, 1, out=SWEEP)
        times = [time.perf_counter()]
        for step in self.steps:
            step()
            times.append(time.perf_counter())
        self.times_s.append(np.diff(times).tolist())

    def row(self) -> str:
        """Medians of the steps; median and p99 of all together."""
        times_ms = 1e3 * np.array(self.times_s[5:])
        whole = times_ms.sum(axis=1)
        steps = " + ".join(f"{ms:.3f}" for ms in np.median(times_ms, axis=0))
        return f"{self.name:42}{np.median(whole):9.3f}{np.percentile(whole, 99):9.3f}   {steps}"


def frame_of(skeleton: Skeleton, people: int) -> Frame:
    """Somebody with random numbers, as FrankMocap gives them."""
    rng, n = np.random.default_rng(0), len(skeleton)
    body = Body(
        id=1,
        estimator="frankmocap",
        skeleton=skeleton,
        positions=rng.normal(size=(n, 3)),
        orientations_xyzw=rng.normal(size=(n, 4)),
        local_rotations_xyzw=rng.normal(size=(n, 4)),
        pixels=rng.uniform(0, 640, (n, 2)),
        confidence=rng.uniform(size=n),
        orientation_confidence=rng.uniform(size=n),
        states=np.ones(n, np.uint8),
        box_xywh=rng.uniform(0, 640, 4),
        scale_source=ScaleSource.ASSUMED_HEIGHT,
        betas=rng.normal(size=10),
    )
    return Frame(0, 0.0, (body,) * people, 1, STAGES_MS, Camera.from_fov(640, 480, 60.0))


def bodies_ways(frame: Frame, publisher: Publisher, name: str) -> list[Way]:
    """Bodies on their way out, and what the gate takes to read them."""
    maker, reader = BodiesMessage(1), OperatorReader(WATCHED)
    data = serialize_message(maker.message(frame, HEADER, 10.0))
    made: list[BodyPoseArray] = []

    def deserialize() -> None:
        made[:] = [read_bodies(data)]

    return [
        two_steps(name, lambda: maker.message(frame, HEADER, 10.0), publisher),
        Way(f"{name}, read by the gate", (deserialize, lambda: reader.read(made[0], 0.0))),
    ]


def tf_ways(frame: Frame, publisher: Publisher) -> list[Way]:
    """Everybody on /tf."""
    frames = BodyFrames("", rep155=False)
    return [two_steps("tf: hips and 24 joints", lambda: frames.message(frame, HEADER), publisher)]


def ways_of(publishers: dict[str, Publisher]) -> list[Way]:
    """Everything that is measured."""
    one = frame_of(BODY, 1)
    joint = JointMessages("left_wrist")

    def joint_topics() -> None:
        stamped, pose = joint.messages(one, HEADER) or (None, None)
        publishers["joint"].publish(stamped)
        publishers["pose"].publish(pose)

    def latency() -> None:
        publishers["latency"].publish(latency_message(HEADER, STAGES_MS, 10.0, 0, 0))

    ways = tf_ways(one, publishers["tf"]) if "tf" in publishers else []
    return [
        *bodies_ways(one, publishers["bodies"], "bodies: 24 joints"),
        *bodies_ways(frame_of(BODY_WITH_HANDS, 1), publishers["bodies"], "bodies: 54 joints"),
        *bodies_ways(frame_of(BODY, 4), publishers["bodies"], "bodies: 4 x 24 joints"),
        Way("two topics of a joint", (joint_topics,)),
        Way("latency", (latency,)),
        *to_look_at(one, publishers),
        *ways,
    ]


def to_look_at(frame: Frame, publishers: dict[str, Publisher]) -> list[Way]:
    """What only people look at; the node makes it for subscribers only."""
    markers, annotated = MarkerMaker(), AnnotatedImages()
    bitmap = Bitmap(np.zeros((480, 640, 3), np.uint8))
    vertices = np.random.default_rng(0).normal(size=(VERTICES, 3))

    def picture() -> Image:
        return annotated.message(frame, HEADER, bitmap, 10.0)

    return [
        two_steps("markers", lambda: markers.make(frame, HEADER, 10.0), publishers["markers"]),
        two_steps("annotated, 640x480", picture, publishers["annotated"]),
        two_steps("mesh, 6890 vertices", lambda: cloud([vertices], HEADER), publishers["mesh"]),
    ]


def two_steps(name: str, make: Callable[[], object], publisher: Publisher) -> Way:
    """To make a message, and to publish it."""
    made: list[object] = [None]

    def fill() -> None:
        made[0] = make()

    return Way(name, (fill, lambda: publisher.publish(made[0])))


def listen() -> None:
    """The other process: hear everything, until it is ended."""
    rclpy.init(domain_id=DOMAIN)
    node = Node("bench_listener")
    for name, kind in KINDS.items():
        node.create_subscription(kind, name, lambda _: None, RESULTS)
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


def main(frames: int = 300) -> None:
    """Print both tables."""
    rclpy.init(domain_id=DOMAIN)
    node = Node("bench_messages")
    publishers = {name: node.create_publisher(kind, name, RESULTS) for name, kind in KINDS.items()}
    for heard in (False, True):
        listener = subprocess.Popen([sys.executable, __file__, "listen"]) if heard else None
        try:
            while heard and not all(p.get_subscription_count() for p in publishers.values()):
                time.sleep(0.1)
            ways = ways_of(publishers)
            for _ in range(frames + 5):
                for way in ways:
                    way.run()
        finally:
            if listener is not None:
                listener.terminate()
                listener.wait()
        print(f"{'heard by another process' if heard else 'nobody listens':42}  p50 [ms] p99 [ms]   steps")
        for way in ways:
            print(way.row())
    node.destroy_node()
    rclpy.shutdown()


if __name__ == "__main__":
    if sys.argv[1:] == ["listen"]:
        listen()
    else:
        main(*(int(argument) for argument in sys.argv[1:2]))
