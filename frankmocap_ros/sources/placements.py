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

"""Poses of a source's images in a frame of TF."""

import logging
from typing import Final

from frankmocap_ros.body.pose import Frame
from frankmocap_ros.body.transform import transformed
from frankmocap_ros.errors import SettingError, TransformError
from frankmocap_ros.sources.base import SourceImage

_LOG: Final = logging.getLogger(__name__)


class Placements:
    """Poses in a frame of TF, at each image's time. What TF does not know then is left out, as by the node.

    Args:
        target: name of the frame; empty for poses in the camera's own.
        shown: what to call the source.
    """

    def __init__(self, target: str, shown: str) -> None:
        self._target, self._shown = target, shown
        self._placed = self._left_out = 0
        self._why = ""

    def placed(self, frame: Frame, image: SourceImage) -> Frame | None:
        """The frame with its poses in the target; None where TF of its time is not known.

        Raises:
            SettingError: the source has no TF.
        """
        if not self._target:
            return frame
        if image.placement is None:
            raise SettingError(
                f"target_frame: {self._target}: {self._shown} has no TF; use a bag that has, or leave "
                "target_frame empty for poses in the camera's optical frame"
            )
        try:
            found = image.placement(self._target)
        except TransformError as error:
            self._left_out, self._why = self._left_out + 1, str(error)
            return None
        self._placed += 1
        return transformed(frame, found, self._target)

    def end(self) -> None:
        """Tell what was left out.

        Raises:
            TransformError: that was everything.
        """
        if self._left_out and not self._placed:
            raise TransformError(f"{self._shown}: TF is not known at the time of any image: {self._why}")
        if self._left_out:
            _LOG.warning("%s: %d images left out: %s", self._shown, self._left_out, self._why)
