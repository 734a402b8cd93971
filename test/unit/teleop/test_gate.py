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

"""The gate's states: what leads where, and what never does."""

import itertools
import random
from types import SimpleNamespace

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.geometry.rotation import quat_from_rotvec
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S, CommandLimits, Governor
from frankmocap_ros.teleop.gate import ArmingStatus, Gate, State
from frankmocap_ros.teleop.gesture import RaisedHands
from frankmocap_ros.teleop.hands import hand_source
from frankmocap_ros.teleop.hands.operator_grips import OperatorGrips
from frankmocap_ros.teleop.setpoint import Setpoint

FRAME_S = 1 / 30
LATENCY_S = 0.03


class Scene:
    """A gate, an operator before a camera, and time that passes."""

    def __init__(self, **config):
        self.config = GateSettings(**config)
        self.time_s = 100.0
        self.log = []
        self.gate = Gate(self.config, self.time_s, self._changed)
        self.seen = {"operator_id": 1, "missing": "", "calm": True, "lost": ""}
        self.next_s = 100.0
        self.camera = True
        self.pressed = None

    def _changed(self):
        self.log.append((self.gate.state, self.gate.reason))

    @property
    def states(self):
        """States in order, without repetition."""
        return [state for state, _ in itertools.groupby(state for state, _ in self.log)]

    def run(self, seconds, until=None):
        """Let time pass in steps of 10 ms; returns how long it took until a state."""
        start_s = self.time_s
        while self.time_s < start_s + seconds:
            self.time_s += 0.01
            if self.time_s >= self.next_s:
                self.next_s += FRAME_S
                if self.camera:
                    self.gate.observe(ArmingStatus(self.time_s - LATENCY_S, **self.seen), self.time_s)
                if self.pressed is not None:
                    self.gate.deadman(self.pressed, self.time_s)
            self.gate.tick(self.time_s)
            if until is not None and self.gate.state is until:
                return self.time_s - start_s
        assert until is None, f"{until!r} was not reached; {self.log}"
        return seconds

    def engaged(self):
        self.run(0.2)
        assert self.gate.request(self.time_s) == ""
        self.run(2.0, until=State.ENGAGED)
        return self


def test_starts_disengaged_and_stays_so_unasked():
    scene = Scene()
    scene.run(5.0)
    assert scene.gate.state is State.DISENGAGED
    assert scene.log == []


def test_a_calm_operator_engages_after_the_arming_time():
    scene = Scene(arming_s=1.0)
    scene.run(0.2)
    assert scene.gate.request(scene.time_s) == ""
    assert scene.gate.state is State.ARMING
    assert scene.gate.operator_id == 1
    took = scene.run(3.0, until=State.ENGAGED)
    assert took == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("name, value", [("calm", False), ("missing", "left_wrist: not TRACKED")])
def test_the_arming_time_starts_again(name, value):
    scene = Scene(arming_s=1.0)
    scene.run(0.2)
    scene.gate.request(scene.time_s)
    scene.run(0.8)
    good = scene.seen
    scene.seen = good | {name: value}
    scene.run(0.3)
    assert scene.gate.state is State.ARMING
    scene.seen = good
    assert scene.run(3.0, until=State.ENGAGED) == pytest.approx(1.0, abs=0.06)


def test_how_long_the_operator_has_still_to_hold_still():
    scene = Scene(arming_s=1.0)
    scene.run(0.2)
    assert scene.gate.arming_left_s(scene.time_s) == 0.0
    scene.gate.request(scene.time_s)
    assert scene.gate.arming_left_s(scene.time_s) == 1.0
    scene.run(0.6)
    assert scene.gate.arming_left_s(scene.time_s) == pytest.approx(0.4, abs=0.06)
    scene.seen["calm"] = False
    scene.run(0.1)
    assert scene.gate.arming_left_s(scene.time_s) == 1.0
    scene.seen["calm"] = True
    scene.run(2.0, until=State.ENGAGED)
    assert scene.gate.arming_left_s(scene.time_s) == 0.0


def test_arming_gives_up_and_says_why():
    scene = Scene(arming_timeout_s=2.0)
    scene.run(0.2)
    scene.gate.request(scene.time_s)
    scene.seen["missing"] = "not TRACKED: left_wrist"
    assert scene.run(4.0, until=State.DISENGAGED) == pytest.approx(2.0, abs=0.05)
    assert "not ready within 2 s: not TRACKED: left_wrist" in scene.gate.reason


