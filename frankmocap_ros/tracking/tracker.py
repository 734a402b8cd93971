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

"""Who is who from image to image, where to look next, and when to look at the whole image again."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from frankmocap_ros.body.pose import Body, JointState, Observation
from frankmocap_ros.geometry.boxes import REGION_PER_BOX, Region, box_center, box_iou
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.track import Candidate, Track, distance, is_near, verified

DETECT_LESS_OFTEN = 6  # ``detect_every_n`` is multiplied by this while nobody new can be taken
_SAME_PERSON_IOU = 0.75  # boxes that overlap more than this are one person found twice
_NEAR = 0.5  # a detection within this share of a region's side belongs to that region
_SIZE_RATIO = 1.7  # and a region this much larger or smaller than its detection has drifted


class Tracker:
    """Ids and regions. Knows no image and no clock."""

    def __init__(self) -> None:
        self._next_id = 1
        self._tracks: list[Track] = []
        self._since_detection = 0

    @property
    def ids(self) -> set[int]:
        """Ids of all tracked people, including those just lost."""
        return {track.id for track in self._tracks}

    def boxes(self) -> list[Array]:
        """Boxes (4,) of all tracked people in the last image: x, y, width, height [px]."""
        return [track.observation.box_xywh for track in self._tracks if track.present]

    def reset(self) -> None:
        """Forget all people. Ids continue, so that none is ever reused."""
        self._tracks.clear()
        self._since_detection = 0

    def detection_due(self, config: Settings, limit: int | None, done: bool = False) -> bool:
        """Whether the whole image should be searched: nobody or somebody lost, or it is time.

        Args:
            config: for ``detect_every_n`` and ``track_bbox``.
            limit: how many people at most, where the estimator itself tells who is there; else None. With so
                many tracked, a search can only find that a region has drifted, and is needed less often.
            done: whether the image's candidates were already asked for.
        """
        present = [t for t in self._tracks if t.present]
        complete = limit is not None and len(present) >= limit
        every_n = config.detect_every_n * (DETECT_LESS_OFTEN if complete else 1)
        return (
            not config.track_bbox
            or not present
            or len(present) < len(self._tracks)
            or any(t.misses for t in present)
            or self._since_detection + (not done) >= every_n
        )

    def search_began(self) -> None:
        """The image just processed is being searched in the background."""
        self._since_detection = 0
        for track in self._tracks:
            track.searched_xywh = track.observation.box_xywh if track.present else None

    def brought_up(self, found: Sequence[Region]) -> list[Region]:
        """Regions of the image for which ``search_began``, moved as the people in them did since."""
        followed = [t for t in self._tracks if t.searched_xywh is not None and t.present]
        return [_moved(region, followed) for region in found]

    def candidates(
        self,
        found: Sequence[Region] | None,
        config: Settings,
        limit: int,
        blind: bool = False,
        late: bool = False,
    ) -> list[Candidate]:
        """Where to look for people in this image.

        Args:
            found: regions that detection found in this image, best first; None where it did not run.
            config: for ``track_bbox`` and ``box_margin``.
            limit: how many people at most.
            blind: whether the estimator gives a body also where nobody is; then detections tell who is there.
            late: whether ``found`` is of an earlier image.
        """
        self._since_detection = self._since_detection + 1 if found is None or late else 0
        followed = [t for t in self._tracks if t.observation.region is not None]
        free = list(found or ())
        result: list[Candidate] = []
        for track in followed:
            region = track.observation.region
            assert region is not None
            match = _nearest(region, free)
            if match is not None:
                free.remove(match)
            if blind:
                candidate = verified(track, region, match, found is not None, config)
            else:
                candidate = _followed(track, region, match, config)
            if candidate is not None:
                result.append(candidate)
        result += [Candidate(r, None, r.box_xywh) for r in free]
        grow = (1.0 + config.box_margin) / REGION_PER_BOX
        return [replace(c, region=replace(c.region, side_px=c.region.side_px * grow)) for c in result[:limit]]

    def match(self, observations: Sequence[Observation], time_s: float) -> list[Track | None]:
        """Whose each observation is, for estimators that find people by themselves.

        Nearest pairs first, by the distance of box centers in box heights.
        """
        pairs = sorted(
            (distance(track, o, time_s), i, track.id)
            for i, o in enumerate(observations)
            for track in self._tracks
            if is_near(track, o, time_s)
        )
        by_id = {track.id: track for track in self._tracks}
        result: list[Track | None] = [None] * len(observations)
        for _, i, track_id in pairs:
            if result[i] is None and track_id in by_id:
                result[i] = by_id.pop(track_id)
        return result

    def update(
        self, seen: Sequence[tuple[Observation, Track | None]], time_s: float, forget_s: float
    ) -> list[Track]:
        """Take over what was seen in one image.

        Somebody who moves farther than a person can is taken for somebody else and gets a new id.

        Args:
            seen: observations and whose they are, None for somebody new.
            time_s: the image's time [s].
            forget_s: how long somebody lost keeps the id [s].

        Returns:
            The tracks seen in this image, oldest first.
        """
        for track in self._tracks:
            track.present = False
        for observation, owner in _without_twins(seen):
            if owner is not None and not owner.present and is_near(owner, observation, time_s):
                _move(owner, observation, time_s)
            else:
                self._tracks.append(Track(self._next_id, observation, time_s, True, np.zeros(2)))
                self._next_id += 1
        self._tracks = [t for t in self._tracks if t.present or 0.0 <= time_s - t.seen_s <= forget_s]
        return [t for t in self._tracks if t.present]


def _nearest(region: Region, found: Sequence[Region]) -> Region | None:
    """The detection that lies in ``region``'s inner half, the nearest if there are more."""
    distances = [float(np.hypot(*(f.center_px - region.center_px))) for f in found]
    if not distances or min(distances) > _NEAR * region.side_px:
        return None
    return found[int(np.argmin(distances))]


