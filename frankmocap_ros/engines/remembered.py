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

"""Answers that are found out once on a machine, as small files of JSON in the engines' folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frankmocap_ros.runtime.whole_files import replace_text


@dataclass(frozen=True, eq=False)
class Remembered:
    """One answer.

    Attributes:
        cache: folder that its file lies in.
        kind: begins the file's name.
        of: all that the answer depends on, as JSON has it; another one has another file.
    """

    cache: Path
    kind: str
    of: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """The file, whether it is there or not."""
        digest = hashlib.sha256(json.dumps(self.of, sort_keys=True).encode()).hexdigest()
        return self.cache / f"{self.kind}-{digest[:24]}.json"

    def read(self) -> dict[str, Any]:
        """The answer; empty where there is none, or none that can be read."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, answer: Mapping[str, Any]) -> bool:
        """Write it down, in one step; False where that cannot be done."""
        try:
            self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_text(self.path, json.dumps({**answer, "of": self.of}, indent=1))
        except OSError:
            return False
        return True
