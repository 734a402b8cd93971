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

"""Bodies made of tubes: one around each bone, with skinning weights and the ring that marks its joint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.rotation import Array, cross, normalize

_BLEND = 0.3  # share of a bone at each end over which its skin belongs to the next bone too
_LEAST_RINGS = 4  # so that the middle of each bone has skin that moves with it alone
_CAP = 0.5  # how far a tube's ends stand out, in radii


@dataclass(frozen=True, eq=False)
class Tube:
    """Skin around the bone that starts at a joint.

    Attributes:
        joint: row of the joint.
        parent: row of the joint before it, or its own where there is none.
        child: row of the joint at the other end, or its own where there is none.
        ends: shape (2, 3), where the bone starts and ends [m].
        radii: shape (2, 2), half width and half depth of both ends [m].
        sides: points of a ring, an even number: a ring's mean is then its center.
    """

    joint: int
    parent: int
    child: int
    ends: Array
    radii: Array
    sides: int

    @property
    def area(self) -> float:
        """Size of its surface, roughly [m^2]."""
        return float(np.linalg.norm(self.ends[1] - self.ends[0]) * self.radii.mean() * 6.0)


@dataclass(frozen=True, eq=False)
class Skin:
    """Points on tubes.

    Attributes:
        vertices: shape (V, 3) [m].
        outward: shape (V, 3), from the bone to the vertex [m].
        weights: shape (V, J), rows sum to 1.
        faces: shape (F, 3), corners of triangles.
        rings: joint -> the vertices whose mean it is.
        tops: joint -> the vertex at the far end of its tube.
    """

    vertices: Array
    outward: Array
    weights: Array
    faces: NDArray[np.int64]
    rings: Mapping[int, NDArray[np.int64]]
    tops: Mapping[int, int]


def _ring_counts(tubes: Sequence[Tube], vertices: int) -> list[int]:
    """How many rings each tube gets so that all together have at most so many vertices."""
    free = vertices - sum(_LEAST_RINGS * tube.sides + 2 for tube in tubes)
    total = sum(tube.area for tube in tubes)
    counts = [_LEAST_RINGS + int(free * tube.area / total / tube.sides) for tube in tubes]
    left = vertices - sum(n * tube.sides + 2 for n, tube in zip(counts, tubes, strict=True))
    for i in np.argsort([-tube.area for tube in tubes]):
        more = tubes[i].sides <= left
        counts[i] += more
        left -= more * tubes[i].sides
    return counts


def _smooth_step(x: Array) -> Array:
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))


def _weights(tube: Tube, t: Array, joints: int) -> Array:
    """Skinning weights (len(t), joints) along a tube, t from 0 to 1."""
    before, after = 0.5 - 0.5 * _smooth_step(t / _BLEND), 0.5 * _smooth_step((t - 1.0) / _BLEND + 1.0)
    result = np.zeros((len(t), joints))
    result[:, tube.parent] += before
    result[:, tube.child] += after
    result[:, tube.joint] += 1.0 - before - after
    return result


def _points(tube: Tube, rings: int) -> tuple[Array, Array, Array]:
    """Vertices, their way out of the bone, and their share of it: the start, rings, the end."""
    along = tube.ends[1] - tube.ends[0]
    axis = normalize(along)
    ahead = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.7 else np.array([0.0, 1.0, 0.0])
    wide = normalize(cross(axis, ahead))
    deep = cross(wide, axis)
    t = np.linspace(0.0, 1.0, rings)
    angle = 2.0 * np.pi * np.arange(tube.sides) / tube.sides
    radii = tube.radii[0] + t[:, None] * (tube.radii[1] - tube.radii[0])
    out = (
        radii[:, None, :1] * np.cos(angle)[:, None] * wide
        + radii[:, None, 1:] * np.sin(angle)[:, None] * deep
    )
    on_bone = np.broadcast_to((tube.ends[0] + t[:, None] * along)[:, None], out.shape)
    caps = axis * _CAP * tube.radii.mean(axis=1)[:, None] * [[-1.0], [1.0]]
    outward = np.concatenate([caps[:1], out.reshape(-1, 3), caps[1:]])
    vertices = np.concatenate([tube.ends[:1], on_bone.reshape(-1, 3), tube.ends[1:]]) + outward
    return vertices, outward, np.concatenate([[0.0], np.repeat(t, tube.sides), [1.0]])


def _faces(sides: int, rings: int) -> NDArray[np.int64]:
    """Triangles (2 sides * rings, 3) of one tube's points; seen from outside counter-clockwise."""
    here = np.arange(sides)
    beside = (here + 1) % sides
    start = 1 + sides * np.arange(rings - 1)[:, None]
    a, b, c, d = start + here, start + beside, start + sides + here, start + sides + beside
    walls = np.stack([a, c, b, b, c, d], axis=-1).reshape(-1, 3)
    end, last = 1 + sides * rings, 1 + sides * (rings - 1)
    caps = [
        np.stack([np.zeros_like(here), 1 + here, 1 + beside], axis=-1),
        np.stack([np.full_like(here, end), last + beside, last + here], axis=-1),
    ]
    return np.concatenate([walls, *caps])


def skin(tubes: Sequence[Tube], joints: int, vertices: int) -> Skin:
    """Points on tubes; those that make no whole ring any more lie at the start of the first tube.

    Args:
        tubes: one for each joint.
        joints: J.
        vertices: how many points there are to be, V.
    """
    points, outward, weights, faces = [], [], [], []
    rings: dict[int, NDArray[np.int64]] = {}
    tops: dict[int, int] = {}
    first = 0
    for tube, count in zip(tubes, _ring_counts(tubes, vertices), strict=True):
        where, out, t = _points(tube, count)
        points.append(where)
        outward.append(out)
        weights.append(_weights(tube, t, joints))
        faces.append(first + _faces(tube.sides, count))
        rings[tube.joint] = first + 1 + np.arange(tube.sides)
        first += len(where)
        tops[tube.joint] = first - 1
    rest = np.zeros(vertices - first, np.int64)
    order = np.concatenate([np.arange(first), rest])
    return Skin(
        np.concatenate(points)[order],
        np.concatenate(outward)[order],
        np.concatenate(weights)[order],
        np.concatenate(faces),
        rings,
        tops,
    )
