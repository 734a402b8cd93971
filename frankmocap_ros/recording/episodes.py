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

"""Episodes: folders of rosbag2 with one more file, ``episode.json``, that says what was done."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.runtime.records import record_of
from frankmocap_ros.runtime.text_values import json_values
from frankmocap_ros.runtime.whole_files import replace_text

EPISODE: Final = "episode.json"
FORMAT: Final = 1
OUTCOMES: Final = ("unknown", "success", "failure", "discarded")
EPISODE_NAME: Final = re.compile(r"episode_(\d{6,})")


@dataclass
class TopicCount:
    """What came of one topic.

    Attributes:
        type: such as ``sensor_msgs/msg/Image``.
        messages: how many were written.
        dropped: how many came and were not written, because the disk was slower than they were.
    """

    type: str
    messages: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        if self.messages < 0 or self.dropped < 0:
            raise RecordingError(f"there are no {min(self.messages, self.dropped)} messages")


@dataclass
class EpisodeInfo:
    """What ``episode.json`` says.

    Attributes:
        task: what the operator was to do, in words.
        outcome: unknown, success, failure or discarded.
        notes: in words, for people.
        start_ns: when the episode began, by the recorder's clock [ns].
        end_ns: when it ended [ns]; 0 while it is being recorded.
        topics: by name.
        robot_map: map that the robot was driven with; empty where unknown.
        package_version: of this package, at the recording.
        complete: everything that was received and not counted as dropped is there; false while it is being
            recorded, and for what was cut off and repaired.
        format: of this file.
    """

    task: str = ""
    outcome: str = "unknown"
    notes: str = ""
    start_ns: int = 0
    end_ns: int = 0
    topics: dict[str, TopicCount] = field(default_factory=dict)
    robot_map: str = ""
    package_version: str = ""
    complete: bool = False
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise RecordingError(f"outcome {self.outcome!r} is not one of {', '.join(OUTCOMES)}")


def episode_name(number: int) -> str:
    """Name of an episode's folder, such as ``episode_000001``."""
    return f"episode_{number:06d}"


def next_episode(root: Path) -> Path:
    """The folder that the next episode of a folder goes to; it does not exist yet."""
    taken = [int(match[1]) for path in root.glob("episode_*") if (match := EPISODE_NAME.fullmatch(path.name))]
    return root / episode_name(max(taken, default=0) + 1)


def episodes(root: Path) -> list[Path]:
    """Episodes of a folder, in order; the folder itself where it is one.

    Raises:
        RecordingError: there is no such folder, or no episode in it.
    """
    if not root.is_dir():
        raise RecordingError(
            f"{root} is not a folder: name one with episodes, or an episode (episode_000001)"
        )
    if (root / EPISODE).is_file():
        return [root]
    found = sorted(path.parent for path in root.glob(f"*/{EPISODE}"))
    if not found:
        raise RecordingError(
            f"{root} has no episodes: none of its folders has an {EPISODE}; record some with: "
            f"frankmocap_ros record --folder {root}"
        )
    return found


def read_info(folder: Path) -> EpisodeInfo:
    """What an episode's ``episode.json`` says.

    Raises:
        RecordingError: it is missing, or not what this version writes.
    """
    path = folder / EPISODE
    try:
        values = json_values(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordingError(f"{folder} is not an episode: {path.name} cannot be read ({error})") from error
    except ValueError as error:
        raise RecordingError(f"{path} is not JSON ({error}); restore it, or remove the episode") from error
    try:
        return _info(values)
    except (ValueError, RecordingError) as error:
        raise RecordingError(f"{path} is not what an episode says of itself: {error}") from error


def _info(values: object) -> EpisodeInfo:
    """From JSON's values; names that this version does not know are passed over."""
    found = values.get("format") if isinstance(values, dict) else FORMAT
    if found != FORMAT or isinstance(found, bool):
        raise RecordingError(f"format {found!r} is not known, {FORMAT} is; update frankmocap_ros to read it")
    return record_of(EpisodeInfo, values, pass_over=True)


def write_info(folder: Path, info: EpisodeInfo) -> None:
    """Write an episode's ``episode.json``, in one step: nobody reads half of it.

    Raises:
        RecordingError: the folder cannot be written to.
    """
    text = json.dumps(asdict(info), indent=1, ensure_ascii=False) + "\n"
    try:
        replace_text(folder / EPISODE, text)
    except OSError as error:
        raise RecordingError(f"{folder / EPISODE} cannot be written: {error}") from error
