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

"""What a replay did: steps beyond a limit, holds and why, lag, jitter and the time that was followed."""

import math
from typing import Any, Final

import numpy as np

from frankmocap_ros.evaluation.lag import Signal, lag_of
from frankmocap_ros.evaluation.rounding import rounded
from frankmocap_ros.recording.limit_checks import Commands, limit_checks, sent_commands
from frankmocap_ros.recording.replay import ReplayRun
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter

_SAMPLES: Final = 4000  # of a motion at most, where its lag is looked for


def judged(replayed: ReplayRun, robot: Retargeter) -> dict[str, Any]:
    """The figures of a replay, for JSON: numbers are rounded, None is what is not known.

    Args:
        replayed: what came of it.
        robot: that followed.
    """
    commands = sent_commands(replayed, robot)
    checks = limit_checks(commands, replayed, robot)
    return {
        "violations": checks.violations,
        "violations_total": sum(checks.violations.values()),
        "steps": checks.steps,
        "distances": checks.distances,
        "following": _following(replayed),
        "states": [
            {"time_s": rounded(c.time_s, 3), "state": c.state, "reason": c.reason}
            for c in replayed.run.changes
        ],
        "quality": _quality(commands, replayed, robot),
        "messages": {
            "taken": replayed.messages,
            "ignored": {name: n for name, n in sorted(replayed.ignored.items()) if n},
        },
        "refused_commands": dict(sorted(replayed.run.refused.items())),
    }


def _engagements(replayed: ReplayRun) -> list[float]:
    """When following began [s]; what ended before its first command counts for nothing."""
    changes = replayed.run.changes
    sent_s = np.array(replayed.run.times_s)
    ends_s = [*(change.time_s for change in changes[1:]), math.inf]
    return [
        change.time_s
        for change, end_s in zip(changes, ends_s, strict=True)
        if change.state == "ENGAGED" and ((sent_s >= change.time_s) & (sent_s <= end_s)).any()
    ]


def _following(replayed: ReplayRun) -> dict[str, Any]:
    """For how long the operator was followed, and how often that ended."""
    changes, end_s = replayed.run.changes, replayed.duration_s
    seconds: dict[str, float] = {}
    for change, stop_s in zip(changes, [*(c.time_s for c in changes[1:]), end_s], strict=True):
        lasted_s = min(stop_s, end_s) - min(change.time_s, end_s)
        seconds[change.state] = seconds.get(change.state, 0.0) + lasted_s
    engaged = _engagements(replayed)
    return {
        "duration_s": rounded(end_s, 3),
        "followed_s": rounded(seconds.get("ENGAGED", 0.0), 3),
        "followed_share": rounded(seconds.get("ENGAGED", 0.0) / max(end_s, 1e-9)),
        "held_s": rounded(seconds.get("HOLD", 0.0), 3),
        "first_engaged_s": rounded(engaged[0], 3) if engaged else None,
        "engagements": len(engaged),
        "holds": sum(change.state == "HOLD" for change in changes),
        "commands": len(replayed.run.times_s),
    }


def _quality(commands: Commands, replayed: ReplayRun, robot: Retargeter) -> dict[str, float | None]:
    """Lag, jitter and age."""

    def middle(values: list[float]) -> float | None:
        known = [value for value in values if math.isfinite(value)]
        return rounded(float(np.median(known)), 2) if known else None

    def worst(values: list[float]) -> float | None:
        known = [value for value in values if math.isfinite(value)]
        return rounded(max(known), 2) if known else None

    lags = [one.lag_ms for one in replayed.quality]
    jitters = [one.jitter_mm for one in replayed.quality]
    ages_ms = [1e3 * age_s for age_s in replayed.run.ages_s]
    return {
        "lag_ms": middle(lags),
        "lag_worst_ms": worst(lags),
        "robot_lag_ms": _robot_lag_ms(commands, robot),
        "jitter_mm": middle(jitters),
        "jitter_worst_mm": worst(jitters),
        "measured_jitter_mm": middle([one.measured_jitter_mm for one in replayed.quality]),
        "age_ms": middle(ages_ms),
        "age_worst_ms": worst(ages_ms),
    }


def _robot_lag_ms(commands: Commands, robot: Retargeter) -> float | None:
    """How late the robot's targets are where its joints were sent to [ms]."""
    every = max(1, -(-len(commands.times_s) // _SAMPLES))
    rows = slice(None, None, every)
    times_s = commands.times_s[rows]
    if len(times_s) < 2:
        return None
    sent, moved = (
        Signal(times_s, np.array([robot.poses(at).positions for at in joints]).reshape(len(times_s), -1))
        for joints in (commands.joints[rows], commands.robot[rows])
    )
    lag = lag_of(sent, moved)
    return None if lag is None else rounded(1e3 * lag.lag_s, 2)
