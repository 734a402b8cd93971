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

"""Meshes with fewer faces, each reduced once: what is kept is found again by the mesh's own numbers."""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.runtime.file_cache import cache_folder
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.runtime.whole_files import whole_file
from frankmocap_ros.viewer.drawn_parts import Triangles
from frankmocap_ros.viewer.vertex_clustering import clustered

_FOLDER: Final = "drawn_meshes"
_KEPT: Final = 500  # files, those read last; a robot has some 50 of 30 kB
_LEAST: Final = 200  # faces that every mesh keeps, if it has them: a knob stays a knob
_SPARE: Final = 1.1  # what is made of many small pieces cannot be reduced further by collapsing edges
_VERSION: Final = b"1"


def allotted(faces: Mapping[int, int], copies: Mapping[int, int], most: int) -> dict[int, int]:
    """How many faces each mesh may have, in proportion to what it has.

    Args:
        faces: mesh -> its faces.
        copies: mesh -> how often it is drawn.
        most: faces of all copies together.
    """
    drawn = sum(faces[mesh] * copies[mesh] for mesh in faces)
    if drawn <= most:
        return dict(faces)
    floor = min(_LEAST, most // max(1, sum(copies[mesh] for mesh in faces)))
    sure = {mesh: min(count, floor) for mesh, count in faces.items()}
    given = sum(sure[mesh] * copies[mesh] for mesh in faces)
    share = (most - given) / (drawn - given)
    return {mesh: int(sure[mesh] + share * (count - sure[mesh])) for mesh, count in faces.items()}


def reduced(mesh: Triangles, faces: int) -> Triangles:
    """A mesh with at most a tenth more faces than this, from the cache where it is there.

    Raises:
        MissingDependencyError: the package that reduces meshes is not installed.
    """
    vertices, triangles = mesh
    if len(triangles) <= faces:
        return mesh
    digest = hashlib.sha256(_VERSION + str((vertices.shape, triangles.shape, faces)).encode())
    digest.update(np.ascontiguousarray(vertices).data)
    digest.update(np.ascontiguousarray(triangles).data)
    path = cache_folder() / _FOLDER / f"{digest.hexdigest()[:40]}.npz"
    kept = _read(path)
    if kept is None:
        kept = _simplified(mesh, faces)
        _keep(path, kept)
    return kept


def _simplified(mesh: Triangles, faces: int) -> Triangles:
    try:
        import fast_simplification
    except ImportError as error:
        raise MissingDependencyError(
            f"fast-simplification is not installed ({error}); install it: {install_command('viewer')}"
        ) from error
    vertices, triangles = fast_simplification.simplify(*mesh, target_count=faces)
    found = np.asarray(vertices, np.float32), np.asarray(triangles, np.int32)
    return clustered(found, faces) if len(triangles) > _SPARE * faces else found


def _read(path: Path) -> Triangles | None:
    """What is kept; None where there is nothing, or nothing that can be drawn."""
    try:
        with np.load(path, allow_pickle=False) as file:
            vertices, faces = file["vertices"], file["faces"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    fine = vertices.dtype == np.float32 and faces.dtype == np.int32
    fine = fine and vertices.shape[1:] == faces.shape[1:] == (3,) and np.isfinite(vertices).all()
    if not fine or (faces.size and (faces.min() < 0 or faces.max() >= len(vertices))):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return vertices, faces


def _keep(path: Path, mesh: Triangles) -> None:
    """Write a mesh in one step; a cache that cannot be written costs time only."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_file(path) as part, part.open("wb") as file:
            np.savez(file, vertices=mesh[0], faces=mesh[1])
        old = sorted(path.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime)[:-_KEPT]
        for one in old:
            one.unlink(missing_ok=True)
