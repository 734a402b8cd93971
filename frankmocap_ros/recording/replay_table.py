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

"""The report of a replay in words, for a terminal."""

from collections.abc import Mapping
from typing import Any, Final

from frankmocap_ros.teleop.wording import counted

_STEPS: Final = (
    ("command_step_m", "largest step of a command", "m"),
    ("command_turn_rad", "largest turn of a command", "rad"),
    ("command_speed", "highest speed of a command", "m/s"),
    ("command_acceleration", "highest acceleration of a command", "m/s^2"),
    ("joint_step", "largest step of a joint's command", "rad or m"),
    ("joint_speed_share", "highest share of a joint's speed", ""),
    ("joint_acceleration_share", "highest share of a joint's acceleration", ""),
    ("robot_step", "largest step of the robot in a tick", "rad or m"),
)
_QUALITY: Final = (
    ("lag_ms", "lag behind the operator", "ms"),
    ("robot_lag_ms", "lag of the robot behind its commands", "ms"),
    ("jitter_mm", "jitter of the commands", "mm"),
    ("measured_jitter_mm", "jitter of what they follow", "mm"),
    ("age_ms", "age of what they follow", "ms"),
)
_WIDTH: Final = 42


def replay_table(record: Mapping[str, Any], name: str) -> str:
    """The report of an episode that the user knows by a name, as lines of text."""
    following, quality, faults = record["following"], record["quality"], record["faults"]["amounts"]
    settings, judgement = record["settings"], record["judgement"]
    put = ", ".join(f"{name}:{amount:g}" for name, amount in faults.items()) or "none"
    lines = [
        f"{name} on {record['robot']['map']}: {'passed' if judgement['passed'] else 'FAILED'}",
        _row("settings of the gate", settings["source"]),
        _row("faults", f"{put}; seed {record['faults']['seed']}" if faults else put),
        _row(
            "followed",
            f"{following['followed_s']:g} of {following['duration_s']:g} s, "
            f"{counted(following['engagements'], 'engagement')}, {counted(following['holds'], 'hold')}",
        ),
    ]
    lines += [_row(text, _number(record["steps"][name], unit)) for name, text, unit in _STEPS]
    lines += [_row(text, _number(quality[name], unit)) for name, text, unit in _QUALITY]
    distance = record["distances"]["robot_self_collision_m"]
    lines.append(_row("least distance of the robot's parts", _number(distance, "m")))
    found = {name: n for name, n in record["violations"].items() if n}
    lines.append(_row("violations", ", ".join(f"{name} {n}" for name, n in found.items()) or "none"))
    ignored = record["messages"]["ignored"]
    said = ", ".join(f"{n} {name}" for name, n in ignored.items()) or "none"
    lines.append(_row("messages that were left out", said))
    lines += [
        f"  {change['time_s']:8.2f} s  {change['state']}: {change['reason']}"
        for change in record["states"][1:]
    ]
    lines += [f"  note: {note}" for note in record["notes"]]
    lines += [f"  FAILED {text}" for text in judgement["failed"]]
    return "\n".join(lines)


def _row(name: str, value: str) -> str:
    return f"  {name:<{_WIDTH}} {value}"


def _number(value: float | None, unit: str) -> str:
    return "not known" if value is None else f"{value:g} {unit}".rstrip()
