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

"""Several names or texts as one."""

from collections import Counter
from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    """``/a, /b (2 times)`` for ``/a``, ``/b``, ``/b``."""
    counts = sorted(Counter(names).items())
    return ", ".join(name if n == 1 else f"{name} ({n} times)" for name, n in counts)


def counted(number: int, noun: str) -> str:
    """``1 episode`` and ``2 episodes``: a number of something whose plural ends in s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def numbered(texts: Iterable[str]) -> str:
    """``(1) this; (2) that``, empty texts left out; a single one as it is."""
    said = [text for text in texts if text]
    return said[0] if len(said) == 1 else "; ".join(f"({i}) {text}" for i, text in enumerate(said, 1))
