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

"""From an operator who misbehaves to commands: what goes out is always within the limits, or nothing."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import (
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_rotvec,
)
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.operator_state import Poses, Target, TargetLimits
from frankmocap_ros.teleop.operator_tracker import OperatorTracker
from support.hands import hand, hands
from support.teleoperation import IDENTITY, LATENCY_S, TARGETS, TICK_S, Teleoperation, robot_at

# -- following


def test_the_first_command_is_where_the_robot_is():
    t = Teleoperation()
    t.run(0.3)
    t.controller.request(t.time_s)
    t.run(3.0, until=State.ENGAGED)
    t.run(0.05)
    assert np.abs(t.commands[0].positions - t.robot.positions).max() < 0.005
    assert np.abs(t.commands[0].orientations - t.robot.orientations).max() < 0.02


def moved(offset, at_s, over_s=1.0, joint="left_wrist"):
    """A person who moves one joint by so much in the optical frame."""

    def person(watched, positions, t):
        share = np.clip((t - at_s) / over_s, 0.0, 1.0)
        positions = positions.copy()
        positions[watched.index(joint)] += share * share * (3 - 2 * share) * np.asarray(offset)
        return positions

    return person


@pytest.mark.parametrize(
    "offset, expected",
    [
        ((0.0, 0.0, -0.3), (0.3, 0.0, 0.0)),  # towards the camera, which the operator faces: forward
        ((0.3, 0.0, 0.0), (0.0, 0.3, 0.0)),  # to the right in the image: the operator's left
        ((0.0, -0.3, 0.0), (0.0, 0.0, 0.3)),  # up
    ],
    ids=["forward", "left", "up"],
)
def test_commands_move_as_the_operator_does(offset, expected):
    t = Teleoperation(smoothing="none").engaged()
    before = t.commands[-1].positions
    path = moved(offset, t.time_s)
    t.person = lambda p, q, s: (path(t.controller.watched, p, s), q)
    t.run(2.0)
    t.check()
    way = t.commands[-1].positions - before
    sway = 0.07
    assert np.allclose(way[0], expected, atol=sway)
    assert np.abs(way[1]).max() < sway


def test_motion_scale_and_mirror():
    t = Teleoperation(motion_scale=0.5, mirror=True, smoothing="none").engaged()
    before = t.commands[-1].positions
    path = moved((0.4, 0.0, 0.0), t.time_s)  # the operator's left hand goes to their left
    t.person = lambda p, q, s: (path(t.controller.watched, p, s), q)
    t.run(2.0)
    way = t.commands[-1].positions - before
    assert np.allclose(way[1], (0.0, -0.2, 0.0), atol=0.04), (
        "the robot's right goes to its right, half as far"
    )
    assert np.abs(way[0]).max() < 0.04


def test_a_camera_that_looks_down_is_leveled():
    pitch = np.radians(30.0)
    down = quat_from_rotvec(np.array((pitch, 0.0, 0.0)))  # the world seen from a camera turned about its x
    t = Teleoperation(camera_pitch_deg=30.0, smoothing="none")
    path = moved((0.0, -0.3, 0.0), 1e9)
    t.person = lambda p, q, s: (quat_rotate(down, path(t.controller.watched, p, s)), quat_multiply(down, q))
    t.engaged()
    before = t.commands[-1].positions
    path = moved((0.0, -0.3, 0.0), t.time_s)
    t.run(2.0)
    assert np.allclose((t.commands[-1].positions - before)[0], (0.0, 0.0, 0.3), atol=0.07)


def test_turning_a_hand_turns_the_command_about_the_same_axis():
    start = quat_from_rotvec(np.array([[0.3, -0.2, 0.9], [0.0, 0.0, 0.0]]))
    t = Teleoperation(robot=robot_at(orientations=start), smoothing="none").engaged()
    before = t.commands[-1].orientations
    since = t.time_s

    def person(p, q, s):
        angle = 0.8 * np.clip(s - since, 0.0, 1.0)
        q = q.copy()
        row = t.controller.watched.index("left_wrist")
        q[row] = quat_multiply(
            quat_from_rotvec(np.array((0.0, angle, 0.0))), q[row]
        )  # about the camera's y: down
        return p, q

    t.person = person
    t.run(2.5)
    t.check()
    turn = quat_to_rotvec(quat_multiply(t.commands[-1].orientations, quat_conjugate(before)))
    assert np.allclose(turn[0], (0.0, 0.0, -0.8), atol=0.02)
    assert np.allclose(turn[1], 0.0, atol=0.02)


def test_walking_moves_nothing():
    t = Teleoperation().engaged()
    before = t.commands[-1].positions
    since = t.time_s
    t.person = lambda p, q, s: (p + np.array((0.5 * max(0.0, s - since), 0.0, 0.0)), q)
    t.run(2.0)
    assert t.controller.state is State.ENGAGED
    assert np.abs(t.commands[-1].positions - before).max() < 0.07


def test_a_robot_with_shoulders_comes_into_the_operators_posture():
    targets = (Target("left", "left_wrist", "left_shoulder", robot_length=0.6),)
    start = np.array([[0.2, 0.3, -0.3]])

    def straight(positions, orientations, left):
        return positions + left * (start - positions), orientations

    robot = RobotPoses(start, IDENTITY[None], np.array([[0.0, 0.2, 0.0]]), IDENTITY[None], straight)
    t = Teleoperation(targets, robot, align_s=2.0, smoothing="none").engaged()
    t.run(3.0)
    t.check()
    figure = scene("stall", 4.5)[0]
    at = {
        name: figure.positions[BODY_WITH_HANDS.index[name]]
        for name in ("left_shoulder", "left_elbow", "left_wrist")
    }
    length = sum(
        np.linalg.norm(at[b] - at[a])
        for a, b in (("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"))
    )
    way = at["left_wrist"] - at["left_shoulder"]
    expected = np.array((-way[2], way[0], -way[1])) * 0.6 / length + robot.origins[0]  # who faces the camera
    assert np.allclose(t.commands[-1].positions[0], expected, atol=0.06)


def test_a_target_has_limits_of_its_own_beside_the_settings():
    """The tighter one of the two holds; the other hand has the settings' alone."""
    own = TargetLimits(max_speed=0.2, max_acceleration=1e3, workspace_max=(9.0, 9.0, 0.1))
    targets = (replace(TARGETS[0], limits=own), *TARGETS[1:])
    t = Teleoperation(targets, smoothing="none", max_speed=1.0, max_acceleration=5.0).engaged()
    start = t.time_s
    up = np.array((0.0, -0.4, 0.0))
    t.person = lambda p, q, s: (p + min(s - start, 0.5) * (up * _both(t)), q)
    t.run(3.0)
    t.check()
    z = np.array([command.positions[:, 2] for command in t.commands])
    speed = np.diff(z, axis=0) / TICK_S
    assert speed[:, 0].max() <= 0.2 + 1e-9 < speed[:, 1].max()
    assert z[:, 0].max() <= 0.1 + 1e-9 < z[:, 1].max()
    assert any("workspace" in words for words in t.controller.limits_hit)


