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

"""Where a robot's description is: in a file, or in a text that came over a topic."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReceivedModel:
    """A description that is no file. Relative names in it are relative to the working folder.

    Attributes:
        name: for people, such as "topic /robot_description".
        text: URDF or MJCF.
    """

    name: str
    text: str

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"ReceivedModel({self.name!r}, {len(self.text)} characters)"


ModelSource = Path | ReceivedModel
"""A description, as a file or received."""


def folder_of(model: ModelSource) -> Path:
    """What relative names in a description are relative to."""
    return model.parent if isinstance(model, Path) else Path.cwd()
