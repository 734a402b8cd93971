"""Several names or texts as one."""

from collections import Counter
from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    """``/a, /b (2 times)`` for ``/a``, ``/b``, ``/b``."""
    counts = sorted(Counter(names).items())
    return ", ".join(name if n == 1 else f"{name} ({n} times)" for name, n in counts)


def numbered(texts: Iterable[str]) -> str:
    """``(1) this; (2) that``, empty texts left out; a single one as it is."""
    said = [text for text in texts if text]
    return said[0] if len(said) == 1 else "; ".join(f"({i}) {text}" for i, text in enumerate(said, 1))
