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

"""The simulated robot as a process: it holds, follows, stops, refuses, and ends when asked to."""

import math
import signal
import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState

pytest.importorskip("mujoco", reason="mujoco is not installed")
pytest.importorskip("trajectory_msgs.msg", reason="trajectory_msgs is not installed")

from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

ARM = """
<mujoco>
  <compiler angle="radian"/>
  <option integrator="implicitfast"/>
  <default><joint armature="0.02" damping="0.5"/><position kp="200" dampratio="1"/></default>
  <worldbody>
    <body gravcomp="1">
      <joint name="shoulder" axis="0 1 0" range="-1.5 1.5"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.04" mass="2"/>
      <body pos="0 0 -0.3" gravcomp="1">
        <joint name="elbow" axis="0 1 0" range="-2.4 0"/>
        <geom type="capsule" fromto="0 0 0 0 0 -0.25" size="0.03" mass="1"/>
      </body>
    </body>
  </worldbody>
  <actuator><position joint="shoulder"/><position joint="elbow"/></actuator>
  <keyframe><key name="home" qpos="0.2 -1.0"/></keyframe>
</mujoco>
"""
NAMES = ["shoulder", "elbow"]
HOME = np.array([0.2, -1.0])
DEGREE = math.radians(1.0)
PERIOD_S = 0.01
LIMIT_S = 2.0


class Robot:
    """A running node, and a peer that commands it."""

    def __init__(self, peer, process, stated, diagnosed) -> None:
        self.peer, self.process = peer, process
        self.states, self.diagnostics = stated, diagnosed
        self.publisher = peer.publisher(JointTrajectory, "joint_trajectory")
        self.sent = 0

    def send(self, positions, velocities=(), stamp_ns=None, names=None) -> None:
        """A trajectory of one point that is valid now, or at ``stamp_ns``."""
        msg = JointTrajectory(joint_names=NAMES if names is None else names)
        msg.points = [JointTrajectoryPoint(positions=list(positions), velocities=list(velocities))]
        self.peer.stamped(msg, stamp_ns)
        self.publisher.publish(msg)
        self.sent += 1

    def follow(self, way, until) -> None:
        """Send ``way(t)`` at 100 Hz until ``until(state)``."""
        start_s = time.monotonic()
        timer = self.peer.node.create_timer(PERIOD_S, lambda: self.send(way(time.monotonic() - start_s)))
        try:
            self.states.next(until)
        finally:
            timer.cancel()

    def values(self, wanted=lambda _: True) -> dict[str, str]:
        """The next values in diagnostics that are wanted."""
        return as_dict(self.status(lambda status: wanted(as_dict(status))))

    def status(self, wanted=lambda _: True):
        return self.diagnostics.next(lambda msg: wanted(msg.status[0])).status[0]


def as_dict(status) -> dict[str, str]:
    return {value.key: value.value for value in status.values}


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "arm.xml"
    path.write_text(ARM)
    return path


@pytest.fixture
def robot(program, peer, model):
    states, diagnostics = (
        peer.listen(JointState, "joint_states"),
        peer.listen(DiagnosticArray, "/diagnostics"),
    )
    words = ("-p", f"robot:={model}", "-p", "dynamics:=physics")
    process = program("robot_sim_node", "--ros-args", *words)
    states.wait()
    diagnostics.wait()
    return Robot(peer, process, states, diagnostics)


def positions(messages):
    return np.array([msg.position for msg in messages])


def times_s(messages):
    return np.array([msg.header.stamp.sec + 1e-9 * msg.header.stamp.nanosec for msg in messages])


def some_states(robot, n=100):
    """The next ``n`` states."""
    heard = len(robot.states)
    robot.peer.wait_until(lambda: len(robot.states) >= heard + n)
    return robot.states.messages[heard : heard + n]


def ramp(time_s):
    """From home on, half a radian a second for a second."""
    return HOME + 0.5 * min(time_s, 1.0) * np.array([1.0, -1.0])


@pytest.mark.timed
def test_states_come_at_their_rate(robot):
    some_states(robot, 20)
    states = some_states(robot, 200)
    assert all(list(msg.name) == NAMES for msg in states)
    assert all(len(msg.position) == len(msg.velocity) == 2 for msg in states)
    gaps_s = np.diff(times_s(states))
    assert gaps_s.min() > 0.0
    assert np.median(gaps_s) == pytest.approx(PERIOD_S, rel=0.05)
    assert gaps_s.mean() == pytest.approx(PERIOD_S, rel=0.1)
    assert abs(times_s(states[-1:])[0] - time.time()) < 1.0


@pytest.mark.timed
def test_nothing_moves_before_the_first_command(robot):
    values = robot.values()
    assert (values["stopped"], values["accepted"], values["refused"]) == ("true", "0", "0")
    assert values["limit_violations"] == "0"
    assert 0.8 < float(values["real_time_factor"]) < 1.2
    assert np.abs(positions(robot.states.messages) - HOME).max() < 0.01 * DEGREE


