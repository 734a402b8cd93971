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

"""The whole body behind the gate: starts where it was, never leaps, follows one operator."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.posture import STANDING
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.export.sonic import SonicFrame, sonic_packet
from frankmocap_ros.geometry.rotation import (
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_matrix,
    quat_to_rotvec,
)
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.body_follower import BodyFollower
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.operator_state import Poses
from support.sonic_reader import read_packet
from support.teleoperation import TICK_S, Teleoperation

ENDPOINT = "tcp://127.0.0.1:5556"
FRAME_S = 2 * TICK_S
JUMP_RAD, JUMP_M = np.radians(2.0), 0.02


class WholeBody(Teleoperation):
    """Takes the whole body at half the rate of the commands, as it would be sent."""

    def __init__(self, **config):
        super().__init__(**{"sonic_endpoint": ENDPOINT, "smoothing": "none", **config})
        self.frames = []
        self.on_command = self._frame
        self._ticks = itertools.count()

    def _frame(self, command):
        if next(self._ticks) % 2 == 0:
            posture = self.controller.whole_body(command.time_s)
            if posture is not None:
                self.frames.append((command.time_s, posture))

    def aligned(self):
        """Engage, and wait until the body is in the operator's posture."""
        self.engaged()
        self.run(6.0)
        assert self.controller.limits_hit == ()
        return self

    def turned(self, name, rotvec, since_s=0.0):
        """The person turns one joint, and what hangs on it, in the optical frame from some time on."""
        below = [j for j in range(len(BODY_WITH_HANDS)) if self._hangs_on(j, BODY_WITH_HANDS.index[name])]
        rows = [i for i, j in enumerate(self.index) if j in below]
        root = self.controller.watched.index(name)
        turn = quat_from_rotvec(np.asarray(rotvec, dtype=float))

        def person(p, q, t):
            if t < since_s:
                return p, q
            p, q = p.copy(), q.copy()
            p[rows] = p[root] + quat_rotate(turn, p[rows] - p[root])
            q[rows] = quat_multiply(turn, q[rows])
            return p, q

        self.person = person

    @staticmethod
    def _hangs_on(j, root):
        while j != root and j >= 0:
            j = BODY_WITH_HANDS.parents[j]
        return j == root


def steps(frames):
    """Largest turn [rad] and way [m] of a joint between two frames as sent, and the time between [s]."""
    for (t0, a), (t1, b) in itertools.pairwise(frames):
        turn = np.linalg.norm(quat_to_rotvec(quat_multiply(b.rotations, quat_conjugate(a.rotations))), axis=1)
        way = np.linalg.norm(b.in_pelvis() - a.in_pelvis(), axis=1)
        yield turn.max(), way.max(), t1 - t0


def check_limits(frames, config):
    """Nothing leaves faster than the gate's limits, whatever came in."""
    for (t0, a), (t1, b) in itertools.pairwise(frames):
        dt = t1 - t0
        turn = np.linalg.norm(quat_to_rotvec(quat_multiply(b.rotations, quat_conjugate(a.rotations))), axis=1)
        assert turn.max() <= config.max_angular_speed * dt + 1e-9
        assert np.linalg.norm(b.root_position - a.root_position) <= config.max_speed * dt + 1e-9
        assert np.isfinite(b.rotations).all() and np.isfinite(b.root_position).all()
        assert np.abs(np.linalg.norm(b.rotations, axis=1) - 1.0).max() < 1e-9


def check_accelerations(frames, config, rests_before=False):
    """No joint's turn, nor the pelvis's way, gets faster or slower than the gate's limits."""
    turning = moving = np.zeros((len(BODY), 3)) if rests_before else None
    for (t0, a), (t1, b) in itertools.pairwise(frames):
        dt = t1 - t0
        turns = quat_to_rotvec(quat_multiply(b.rotations, quat_conjugate(a.rotations))) / dt
        way = (b.root_position - a.root_position) / dt
        if turning is not None:
            assert (
                np.linalg.norm(turns - turning, axis=1).max() <= config.max_angular_acceleration * dt + 1e-6
            )
            assert np.linalg.norm(way - moving, axis=-1).max() <= config.max_acceleration * dt + 1e-6
        turning, moving = turns, way


def yaw(posture):
    forward = quat_to_matrix(posture.rotations[0])[:, 0]
    return np.arctan2(forward[1], forward[0])