def test_a_box_that_leaves_nothing_is_refused():
    own = TargetLimits(workspace_min=(3.0, 0.0, 0.0))
    with pytest.raises(SettingError, match="the workspace of left is empty"):
        Teleoperation((replace(TARGETS[0], limits=own),))


def _both(t):
    return _only(t, "left_wrist") + _only(t, "right_wrist")


def test_lag_and_jitter_are_told():
    t = Teleoperation().engaged()
    since = t.time_s
    t.person = lambda p, q, s: (p + 0.3 * np.sin(2.0 * (s - since)) * _only(t, "left_wrist"), q)
    t.run(4.0)
    quality = t.controller.tracking_quality
    assert 5.0 < quality.lag_ms < 120.0
    assert 0.0 < quality.jitter_mm < 10.0
    assert quality.measured_jitter_mm > 0.0


def _only(t, name):
    rows = np.zeros((len(t.controller.watched), 3))
    rows[t.controller.watched.index(name), 1] = 1.0
    return rows


# -- the robot's base


def _walking(t, way, speed=1.0):
    """The operator walks, from now on, shape (3,) in the optical frame [m]."""
    since, way = t.time_s, np.array(way)
    lasts_s = np.linalg.norm(way) / speed
    t.person = lambda p, q, s: (p + way * min(1.0, max(0.0, s - since) / lasts_s), q)


def _predicted(t, name):
    """A joint is inferred, from now on."""
    row = t.controller.watched.index(name)

    def altered(seen):
        tracked = seen.tracked.copy()
        tracked[row] = False
        return replace(seen, tracked=tracked)

    t.altered = altered


def _base(t):
    return np.array([c.base for c in t.commands])


