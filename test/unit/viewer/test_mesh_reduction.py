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

"""Meshes with fewer faces: as many as are wanted, of the same shape, and each reduced once."""

import sys

import numpy as np
import pytest

pytest.importorskip("trimesh", reason="viser is not installed: pip install 'frankmocap_ros[viewer]'")
pytest.importorskip("fast_simplification", reason="not installed: pip install 'frankmocap_ros[viewer]'")

import fast_simplification
import trimesh

from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.viewer import mesh_reduction
from frankmocap_ros.viewer.mesh_reduction import allotted, reduced
from frankmocap_ros.viewer.vertex_clustering import clustered


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path))
    return tmp_path / "drawn_meshes"


def as_triangles(mesh):
    return np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces, np.int32)


def ball():
    return as_triangles(trimesh.creation.icosphere(subdivisions=5))  # 20,480 faces


def crumbs(count=1000):
    """Many small pieces, which cannot be reduced one by one."""
    one = trimesh.creation.box(extents=[0.01] * 3)
    rows = np.random.default_rng(0).uniform(-1.0, 1.0, (count, 3))
    return as_triangles(trimesh.util.concatenate([one.copy().apply_translation(row) for row in rows]))


def is_sound(mesh):
    vertices, faces = mesh
    a, b, c = faces.T
    return (
        np.isfinite(vertices).all()
        and (vertices.dtype, faces.dtype) == (np.float32, np.int32)
        and 0 <= faces.min() <= faces.max() < len(vertices)
        and bool(((a != b) & (b != c) & (c != a)).all())
    )


@pytest.mark.parametrize("most", [600_000, 60_000, 5_000, 100])
def test_no_more_faces_than_may_be_drawn(most):
    faces, copies = {0: 100_000, 1: 150, 2: 12, 3: 400_000}, {0: 2, 1: 1, 2: 10, 3: 1}
    found = allotted(faces, copies, most)
    assert sum(found[mesh] * copies[mesh] for mesh in faces) <= max(most, 0)
    assert all(found[mesh] <= faces[mesh] for mesh in faces)
    assert found[3] >= found[0] >= found[2]
    if most == 60_000:
        assert (found[1], found[2]) == (150, 12), "small ones stay as they are"


def test_few_faces_stay():
    assert allotted({0: 10, 1: 20}, {0: 1, 1: 2}, 50) == {0: 10, 1: 20}
    mesh = ball()
    assert reduced(mesh, 30_000) is mesh


@pytest.mark.parametrize("make", [ball, crumbs])
def test_a_mesh_keeps_its_size(make):
    mesh = make()
    less = reduced(mesh, 1000)
    assert 300 < len(less[1]) <= 1100
    assert is_sound(less)
    assert less[0].min(axis=0) == pytest.approx(mesh[0].min(axis=0), abs=0.1)
    assert less[0].max(axis=0) == pytest.approx(mesh[0].max(axis=0), abs=0.1)


def test_a_ball_stays_round_and_its_faces_look_outwards():
    vertices, faces = reduced(ball(), 1000)
    assert np.linalg.norm(vertices, axis=1) == pytest.approx(1.0, abs=0.02)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a) > 0.0).all()


def test_clusters_are_as_many_as_wanted_and_look_outwards():
    mesh = ball()
    counts = [len(clustered(mesh, most)[1]) for most in (100, 1000, 10_000)]
    assert all(few <= most for few, most in zip(counts, (100, 1000, 10_000), strict=True))
    assert counts == sorted(counts)
    assert counts[1] > 500
    less = clustered(mesh, 1000)
    assert is_sound(less)
    a, b, c = (less[0][less[1][:, i]] for i in range(3))
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a) > 0.0).mean() > 0.99
    flat = np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32)
    assert len(clustered(flat, 1)[1]) == 0, "a mesh of one point"


def test_each_mesh_is_reduced_once_and_again_where_the_file_is_damaged(cache, monkeypatch):
    calls = []
    simplify = fast_simplification.simplify
    monkeypatch.setattr(fast_simplification, "simplify", lambda *a, **k: calls.append(1) or simplify(*a, **k))
    mesh = ball()
    first = reduced(mesh, 1000)
    again = reduced(mesh, 1000)
    assert len(calls) == 1
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    (path,) = cache.glob("*")
    for damage in (b"", path.read_bytes()[:300], b"PK\x03\x04"):
        path.write_bytes(damage)
        assert is_sound(reduced(mesh, 1000))
    np.savez(path, vertices=mesh[0][:3], faces=mesh[1])  # points at vertices that are not there
    assert is_sound(reduced(mesh, 1000))
    assert len(calls) == 5
    reduced((mesh[0] * 2, mesh[1]), 1000)
    assert len(calls) == 6
    assert len(list(cache.glob("*"))) == 2


def test_old_files_go(cache, monkeypatch):
    monkeypatch.setattr(mesh_reduction, "_KEPT", 2)
    for most in (800, 900, 1000, 1100):
        reduced(ball(), most)
    assert len(list(cache.glob("*.npz"))) == 2


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path / "file"))
    assert is_sound(reduced(ball(), 1000))


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "fast_simplification", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'frankmocap_ros\[viewer\]'"):
        reduced(ball(), 1000)
