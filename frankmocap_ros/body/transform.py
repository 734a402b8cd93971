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

"""The poses of a frame as seen from another coordinate frame, and in the image."""

from dataclasses import replace

from frankmocap_ros.body.pose import Body, Frame, Hand, JointState
from frankmocap_ros.geometry.rigid_transform import RigidTransform
from frankmocap_ros.geometry.rotation import Array, quat_conjugate, quat_multiply, quat_rotate


def transformed(frame: Frame, placement: RigidTransform, frame_id: str) -> Frame:
    """The same people with their poses in ``frame_id``.

    Joints that are INVALID stay zeros and identity, and pixels stay pixels. Of the local rotations only the
    root's changes: it is relative to the coordinate frame, all others to a joint.

    Args:
        frame: with poses in the image's frame; not written to.
        placement: where the image's frame is in ``frame_id``.
        frame_id: name of the other coordinate frame.
    """
    bodies = tuple(_transformed(body, placement) for body in frame.bodies)
    up = quat_rotate(placement.rotation_xyzw, frame.up)
    camera = placement.apply(frame.camera_position)
    turned = quat_multiply(placement.rotation_xyzw, frame.camera_orientation_xyzw)
    return replace(
        frame, bodies=bodies, frame_id=frame_id, up=up, camera_position=camera, camera_orientation_xyzw=turned
    )


def image_of(points: Array, frame: Frame) -> Array:
    """Where points (..., 3) in the frame of the poses [m] are seen in the image: shape (..., 2) [px]."""
    optical = quat_rotate(quat_conjugate(frame.camera_orientation_xyzw), points - frame.camera_position)
    return frame.camera.project(optical)


def _transformed(body: Body, placement: RigidTransform) -> Body:
    unknown = body.states == JointState.INVALID
    positions = placement.apply(body.positions)
    orientations = quat_multiply(placement.rotation_xyzw, body.orientations_xyzw)
    positions[unknown] = body.positions[unknown]
    orientations[unknown] = body.orientations_xyzw[unknown]
    local = body.local_rotations_xyzw.copy()
    if not unknown[0]:
        local[0] = orientations[0]
    hands = tuple(_moved_hand(hand, placement) for hand in body.hands)
    return replace(
        body, positions=positions, orientations_xyzw=orientations, local_rotations_xyzw=local, hands=hands
    )


def _moved_hand(hand: Hand, placement: RigidTransform) -> Hand:
    if hand.state == JointState.INVALID:
        return hand
    return replace(
        hand,
        points=placement.apply(hand.points),
        palm_normal=quat_rotate(placement.rotation_xyzw, hand.palm_normal),
    )
