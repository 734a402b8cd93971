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

"""Composition of rigid transforms, by what they do to points."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.geometry.rigid_transform import IDENTITY, RigidTransform, interpolated
from frankmocap_ros.geometry.rotation import normalize, turn_between

SEEDS = st.integers(0, 2**32 - 1)


def transforms(seed, count):
    rng = np.random.default_rng(seed)
    return [RigidTransform(rng.normal(0.0, 3.0, 3), normalize(rng.normal(size=4))) for _ in range(count)]


@given(SEEDS)
def test_a_product_is_one_after_the_other(seed):
    t_a_b, t_b_c = transforms(seed, 2)
    points = np.random.default_rng(seed).normal(size=(5, 3))
    np.testing.assert_allclose((t_a_b @ t_b_c).apply(points), t_a_b.apply(t_b_c.apply(points)), atol=1e-12)
    np.testing.assert_allclose((IDENTITY @ t_a_b).apply(points), t_a_b.apply(points), atol=1e-12)


@given(SEEDS)
def test_an_inverse_leads_back(seed):
    (there,) = transforms(seed, 1)
    points = np.random.default_rng(seed).normal(size=(5, 3))
    np.testing.assert_allclose(there.inverse().apply(there.apply(points)), points, atol=1e-12)


@given(SEEDS, st.floats(0.0, 1.0))
def test_in_between_is_a_share_of_the_way_and_of_the_turn(seed, share):
    start, end = transforms(seed, 2)
    found = interpolated(start, end, share)
    turn = share * turn_between(start.rotation_xyzw, end.rotation_xyzw)
    np.testing.assert_allclose(turn_between(start.rotation_xyzw, found.rotation_xyzw), turn, atol=1e-9)
    way = found.translation - start.translation
    np.testing.assert_allclose(way, share * (end.translation - start.translation), atol=1e-12)