@pytest.mark.timed
def test_it_follows_and_stops(robot):
    some_states(robot, 1)
    first = len(robot.states)
    robot.follow(ramp, lambda state: abs(state.position[0] - 0.5) < DEGREE)  # in the middle of the movement
    last_s = time.time()
    values = robot.values(lambda values: values["stopped"] == "true" and int(values["accepted"]) > 50)
    assert values["refused"] == "0", values
    some_states(robot, 100)
    states = robot.states.messages[first:]
    moved = positions(states)
    assert np.abs(np.diff(moved, axis=0)).max() < 0.1
    after = moved[times_s(states) > last_s + 0.5]
    assert len(after) > 50
    assert np.ptp(after, axis=0).max() < 0.1 * DEGREE
    assert after[0][0] < 0.7 - 5.0 * DEGREE  # it did not go on to the end
    assert moved[-1][0] - 0.2 == pytest.approx(-(moved[-1][1] + 1.0), abs=2.0 * DEGREE)
    assert values["limit_violations"] == "0"


@pytest.mark.timed
def test_it_goes_to_the_last_command(robot):
    robot.follow(ramp, lambda state: abs(state.position[0] - 0.7) < 0.2 * DEGREE)
    assert positions(some_states(robot, 100))[-1] == pytest.approx([0.7, -1.5], abs=DEGREE)


@pytest.mark.timed
def test_velocities_are_told(robot):
    robot.follow(ramp, lambda state: abs(state.position[0] - 0.5) < DEGREE)
    near = min(robot.states.messages, key=lambda msg: abs(msg.position[0] - 0.45))
    assert near.velocity[0] == pytest.approx(0.5, abs=0.15)
    assert near.velocity[1] == pytest.approx(-0.5, abs=0.15)


REFUSED = {
    "nan": ({"positions": [math.nan, -1.0]}, "not_finite", "shoulder: its position is nan"),
    "out of range": ({"positions": [0.2, 0.1]}, "out_of_range", "elbow: 0.1000 is out of its range"),
    "far": ({"positions": [0.2, -1.5]}, "far_from_robot", "after a stop"),
    "no points": ({"positions": []}, "wrong_length", "0 positions for 2 joints"),
    "unknown joint": (
        {"positions": [0.2, -1.0], "names": ["shoulder", "knee"]}, "unknown_joint", "unknown joint knee",
    ),
    "old": ({"positions": HOME, "stamp_ns": 1_000_000_000}, "too_old", "Check the clocks"),
}  # fmt: skip


def test_refusals_are_told(robot):
    for n, (command, reason, text) in enumerate(REFUSED.values(), 1):
        robot.send(**command)
        status = robot.status(lambda status, n=n: as_dict(status)["refused"] == str(n))
        values = as_dict(status)
        assert values[f"refused/{reason}"] == "1"
        assert text in values["last_refusal"]
        assert text in status.message
        assert status.level == b"\x01"
        assert (values["accepted"], values["stopped"]) == ("0", "true")
        assert n > 1 or text in robot.process.text()  # the log tells one a second
    assert np.abs(positions(robot.states.messages) - HOME).max() < 0.01 * DEGREE
    assert robot.status(lambda status: status.level == b"\x00")  # and not for ever


@pytest.mark.timed
def test_a_leap_is_refused_while_it_follows(robot):
    """A jump, as of a hand that is suddenly taken for the other one; then the source comes back."""
    count = 0

    def way(time_s):
        nonlocal count
        count += 1
        return HOME + (np.array([1.0, -1.0]) if 50 <= count < 60 else 0.0)

    robot.follow(way, lambda _: count >= 120)
    values = robot.values(lambda values: values["stopped"] == "true")
    assert 0 < int(values["refused/too_fast"]) <= 10
    assert values["refused"] == values["refused/too_fast"]
    # the robot hears the newest: where one of its steps takes long, some are never seen
    assert 50 < int(values["accepted"]) <= robot.sent - 10
    assert np.abs(positions(robot.states.messages) - HOME).max() < 0.1 * DEGREE


def test_refusals_are_logged_once_a_second(robot):
    start_s = time.monotonic()
    timer = robot.peer.node.create_timer(PERIOD_S, lambda: robot.send([math.nan, -1.0]))
    robot.values(lambda values: int(values.get("refused/not_finite", 0)) > 150)
    timer.cancel()
    seconds = time.monotonic() - start_s
    assert 2 <= robot.process.text().count("commands refused") <= seconds + 2


def test_a_stamp_of_zero_is_now(robot):
    timer = robot.peer.node.create_timer(5 * PERIOD_S, lambda: robot.send(HOME, stamp_ns=0))
    try:
        assert robot.values(lambda values: int(values["accepted"]) >= 3)["refused"] == "0"
    finally:
        timer.cancel()


