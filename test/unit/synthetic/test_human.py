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

"""The synthetic figure: its truth is consistent, moves as it says, and is what gets drawn."""

import numpy as np
import pytest

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import quat_multiply, quat_rotate
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.synthetic.human import FLOOR_M, FREEZE_S, MOTIONS, PERIOD_S, camera_stalls, scene
from frankmocap_ros.synthetic.render_rgb import render, room

INDEX = BODY_WITH_HANDS.index
CAMERA = Camera.from_fov(640, 480, 60.0)
NOW_S = 1.8e9  # a wall clock's time

every_motion = pytest.mark.parametrize("motion", MOTIONS)


def times(motion, count=40, seed=0):
    """Times of all sizes, negative ones and those of a wall clock among them."""
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [rng.uniform(-PERIOD_S[motion], 3.0 * PERIOD_S[motion], count), NOW_S + rng.uniform(0, 20, 5)]
    )


def joint(pose, name):
    return pose.positions[INDEX[name]]


def in_image(pose, camera=CAMERA):
    pixels = camera.project(pose.positions)
    return ((pixels >= 0) & (pixels < (camera.width, camera.height))).all(axis=1)


@every_motion
def test_positions_follow_from_rotations_and_bones(motion):
    for t in times(motion):
        for pose in scene(motion, t):
            p, q = pose.positions, pose.orientations_xyzw
            for j, parent in enumerate(BODY_WITH_HANDS.parents):
                expected = pose.local_rotations_xyzw[j]
                if parent >= 0:
                    assert p[j] == pytest.approx(
                        p[parent] + quat_rotate(q[parent], pose.offsets[j]), abs=1e-9
                    )
                    expected = quat_multiply(q[parent], expected)
                assert abs(np.dot(q[j], expected)) == pytest.approx(1.0, abs=1e-9)


@every_motion
def test_arrays_are_complete_finite_and_unit(motion):
    for t in times(motion):
        for pose in scene(motion, t):
            assert pose.positions.shape == pose.offsets.shape == (54, 3)
            for rotations in (pose.orientations_xyzw, pose.local_rotations_xyzw):
                assert rotations.shape == (54, 4)
                assert np.linalg.norm(rotations, axis=1) == pytest.approx(1.0, abs=1e-12)
            assert np.isfinite(pose.positions).all()
            assert not pose.offsets[0].any()


@every_motion
def test_proportions_of_an_adult(motion):
    for pose in scene(motion, 1.0):
        length = np.linalg.norm(pose.offsets, axis=1) / pose.height_m
        for side in ("left", "right"):
            assert length[INDEX[f"{side}_elbow"]] == pytest.approx(0.186, abs=0.002)
            assert length[INDEX[f"{side}_wrist"]] == pytest.approx(0.146, abs=0.002)
            assert length[INDEX[f"{side}_knee"]] == pytest.approx(0.245, abs=0.002)
            assert length[INDEX[f"{side}_ankle"]] == pytest.approx(0.246, abs=0.002)
        mirrored = [INDEX[n.replace("left_", "right_")] for n in BODY_WITH_HANDS.names]
        left = [j for j, name in enumerate(BODY_WITH_HANDS.names) if name.startswith("left_")]
        opposite = pose.offsets[mirrored] * (-1.0, 1.0, 1.0)
        assert pose.offsets[left] == pytest.approx(opposite[left], abs=1e-12)
        assert 1.55 < pose.height_m < 1.85


@every_motion
def test_stands_on_the_floor(motion):
    feet = [INDEX[f"{side}_foot"] for side in ("left", "right")]
    ankles = [INDEX[f"{side}_ankle"] for side in ("left", "right")]
    for t in times(motion):
        for pose in scene(motion, t):
            soles = np.concatenate(
                [
                    pose.positions[feet, 1] + 0.012 * pose.height_m,
                    pose.positions[ankles, 1] + 0.039 * pose.height_m,
                ]
            )
            assert soles.max() == pytest.approx(FLOOR_M, abs=1e-9)
            assert pose.positions[:, 1].max() < FLOOR_M
            head_over_floor = FLOOR_M - joint(pose, "head")[1]
            assert 0.8 * pose.height_m < head_over_floor < 0.9 * pose.height_m


