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

"""What is read from files, once for all who have it at the same time."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.runtime.thread_priority import giving_way

T = TypeVar("T")

_IN_USE: Final[WeakValueDictionary[tuple[object, ...], Any]] = WeakValueDictionary()


def shared(store: AssetStore, keys: Sequence[str], read: Callable[[], T]) -> T:
    """What ``read`` makes of files: what somebody has already, or where nobody has, that is read now.

    Another model of the same weights, such as one in another precision, is loaded in half the time so, and
    the weights are in memory once. Reading gives way to a model that runs meanwhile.

    Args:
        store: where the files are.
        keys: of the files; the same keys always stand for the same ``read``.
        read: makes what nobody changes, and what can be referred to weakly.

    Raises:
        Exception: whatever ``read`` raises.
    """
    stamps = store.stamps(keys)
    if stamps is None:
        return giving_way(read)
    files = (*keys, *stamps)
    found: T | None = _IN_USE.get(files)
    if found is None:
        found = _IN_USE[files] = giving_way(read)
    return found
