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

"""What to make of episodes, in plain values too: as JSON they go to other processes and other machines."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from frankmocap_ros.errors import SettingError
from frankmocap_ros.recording.episodes import OUTCOMES, EpisodeInfo
from frankmocap_ros.recording.roles import AskedTopics
from frankmocap_ros.recording.rows import RowOptions

Form = Literal["lerobot", "parquet", "csv"]
Pictures = Literal["video", "png"]
FORMS: Final[tuple[Form, ...]] = ("lerobot", "parquet", "csv")
PICTURES: Final[tuple[Pictures, ...]] = ("video", "png")
LEFT_OUT_OUTCOMES: Final = ("failure", "discarded")  # unless they are asked for


@dataclass(frozen=True)
class ExportOptions:
    """What to make of episodes.

    Attributes:
        to: lerobot, parquet or csv.
        rows: how an episode becomes rows.
        topics: that the user names.
        include: outcomes of episodes that are otherwise left out: failure, discarded.
        task: in place of the recorded task; empty for the recorded one.
        pictures: how lerobot keeps images: video, or png within the data.

    Raises:
        SettingError: a value is not known, or two exclude each other.
    """

    to: Form
    rows: RowOptions = field(default_factory=RowOptions)
    topics: AskedTopics = field(default_factory=AskedTopics)
    include: tuple[str, ...] = ()
    task: str = ""
    pictures: Pictures = "video"

    def __post_init__(self) -> None:
        for what, value, allowed in (("format", self.to, FORMS), ("pictures", self.pictures, PICTURES)):
            if value not in allowed:
                raise SettingError(f"{what} {value!r} is not known; allowed: {', '.join(allowed)}")
        for outcome in self.include:
            if outcome not in OUTCOMES:
                raise SettingError(f"outcome {outcome!r} is not known; allowed: {', '.join(OUTCOMES)}")
        if self.to == "lerobot" and self.rows.everything:
            raise SettingError(
                "lerobot and everything exclude each other: a dataset for training has no unknown values; "
                "choose parquet or csv"
            )

    def values(self) -> dict[str, Any]:
        """As values of JSON."""
        return dict(json.loads(json.dumps(asdict(self))))

    @staticmethod
    def of(values: Mapping[str, Any]) -> "ExportOptions":
        """The options that ``values`` gave."""
        topics = dict(values["topics"])
        topics["images"] = None if topics["images"] is None else tuple(topics["images"])
        rest = {
            "rows": RowOptions(**values["rows"]),
            "topics": AskedTopics(**topics),
            "include": tuple(values["include"]),
        }
        return ExportOptions(**{**values, **rest})

    def left_out(self, info: EpisodeInfo) -> str:
        """Why an episode is left out as a whole; empty where it is not."""
        if info.outcome in LEFT_OUT_OUTCOMES and info.outcome not in self.include:
            return f"its outcome is {info.outcome}; to take it: --include {info.outcome}"
        return ""
