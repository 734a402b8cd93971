"""Writes bytes of messages as the middleware would."""

import struct
from collections.abc import Sequence
from typing import Final

_HEADER: Final = bytes((0, 1, 0, 0))  # CDR, little endian


class Cdr:
    """CDR as it is written, each number at a multiple of its size."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def number(self, kind: str, value: float) -> None:
        """A number; ``kind`` as in ``struct``."""
        size = struct.calcsize(kind)
        self._bytes += bytes(-len(self._bytes) % size)
        self._bytes += struct.pack(f"<{kind}", value)

    def numbers(self, kind: str, values: Sequence[float]) -> None:
        """A sequence of numbers."""
        self.number("I", len(values))
        for value in values:
            self.number(kind, value)

    def text(self, text: str) -> None:
        """A string."""
        encoded = text.encode() + b"\0"
        self.number("I", len(encoded))
        self._bytes += encoded

    def data(self, data: bytes) -> None:
        """A sequence of bytes."""
        self.number("I", len(data))
        self._bytes += data

    def finish(self) -> bytes:
        """All of it, with the header."""
        return _HEADER + bytes(self._bytes)
