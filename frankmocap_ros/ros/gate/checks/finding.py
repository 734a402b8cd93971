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
