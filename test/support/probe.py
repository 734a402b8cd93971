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

"""An estimator that sees whom a test wants it to see."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from frankmocap_ros.body.pose import KeypointPose, Observation, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.geometry.boxes import Region

_RIGHT_SIDE = {  # of a person who faces the camera with arms spread; hips' middle is the origin [m]
    "ear": (-0.08, -0.65, 0.0), "shoulder": (-0.18, -0.5, 0.0), "elbow": (-0.45, -0.5, 0.0),
    "wrist": (-0.70, -0.5, 0.0), "index1": (-0.78, -0.5, -0.03), "pinky1": (-0.78, -0.5, 0.03),
    "hip": (-0.1, 0.0, 0.0), "knee": (-0.1, 0.42, -0.02), "ankle": (-0.1, 0.84, 0.0),
    "foot": (-0.1, 0.9, -0.15),
}  # fmt: skip
_MIRROR = {"left": (-1.0, 1.0, 1.0), "right": (1.0, 1.0, 1.0)}


def _figure() -> np.ndarray:
    points = {"nose": (0.0, -0.62, -0.12)}
    for part, xyz in _RIGHT_SIDE.items():
        points |= {f"{side}_{part}": tuple(np.multiply(xyz, _MIRROR[side])) for side in _MIRROR}
    return np.array([points[name] for name in KEYPOINTS])


FIGURE = _figure()


@dataclass
class Person:
    """Somebody whom the probe sees: hips' middle at ``position`` [m], confidence per keypoint name."""

    position: tuple[float, float, float] = (0.0, -0.1, 3.0)
    confidence: dict[str, float] = field(default_factory=dict)
    points: Callable[[np.ndarray], np.ndarray] = lambda points: points  # what is made of the true ones

    def observed(self, camera) -> Observation:
        points = FIGURE + self.position
        pixels = camera.project(points)
        low, size = pixels.min(axis=0), np.ptp(pixels, axis=0)
        confidence = np.array([self.confidence.get(name, 0.9) for name in KEYPOINTS])
        return Observation(
            pose=KeypointPose(self.points(points), confidence),
            box_xywh=np.concatenate([low, size]),
            score=0.9,
            scale_source=ScaleSource.NONE,
            region=Region(low + 0.5 * size, 1.25 * float(size.max())),
        )


@dataclass(frozen=True)
class ProbeCall:
    """What the probe was given with one image. ``detect_limit`` is None where nobody was looked for."""

    time_s: float
    size_px: tuple[int, int]
    camera: Any
    calibrated: bool
    regions: tuple[Region, ...]
    detect_limit: int | None
    start_s: float


class Probe:
    """An estimator that sees exactly ``people``, and remembers what it was given."""

    name = "probe"

    def __init__(self) -> None:
        self.people = [Person()]
        self.seen: list[ProbeCall] = []
        self.error: Exception | None = None
        self.duration_s = 0.0
        self.made: list[object] = []
        self.warmed = self.closed = 0
        self.needs_regions = True
        self.detects_apart = False
        self.during: Callable[[], None] = lambda: None
        self._detect_limit: int | None = None
        self.searched_px = (0, 0)  # of the last image in which people were looked for

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            max_people=16,
            needs_regions=self.needs_regions,
            orientations=False,
            hands=False,
            device="cpu",
            detects_apart=self.detects_apart,
        )

    @staticmethod
    def person(*position: float, **confidence: float) -> Person:
        """Somebody at x, y, z [m], with the confidence of some keypoints."""
        return Person(position or Person.position, confidence)

    def make(self, config, *_) -> "Probe":
        """In place of the registry's function."""
        self.made.append(config)
        return self

    def warm_up(self) -> None:
        self.warmed += 1

    def close(self) -> None:
        self.closed += 1

    def detect(self, image, max_people: int) -> list[Region]:
        self._detect_limit = max_people
        self.searched_px = image.bitmap.size_px
        return [self._observed(p, image).region for p in self.people][:max_people]

    def estimate(self, image, regions) -> list[Observation | None]:
        limit, self._detect_limit = self._detect_limit, None
        error = self.error  # as it is when the image is taken: who sees it in ``seen`` may change it
        self.seen.append(
            ProbeCall(
                image.time_s, image.bitmap.size_px, image.camera, image.calibrated, tuple(regions), limit,
                time.perf_counter(),
            )
        )  # fmt: skip
        self.during()
        time.sleep(self.duration_s)
        if error is not None:
            raise error
        people = [self._observed(p, image) for p in self.people]
        if not self.needs_regions:
            return people
        return [min(people, key=lambda p: _distance(p, r), default=None) for r in regions]

    def _observed(self, person: Person, image) -> Observation:
        observation = person.observed(image.camera)
        scale = ScaleSource.CAMERA_INFO if image.calibrated else ScaleSource.ASSUMED_HEIGHT
        return Observation(**{**vars(observation), "scale_source": scale})


def _distance(observation: Observation, region: Region) -> float:
    return float(np.hypot(*(observation.region.center_px - region.center_px)))
