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

"""Settings declared once: a frozen dataclass whose fields carry default, text, unit, range and choices.

From one such line come the ROS parameter and its descriptor, the YAML file, the documentation's table, the
command-line flag and the check of every value. The declarations are in ``settings/``.
"""

import argparse
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, TypeVar, cast, get_type_hints

from frankmocap_ros.errors import SettingError, shown

C = TypeVar("C")
Value = bool | int | float | str | tuple[str, ...] | tuple[float, ...]


LOCKED: Final = "Takes effect when the node is configured."
"""End of the text of a setting that cannot change while its node runs."""
_OR: Final = " | "
_TYPE_WORDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def choices_of(allowed: str) -> tuple[str, ...]:
    """The choices in ``Setting.allowed``; empty where it lists none."""
    return tuple(allowed.split(_OR)) if _OR in allowed else ()


@dataclass(frozen=True)
class Setting:
    """One declared setting.

    Attributes:
        name: field, parameter and (with dashes) flag name.
        type: bool, int, float, str or tuple (of ``item``).
        default: value that holds unless another one is set.
        text: what the setting is, in one sentence, without unit and range.
        unit: unit of the value, empty where it has none.
        minimum, maximum: inclusive range of a number, or of every number of a tuple.
        choices: the allowed strings, empty where any is.
        live: whether it may change while the node runs.
        loads: whether a change needs another model, which is loaded while the current one keeps running.
        renamed: choices that are called otherwise now, by their old names; an old name is refused with the
        new. item: type of a tuple's items: str for any number of names, float for as many numbers as the
        default.
    """

    name: str
    type: type
    default: Value
    text: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = True
    loads: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    item: Any = str

    @property
    def count(self) -> int:
        """How many numbers a tuple of numbers has."""
        return len(cast(tuple[float, ...], self.default))

    @property
    def takes_bool(self) -> bool:
        """Whether true and false are among the choices, which YAML reads as booleans."""
        return {"true", "false"} <= set(self.choices)

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.choices:
            return _OR.join(self.choices)
        if self.minimum is not None and self.maximum is not None:
            if self.type is int:
                return f"{int(self.minimum)} .. {int(self.maximum)}"
            numbers = f"{self.minimum:g} .. {self.maximum:g}"
            return f"{self.count} numbers of {numbers}" if self.type is tuple else numbers
        if self.type is bool:
            return "true | false"
        return "list of names" if self.type is tuple else "any text"

    @property
    def description(self) -> str:
        """Text with unit, and whether it can change while running."""
        unit = f" [{self.unit}]" if self.unit else ""
        if self.loads:
            return f"{self.text}{unit} A change loads another model while the current one keeps running."
        return f"{self.text}{unit}" + ("" if self.live else f" {LOCKED}")


def setting(
    default: Value,
    text: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = True,
    loads: bool = False,
    renamed: Mapping[str, str] | None = None,
) -> Any:  # a dataclass field, typed Any as dataclasses.field is
    """Declare a setting as a field of a frozen dataclass; see ``Setting`` for the arguments."""
    first = default[0] if isinstance(default, tuple) and default else default
    numeric = isinstance(first, int | float) and not isinstance(first, bool)
    if numeric and (minimum is None or maximum is None):
        raise TypeError(f"a number needs minimum and maximum: {text!r}")
    return field(
        default=default,
        metadata={
            "setting": {
                "text": text, "unit": unit, "minimum": minimum,
                "maximum": maximum, "choices": choices, "live": live, "loads": loads, "renamed": renamed or
                {},
            }
        },
    )  # fmt: skip


@cache  # a node asks at each of its hundred parameters
def _declared(cls: type) -> tuple[Setting, ...]:
    hints = get_type_hints(cls)
    return tuple(
        Setting(
            name=f.name,
            type=hints[f.name] if hints[f.name] in (bool, int, float, str) else tuple,
            default=cast(Value, f.default),
            item=float if hints[f.name] == tuple[float, ...] else str,
            **f.metadata["setting"],
        )
        for f in fields(cls)
        if "setting" in f.metadata
    )


def settings_of(cls: type) -> tuple[Setting, ...]:
    """All settings that a config class declares, in order."""
    return _declared(cls)