@every_motion
def test_repeats(motion):
    for t in (0.3, 2.71, 7.9):
        for turns in (-2, 1, 1000):
            for a, b in zip(scene(motion, t), scene(motion, t + turns * PERIOD_S[motion]), strict=True):
                assert a.person == b.person
                assert a.positions == pytest.approx(b.positions, abs=1e-8)


@every_motion
def test_moves_without_jumps(motion):
    step_s = 1.0 / 60.0
    before = scene(motion, -step_s)
    travelled_m = 0.0
    for t in np.arange(0.0, PERIOD_S[motion] + step_s, step_s):
        now = scene(motion, t)
        assert [p.person for p in now] == [p.person for p in before]
        for a, b in zip(before, now, strict=True):
            moved_m = np.linalg.norm(b.positions - a.positions, axis=1).max()
            turned = np.abs(np.sum(a.local_rotations_xyzw * b.local_rotations_xyzw, axis=1)).min()
            assert moved_m < 5.0 * step_s
            assert 2.0 * np.arccos(min(turned, 1.0)) < 8.0 * step_s
            travelled_m += moved_m
        before = now
    assert travelled_m > 2.0


def test_looks_into_the_camera_with_its_left_at_the_right_of_the_image():
    for t in np.linspace(0.0, PERIOD_S["wave"], 20):
        (pose,) = scene("wave", t)
        for part in ("hip", "shoulder", "foot"):
            assert joint(pose, f"left_{part}")[0] > joint(pose, f"right_{part}")[0] + 0.1
        assert quat_rotate(pose.orientations_xyzw[0], np.eye(3)) == pytest.approx(np.diag([1.0, -1.0, -1.0]))
        assert joint(pose, "left_foot")[2] < joint(pose, "left_ankle")[2]  # toes towards the camera
        assert joint(pose, "head")[1] < joint(pose, "pelvis")[1]
        assert pose.positions[0, 2] == pytest.approx(2.5)
        assert in_image(pose).all()


def test_waves_with_the_right_arm():
    above, wrist_x = [], []
    for t in np.arange(0.0, PERIOD_S["wave"], 1.0 / 30.0):
        (pose,) = scene("wave", t)
        above.append(joint(pose, "right_shoulder")[1] - joint(pose, "right_wrist")[1])
        wrist_x.append(joint(pose, "right_wrist")[0] - joint(pose, "right_elbow")[0])
        assert joint(pose, "left_wrist")[1] > joint(pose, "left_shoulder")[1] + 0.3
    raised = np.array(above) > 0.25
    assert 0.25 < raised.mean() < 0.75
    assert min(above) < -0.4
    swing = np.diff(np.sign(np.diff(np.array(wrist_x)[raised])))
    assert np.count_nonzero(swing) >= 6  # to and fro, three times at least


def test_walks_out_of_the_image_and_comes_back():
    period_s = PERIOD_S["walk_out"]
    seen = []
    for t in np.arange(0.0, period_s, 0.05):
        (pose,) = scene("walk_out", t)
        seen.append(in_image(pose).mean())
        assert pose.person == 0
    seen = np.array(seen)
    assert seen[0] == 1.0
    assert seen[-1] == 1.0
    assert np.count_nonzero(np.diff((seen > 0.0).astype(int))) == 2  # leaves once, comes back once
    assert 2.0 < 0.05 * np.count_nonzero(seen == 0.0) < period_s - 2.0
    assert ((seen > 0.0) & (seen < 1.0)).any()  # partly out of the image in between
    going, coming = scene("walk_out", 0.2 * period_s)[0], scene("walk_out", 0.8 * period_s)[0]
    for pose, direction in ((going, 1.0), (coming, -1.0)):
        chest = quat_rotate(pose.orientations_xyzw[0], np.array([0.0, 0.0, 1.0]))
        assert chest[0] * direction > 0.95  # faces where it walks


def test_two_people_cross_and_stay_who_they_are():
    gaps = []
    for t in np.arange(0.01, PERIOD_S["cross"], 0.05):
        people = scene("cross", t)
        assert [p.person for p in people] == [0, 1]
        near, far = people
        assert near.positions[:, 2].max() + 0.2 < far.positions[:, 2].min()
        assert in_image(near).all()
        assert in_image(far).all()
        gaps.append(CAMERA.project(far.positions[0])[0] - CAMERA.project(near.positions[0])[0])
    for pose, direction in zip(scene("cross", 0.25 * PERIOD_S["cross"]), (1.0, -1.0), strict=True):
        chest = quat_rotate(pose.orientations_xyzw[0], np.array([0.0, 0.0, 1.0]))
        assert chest[0] * direction > 0.95  # each faces where it walks
    assert max(gaps) > 300.0
    assert min(gaps) < -300.0
    assert np.count_nonzero(np.diff(np.sign(gaps))) == 2  # there and back


