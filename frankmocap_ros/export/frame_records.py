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

"""The frames of one sequence as records of one of the formats that ``frankmocap_ros process`` writes."""

from collections.abc import Callable
from typing import Any, Final

from frankmocap_ros.body.arm_angles import ArmAngles
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.export.gmr import gmr_record
from frankmocap_ros.export.json_records import frame_record

FORMATS: Final = ("json", "gmr")


class FrameRecords:
    """Makes a record of each frame of one sequence, in its order.

    Args:
        form: one of ``FORMATS``.
        warning: what users of the results must know; stands in the first record.
    """

    def __init__(self, form: str, warning: str = "") -> None:
        arms = ArmAngles()
        self._plain = form != "json"
        self._of: Callable[[Frame], dict[str, Any]] = (
            gmr_record if self._plain else lambda frame: frame_record(frame, arms)
        )
        self._warning = warning

    def record(self, frame: Frame, file: str = "") -> dict[str, Any]:
        """The next record.

        Args:
            frame: the frame.
            file: name of its image file; empty where there is none.
        """
        record = self._of(frame)
        if not self._plain:
            record |= {"warning": self._warning} if self._warning else {}
            record |= {"file": file} if file else {}
            self._warning = ""
        return record
