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

"""What is drawn, where, and in which color; seen by looking at the pixels."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from frankmocap_ros.body.drawing import annotate
from frankmocap_ros.body.pose import Frame, Hand, JointState, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.body.transform import transformed
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rigid_transform import RigidTransform
from support.bodies import plain_body

GREEN, ORANGE, RED = (80, 220, 40), (30, 180, 255), (60, 60, 230)  # TRACKED, PREDICTED, HELD; BGR
CAMERA = Camera.from_fov(640, 480, 60.0)
BOX = np.array([200.0, 100.0, 240.0, 300.0])
J = BODY.index


def body(states=JointState.TRACKED, **changes):
    """Joints in a grid inside the box."""
    n = len(BODY)
    pixels = np.stack([250.0 + 30.0 * (np.arange(n) % 5), 150.0 + 45.0 * (np.arange(n) // 5)], axis=1)
    grid = {
        "id": 3,
        "positions": np.ones((n, 3)),
        "pixels": pixels,
        "states": np.broadcast_to(np.asarray(states, np.uint8), n).copy(),
        "box_xywh": BOX,
        "scale_source": ScaleSource.NONE,
    }
    return plain_body(**{**grid, **changes})


def drawn(*bodies, operator_id=0, notes=(), size=(480, 640)):
    image = np.zeros((*size, 3), np.uint8)
    annotate(image, Frame(0, 0.0, bodies, operator_id, {}, CAMERA), notes)
    return image


def has(image, color):
    return bool((image == color).all(axis=2).any())


def at(image, xy):
    x, y = np.round(xy).astype(int)
    return tuple(int(v) for v in image[y, x])


def test_nobody_draws_nothing():
    assert not drawn().any()


@pytest.mark.parametrize(
    ("state", "color"), [(JointState.TRACKED, GREEN), (JointState.PREDICTED, ORANGE), (JointState.HELD, RED)]
)
def test_joints_and_bones_in_the_color_of_their_state(state, color):
    person = body(state)
    image = drawn(person)
    assert all(at(image, xy) == color for xy in person.pixels)
    assert [other for other in (GREEN, ORANGE, RED) if other != color and has(image, other)] == []
    knee, hip = person.pixels[J["left_knee"]], person.pixels[J["left_hip"]]
    assert at(image, 0.5 * (knee + hip)) == color


def test_joints_that_are_not_known_are_not_drawn():
    """Nor their bones: their pixel is 0, 0, the corner of the image."""
    states = np.full(24, JointState.TRACKED)
    states[J["left_wrist"]] = JointState.INVALID
    person = body(states)
    person.pixels[J["left_wrist"]] = 0.0
    image = drawn(person)
    assert not image[:60, :60].any()
    everybody_else = np.delete(np.arange(24), J["left_wrist"])
    assert all(at(image, person.pixels[j]) == GREEN for j in everybody_else)
    nobody_known = drawn(body(JointState.INVALID, pixels=np.zeros((24, 2))))
    assert not has(nobody_known, GREEN)


def test_a_body_of_which_only_pixels_are_known_is_grey():
    person = body(JointState.INVALID, has_3d=False)
    person.pixels[J["left_hand"]] = 0.0
    image = drawn(person)
    assert at(image, person.pixels[J["left_wrist"]]) == (200, 200, 200)
    assert not image[:60, :60].any()
    assert not any(has(image, color) for color in (GREEN, ORANGE, RED))


def test_a_bone_shows_the_worse_of_its_ends():
    states = np.full(24, JointState.INVALID)
    states[J["left_shoulder"]], states[J["left_elbow"]] = JointState.TRACKED, JointState.HELD
    person = body(states)
    image = drawn(person)
    middle = 0.5 * (person.pixels[J["left_elbow"]] + person.pixels[J["left_shoulder"]])
    assert at(image, middle) == RED


def test_box():
    image = drawn(body(JointState.INVALID))
    left, top, right, bottom = 200, 100, 440, 400
    for x, y in ((left, 250), (right, 250), (300, top), (300, bottom)):
        assert image[y, x].all()
    assert not image[250, left - 8 : left - 2].any()
    assert not image[250, left + 3 : left + 20].any()


def test_the_operator_is_named():
    someone, operator = drawn(body()), drawn(body(), operator_id=3)
    assert (someone != operator).any()
    above = (someone != operator).any(axis=2)
    assert above[:100].any()
    assert not above[110:].any()
    assert (drawn(body()) == drawn(body(), operator_id=4)).all()


def test_note_is_in_the_upper_left_corner():
    image = drawn(notes=["age 31 ms"])
    assert image[:40, :200].any()
    assert not image[60:].any()


@pytest.mark.parametrize("size", [(64, 48), (240, 320), (1080, 1920)])
@pytest.mark.parametrize("shift", [(-300.0, -300.0), (0.0, 0.0), (5000.0, 5000.0)])
def test_people_beside_the_image_and_any_size(size, shift):
    person = body()
    moved = replace(person, pixels=person.pixels + shift, box_xywh=BOX + np.array([*shift, 0.0, 0.0]))
    image = drawn(moved, notes=["note"], size=size)
    assert image.shape == (*size, 3)
    assert image.any()


def test_lines_get_thicker_with_the_image():
    small, large = drawn(body()), drawn(body(), size=(1440, 1920))
    assert np.count_nonzero((large == GREEN).all(axis=2)) > 2 * np.count_nonzero((small == GREEN).all(axis=2))


def test_drawn_in_place():
    image = np.full((480, 640, 3), 9, np.uint8)
    assert annotate(image, Frame(0, 0.0, (body(),), 3, {}, CAMERA)) is None
    assert (image[470:, 630:] == 9).all()
    assert cv2.countNonZero((image != 9).any(axis=2).astype(np.uint8)) > 1000


HAND_PIXELS = np.array(
    [(90.0, 280.0)] + [(60.0 + 15.0 * finger, 265.0 - 15.0 * k) for finger in range(5) for k in range(4)]
)
"""Left of the box, where nothing else is drawn."""


def hand(state=JointState.TRACKED, depth_m=2.0, pixels=HAND_PIXELS):
    points = np.column_stack([CAMERA.rays(pixels), np.ones(21)]) * depth_m
    return Hand("left", state, 0.9, points, np.array((0.0, 0.0, -1.0)))


def share(image, xy, color, ground=0.0):
    """How much of a color is within a pixel of there: lines are thin and smooth."""
    x, y = np.round(xy).astype(int)
    part = image[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3) - ground
    shares = part / (np.array(color, float) - ground)
    return float(shares[np.ptp(shares, axis=1) < 0.1].mean(axis=1).max(initial=0.0))


@pytest.mark.parametrize(
    ("state", "color", "opacity"),
    [(JointState.TRACKED, GREEN, 1.0), (JointState.PREDICTED, ORANGE, 1.0), (JointState.HELD, RED, 0.4)],
)
def test_hands_are_drawn_where_they_are_seen_in_the_color_of_their_state(state, color, opacity):
    image = drawn(body(JointState.INVALID, hands=(hand(state), Hand("right"))))
    assert all(0.5 < share(image, xy, color) / opacity <= 1.01 for xy in HAND_PIXELS)
    assert not any(share(image, xy, color) for xy in HAND_PIXELS + np.array((7.5, 0.0)) if xy[1] < 240.0)
    assert not image[:60, :60].any(), "an unknown hand is not drawn"


def test_hands_are_drawn_in_place_whatever_frame_the_poses_are_in():
    """The image is the same where the frame's poses are in another coordinate frame."""
    person = body(hands=(hand(), hand(JointState.HELD, 1.0, HAND_PIXELS + np.array((0.0, 100.0)))))
    frame = Frame(0, 0.0, (person,), 3, {}, CAMERA)
    turned = RigidTransform(np.array((1.0, -2.0, 0.5)), np.array((0.5, -0.5, 0.5, -0.5)))
    images = [np.zeros((480, 640, 3), np.uint8) for _ in range(2)]
    annotate(images[0], frame)
    annotate(images[1], transformed(frame, turned, "base"))
    assert has(images[0][200:280, 50:150], GREEN)
    assert (images[0] == images[1]).all()


