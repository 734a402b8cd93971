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

"""How a recorder is, for ``/diagnostics``."""

from collections import Counter
from collections.abc import Sequence

from frankmocap_ros.recording.recorder import Status
from frankmocap_ros.runtime.diagnostics import Health
from frankmocap_ros.runtime.snapshot import Level


def recorder_health(status: Status, new_drops: int, missing: Sequence[str], topics: Sequence[str]) -> Health:
    """What it does, what it drops, and what is missing.

    Args:
        status: of the recorder.
        new_drops: messages dropped since the last call.
        missing: topics that the settings name and nobody publishes.
        topics: those that are recorded.
    """
    dropped = status.dropped or Counter[str]()
    findings = []
    if status.problem:
        findings.append((Level.ERROR, status.problem))
    if new_drops:
        findings.append((Level.WARN, f"{new_drops} messages dropped: they come faster than they are written"))
    if missing:
        findings.append((Level.WARN, f"nobody publishes {', '.join(missing)}"))
    what = f"recording {status.episode}" if status.recording else "not recording; call ~/start"
    findings.append((Level.OK, what))
    values = {
        "recording": str(status.recording).lower(),
        "episode": status.episode or "none",
        "messages": str(status.messages),
        "dropped": str(dropped.total()),
        "topics": ", ".join(topics) or "none",
    }
    values |= {f"dropped/{topic}": str(count) for topic, count in sorted(dropped.items())}
    return Health(max(level for level, _ in findings), "; ".join(text for _, text in findings), values)