def test_it_starts_standing_and_comes_into_the_operators_posture_without_a_jump():
    t = WholeBody()
    figure = scene("stall", 4.5)[0]
    true = figure.positions[t.index]
    t.person = lambda p, q, s: (true + t.random.normal(0.0, 5e-4, true.shape), q)  # no sway
    t.aligned()
    first = t.frames[0][1]
    assert np.abs(quat_to_rotvec(quat_multiply(first.rotations, quat_conjugate(STANDING)))).max() < 1e-9
    assert max(turn for turn, _, _ in steps(t.frames)) <= JUMP_RAD
    assert max(way for _, way, _ in steps(t.frames)) <= JUMP_M
    check_limits(t.frames, t.config)
    last = t.frames[-1][1]
    truth = figure.local_rotations_xyzw[1:22]
    vectors = last.rotation_vectors()[:21]
    apart = quat_to_rotvec(quat_multiply(quat_from_rotvec(vectors), quat_conjugate(truth)))
    assert np.degrees(np.linalg.norm(apart, axis=1).max()) < 1.0, "it is the operator's pose"
    want = quat_rotate(
        quat_conjugate(figure.orientations_xyzw[0]), figure.positions[:24] - figure.positions[0]
    )
    assert np.abs(last.in_pelvis() - want[:, [2, 0, 1]]).max() < 0.01, (
        "and the operator's joints, within 1 cm"
    )
    packet = read_packet(sonic_packet([SonicFrame.of(last)], 3))
    assert np.abs(np.array(packet.smpl_joints[0]) - last.in_pelvis()).max() < 1e-6
    assert abs(yaw(last)) < np.radians(1.0), "heading counts from engagement"


def test_nothing_is_sent_before_engagement_nor_after():
    t = WholeBody()
    t.run(1.0)
    assert t.controller.whole_body(t.time_s) is None and not t.frames
    t.aligned()
    t.controller.release("asked", t.time_s)
    n = len(t.frames)
    t.run(1.0)
    assert len(t.frames) == n and t.controller.whole_body(t.time_s) is None


@pytest.mark.parametrize("what", ["another posture", "another heading and place", "somebody taller"])
def test_a_resumed_engagement_makes_no_jump(what):
    t = WholeBody().aligned()
    t.run(1.0)
    before = t.frames[-1][1]
    t.controller.release("asked", t.time_s)
    if what == "another posture":
        t.turned("left_shoulder", (0.0, 0.0, 1.5))
    elif what == "another heading and place":
        turn = quat_from_rotvec(np.array((0.0, 0.7, 0.0)))
        place = np.array((0.8, 0.0, 0.5))
        t.person = lambda p, q, s: (quat_rotate(turn, p) + place, quat_multiply(turn, q))
    else:
        t.person = lambda p, q, s: (p * 1.12, q)
    t.run(1.0)
    n = len(t.frames)
    t.engaged()
    t.run(8.0)
    assert t.controller.limits_hit == ()
    resumed = [(t.frames[n][0] - FRAME_S, before), *t.frames[n:]]
    assert max(turn for turn, _, _ in steps(resumed)) <= JUMP_RAD
    assert max(way for _, way, _ in steps(resumed)) <= JUMP_M
    check_limits(resumed, t.config)
    after = t.frames[-1][1]
    if what == "another heading and place":
        assert abs(yaw(after) - yaw(before)) < np.radians(1.5), "the heading goes on where it was"
        assert np.linalg.norm(after.root_position - before.root_position) < 0.03, "and so does the place"
    if what == "another posture":
        assert np.linalg.norm(after.in_pelvis() - before.in_pelvis(), axis=1).max() > 0.3
    if what == "somebody taller":
        assert np.allclose(after.bones[:20], before.bones[:20] * 1.12, atol=0.005)  # arms sway


def test_an_arm_that_flutters_does_not_keep_it_from_the_operators_posture():
    """As estimators' arms do: how a stretched arm is turned about itself, no camera sees."""
    t = WholeBody()
    row, images = t.controller.watched.index("left_shoulder"), itertools.count()

    def person(p, q, s):
        q = q.copy()
        q[row] = quat_multiply(q[row], quat_from_rotvec(np.array((0.8 * (-1) ** next(images), 0.0, 0.0))))
        return p, q

    t.person = person
    t.engaged()
    t.run(4.0)
    assert t.controller.limits_hit == ()
    check_limits(t.frames, t.config)


