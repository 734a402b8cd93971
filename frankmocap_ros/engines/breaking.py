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

"""Engines that once left a process without its GPU: auto leaves them out after that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.measuring import GpuLostError
from frankmocap_ros.engines.remembered import Remembered
from frankmocap_ros.errors import EstimatorError


@dataclass(frozen=True, eq=False)
class Breaking:
    """What is known of a trunk's options on this machine.

    Attributes:
        cache: folder of what engines keep.
        weights: key of the trunk.
        machine: what else it depends on, such as versions of packages.
    """

    cache: Path
    weights: str
    machine: Mapping[str, Any]

    def add(self, error: GpuLostError) -> None:
        """Write down whose error it was."""
        self._memory(error.option).write({"error": str(error)})

    def marked(self, options: Sequence[Option]) -> list[Option]:
        """The options, with a problem where it is known that they break."""
        return [self._marked(option) for option in options]

    def _marked(self, option: Option) -> Option:
        memory = self._memory(option)
        if option.problem is not None or not memory.read():
            return option
        text = f"it once left a process without its GPU; to try it again, remove {memory.path}"
        return replace(option, problem=EstimatorError(text))

    def _memory(self, option: Option) -> Remembered:
        of = {"weights": self.weights, "option": option.record, **self.machine}
        return Remembered(self.cache, "breaks", of)
