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
