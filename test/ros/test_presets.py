"""Every file of parameters in the config folder, given to a real node as people give it."""

from dataclasses import replace

import pytest
from rclpy.parameter import Parameter

from frankmocap_ros.ros.camera.camera_node import CameraNode
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from frankmocap_ros.runtime.package_files import share_file
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings


def config(kind, context, file, namespace="/"):
    """The settings of a node that was started with ``--params-file``."""
    arguments = ["--ros-args", "--params-file", str(share_file("config", file)), "-r", f"__ns:={namespace}"]
    # configuring would take an estimator, and opening a webcam
    quiet = (
        Parameter("autostart", value=False) if kind is MocapNode else Parameter("source", value="synthetic")
    )
    node = kind(context=context, cli_args=arguments, parameter_overrides=[quiet])
    try:
        default = "auto" if kind is CameraNode else True
        return replace(node._settings.config, **{quiet.name: default})
    finally:
        node.destroy_node()


@pytest.mark.parametrize("namespace", ["/", "/robot/left"])
@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("fastest", Settings(preset="fastest", resize_short=256)),
        ("balanced", Settings()),
        (
            "highest_quality",
            Settings(preset="highest_quality", resize_short=512, use_smplx=True, hands=True),
        ),
    ],
)
def test_preset(context, preset, expected, namespace):
    assert config(MocapNode, context(), f"{preset}.yaml", namespace) == expected


@pytest.mark.parametrize(("kind", "defaults"), [(MocapNode, Settings()), (CameraNode, CameraSettings())])
def test_generated_file_holds_the_defaults(context, kind, defaults):
    assert config(kind, context(), "frankmocap.yaml") == defaults