def test_what_the_operator_turns_and_walks_after_engagement_is_added():
    t = WholeBody().aligned()
    before = t.frames[-1][1]
    since = t.time_s

    def person(p, q, s):
        share = min(max(s - since, 0.0), 1.0)
        share *= share * (3.0 - 2.0 * share)
        turn = quat_from_rotvec(np.array((0.0, -0.5 * share, 0.0)))  # the camera's y shows down: to the left
        middle = p[t.controller.watched.index("pelvis")]
        return middle + quat_rotate(turn, p - middle) + share * np.array((0.0, 0.0, -0.4)), quat_multiply(
            turn, q
        )

    t.person = person
    t.run(2.5)
    after = t.frames[-1][1]
    assert yaw(after) - yaw(before) == pytest.approx(0.5, abs=0.03)
    assert np.allclose(after.root_position - before.root_position, (0.4, 0.0, 0.0), atol=0.03), "forward"


# -- an operator and a camera that misbehave


def test_a_joint_that_turns_over_in_one_frame_leaves_at_the_gates_speed():
    """Too slow for an outlier at reject_angular_speed, and much faster than the limit."""
    t = WholeBody(reject_angular_speed=100.0).aligned()
    n = len(t.frames)
    t.turned("left_elbow", (0.0, 0.0, 1.6), since_s=t.time_s)
    t.run(1.5)
    check_limits(t.frames, t.config)
    speeds = [turn / dt for turn, _, dt in steps(t.frames[n:])]
    assert 0.7 * t.config.max_angular_speed < max(speeds) <= t.config.max_angular_speed + 1e-6
    at = BODY.index["left_elbow"]
    assert (
        np.linalg.norm(
            quat_to_rotvec(
                quat_multiply(t.frames[-1][1].rotations[at], quat_conjugate(t.frames[n][1].rotations[at]))
            )
        )
        > 1.3
    )


def test_one_wrong_frame_is_left_out():
    t = WholeBody().aligned()
    before, n, wrong = t.frames[-1][1], len(t.frames), t.time_s + 0.05
    row = t.controller.watched.index("left_knee")
    over = quat_from_rotvec(np.array((3.0, 0.0, 0.0)))

    def person(p, q, s):
        if wrong < s < wrong + 0.033:
            q = q.copy()
            q[row] = quat_multiply(over, q[row])
        return p, q

    t.person = person
    t.run(1.0)
    assert t.controller.state is State.ENGAGED
    for _, posture in t.frames[n:]:
        apart = quat_to_rotvec(quat_multiply(posture.rotations, quat_conjugate(before.rotations)))
        assert np.linalg.norm(apart, axis=1).max() < np.radians(1.0)


@pytest.mark.parametrize("how", ["teleport", "another person", "a leg is lost", "nobody"])
def test_whatever_is_lost_brakes_holds_and_ends(how):
    t = WholeBody().aligned()
    before, n = t.frames[-1][1], len(t.frames)
    if how == "teleport":
        t.person = lambda p, q, s: (p + np.array((0.7, 0.0, 0.0)), q)
    elif how == "another person":
        t.person = lambda p, q, s: (p[::-1].copy(), q[::-1].copy())
        t.altered = lambda s: replace(s, operator_id=2)
    else:
        gone = np.zeros(len(t.controller.watched), dtype=bool)
        gone[t.controller.watched.index("right_ankle")] = how == "a leg is lost"
        gone |= how == "nobody"
        t.altered = lambda s: replace(
            s, operator_id=int(how != "nobody"), tracked=s.tracked & ~gone, poses=without(s.poses, gone)
        )
    assert t.run(1.0, until=State.HOLD) < 0.25
    t.run(3.0)
    assert t.controller.state is State.DISENGAGED
    check_limits(t.frames, t.config)
    assert len(t.frames) > n + 10, "it is held for a while"
    for _, posture in t.frames[n:]:
        assert np.linalg.norm(posture.in_pelvis() - before.in_pelvis(), axis=1).max() < 0.01
        assert np.linalg.norm(posture.root_position - before.root_position) < 0.01
    if how == "a leg is lost":
        assert any("not seen: right_ankle" in reason for _, reason in t.log)


def without(poses, gone):
    gone = gone[:, None]
    return Poses(
        np.where(gone, 0.0, poses.positions), np.where(gone, (0.0, 0.0, 0.0, 1.0), poses.orientations),
        np.where(gone[:, 0], 0.0, poses.confidence), poses.valid & ~gone[:, 0], poses.oriented & ~gone[:, 0],
    )  # fmt: skip


