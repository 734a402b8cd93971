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

"""Limits that a replay is judged by, from a file: one number for each figure that is to be limited."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import SettingError
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.text_values import json_values, yaml_values
from frankmocap_ros.settings.schema import setting, updated

_LARGE: Final = 1e9


def _most(text: str, unit: str = "", default: float = _LARGE) -> Any:
    return setting(default, text, unit=unit, minimum=0.0, maximum=_LARGE)


@dataclass(frozen=True)
class ReplayLimits:
    """What a replay must keep to: ``max_`` begins the name of a highest value, ``min_`` of a lowest one."""

    max_violations: float = _most(
        "Steps beyond a limit, and broken promises of the gate, in all.", default=0.0
    )
    min_engagements: float = _most("Times that following began.", default=1.0)
    min_followed_s: float = _most("Time in which the operator was followed.", "s", 0.0)
    min_followed_share: float = _most("Share of the time in which the operator was followed.", default=0.0)
    max_first_engaged_s: float = _most("Time until following began first.", "s")
    max_holds: float = _most("Times that following ended in HOLD.")
    max_refused_commands: float = _most("Commands that the simulated robot did not take.")
    max_command_step_m: float = _most("Largest step between two commands of a target.", "m")
    max_command_turn_rad: float = _most("Largest turn between two commands of a target.", "rad")
    max_command_speed: float = _most("Highest speed of a target's commands.", "m/s")
    max_command_acceleration: float = _most("Highest acceleration of a target's commands.", "m/s^2")
    max_joint_step: float = _most("Largest step between two commands of a joint.", "rad or m")
    max_joint_speed_share: float = _most("Highest speed of a joint's commands, as a share of its limit.")
    max_joint_acceleration_share: float = _most(
        "Highest acceleration of a joint's commands, as a share of its limit."
    )
    max_robot_step: float = _most("Largest step of a joint of the simulated robot in a tick.", "rad or m")
    min_robot_self_collision_m: float = setting(
        -1.0,
        "Least distance of parts of the robot that the map keeps apart, measured up to the map's own.",
        unit="m", minimum=-1.0, maximum=10.0,
    )  # fmt: skip
    max_lag_ms: float = _most("Lag of the commands behind the operator, median.", "ms")
    max_robot_lag_ms: float = _most("Lag of the simulated robot behind the commands.", "ms")
    max_jitter_mm: float = _most("Jitter of the commands, median.", "mm")
    max_age_ms: float = _most("Age of what commands follow, median.", "ms")


ALWAYS: Final = ("max_violations", "min_engagements")
"""Limits that hold without a file as well."""
_SECTIONS: Final = ("following", "steps", "distances", "quality")


@dataclass(frozen=True)
class Limits:
    """The limits that are judged.

    Attributes:
        values: name -> value.
        source: name of the file; empty for none.
    """

    values: Mapping[str, float]
    source: str = ""


def read_limits(path: Path | None) -> Limits:
    """The limits in a YAML or JSON file, beside those that always hold.

    Args:
        path: of the file; None for none.

    Raises:
        SettingError: it cannot be read, or has a name or value that is not allowed.
    """
    standard = {name: float(getattr(ReplayLimits(), name)) for name in ALWAYS}
    if path is None:
        return Limits(standard)
    found = read_mapping(path, "--limits")
    try:
        limits = updated(ReplayLimits(), found)
    except SettingError as error:
        raise SettingError(f"--limits {printable(path)}: {error}") from None
    return Limits(standard | {name: float(getattr(limits, name)) for name in found}, path.name)


def read_mapping(path: Path, flag: str) -> dict[str, Any]:
    """Names and values in a YAML or JSON file.

    Raises:
        SettingError: it cannot be read, or is no mapping with names.
    """
    where = f"{flag} {printable(path)}"
    try:
        text = path.read_text(encoding="utf-8")
        found = json_values(text) if path.suffix == ".json" else yaml_values(text)
    except OSError as error:
        raise SettingError(f"{where}: {error.strerror}; name a YAML or JSON file") from None
    except ValueError as error:
        raise SettingError(f"{where}: cannot be read: {str(error).splitlines()[0]}") from None
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise SettingError(f"{where}: expected names with values, such as max_violations: 0")
    return found


def judgement(limits: Limits, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Which limits a replay keeps to, for JSON.

    Args:
        limits: to keep to.
        figures: from ``judged``.
    """
    failed = []
    for name, limit in sorted(limits.values.items()):
        value = _figure(name, figures)
        is_most = name.startswith("max_")
        kept = value is not None and (value <= limit if is_most else value >= limit)
        if not kept:
            said = "not known" if value is None else f"{value:g}"
            failed.append(f"{name}: {said}; allowed: {'at most' if is_most else 'at least'} {limit:g}")
    return {"passed": not failed, "failed": failed, "limits": dict(sorted(limits.values.items()))}


def _figure(name: str, figures: Mapping[str, Any]) -> float | None:
    """The figure that a limit is for."""
    own = name.partition("_")[2]
    if own == "violations":
        return float(figures["violations_total"])
    if own == "refused_commands":
        return float(sum(figures[own].values()))
    value = next(figures[section][own] for section in _SECTIONS if own in figures[section])
    return None if value is None else float(value)
