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

"""Detections, regions, landmarks, world landmarks and hands are those of MediaPipe's own Python package."""

import cv2
import numpy as np
import pytest

from support.oracle import PYTHON, Oracle, golden
from support.paths import TAIJI
from support.people import golden_images, video

IMAGES = dict(golden_images())

needs_oracle = pytest.mark.skipif(
    not (PYTHON.exists() and TAIJI.exists()),
    reason=f"no MediaPipe in {PYTHON.parents[1]}, or no video {TAIJI}; MediaPipe's kept answers are tested",
)


def away(ours, theirs):
    """Distances of points (N, D)."""
    return np.linalg.norm(ours - theirs, axis=-1)


def check_hands(ours, theirs):
    """Whether both see the same hands; those that both see are the same."""
    for hand, other in zip(ours["hands"], theirs["hands"], strict=True):
        if hand["seen"] and other["seen"]:
            assert np.median(away(hand["pixels"], other["pixels"])) < 0.5
            assert away(hand["pixels"], other["pixels"]).max() < 2.0
            assert np.abs(hand["depth_px"] - other["depth_px"]).max() < 2.0
    return int((ours["hands"]["seen"] == theirs["hands"]["seen"]).sum())


@pytest.mark.parametrize("name", IMAGES)
def test_the_numbers_are_mediapipes_own(networks, name):
    ours, _ = networks.answer(IMAGES[name])
    theirs = golden()[name]
    for field in ("detected", "seen"):
        assert ours[field] == theirs[field], field
    if not theirs["seen"]:
        return
    assert away(ours["center"], theirs["center"]) < 0.05
    assert away(ours["rim"], theirs["rim"]) < 0.05
    pixels = away(ours["pixels"], theirs["pixels"])
    assert np.median(pixels) < 0.1
    # a landmark whose heat map is about as likely to count as not may be refined in one and not in the other
    assert (pixels > 0.5).sum() <= 2
    assert away(ours["world"], theirs["world"]).max() < 2e-3
    assert np.abs(ours["visibility"] - theirs["visibility"]).max() < 5e-3


def test_hands_are_mediapipes_own(networks):
    kept = golden()
    same = sum(check_hands(networks.answer(rgb, hands=True)[0], kept[name]) for name, rgb in IMAGES.items())
    assert same >= 2 * len(IMAGES) - 2  # some are about as likely seen as not


def test_answers_are_kept_of_every_image():
    kept = golden()
    assert list(kept) == list(IMAGES)
    assert sum(int(answer["hands"]["seen"].sum()) for answer in kept.values()) >= 4
    assert any(not answer["detected"] for answer in kept.values())


def percentiles(ours, theirs):
    """Median, 99th percentile and largest distance in pixels, and in millimetres; and of the visibility."""
    pixels = np.concatenate([away(a["pixels"], b["pixels"]) for a, b in zip(ours, theirs, strict=True)])
    world_mm = 1e3 * np.concatenate([away(a["world"], b["world"]) for a, b in zip(ours, theirs, strict=True)])
    sure = np.concatenate(
        [np.abs(a["visibility"] - b["visibility"]) for a, b in zip(ours, theirs, strict=True)]
    )
    return [np.percentile(values, (50, 99, 100)) for values in (pixels, world_mm, sure)]


def check_all(ours, theirs, record_property):
    """All frames of the video."""
    assert len(ours) == 412
    assert [a["seen"] for a in ours] == [a["seen"] for a in theirs]
    pixels, world_mm, visibility = percentiles(ours, theirs)
    for name, values in (("pixels", pixels), ("world_mm", world_mm), ("visibility", visibility)):
        record_property(name, values.tolist())
    print(f"p50, p99, max: {pixels} px, {world_mm} mm, visibility {visibility}")
    assert pixels[1] < 0.5
    assert world_mm[1] < 2.0
    assert visibility[1] < 0.01


@needs_oracle
def test_every_frame_of_a_video_searched(networks, record_property):
    """Each on its own: person detector, landmarks."""
    ours, theirs = [], []
    with Oracle() as oracle:
        for _, bgr in video():
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            theirs.append(oracle(rgb))
            ours.append(networks.answer(rgb)[0])
    assert max(away(a["center"], b["center"]) for a, b in zip(ours, theirs, strict=True)) < 0.05
    check_all(ours, theirs, record_property)


@needs_oracle
def test_every_frame_of_a_video_followed(networks, record_property):
    """Each in the region that follows from our landmarks in the one before.

    MediaPipe's own solution would follow by another region: it smooths that over time, also where it is told
    not to smooth landmarks.
    """
    ours, theirs, region = [], [], None
    with Oracle() as oracle:
        for _, bgr in video():
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            theirs.append(oracle(rgb, region=region))
            answer, region = networks.answer(rgb, region)
            ours.append(answer)
    for name in ("center", "rim"):
        beside = [away(a[name], b[name]) for a, b in zip(ours, theirs, strict=True)]
        assert np.percentile(beside, 99) < 0.5
    check_all(ours, theirs, record_property)


@needs_oracle
def test_hands_in_a_video(networks):
    """Every 40th frame; hands are small there."""
    same = seen = 0
    with Oracle() as oracle:
        for _, bgr in video(40):
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            theirs = oracle(rgb, hands=True)
            same += check_hands(networks.answer(rgb, hands=True)[0], theirs)
            seen += int(theirs["hands"]["seen"].sum())
    assert seen >= 5
    assert same >= 2 * 11 - 1