def checked(s: Setting, value: object) -> Value:
    """Return ``value`` in the setting's own type.

    Raises:
        SettingError: wrong type, not finite, out of range or not among the choices.
    """
    if s.type is tuple and s.item is float:
        return _numbers(s, value)
    if s.type is tuple:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise SettingError(f"{s.name}: expected a list of names, got {shown(value)}")
        items = tuple(value)
        if not all(isinstance(v, str) for v in items):
            raise SettingError(f"{s.name}: expected a list of names, got {shown(items)}")
        return items
    if s.takes_bool and isinstance(value, bool):
        value = yaml_value(value)
    if s.type is float and type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            raise SettingError(f"{s.name}: the number is out of range; allowed: {s.allowed}") from None
    unit = f" {s.unit}" if s.unit else ""
    if type(value) is not s.type:
        raise SettingError(
            f"{s.name}: expected {_TYPE_WORDS[s.type]}, got {shown(value)}; allowed: {s.allowed}{unit}"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingError(f"{s.name}: {value} is not a finite number; allowed: {s.allowed}{unit}")
    if s.minimum is not None and s.maximum is not None and not s.minimum <= value <= s.maximum:  # type: ignore[operator]
        raise SettingError(f"{s.name}: {value} is out of range; allowed: {s.allowed}{unit}")
    if s.renamed and value in s.renamed:
        raise SettingError(
            f"{s.name}: {shown(value)} is called {s.renamed[str(value)]!r} now; allowed: {s.allowed}"
        )
    if s.choices and value not in s.choices:
        raise SettingError(f"{s.name}: {shown(value)} is not known; allowed: {s.allowed}")
    return value  # type: ignore[return-value]


def _numbers(s: Setting, value: object) -> tuple[float, ...]:
    items = None if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
    if items is None or len(items) != s.count:
        raise SettingError(f"{s.name}: expected {s.count} numbers, got {shown(value)}")
    one = replace(s, type=float)
    return tuple(cast(float, checked(one, item)) for item in items)


def unknown_settings(unknown: Sequence[str], known: Iterable[str]) -> str:
    """What to say about names that no setting has: what is meant, where that is clear, else all that are known.

    Args:
        unknown: at least one name.
        known: names of the settings.
    """
    names = list(known)
    near = {name: get_close_matches(name, names, n=1) for name in unknown}
    said = [f"{name} (did you mean {one[0]}?)" if one else name for name, one in near.items()]
    rest = "" if all(near.values()) else f"; known: {', '.join(names)}"
    return f"unknown setting {', '.join(said)}{rest}"


def updated(config: C, changes: Mapping[str, object]) -> C:
    """A copy of ``config`` with ``changes``; the old one stays as it is.

    A config class may have a function ``expanded`` that adds the values implied by a change.

    Raises:
        SettingError: an unknown name, a wrong value, or values that contradict each other.
    """
    known = {s.name: s for s in settings_of(type(config))}
    unknown = [name for name in changes if name not in known]
    if unknown:
        raise SettingError(unknown_settings(unknown, known))
    values = {name: checked(known[name], value) for name, value in changes.items()}
    expanded = getattr(type(config), "expanded", dict)(values)
    return replace(config, **expanded)  # type: ignore[type-var]


def differing(one: object, other: object, names: Iterable[str]) -> list[str]:
    """The named settings whose values differ between two configurations."""
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def yaml_value(value: object) -> str:
    """``value`` as YAML that reads back as the same type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        mantissa, e, exponent = repr(value).partition("e")
        return mantissa + (".0" if e and "." not in mantissa else "") + e + exponent  # 1e-05 reads as text
    if isinstance(value, tuple):
        return "[" + ", ".join(yaml_value(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def yaml_text(cls: type, node: str) -> str:
    """A commented ROS parameter file with every setting of ``cls`` at its default."""
    lines = [
        "# Generated from the package's settings by `make generate`; do not edit.",
        f"/**/{node}:",
        "  ros__parameters:",
    ]
    for s in settings_of(cls):
        lines += [f"    # {s.description} Allowed: {s.allowed}.", f"    {s.name}: {yaml_value(s.default)}"]
    return "\n".join(lines) + "\n"


def markdown_table(cls: type) -> str:
    """The settings of ``cls`` as a Markdown table."""
    rows = ["| parameter | default | allowed | live | description |", "|---|---|---|---|---|"]
    for s in settings_of(cls):
        unit = f" [{s.unit}]" if s.unit else ""
        live = "loads" if s.loads else "yes" if s.live else "no"
        cells = (f"`{s.name}`", f"`{yaml_value(s.default)}`", s.allowed, live, s.text + unit)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _brief_usage(formatter: Any, flags: Collection[argparse.Action]) -> type[argparse.HelpFormatter]:
    """A formatter of help in whose usage one flag stands for all those of settings."""

    class Brief(formatter):  # type: ignore[misc]
        def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any = None) -> None:
            others = [action for action in actions if action not in flags]
            stand_in = argparse.Action(["--SETTING"], dest="settings", metavar="VALUE")
            super().add_usage(usage, [*others, stand_in], groups, prefix)

    return Brief


def add_flags(parser: argparse.ArgumentParser, cls: type, leave_out: Sequence[str] = ()) -> None:
    """Add one flag per setting; flags that are not given are absent from the namespace.

    The line of usage has one word for all of them, so that an error is not below a screen of flags.
    """
    flags: list[argparse.Action] = []
    parser.formatter_class = _brief_usage(parser.formatter_class, flags)
    group = parser.add_argument_group("settings", "the node's parameters as flags")
    for s in settings_of(cls):
        if s.name in leave_out:
            continue
        flag = "--" + s.name.replace("_", "-")
        text = f"{s.description} ({s.allowed}; default {yaml_value(s.default)})".replace("%", "%%")
        kind: dict[str, Any] = {"dest": s.name, "default": argparse.SUPPRESS, "help": text}
        if s.type is bool:
            parser_action: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
        elif s.type is tuple:
            parser_action = (
                {"nargs": s.count, "type": float, "metavar": "NUMBER"}
                if s.item is float
                else {"nargs": "*", "metavar": "NAME"}
            )
        else:
            parser_action = {"type": s.type, "metavar": s.type.__name__.upper()}
        flags.append(group.add_argument(flag, **kind, **parser_action))


def from_flags(cls: type[C], namespace: argparse.Namespace) -> C:
    """The config that parsed flags ask for.

    Raises:
        SettingError: as in ``updated``.
    """
    names = {s.name for s in settings_of(cls)}
    given = vars(namespace)
    return updated(cls(), {name: given[name] for name in names & given.keys()})
