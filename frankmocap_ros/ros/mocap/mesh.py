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

"""The surface of bodies as points for RViz, from a thread of their own: nobody's poses wait for vertices."""

import sys
import threading
import time
import traceback
from collections.abc import Sequence
from typing import Final

import numpy as np
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

from frankmocap_ros.body.pose import Body, Frame, JointState
from frankmocap_ros.errors import MocapError
from frankmocap_ros.estimators.base import MeshEstimator
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.messages.images import byte_array
from frankmocap_ros.ros.common.rclpy_internals import ros_runs
from frankmocap_ros.runtime.mailbox import Mailbox

PERIOD_S = 0.2
"""Meshes come at most at 5 Hz: somebody looks at them, nothing follows them."""
SHARE = 0.2
"""And take at most this share of their thread's time, however many people there are."""
RETRY_S = 5.0
"""After a failure the poses have the machine for themselves this long."""

_FIELDS: Final = [
    PointField(name=name, offset=4 * i, datatype=PointField.FLOAT32, count=1) for i, name in enumerate("xyz")
]


def cloud(surfaces: Sequence[Array], header: Header) -> PointCloud2:
    """Vertices of all bodies as one message: one row per body; without bodies it has no points.

    Args:
        surfaces: vertices of each body, shape (V, 3) [m].
        header: of the image.
    """
    points = np.array(surfaces, np.float32) if surfaces else np.empty((0, 0, 3), np.float32)
    height, width = points.shape[:2]
    return PointCloud2(
        header=header,
        height=height,
        width=width,
        fields=_FIELDS,
        is_bigendian=sys.byteorder == "big",
        point_step=12,
        row_step=12 * width,
        data=byte_array(points),
        is_dense=True,
    )


def _is_somewhere(body: Body) -> bool:
    """Whether a mesh has a place: a body without any known joint has none."""
    return bool((body.states != JointState.INVALID).any())


class MeshOutput:
    """Publishes meshes of the newest frame while there are subscribers.

    Args:
        node: for context and log.
        publisher: of PointCloud2; still the caller's to destroy, after ``close``.
        estimator: gives the meshes.
    """

    def __init__(self, node: LifecycleNode, publisher: LifecyclePublisher, estimator: MeshEstimator) -> None:
        self.publisher = publisher
        self._node = node
        self._log = node.get_logger()
        self._estimator = estimator
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
                self._log.error(f"no mesh; retrying in {RETRY_S:g} s: {text}")
            else:
                self._next_s = start_s + max(PERIOD_S, (time.perf_counter() - start_s) / SHARE)

    def _publish(self, frame: Frame, header: Header) -> None:
        bodies = [body for body in frame.bodies if _is_somewhere(body)]
        message = cloud([self._estimator.mesh_of(body).vertices[0] for body in bodies], header)
        if not self._mailbox.closed:
            self.publisher.publish(message)