def test_of_a_trajectory_the_last_point_counts(robot):
    msg = robot.peer.stamped(JointTrajectory(joint_names=NAMES))
    msg.points = [
        JointTrajectoryPoint(positions=[9.0, 9.0]), JointTrajectoryPoint(positions=[0.3, -1.1])
    ]  # fmt: skip
    # one that comes late, on a busy machine, is refused: again and again
    timer = robot.peer.node.create_timer(
        5 * PERIOD_S, lambda: robot.publisher.publish(robot.peer.stamped(msg))
    )
    try:
        robot.states.next(lambda state: np.abs(np.subtract(state.position, [0.3, -1.1])).max() < DEGREE)
    finally:
        timer.cancel()


@pytest.mark.timed
def test_settings_of_a_running_robot_stay(program, peer, model):
    peer._name = "robot_sim"
    program("robot_sim_node", "--ros-args", "-p", f"robot:={model}", "-p", "rate_hz:=50.0")
    states = peer.listen(JointState, "joint_states")
    states.next()
    (result,) = peer.try_to_set(rate_hz=100.0)
    assert not result.successful
    assert "rate_hz cannot change" in result.reason and "restart the node" in result.reason
    (result,) = peer.try_to_set(rate_hz=1000.0)
    assert not result.successful
    heard = len(states)
    peer.wait_until(lambda: len(states) >= heard + 50)
    assert np.median(np.diff(times_s(states.messages[heard:]))) == pytest.approx(0.02, rel=0.1)


@pytest.mark.timed
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_it_ends(robot, number):
    timer = robot.peer.node.create_timer(PERIOD_S, lambda: robot.send(HOME))
    robot.values(lambda values: values["stopped"] == "false")
    code, seconds = robot.process.end(number)
    timer.cancel()
    assert code == 0, robot.process.text()
    assert seconds < LIMIT_S
    assert "Traceback" not in robot.process.text()


@pytest.mark.parametrize(
    ("parameter", "environment", "text"),
    [
        ("robot:=none.xml", {}, "none.xml: no such file"),
        ("robot:=nobody", {}, "nobody"),
        ("command_timeout_s:=0.0", {}, "command_timeout_s"),
        ("viewer:=true", {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, "viewer: there is no display"),
    ],
)
def test_what_cannot_be_is_said(program, parameter, environment, text, model):
    robot = () if parameter.startswith("robot:=") else ("-p", f"robot:={model}")
    node = program("robot_sim_node", "--ros-args", *robot, "-p", parameter, **environment)
    assert node.process.wait(30.0) == 2, node.text()
    assert text in node.text()
    assert "Traceback" not in node.text()


def test_the_built_in_robot(program, peer):
    pytest.importorskip("yaml", reason="maps need PyYAML")
    states = peer.listen(JointState, "joint_states")
    node = program("robot_sim_node")
    names = states.wait().name
    assert len(names) == 16 and {"left_elbow", "right_elbow", "neck_yaw"} <= set(names)
    code, _ = node.end(signal.SIGINT)
    assert code == 0, node.text()


def test_a_gripper_follows_with_its_mimic_and_stays_when_it_is_left_out(program, peer, mobile_robot):
    """A gate that opens and shuts nothing names the arm's joints only."""
    gripper = "grippers: {right: {joints: [finger_joint], open: 0.04, shut: 0.0, max_speed: 0.1}}"
    states = peer.listen(JointState, "joint_states")
    program("robot_sim_node", "--ros-args", "-p", f"robot:={mobile_robot(gripper)}")
    at = dict(zip(states.next(lambda _: True).name, states.messages[-1].position, strict=True))
    publisher = peer.publisher(JointTrajectory, "joint_trajectory")

    def follow(names, moved, goal):
        """The state in which a joint has come to where commands lead it."""
        msg = JointTrajectory(joint_names=names, points=[JointTrajectoryPoint()])

        def send():
            at[moved] += float(np.clip(goal - at[moved], -5e-4, 5e-4))
            msg.points[0].positions = [at[name] for name in names]
            publisher.publish(peer.stamped(msg))

        timer = peer.node.create_timer(PERIOD_S, send)
        try:
            found = states.next(lambda msg: abs(msg.position[msg.name.index(moved)] - goal) < 1e-3)
        finally:
            timer.cancel()
        return dict(zip(found.name, found.position, strict=True))

    arm = [name for name in at if name not in ("finger_joint", "finger_mimic_joint") and "wheel" not in name]
    told = follow([*arm, "finger_joint"], "finger_joint", 0.03)
    assert told["finger_mimic_joint"] == pytest.approx(told["finger_joint"], abs=1e-6)
    told = follow(arm, "elbow_joint", at["elbow_joint"] + 0.05)
    assert told["finger_joint"] == pytest.approx(0.03, abs=1e-3)
