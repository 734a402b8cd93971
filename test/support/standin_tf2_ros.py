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

"""The part of tf2_ros that this package uses, as honest: nothing is known outside of what was heard."""

import threading
from bisect import bisect_right

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import TransformStamped
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.qos import DurabilityPolicy, QoSProfile
from tf2_msgs.msg import TFMessage

from frankmocap_ros.geometry.rotation import normalize, quat_conjugate, quat_multiply, quat_rotate

_KEPT_NS = 10 * 10**9  # tf2 refuses what is older than its latest by more


class TransformException(Exception):  # noqa: N818  # its own name
    """Root of the others."""


class LookupException(TransformException):
    """A frame is not known."""


class ConnectivityException(TransformException):
    """Nothing connects two frames."""


class ExtrapolationException(TransformException):
    """The time is outside of the data."""


class InvalidArgumentException(TransformException):
    """A frame has no name, or one that begins with a slash."""


def _ns(time):
    return time.sec * 10**9 + time.nanosec


class Buffer:
    """Remembers transforms."""

    def __init__(self):
        self._lock = threading.Lock()
        self._parents = {}  # child -> parent
        self._heard = {}  # child -> sorted [(ns, translation, rotation)], without time where it is static

    def set_transform(self, transform, authority):
        self._set(transform, _ns(transform.header.stamp))

    def set_transform_static(self, transform, authority):
        self._set(transform, None)

    def _set(self, msg, ns):
        t, q = msg.transform.translation, msg.transform.rotation
        row = (ns, np.array((t.x, t.y, t.z)), np.array((q.x, q.y, q.z, q.w)))
        child = msg.child_frame_id.lstrip("/")
        with self._lock:
            self._parents[child] = msg.header.frame_id.lstrip("/")
            rows = self._heard.setdefault(child, [])
            if ns is None:
                rows[:] = [row]
            elif not rows or ns >= rows[-1][0] - _KEPT_NS:
                rows.insert(bisect_right([r[0] for r in rows], ns), row)

    def clear(self):
        """Forget what has a time."""
        with self._lock:
            for rows in self._heard.values():
                if rows and rows[0][0] is not None:
                    rows.clear()

    def _chain(self, frame):
        """Frames from this one to its root."""
        if not frame or frame.startswith("/"):
            raise InvalidArgumentException(f'Invalid argument "{frame}" passed to lookupTransform')
        if frame not in self._parents and frame not in self._parents.values():
            raise LookupException(f'"{frame}" passed to lookupTransform does not exist.')
        chain = [frame]
        while chain[-1] in self._parents:
            chain.append(self._parents[chain[-1]])
        return chain

    def _at(self, child, ns):
        rows = self._heard[child]
        if not rows:
            raise ConnectivityException(f"no transform of '{child}' was heard since the buffer was cleared")
        if rows[0][0] is None:
            return rows[0][1:]
        times = [row[0] for row in rows]
        after = bisect_right(times, ns)
        if after and times[after - 1] == ns:
            return rows[after - 1][1:]
        if after == 0 or after == len(rows):
            way, there = ("past", "earliest") if after == 0 else ("future", "latest")
            raise ExtrapolationException(
                f"Lookup would require extrapolation into the {way}.  Requested time {ns * 1e-9:.6f} but the "
                f"{there} data is at time {times[0 if after == 0 else -1] * 1e-9:.6f}"
            )
        (a, t0, q0), (b, t1, q1) = rows[after - 1], rows[after]
        share = (ns - a) / (b - a)
        q1 = q1 if q0 @ q1 >= 0.0 else -q1
        return t0 + share * (t1 - t0), normalize(q0 + share * (q1 - q0))

    def _to(self, chain, ns):
        """Where the first frame of a chain is in the last one."""
        t, q = np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])
        for child in chain[:-1]:
            t1, q1 = self._at(child, ns)
            t, q = quat_rotate(q1, t) + t1, quat_multiply(q1, q)
        return t, q

    def lookup_transform(self, target_frame, source_frame, time, timeout=None):
        with self._lock:
            target, source = self._chain(target_frame), self._chain(source_frame)
            shared = [frame for frame in source if frame in target]
            if not shared:
                raise ConnectivityException(
                    f"Could not find a connection between '{target_frame}' and '{source_frame}'"
                )
            up, down = source[: source.index(shared[0]) + 1], target[: target.index(shared[0]) + 1]
            ns = _ns(time)
            if ns == 0:  # the latest that all have
                heard = [rows for c in (*up[:-1], *down[:-1]) if (rows := self._heard[c])]
                ns = min((rows[-1][0] or 2**62 for rows in heard), default=0)
            (t0, q0), (t1, q1) = self._to(up, ns), self._to(down, ns)
        q = quat_multiply(quat_conjugate(q1), q0)
        x, y, z = quat_rotate(quat_conjugate(q1), t0 - t1).tolist()
        found = TransformStamped(child_frame_id=source_frame)
        found.header.frame_id = target_frame
        found.header.stamp = Time(sec=ns // 10**9 % 2**31, nanosec=ns % 10**9)
        translation, rotation = found.transform.translation, found.transform.rotation
        translation.x, translation.y, translation.z = x, y, z
        rotation.x, rotation.y, rotation.z, rotation.w = q.tolist()
        return found

    def can_transform(self, target_frame, source_frame, time, timeout=None):
        try:
            self.lookup_transform(target_frame, source_frame, time)
        except TransformException:
            return False
        return True


class TransformListener:
    """Fills a buffer with what is published."""

    def __init__(self, buffer, node):
        self.node, group = node, ReentrantCallbackGroup()
        latched = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._all = [
            node.create_subscription(TFMessage, topic, self._to(take), qos, callback_group=group)
            for topic, take, qos in (
                ("/tf", buffer.set_transform, QoSProfile(depth=100)),
                ("/tf_static", buffer.set_transform_static, latched),
            )
        ]

    @staticmethod
    def _to(take):
        def heard(msg):
            for transform in msg.transforms:
                take(transform, "default_authority")

        return heard

    def unregister(self):
        for subscription in self._all:
            self.node.destroy_subscription(subscription)
