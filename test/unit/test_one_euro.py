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

"""One-Euro filters: against a plain reading of the paper, and what they promise for any input."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import (
    normalize,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_rotvec,
)
from frankmocap_ros.one_euro import OneEuro, OneEuroQuaternion, OneEuroSight, OneEuroVector

PARAMS = OneEuro(min_cutoff_hz=1.5, beta=3.0, derivative_cutoff_hz=1.0)
IDENTITY = np.array([0.0, 0.0, 0.0, 1.0])
DT = 1.0 / 30.0

seeds = st.integers(0, 2**32 - 1)
any_float = st.floats(allow_nan=True, allow_infinity=True, width=64)


def random_quaternions(rng, *shape):
    return normalize(rng.normal(size=(*shape, 4)))


def run(smoother, samples, dt=DT, valid=None):
    """Outputs for samples (T, N, D) at a steady rate."""
    valid = np.ones(samples.shape[:2], bool) if valid is None else valid
    return np.array(
        [smoother.filter(x, k * dt, v) for k, (x, v) in enumerate(zip(samples, valid, strict=True))]
    )


def same_rotation(a, b, atol=1e-9):
    return np.abs(np.abs(np.sum(np.asarray(a) * b, axis=-1)) - 1.0).max() < atol


# -- against a plain reading of the paper: one point, no arrays of points, geometry's functions


def gain(cutoff_hz, dt):
    tau = 1.0 / (2.0 * math.pi * cutoff_hz)
    return 1.0 / (1.0 + tau / dt)


def plain_positions(samples, times_s, p):
    out, velocity, last = [samples[0]], np.zeros(3), samples[0]
    for k in range(1, len(samples)):
        dt = times_s[k] - times_s[k - 1]
        a = gain(p.derivative_cutoff_hz, dt)
        velocity = a * (samples[k] - last) / dt + (1.0 - a) * velocity
        a = gain(p.min_cutoff_hz + p.beta * np.linalg.norm(velocity), dt)
        out.append(a * samples[k] + (1.0 - a) * out[-1])
        last = samples[k]
    return np.array(out)


def plain_rotations(samples, times_s, p):
    out, velocity, last = [samples[0]], np.zeros(3), samples[0]
    for k in range(1, len(samples)):
        dt = times_s[k] - times_s[k - 1]
        a = gain(p.derivative_cutoff_hz, dt)
        omega = quat_to_rotvec(quat_multiply(samples[k], quat_conjugate(last))) / dt
        velocity = a * omega + (1.0 - a) * velocity
        a = gain(p.min_cutoff_hz + p.beta * np.linalg.norm(velocity), dt)
        step = a * quat_to_rotvec(quat_multiply(samples[k], quat_conjugate(out[-1])))
        out.append(quat_multiply(quat_from_rotvec(step), out[-1]))
        last = samples[k]
    return np.array(out)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_positions_follow_the_paper(seed):
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=(12, 3, 3))
    times_s = np.cumsum(rng.uniform(0.005, 0.2, 12))
    smoother, valid = OneEuroVector(3, PARAMS), np.ones(3, bool)
    out = np.array([smoother.filter(x, t, valid) for x, t in zip(samples, times_s, strict=True)])
    for n in range(3):
        np.testing.assert_allclose(out[:, n], plain_positions(samples[:, n], times_s, PARAMS), atol=1e-12)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_rotations_follow_the_paper_on_the_great_circle(seed):
    rng = np.random.default_rng(seed)
    samples = random_quaternions(rng, 12, 3)
    times_s = np.cumsum(rng.uniform(0.005, 0.2, 12))
    smoother, valid = OneEuroQuaternion(3, PARAMS), np.ones(3, bool)
    out = np.array([smoother.filter(x, t, valid) for x, t in zip(samples, times_s, strict=True)])
    for n in range(3):
        assert same_rotation(out[:, n], plain_rotations(samples[:, n], times_s, PARAMS))


# -- any input


@given(
    hnp.arrays(float, (6, 4, 3), elements=any_float),
    hnp.arrays(bool, (6, 4)),
    st.lists(st.floats(-10, 10), min_size=6, max_size=6),
)
@settings(max_examples=100, deadline=None)
@pytest.mark.filterwarnings("error")
def test_positions_are_finite_whatever_comes(samples, valid, times_s):
    smoother = OneEuroVector(4, PARAMS)
    for x, v, t in zip(samples, valid, times_s, strict=True):
        out = smoother.filter(x, t, v)
        assert np.isfinite(out).all()
        usable = v & (np.abs(x) < 1e8).all(axis=1)
        assert (smoother.active >= usable).all()
        assert not smoother.active[~v | ~np.isfinite(x).all(axis=1)].any()
        assert (out[~smoother.active] == 0.0).all()


@given(
    hnp.arrays(float, (6, 4, 4), elements=any_float),
    hnp.arrays(bool, (6, 4)),
    st.lists(st.floats(-10, 10), min_size=6, max_size=6),
)
@settings(max_examples=100, deadline=None)
@pytest.mark.filterwarnings("error")
def test_rotations_are_unit_whatever_comes(samples, valid, times_s):
    smoother = OneEuroQuaternion(4, PARAMS)
    for x, v, t in zip(samples, valid, times_s, strict=True):
        out = smoother.filter(x, t, v)
        assert np.abs(np.linalg.norm(out, axis=1) - 1.0).max() < 1e-12
        assert not smoother.active[~v | ~np.isfinite(x).all(axis=1)].any()
        assert (out[~smoother.active] == IDENTITY).all()


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_output_stays_unit_over_many_frames(seed):
    rng = np.random.default_rng(seed)
    out = run(OneEuroQuaternion(2, PARAMS), random_quaternions(rng, 300, 2))
    assert np.abs(np.linalg.norm(out, axis=-1) - 1.0).max() < 1e-12


def test_rotations_of_any_length_are_taken_at_unit_length():
    q = random_quaternions(np.random.default_rng(0), 20, 5)
    lengths = np.random.default_rng(1).uniform(0.1, 10.0, (20, 5, 1))
    np.testing.assert_allclose(
        run(OneEuroQuaternion(5, PARAMS), q * lengths), run(OneEuroQuaternion(5, PARAMS), q), atol=1e-12
    )


def test_quaternion_of_length_zero_is_no_rotation():
    smoother = OneEuroQuaternion(2, PARAMS)
    out = smoother.filter([[0.0] * 4, [0.0, 1.0, 0.0, 0.0]], 0.0, [True, True])
    assert smoother.active.tolist() == [False, True]
    np.testing.assert_array_equal(out, [IDENTITY, [0.0, 1.0, 0.0, 0.0]])


# -- how it moves


@given(hnp.arrays(float, (4, 3), elements=st.floats(-100, 100)))
def test_constant_position_stays(values):
    out = run(OneEuroVector(4, PARAMS), np.repeat(values[None], 10, axis=0))
    np.testing.assert_array_equal(out, np.repeat(values[None], 10, axis=0))


@given(seeds)
def test_constant_rotation_stays(seed):
    q = random_quaternions(np.random.default_rng(seed), 4)
    assert same_rotation(run(OneEuroQuaternion(4, PARAMS), np.repeat(q[None], 10, axis=0)), q, atol=1e-14)


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(0.1, 10), st.floats(0, 10))
@settings(deadline=None)
def test_step_is_approached_from_one_side(start, end, cutoff_hz, beta):
    samples = np.full((200, 1, 3), end)
    samples[0] = start
    out = run(OneEuroVector(1, OneEuro(cutoff_hz, beta, 1.0)), samples)[:, 0, 0]
    slack = 1e-12
    assert (np.diff(out) * np.sign(end - start) >= -slack).all()
    assert out.min() >= min(start, end) - slack and out.max() <= max(start, end) + slack
    assert abs(out[-1] - end) <= abs(start - end) * math.exp(-math.pi * cutoff_hz * 199 * DT / 2) + slack


@given(seeds)
def test_scalar_monotone_input_gives_monotone_output_within_it(seed):
    rng = np.random.default_rng(seed)
    samples = np.zeros((50, 1, 3))
    samples[:, 0, 0] = np.cumsum(rng.exponential(0.1, 50))
    out = run(OneEuroVector(1, PARAMS), samples)[:, 0, 0]
    assert (np.diff(out) >= 0.0).all()
    assert (out <= samples[:, 0, 0]).all() and (out >= samples[0, 0, 0]).all()


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_rotation_step_is_approached(seed):
    start, end = random_quaternions(np.random.default_rng(seed), 2, 1)
    out = run(OneEuroQuaternion(1, PARAMS), np.concatenate([start[None], np.repeat(end[None], 100, axis=0)]))
    left = np.linalg.norm(quat_to_rotvec(quat_multiply(end, quat_conjugate(out))), axis=-1)[:, 0]
    assert (np.diff(left) <= 1e-9).all()
    assert left[-1] < 1e-6


def lag_m(beta):
    """How far the output is behind a hand that moves at 1 m/s, after 1 s."""
    samples = np.zeros((31, 1, 3))
    samples[:, 0, 0] = np.arange(31) * DT
    return 1.0 - run(OneEuroVector(1, OneEuro(1.5, beta, 1.0)), samples)[-1, 0, 0]


def lag_rad(beta):
    """The same for a joint that turns at 1 rad/s."""
    samples = quat_from_rotvec(np.outer(np.arange(31) * DT, [0.0, 0.0, 1.0]))[:, None]
    out = run(OneEuroQuaternion(1, OneEuro(1.5, beta, 1.0)), samples)[-1, 0]
    return 1.0 - quat_to_rotvec(out)[2]


@pytest.mark.parametrize("lag", [lag_m, lag_rad])
def test_lag_falls_as_beta_rises(lag):
    lags = [lag(beta) for beta in (0.0, 0.5, 1.0, 3.0, 10.0)]
    assert all(b < 0.9 * a for a, b in itertools.pairwise(lags))
    # a low-pass of one pole follows a ramp 1 / (2 pi f) seconds late, less one sample
    assert lags[0] == pytest.approx(1.0 / (2.0 * math.pi * 1.5), rel=0.02)


def test_noise_at_rest_falls_with_the_cut_off():
    noise = np.random.default_rng(3).normal(0.0, 0.005, (600, 20, 3))
    spread = [run(OneEuroVector(20, OneEuro(f, 0.0, 1.0)), noise)[100:].std() for f in (0.5, 2.0, 8.0)]
    assert spread[0] < 0.7 * spread[1] < 0.5 * spread[2] < 0.5 * noise.std()


def test_each_joint_has_its_own_speed():
    slow, fast = np.zeros((30, 1, 3)), np.zeros((30, 1, 3))
    slow[:, 0, 0], fast[:, 0, 0] = 0.1 * np.arange(30) * DT, 5.0 * np.arange(30) * DT
    together = run(OneEuroVector(2, PARAMS), np.concatenate([slow, fast], axis=1))
    np.testing.assert_array_equal(together[:, :1], run(OneEuroVector(1, PARAMS), slow))
    np.testing.assert_array_equal(together[:, 1:], run(OneEuroVector(1, PARAMS), fast))


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_turning_the_input_turns_the_output(seed):
    rng = np.random.default_rng(seed)
    turn = random_quaternions(rng)
    points, rotations = rng.normal(size=(20, 3, 3)), random_quaternions(rng, 20, 3)
    np.testing.assert_allclose(
        run(OneEuroVector(3, PARAMS), quat_rotate(turn, points)),
        quat_rotate(turn, run(OneEuroVector(3, PARAMS), points)),
        atol=1e-9,
    )
    out = run(OneEuroQuaternion(3, PARAMS), rotations)
    assert same_rotation(
        run(OneEuroQuaternion(3, PARAMS), quat_multiply(turn, rotations)), quat_multiply(turn, out)
    )
    assert same_rotation(
        run(OneEuroQuaternion(3, PARAMS), quat_multiply(rotations, turn)), quat_multiply(out, turn)
    )


@pytest.mark.parametrize("beta", [0.0, 3.0])
def test_response_hardly_depends_on_the_rate(beta):
    def response(rate_hz):
        """Position and angle, seen every 1/30 s, after a move of 0.3 m and 0.3 rad within 0.2 s."""
        time_s = np.arange(int(rate_hz)) / rate_hz
        way = 0.3 * np.clip(time_s / 0.2, 0.0, 1.0)
        points = way[:, None, None] * np.array([1.0, 0.0, 0.0])
        rotations = quat_from_rotvec(points)
        p = OneEuro(1.5, beta, 1.0)
        moved = run(OneEuroVector(1, p), points, 1.0 / rate_hz)[:, 0, 0]
        turned = quat_to_rotvec(run(OneEuroQuaternion(1, p), rotations, 1.0 / rate_hz))[:, 0, 0]
        return np.stack([moved, turned])[:, :: int(rate_hz / 30.0)]

    assert np.abs(response(30.0) - response(60.0)).max() < 0.05 * 0.3
    assert np.abs(response(60.0) - response(120.0)).max() < 0.025 * 0.3


# -- signs of quaternions


@given(seeds, hnp.arrays(bool, (15, 3)))
@settings(deadline=None)
def test_signs_of_the_input_change_nothing(seed, flip):
    q = random_quaternions(np.random.default_rng(seed), 15, 3)
    plain, flipped = (
        run(OneEuroQuaternion(3, PARAMS), q),
        run(OneEuroQuaternion(3, PARAMS), np.where(flip[..., None], -q, q)),
    )
    np.testing.assert_array_equal(plain, flipped)


@given(hnp.arrays(float, (6, 2, 4), elements=st.sampled_from([-1.0, 0.0, 1.0])), hnp.arrays(bool, (6, 2)))
@settings(max_examples=300, deadline=None)
def test_signs_change_nothing_half_a_turn_away(q, flip):
    plain, flipped = (
        run(OneEuroQuaternion(2, PARAMS), q),
        run(OneEuroQuaternion(2, PARAMS), np.where(flip[..., None], -q, q)),
    )
    np.testing.assert_array_equal(plain, flipped)


@given(seeds, hnp.arrays(bool, (15, 3)))
@settings(deadline=None)
def test_output_keeps_its_sign_from_frame_to_frame(seed, flip):
    q = random_quaternions(np.random.default_rng(seed), 15, 3)
    out = run(OneEuroQuaternion(3, PARAMS), np.where(flip[..., None], -q, q))
    assert (out[0, :, 3] >= 0.0).all()
    assert (np.sum(out[1:] * out[:-1], axis=-1) >= 0.0).all()


def test_output_keeps_its_sign_over_several_turns():
    angle = np.linspace(0.0, 6.0 * np.pi, 200)
    q = quat_from_rotvec(np.outer(angle, [0.0, 1.0, 0.0]))[:, None]
    q = np.where(q[..., 3:] < 0.0, -q, q)  # as an estimator gives it
    out = run(OneEuroQuaternion(1, PARAMS), q)
    assert (np.sum(out[1:] * out[:-1], axis=-1) > 0.9).all()


def test_a_point_that_is_lost_is_the_identity_whatever_its_sign_was():
    half_and_more = quat_from_rotvec(np.outer(np.linspace(0.0, 1.6 * np.pi, 60), [0.0, 1.0, 0.0]))[:, None]
    smoother = OneEuroQuaternion(1, OneEuro(100.0, 0.0, 1.0))
    assert run(smoother, half_and_more)[-1, 0, 3] < -0.5
    np.testing.assert_array_equal(smoother.filter(half_and_more[-1], 60 * DT, [False]), [IDENTITY])


# -- validity

KINDS = [(OneEuroVector, 3), (OneEuroQuaternion, 4)]


def inputs(width, frames=12, count=4, seed=0):
    """A walk of small steps around places far apart."""
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(count, width)) + np.cumsum(rng.normal(0.0, 0.05, (frames, count, width)), axis=0)
    return walk if width == 3 else normalize(np.where(walk[..., 3:] < 0.0, -walk, walk))


@pytest.mark.parametrize(("kind", "width"), KINDS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e300])
def test_a_bad_number_stays_in_its_joint(kind, width, bad):
    good = inputs(width)
    spoilt = good.copy()
    spoilt[5, 1, 2] = bad
    smoother = kind(4, PARAMS)
    clean, out = run(kind(4, PARAMS), good), run(smoother, spoilt)
    others = [0, 2, 3]
    np.testing.assert_array_equal(out[:, others], clean[:, others])
    np.testing.assert_array_equal(out[5, 1], IDENTITY if width == 4 else np.zeros(3))
    np.testing.assert_allclose(out[6, 1], good[6, 1], atol=1e-15)  # starts anew


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_a_joint_that_was_not_valid_starts_at_its_input(kind, width):
    samples = inputs(width)
    valid = np.ones((12, 4), bool)
    valid[:3, 0] = valid[5:7, 2] = False
    out = run(kind(4, PARAMS), samples, valid=valid)
    clean = run(kind(4, PARAMS), samples)
    np.testing.assert_allclose(out[3, 0], samples[3, 0], atol=1e-15)
    np.testing.assert_allclose(out[7, 2], samples[7, 2], atol=1e-15)
    np.testing.assert_allclose(out[3:, 0], run(kind(1, PARAMS), samples[3:, :1])[:, 0], atol=1e-12)
    np.testing.assert_allclose(out[7:, 2], run(kind(1, PARAMS), samples[7:, 2:3])[:, 0], atol=1e-12)
    np.testing.assert_array_equal(out[:, [1, 3]], clean[:, [1, 3]])


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_active_tells_which_points_are_values(kind, width):
    smoother, samples = kind(4, PARAMS), inputs(width)
    assert not smoother.active.any()
    samples[0, 3, 0] = math.nan
    smoother.filter(samples[0], 0.0, [True, False, True, True])
    assert smoother.active.tolist() == [True, False, True, False]
    smoother.active[:] = True
    assert smoother.active.tolist() == [True, False, True, False]


# -- time


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_the_same_stamp_repeats_the_output(kind, width):
    samples, smoother, valid = inputs(width), kind(4, PARAMS), np.ones(4, bool)
    smoother.filter(samples[0], 10.0, valid)
    before = smoother.filter(samples[1], 10.1, valid)
    again = smoother.filter(samples[9], 10.1, valid)
    np.testing.assert_array_equal(again, before)
    clean = run(kind(4, PARAMS), samples[[0, 1, 2]], dt=0.1)[2]
    np.testing.assert_allclose(smoother.filter(samples[2], 10.2, valid), clean, atol=1e-9)


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_the_same_stamp_starts_and_ends_points(kind, width):
    samples, smoother = inputs(width), kind(4, PARAMS)
    smoother.filter(samples[0], 0.0, [True, True, False, True])
    out = smoother.filter(samples[1], 0.0, [True, False, True, True])
    np.testing.assert_allclose(out[[0, 2, 3]], [samples[0, 0], samples[1, 2], samples[0, 3]], atol=1e-15)
    assert smoother.active.tolist() == [True, False, True, True]


@pytest.mark.parametrize(("kind", "width"), KINDS)
@pytest.mark.parametrize("jump_s", [-1e-3, -100.0, 0.51, 1000.0])
def test_time_that_jumps_resets(kind, width, jump_s):
    samples, smoother, valid = inputs(width), kind(4, PARAMS), np.ones(4, bool)
    for k in range(4):
        smoother.filter(samples[k], 200.0 + k * DT, valid)
    start_s = 200.0 + 3 * DT + jump_s
    out = np.array([smoother.filter(samples[k], start_s + (k - 4) * DT, valid) for k in range(4, 12)])
    np.testing.assert_allclose(out[0], samples[4], atol=1e-15)
    np.testing.assert_allclose(out, run(kind(4, PARAMS), samples[4:]), atol=1e-9)


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_a_gap_is_measured_against_the_given_limit(kind, width):
    samples, valid = inputs(width), np.ones(4, bool)
    for limit_s, resets in ((0.1, True), (0.3, False)):
        smoother = kind(4, PARAMS, max_gap_s=limit_s)
        smoother.filter(samples[0], 0.0, valid)
        out = smoother.filter(samples[1], 0.2, valid)
        assert np.allclose(out, samples[1], atol=1e-15) == resets


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_reset_forgets_everything(kind, width):
    samples, smoother, valid = inputs(width), kind(4, PARAMS), np.ones(4, bool)
    run(smoother, samples[:6])
    smoother.reset()
    assert not smoother.active.any()
    np.testing.assert_array_equal(run(smoother, samples[6:]), run(kind(4, PARAMS), samples[6:]))
    smoother.reset()
    np.testing.assert_allclose(smoother.filter(samples[0], -5.0, valid), samples[0], atol=1e-15)


@given(st.lists(st.floats(0.0, 2e-6), min_size=1, max_size=30))
@pytest.mark.filterwarnings("error")
def test_steps_too_small_to_be_time_add_up(steps_s):
    smoother, x = OneEuroVector(1, PARAMS), np.array([[1.0, 0.0, 0.0]])
    smoother.filter(0.0 * x, 0.0, [True])
    time_s = 0.0
    for step_s in steps_s:
        time_s += step_s
        out = smoother.filter(x, time_s, [True])
        assert 0.0 <= out[0, 0] <= 1.0
    assert (out[0, 0] > 0.0) == (time_s >= 1e-6)


# -- use


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_new_parameters_act_from_where_the_output_is(kind, width):
    samples, valid = inputs(width), np.ones(4, bool)
    old, new = OneEuro(0.5, 0.0, 1.0), OneEuro(8.0, 0.0, 1.0)
    smoother, same = kind(4, old), kind(4, old)
    before = run(smoother, samples[:6])[-1]
    run(same, samples[:6])
    smoother.params = new
    np.testing.assert_array_equal(smoother.filter(samples[6], 5 * DT, valid), before)  # nothing by itself
    out, slow = smoother.filter(samples[6], 6 * DT, valid), same.filter(samples[6], 6 * DT, valid)
    aim = (
        samples[6] * np.copysign(1.0, np.sum(samples[6] * before, axis=1))[:, None]
        if width == 4
        else samples[6]
    )
    expected = before + gain(8.0, DT) * (aim - before)
    np.testing.assert_allclose(out, expected if width == 3 else normalize(expected), atol=1e-3)
    assert (np.linalg.norm(out - aim, axis=1) < np.linalg.norm(slow - aim, axis=1)).all()


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_arrays_are_neither_kept_nor_shared(kind, width):
    samples, valid = inputs(width), np.ones(4, bool)
    smoother, clean = kind(4, PARAMS), run(kind(4, PARAMS), samples)
    for k in range(12):
        x, v = samples[k].copy(), valid.copy()
        out = smoother.filter(x, k * DT, v)
        np.testing.assert_array_equal(x, samples[k])
        np.testing.assert_array_equal(out, clean[k])
        x[:], v[:], out[:] = math.nan, False, math.nan


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_wrong_shapes_and_times_are_refused(kind, width):
    smoother, good, valid = kind(4, PARAMS), inputs(width)[0], np.ones(4, bool)
    for values, mask in (
        (good[:3], valid),
        (good[:, :2], valid),
        (good, valid[:3]),
        (good[0], valid),
        (good, True),
    ):
        with pytest.raises(ValueError, match="expected values"):
            smoother.filter(values, 0.0, mask)
    for time_s in (math.nan, math.inf):
        with pytest.raises(ValueError, match="time_s"):
            smoother.filter(good, time_s, valid)
    with pytest.raises(SettingError, match="max_gap_s"):
        kind(4, PARAMS, max_gap_s=0.0)


@pytest.mark.parametrize("name", ["min_cutoff_hz", "beta", "derivative_cutoff_hz"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_wrong_parameters_are_refused_by_name(name, value):
    with pytest.raises(SettingError, match=name):
        replace(PARAMS, **{name: value})


def test_a_cut_off_of_zero_is_refused_and_a_beta_of_zero_is_not():
    for name in ("min_cutoff_hz", "derivative_cutoff_hz"):
        with pytest.raises(SettingError, match=name):
            replace(PARAMS, **{name: 0.0})
    assert replace(PARAMS, beta=0.0).beta == 0.0


def test_noise_along_the_line_of_sight_does_not_open_the_filter_across():
    """A point that shakes in depth by 20 cm and in the image by 1 mm, seen 30 degrees beside the axis."""
    rng = np.random.default_rng(0)
    sight = np.array([0.5, 0.0, math.sqrt(0.75)])
    aside = np.array([0.0, 1.0, 0.0])
    noise = rng.normal(0.0, 1.0, (200, 2))
    inputs = (0.2 * noise[:, :1] * sight + 0.001 * noise[:, 1:] * aside)[:, None]
    across, along = OneEuro(2.5, 6.0, 1.0), OneEuro(0.5, 0.5, 1.0)
    split = OneEuroSight(1, across, along)
    split.sight = sight[None]
    out = run(split, inputs)[50:, 0]
    one = run(OneEuroVector(1, across), inputs)[50:, 0]
    assert (out @ aside).std() < 0.8 * (one @ aside).std()
    assert (out @ sight).std() < 0.5 * (one @ sight).std()


def test_equal_parameters_along_and_across_differ_only_by_the_speeds_split():
    """With beta 0 there is one cut-off, and the line of sight does not matter."""
    rng = np.random.default_rng(1)
    params, inputs = OneEuro(1.0, 0.0, 1.0), rng.normal(0.0, 0.1, (30, 4, 3))
    split = OneEuroSight(4, params, params)
    split.sight = np.tile((0.6, 0.0, 0.8), (4, 1))
    np.testing.assert_allclose(run(split, inputs), run(OneEuroVector(4, params), inputs), atol=1e-12)
