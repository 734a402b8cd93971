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

"""Estimators beside each other: figures that are known, and the table."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.evaluation.comparison import comparison_table, disagreement, steadiness
from frankmocap_ros.evaluation.recording import MAIN
from support.recordings import CAMERA, figure, moved, standing, times

TIMES = times(6.0)


def seen(recording):
    """With the pixels that its camera sees."""
    return replace(recording, pixels=CAMERA.project(recording.positions))


FIGURE = seen(figure(TIMES))


def test_the_same_twice():
    found = disagreement(FIGURE, FIGURE)
    assert found["pixels_median"] == found["pixels_p95"] == found["mm_median"] == found["mm_p95"] == 0.0
    assert found["lag_ms"] == pytest.approx(0.0, abs=0.1)
    assert found["lag_correlation"] == 1.0


def test_pixels_that_are_off():
    other = replace(FIGURE, pixels=FIGURE.pixels + np.array((3.0, 4.0)))
    found = disagreement(FIGURE, other)
    assert found["pixels_median"] == found["pixels_p95"] == 5.0
    assert found["mm_median"] == 0.0


def test_joints_that_are_off_in_space():
    """All but the pelvis, which they are relative to."""
    found = disagreement(FIGURE, moved(FIGURE, (0.0, 0.03, 0.04), *MAIN))
    assert found["mm_median"] == found["mm_p95"] == 50.0
    assert found["pixels_median"] == 0.0


@pytest.mark.parametrize("late_ms", [-30.0, 50.0])
def test_one_that_is_late(late_ms):
    found = disagreement(FIGURE, seen(figure(TIMES, late_s=1e-3 * late_ms)))
    assert found["lag_ms"] == pytest.approx(late_ms, abs=1.5)


def test_images_that_only_one_of_them_saw():
    """Every second image, and one more that the reference never got."""
    other = FIGURE.instants(np.arange(1, len(TIMES), 2))
    last = other.instants(np.array([-1]))
    other = replace(
        other,
        times_s=np.append(other.times_s, 99.0),
        **{name: np.concatenate([getattr(other, name), getattr(last, name)])
           for name in ("positions", "states", "orientations_xyzw", "pixels", "stddev")},
    )  # fmt: skip
    assert disagreement(FIGURE, other)["pixels_p95"] == 0.0


def flat(recording):
    """Of which only the image is known."""
    return replace(
        recording,
        positions=np.full_like(recording.positions, np.nan),
        states=np.full_like(recording.states, JointState.INVALID),
    )


def test_pixels_alone():
    found = disagreement(FIGURE, flat(FIGURE))
    assert found["mm_median"] is None
    assert found["pixels_median"] == 0.0
    alone = steadiness(flat(FIGURE))
    assert alone["tracked_share"] == 0.0
    assert alone["seen_share"] == alone["body_share"] == 1.0
    assert alone["jitter_mm"] is None
    assert alone["jitter_px"] is not None


def test_shares():
    states, pixels = FIGURE.states.copy(), FIGURE.pixels.copy()
    row = FIGURE.row("left_wrist")
    states[:150, row] = JointState.PREDICTED
    pixels[:30] = np.nan  # nobody there
    found = steadiness(replace(FIGURE, states=states, pixels=pixels))
    assert found["tracked_share"] == pytest.approx(1.0 - 150 / (12 * 300), abs=1e-4)
    assert found["body_share"] == found["seen_share"] == pytest.approx(0.9)


def test_jitter_of_known_size():
    t = times(20.0)
    at = {name: (0.1 * i, 0.05 * i, 3.0) for i, name in enumerate(MAIN)}
    still = standing(t, pelvis=(0.0, 0.0, 3.0), **at)
    rng = np.random.default_rng(2)
    pixels = CAMERA.project(still.positions) + rng.normal(0.0, 2.0, (*still.known.shape, 2))
    noise = rng.normal(0.0, 0.01, (len(t), len(MAIN), 3))
    found = steadiness(replace(moved(still, noise, *MAIN), pixels=pixels))
    # the calmest of many seconds is a little below what is typical
    assert 0.75 < found["jitter_px"] / (2.0 * np.sqrt(2.0)) < 1.0
    assert 0.75 < found["jitter_mm"] / (10.0 * np.sqrt(3.0)) < 1.0


def row(name, error="", **figures):
    empty = dict.fromkeys(
        ("body_share", "tracked_share", "seen_share", "jitter_px", "jitter_mm", "pixels_median", "pixels_p95",
         "mm_median", "mm_p95", "lag_ms")
    )  # fmt: skip
    return {
        "name": name,
        "error": error,
        "frames": 0,
        "total_ms": {"p50": 5.0, "p99": 9.0},
        **empty,
        **figures,
    }


def test_the_table():
    one = row("blazepose", **steadiness(FIGURE))
    two = row("movenet", body_share=1.0, pixels_median=12.3)
    lines = comparison_table([one, two, row("posenet", error="no file\nposenet.onnx")]).splitlines()
    assert lines[0].split()[:4] == ["p50", "ms", "p99", "ms"]
    assert lines[1].split()[:5] == ["blazepose", "5.0", "9.0", "100", "%"]
    assert "12.3" in lines[2]
    assert lines[3] == "apart and lag: from blazepose; mm relative to the pelvis"
    assert lines[4] == "posenet: not run: no file posenet.onnx"
    broken = row("posenet", error="it broke", frames=3)
    assert comparison_table([broken]) == "posenet: stopped after 3 images: it broke\n"
    assert comparison_table([row("posenet", error="no file")]) == "posenet: not run: no file\n"
