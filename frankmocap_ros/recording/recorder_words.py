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

"""What the recorder says. Pure."""

import errno
from pathlib import Path

from frankmocap_ros.recording.episodes import EpisodeInfo


def why_not(error: Exception) -> str:
    """Why the disk takes no more."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    return f"the disk refuses to write ({error})"


def next_step(why: str) -> str:
    """What to do about it."""
    full = "remove episodes and call ~/start, or restart the recorder with another folder"
    return full if why.startswith("the disk is full") else "correct that, then call ~/start"


def summary(folder: Path, info: EpisodeInfo) -> str:
    """An episode that has ended, in one line."""
    messages = sum(count.messages for count in info.topics.values())
    dropped = {topic: count.dropped for topic, count in info.topics.items() if count.dropped}
    lost = "nothing dropped"
    if dropped:
        lost = "dropped: " + ", ".join(f"{count} of {topic}" for topic, count in sorted(dropped.items()))
    seconds = max(0, info.end_ns - info.start_ns) / 1e9
    return f"{folder}, outcome {info.outcome}: {seconds:.1f} s, {messages} messages, {lost}"
