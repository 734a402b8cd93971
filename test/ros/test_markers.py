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

"""Bodies as RViz markers."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.serialization import serialize_message
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from frankmocap_ros.body.pose import Frame, Hand, JointState, ScaleSource
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, HAND_BONES
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import quat_rotate
from frankmocap_ros.ros.mocap.markers import MarkerMaker
from support.bodies import plain_body

HEADER = Header(stamp=Time(sec=5), frame_id="cam")
CAMERA = Camera.from_fov(640, 480, 60.0)


def body(body_id=1, skeleton=BODY, hands=(), **states):
    """Everything is TRACKED but the joints named."""
    n = len(skeleton)
    table = np.full(n, JointState.TRACKED, np.uint8)
    for name, state in states.items():
        table[skeleton.index[name]] = state
    positions = np.arange(3.0 * n).reshape(n, 3) + body_id
    positions[table == JointState.INVALID] = 0.0
    scale = ScaleSource.NONE
    return plain_body(
        skeleton, id=body_id, positions=positions, states=table, scale_source=scale, hands=hands
    )


def hand(side="left", state=JointState.TRACKED):
    return Hand(side, state, 0.9, 5.0 + np.arange(63.0).reshape(21, 3), np.array((0.0, 0.0, -1.0)))


def made(maker, *bodies, operator_id=0, age_ms=12.3):
    frame = Frame(0, 0.0, tuple(bodies), operator_id, {}, CAMERA)
    markers = maker.make(frame, HEADER, age_ms)
    serialize_message(markers)
    assert all(m.header == HEADER for m in markers.markers)
    return markers.markers


def bones_of(*args, **kwargs):
    (bones,) = (m for m in made(MarkerMaker(), *args, **kwargs) if m.ns == "bones")
    return bones


def segments(bones):
    """Pairs of ends, each as (x, y, z), and each pair's two colors."""
    points = [(p.x, p.y, p.z) for p in bones.points]
    colors = [(round(c.r, 3), round(c.g, 3), round(c.b, 3)) for c in bones.colors]
    assert len(points) == len(colors)
    return list(zip(points[::2], points[1::2], strict=True)), list(
        zip(colors[::2], colors[1::2], strict=True)
    )


@pytest.mark.parametrize("skeleton", [BODY, BODY_WITH_HANDS], ids=["body", "hands"])
def test_a_bone_for_every_joint_with_a_parent(skeleton):
    person = body(skeleton=skeleton)
    bones = bones_of(person)
    assert (bones.type, bones.action, bones.id) == (Marker.LINE_LIST, Marker.ADD, 1)
    assert bones.scale.x > 0.0
    assert bones.pose.orientation.w == 1.0
    pairs, colors = segments(bones)
    expected = {
        (tuple(person.positions[parent]), tuple(person.positions[i]))
        for i, parent in enumerate(skeleton.parents)
        if parent >= 0
    }
    assert set(pairs) == expected
    assert len(pairs) == len(expected)
    assert len(set(colors)) == 1


def test_bones_have_the_color_of_their_worse_end():
    person = body(left_elbow=JointState.PREDICTED, left_wrist=JointState.HELD, left_hand=JointState.TRACKED)
    pairs, colors = segments(bones_of(person))
    by_end = dict(zip((end for _, end in pairs), colors, strict=True))

    def color(name):
        first, second = by_end[tuple(person.positions[BODY.index[name]])]
        assert first == second
        return first

    tracked, predicted, held = color("left_shoulder"), color("left_elbow"), color("left_wrist")
    assert len({tracked, predicted, held}) == 3
    assert color("left_hand") == held
    assert color("right_wrist") == tracked


@pytest.mark.parametrize(
    ("name", "lost"), [("left_elbow", 2), ("left_hand", 1), ("pelvis", 3), ("spine3", 4)]
)
def test_what_is_not_known_has_no_bone(name, lost):
    pairs, _ = segments(bones_of(body(**{name: JointState.INVALID})))
    assert len(pairs) == len(BODY) - 1 - lost
    assert (0.0, 0.0, 0.0) not in {end for pair in pairs for end in pair}


def test_nothing_known_is_an_empty_list():
    markers = made(MarkerMaker(), body(**dict.fromkeys(BODY.names, JointState.INVALID)))
    assert [len(m.points) for m in markers if m.ns == "bones"] == [0]


def test_text_stands_above_the_highest_joint():
    person = body(head=JointState.INVALID)
    highest = person.positions[BODY.index["pelvis"]]  # the smallest y
    (text,) = (m for m in made(MarkerMaker(), person, operator_id=1) if m.ns == "text")
    assert text.type == Marker.TEXT_VIEW_FACING
    assert text.scale.z > 0.0
    assert text.color.a == 1.0
    assert (text.pose.position.x, text.pose.position.z) == (highest[0], highest[2])
    assert text.pose.position.y < highest[1]
    assert text.text.split() == ["1", "operator", "some", "12", "ms"]


def test_spaces_of_a_text_are_narrower_than_its_letters():
    """RViz takes a text's scale.x as the width of a space, and 1.3 m where it is zero."""
    (text,) = (m for m in made(MarkerMaker(), body()) if m.ns == "text")
    assert 0.2 * text.scale.z < text.scale.x < 0.7 * text.scale.z
    assert text.text.isascii()


