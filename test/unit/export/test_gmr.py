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

"""Frames for General Motion Retargeting: names, the frame with z up, scalar-first global rotations."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import Body, Frame, JointState
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, Skeleton
from frankmocap_ros.export.gmr import gmr_record
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import quat_rotate
from frankmocap_ros.synthetic.human import scene
from support.bodies import body_of

SMPL_X = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
    "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
SMPL_X_FINGERS = {
    f"{side}_{finger}{k}"
    for side in ("left", "right")
    for finger in ("index", "middle", "pinky", "ring", "thumb")
    for k in (1, 2, 3)
}


def standing(skeleton: Skeleton, **changes) -> Body:
    """The figure, who stands 2.5 m before the camera and looks into it."""
    return body_of(scene("wave", 3.0)[0], skeleton, **{"id": 7, **changes})


def record_of(*bodies: Body, operator_id: int = 7):
    return gmr_record(Frame(0, 1.25, bodies, operator_id, {}, Camera.from_fov(64, 48, 60.0)))


def rotation(quaternion):
    """Of a scalar-first quaternion: turns vectors."""
    w, x, y, z = quaternion
    return lambda v: quat_rotate(np.array([x, y, z, w]), np.array(v, float))


def test_names_are_smpl_x():
    record = record_of(standing(BODY))
    assert list(record) == ["time_s", "id", "joints"]
    assert (record["time_s"], record["id"]) == (1.25, 7)
    assert tuple(record["joints"]) == SMPL_X
    with_hands = record_of(standing(BODY_WITH_HANDS))["joints"]
    assert set(with_hands) == set(SMPL_X) | SMPL_X_FINGERS


def test_z_is_up_and_the_camera_is_the_origin():
    body = standing(BODY)
    joints = record_of(body)["joints"]
    for name, (position, _) in joints.items():
        right, down, forward = body.positions[BODY.index[name]]
        np.testing.assert_allclose(position, (forward, -right, -down), atol=1e-9)
    assert joints["head"][0][2] > joints["pelvis"][0][2] > joints["left_foot"][0][2]
    assert joints["pelvis"][0][0] == pytest.approx(2.5)


def test_rotations_are_global_and_scalar_first():
    """Upright is SMPL's y axis along z; who faces the camera has SMPL's z axis along -x."""
    upright = np.tile([1.0, 0.0, 0.0, 0.0], (len(BODY), 1))  # half a turn about the optical x axis
    for _, quaternion in record_of(standing(BODY, orientations_xyzw=upright))["joints"].values():
        turn = rotation(quaternion)
        np.testing.assert_allclose(turn((0, 1, 0)), (0, 0, 1), atol=1e-8)
        np.testing.assert_allclose(turn((0, 0, 1)), (-1, 0, 0), atol=1e-8)
        np.testing.assert_allclose(np.linalg.norm(quaternion), 1.0, atol=1e-8)
    figure = scene("wave", 3.0)[0]
    joints = record_of(standing(BODY))["joints"]
    for parent, child in (
        ("left_shoulder", "left_elbow"),
        ("right_elbow", "right_wrist"),
        ("left_hip", "left_knee"),
    ):
        offset = figure.offsets[BODY.index[child]]
        reached = np.add(joints[parent][0], rotation(joints[parent][1])(offset))
        np.testing.assert_allclose(reached, joints[child][0], atol=1e-6)


def test_nobody_has_no_joints():
    assert record_of(operator_id=0) == {"time_s": 1.25, "id": 0, "joints": {}}
    assert record_of(standing(BODY), operator_id=0) == {"time_s": 1.25, "id": 0, "joints": {}}
    assert record_of(standing(BODY, has_orientation=False)) == {"time_s": 1.25, "id": 7, "joints": {}}


def test_the_operator_is_the_first():
    moved = standing(BODY, id=8)
    moved = replace(moved, positions=moved.positions + 1.0)
    assert record_of(standing(BODY), moved) == record_of(standing(BODY))


def test_what_is_not_known_is_left_out():
    states = np.full(len(BODY), JointState.TRACKED, np.uint8)
    states[BODY.index["left_wrist"]] = JointState.INVALID
    states[BODY.index["head"]] = JointState.HELD
    assert set(SMPL_X) - set(record_of(standing(BODY, states=states))["joints"]) == {"left_wrist"}
