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

"""``metadata.yaml`` of a rosbag2 folder, version 8: which Humble (from 5) and Jazzy (to 9) both read."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from frankmocap_ros.recording.topics import Topic

METADATA: Final = "metadata.yaml"
_VERSION: Final = 8


@dataclass
class FileContents:
    """What one file of a recording holds.

    Attributes:
        name: of the file, without folders.
        counts: messages by topic.
        start_ns: log time of the first message [ns]; 0 without any.
        end_ns: log time of the last message [ns].
    """

    name: str
    counts: Counter[Topic] = field(default_factory=Counter)
    start_ns: int = 0
    end_ns: int = 0

    def count(self, topic: Topic, log_time_ns: int) -> None:
        """A message was written."""
        self.start_ns = min(self.start_ns, log_time_ns) if self.messages else log_time_ns
        self.end_ns = max(self.end_ns, log_time_ns)
        self.counts[topic] += 1

    @property
    def messages(self) -> int:
        """Messages of all topics."""
        return self.counts.total()


def bag_information(files: Sequence[FileContents]) -> dict[str, Any]:
    """What rosbag2 tells about files that belong together, in its own names."""
    filled = [contents for contents in files if contents.messages]
    start_ns = min((contents.start_ns for contents in filled), default=0)
    end_ns = max((contents.end_ns for contents in filled), default=0)
    counts: Counter[Topic] = Counter()
    for contents in files:
        counts.update(contents.counts)
    return {
        "version": _VERSION,
        "storage_identifier": "mcap",
        "duration": {"nanoseconds": end_ns - start_ns},
        "starting_time": {"nanoseconds_since_epoch": start_ns},
        "message_count": counts.total(),
        "topics_with_message_count": [
            {
                "topic_metadata": {
                    "name": topic.name,
                    "type": topic.type_name,
                    "serialization_format": "cdr",
                    "offered_qos_profiles": topic.qos,
                    "type_description_hash": topic.type_hash,
                },
                "message_count": count,
            }
            for topic, count in counts.items()
        ],
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": [contents.name for contents in files],
        "files": [
            {
                "path": contents.name,
                "starting_time": {"nanoseconds_since_epoch": contents.start_ns},
                "duration": {"nanoseconds": contents.end_ns - contents.start_ns},
                "message_count": contents.messages,
            }
            for contents in files
        ],
        "custom_data": {},
        "ros_distro": os.environ.get("ROS_DISTRO", ""),
    }


def metadata_yaml(files: Sequence[FileContents]) -> str:
    """The text of ``metadata.yaml``."""
    return "\n".join(_lines({"rosbag2_bagfile_information": bag_information(files)}, "")) + "\n"


def information_yaml(contents: FileContents) -> str:
    """What rosbag2 stores within a file, for readers that have no folder."""
    return "\n".join(_lines(bag_information([contents]), "")) + "\n"


def _lines(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    """YAML in block style of dictionaries, lists, numbers and texts."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{key}:"
            for entry in value:
                first, *rest = _lines(entry, indent + "    ")
                yield f"{indent}  - {first.lstrip()}"
                yield from rest
        else:
            # a scalar, or a short list, of JSON is one of YAML, but for escapes beyond U+FFFF
            yield f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}"