@pytest.mark.parametrize("relative_to", ["neck", "camera"])
@pytest.mark.parametrize(
    ("way", "expected"), [((0.0, 0.0, -0.8), (0.3, 0.0)), ((0.8, 0.0, 0.0), (0.0, 0.3))], ids=["on", "left"]
)
def test_steps_of_the_operator_drive_the_base(relative_to, way, expected):
    """They face the camera: towards it is forward, and their left is on the right of the image."""
    t = Teleoperation(base_command="step", relative_to=relative_to).engaged()
    assert np.abs(_base(t)).max() == 0.0
    _walking(t, way)
    t.run(3.0)
    assert _base(t)[-1] == pytest.approx((*expected, 0.0), abs=0.03)
    change = np.linalg.norm(np.diff(_base(t)[:, :2], axis=0), axis=1)
    assert change.max() <= t.config.base_max_acceleration * TICK_S * 1.001
    t.check()


def test_without_the_setting_no_base_is_commanded_nor_its_joints_watched():
    t = Teleoperation().engaged()
    assert {c.base for c in t.commands} == {None}
    assert "pelvis" not in t.controller.watched


def test_the_torso_must_be_tracked_to_engage():
    t = Teleoperation(base_command="lean")
    _predicted(t, "pelvis")
    t.run(0.3)
    assert t.controller.request(t.time_s) == ""
    t.run(2.0)
    assert t.controller.state is State.ARMING
    assert t.controller.reason == "not TRACKED: pelvis"
    t.altered = lambda seen: seen
    t.run(2.0, until=State.ENGAGED)


def test_a_torso_that_is_only_inferred_brakes_the_base_and_not_the_arms():
    t = Teleoperation(base_command="step").engaged()
    _walking(t, (0.0, 0.0, -0.8))
    t.run(3.0)
    _predicted(t, "pelvis")
    t.run(1.5)
    assert t.controller.state is State.ENGAGED
    assert _base(t)[-1] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert "base: torso not TRACKED" in t.controller.limits_hit
    change = np.linalg.norm(np.diff(_base(t)[:, :2], axis=0), axis=1)
    assert change.max() <= t.config.base_max_acceleration * TICK_S * 1.001


def test_a_pelvis_that_leaps_does_not_drive_the_base():
    t = Teleoperation(base_command="step").engaged()
    row, frame_s = t.controller.watched.index("pelvis"), 1.01 / 30

    def person(p, q, s):
        if s % 0.5 < frame_s:
            p = p.copy()
            p[row] += (0.0, 0.0, -3.0)
        return p, q

    t.person = person
    t.run(2.0)
    assert t.controller.state is State.ENGAGED
    assert np.abs(_base(t)).max() == 0.0


def test_a_base_stands_still_at_once_where_the_operator_is_lost():
    t = Teleoperation(base_command="step").engaged()
    _walking(t, (0.0, 0.0, -0.8))
    t.run(3.0)
    assert _base(t)[-1][0] > 0.25
    t.altered = lambda s: replace(s, operator_id=0, poses=_nothing(s.poses), tracked=np.zeros_like(s.tracked))
    t.run(3.0)
    held = [c for c in t.commands if c.held]
    assert held and not np.any([c.base for c in held])
    t.check()


def test_a_base_that_was_told_nothing_begins_at_rest_again():
    """As it gets zeros while the arms' commands wait for a robot that lags."""
    t = Teleoperation(base_command="step").engaged()
    _walking(t, (0.0, 0.0, -0.8))
    t.run(3.0)
    drive, t.at.drive = t.at.drive, lambda command: None
    t.run(0.05)
    t.at.drive = drive
    count = len(t.commands)
    t.run(0.05)
    assert _base(t)[count][0] == pytest.approx(t.config.base_max_acceleration * TICK_S)


def test_twists_are_how_the_commands_move():
    t = Teleoperation().engaged()
    row, since = t.controller.watched.index("left_wrist"), t.time_s

    def person(p, q, s):
        p = p.copy()
        p[row, 1] -= 0.3 * (1.0 - np.cos(4.0 * max(0.0, s - since))) / 2.0
        return p, q

    t.person = person
    t.run(1.5)
    assert np.abs([c.twists[0] for c in t.commands]).max() > 0.2
    for before, command in itertools.pairwise(t.commands):
        dt = command.time_s - before.time_s
        assert command.positions - before.positions == pytest.approx(command.twists[0] * dt, abs=1e-9)
        turn = quat_to_rotvec(quat_multiply(command.orientations, quat_conjugate(before.orientations)))
        assert turn == pytest.approx(command.twists[1] * dt, abs=1e-9)


# -- an operator and a camera that misbehave


