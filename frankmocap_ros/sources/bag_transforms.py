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

"""TF of a bag: where a camera is in another frame at an image's time."""

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import SourceError, TransformError
from frankmocap_ros.geometry.rigid_transform import IDENTITY, RigidTransform, interpolated
from frankmocap_ros.geometry.rotation import normalize
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.sources.bag import Bag

_TOPICS: Final = ("/tf", "/tf_static")


class BagTransforms:
    """Transforms between two frames of a bag, as TF has them: interpolated, never extrapolated.

    Only the frames between the two are kept, so that a robot's joints in an hour of recording are not.

    Args:
        path: of the bag; it is opened and closed again.
        target: frame to be in.
        frame: frame to come from.

    Raises:
        SourceError: the bag's TF does not connect the frames, or the bag is damaged.
    """

    def __init__(self, path: Path, target: str, frame: str) -> None:
        with Bag(path) as bag:
            parents: dict[str, str] = {}
            for _, stamped in _transforms(bag):
                parents[stamped.child_frame_id] = stamped.header.frame_id
            up, down = _ways(parents, frame, target)
            if up[-1] != down[-1]:
                known = ", ".join(sorted({*parents, *parents.values()})) or "it has none"
                raise SourceError(
                    f"{printable(path)}: its TF does not connect {frame!r}, the images' frame, with "
                    f"{target!r}; frames of its TF: {known}"
                )
            self._edges = {child: _Edge(child, parents[child]) for child in {*up[:-1], *down[:-1]}}
            for is_static, stamped in _transforms(bag):
                edge = self._edges.get(stamped.child_frame_id)
                if edge is not None and edge.parent == stamped.header.frame_id:
                    edge.add(is_static, stamped)
        self._up, self._down = up[:-1], down[:-1]

    def at(self, stamp_ns: int) -> RigidTransform:
        """Where the frame is in the target at a time [ns].

        Raises:
            TransformError: TF of that time is not in the bag.
        """
        return self._chain(self._down, stamp_ns).inverse() @ self._chain(self._up, stamp_ns)

    def _chain(self, children: list[str], stamp_ns: int) -> RigidTransform:
        """Where the first frame is in the parent of the last."""
        whole = IDENTITY
        for child in children:
            whole = self._edges[child].at(stamp_ns) @ whole
        return whole


class _Edge:
    """What is known of one frame in its parent."""

    def __init__(self, child: str, parent: str) -> None:
        self.parent = parent
        self._child = child
        self._static: RigidTransform | None = None
        self._moving: dict[int, RigidTransform] = {}
        self._stamps_ns: list[int] = []

    def add(self, is_static: bool, stamped: Any) -> None:
        """Take a ``geometry_msgs/TransformStamped``."""
        t, q = stamped.transform.translation, stamped.transform.rotation
        turn = np.array((q.x, q.y, q.z, q.w))
        if not turn.any():
            return  # as TF does, which refuses what is no rotation
        found = RigidTransform(np.array((t.x, t.y, t.z)), normalize(turn))
        if is_static:
            self._static = found
            return
        self._moving[nanoseconds(stamped.header.stamp)] = found

    def at(self, stamp_ns: int) -> RigidTransform:
        if self._static is not None:
            return self._static
        if len(self._stamps_ns) != len(self._moving):
            self._stamps_ns = sorted(self._moving)
        after = bisect_left(self._stamps_ns, stamp_ns)
        if after < len(self._stamps_ns) and self._stamps_ns[after] == stamp_ns:
            return self._moving[stamp_ns]
        if not 0 < after < len(self._stamps_ns):
            first, last = (1e-9 * self._stamps_ns[i] for i in (0, -1)) if self._stamps_ns else (0.0, 0.0)
            raise TransformError(
                f"TF of {self._child} in {self.parent} is known from {first:.3f} s to {last:.3f} s, the "
                f"image is of {1e-9 * stamp_ns:.3f} s"
            )
        before_ns, after_ns = self._stamps_ns[after - 1], self._stamps_ns[after]
        share = (stamp_ns - before_ns) / (after_ns - before_ns)
        return interpolated(self._moving[before_ns], self._moving[after_ns], share)


def _transforms(bag: Bag) -> Iterator[tuple[bool, Any]]:
    """Each transform of TF, with whether it is static."""
    for received in bag.messages(_TOPICS):
        for stamped in received.message.transforms:
            yield received.topic == "/tf_static", stamped


def _ways(parents: dict[str, str], frame: str, target: str) -> tuple[list[str], list[str]]:
    """Frames from each of two up to the first that both have in common, or to their roots."""
    up, down = (_to_root(parents, name) for name in (frame, target))
    common = next((name for name in up if name in down), None)
    if common is None:
        return up, down
    return up[: up.index(common) + 1], down[: down.index(common) + 1]


def _to_root(parents: dict[str, str], name: str) -> list[str]:
    """The frame and all above it; a circle, which TF refuses, ends where it closes."""
    way = [name]
    while (parent := parents.get(way[-1])) is not None and parent not in way:
        way.append(parent)
    return way