def _followed(track: Track, region: Region, match: Region | None, config: Settings) -> Candidate | None:
    """Where to look for somebody with an estimator that tells by itself whether a person is there."""
    if not config.track_bbox:
        return Candidate(match, track) if match is not None else None
    if not track.present or (match is not None and _drifted(region, match)):
        # lost, or drifted: only detection says where the person is
        return Candidate(match, track) if match is not None else None
    return Candidate(region, track)


def _moved(region: Region, followed: Sequence[Track]) -> Region:
    """A region of an earlier image, moved and scaled as the box of the person in it."""
    for track in followed:
        old, new = track.searched_xywh, track.observation.box_xywh
        assert old is not None
        if float(np.hypot(*(box_center(old) - region.center_px))) <= _NEAR * region.side_px:
            grown = max(float(new[2:].max()), 1.0) / max(float(old[2:].max()), 1.0)
            step = box_center(new) - box_center(old)
            box = region.box_xywh
            if box is not None:
                sides = box[2:] * grown
                box = np.concatenate([box_center(box) + step - 0.5 * sides, sides])
            return replace(
                region, center_px=region.center_px + step, side_px=region.side_px * grown, box_xywh=box
            )
    return region


def _drifted(region: Region, detection: Region) -> bool:
    return not 1.0 / _SIZE_RATIO < region.side_px / max(detection.side_px, 1e-6) < _SIZE_RATIO


def _move(track: Track, observation: Observation, time_s: float) -> None:
    dt = time_s - track.seen_s
    if dt > 1e-3:
        speed = (box_center(observation.box_xywh) - box_center(track.observation.box_xywh)) / dt
        track.velocity_px = 0.5 * track.velocity_px + 0.5 * speed
    track.observation, track.seen_s, track.present = observation, time_s, True


def _without_twins(
    seen: Sequence[tuple[Observation, Track | None]],
) -> list[tuple[Observation, Track | None]]:
    """Drop the younger of two that have run onto one person."""
    order = sorted(seen, key=lambda s: s[1].id if s[1] is not None else np.inf)
    kept: list[tuple[Observation, Track | None]] = []
    for item in order:
        box = item[0].box_xywh
        # without regions the estimator tells people apart by itself
        if item[0].region is None or all(box_iou(box, k[0].box_xywh) <= _SAME_PERSON_IOU for k in kept):
            kept.append(item)
    return kept


def _depth(body: Body) -> float:
    """Distance of a body along the camera's axis, from the joints that are known [m]."""
    known = body.states != JointState.INVALID
    return float(np.median(body.positions[known, 2])) if known.any() else math.inf


def choose_operator(
    bodies: Sequence[Body], current: int, config: Settings, width_px: int, height_px: int
) -> int:
    """Id of the operator, 0 for nobody.

    Whoever is the operator stays it while followed; the rule only chooses when nobody is. With rule
    ``id`` only ``operator_id`` ever is.
    """
    ids = [body.id for body in bodies]
    if config.operator == "id":
        return config.operator_id if config.operator_id in ids else 0
    if current in ids:
        return current
    middle = 0.5 * np.array([width_px, height_px])
    rules = {
        "nearest": _depth,
        "largest": lambda b: -float(b.box_xywh[2] * b.box_xywh[3]),
        "center": lambda b: float(np.hypot(*(box_center(b.box_xywh) - middle))),
    }
    return min(bodies, key=rules[config.operator]).id if bodies else 0