def test_nothing_is_sent_before_every_joint_was_seen():
    t = WholeBody()
    gone = np.array([name == "left_foot" for name in t.controller.watched])
    t.altered = lambda s: replace(s, tracked=s.tracked & ~gone, poses=without(s.poses, gone))
    t.engaged()
    assert t.controller.state is State.ENGAGED and not t.frames
    assert "body: not seen yet: left_foot" in t.controller.limits_hit
    t.altered = lambda s: s
    t.run(0.2)
    assert t.frames


def test_random_rotations_never_leave_faster_than_the_limits():
    t = WholeBody(reject_angular_speed=1000.0).aligned()
    t.person = lambda p, q, s: (p, quat_from_rotvec(t.random.normal(0.0, 2.0, (len(q), 3))))
    t.run(2.0)
    check_limits(t.frames, t.config)


@pytest.mark.parametrize("slow", [{}, {"max_angular_acceleration": 5.0, "max_angular_speed": 2.0}])
def test_the_way_into_the_posture_keeps_to_the_acceleration_as_well(slow):
    """It begins at rest, goes on while the operator moves, and ends in HOLD before it is gone."""
    t = WholeBody(**slow).engaged()
    t.turned("left_shoulder", (0.0, 0.0, 0.2), since_s=t.time_s)
    t.run(0.4)
    t.altered = lambda seen: None
    t.run(1.0)
    assert State.HOLD in t.states and len(t.frames) > 50
    check_accelerations(t.frames, t.config, rests_before=True)
    check_limits(t.frames, t.config)


def test_after_a_pause_it_begins_at_rest():
    """Whoever plays the frames has stopped meanwhile: to go on at speed would be a leap."""
    t = WholeBody().aligned()
    t.turned("left_shoulder", (0.0, 0.0, 1.5))
    view, config = t.controller._operator.whole_body(), t.config
    t.run(0.1)
    moved, body = t.controller._operator.whole_body(), BodyFollower()
    body.follow(view, True, config, 0.0)
    before = [(0.02 * k, body.follow(moved, True, config, 0.02 * k)) for k in range(1, 20)]
    assert max(turn for turn, _, _ in steps(before)) > 0.01, "on its way"
    resumed = [(0.38, before[-1][1])]
    resumed += [(0.4 + 0.02 * k, body.follow(moved, True, config, 1.0 + 0.02 * k)) for k in range(20)]
    check_accelerations(resumed, config, rests_before=True)


def test_a_late_frame_is_no_longer_step_than_the_limits_allow():
    t = WholeBody().aligned()
    t.controller.release("asked", t.time_s)
    t.turned("left_shoulder", (0.0, 0.0, 1.5))
    t.run(0.5)
    t.engaged()
    view = t.controller._operator.whole_body()
    body = BodyFollower()
    frames = [(s, body.follow(view, True, t.config, s)) for s in (0.0, 0.02, 0.06, 0.5, 0.52, 2.0)]
    assert max(turn for turn, _, _ in steps(frames)) <= JUMP_RAD
    assert max(way for _, way, _ in steps(frames)) <= JUMP_M


def test_in_a_mirror_left_is_right():
    plain, mirrored = WholeBody().aligned().frames[-1][1], WholeBody(mirror=True).aligned().frames[-1][1]
    a, b = plain.in_pelvis(), mirrored.in_pelvis()
    for name in BODY.names:
        other = name.replace("left", "x").replace("right", "left").replace("x", "right")
        expected = a[BODY.index[name]] * (1.0, -1.0, 1.0)
        assert np.allclose(b[BODY.index[other]], expected, atol=0.02), name


def test_a_body_faster_than_the_commands_is_refused():
    with pytest.raises(SettingError, match="body_rate_hz: 50 must not be above rate_hz, 20"):
        Teleoperation(gmr=True, rate_hz=20.0)
    assert Teleoperation(rate_hz=20.0).config.body_rate_hz == 50.0, "where nothing is sent it does not matter"


def test_what_one_engagement_left_undone_is_not_told_of_the_next():
    t = WholeBody()
    t.engaged()
    assert "body: on its way to the operator's posture" in t.controller.limits_hit
    t.on_command = lambda command: None  # nobody listens any more
    t.controller.release("asked", t.time_s)
    t.engaged()
    assert t.controller.limits_hit == ()


def test_without_an_output_the_gate_reads_what_it_needs_itself():
    assert len(Teleoperation().controller.watched) < 10
    assert set(BODY.names) <= set(WholeBody().controller.watched)
    assert set(BODY.names) <= set(Teleoperation(gmr=True).controller.watched)
    assert (
        Teleoperation(gmr=True).controller._operator._required_names == Teleoperation().config.required_joints
    )