def test_walking_out_is_held_then_silent():
    t = Teleoperation().engaged()
    t.altered = lambda s: replace(s, operator_id=0, poses=_nothing(s.poses), tracked=np.zeros_like(s.tracked))
    left_s = t.time_s
    assert t.run(1.0, until=State.HOLD) < 0.11
    t.run(3.0)
    t.check()
    assert t.states == [State.ARMING, State.ENGAGED, State.HOLD, State.DISENGAGED]
    assert t.silent_since(left_s + 0.11 + t.config.hold_s)
    held = [c for c in t.commands if c.held]
    assert held and np.allclose(held[-1].positions, held[len(held) // 2].positions), "it stays where it was"


def _nothing(poses):
    n = len(poses.valid)
    none = np.zeros(n, dtype=bool)
    return Poses(np.zeros((n, 3)), np.tile(IDENTITY, (n, 1)), np.zeros(n), none, none)


@pytest.mark.parametrize("who", ["the whole person", "one hand"])
def test_teleporting_70_cm_is_not_followed(who):
    t = Teleoperation().engaged()
    before = t.commands[-1].positions
    leap = np.array((0.7, 0.0, 0.0))

    def person(p, q, s):
        p = p.copy()
        rows = slice(None) if who == "the whole person" else t.controller.watched.index("left_wrist")
        p[rows] += leap
        return p, q

    t.person = person
    assert t.run(1.0, until=State.HOLD) < 0.2
    assert "moved faster than people move" in t.controller.reason
    t.run(2.0)
    t.check()
    assert np.abs(t.commands[-1].positions - before).max() < 0.08, "nothing of the leap reaches the robot"


def test_one_wrong_frame_is_left_out():
    t = Teleoperation().engaged()
    before = t.commands[-1].positions
    wrong = t.time_s + 0.05
    t.person = lambda p, q, s: (p + 0.7 * _only(t, "left_wrist") * (wrong < s < wrong + 0.04), q)
    t.run(1.0)
    t.check()
    assert t.controller.state is State.ENGAGED
    assert np.abs(np.array([c.positions - before for c in t.commands[-100:]])).max() < 0.08


def test_a_second_person_never_inherits_control():
    t = Teleoperation().engaged()
    t.altered = lambda s: replace(s, operator_id=2)
    t.run(6.0)
    t.check()
    assert t.states == [State.ARMING, State.ENGAGED, State.HOLD, State.DISENGAGED]
    assert "person 2" in t.log[-1][1] or "person 2" in t.log[-2][1]


@pytest.mark.parametrize("how", ["nothing comes", "the same message again", "the same pose with new stamps"])
def test_freezing_is_held_then_silent(how):
    t = Teleoperation(max_frozen_s=0.3).engaged()
    last = t.seen(t.time_s)
    t.altered = {
        "nothing comes": lambda s: None,
        "the same message again": lambda s: last,
        "the same pose with new stamps": lambda s: replace(last, captured_s=s.captured_s),
    }[how]
    since_s = t.time_s
    took = t.run(2.0, until=State.HOLD)
    assert took <= (0.2 + 0.05 if how != "the same pose with new stamps" else 0.3 + 0.2)
    t.run(3.0)
    t.check()
    assert t.controller.state is State.DISENGAGED
    assert t.silent_since(since_s + took + t.config.hold_s + 0.02)
    if how != "the same pose with new stamps":
        assert t.silent_since(since_s + t.config.max_age_s + 0.02), "nothing old goes out, not even as held"


@pytest.mark.parametrize("what", ["positions", "orientations", "confidence"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_numbers_that_are_none_are_not_followed(what, value):
    t = Teleoperation().engaged()

    def altered(s):
        wrong = getattr(s.poses, what).copy()
        wrong[...] = value
        return replace(s, poses=replace(s.poses, **{what: wrong}))

    t.altered = altered
    if what == "confidence" and value > 1.0:
        t.run(1.0)
        assert t.controller.state is State.ENGAGED, "more than sure is sure"
    else:
        assert t.run(1.0, until=State.HOLD) < 0.2
    t.run(2.0)
    t.check()


@pytest.mark.parametrize("stall_s, held", [(0.15, False), (0.3, True), (2.0, True)])
def test_stalls(stall_s, held):
    t = Teleoperation().engaged()
    t.next_s += stall_s - t.period_s
    t.run(4.0)
    t.check()
    assert (State.HOLD in t.states) == held
    assert t.controller.state is (State.DISENGAGED if held else State.ENGAGED)


def test_five_images_a_second_are_too_few():
    t = Teleoperation().engaged()
    t.period_s = 0.2
    t.run(1.0, until=State.HOLD)
    t.run(3.0)
    t.check()
    assert t.controller.state is State.DISENGAGED


def test_no_command_before_and_after():
    t = Teleoperation()
    t.run(1.0)
    assert t.commands == []
    t.controller.request(t.time_s)
    t.run(0.8)
    assert t.controller.state is State.ARMING and t.commands == []
    t.run(1.0)
    t.controller.release("asked to", t.time_s)
    n = len(t.commands)
    t.run(1.0)
    assert n and len(t.commands) == n


@pytest.mark.parametrize("back_s", [0.01, 0.1, 0.15])
def test_messages_that_are_a_little_late_are_left_out_and_counted(back_s):
    """One in fifteen; the newest before it goes on being followed, in every state."""
    t = Teleoperation()
    t.late = 0

    def altered(s):
        t.late += 1
        return replace(s, captured_s=s.captured_s - (t.late % 15 == 0) * (t.period_s + back_s))

    t.altered = altered
    t.run(2.0)
    assert t.controller.reception.ignored["earlier stamp"] == 4
    t.engaged()
    t.run(5.0)
    t.check()
    assert t.states == [State.ARMING, State.ENGAGED]
    assert t.controller.reception.ignored["earlier stamp"] == t.late // 15


def test_a_late_message_does_not_forget_the_operator_while_nothing_is_engaged(monkeypatch):
    t = Teleoperation()
    t.run(1.0)
    forgotten = []
    monkeypatch.setattr(OperatorTracker, "reset", lambda _: forgotten.append(1))
    t.controller.observe(t.seen(t.time_s - 0.5), t.time_s)
    assert not forgotten and t.controller.reception.ignored["earlier stamp"] == 1
    t.controller.observe(t.seen(t.time_s - 5.0), t.time_s)
    assert forgotten and t.controller.reception.ignored["earlier stamp"] == 1


def test_stamps_that_go_far_back_end_following_with_a_reason():
    t = Teleoperation(hold_s=0.5, max_age_s=0.2).engaged()
    t.altered = lambda s: replace(s, captured_s=s.captured_s - 5.0)
    assert t.run(1.0, until=State.HOLD) < 0.1
    assert "stamps went back" in t.controller.reason and "engage again" in t.controller.reason
    held_from, n = t.time_s, len(t.commands)
    t.run(3.0)
    t.check()
    assert t.controller.state is State.DISENGAGED and "stamps went back" in t.controller.reason
    held = t.commands[n:]
    assert held and all(command.held for command in held), "it brakes"
    assert held[-1].time_s - held_from < 0.2 + 0.05, "on what was seen before, while that is fresh"
    t.altered = lambda s: s  # and forward again, by as much
    t.run(0.3)
    assert t.controller.request(t.time_s) == ""


def test_stamps_that_go_far_back_end_arming():
    t = Teleoperation()
    t.run(0.3)
    t.controller.request(t.time_s)
    t.altered = lambda s: replace(s, captured_s=s.captured_s - 5.0)
    t.run(0.5, until=State.DISENGAGED)
    assert "stamps went back" in t.controller.reason


def test_future_stamps_are_left_out_and_counted():
    t = Teleoperation().engaged()
    now = Teleoperation().seen(0.0)
    t.controller.observe(replace(now, captured_s=t.time_s + 1.0), t.time_s)
    assert t.controller.reception.ignored["stamp in the future"] == 1
    t.controller.observe(replace(now, captured_s=np.nan), t.time_s)
    assert t.controller.reception.ignored["stamp in the future"] == 2


@pytest.mark.parametrize("back_s", [0.15, 0.6, 5.0])
def test_a_clock_that_was_set_back_is_taken_once_disengaged(back_s):
    t = Teleoperation(max_age_s=1.0).engaged()
    t.altered = lambda s: replace(s, captured_s=s.captured_s - back_s)
    t.run(0.1)
    t.run(3.0)
    t.controller.release("asked to", t.time_s)
    t.run(1.0)
    t.altered = lambda s: s
    t.run(0.3)
    assert t.controller.request(t.time_s) == ""


# -- who publishes


def publishes(t, run_id, offset_m=0.0):
    """A message of a run, as the gate's node hands it over."""
    t.waiting.clear()
    if t.controller.follows(run_id, t.time_s):
        seen = t.seen(t.time_s - LATENCY_S)
        t.controller.observe(
            replace(seen, poses=replace(seen.poses, positions=seen.poses.positions + offset_m)), t.time_s
        )


def tick(t, seconds, *run_ids, offset_m=0.0):
    """Let time pass while runs publish, 30 times a second each; all but the first are ``offset_m`` off."""
    t.next_s = np.inf
    for k in range(round(seconds / TICK_S)):
        t.time_s += TICK_S
        for i, run_id in enumerate(run_ids):
            if k % 3 == i % 3:
                publishes(t, run_id, offset_m if i else 0.0)
        command = t.controller.tick(t.time_s)
        if command is not None:
            t.commands.append(command)


def following(run_id=7):
    """Somebody who is followed in messages of one run."""
    t = Teleoperation()
    tick(t, 0.3, run_id)
    assert t.controller.request(t.time_s) == ""
    tick(t, 2.0, run_id)
    assert t.controller.state is State.ENGAGED
    return t


def test_a_second_publisher_is_left_out_and_ends_following():
    """It knows the same id, and its wrists are 10 cm off."""
    t = following()
    before = t.commands[-1].positions
    n = len(t.commands)
    tick(t, 0.05, 7, 8, offset_m=0.1)
    assert t.controller.state is State.HOLD
    assert "another run" in t.controller.reason and "second publisher" in t.controller.reason
    tick(t, 3.0, 7, 8, offset_m=0.1)
    assert t.controller.state is State.DISENGAGED
    t.check()
    assert max(np.abs(command.positions - before).max() for command in t.commands[n:]) < 0.05, "not followed"
    assert t.controller.reception.ignored["another publisher"] > 60
    assert "another run" in t.controller.request(t.time_s)
    tick(t, 1.2, 7)
    assert t.controller.request(t.time_s) == ""


WRONG = "/arm rejects trajectories; change its joints"
OTHER = "another publisher of commands on /arm: /other; stop it"


def test_another_publisher_of_commands_ends_following_and_is_named_once_known():
    t = following()
    t.controller.objections.checked((), OTHER.replace("/other", "a node"), t.time_s)
    assert t.controller.state is State.HOLD and "a node; stop it" in t.controller.reason
    t.controller.objections.checked((), OTHER, t.time_s)
    assert t.controller.reason == OTHER
    tick(t, 3.0, 7)
    assert t.controller.state is State.DISENGAGED
    t.check()
    assert t.controller.request(t.time_s) == OTHER
    assert t.controller.obstacles(t.time_s) == (OTHER,)
    t.controller.objections.checked((), "", t.time_s)
    assert t.controller.request(t.time_s) == ""


def test_what_is_wrong_around_the_robot_refuses_but_ends_nothing():
    t = following()
    t.controller.objections.checked((WRONG,), "", t.time_s)
    tick(t, 0.5, 7)
    assert t.controller.state is State.ENGAGED and t.controller.obstacles(t.time_s) == ()
    t.controller.release("asked to", t.time_s)
    assert t.controller.request(t.time_s) == WRONG
    assert t.controller.obstacles(t.time_s) == (WRONG,)


def test_what_is_wrong_around_the_robot_ends_arming():
    t = Teleoperation()
    tick(t, 0.3, 7)
    assert t.controller.request(t.time_s) == ""
    t.controller.objections.checked((WRONG,), "", t.time_s)
    assert t.controller.state is State.DISENGAGED and t.controller.reason == WRONG


def test_all_refusals_are_told_at_once():
    t = Teleoperation()
    t.controller.objections.checked((WRONG, "use_sim_time is mixed"), OTHER, t.time_s)
    said = t.controller.request(t.time_s)
    assert said.startswith(f"(1) {OTHER}; (2) no bodies received: ")
    assert said.endswith(f"; (3) {WRONG}; (4) use_sim_time is mixed")


def test_a_second_publisher_ends_arming():
    t = Teleoperation()
    tick(t, 0.3, 7)
    t.controller.request(t.time_s)
    tick(t, 0.1, 7, 8)
    assert t.controller.state is State.DISENGAGED and "another run" in t.controller.reason


def test_a_mocap_node_that_was_started_again_is_not_followed_until_asked():
    """It was away for less than what is too old, and gives the operator the id from before."""
    t = following()
    tick(t, 0.15)
    assert t.controller.state is State.ENGAGED
    tick(t, 0.05, 8)
    assert t.controller.state is State.HOLD and "was restarted" in t.controller.reason
    tick(t, 0.8, 8)
    assert t.controller.state is State.DISENGAGED, "silence after hold_s"
    n = len(t.commands)
    tick(t, 1.2, 8)
    assert t.controller.state is State.DISENGAGED and len(t.commands) == n
    assert t.controller.request(t.time_s) == ""
    tick(t, 2.0, 8)
    assert t.controller.state is State.ENGAGED


def test_another_run_begins_with_nothing_of_the_one_before(monkeypatch):
    t = Teleoperation()
    tick(t, 0.5, 7)
    tick(t, 1.5)
    forgotten = []
    monkeypatch.setattr(OperatorTracker, "reset", lambda _: forgotten.append(1))
    t.controller.follows(8, t.time_s)
    t.controller.follows(8, t.time_s)
    assert forgotten == [1]
    t.controller.observe(t.seen(40.0), t.time_s)
    assert t.controller.reception.ignored["earlier stamp"] == 0, "its stamps are its own"


def test_a_second_publisher_that_ros_knows_of_is_refused_and_named():
    """Whether it sends anything or not."""
    t = Teleoperation()
    tick(t, 0.3, 7)
    t.controller.objections.published_by(("/frankmocap", "/other"), t.time_s)
    refusal = t.controller.request(t.time_s)
    assert "2 publishers on frankmocap/bodies: /frankmocap, /other; stop all but one" in refusal
    t.controller.objections.published_by(("/frankmocap",), t.time_s)
    assert t.controller.request(t.time_s) == ""
    tick(t, 2.0, 7)
    assert t.controller.state is State.ENGAGED
    t.controller.objections.published_by((), t.time_s)
    assert t.controller.state is State.ENGAGED
    t.controller.objections.published_by(("/frankmocap", "/other"), t.time_s)
    assert t.controller.state is State.HOLD and "/frankmocap, /other" in t.controller.reason


# -- the robot


def test_a_robot_whose_place_is_not_known_is_not_engaged():
    t = Teleoperation(robot="nothing has come on ~/reference/left")
    t.run(0.3)
    assert t.controller.request(t.time_s) == "nothing has come on ~/reference/left"
    assert t.controller.state is State.DISENGAGED


def test_a_robot_outside_the_workspace_is_not_engaged():
    t = Teleoperation(robot=robot_at(((0.3, 0.2, 0.0), (0.3, -0.2, 3.0))))
    t.run(0.3)
    assert t.controller.request(t.time_s) == ""
    t.run(2.0)
    assert t.commands == []
    assert "outside the workspace" in t.controller.reason


def test_who_stands_sideways_has_no_heading():
    t = Teleoperation(required_joints=("left_wrist",))

    def person(p, q, s):
        p = p.copy()
        p[t.controller.watched.index("left_shoulder")] = p[t.controller.watched.index("right_shoulder")]
        return p, q

    t.person = person
    t.run(0.3)
    t.controller.request(t.time_s)
    t.run(2.0)
    assert t.commands == []
    assert "face" in t.controller.reason


def test_arming_begins_when_the_size_is_known():
    """What is measured of the limbs before does not count, nor does an answer to an earlier request."""
    t, asked = Teleoperation(arming_s=0.5), []
    t.controller.size.ask = lambda known: asked.append(known) or ""
    t.run(0.3)
    assert t.controller.request(t.time_s) == ""
    t.run(2.0)
    assert t.controller.state is State.ARMING and t.controller._operator._lengths_seen == 0
    asked[0](True, "", t.time_s)
    assert t.run(2.0, until=State.ENGAGED) == pytest.approx(0.5, abs=0.1)
    assert t.controller._operator._lengths_seen > 5
    t.controller.release("asked to", t.time_s)
    assert t.controller.request(t.time_s) == ""
    asked[0](False, "late", t.time_s)
    assert t.controller.state is State.ARMING
    asked[1](False, "the forearms point towards the camera", t.time_s)
    assert t.controller.state is State.DISENGAGED
    assert t.controller.reason == "not calibrated: the forearms point towards the camera"
    t.controller.size.ask = lambda known: "there is no service"
    assert t.controller.request(t.time_s) == t.controller.reason == "there is no service"
    assert t.controller.state is State.DISENGAGED
    t.check()


def test_the_gesture_asks_and_gives_back():
    t = Teleoperation(gesture=True, gesture_s=0.5)
    raised_s = np.inf

    def person(p, q, s):
        p = p.copy()
        share = np.clip(2.0 * (s - raised_s), 0.0, 1.0)
        head = p[t.controller.watched.index("head")]
        for name in ("left_wrist", "right_wrist"):
            row = t.controller.watched.index(name)
            height = 0.5 - 0.8 * share  # in the optical frame, down is positive
            p[row] = head + np.array((0.0, height, 0.0)) + t.random.normal(0, 5e-4, 3)
        return p, q

    t.person = person
    t.run(0.5)
    raised_s = t.time_s
    t.run(2.0, until=State.ARMING)
    t.run(3.0, until=State.ENGAGED)
    t.run(1.0)
    assert t.controller.state is State.ENGAGED, "hands that stay up ask for nothing more"
    raised_s = np.inf  # they leap down, which is not believed, and have to be seen again
    t.run(2.0)
    assert t.controller.state is State.DISENGAGED
    t.controller.request(t.time_s)
    t.run(3.0, until=State.ENGAGED)
    raised_s = t.time_s
    t.run(2.0, until=State.DISENGAGED)
    assert t.controller.reason == "both hands were raised"
    t.check()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_anything_an_operator_may_do(data):
    """Random troubles, requests and settings: every promise about every command holds."""
    t = Teleoperation(
        smoothing=data.draw(st.sampled_from(("none", "one_euro"))),
        max_prediction_ms=data.draw(st.sampled_from((0.0, 20.0, 300.0))),
        max_speed=data.draw(st.sampled_from((0.1, 1.5, 7.0))),
        max_acceleration=data.draw(st.sampled_from((0.5, 15.0, 300.0))),
        workspace_max=data.draw(st.sampled_from(((2.0, 2.0, 2.0), (0.35, 0.25, 0.05)))),
        depth_mode=data.draw(st.sampled_from(("follow", "scaled", "locked"))),
        slow_stddev_m=data.draw(st.sampled_from((0.0, 0.1))),
        hold_stddev_m=data.draw(st.sampled_from((0.0, 0.3))),
        grip=data.draw(st.sampled_from(("pinch", "hand", "topic"))),
        max_grip_speed=data.draw(st.sampled_from((0.5, 4.0, 50.0))),
    )
    t.openings = data.draw(st.sampled_from(({}, {"left": 0.4}, {"left": 0.0, "right": np.nan})))
    t.run(0.2)
    t.controller.request(t.time_s)
    t.run(1.3)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    for trouble in data.draw(st.lists(st.sampled_from(TROUBLES), min_size=1, max_size=4)):
        trouble(t, rng)
        t.run(float(rng.choice((0.03, 0.1, 0.4))))
        if rng.random() < 0.3:
            t.controller.request(t.time_s)
    t.check()


def _leap(t, rng):
    way = rng.normal(0, 0.5, 3)
    rows = rng.random((len(t.controller.watched), 1)) < 0.5
    t.person = lambda p, q, s: (p + rows * way, q)


def _wave(t, rng):
    speed, size = rng.uniform(1, 15), rng.uniform(0.05, 0.8)
    t.person = lambda p, q, s: (p + size * np.sin(speed * s) * _only(t, "left_wrist"), q)


def _spin(t, rng):
    axis = rng.normal(0, 3, 3)
    t.person = lambda p, q, s: (p, quat_multiply(quat_from_rotvec(axis * (s - 50.0)), q))


def _garbage(t, rng):
    value = rng.choice((np.nan, np.inf, -1e300, 0.0))
    t.person = lambda p, q, s: (np.where(rng.random(p.shape) < 0.2, value, p), q)


def _someone_else(t, rng):
    other = int(rng.integers(0, 3))
    t.altered = lambda s: replace(s, operator_id=other)


def _stall(t, rng):
    t.next_s += float(rng.choice((0.1, 0.3, 1.0)))


def _well(t, rng):
    t.person = lambda p, q, s: (p, q)
    t.altered = lambda s: s


def _uncertain(t, rng):
    """Standard deviations, and where the camera is, that mean something, nothing or nonsense."""
    numbers = (np.nan, 0.02, 0.05, 0.15, 0.25, 0.5, np.inf)

    def altered(s):
        stddev = rng.choice(numbers, (len(s.poses.valid), 2))
        return replace(s, stddev=stddev, camera_position=rng.choice((0.0, 0.0, 0.0, 1.0, np.nan), 3))

    t.altered = altered


def _fingers(t, rng):
    """Hands that open and shut, are lost, seen from the edge or doubted; and what is told of grippers."""
    angles = (0.0, 0.3, 1.5, np.pi, np.nan)

    def altered(s):
        shown = tuple(
            hand(
                side,
                float(rng.random()),
                state=JointState(int(rng.integers(0, 4))),
                confidence=float(rng.choice((0.9, 0.9, 0.1, np.nan))),
                palm_angle_rad=float(rng.choice(angles)),
            )
            for side in ("left", "right")
            if rng.random() < 0.8
        )
        if t.config.grip == "topic":
            t.controller.grips.hear("left", float(rng.choice((0.0, 0.5, 1.0, np.nan, 9.0))), t.time_s)
        return replace(s, hands=shown)

    t.altered = altered


def _hand_shut_then_open(t, rng):
    t.altered = lambda s: replace(s, hands=hands(float(s.captured_s % 1.0 > 0.5), 1.0))


def _stamps(t, rng):
    t.altered = lambda s: replace(s, captured_s=s.captured_s + float(rng.choice((-0.2, 0.0, 0.02, 9.0))))


TROUBLES = (
    _leap, _wave, _spin, _garbage, _someone_else, _stall, _well, _uncertain, _stamps, _fingers,
    _hand_shut_then_open,
)  # fmt: skip
