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

"""GEAR-SONIC's packets, read by a reader that was written from its documentation."""

import json

import numpy as np
import pytest

from frankmocap_ros.body.frames import BASE_FROM_REST, BODY_FROM_OPTICAL
from frankmocap_ros.body.posture import STANDING, BodyPosture, bones_between, relative_rotations
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.export.sonic import SonicFrame, sonic_packet
from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_matrix,
)
from frankmocap_ros.synthetic.human import scene
from support.sonic_reader import HEADER_SIZE, PacketError, read_packet

PARENTS = (
    -1,
    0,
    0,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    9,
    9,
    12,
    13,
    14,
    16,
    17,
    18,
    19,
    20,
    21,
)  # SMPL's


def posture_at(time_s, motion="wave"):
    """The figure in axes x forward (out of the lens), y left, z up."""
    figure, n = scene(motion, time_s)[0], len(BODY)
    positions = quat_rotate(BODY_FROM_OPTICAL, figure.positions[:n])
    orientations = quat_multiply(BODY_FROM_OPTICAL, figure.orientations_xyzw[:n])
    orientations = quat_multiply(orientations, quat_conjugate(BASE_FROM_REST))
    bones = bones_between(positions, orientations)
    return BodyPosture(positions[0], relative_rotations(orientations), bones), figure


def rest(turn=IDENTITY_XYZW):
    bones = posture_at(0.0)[0].bones
    rotations = np.tile(IDENTITY_XYZW, (len(BODY), 1))
    rotations[0] = turn
    return BodyPosture(np.zeros(3), rotations, bones)


def packet_of(*postures, first=0):
    return sonic_packet([SonicFrame.of(posture) for posture in postures], first)


def read(*postures, first=0):
    return read_packet(packet_of(*postures, first=first))


def axis_angle_matrix(vector):
    """Rodrigues' formula, written out here so that it is nobody else's."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = np.asarray(vector) / angle
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * k @ k


def posed(pose, bones):
    """SMPL's forward kinematics in its own axes, the pelvis not turned: shape (24, 3)."""
    turns = [np.eye(3), *(axis_angle_matrix(v) for v in pose), np.eye(3), np.eye(3)]
    positions, matrices = np.zeros((24, 3)), [np.eye(3)]
    for j in range(1, 24):
        parent = PARENTS[j]
        positions[j] = positions[parent] + matrices[parent] @ bones[j]
        matrices.append(matrices[parent] @ turns[j])
    return positions


def test_every_field_is_as_documented():
    postures = [posture_at(t)[0] for t in (0.0, 0.02, 0.04)]
    packet = read(*postures, first=7)
    assert packet.version == 2
    assert packet.frame_index == [7, 8, 9]
    assert np.shape(packet.smpl_joints) == (3, 24, 3)
    assert np.shape(packet.smpl_pose) == (3, 21, 3)
    assert np.shape(packet.body_quat) == (3, 4)
    header = json.loads(packet_of(*postures, first=7)[4 : 4 + HEADER_SIZE].rstrip(b"\0"))
    assert [(f["name"], f["dtype"]) for f in header["fields"]] == [
        ("smpl_joints", "f32"), ("smpl_pose", "f32"), ("body_quat", "f32"), ("frame_index", "i64")
    ]  # fmt: skip


@pytest.mark.parametrize("broken", ["topic", "short", "longer", "version", "shape"])
def test_the_reader_refuses_what_is_not_as_documented(broken):
    data = packet_of(rest())
    wrong = {
        "topic": b"nose" + data[4:],
        "short": data[:-1],
        "longer": data + b"\0",
        "version": data.replace(b'"v":2', b'"v":7'),
        "shape": data.replace(b"[1,21,3]", b"[1,63,1]"),
    }[broken]
    assert wrong != data
    with pytest.raises(PacketError):
        read_packet(wrong)


def test_the_rest_pose_is_zero_and_faces_along_x():
    packet = read(rest())
    assert np.abs(packet.smpl_pose).max() == 0.0
    assert packet.body_quat == [[1.0, 0.0, 0.0, 0.0]]
    joints = dict(zip(BODY.names, packet.smpl_joints[0], strict=True))
    assert joints["pelvis"] == [0.0, 0.0, 0.0]
    assert joints["head"][2] > 0.5 > -0.5 > joints["left_ankle"][2], "z is up"
    assert joints["left_wrist"][1] > 0.6 > -0.6 > joints["right_wrist"][1], "y is to the left"
    assert joints["left_foot"][0] > joints["left_ankle"][0] + 0.1, "the toes show along x"


def test_the_pelvis_is_a_scalar_first_quaternion_and_turns_no_joint_of_its_own():
    quarter = quat_from_rotvec(np.array([0.0, 0.0, np.pi / 2]))
    packet = read(rest(quarter))
    assert np.allclose(packet.body_quat, [[np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]], atol=1e-7)
    assert packet.smpl_joints == read(rest()).smpl_joints


@pytest.mark.parametrize("motion", ["wave", "walk_out"])
@pytest.mark.parametrize("time_s", [0.0, 1.7, 3.3, 4.6, 6.1])
def test_the_sent_pose_leads_to_the_sent_joints(motion, time_s):
    posture, figure = posture_at(time_s, motion)
    packet = read(posture)
    found = posed(packet.smpl_pose[0], figure.offsets[:24])  # in SMPL's axes: x left, y up, z forward
    forward_left_up = found[:, [2, 0, 1]]
    assert np.abs(forward_left_up - np.array(packet.smpl_joints[0])).max() < 1e-5
    # and the sent pelvis puts them where the figure is
    w, x, y, z = packet.body_quat[0]
    turned = np.array(packet.smpl_joints[0]) @ quat_to_matrix(np.array([x, y, z, w])).T
    truth = quat_rotate(BODY_FROM_OPTICAL, figure.positions[:24] - figure.positions[0])
    assert np.abs(turned - truth).max() < 1e-5


def test_the_pose_is_the_figures_own():
    posture, figure = posture_at(3.3)
    vectors = posture.rotation_vectors()
    for j in range(1, 22):
        expected = quat_to_matrix(figure.local_rotations_xyzw[j])
        assert np.allclose(axis_angle_matrix(vectors[j - 1]), expected, atol=1e-9), BODY.names[j]


def test_standing_has_its_hands_in_front_of_its_elbows():
    joints = BodyPosture(np.zeros(3), STANDING, rest().bones).in_pelvis()
    at = dict(zip(BODY.names, joints, strict=True))
    for side in ("left", "right"):
        assert at[f"{side}_elbow"][2] < at[f"{side}_shoulder"][2] - 0.25, "the upper arm hangs"
        assert at[f"{side}_wrist"][0] > at[f"{side}_elbow"][0] + 0.2, "the forearm shows forward"
