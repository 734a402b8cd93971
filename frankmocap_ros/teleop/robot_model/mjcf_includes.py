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

"""The files that a MuJoCo model includes, put in where they are included."""

import xml.etree.ElementTree as ET
from typing import Final

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.robot_model.model_source import ModelSource, folder_of
from frankmocap_ros.teleop.robot_model.xml_source import read_xml, shortened

_MAX_INCLUDES: Final = 200


def include_files(root: ET.Element, path: ModelSource) -> None:
    """Put the files in that a model includes, and those that they include.

    Args:
        root: of the model; is changed.
        path: where it is. What is included is relative to it, or to the file that includes it.

    Raises:
        RobotError: one is missing or wrong, or they include each other.
    """
    pending: list[tuple[ET.Element, ModelSource]] = [(root, path)]
    count = 0
    while pending:
        parent, own = pending.pop()
        for i in reversed(range(len(parent))):
            child = parent[i]
            if child.tag != "include":
                pending.append((child, own))
                continue
            count += 1
            if count > _MAX_INCLUDES:
                raise RobotError(f"{path}: more than {_MAX_INCLUDES} files are included; in a circle?")
            file = child.get("file", "")
            places = [folder_of(path) / file, folder_of(own) / file]
            try:
                included = next((place for place in places if file and place.is_file()), None)
            except (OSError, ValueError) as error:  # a name too long, or with a NUL
                raise RobotError(f"{own}: it includes {shortened(file)}: no path that can be read") from error
            if included is None:
                raise RobotError(f"{own}: it includes {file or 'no file'}, which does not exist: {places[0]}")
            content = read_xml(included)
            parent[i : i + 1] = list(content)
            pending += [(one, included) for one in content]
            if any(one.tag == "include" for one in content):
                pending.append((parent, included))
