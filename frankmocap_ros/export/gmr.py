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

"""Frames as General Motion Retargeting (GMR) takes them: joint name -> position and global rotation.

GMR's retargeting is given one dictionary a frame. For SMPL-X input its names are those of SMPL-X' joints
(pelvis, left_hip, ..., spine3, ..., left_wrist, left_index1, ...), a value is a position [m] and the joint's
global rotation as a scalar-first quaternion, and the world has z up. Our joints have the same names and
the same rotations (the identity is a person in the rest pose whose y axis points up in that world), but for
``left_hand`` and ``right_hand``, which only SMPL has: these are left out. The jaw and the eyes are not
estimated.

The world here is the camera's body frame, taken as level: x forward out of the lens, y left, z up, and the
camera itself as the origin, so that the floor is below zero; GMR's ``offset_to_ground`` lifts it.
"""

from collections.abc import Sequence
from typing import Any

from frankmocap_ros.body.frames import BASE_FROM_REST, level_from_settings
from frankmocap_ros.body.pose import Frame, JointState
from frankmocap_ros.body.posture import BodyPosture
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rotation import Array, quat_multiply, quat_rotate

_DIGITS = 9
_LEVEL = level_from_settings(0.0, 0.0, 0.0)  # nothing is known of how the camera is mounted
_NOT_IN_SMPL_X = ("left_hand", "right_hand")
_SCALAR_FIRST = [3, 0, 1, 2]


def gmr_record(frame: Frame) -> dict[str, Any]:
    """The operator of one frame.

    Returns:
        ``time_s`` [s], ``id`` (0 for nobody) and ``joints``: name -> [[x, y, z], [w, x, y, z]]. Joints that
        are not known (INVALID) are left out; where nobody is, or orientations are not estimated, all are.
    """
    record: dict[str, Any] = {"time_s": frame.time_s, "id": 0, "joints": {}}
    if not frame.operator_id or not frame.bodies:
        return record
    body = frame.bodies[0]
    record["id"] = body.id
    if not body.has_orientation:
        return record
    states = body.states.tolist()
    known = [
        name for name, state in zip(body.skeleton.names, states, strict=True) if state != JointState.INVALID
    ]
    positions = quat_rotate(_LEVEL, body.positions)
    rows = _rows(body.skeleton.names, positions, quat_multiply(_LEVEL, body.orientations_xyzw))
    record["joints"] = {name: rows[name] for name in known if name in rows}
    return record


def gmr_posture(posture: BodyPosture, time_s: float, operator_id: int) -> dict[str, Any]:
    """The same for a posture whose world has z up already.

    Args:
        posture: of the operator.
        time_s: when it is valid [s].
        operator_id: the operator's.
    """
    positions, rotations = posture.world()
    joints = _rows(BODY.names, positions, quat_multiply(rotations, BASE_FROM_REST))
    return {"time_s": time_s, "id": operator_id, "joints": joints}


def _rows(names: Sequence[str], positions: Array, rotations: Array) -> dict[str, Any]:
    """Each joint that SMPL-X has as [[x, y, z], [w, x, y, z]]."""
    numbers = positions.round(_DIGITS).tolist(), rotations[:, _SCALAR_FIRST].round(_DIGITS).tolist()
    rows = zip(names, *numbers, strict=True)
    return {name: [position, rotation] for name, position, rotation in rows if name not in _NOT_IN_SMPL_X}
