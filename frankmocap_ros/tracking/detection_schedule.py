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

"""When and where people are looked for: in an image itself, or in the background in an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.body.pose import SEARCH
from frankmocap_ros.estimators.base import Estimator
from frankmocap_ros.geometry.boxes import Region, scaled_region
from frankmocap_ros.imaging.camera_image import CameraImage, ScaledImage
from frankmocap_ros.runtime.timing import StageTimer
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.background_detection import BackgroundDetection
from frankmocap_ros.tracking.tracker import Tracker


@dataclass(frozen=True, eq=False)
class Detection:
    """What person detection says of an image.

    Attributes:
        found: regions in the image's pixels, or None where nobody was looked for.
        late: whether they were found in an earlier image.
    """

    found: list[Region] | None
    late: bool = False


class DetectionSchedule:
    """Has people looked for in images of one camera.

    Args:
        estimator: looks for them.
        search: looks in the background, or None to look in line.
        tracker: knows when it is time, and where people have moved since.
        timer: takes the stages' times.
    """

    def __init__(
        self, estimator: Estimator, search: BackgroundDetection | None, tracker: Tracker, timer: StageTimer
    ) -> None:
        self._estimator, self._search = estimator, search
        self._tracker, self._timer = tracker, timer
        self._searched_px = (1, 1)

    def forget(self) -> None:
        """Leave out what is being found in the background."""
        if self._search is not None:
            self._search.forget()

    def detect(
        self, camera_image: CameraImage, image: ScaledImage, limit: int, config: Settings
    ) -> Detection:
        """Search the image now, or take what a search in the background found in an earlier one.

        Args:
            camera_image: the image as it came.
            image: the same as it is processed, whose pixels the regions are in.
            limit: how many people at most.
            config: in force for this image.
        """
        search = self._search
        if search is not None:
            found = search.result(wait=not config.track_bbox) if search.busy else None
            if found is not None:
                self._timer.add(SEARCH, search.spent_ms)
                return Detection(self._tracker.brought_up(self._in_pixels_of(image, found)), late=True)
            if config.track_bbox:
                return Detection(None)
        if not self._tracker.detection_due(config, self._complete_at(limit)):
            return Detection(None)
        with self._timer.stage("detect"):
            small = self._to_search(camera_image, image, config)
            if search is None:
                found = self._estimator.detect(small, limit)
            else:  # all searches of an estimator run in one thread
                search.begin(small, limit)
                found = search.result(wait=True) or []
            return Detection(self._in_pixels_of(image, found))

    def detect_in_background(
        self, camera_image: CameraImage, image: ScaledImage, limit: int, config: Settings
    ) -> bool:
        """Search the image that was just processed in the background, if it is time; whether that began.

        Args:
            camera_image: the image as it came.
            image: the same as it was processed.
            limit: how many people at most.
            config: in force for this image.
        """
        search, tracker = self._search, self._tracker
        if search is None or search.busy or not config.track_bbox:
            return False
        if not tracker.detection_due(config, self._complete_at(limit), done=True):
            return False
        small = self._to_search(camera_image, image, config)
        scale = np.tile(np.array(small.bitmap.size_px) / image.bitmap.size_px, 2)
        followed = tuple(scale * box for box in tracker.boxes())
        search.begin(replace(small, followed=followed), limit)
        tracker.search_began()
        return True

    def _complete_at(self, limit: int) -> int | None:
        """How many people make a search unnecessary; None where only searches tell who is there."""
        return limit if self._estimator.capabilities.sees_absence else None

    def _to_search(self, camera_image: CameraImage, image: ScaledImage, config: Settings) -> ScaledImage:
        """The image in which people are looked for; its size is remembered for what is found."""
        small = camera_image.reduced(image.camera, config.resize_short)
        self._searched_px = small.bitmap.size_px
        return small

    def _in_pixels_of(self, image: ScaledImage, found: Sequence[Region]) -> list[Region]:
        """Regions of the searched image in the pixels of ``image``."""
        scale = np.array(image.bitmap.size_px) / self._searched_px
        return [scaled_region(region, scale) for region in found]
