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

"""What the gate sends to the controllers that people have, and how it ends there."""

import math
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped, TwistStamped
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rotation import quat_conjugate, quat_multiply, quat_to_rotvec
from frankmocap_ros.msg import BodyPoseArray, GateState
from frankmocap_ros.synthetic.human import scene
from support.controllers import ForwardController, Servo, TrajectoryController, twist_of
from support.gate import ARM, TICK_S, people
from support.peer import nanoseconds
from support.waiting import TIMEOUT_S, wait_until

ORDER = (ARM[3], ARM[1], ARM[0], ARM[2])  # of the controller, not of the commands
COMMANDS = "/arm_controller/commands"
WRIST = BODY.index["right_wrist"]
SPEED, ACCELERATION = 1.0, 10.0  # of the robot: its map's, and the default
REST = (0.0,) * len(ORDER)
BASE = "/gate/base_command"


def controllers(kind, joints=ORDER, topic=COMMANDS):
    return f"controllers: {{{topic}: {{type: {kind}, joints: [{', '.join(joints)}]}}}}\n"


def engaged(g):
    g.seen()
    answer = g.engage()
    assert answer.success, answer.message
    g.until("ENGAGED")
    return g


def wave(g, seconds, start_s=0.0):
    """The operator moves their right hand."""
    for k in range(round(seconds / 0.03)):
        t = start_s + 0.03 * k
        g.operator.offset[WRIST] = 0.15 * math.sin(4.0 * t), -0.25 * (1.0 - math.cos(3.0 * t)), 0.0
        g.advance(0.03)


def arrays(inbox):
    return np.array([msg.data for msg in inbox.messages])


@pytest.fixture
def velocity_robot(gate, mobile_robot):
    """An engaged gate of a robot with a velocity controller, whose operator waves; and what was sent."""

    def begin(**parameters):
        g = gate(robot=str(mobile_robot(controllers("velocities"))), **parameters)
        heard = g.listen(Float64MultiArray, COMMANDS)
        engaged(g)
        wave(g, 0.9)
        g.wait(heard, lambda msg: max(map(abs, msg.data)) > 0.05)
        return g, heard

    return begin


def at_rest(g, heard, seconds=0.5):
    """Whether the last thing that was sent is zeros, with silence since."""
    g.advance(TICK_S)
    wait_until(lambda: heard.messages and tuple(heard.messages[-1].data) == REST, "no zeros")
    count = arrived(heard)
    g.advance(seconds)
    return arrived(heard) == count


def arrived(heard):
    """How many messages came, when no more are on their way: the gate's clock stands still."""
    before = -1
    while before != len(heard):
        before = len(heard)
        time.sleep(0.1)
    return before


def test_positions_are_an_array_in_the_order_of_the_map(gate, mobile_robot):
    g = gate(robot=str(mobile_robot(controllers("positions"))))
    numbers, whole = g.listen(Float64MultiArray, COMMANDS), g.listen(JointState, "/gate/joint_commands")
    engaged(g)
    wave(g, 0.6)
    g.engage(False)
    g.advance(0.3)
    wait_until(lambda: len(numbers) == len(whole), "as many of both")
    controller = ForwardController(ORDER)
    for array, state in zip(numbers.messages, whole.messages, strict=True):
        assert controller.refusal(array) == ""
        named = dict(zip(state.name, state.position, strict=True))
        assert list(array.data) == [named[name] for name in ORDER]
    assert np.ptp(arrays(numbers), axis=0).max() > 0.05, "it moved"
    assert max(map(abs, numbers.messages[-1].data)) > 0.05, "positions end with silence, not with zeros"


def test_the_order_of_an_array_is_logged(gate, mobile_robot, capfd):
    gate(operator=False, robot=str(mobile_robot(controllers("positions"))))
    text = f"{COMMANDS}: positions of {', '.join(ORDER)}, in this order"
    wait_until(lambda: text in "".join(capfd.readouterr()), "the order is not logged")


