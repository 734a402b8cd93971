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

"""PoseNet's decoding against posenet-python's, on the real network's outputs for one and for three people."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.estimators.posenet.decoding import EDGES, Limits, PoseNetMaps, decode
from support.paths import ROOT, SHARED

LIMITS = Limits(people=5, root_score=0.5, pose_score=0.15, apart_px=20.0)
# of each map only the cells that the decoding reads; the whole ones lie beside some checkouts
KEPT = ROOT / "test" / "data" / "posenet_decoder.npz"
WHOLE = SHARED / "golden" / "decoders_2d_golden.npz"
FILES = [pytest.param(KEPT, "", id="kept"), pytest.param(WHOLE, "posenet_", id="whole")]


def maps(values, prefix, stride=16.0):
    names = ("heatmap_scores", "offsets", "displacement_fwd", "displacement_bwd")
    return PoseNetMaps(*(values[prefix + name] for name in names), stride=stride)


def loaded(path: Path):
    if not path.exists():
        pytest.skip(f"the whole maps are not there: {path}")
    return np.load(path)


@pytest.mark.parametrize(("path", "prefix"), FILES)
@pytest.mark.parametrize("image", ["one", "three"])
def test_the_same_people_as_the_published_decoding(path, prefix, image):
    golden = loaded(path)
    prefix = f"{prefix}{image}_"
    people = decode(maps(golden, prefix), LIMITS)
    assert len(people) == len(golden[prefix + "pose_scores"])
    points = np.array([person.points for person in people])
    np.testing.assert_allclose(points, golden[prefix + "keypoints_yx_px"], atol=0.05)
    scores = np.array([person.scores for person in people])
    np.testing.assert_allclose(scores, golden[prefix + "keypoint_scores"], atol=1e-4)
    own = [person.score for person in people]
    np.testing.assert_allclose(own, golden[prefix + "pose_scores"], atol=1e-4)


@pytest.mark.parametrize("stride", [8.0, 16.0, 32.0])
def test_any_stride(stride):
    """Everything scales with the cells."""
    golden = np.load(KEPT)
    plain = maps(golden, "one_")
    scale = np.float32(stride / 16.0)
    scaled = PoseNetMaps(
        plain.scores, scale * plain.offsets, scale * plain.forward, scale * plain.backward, stride
    )
    limits = Limits(people=5, root_score=0.5, pose_score=0.15, apart_px=float(20.0 * scale))
    (person,) = decode(scaled, limits)
    np.testing.assert_allclose(person.points, scale * golden["one_keypoints_yx_px"][0], rtol=1e-5)


def painted(points, stride=16.0, cells=25):
    """Maps on which one person's keypoints, (17, 2) as y and x [px], are drawn without doubt."""
    scores = np.zeros((cells, cells, 17), np.float32)
    offsets = np.zeros((cells, cells, 2, 17), np.float32)
    grid = stride * np.stack(np.mgrid[:cells, :cells], axis=-1)
    for k, at in enumerate(points):
        row, column = np.rint(at / stride).astype(int)
        scores[row, column, k] = 0.9
        offsets[..., k] = at - grid
    forward, backward = np.zeros((2, cells, cells, 2, 16), np.float32)
    for e, (parent, child) in enumerate(EDGES):
        forward[..., e] = points[child] - points[parent]
        backward[..., e] = points[parent] - points[child]
    flat = (cells, cells, -1)
    return PoseNetMaps(scores, offsets.reshape(flat), forward.reshape(flat), backward.reshape(flat), stride)


def test_painted_keypoints_come_back():
    points = np.random.default_rng(5).uniform(60.0, 320.0, (17, 2))
    (person,) = decode(painted(points), LIMITS)
    np.testing.assert_allclose(person.points, points, atol=1e-3)
    assert person.score == pytest.approx(0.9)


def test_nobody_where_no_keypoint_is_sure():
    found = painted(np.full((17, 2), 100.0))
    assert len(decode(found, LIMITS)) == 1
    assert decode(replace(found, scores=0.5 * found.scores), LIMITS) == []


def test_no_more_people_than_asked_for():
    golden = np.load(KEPT)
    people = decode(maps(golden, "three_"), Limits(people=2, root_score=0.5))
    assert len(people) == 2


def test_edges_are_coco_s():
    assert len(EDGES) == 16
    assert {child for _, child in EDGES} == set(range(1, len(COCO_17)))
