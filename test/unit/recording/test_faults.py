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

"""Faults that are put into bodies: what each does to what a gate takes, and to what it does then."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import SettingError
from frankmocap_ros.recording.faults import FAULTS, injected, parsed_faults
from frankmocap_ros.recording.judging import judged
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_map.model_file import ROBOTS_DIR
from support.paths import SHARED
from support.replayed import BODIES, CONFIG, START_S, replayed
from support.teleoperation import check_commands

SHIPPED = ("unitree_g1", "franka_panda")


@pytest.fixture(scope="module")
def torso():
    return load_retargeter("torso")


@pytest.fixture(scope="module")
def clean(torso):
    found = replayed(torso)
    return found, judged(found, torso)


def reasons(figures, state="HOLD"):
    return " ".join(change["reason"] for change in figures["states"] if change["state"] == state)


def apart(run, other):
    """The largest distance between commands at the same times [m]."""
    at, others = (dict(zip(one.run.times_s, one.run.commands, strict=True)) for one in (run, other))
    return max(np.abs(at[time_s] - others[time_s]).max() for time_s in at.keys() & others.keys())


def exchanged(messages):
    """In how many messages the wrists are where those of the other side are in the clean ones."""

    def at(one, name):
        return one.operator.seen_at()[name]

    return sum(at(a, "left_wrist") == at(b, "right_wrist") for a, b in zip(messages, BODIES, strict=True))


def test_swap_exchanges_left_and_right(torso, clean):
    messages = injected(BODIES, {"swap": 0.3}, 0, START_S)
    assert 0.1 < exchanged(messages) / len(messages) < 0.5
    found = judged(replayed(torso, {"swap": 0.3}), torso)
    assert "moved faster than people move: left_wrist, right_wrist" in reasons(found)


def test_a_second_person_is_not_followed(torso):
    found = judged(replayed(torso, {"second_person": 0.3}), torso)
    assert "became the operator without requesting control" in reasons(found)


def test_a_second_person_comes_with_the_operators_id_as_well():
    ids = [one.operator.state.operator_id for one in injected(BODIES, {"second_person": 1.0}, 0, 0.0)]
    moved = [
        np.abs(one.operator.positions - before.operator.positions).max() > 0.5
        for one, before in zip(injected(BODIES, {"second_person": 1.0}, 0, 0.0), BODIES, strict=True)
    ]
    assert all(moved) and set(ids) == {1, 1001}


def test_lost_joints_end_following(torso):
    found = judged(replayed(torso, {"joints_lost": 0.5}), torso)
    assert "not seen: " in reasons(found)


def test_a_jump_of_scale_is_rejected(torso):
    lengths = [
        np.linalg.norm(np.subtract(*(one.operator.seen_at()[f"left_{part}"] for part in ("elbow", "wrist"))))
        for one in injected(BODIES, {"scale": 1.5}, 0, START_S)
    ]
    assert max(lengths) == pytest.approx(1.5 * min(lengths), rel=0.01)
    assert "moved faster than people move" in reasons(judged(replayed(torso, {"scale": 1.5}), torso))


def test_a_frozen_camera_ends_following(torso):
    assert "the image is frozen" in reasons(judged(replayed(torso, {"frozen": 0.9}), torso))


def test_stamps_that_are_off_are_left_out_and_told(torso):
    found = judged(replayed(torso, {"stamps": 0.3}), torso)
    assert found["messages"]["ignored"]["earlier stamp"] > 5
    assert "bodies are stamped 0.3" in reasons(found)


def test_dropped_messages_do_not_come_and_make_it_late(torso, clean):
    found = judged(replayed(torso, {"dropped": 0.3}), torso)
    taken = found["messages"]["taken"] / clean[1]["messages"]["taken"]
    assert 0.6 < taken < 0.9
    assert found["quality"]["age_worst_ms"] > clean[1]["quality"]["age_worst_ms"] + 10.0


def test_doubled_messages_are_counted_and_change_little(torso, clean):
    run = replayed(torso, {"doubled": 1.0})
    ignored = judged(run, torso)["messages"]["ignored"]
    assert ignored["same stamp"] > 10 and ignored["earlier stamp"] > 10
    assert apart(run, clean[0]) < 0.05, "the second of one may hide the first of the next"


def test_messages_out_of_order_are_left_out(torso, clean):
    run = replayed(torso, {"out_of_order": 0.5})
    found = judged(run, torso)
    assert found["messages"]["ignored"]["earlier stamp"] > 10
    assert 0.0 < apart(run, clean[0]) < 0.1, "newer ones come earlier"


def test_late_messages_are_left_out_and_make_it_late(torso, clean):
    found = judged(replayed(torso, {"late": 0.3}), torso)
    assert found["messages"]["ignored"]["earlier stamp"] > 3
    assert found["quality"]["age_worst_ms"] > clean[1]["quality"]["age_worst_ms"] + 20.0


def test_a_delay_of_the_network_is_lag(torso, clean):
    found, before = judged(replayed(torso, {"delay": 0.05}), torso)["quality"], clean[1]["quality"]
    assert 45.0 < found["age_ms"] - before["age_ms"] < 80.0
    assert found["lag_ms"] > before["lag_ms"] + 30.0


def test_chance_of_one_fault_is_the_same_beside_others():
    def received(amounts):
        return [one.received_s for one in injected(BODIES, amounts, 3, START_S)]

    alone = received({"dropped": 0.3})
    assert received({"dropped": 0.3, "swap": 0.5}) == alone != received({"dropped": 0.4})
    assert [one.received_s for one in injected(BODIES, {"dropped": 0.3}, 4, START_S)] != alone


def test_before_their_start_there_are_no_faults():
    messages = injected(BODIES, {name: kind.most for name, kind in FAULTS.items()}, 0, START_S)
    early = [one for one in BODIES if one.received_s < START_S]
    assert messages[: len(early)] == early and len(early) > 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("swop", r"swop: no such fault; allowed: swap, .*, or all alone"),
        ("swap:2", r"swap:2: allowed: swap:AMOUNT, share of the time, up to 1, above 0"),
        ("swap:0", "above 0"),
        ("swap:nan", "allowed"),
        ("swap:a lot", "allowed"),
        ("swap,swap:0.2", "twice"),
        ("all,swap", "all: no such fault"),
    ],
)
def test_what_is_no_fault_is_refused(text, said):
    with pytest.raises(SettingError, match=said):
        parsed_faults(text)


def test_faults_are_asked_for_by_name():
    assert parsed_faults("delay, swap:0.3") == {"swap": 0.3, "delay": FAULTS["delay"].usual}
    assert parsed_faults("all").keys() == FAULTS.keys() and parsed_faults("") == {}


# -- the gate's promises with every fault at its worst

TOGETHER = {"swap": 0.3, "second_person": 0.2, "scale": 1.2, "joints_lost": 0.3, "late": 0.2, "doubled": 0.5}
WORST = {name: {name: kind.most} for name, kind in FAULTS.items()}


def check_promises(robot, amounts):
    """Commands by an oracle of their own, and by the judgement."""
    found = replayed(robot, amounts, seconds=1.8)
    run = found.run
    assert run.times_s, "it followed at first"
    check_commands(run.sent, CONFIG)
    ticks = np.diff(run.times_s)
    for before, after, told, robots, dt in zip(
        run.joints, run.joints[1:], run.velocities[1:], run.moved[1:], ticks, strict=False
    ):
        assert (after >= robot.ik_model.lower - 1e-9).all() and (after <= robot.ik_model.upper + 1e-9).all()
        assert (np.abs(told) <= robot.max_speed * (1.0 + 1e-6)).all()
        assert (np.abs(after - robots) <= CONFIG.max_tracking_error + 1e-9).all()
        if dt < 0.015:
            assert (np.abs(after - before) <= robot.max_speed * dt * (1.0 + 1e-6) + 1e-9).all()
    assert max(run.ages_s) <= CONFIG.max_age_s + 1e-9, "no old data"
    assert np.abs(run.joints[0] - run.moved[0]).max() < 1e-3, "the first command is where the robot is"
    states = dict(run.states)
    assert "FAULT" not in states.values()
    figures = judged(found, robot)
    assert figures["violations_total"] == 0, figures["violations"]


@pytest.mark.parametrize("amounts", [*WORST.values(), TOGETHER], ids=[*WORST, "together"])
def test_promises_hold_on_the_built_in_robot(torso, amounts):
    check_promises(torso, amounts)


@pytest.mark.parametrize("name", SHIPPED)
def test_promises_hold_on_shipped_maps(name, monkeypatch):
    models = SHARED / "robots/models"
    if not models.is_dir():
        pytest.skip(f"makers' models are not part of a clone; they are looked for in {models}")
    monkeypatch.setenv(ROBOTS_DIR, str(models))
    robot = load_retargeter(name)
    for amounts in (*WORST.values(), TOGETHER):
        check_promises(robot, amounts)
