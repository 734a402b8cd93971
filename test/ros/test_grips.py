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

"""What the gate publishes for grippers, from hands, a joystick and topics."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Joy
from std_msgs.msg import Float64
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.msg import GateState, Grip, HandPose
from frankmocap_ros.ros.common.marker_style import COLORS
from support.gate import TICK_S, deliver, stamp_s
from support.hands import hand_points
from support.waiting import wait_until

LEFT, RIGHT = "/gate/grip/left", "/gate/grip/right"


def hand(side, opening):
    msg = HandPose(side=side, state=HandPose.TRACKED, confidence=0.9)
    for point, xyz in zip(msg.keypoints, hand_points(opening).tolist(), strict=True):
        point.x, point.y, point.z = xyz
    return msg


def show(g, left, right=0.0):
    g.operator.hands = hand("left", left), hand("right", right)


def gripping(gate, **parameters):
    """An engaged gate whose operator's hands are shut, and what it publishes for the left gripper."""
    g = gate(**{"grip": "pinch", **parameters})
    heard = g.listen(Grip, LEFT)
    show(g, 0.0)
    g.seen()
    g.advance(0.3)
    assert not heard.messages, "nothing before ENGAGED"
    g.engaged()
    return g, heard


def last(g, heard):
    """The newest grip, of an engaged gate."""
    least_s = stamp_s(g.states.messages[-1]) - 2.0 * TICK_S
    return heard.wait(lambda msg: stamp_s(msg) >= least_s, max(0, len(heard) - 1))


def limits(g):
    return list(g.states.messages[-1].limits)


def test_hands_are_published_as_grips_within_their_rate(gate):
    g, heard = gripping(gate, max_grip_speed=2.0)
    g.advance(0.3)
    shut = last(g, heard)
    assert (shut.side, shut.opening, shut.state, shut.header.frame_id) == ("left", 0.0, Grip.TRACKED, "")
    assert shut.confidence == pytest.approx(0.9)
    show(g, 1.0)
    g.advance(1.0)
    assert last(g, heard).opening == 1.0
    times, openings = np.array([(stamp_s(msg), msg.opening) for msg in heard.messages]).T
    assert (np.abs(np.diff(openings)) <= 2.0 * np.diff(times) + 1e-5).all()


def test_a_lost_hand_is_held_and_told_and_a_lost_operator_ends_it(gate):
    g, heard = gripping(gate)
    show(g, 1.0)
    g.advance(1.0)
    show(g, 0.0)
    g.advance(1.0)
    g.operator.hands = hand("right", 0.0), HandPose(side="left")
    g.advance(1.0)
    assert g.states.messages[-1].state == GateState.ENGAGED
    held = last(g, heard)
    assert (held.opening, held.state) == (0.0, Grip.HELD)
    assert "left_grip: hand not seen" in limits(g)
    g.operator.operator_id = 0
    hold = g.until("HOLD")
    g.until("DISENGAGED")
    g.advance(0.1)
    assert {msg.state for msg in heard.messages if stamp_s(msg) >= stamp_s(hold)} == {Grip.HELD}
    count = len(heard)
    g.operator.operator_id = 1
    show(g, 1.0)
    g.advance(0.5)
    assert len(heard) == count, "nothing after HOLD"


def test_openings_and_states_are_texts_for_rviz(gate):
    g, _ = gripping(gate)
    shown = g.listen(MarkerArray, "/gate/grip_markers")
    show(g, 1.0)
    g.advance(1.0)
    left, right = shown.wait(lambda msg: "100% open" in msg.markers[0].text).markers
    assert left.text == "left gripper\n100% open, tracked"
    assert right.text == "right gripper\n0% open, tracked"
    assert left.header.frame_id == g.gate.get_parameter("base_frame").value
    place, at = left.pose.position, g.left.messages[-1].pose.position
    assert (place.x, place.y) == pytest.approx((at.x, at.y), abs=0.05)
    assert place.z > at.z
    g.operator.hands = hand("right", 0.0), HandPose(side="left")
    g.advance(0.5)
    left, _ = shown.wait(lambda msg: "held" in msg.markers[0].text).markers
    assert left.text == "left gripper\n100% open, held: hand not seen"
    held = COLORS[JointState.HELD]
    assert (left.color.r, left.color.g) == pytest.approx((held.r, held.g))
    g.operator.operator_id = 0
    g.until("DISENGAGED")
    g.advance(0.1)
    count = len(shown)
    g.advance(0.5)
    assert len(shown) == count, "nothing where nothing is commanded"


def test_a_joystick_drives_grippers(gate):
    g = gate(grip="joy", grip_joy_axis_left=1, grip_joy_axis_right=-1)
    heard, joy = g.listen(Grip, LEFT), g.publisher(Joy, "joy")
    axes = [0.0, -1.0]
    g.every(0.05, lambda: deliver(joy, Joy(axes=axes)))
    g.engaged()
    axes[1] = 0.5
    g.advance(0.6)
    assert last(g, heard).opening == pytest.approx(0.75)


def test_topics_drive_grippers_until_they_fall_silent(gate):
    g = gate(grip="topic", grip_timeout_s=0.3)
    heard, commands = g.listen(Grip, RIGHT), g.publisher(Float64, "/gate/grip_command/right")
    value = Float64(data=0.0)
    telling = g.every(0.05, lambda: deliver(commands, value))
    g.engaged()
    value.data = 0.6
    g.advance(0.6)
    assert last(g, heard).opening == pytest.approx(0.6)
    telling.cancel()
    g.advance(0.6)
    silent = last(g, heard)
    assert (silent.opening, silent.state) == (pytest.approx(0.6), Grip.HELD)
    assert any("right_grip: nothing received on ~/grip_command/right" in limit for limit in limits(g))
    assert "left_grip: nothing received on ~/grip_command/left" in limits(g)


def test_diagnostics_tell_of_grips(gate):
    g = gate(grip="pinch")
    health = g.listen(DiagnosticArray, "/diagnostics")
    show(g, 0.0)
    g.engaged()

    def told(msg):
        values = {v.key: v.value for status in msg.status for v in status.values}
        return values.get("grips") == "left 0.00 TRACKED, right 0.00 TRACKED"

    g.wait(health, told)


def test_another_publisher_of_grips_refuses_to_engage(gate, elsewhere):
    g, other = gate(grip="pinch"), elsewhere("other")
    g.listen(Grip, LEFT)
    other.publisher(Grip, LEFT)
    g.seen()
    wait_until(lambda: g.gate.count_publishers(LEFT) == 2, "not discovered")
    words = f"another publisher of commands on {LEFT}: /other"
    wait_until(lambda: words in g.gate._checks.found.conflict, "not looked at")
    g.advance(TICK_S)
    answer = g.engage()
    assert not answer.success and words in answer.message


def test_nothing_of_grippers_without_the_setting(gate):
    g = gate()
    show(g, 0.0)
    g.engaged()
    assert g.gate.count_publishers(LEFT) == g.gate.count_publishers(RIGHT) == 0
    assert g.gate.count_subscribers("/gate/grip_command/left") == 0


def test_what_grips_cannot_change_while_the_node_runs(gate):
    g, _ = gripping(gate)
    (answer,) = g.try_to_set(max_grip_speed=1.0)
    assert not answer.successful and "cannot change while the gate is ENGAGED" in answer.reason
    g.engage(False)
    g.set(max_grip_speed=1.0)
    (answer,) = g.try_to_set(grip="topic")
    assert not answer.successful
