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

"""From a parameter's descriptor to what sets it: slider, switch, menu or text. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from frankmocap_ros.settings.schema import LOCKED, choices_of

Value = bool | int | float | str | tuple[str, ...] | tuple[float, ...]
Kind = Literal["switch", "slider", "number", "menu", "text", "names", "numbers"]

_GENERAL: Final = "general"
_GROUP: Final = 3  # so many parameters that begin alike have a folder of their own
_STEPS: Final = 10_000  # of a slider; what has more is a number to type
_DIGITS: Final = 3


@dataclass(frozen=True)
class Described:
    """A parameter as its node describes it.

    Attributes:
        name: of the parameter.
        value: in force.
        text: what it is for.
        constraints: what is allowed, in words.
        low, high: range of a number, both 0 where there is none.
        read_only: whether it is never to be set.
    """

    name: str
    value: Value
    text: str = ""
    constraints: str = ""
    low: float = 0.0
    high: float = 0.0
    read_only: bool = False


@dataclass(frozen=True)
class Widget:
    """What sets a parameter.

    Attributes:
        name: of the parameter.
        kind: slider, switch (checkbox), menu, number, text, names (comma separated) or numbers.
        value: shown at first.
        hint: tooltip of the widget.
        low, high, step: of a slider or a number.
        options: of a menu.
    """

    name: str
    kind: Kind
    value: Value
    hint: str
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    options: tuple[str, ...] = ()


def widget_of(p: Described) -> Widget | None:
    """What sets a parameter; None for one that cannot change while its node runs, or has no text."""
    if p.read_only or not p.text or p.text.endswith(LOCKED):
        return None
    hint = f"{p.text} Allowed: {p.constraints}" if p.constraints else p.text
    if isinstance(p.value, bool):
        return Widget(p.name, "switch", p.value, hint)
    if isinstance(p.value, int | float):
        return _number(p, hint)
    if isinstance(p.value, tuple):
        numeric = bool(p.value) and not isinstance(p.value[0], str)
        return Widget(p.name, "numbers" if numeric else "names", p.value, hint)
    options = choices_of(p.constraints)
    if options:
        return Widget(p.name, "menu", p.value, hint, options=options)
    return Widget(p.name, "text", p.value, hint)


def _number(p: Described, hint: str) -> Widget:
    whole = isinstance(p.value, int)
    span = p.high - p.low
    step = 1.0 if whole else 10.0 ** (math.floor(math.log10(span)) - _DIGITS) if span > 0.0 else 0.001
    kind: Kind = "slider" if 0.0 < span <= step * _STEPS else "number"
    return Widget(p.name, kind, p.value, hint, p.low, p.high, step)


def grouped(names: Sequence[str]) -> dict[str, list[str]]:
    """Names by folder: those that begin with the same word where there are several, the others as general."""
    first = Counter(name.partition("_")[0] for name in names)
    groups: dict[str, list[str]] = {_GENERAL: []}
    for name in names:
        word = name.partition("_")[0]
        groups.setdefault(word if first[word] >= _GROUP else _GENERAL, []).append(name)
    return {name: members for name, members in groups.items() if members}


def shown(value: Value) -> bool | int | float | str:
    """A value as its widget shows it: lists as text."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def typed(widget: Widget, entered: object) -> Value:
    """The text entered in a widget, as a value of the parameter.

    Raises:
        ValueError: it is no such value; the text says what is expected.
    """
    if widget.kind == "switch":
        return bool(entered)
    if widget.kind in ("slider", "number"):
        number = float(entered)  # type: ignore[arg-type]
        return round(number) if isinstance(widget.value, int) else number
    text = str(entered)
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if widget.kind == "names":
        return words
    if widget.kind == "numbers":
        try:
            return tuple(float(word) for word in words)
        except ValueError:
            raise ValueError(f"{widget.name}: {text!r}: enter numbers, separated by commas") from None
    return text
