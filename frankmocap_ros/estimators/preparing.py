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

"""What an estimator needs made once, made by another process.

Translating a network, and comparing engines, takes seconds in which Python's interpreter is held for up to a
quarter of a second at a time. Beside an estimator that runs, another process does it, with low priority.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Final

from frankmocap_ros.runtime.low_priority_child import LowPriorityChild, give_way, start_of
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of, updated

_LOADING: Final = tuple(s.name for s in settings_of(Settings) if s.loads)
_LONGEST_S: Final = 1800.0  # TensorRT takes minutes
_TOLD: Final = "frankmocap_ros tells: "  # begins the lines that are not some library's
_START: Final = start_of("frankmocap_ros.estimators.preparing")


class Preparation:
    """Has another process make an estimator, for what it keeps; the first call only.

    Args:
        config: the settings of the estimator.
        tell: told what the other process tells.
    """

    def __init__(self, config: Settings, tell: Callable[[str], None]) -> None:
        self._config = config
        self._tell = tell
        self._done = False

    def __call__(self) -> None:
        """Return when that is made, or could not be: then it is made here, which says what is wrong."""
        if self._done:
            return
        self._done = True
        job = json.dumps({name: getattr(self._config, name) for name in _LOADING})
        LowPriorityChild(_START, _LONGEST_S).run(job.encode() + b"\n", self._hear)

    def _hear(self, line: str) -> None:
        if line.startswith(_TOLD):
            self._tell(json.loads(line.removeprefix(_TOLD)))


def main() -> int:
    """Make the estimator of the settings on standard input; tells on standard output what goes on."""
    from frankmocap_ros.estimators.registry import make_estimator

    config = updated(Settings(), json.loads(sys.stdin.buffer.readline()))
    give_way(sys.stdin.buffer)
    make_estimator(config, lambda text: print(_TOLD + json.dumps(text), flush=True)).close()
    os._exit(0)  # past the thread that still reads
