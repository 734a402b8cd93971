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

"""Memory that a process keeps for its next image, instead of giving it back and getting it again.

An image takes buffers of megabytes on its way: the middleware's, the message's, the decoder's, a network's.
glibc gives such buffers back to the system when they are freed. The next ones are new pages, and the system
fills each with zeros when it is first touched: to receive 1280x720 pixels took six times as long.
"""

import contextlib
import ctypes
from typing import Final

MMAP_THRESHOLD_BYTES: Final = 32 * 2**20
"""Buffers up to this size come from the heap. The most that glibc takes here."""
TRIM_THRESHOLD_BYTES: Final = 256 * 2**20
"""Freed memory beyond this at the heap's end goes back to the system."""

_M_TRIM_THRESHOLD: Final = -1  # malloc.h of glibc
_M_MMAP_THRESHOLD: Final = -3


def give_back_freed_memory() -> None:
    """Give back to the system what is free by now, once; loading a network leaves 10 to 15 MB of it.

    Does nothing where the C library is not glibc. Other threads wait meanwhile when they take memory: 3 ms.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_freed_memory() -> bool:
    """From now on keep what is freed in this process; returns whether its C library can.

    For processes that handle images, once at their start. What the process holds at its busiest it keeps, up
    to the limits above.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt  # a C library other than glibc has none, or one that does nothing
    except (AttributeError, OSError):
        return False
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    wanted = ((_M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES), (_M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES))
    return all([mallopt(*one) == 1 for one in wanted])
