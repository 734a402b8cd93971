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

"""What the panel says in words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

_LEVELS: Final = ("OK", "WARN", "ERROR", "STALE")
_STALE_S: Final = 2.0
STAGES: Final = ("transport", "wait", "decode", "detect", "regress", "post", "publish")
"""Of a frame, as in ``Latency.msg``."""


@dataclass
class Heard:
    """What was heard of the node, for people.

    Attributes:
        fps: frames per second.
        ages_ms: of the last frames, at publication [ms].
        inference_ms: of the last frame.
        people: of the last frame.
        scale: where their meters come from, in words.
        since_s: time since the last frame [s], None before the first.
        level: of the node's health.
        health: in its own words.
        values: of its diagnostics.
        conflict: why it is not sure whose bodies are shown, in words; empty where it is.
    """

    fps: float = 0.0
    ages_ms: Sequence[float] = ()
    inference_ms: float = 0.0
    people: int = 0
    scale: str = ""
    since_s: float | None = None
    level: int = 3
    health: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    conflict: str = ""


def status_text(heard: Heard, there: bool) -> str:
    """How the node is, as Markdown."""
    if heard.since_s is None:
        waits = "no frame published yet" if there else "it is not running, or not in this ROS domain"
        return f"**Waiting for the node:** {waits}. {heard.health}"
    lines = [f"**{heard.conflict}**"] if heard.conflict else []
    if heard.since_s > _STALE_S:
        lines.append(f"**No frame for {heard.since_s:.0f} s.**")
    p50, p95 = np.percentile(heard.ages_ms, (50, 95)) if len(heard.ages_ms) else (0.0, 0.0)
    lines += [
        f"**{heard.fps:.1f} FPS**, age p50 **{p50:.0f} ms**, p95 **{p95:.0f} ms**, "
        f"inference {heard.inference_ms:.1f} ms",
        f"people: {heard.people}" + (f", meters from {heard.scale}" if heard.scale else ""),
    ]
    values = heard.values
    if values:
        lines.append(f"estimator **{values.get('estimator', '?')}** on {values.get('device', '?')}")
        drops = [
            f"{key.partition('/')[2]} {value}"
            for key, value in values.items()
            if key.startswith("dropped/") and value != "0"
        ]
        lines.append(
            f"dropped: {', '.join(drops) if drops else 'none'}; skipped {values.get('skipped', '0')}"
        )
    if heard.health:
        lines.append(f"**{_LEVELS[min(heard.level, 3)]}**: {heard.health}")
    return "\n\n".join(lines)


@dataclass(frozen=True)
class GateHeard:
    """The gate's state.

    Attributes:
        name: of the state.
        reason: why, in its words.
        limits: what held the last command back.
        lag_ms: how far commands trail, NaN where nothing moves [ms].
        arming_left_s: while ARMING, how long the operator has still to hold still [s].
    """

    name: str
    reason: str
    limits: tuple[str, ...]
    lag_ms: float
    arming_left_s: float = 0.0


def gate_text(gate: GateHeard | None) -> str:
    """How the gate is, as Markdown."""
    if gate is None:
        return "*no gate*"
    text = f"**{gate.name}**: {gate.reason}"
    if gate.limits:
        text += f"\n\nlimited by {', '.join(gate.limits)}"
    if np.isfinite(gate.lag_ms):
        text += f"\n\nlags by {gate.lag_ms:.0f} ms"
    return text
