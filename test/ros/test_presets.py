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

"""Every file of parameters in the config folder, given to a real node as people give it."""

from collections.abc import Sequence

import pytest
from rclpy.parameter import Parameter

from frankmocap_ros.ros.camera.camera_node import CameraNode
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of, updated

SETTINGS = {MocapNode: Settings, CameraNode: CameraSettings}


def _plain(value):
    """A parameter's value as a setting has it: ROS has no empty array whose type is known."""
    if value is None or (isinstance(value, Sequence) and not isinstance(value, str)):
        return tuple(item for item in value or () if item != "")
    return value


def config(kind, context, file, namespace="/"):
    """The settings of a node that was started with ``--params-file``."""
    arguments = ["--ros-args", "--params-file", str(share_file("config", file)), "-r", f"__ns:={namespace}"]
    # configuring would take an estimator, and opening a webcam
    quiet = (
        Parameter("autostart", value=False) if kind is MocapNode else Parameter("source", value="synthetic")
    )
    node = kind(context=context, cli_args=arguments, parameter_overrides=[quiet])
    try:
        names = [s.name for s in settings_of(SETTINGS[kind]) if s.name != quiet.name]
        values = {name: node.get_parameter_or(name).value for name in names}
        return updated(SETTINGS[kind](), {name: _plain(value) for name, value in values.items()})
    finally:
        node.destroy_node()


@pytest.mark.parametrize("namespace", ["/", "/robot/left"])
@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("fastest", Settings(preset="fastest", resize_short=256, variant="lite")),
        ("balanced", Settings()),
        (
            "highest_quality",
            Settings(preset="highest_quality", resize_short=512, variant="heavy", use_smplx=True, hands=True),
        ),
    ],
)
def test_preset(context, preset, expected, namespace):
    assert config(MocapNode, context(), f"{preset}.yaml", namespace) == expected


@pytest.mark.parametrize(("kind", "defaults"), [(MocapNode, Settings()), (CameraNode, CameraSettings())])
def test_generated_file_holds_the_defaults(context, kind, defaults):
    assert config(kind, context(), "frankmocap.yaml") == defaults