def test_velocities_are_those_of_the_positions_and_within_limits(velocity_robot):
    g, heard = velocity_robot()
    whole = g.listen(JointState, "/gate/joint_commands")
    g.wait(whole, lambda _: True)
    wave(g, 1.5, 0.9)
    g.engage(False)
    assert at_rest(g, heard)
    sent = arrays(heard)
    controller = ForwardController(ORDER)
    assert all(controller.refusal(msg) == "" for msg in heard.messages)
    assert np.abs(sent).max() > 0.2, "it moved"
    assert np.abs(sent).max() <= SPEED
    assert np.abs(np.diff(sent[:-1], axis=0)).max() <= ACCELERATION * TICK_S * 1.001
    # who goes by them is where the positions say: the last of both belong together, before the zeros
    rows = [list(whole.messages[0].name).index(name) for name in ORDER]
    positions = np.array([msg.position for msg in whole.messages])[:, rows]
    stamps = np.diff([1e-9 * nanoseconds(msg.header.stamp) for msg in whole.messages])
    velocities = sent[:-1][-len(positions) + 1 :]
    assert positions[0] + np.cumsum(velocities * stamps[:, None], axis=0) == pytest.approx(
        positions[1:], abs=1e-4
    )


def release(g):
    assert g.engage(False).success


def walk_out(g):
    g.operator.here = False


def nobody(g):
    g.operator.operator_id = 0


def break_down(g):
    def broken(time_s):
        raise RuntimeError("boom")

    g.gate._controller.tick = broken


def break_publisher(g):
    def broken(command, stamp):
        raise RuntimeError("no memory")

    g.gate._worker._outputs._targets.publish = broken


def break_polling(g):
    """Nothing of a tick runs any more, so that no tick can send the zeros."""

    def broken(time_s):
        raise RuntimeError("no message")

    g.gate._polling.poll = broken


ENDS = [release, walk_out, nobody, break_down, break_publisher, break_polling]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_velocities_end_with_zeros_and_silence(velocity_robot, end):
    g, heard = velocity_robot()
    end(g)
    g.advance(0.9)  # hold_s and max_age_s are shorter
    assert at_rest(g, heard)


def test_a_robot_that_is_held_gets_zeros_while_it_is(velocity_robot):
    g, heard = velocity_robot(hold_s=2.0)
    nobody(g)
    g.until("HOLD")
    g.advance(0.5)  # braked
    count = len(heard)
    g.advance(0.5)
    wait_until(lambda: len(heard) >= count + 45, "zeros for as long as HOLD lasts")
    assert {tuple(msg.data) for msg in heard.messages[count:]} == {REST}
    g.until("DISENGAGED")
    assert at_rest(g, heard)


def test_a_command_that_is_withheld_is_zeros_and_then_a_ramp(velocity_robot):
    """As for a robot that lags: a velocity controller must not go on meanwhile, nor leap after it."""
    g, heard = velocity_robot()
    drive, withheld = g.gate._robot.drive, 5

    def lagging(command):
        nonlocal withheld
        withheld -= 1
        driven = drive(command)
        return None if withheld >= 0 else driven

    g.gate._robot.drive = lagging
    start = len(heard)
    wave(g, 0.3, 0.9)
    release(g)
    assert at_rest(g, heard)
    sent = arrays(heard)[start - 1 : -1]
    zeros = int(np.flatnonzero((sent == 0.0).all(axis=1))[0])
    assert np.abs(sent[zeros + 1 :]).max() > 0.02, "it goes on"
    after = np.abs(np.diff(sent[zeros:], axis=0))
    assert after.max() <= ACCELERATION * TICK_S * 1.001


