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

"""Everybody on /tf: one message for each image, refilled."""

from geometry_msgs.msg import TransformStamped
from std_msgs.msg import Header

from frankmocap_ros.body.pose import Body, Frame, JointState
from frankmocap_ros.export.rep155_model import hips_frame
from frankmocap_ros.geometry.rigid_transform import RigidTransform

TF_TOPIC = "/tf"


def human_id(camera: str, body_id: int) -> str:
    """A body's identifier in REP 155's topics and frames.

    Topics of ROS 2 have no part that begins with a digit, so that the number alone cannot be it.

    Args:
        camera: its name; empty where there is only one.
        body_id: the body's id.
    """
    return f"{camera}_p{body_id}" if camera else f"p{body_id}"


class _OneBody:
    """The transforms of one body."""

    def __init__(self, names: tuple[str, ...], suffix: str, roots: tuple[str, ...]) -> None:
        self._roots = [TransformStamped(child_frame_id=root) for root in roots]
        self._joints = [TransformStamped(child_frame_id=f"{name}_{suffix}") for name in names]

    def transforms(self, body: Body, header: Header) -> list[TransformStamped]:
        """Those that are known."""
        filled = []
        hips = hips_frame(body)
        if hips is not None:
            for transform in self._roots:
                _set(transform, header, hips)
                filled.append(transform)
        rows = zip(
            self._joints, body.states.tolist(), body.positions.tolist(), body.orientations_xyzw.tolist(),
            strict=True,
        )  # fmt: skip
        for transform, state, position, orientation in rows:
            if state != JointState.INVALID:
                _set_numbers(transform, header, position, orientation)
                filled.append(transform)
        return filled


def _set(transform: TransformStamped, header: Header, placement: RigidTransform) -> None:
    _set_numbers(transform, header, placement.translation.tolist(), placement.rotation_xyzw.tolist())


def _set_numbers(transform: TransformStamped, header: Header, xyz: list[float], xyzw: list[float]) -> None:
    transform.header = header
    t, q = transform.transform.translation, transform.transform.rotation
    t.x, t.y, t.z = xyz
    q.x, q.y, q.z, q.w = xyzw


class BodyFrames:
    """Makes the message of each frame. For one thread; publish before the next ``message``.

    Each body has ``body_<id>``, REP 155's frame between the hips, and ``<joint>_<id>`` for every joint that
    is not INVALID, oriented as in the bodies message. All are children of the frame that the poses are in.

    Args:
        camera: put before the ids, where there are several cameras.
        rep155: whether the roots of REP 155's models are wanted too.

    Raises:
        ImportError: there is no tf2_msgs.
    """

    def __init__(self, camera: str, rep155: bool) -> None:
        from tf2_msgs.msg import TFMessage

        self.kind = TFMessage
        self.rep155 = rep155
        self._camera = camera
        self._message = TFMessage()
        self._bodies: dict[int, _OneBody] = {}

    def message(self, frame: Frame, header: Header) -> object | None:
        """The frame as a TFMessage with the header's stamp and frame; None where nobody is to be placed."""
        self._bodies = {body.id: self._bodies.get(body.id) or self._new(body) for body in frame.bodies}
        transforms: list[TransformStamped] = []
        for body in frame.bodies:
            if body.has_3d and body.has_orientation:
                transforms += self._bodies[body.id].transforms(body, header)
        self._message.transforms = transforms
        return self._message if transforms else None

    def _new(self, body: Body) -> _OneBody:
        suffix = f"{self._camera}_{body.id}" if self._camera else str(body.id)
        roots = [f"body_{suffix}"]
        if self.rep155:
            roots.append(f"body_{human_id(self._camera, body.id)}")
        return _OneBody(body.skeleton.names, suffix, tuple(roots))