def test_only_the_operator_is_called_so():
    markers = made(MarkerMaker(), body(1), body(2), operator_id=2)
    assert {m.id: "operator" in m.text for m in markers if m.ns == "text"} == {1: False, 2: True}


def actions(markers):
    return {(m.ns, m.id, m.action) for m in markers}


def both(body_id, action):
    return {("bones", body_id, action), ("text", body_id, action)}


def test_who_leaves_is_deleted_once():
    maker = MarkerMaker()
    assert made(maker) == []
    assert actions(made(maker, body(1), body(2))) == both(1, Marker.ADD) | both(2, Marker.ADD)
    assert actions(made(maker, body(2), body(3))) == both(1, Marker.DELETE) | both(2, Marker.ADD) | both(
        3, Marker.ADD
    )
    assert actions(made(maker)) == both(2, Marker.DELETE) | both(3, Marker.DELETE)
    assert made(maker) == []
    assert actions(made(maker, body(2))) == both(2, Marker.ADD)


def test_markers_vanish_when_nobody_publishes():
    maker, person = MarkerMaker(), body(hands=(hand(),))
    maker.ellipsoids = True
    person.position_stddev[:] = 0.1
    markers = made(maker, person)
    assert {"bones", "hands", "text", "stddev/pelvis"} <= {marker.ns for marker in markers}
    assert {(m.lifetime.sec, m.lifetime.nanosec) for m in markers} == {(1, 0)}


def test_ellipsoids_lie_along_the_line_of_sight_on_demand():
    maker = MarkerMaker()
    person = body(left_wrist=JointState.HELD, right_wrist=JointState.INVALID)
    person.position_stddev[:] = (0.03, 0.1)
    person.position_stddev[BODY.index["head"]] = np.nan
    assert {m.ns for m in made(maker, person)} == {"bones", "text"}
    maker.ellipsoids = True
    spheres = {m.ns.removeprefix("stddev/"): m for m in made(maker, person) if m.ns.startswith("stddev")}
    assert set(spheres) == set(BODY.names) - {"head", "right_wrist"}
    for name, m in spheres.items():
        assert (m.type, m.id) == (Marker.SPHERE, 1)
        assert (m.scale.x, m.scale.y, m.scale.z) == pytest.approx((0.2, 0.06, 0.06))
        place = person.positions[BODY.index[name]]  # from the camera
        q, p = m.pose.orientation, m.pose.position
        x = quat_rotate(np.array((q.x, q.y, q.z, q.w)), np.array((1.0, 0.0, 0.0)))
        np.testing.assert_allclose(x, place / np.linalg.norm(place), atol=1e-9)
        assert (p.x, p.y, p.z) == tuple(place)
    assert spheres["left_wrist"].color.r > spheres["left_elbow"].color.r, "in the color of its state"
    maker.ellipsoids = False
    gone = [m for m in made(maker, person) if m.action == Marker.DELETE]
    assert {m.ns for m in gone} == {f"stddev/{name}" for name in spheres}


def of_hands(markers):
    (marker,) = (m for m in markers if m.ns == "hands")
    return marker


def test_hands_are_thin_bones_in_the_color_of_their_state():
    left, right = hand(), hand("right", JointState.PREDICTED)
    markers = made(MarkerMaker(), body(skeleton=BODY_WITH_HANDS, hands=(left, right)))
    drawn = of_hands(markers)
    (bones,) = (m for m in markers if m.ns == "bones")
    assert (drawn.type, drawn.action, drawn.id) == (Marker.LINE_LIST, Marker.ADD, 1)
    assert 0.0 < drawn.scale.x < bones.scale.x
    pairs, colors = segments(drawn)
    expected = [(tuple(of.points[a]), tuple(of.points[b])) for of in (left, right) for a, b in HAND_BONES]
    assert pairs == expected
    assert len(set(colors[:20])) == len(set(colors[20:])) == 1
    assert colors[0][0] == segments(bones)[1][0][0], "of what is tracked"
    assert colors[0] != colors[20]
    assert {c.a for c in drawn.colors} == {1.0}


def test_fingers_are_drawn_once():
    """Hands take the place of the skeleton's finger joints, also where a hand is not known."""
    person = body(skeleton=BODY_WITH_HANDS, hands=(hand(), Hand("right")))
    assert segments(bones_of(person)) == segments(bones_of(body()))


def test_a_hand_that_is_held_is_faint_and_one_not_known_is_not_there():
    drawn = of_hands(made(MarkerMaker(), body(hands=(Hand("left"), hand("right", JointState.HELD)))))
    assert len(drawn.points) == 2 * len(HAND_BONES)
    assert {round(c.a, 3) for c in drawn.colors} == {0.4}
    assert not of_hands(made(MarkerMaker(), body(hands=(Hand("left"), Hand("right"))))).points


def test_hands_that_are_no_longer_estimated_are_deleted():
    maker = MarkerMaker()
    assert ("hands", 1, Marker.ADD) in actions(made(maker, body(hands=(hand(), hand("right")))))
    assert actions(made(maker, body())) == both(1, Marker.ADD) | {("hands", 1, Marker.DELETE)}