def test_a_worker_that_is_stuck_does_not_let_the_robot_go_on(velocity_robot):
    """What takes velocities is told by another thread; what the worker sends when it goes on is the last."""
    g, heard = velocity_robot()
    stuck, goes_on, tick = threading.Event(), threading.Event(), g.gate._controller.tick

    def waits(time_s):
        stuck.set()
        assert goes_on.wait(TIMEOUT_S)
        return tick(time_s)

    g.gate._controller.tick = waits
    with ThreadPoolExecutor(1) as steps:
        stepped = steps.submit(g.clocks.step, TICK_S)
        assert stuck.wait(TIMEOUT_S)
        assert any(heard.messages[-1].data)
        g.clocks.pass_by(0.3)
        wait_until(lambda: tuple(heard.messages[-1].data) == REST, "no zeros")
        goes_on.set()
        stepped.result()
    g.gate._controller.tick = tick
    assert "stalled" in g.until("DISENGAGED").reason
    assert at_rest(g, heard)


def test_ros_time_that_goes_back_stops_what_takes_velocities(velocity_robot):
    """Nothing is valid later than before then, so that nothing is sent."""
    g, heard = velocity_robot()
    ros_ns = g.clocks.ros_ns
    g.clocks.ros_ns = lambda: ros_ns() - 30 * 10**9
    wave(g, 0.6, 0.9)
    wait_until(lambda: tuple(heard.messages[-1].data) == REST, "no zeros")
    assert "no command could be sent for 0.2" in g.gate._controller.reason


@pytest.mark.parametrize("kind", ["trajectory", "list"])
@pytest.mark.parametrize("velocities", [False, True])
def test_trajectories_are_what_a_joint_trajectory_controller_takes(gate, mobile_robot, kind, velocities):
    lines = (
        controllers("trajectory") if kind == "trajectory" else f"controllers: {{{COMMANDS}: {list(ORDER)}}}"
    )
    path = mobile_robot(lines.replace("'", ""))
    g = gate(robot=str(path), trajectory_velocities=velocities)
    heard = [g.listen(JointTrajectory, topic) for topic in (COMMANDS, "/gate/joint_trajectory")]
    engaged(g)
    wave(g, 0.6)
    wait_until(lambda: all(len(inbox) > 40 for inbox in heard), "trajectories")
    for inbox, joints in zip(heard, (ORDER, ARM), strict=True):
        takes = TrajectoryController(joints, allow_nonzero_velocity_at_trajectory_end=velocities)
        for msg in inbox.messages:
            assert takes.refusal(msg, nanoseconds(msg.header.stamp) + 10**7) == ""
        strict = TrajectoryController(joints)
        refused = [msg for msg in inbox.messages if strict.refusal(msg, nanoseconds(msg.header.stamp))]
        assert bool(refused) == velocities, "only with trajectory_velocities the controller must allow it"


NOW_NS = 10**12


def trajectory(names=ORDER, positions=(0.0,) * 4, velocities=(), stamp_s=1000, after_ns=5 * 10**7):
    msg = JointTrajectory(joint_names=list(names), points=[JointTrajectoryPoint()])
    msg.header.stamp.sec = stamp_s
    msg.points[0].positions, msg.points[0].velocities = list(positions), list(velocities)
    msg.points[0].time_from_start.nanosec = after_ns
    return msg


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ""),
        ({"stamp_s": 0}, ""),
        ({"names": ORDER[:3], "positions": (0.0,) * 3}, "only"),
        ({"names": (*ORDER[:3], "finger_joint")}, "do not match"),
        ({"positions": (0.0,) * 3}, "3 positions"),
        ({"velocities": (0.0, 0.1, 0.0, 0.0)}, "moves at its end"),
        ({"stamp_s": 999}, "ended 0.950 s ago"),
    ],
)
def test_what_a_joint_trajectory_controller_refuses(changed, words):
    """What its documentation says, so that a message that passes means something."""
    refusal = TrajectoryController(ORDER).refusal(trajectory(**changed), NOW_NS)
    assert words in refusal and bool(words) == bool(refusal)