def test_the_image_shines_through_a_hand_that_is_held():
    image = np.full((480, 640, 3), 100, np.uint8)
    annotate(image, Frame(0, 0.0, (body(JointState.INVALID, hands=(hand(JointState.HELD),)),), 0, {}, CAMERA))
    assert 0.5 < share(image, HAND_PIXELS[0], 0.4 * np.array(RED) + 60.0, ground=100.0) <= 1.01


def with_fingers(**changes):
    """Finger joints stand left of the box, too."""
    n, first = len(BODY_WITH_HANDS), len(BODY)
    pixels = np.full((n, 2), 300.0)
    pixels[first:] = (30.0, 440.0)
    q = np.tile((0.0, 0.0, 0.0, 1.0), (n, 1))
    whole = body(skeleton=BODY_WITH_HANDS, positions=np.ones((n, 3)), pixels=pixels)
    return replace(
        whole, orientations_xyzw=q, local_rotations_xyzw=q, confidence=np.ones(n),
        orientation_confidence=np.ones(n), states=np.full(n, JointState.TRACKED, np.uint8), **changes,
    )  # fmt: skip


def test_fingers_are_drawn_once():
    """Of the hands where there are some; of the joints where only pixels are known."""
    corner = (slice(430, 450), slice(20, 40))
    assert has(drawn(with_fingers())[corner], GREEN)
    assert not drawn(with_fingers(hands=(hand(), Hand("right"))))[corner].any()
    flat = with_fingers(has_3d=False, hands=(Hand("left"), Hand("right")))
    assert drawn(flat)[corner].any()


@pytest.mark.parametrize("state", [JointState.TRACKED, JointState.HELD])
@pytest.mark.parametrize("place", [(-5.0, 0.0, 2.0), (0.0, 0.0, -1.0), (1e-4, 0.0, 1e-4), (30.0, 30.0, 1.0)])
def test_hands_beside_and_behind_the_camera(state, place):
    spread = np.random.default_rng(1).normal(0.0, 0.05, (21, 3))
    person = body(JointState.INVALID, hands=(Hand("left", state, 0.5, spread + place, np.zeros(3)),))
    assert drawn(person).shape == (480, 640, 3)


def test_the_edge_of_a_text_lies_around_its_letters():
    """Also at its end: thicker letters that are wider would run away from the white ones."""
    image = np.full((480, 640, 3), 128, np.uint8)
    annotate(image, Frame(0, 0.0, (), 0, {}, CAMERA), ["34 ms  30 Hz  operator blazepose"])
    columns = [
        np.flatnonzero(mask.any(axis=0)) for mask in ((image > 200).all(axis=2), (image < 60).all(axis=2))
    ]
    (white_left, white_right), (black_left, black_right) = [(c[0], c[-1]) for c in columns]
    assert white_right - white_left > 100
    assert 0 < white_left - black_left <= 3
    assert 0 < black_right - white_right <= 3