def test_freezes_and_the_camera_stalls():
    start_s, end_s = FREEZE_S
    frozen = scene("stall", start_s)[0].positions
    for t in np.linspace(start_s, end_s, 20):
        assert scene("stall", t)[0].positions == pytest.approx(frozen, abs=1e-9)
    for t in (start_s - 0.1, end_s + 0.1):
        assert np.abs(scene("stall", t)[0].positions - frozen).max() > 0.005
    fine = np.arange(0.0, PERIOD_S["stall"], 0.01)
    off = np.array([False, *(camera_stalls("stall", t + 0.005) for t in fine), False])
    edges = np.flatnonzero(np.diff(off.astype(int)))
    assert 0.01 * (edges[1::2] - edges[::2]) == pytest.approx([0.15, 0.3, 2.0], abs=0.011)
    assert camera_stalls("stall", 7.0 + 5 * PERIOD_S["stall"])


@pytest.mark.parametrize("motion", [m for m in MOTIONS if m != "stall"])
def test_other_cameras_never_stall(motion):
    assert not any(camera_stalls(motion, t) for t in np.arange(0.0, PERIOD_S[motion], 0.02))


@pytest.mark.parametrize("ask", [scene, camera_stalls])
def test_unknown_motion_is_refused(ask):
    with pytest.raises(SettingError, match=r"'dance'.*wave \| walk_out \| cross \| stall \| reach"):
        ask("dance", 0.0)


def test_settings_offer_exactly_the_motions():
    choices = {s.name: s.choices for cls in (CameraSettings, Settings) for s in settings_of(cls)}
    assert choices["motion"] == choices["synthetic_motion"] == MOTIONS


@every_motion
@pytest.mark.parametrize("camera", [CAMERA, Camera.from_fov(320, 180, 80.0)], ids=["vga", "wide"])
def test_people_are_drawn_where_they_are(motion, camera):
    empty = room(camera)
    for t in times(motion, count=6):
        poses = scene(motion, t)
        image = render(poses, camera)
        assert image.shape == (camera.height, camera.width, 3)
        assert image.dtype == np.uint8
        painted = (image != empty).any(axis=2)
        allowed = np.zeros_like(painted)
        for pose in poses:
            pixels, body = camera.project(pose.positions), len(BODY)
            inside = in_image(pose, camera)
            x, y = pixels[:body][inside[:body]].astype(int).T
            assert painted[y, x].all()
            margin = 0.13 * camera.fx * pose.height_m / pose.positions[0, 2]  # head over its joint
            low = np.clip(np.floor(pixels.min(axis=0) - margin).astype(int), 0, None)
            high = np.clip(np.ceil(pixels.max(axis=0) + margin).astype(int), 0, None)
            allowed[low[1] : high[1], low[0] : high[0]] = True
        assert not (painted & ~allowed).any()


def test_nobody_leaves_an_empty_room():
    away = scene("walk_out", 0.5 * PERIOD_S["walk_out"])
    for image in (render((), CAMERA), render(away, CAMERA)):
        assert np.array_equal(image, room(CAMERA))


def test_the_nearer_person_covers_the_other_in_any_order():
    t = 0.25 * PERIOD_S["cross"]
    near, far = scene("cross", t)
    both = render((near, far), CAMERA)
    assert np.array_equal(both, render((far, near), CAMERA))
    alone = render((near,), CAMERA)
    covered = (alone != room(CAMERA)).any(axis=2)
    assert np.array_equal(both[covered], alone[covered])
    assert (both != alone).any()  # the far one is seen beside it


def test_rendering_leaves_background_and_earlier_images_alone():
    background = np.full((480, 640, 3), 77, np.uint8)
    first = render(scene("wave", 0.0), CAMERA, background)
    kept = first.copy()
    second = render(scene("wave", 4.0), CAMERA, background)
    assert (background == 77).all()
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)
    assert (first[0] == 77).all()
    assert first.flags.writeable