def test_what_servo_and_forward_controllers_refuse():
    servo, msg = Servo(("base_link",)), TwistStamped()
    msg.header.frame_id, msg.header.stamp.sec = "base_link", 1000
    assert servo.refusal(msg, NOW_NS) == ""
    assert "stale" in servo.refusal(msg, NOW_NS + 10**8)
    msg.twist.linear.x = 1.2
    assert servo.refusal(msg, NOW_NS) == ""
    assert "above 1" in Servo(("base_link",), "unitless").refusal(msg, NOW_NS)
    msg.header.frame_id = "camera"
    assert "unknown" in servo.refusal(msg, NOW_NS)
    controller = ForwardController(ORDER)
    assert controller.refusal(Float64MultiArray(data=[1.0, 2.0, 3.0, 4.0])) == ""
    assert "3 numbers" in controller.refusal(Float64MultiArray(data=[0.0] * 3))
    assert controller.command == (1.0, 2.0, 3.0, 4.0), "it goes on with the last"


def test_a_twist_is_how_the_targets_command_moves(gate):
    g = gate()
    poses = g.listen(PoseStamped, "/gate/command/right_wrist")
    twists = g.listen(TwistStamped, "/gate/twist/right_wrist")
    engaged(g)
    wave(g, 1.2)
    g.engage(False)
    g.advance(0.3)
    wait_until(lambda: len(twists) == len(poses) + 1, "a twist for each pose, and zeros")
    assert twist_of(twists.messages[-1]) == (0.0,) * 6
    speeds = np.array([twist_of(msg) for msg in twists.messages])
    assert np.abs(speeds[:, :3]).max() > 0.2, "it moved"
    servo = Servo(("base_link",))
    for before, pose, twist in zip(poses.messages, poses.messages[1:], twists.messages[1:], strict=False):
        assert twist.header.stamp == pose.header.stamp
        stamp_ns = nanoseconds(twist.header.stamp)
        assert servo.refusal(twist, stamp_ns + 10**7) == ""
        dt = 1e-9 * (stamp_ns - nanoseconds(before.header.stamp))
        assert moved(before.pose, pose.pose) / dt == pytest.approx(twist_of(twist), abs=1e-6)


def moved(before, pose):
    """Way and turn from one pose to the next."""

    def numbers(p):
        q = p.orientation
        return np.array((p.position.x, p.position.y, p.position.z)), np.array((q.x, q.y, q.z, q.w))

    (a, turned), (b, now) = numbers(before), numbers(pose)
    return np.concatenate((b - a, quat_to_rotvec(quat_multiply(now, quat_conjugate(turned)))))


@pytest.mark.parametrize("end", [release, walk_out, break_down], ids=lambda end: end.__name__)
def test_a_twist_ends_with_one_message_of_zeros(gate, end):
    g = gate()
    twists = g.listen(TwistStamped, "/gate/twist/right_wrist")
    engaged(g)
    wave(g, 0.6)
    g.wait(twists, lambda msg: max(map(abs, twist_of(msg))) > 0.05)
    end(g)
    g.advance(0.9)
    wait_until(lambda: twist_of(twists.messages[-1]) == (0.0,) * 6, "no zeros")
    assert nanoseconds(twists.messages[-1].header.stamp) >= nanoseconds(twists.messages[-2].header.stamp)
    count = len(twists)
    g.advance(0.3)
    assert len(twists) == count


def test_twists_are_for_subscribers_only(gate):
    g = gate().engaged()
    sent = []
    for output in g.gate._worker._outputs._targets.twists:
        output.publish = lambda *message: sent.append(message)
    g.advance(0.3)
    assert not sent
    g.listen(TwistStamped, "/gate/twist/left_wrist")
    g.advance(0.3)
    assert sent


UPPER = [
    BODY.index[name] for name in BODY.names if not any(w in name for w in ("hip", "knee", "ankle", "foot"))
]
UPPER = [row for row in UPPER if row != BODY.index["pelvis"]]


def lean(g, degrees):
    """Towards the camera, which is where the operator faces: back along its z."""
    heights = g.operator._positions[:, 1] - g.operator._positions[BODY.index["pelvis"], 1]
    g.operator.offset[UPPER, 2] = math.tan(math.radians(degrees)) * heights[UPPER]


