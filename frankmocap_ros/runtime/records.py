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

"""Dataclasses from values of JSON that somebody may have edited: each of the type that its field has."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from frankmocap_ros.errors import shown

R = TypeVar("R")
_WORDS: Final = {
    bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list",
    dict: "a mapping", type(None): "null",
}  # fmt: skip
_KINDS: Final = {Sequence: list, Mapping: dict}


def record_of(kind: type[R], values: object, pass_over: bool = False, **given: Any) -> R:
    """An instance of a dataclass.

    Args:
        kind: the dataclass. Its fields are numbers, texts, flags, None, lists, mappings from texts, and
            dataclasses.
        values: by the names of its fields.
        pass_over: whether names that it does not have are left out.
        given: fields that are none of the values.

    Raises:
        ValueError: a value is missing, of another type, or of a name that is not known; names it.
    """
    if not isinstance(values, dict):
        raise ValueError(f"expected a mapping, got {shown(values)}")
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind) if field.name not in given}  # type: ignore[arg-type]
    unknown = [name for name in values if name not in known]
    if unknown and not pass_over:
        raise ValueError(f"{shown(unknown[0])} is not known")
    missing = [name for name, field in known.items() if name not in values and not _has_default(field)]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    taken = {name: _taken(name, values[name], hints[name], pass_over) for name in known if name in values}
    return kind(**taken, **given)


def _has_default(field: "Field[Any]") -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _taken(name: str, value: object, hint: Any, pass_over: bool) -> Any:
    """A value as its field has it.

    Raises:
        ValueError: it is of another type.
    """
    if hint is Any:
        return value
    kind = get_origin(hint) or hint
    if kind in (Union, UnionType):
        allowed = get_args(hint)
        hint = next((one for one in allowed if type(value) is (get_origin(one) or one)), allowed[0])
        return _taken(name, value, hint, pass_over)
    if is_dataclass(kind) and isinstance(kind, type):
        try:
            return record_of(kind, value, pass_over)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    kind = _KINDS.get(kind, kind)
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise ValueError(f"{name} is {shown(value)}, not {_WORDS.get(kind, str(kind))}")
    of = get_args(hint)[-1:] or (Any,)
    if isinstance(value, list):
        return [_taken(f"{name}[{i}]", one, of[0], pass_over) for i, one in enumerate(value)]
    if isinstance(value, dict):
        return {
            _text(name, key): _taken(f"{name}.{key}", one, of[0], pass_over) for key, one in value.items()
        }
    return _text(name, value) if isinstance(value, str) else value


def _text(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a pair, which JSON can write
        raise ValueError(f"{name}: {shown(value)} is no text of Unicode") from None
    return value