@pytest.mark.parametrize(
    "change, words",
    [
        ({"operator_id": 0}, "no operator in view"),
        ({"camera": False}, "no bodies received"),
        ({"require_deadman": True}, "deadman"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_with_the_reason(change, words):
    scene = Scene(require_deadman=change.get("require_deadman", False))
    scene.camera = change.get("camera", True)
    scene.seen["operator_id"] = change.get("operator_id", 1)
    scene.run(0.5)
    assert words in scene.gate.request(scene.time_s)
    assert scene.gate.state is State.DISENGAGED


def test_a_second_request_changes_nothing():
    scene = Scene().engaged()
    assert "already ENGAGED" in scene.gate.request(scene.time_s)
    assert scene.gate.state is State.ENGAGED


def test_releasing_ends_it_at_once_in_every_state():
    scene = Scene().engaged()
    scene.gate.release("asked to", scene.time_s)
    assert (scene.gate.state, scene.gate.reason, scene.gate.operator_id) == (State.DISENGAGED, "asked to", 0)


# -- what is lost


def test_old_data_is_held_within_50_ms_and_silent_after_hold_s():
    scene = Scene(max_age_s=0.2, hold_s=0.5).engaged()
    scene.camera = False
    last_s = scene.gate.age_s(scene.time_s)
    took = scene.run(1.0, until=State.HOLD)
    assert 0.2 <= took + last_s <= 0.25
    assert "0.2" in scene.gate.reason and "old" in scene.gate.reason
    assert scene.run(1.0, until=State.DISENGAGED) == pytest.approx(0.5, abs=0.02)


def test_three_frames_without_a_required_joint_are_held_two_are_not():
    scene = Scene(max_missed_frames=3).engaged()
    scene.seen["lost"] = "not seen: left_wrist"
    scene.run(2 * FRAME_S)
    assert scene.gate.state is State.ENGAGED
    scene.seen["lost"] = ""
    scene.run(0.2)
    assert scene.gate.state is State.ENGAGED, "misses that are apart do not add up"
    scene.seen["lost"] = "not seen: left_wrist"
    assert scene.run(1.0, until=State.HOLD) <= 3 * FRAME_S + 0.02
    assert scene.gate.reason == "not seen: left_wrist"


@pytest.mark.parametrize("other", [0, 2])
def test_another_operator_or_none_is_held_at_once_and_never_in_control(other):
    scene = Scene().engaged()
    scene.seen["operator_id"] = other
    assert scene.run(1.0, until=State.HOLD) <= FRAME_S + 0.011
    scene.run(5.0)
    assert scene.gate.state is State.DISENGAGED
    assert scene.states == [State.ARMING, State.ENGAGED, State.HOLD, State.DISENGAGED]


def test_who_comes_back_has_to_ask_again():
    scene = Scene(hold_s=1.0).engaged()
    scene.seen["operator_id"] = 0
    scene.run(0.3)
    scene.seen["operator_id"] = 1
    scene.run(0.3)
    assert scene.gate.state is State.HOLD, "HOLD never leads back by itself"
    scene.run(5.0)
    assert scene.gate.state is State.DISENGAGED
    assert scene.gate.request(scene.time_s) == ""
    scene.run(3.0, until=State.ENGAGED)


def test_holding_can_be_left_by_asking():
    scene = Scene(hold_s=5.0).engaged()
    scene.seen["operator_id"] = 0
    scene.run(0.3)
    scene.seen["operator_id"] = 1
    scene.run(0.1)
    assert scene.gate.request(scene.time_s) == ""
    assert scene.gate.state is State.ARMING
    scene.run(2.0, until=State.ENGAGED)


def test_another_person_during_arming_ends_it():
    scene = Scene()
    scene.run(0.2)
    scene.gate.request(scene.time_s)
    scene.seen["operator_id"] = 2
    scene.run(0.1)
    assert scene.gate.state is State.DISENGAGED
    assert "person 2" in scene.gate.reason


# -- the deadman


def test_letting_the_deadman_go_ends_it_at_once():
    scene = Scene(require_deadman=True)
    scene.pressed = True
    scene.engaged()
    scene.pressed = False
    assert scene.run(1.0, until=State.DISENGAGED) <= FRAME_S + 0.011
    assert "deadman" in scene.gate.reason
    scene.pressed = True
    scene.run(3.0)
    assert scene.gate.state is State.DISENGAGED, "holding it again is no request"


def test_a_deadman_that_falls_silent_is_let_go():
    scene = Scene(require_deadman=True, deadman_timeout_s=0.5)
    scene.pressed = True
    scene.engaged()
    scene.pressed = None
    assert scene.run(2.0, until=State.DISENGAGED) == pytest.approx(0.5, abs=0.06)


# -- a gate that stands still


@pytest.mark.parametrize("state", [State.ARMING, State.ENGAGED, State.HOLD])
def test_a_standstill_of_the_gate_itself_ends_it(state):
    """Even where what is seen is new: the robot's own watchdog has stopped it meanwhile."""
    scene = Scene(max_age_s=0.2)
    scene.run(0.2)
    assert scene.gate.request(scene.time_s) == ""
    scene.run(2.0, until=State.ENGAGED if state is State.HOLD else state)
    if state is State.HOLD:
        scene.gate.hold("lost", scene.time_s)
    scene.time_s = scene.next_s = scene.time_s + 2.0
    scene.run(0.01)
    assert scene.gate.state is State.DISENGAGED
    assert "the gate stalled for 2.01 s, above max_age_s 0.2" in scene.gate.reason


def test_late_ticks_are_no_standstill():
    scene = Scene(max_age_s=0.2).engaged()
    for _ in range(20):
        scene.time_s = scene.next_s = scene.time_s + 0.19
        scene.run(0.01)
    assert scene.gate.state is State.ENGAGED


def test_a_standstill_while_nobody_had_asked_changes_nothing():
    scene = Scene()
    scene.run(0.2)
    scene.time_s = scene.next_s = scene.time_s + 5.0
    scene.gate.observe(ArmingStatus(scene.time_s - LATENCY_S, **scene.seen), scene.time_s)
    assert scene.gate.request(scene.time_s) == "", "asked at its end, before the first tick"
    scene.run(0.01)
    assert scene.gate.state is State.ARMING


# -- faults


def test_a_fault_stays_until_reset_whatever_is_asked():
    scene = Scene().engaged()
    scene.gate.fault("something broke", scene.time_s)
    scene.run(1.0)
    assert "something broke" in scene.gate.request(scene.time_s)
    scene.gate.release("asked to", scene.time_s)
    scene.gate.hold("lost", scene.time_s)
    assert scene.gate.state is State.FAULT
    scene.gate.reset(scene.time_s)
    assert scene.gate.state is State.DISENGAGED
    scene.run(3.0)
    assert scene.gate.state is State.DISENGAGED


# -- the gesture


def gesture(*steps, for_s=1.0):
    """How often the gesture was told; steps are (height above the head or None, seconds)."""
    hands, time_s, told = RaisedHands(for_s), 0.0, 0
    for height, seconds in steps:
        for _ in range(round(seconds / 0.1)):
            time_s += 0.1
            told += hands.update(None if height is None else (height, height), time_s)
    return told


@pytest.mark.parametrize(
    "steps, told",
    [
        ([(-0.5, 1), (0.2, 2)], 1),
        ([(-0.5, 1), (0.2, 5)], 1),
        ([(0.2, 5)], 0),
        ([(-0.5, 1), (0.2, 0.8), (-0.5, 1), (0.2, 0.8)], 0),
        ([(-0.5, 1), (0.2, 2), (0.0, 1), (0.2, 2)], 1),
        ([(-0.5, 1), (0.2, 2), (-0.5, 1), (0.2, 2)], 2),
        ([(-0.5, 1), (0.2, 0.7), (None, 0.2), (0.2, 0.7)], 0),
    ],
    ids=[
        "up for long enough", "held up tells once", "up from the start tells nothing",
        "too short twice", "not lowered in between", "lowered in between", "unseen in between",
    ],
)  # fmt: skip
def test_raised_hands(steps, told):
    assert gesture(*steps) == told


def test_one_raised_hand_is_no_gesture():
    hands = RaisedHands(0.5)
    hands.update((-0.5, -0.5), 0.0)
    assert not any(hands.update((0.3, -0.2), 0.1 * k) for k in range(1, 50))


# -- anything at all

ALLOWED = {
    (State.DISENGAGED, State.ARMING),
    (State.ARMING, State.ENGAGED),
    (State.ARMING, State.DISENGAGED),
    (State.ENGAGED, State.HOLD),
    (State.ENGAGED, State.DISENGAGED),
    (State.HOLD, State.DISENGAGED),
    (State.HOLD, State.ARMING),
    (State.DISENGAGED, State.FAULT),
    (State.ARMING, State.FAULT),
    (State.ENGAGED, State.FAULT),
    (State.HOLD, State.FAULT),
    (State.FAULT, State.DISENGAGED),
}
SEQUENCES = 100_000
AT_ONCE = 1000
STEPS = 16


def test_random_sequences_through_gate_and_limits(monkeypatch):
    """Whatever comes: nothing engages unasked, and what goes out is within the limits."""
    monkeypatch.setattr(hand_source, "MEASURES", {"pinch": lambda points: points})  # hands tell it themselves
    rng = random.Random(7)
    engaged, moved = 0, {True: 0, False: 0}
    for batch in range(SEQUENCES // AT_ONCE):
        engaged += _random_sequences(rng, np.random.default_rng(batch), moved)
    assert engaged > SEQUENCES // 50, "the sequences must get somewhere"
    assert min(moved.values()) > SEQUENCES // 200, "so must grippers, both ways"


class _Fingers:
    """The operator's left hand, and a gripper that follows it; the rules of a gripper, told anew.

    Args:
        rng: says what the hand does.
        moved: how often the gripper opened (True) and shut (False).
    """

    config = GateSettings(grip="pinch", max_grip_speed=4.0)

    def __init__(self, rng, moved):
        self.rng, self.moved = rng, moved
        self.grips = OperatorGrips(self.config, {})
        self.seen = []  # since the hand was lost last: openings, and when
        self.captured_s = -1.0
        self.on, self.opening = False, 0.0
        self.steady = rng.random() < 0.7
        self.at = rng.choice((0.0, 0.3, 1.0))

    def show(self, operator_id, captured_s):
        if captured_s <= self.captured_s:
            return
        rng, self.captured_s = self.rng, captured_s
        self.at = rng.choice((0.0, 0.3, 1.0)) if rng.random() < 0.15 else self.at
        wild = not self.steady and rng.random() < 0.4
        at = rng.random() if wild else self.at
        state = JointState(rng.randrange(4)) if wild else JointState.TRACKED
        angle = rng.choice((0.0, 1.5)) if wild else 0.0
        seen = state in (1, 2) and angle == 0.0
        self.seen = [*self.seen, (at, captured_s)] if seen else []
        # the measure of a hand that is open so far, with the usual range of a pinch
        hand = SimpleNamespace(
            side="left", state=state, confidence=0.9, palm_angle_rad=angle, points=0.25 + 0.65 * at
        )
        self.grips.observe(SimpleNamespace(operator_id=operator_id, captured_s=captured_s, hands=(hand,)))

    def step(self, gate, out, time_s, dt):
        """Grips as the controller asks for them; each promise about them."""
        if not out:
            if self.on:
                self.on = False
                self.grips.disengage()
                assert self.grips.step(True, time_s, dt) == (), "nothing outside ENGAGED and HOLD"
            return
        if not self.on and gate.following:
            self.opening = self.rng.choice((0.0, 0.0, 0.4, 1.0))
            self.grips.engage({"left": self.opening})
            self.on = True
        for grip in self.grips.step(gate.following, time_s, dt):
            change, self.opening = grip.opening - self.opening, grip.opening
            assert abs(change) <= 4.0 * min(dt, MAX_STEP_S) + 1e-9
            if not gate.following or grip.state in (JointState.HELD, JointState.INVALID):
                assert change == 0.0, "what is lost or held stays"
            if change:
                self.moved[change > 0.0] += 1
                assert gate.following and len(self.seen) >= 3
                assert self.seen[-1][1] - self.seen[0][1] >= 0.15
            if change > 0.0:
                # one image alone that shows the hand shut is not believed, two are
                openings, before = [at for at, _ in self.seen[-4:]], grip.opening - change - 1e-9
                assert min(max(pair) for pair in itertools.pairwise(openings)) > before


class _Sequence:
    """One gate and what happens to it."""

    config = GateSettings(arming_s=0.1, arming_timeout_s=0.5, hold_s=0.2, require_deadman=True)

    def __init__(self, rng, moved):
        self.fingers = _Fingers(rng, moved)
        self.ticked_s = 0.0
        self.rng = rng
        self.gate = Gate(self.config, 0.0)
        self.asked = self.engaged = False
        self.reliable = rng.random() < 0.5  # half of the people mean it

    def step(self, time_s):
        """Let something happen; returns whether a command is to go out, and whether it follows."""
        rng, gate, before, draw = self.rng, self.gate, self.gate.state, self.rng.random()
        if draw < 0.6:
            good = self.reliable or rng.random() < 0.8
            lost = "" if good or rng.random() < 0.5 else "lost"
            old_s = 0.02 if self.reliable else rng.choice((0.02, 0.02, 0.1, 0.3))
            operator = 1 if good else rng.randrange(3)
            gate.observe(ArmingStatus(time_s - old_s, operator, lost, good, lost), time_s)
            self.fingers.show(operator, time_s - old_s)
            gate.deadman(self.reliable or rng.random() < 0.9, time_s)
        elif draw < 0.75:
            self.asked = not gate.request(time_s) or self.asked
        elif draw < 0.78 and not self.reliable:
            rng.choice((gate.release, gate.hold, gate.fault))("why", time_s)
        elif draw < 0.8:
            gate.reset(time_s)
        between = gate.state
        gate.tick(time_s)
        for pair in ((before, between), (between, gate.state)):
            assert pair[0] is pair[1] or pair in ALLOWED, pair
        if gate.state is State.ENGAGED:
            self.engaged = True
            assert self.asked
            assert gate.operator_id
            assert gate.fresh(time_s)
        if gate.state in (State.DISENGAGED, State.FAULT):
            self.asked = False
            assert gate.operator_id == 0
        out = gate.state in (State.ENGAGED, State.HOLD) and gate.fresh(time_s)
        self.fingers.step(gate, out, time_s, time_s - self.ticked_s)
        self.ticked_s = time_s
        return out, gate.following


def _random_sequences(rng, numbers, moved):
    n, speed, acceleration = AT_ONCE, 1.5, 15.0
    each = np.ones(n)
    limits = CommandLimits(
        speed * each, acceleration * each, speed * each, acceleration * each,
        np.full((n, 3), -0.3), np.full((n, 3), 0.3), tuple(map(str, range(n))),
    )  # fmt: skip
    governor = Governor(limits, np.zeros((n, 3)), np.tile((0.0, 0.0, 0.0, 1.0), (n, 1)))
    sequences = [_Sequence(rng, moved) for _ in range(n)]
    time_s = last_s = 0.0
    for _ in range(STEPS):
        time_s += 0.04 if rng.random() < 0.8 else rng.choice((0.01, 0.3))
        out, following = np.array([one.step(time_s) for one in sequences]).T
        wild = numbers.random((n, 1)) < 0.05
        setpoint = Setpoint(
            np.where(wild, numbers.choice((np.nan, np.inf, 1e9)), numbers.normal(0, 0.5, (n, 3))),
            numbers.normal(0, 3, (n, 3)),
            quat_from_rotvec(numbers.normal(0, 2, (n, 3))) * numbers.choice((-1.0, 1.0), (n, 1)),
            numbers.normal(0, 3, (n, 3)),
            following,
        )
        before = (governor.positions, governor.orientations, governor.velocities)
        governor.step(setpoint, time_s - last_s)
        dt = min(time_s - last_s, MAX_STEP_S)
        last_s = time_s
        p, q, v = governor.positions, governor.orientations, governor.velocities
        assert np.isfinite(p[out]).all() and np.isfinite(q[out]).all()
        assert (np.abs(p) <= 0.3).all()
        assert np.linalg.norm(p - before[0], axis=1).max() <= speed * dt + 1e-9
        assert np.linalg.norm(v - before[2], axis=1).max() <= acceleration * dt + 1e-9
        assert np.abs(np.linalg.norm(q, axis=1) - 1.0).max() < 1e-9
        assert (np.sum(q * before[1], axis=1) > 0.0).all()
        still = ~following & (np.linalg.norm(before[2], axis=1) == 0.0)
        assert (p[still] == before[0][still]).all(), "what is not followed does not move"
    return sum(one.engaged for one in sequences)
