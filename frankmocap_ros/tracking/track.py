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

"""One tracked person: where the box can be in the next image, and whether a person is there at all."""

from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.body.pose import Observation
from frankmocap_ros.geometry.boxes import (
    Region,
    Step,
    anchor_of,
    anchored_box,
    blended,
    box_center,
    box_iou,
    implausible,
    region_of,
)  # fmt: skip
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.settings.mocap import Settings

_JUMP_HEIGHTS = 0.4  # a box center that moves more than this many box heights at once is somebody else
_JUMP_HEIGHTS_PER_S = 3.0  # and this many more for each second since it was last seen
_DOUBT = 0.25  # confidence is multiplied by this where one search did not find who is followed
_MISSES = 2  # searches in a row without a person after which nobody is believed to be there
_PULL = (0.3, 0.9, 0.5)  # share of a detection where it agrees, and between which IoUs it rises to 1


@dataclass(eq=False)
class Track:
    """One followed person.

    Attributes:
        id: never reused.
        observation: the last one.
        seen_s: its time [s].
        present: whether it was seen in the last processed image.
        velocity_px: shape (2,), speed of the box center [px/s].
        misses: searches in a row that did not find this person.
        searched_xywh: shape (4,), the box in the image that was last searched in the background [px], None
            where the person was not there.
    """

    id: int
    observation: Observation
    seen_s: float
    present: bool
    velocity_px: Array
    misses: int = 0
    searched_xywh: Array | None = None


@dataclass(frozen=True, eq=False)
class Candidate:
    """A region to look in.

    Attributes:
        region: where.
        track: whose it is, None where a detection found somebody new.
        found_xywh: shape (4,), the person's box by this image's detection [px], None where it did not run.
        trust: what confidence is multiplied by.
    """

    region: Region
    track: Track | None
    found_xywh: Array | None = None
    trust: float = 1.0


def distance(track: Track, observation: Observation, time_s: float) -> float:
    """How far an observation lies from where the track should be, in box heights."""
    old, new = track.observation.box_xywh, observation.box_xywh
    dt = max(0.0, time_s - track.seen_s)
    expected = box_center(old) + track.velocity_px * min(dt, 0.2)
    size = max(float(np.max(old[2:])), float(np.max(new[2:])), 1.0)
    return float(np.hypot(*(box_center(new) - expected))) / size


def is_near(track: Track, observation: Observation, time_s: float) -> bool:
    """Whether a person can have come from the track's last place to the observation's."""
    dt = max(0.0, time_s - track.seen_s)
    return distance(track, observation, time_s) <= _JUMP_HEIGHTS + _JUMP_HEIGHTS_PER_S * min(dt, 0.25)


def verified(
    track: Track, region: Region, match: Region | None, searched: bool, config: Settings
) -> Candidate | None:
    """Where to look for somebody of whose presence only detection knows."""
    if not searched:
        if not track.present:
            return None
        return Candidate(region, track, trust=_DOUBT if track.misses else 1.0)
    if match is None or match.box_xywh is None:
        track.misses += 1
        if track.misses >= _MISSES or not track.present or not config.track_bbox:
            return None
        return Candidate(region, track, trust=_DOUBT)
    track.misses = 0
    box = match.box_xywh
    if track.present and config.track_bbox:  # detections jitter; where both agree little of that is taken
        least, high, low = _PULL
        agreement = box_iou(track.observation.box_xywh, box)
        share = 1.0 - (1.0 - least) * (agreement - low) / (high - low)
        box = blended(track.observation.box_xywh, box, min(1.0, max(least, share)))
    return Candidate(region_of(box), track, box)


def confirmed(
    observation: Observation, candidate: Candidate, time_s: float, size_px: tuple[int, int]
) -> Observation | None:
    """An observation of an estimator that cannot tell whether somebody is there, or None where nobody can be.

    Args:
        observation: with the box around its joints.
        candidate: the region in which it was made.
        time_s: the image's time [s].
        size_px: width and height of the image.

    Returns:
        The observation with the person's box and region.
    """
    track = candidate.track
    if candidate.found_xywh is not None:
        anchor = anchor_of(observation.box_xywh, candidate.found_xywh)
    else:
        anchor = track.observation.anchor if track is not None else None
    if anchor is None:
        return None
    box = anchored_box(observation.box_xywh, anchor)
    last = track if track is not None and track.present else None
    step = Step(None, 0.0, size_px)
    if last is not None:
        step = Step(last.observation.box_xywh, time_s - last.seen_s, size_px)
    if implausible(box, step) is not None:
        return None
    result = replace(observation, box_xywh=box, region=region_of(box), anchor=anchor)
    if last is not None and not is_near(last, result, time_s):
        return None
    if candidate.trust == 1.0:
        return result
    pose = replace(result.pose, confidence=result.pose.confidence * candidate.trust)
    return replace(result, pose=pose, score=result.score * candidate.trust)
