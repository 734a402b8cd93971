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

"""TF: what is installed of it, and where frames are at an image's time."""

import time
from collections.abc import Container
from importlib import import_module
from typing import Final

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.node import Node

from frankmocap_ros.errors import MissingDependencyError, TransformError
from frankmocap_ros.geometry.rigid_transform import RigidTransform
from frankmocap_ros.geometry.rotation import normalize
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import yaml_value

_LOOK_AGAIN_S: Final = 0.002
_KEPT_NS: Final = 10 * 10**9
"""How long TF keeps what it hears; what is older than its latest by more is refused [ns]."""


_UNRELEASED: Final = {
    "hri_msgs": "; not on Kilted: there build branch humble-devel of github.com/ros4hri/hri_msgs with colcon"
}
"""What to do instead where a distribution does not have a package."""


def need_package(name: str, wanted_by: str, otherwise: str) -> None:
    """Make sure that a ROS package that PyPI does not have can be imported.

    Args:
        name: of a module in it.
        wanted_by: the setting that needs it.
        otherwise: what to set where it cannot be had.

    Raises:
        MissingDependencyError: it is not there; says how it is installed.
    """
    try:
        import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        debian = "tf2-ros-py" if package == "tf2_ros" else package.replace("_", "-")
        unless = _UNRELEASED.get(package, "")
        raise MissingDependencyError(
            f"{wanted_by} needs {package}, which is not installed ({error}); it comes with a ROS "
            f"distribution (apt install ros-$ROS_DISTRO-{debian}{unless}); allowed without it: {otherwise}"
        ) from error


_NEEDS: Final = {
    "publish_tf": ("tf2_msgs.msg", "publish_tf: false"),
    "target_frame": ("tf2_ros", "target_frame: '' (the image's own)"),
    "rep155": ("hri_msgs.msg", "rep155: false"),
}


def need_packages(config: Settings, names: Container[str] = tuple(_NEEDS)) -> None:
    """Make sure that there is what those of the mocap node's settings need that are named.

    Raises:
        MissingDependencyError: as ``need_package``.
    """
    for name, (module, otherwise) in _NEEDS.items():
        value = getattr(config, name)
        if name in names and value:
            need_package(module, f"{name}: {yaml_value(value)}", otherwise)


class Transforms:
    """What TF says, heard from now on.

    Where time goes back, because a recording or a simulation begins again, what was heard before is
    forgotten: TF would refuse what is so much older. That shows in the node's clock where it follows
    /clock, else in the times that are asked for. What is latched (/tf_static) stays.

    Args:
        node: listens, in its executor.

    Raises:
        ImportError: there is no tf2_ros; see ``need_package``.
    """

    def __init__(self, node: Node) -> None:
        from tf2_ros import Buffer, TransformException, TransformListener

        self._unknown = TransformException
        self._buffer = Buffer()
        self._listener = TransformListener(self._buffer, node)
        self._asked_ns = 0
        # a buffer that is given the node would follow its clock by itself, but its callback raises TypeError
        back = JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True)
        self._jumps = node.get_clock().create_jump_callback(back, post_callback=self._forget)

    def _forget(self, _: TimeJump | None = None) -> None:
        self._buffer.clear()
        self._asked_ns = 0

    def placement(self, target_frame: str, frame_id: str, stamp: Time, wait_s: float = 0.0) -> RigidTransform:
        """Where ``frame_id`` is in ``target_frame`` at a time.

        TF usually comes a little after the images. While it may still come this waits, but not for frames
        that TF does not know at all, or that nothing connects.

        Args:
            target_frame: the frame to be in.
            frame_id: the frame to come from.
            stamp: the time; zero, which stands for the latest in TF, is no time.
            wait_s: how long to wait for it at most [s].

        Raises:
            TransformError: that is not known; in TF's words.
        """
        if not (stamp.sec or stamp.nanosec):
            raise TransformError("the image has no stamp, so no transform can be looked up for its time")
        stamp_ns = nanoseconds(stamp)
        if stamp_ns < self._asked_ns - _KEPT_NS:
            self._forget()
        self._asked_ns = stamp_ns
        end_s = time.perf_counter() + wait_s
        while True:
            try:
                found = self._buffer.lookup_transform(target_frame, frame_id, stamp)
            except self._unknown as error:
                if time.perf_counter() >= end_s or not self._connected(target_frame, frame_id):
                    raise TransformError(str(error).rstrip(". ")) from error
            else:
                break
            time.sleep(_LOOK_AGAIN_S)
        t, q = found.transform.translation, found.transform.rotation
        return RigidTransform(np.array((t.x, t.y, t.z)), normalize(np.array((q.x, q.y, q.z, q.w))))

    def _connected(self, target_frame: str, frame_id: str) -> bool:
        """Whether the transform is known at any time."""
        return bool(self._buffer.can_transform(target_frame, frame_id, Time()))

    def close(self) -> None:
        """Listen no more."""
        self._jumps.unregister()
        self._listener.unregister()
