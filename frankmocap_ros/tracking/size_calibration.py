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

"""How large the operator is, measured within a second in a known posture.

One camera cannot tell a small person who is near from a tall one who is far away: an estimator assumes a
size. What tells it is a depth camera, a length that is known (the forearm's), or the height.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.height import estimated_height_m
from frankmocap_ros.body.kinematics import Posed
from frankmocap_ros.body.skeleton import SIDES, Skeleton
from frankmocap_ros.geometry.rotation import Array, dot
from frankmocap_ros.settings.mocap import Settings

POSTURE: Final = (
    "sit or stand upright and face the camera, elbows at your sides, forearms raised, hands beside your "
    "shoulders, and hold still for a second"
)
LASTS_S: Final = 1.0
TIMEOUT_S: Final = 10.0
_DEPTH_S: Final = 1.0  # so long at most until depth is found, where nothing else is known
_LEAST_SAMPLES: Final = 5
_ACROSS: Final = (
    0.85  # sine of the angle to the line of sight, from which a bone's length does not hang on depth
)
_SPREAD: Final = 0.1  # of the middle 80 % of the samples, as a share of their median
_RANGE: Final = (0.5, 2.0)


@dataclass(frozen=True, eq=False)
class SizeSample:
    """The operator in one image, before any size is applied.

    Attributes:
        id: the operator's.
        posed: the joints as estimated, in the optical frame.
        skeleton: their names.
        by_depth: how many times as large a depth camera measures them now; None where it does not.
    """

    id: int
    posed: Posed
    skeleton: Skeleton
    by_depth: float | None


@dataclass(frozen=True)
class Outcome:
    """What has come of a calibration.

    Attributes:
        success: whether the size is known now.
        message: what was found, or why not and what to do, in words.
        id: the operator's; 0 without success.
        size: how many times as large as estimated the operator is; 1 without success.
        by_depth: whether a depth camera told it.
    """

    success: bool
    message: str
    id: int = 0
    size: float = 1.0
    by_depth: bool = False


class SizeCalibration:
    """Watches the operator until their size is known, or that takes too long."""

    def __init__(self) -> None:
        self._begun_s = np.inf
        self._samples: list[tuple[float, float]] = []  # time [s], size
        self._source: tuple[int, str] = (0, "")  # operator and what tells the size of the samples
        self._why = "no image has come"

    def observe(self, measured: SizeSample | None, time_s: float, config: Settings) -> Outcome | None:
        """Take the operator in one image; the outcome, once there is one.

        Args:
            measured: None where there is no operator, or only in the image.
            time_s: the image's time [s].
            config: settings.
        """
        if not self._begun_s <= time_s:
            self._begun_s = time_s
            self._restart("no image has come")
        waited_s = time_s - self._begun_s
        found = self._sample(measured, config)
        if isinstance(found, str):
            self._restart(found)
        else:
            source, size = found
            if source != self._source:
                self._restart("")
                self._source = source
            self._samples.append((time_s, size))
            self._why = "hold still for a second"
            outcome = self._outcome(config)
            if outcome is not None:
                return outcome
        known = config.forearm_length_m or config.assumed_height_m
        if not known and not self._samples and waited_s >= _DEPTH_S:
            return Outcome(False, _nothing_known())
        if waited_s >= TIMEOUT_S:
            why = f"not calibrated within {TIMEOUT_S:g} s: {self._why}"
            return Outcome(False, f"{why}; {POSTURE}, and call ~/calibrate again")
        return None

    def _restart(self, why: str) -> None:
        self._samples.clear()
        self._source = (0, "")
        self._why = why

    def _sample(self, measured: SizeSample | None, config: Settings) -> tuple[tuple[int, str], float] | str:
        """Whose size by what, and the size; or why it is not known from this image."""
        if measured is None:
            return "there is no operator in view"
        if measured.by_depth is not None:
            return (measured.id, "depth"), measured.by_depth
        if config.forearm_length_m:
            found = _forearm_m(measured, config.min_confidence)
            return (
                found
                if isinstance(found, str)
                else ((measured.id, "forearm"), config.forearm_length_m / found)
            )
        if config.assumed_height_m:
            found = _height_m(measured, config.min_confidence)
            return (
                found
                if isinstance(found, str)
                else ((measured.id, "height"), config.assumed_height_m / found)
            )
        return "no depth is measured"

    def _outcome(self, config: Settings) -> Outcome | None:
        """The size, where a second of it is known and agrees."""
        samples = self._samples
        while samples and samples[-1][0] - samples[0][0] > 1.5 * LASTS_S:
            samples.pop(0)
        if samples[-1][0] - samples[0][0] < LASTS_S or len(samples) < _LEAST_SAMPLES:
            return None
        sizes = np.array([size for _, size in samples])
        low, size, high = np.percentile(sizes, (10.0, 50.0, 90.0)).tolist()
        if high - low > _SPREAD * size:
            self._why = f"the size varied from {low:.2f} to {high:.2f} times the estimator's; hold still"
            return None
        body_id, source = self._source
        words = {
            "depth": "by depth",
            "forearm": f"by forearm_length_m, {config.forearm_length_m:g}",
            "height": f"by assumed_height_m, {config.assumed_height_m:g}",
        }[source]
        if not _RANGE[0] <= size <= _RANGE[1]:
            return Outcome(
                False,
                f"person {body_id} would be {size:.2f} times as large as estimated {words} m; allowed: "
                f"{_RANGE[0]:g} to {_RANGE[1]:g}. Correct that setting, and call ~/calibrate again",
            )
        text = f"person {body_id} is {size:.2f} times as large as estimated, {words}"
        return Outcome(True, f"{text}; kept while they are followed", body_id, size, source == "depth")


def _nothing_known() -> str:
    return (
        "nothing tells the operator's size: set forearm_length_m (elbow to wrist) or assumed_height_m, or "
        "publish depth beside the image; without it people come out some 10 to 20 % too small and too near"
    )


def _lengths(measured: SizeSample, parts: tuple[str, str], least: float) -> tuple[Array, Array]:
    """Lengths of a bone on both sides, and the sines of their angles to the line of sight, where seen."""
    posed, index = measured.posed, measured.skeleton.index
    rows = np.array([[index[f"{side}_{part}"] for part in parts] for side in SIDES])
    rows = rows[(posed.confidence[rows] >= least).all(axis=1)]
    start, end = posed.positions[rows[:, 0]], posed.positions[rows[:, 1]]
    bones, middle = end - start, 0.5 * (start + end)
    lengths = np.sqrt(dot(bones, bones))
    cosines = dot(bones, middle) / np.maximum(lengths * np.sqrt(dot(middle, middle)), 1e-9)
    return lengths, np.sqrt(np.maximum(0.0, 1.0 - cosines * cosines))


def _forearm_m(measured: SizeSample, least: float) -> float | str:
    """Length of the forearms that lie across the line of sight [m], or why there is none."""
    lengths, sines = _lengths(measured, ("elbow", "wrist"), least)
    if not len(lengths):
        return "no forearm is seen: elbow and wrist of one arm must be in the image"
    across = lengths[(sines >= _ACROSS) & (lengths > 0.05)]
    return float(across.mean()) if len(across) else "the forearms point towards the camera"


def _height_m(measured: SizeSample, least: float) -> float | str:
    """Height by the lengths of what is seen [m], or why it is not known."""
    height = estimated_height_m(measured.skeleton, measured.posed, least)
    if height is None or not height > 0.3:
        return "too little is seen: an arm, or a shoulder and hip, must be in the image"
    for part in (("shoulder", "elbow"), ("elbow", "wrist")):
        _, sines = _lengths(measured, part, least)
        if (sines < _ACROSS).any():
            return "an arm points towards the camera"
    return height