def base_gate(gate, **parameters):
    g = gate(base_command="lean", heading="operator", **parameters)
    heard = g.listen(TwistStamped, BASE)
    g.seen()
    g.advance(0.2)
    assert not heard.messages
    assert g.engage().success
    g.until("ENGAGED")
    return g, heard


def test_leaning_drives_the_base_within_limits_and_loss_stops_it(gate):
    g, heard = base_gate(gate, base_max_speed=0.4, base_max_acceleration=0.8)
    g.advance(0.3)
    assert {twist_of(msg) for msg in heard.messages} == {(0.0,) * 6}, "nobody leans"
    for k in range(15):
        lean(g, 2.0 * (k + 1))
        g.advance(0.03)
    g.advance(0.8)
    speeds = np.array([twist_of(msg) for msg in heard.messages])
    assert speeds[-1, 0] == pytest.approx(0.4, abs=0.02)
    assert abs(speeds[-1, 1]) < 0.05 and speeds[:, 2:5].any() == 0
    assert np.linalg.norm(np.diff(speeds[:, :2], axis=0), axis=1).max() <= 0.8 * TICK_S * 1.001
    assert {msg.header.frame_id for msg in heard.messages} == {"base_link"}
    nobody(g)
    hold = g.until("HOLD")
    g.advance(0.2)
    held = [msg for msg in heard.messages if nanoseconds(msg.header.stamp) > nanoseconds(hold.header.stamp)]
    assert held
    assert {twist_of(msg) for msg in held} == {(0.0,) * 6}, "at once"
    g.until("DISENGAGED")
    g.advance(0.1)
    count = len(heard)
    g.advance(0.4)
    assert len(heard) == count and twist_of(heard.messages[-1]) == (0.0,) * 6


def test_no_base_without_the_setting(gate):
    g = gate(operator=False)
    assert g.gate.count_publishers(BASE) == 0


WAVING_S = 0.02


@pytest.mark.timed
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_gate_that_is_ended_by_a_signal_sends_zeros(program, peer, mobile_robot, number):
    heard = peer.listen(Float64MultiArray, COMMANDS)
    states = peer.listen(GateState, "/gate/state")
    robot = mobile_robot(controllers("velocities"))
    parameters = (f"robot:={robot}", "reference:=home", "arming_s:=0.1", "max_age_s:=1.0")
    node = program("gate_node", "--ros-args", *(word for p in parameters for word in ("-p", p)))
    publisher = peer.publisher(BodyPoseArray, "/frankmocap/bodies", 1)
    figure = scene("stall", 4.5)[0]
    moves, ends = threading.Event(), threading.Event()

    def show():
        rng, start_s = np.random.default_rng(1), time.monotonic()
        while not ends.wait(WAVING_S):
            positions = figure.positions[: len(BODY)] + rng.normal(0.0, 5e-4, (len(BODY), 3))
            if moves.is_set():
                positions[WRIST, 1] -= 0.2 * (1.0 - math.cos(3.0 * (time.monotonic() - start_s)))
            else:
                start_s = time.monotonic()
            publisher.publish(people(positions, figure.orientations_xyzw[: len(BODY)], peer.next_stamp()))

    shows = threading.Thread(target=show)
    shows.start()
    try:
        end_s = time.monotonic() + TIMEOUT_S
        while not peer.call(SetBool, "/gate/engage", SetBool.Request(data=True)).success:
            assert time.monotonic() < end_s, node.text()
        states.wait(lambda msg: msg.state == GateState.ENGAGED)
        moves.set()
        heard.wait(lambda msg: max(map(abs, msg.data)) > 0.1)
        code, seconds = node.end(number)
    finally:
        ends.set()
        shows.join()
    assert code == 0, node.text()
    assert seconds < 2.0
    assert "Traceback" not in node.text()
    wait_until(
        lambda: tuple(heard.messages[-1].data) == REST, "the controller goes on with its last velocities"
    )
