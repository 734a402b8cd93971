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
    return f"{folder} ({info.outcome}): {seconds:.1f} s, {messages} messages, {lost}"
