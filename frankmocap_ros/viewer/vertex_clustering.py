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

"""Meshes with fewer faces by merging vertices in cells of a grid. Pure.

It reaches any number of faces, whatever the mesh is made of; it is coarser than collapsing edges.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.viewer.drawn_parts import Triangles

_MOST_CELLS: Final = 1024  # along the longest side


def clustered(mesh: Triangles, most: int) -> Triangles:
    """A mesh with so many faces at most: that of the finest grid that has so few."""
    few, many = 1, _MOST_CELLS
    best = _merged(mesh, few)
    while many - few > 1:
        cells = (few + many) // 2
        tried = _merged(mesh, cells)
        if len(tried[1]) <= most:
            few, best = cells, tried
        else:
            many = cells
    return best


def _merged(mesh: Triangles, cells: int) -> Triangles:
    """A mesh whose vertices in one cell are one, at their middle; faces that collapse are left out."""
    vertices, triangles = mesh
    low = vertices.min(axis=0)
    size = max(float(np.ptp(vertices, axis=0).max()), 1e-9)
    at = np.minimum((vertices - low) * (cells / size), cells - 1).astype(np.int64)
    groups, group = np.unique(at @ np.array([1, cells, cells**2]), return_inverse=True)
    faces = group.reshape(-1)[triangles]
    a, b, c = faces.T
    faces = faces[(a != b) & (b != c) & (c != a)]
    faces = faces[_first_of_each(faces, len(groups))]
    counts = np.bincount(group.reshape(-1), minlength=len(groups))
    sums = [np.bincount(group.reshape(-1), vertices[:, axis], len(groups)) for axis in range(3)]
    return (np.stack(sums, axis=1) / counts[:, None]).astype(np.float32), faces.astype(np.int32)


def _first_of_each(faces: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Numbers of faces (F, 3), one for each three vertices of ``count`` in whichever order."""
    low, middle, high = np.sort(faces, axis=1).T.astype(np.int64)
    return np.sort(np.unique((low * count + middle) * count + high, return_index=True)[1])
