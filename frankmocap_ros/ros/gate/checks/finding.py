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

"""What a check finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Severity(IntEnum):
    """What follows from a finding."""

    WARNING = 0  # it is told
    REFUSAL = 1  # nothing is engaged
    CONFLICT = 2  # nothing is engaged, and what is engaged ends


@dataclass(frozen=True)
class Finding:
    """One fault.

    Attributes:
        text: what is wrong, and the next step.
        severity: what follows.
        logged: whether it is logged, not only told to who asks; warnings are.
    """

    text: str
    severity: Severity = Severity.REFUSAL
    logged: bool = False


def warning(text: str) -> Finding:
    """A fault that is only told."""
    return Finding(text, Severity.WARNING, logged=True)


class Check(Protocol):
    """Looks at one thing around the gate; for the executor's thread, where it never waits.

    Attributes:
        name: as in ``skip_checks``.
    """

    name: str

    def look(self) -> Iterable[Finding]:
        """What is wrong now; nothing where all is well, or where it is not known."""
