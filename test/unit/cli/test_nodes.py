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

"""Command lines of the nodes that a command starts."""

import yaml

from frankmocap_ros.cli.nodes import camera_command


def test_a_source_of_any_letters_reaches_the_camera(tmp_path):
    """ROS reads parameters as YAML, whose parser refuses the surrogates that JSON escapes to."""
    source = tmp_path / "Übung 😀.mp4"
    source.touch()
    (told,) = (word for word in camera_command(str(source), 0) if word.startswith("source:="))
    assert yaml.safe_load(told.removeprefix("source:=")) == str(source)
