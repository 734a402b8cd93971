"""Bodies as triangles for RViz, from a thread of their own: nobody's poses wait for vertices.

A message has about 1 MB a body. To fill that many Points and have rclpy convert them takes some 50 ms; here
rclpy serializes a message with one point a body, and all of them are put there as bytes: 1 to 2 ms.
"""

import threading
import time
import traceback
from collections.abc import Iterable, Sequence

import numpy as np
from geometry_msgs.msg import Point, Quaternion, Vector3
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.serialization import serialize_message
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from frankmocap_ros.body import Body, Frame, JointState
from frankmocap_ros.errors import MocapError
from frankmocap_ros.estimators.base import MeshEstimator
from frankmocap_ros.geometry import Array
from frankmocap_ros.mailbox import Mailbox
from frankmocap_ros.ros.markers import LIFETIME
from frankmocap_ros.ros.running import ros_runs

PERIOD_S = 0.2
"""Meshes come at most at 5 Hz: somebody looks at them, nothing follows them."""
SHARE = 0.2
"""And take at most this share of their thread's time, however many people there are."""
RETRY_S = 5.0
"""After a failure the poses have the machine for themselves this long."""

_MESH = "mesh"
_COLOR = ColorRGBA(r=0.65, g=0.72, b=0.8, a=1.0)
_HOLDER = np.array([-1.2345678901234567e300, 2.3456789012345678e-300, -3.4567890123456789e300])
_HOLDER_POINT = Point(**dict(zip("xyz", _HOLDER.tolist(), strict=True)))


def _marker(body_id: int, header: Header) -> Marker:
    marker = Marker(
        header=header,
        ns=_MESH,
        id=body_id,
        type=Marker.TRIANGLE_LIST,
        action=Marker.ADD,
        lifetime=LIFETIME,
        scale=Vector3(x=1.0, y=1.0, z=1.0),
        color=_COLOR,
        points=[_HOLDER_POINT],
    )
    marker.pose.orientation = Quaternion(w=1.0)
    return marker


def _filled(message: bytes, points: Iterable[Array]) -> bytes:
    """Each marker's points in place of its holder.

    In CDR a list is its length in 4 bytes and its elements; a Marker's points follow without padding. They
    have 24 bytes, a multiple of every alignment: what comes after needs no other padding, however many there
    are.
    """
    holder = _HOLDER.tobytes()
    parts: list[bytes | memoryview] = []
    done = 0
    for some in points:
        first = message.index(holder, done)
        rows = np.ascontiguousarray(some, np.float64)
        parts += [message[done : first - 4], np.uint32(len(rows)).tobytes(), rows.data]
        done = first + len(holder)
    return b"".join([*parts, message[done:]])


def _is_somewhere(body: Body) -> bool:
    """Whether a mesh has a place: a body without any known joint has none."""
    return bool((body.states != JointState.INVALID).any())


class MeshMaker:
    """Makes the serialized MarkerArray of each frame, and remembers whose must be deleted."""

    def __init__(self) -> None:
        self._shown: set[int] = set()

    def make(self, surfaces: Sequence[tuple[int, Array]], header: Header) -> bytes:
        """One TRIANGLE_LIST per body, and DELETE for those who left.

        Args:
            surfaces: each body's id, and its triangles' corners, shape (P, 3), P > 0 [m].
            header: of the image.
        """
        here = {body_id for body_id, _ in surfaces}
        markers = [
            Marker(header=header, ns=_MESH, id=body_id, action=Marker.DELETE)
            for body_id in sorted(self._shown - here)
        ]
        markers += [_marker(body_id, header) for body_id, _ in surfaces]
        self._shown = here
        return _filled(serialize_message(MarkerArray(markers=markers)), (points for _, points in surfaces))


class MeshOutput:
    """Publishes meshes of the newest frame while somebody subscribes.

    Args:
        node: for context and log.
        publisher: of MarkerArray; still the caller's to destroy, after ``close``.
        estimator: gives the meshes.
    """

    def __init__(self, node: LifecycleNode, publisher: LifecyclePublisher, estimator: MeshEstimator) -> None:
        self.publisher = publisher
        self._node = node
        self._log = node.get_logger()
        self._estimator = estimator
        self._maker = MeshMaker()
        self._next_s = 0.0
        self._mailbox: Mailbox[tuple[Frame, Header]] = Mailbox()
        self._thread = threading.Thread(target=self._run, name="mocap_mesh", daemon=True)
        self._thread.start()

    def offer(self, frame: Frame, header: Header) -> None:
        """Leave a frame for the thread if anybody wants to see it; never waits."""
        if self.publisher.get_subscription_count():
            self._mailbox.put((frame, header))

    def close(self) -> None:
        """End the thread after the mesh under way."""
        self._mailbox.close()
        self._thread.join()

    def _run(self) -> None:
        while (item := self._mailbox.take()) is not None:
            start_s = time.perf_counter()
            if start_s < self._next_s:
                continue
            try:
                self._publish(*item)
            except Exception as error:  # poses go on, whatever there is about the mesh
                if not ros_runs(self._node):
                    return  # ROS is gone: nothing goes out any more
                self._next_s = time.perf_counter() + RETRY_S
                text = str(error) if isinstance(error, MocapError) else traceback.format_exc()
                self._log.error(f"no mesh, next try in {RETRY_S:g} s: {text}")
            else:
                self._next_s = start_s + max(PERIOD_S, (time.perf_counter() - start_s) / SHARE)

    def _publish(self, frame: Frame, header: Header) -> None:
        surfaces = [(body.id, self._corners(body)) for body in frame.bodies if _is_somewhere(body)]
        message = self._maker.make(surfaces, header)
        if not self._mailbox.closed:
            self.publisher.publish(message)

    def _corners(self, body: Body) -> Array:
        vertices = self._estimator.mesh_of(body).vertices[0]
        corners: Array = vertices[self._estimator.mesh.faces.ravel()]
        return corners
