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

"""Values of JSON and YAML that somebody else wrote: bounded, and whatever is wrong is one kind of error.

The parsers themselves raise errors of many kinds, stop at no depth, and let a few lines of YAML stand for
more values than a memory has: each alias is one object, but whoever shows or walks through them sees all.
"""

import json
from typing import Any, Final

_MOST_CHARACTERS: Final = 2**22
_MOST_VALUES: Final = 200_000  # with each alias counted as what it stands for


def json_values(text: str | bytes) -> Any:
    """The values of a text of JSON.

    Raises:
        ValueError: it is none, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def yaml_values(text: str) -> Any:
    """The values of the first document of a text of YAML that has any; None where none has.

    Raises:
        ValueError: it is none, too long, nested too deeply, or stands for too many values.
        ImportError: PyYAML is not installed.
    """
    import yaml

    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"it has {len(text)} characters; allowed: {_MOST_CHARACTERS}")
    try:
        loader = yaml.SafeLoader(text)
        try:
            return _first(loader)
        finally:
            loader.dispose()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except (ValueError, ImportError):
        raise
    except Exception as error:  # YAML's own, and those of Python for a date, number or flag that is none
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error


def _first(loader: Any) -> Any:
    while loader.check_node():
        node = loader.get_node()
        if _count(node, {}) > _MOST_VALUES:
            raise ValueError(f"its aliases (*name) stand for more than {_MOST_VALUES} values")
        values = loader.construct_document(node)
        if values is not None:
            return values
    return None


def _count(node: Any, known: dict[int, int]) -> int:
    """Values of a node; ``known`` holds those of nodes that were counted, 0 while they are."""
    found = known.get(id(node))
    if found == 0:
        raise ValueError("an alias (*name) stands for what it is in")
    if found is None:
        known[id(node)] = 0
        inner = node.value if isinstance(node.value, list) else []
        parts = [part for one in inner for part in (one if isinstance(one, tuple) else (one,))]
        found = known[id(node)] = 1 + sum(_count(part, known) for part in parts)
    return found
