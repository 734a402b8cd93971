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

"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import Any

TIMEOUT_S = 60.0  # two busy cores are slow; nothing waits that long where all is well


def wait_until(condition: Callable[[], Any], what: str = "condition", timeout_s: float = TIMEOUT_S) -> Any:
    """Wait for what nothing announces."""
    end_s = time.monotonic() + timeout_s
    while not (result := condition()):
        if time.monotonic() > end_s:
            raise TimeoutError(what)
        time.sleep(0.005)
    return result
