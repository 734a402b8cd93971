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

"""The gate as a node: who asks, what goes out and when it stops, through real DDS."""

import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.duration import Duration
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile
from rclpy.serialization import serialize_message
from rclpy.task import Future
from sensor_msgs.msg import Imu, JointState, Joy
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from frankmocap_ros.body.frames import BODY_FROM_OPTICAL
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.errors import RobotError
from frankmocap_ros.msg import BodyPoseArray, GateState
from frankmocap_ros.ros.common.destroying import destroy_in_executor
from frankmocap_ros.teleop.controller import Controller
from support.clocks import RealClocks
from support.gate import ARM, LEFT, Arm, Operator, at_reference, deliver, people, stamp_s
from support.peer import as_dict
from support.waiting import wait_until


def test_commands_come_at_100_hz_once_engaged(gate):
    g = gate()
    g.seen()
    assert g.silent()
    g.engaged()
    g.command()
    heard = len(g.left)
    g.advance(2.0)
    g.command()
    commands = g.left.messages[heard:]
    assert 195 <= len(commands) <= 205
    stamps = [stamp_s(msg) for msg in commands]
    assert np.diff(stamps) == pytest.approx(0.01, abs=1e-5)
    assert {msg.header.frame_id for msg in commands} == {"base_link"}
    state = g.states.messages[-1]
    assert state.state == GateState.ENGAGED and state.operator_id == 1
    assert 0.0 < state.age_ms < 200.0
    assert state.commands > len(commands) - 10, "as of the last state"


def test_the_state_is_told_to_whoever_comes_later_and_at_20_hz(gate):
    g = gate(operator=False)
    g.advance(0.1)
    late = g.listen(
        GateState, "/gate/state", QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    )
    assert late.wait().state == GateState.DISENGAGED
    heard = len(g.states)
    g.advance(1.0)
    assert 19 <= len(g.states) - heard <= 21


def test_moving_moves_the_command(gate):
    g = gate().engaged()
    before = g.command().pose.position.z
    row = BODY.index["left_wrist"]
    for k in range(20):
        g.operator.offset[row, 1] = -0.015 * (k + 1)  # up, in the optical frame
        g.advance(0.04)
    g.advance(0.3)
    assert g.command().pose.position.z - before == pytest.approx(0.3, abs=0.06)


def test_poses_in_the_base_frame_are_taken_as_they_are(gate):
    """As the mocap node's target_frame gives them; and when they come in another one, nothing goes on."""
    g = gate()
    g.engaged()
    heard = len(g.states)
    g.operator.frame_id, g.operator.rotation = "base_link", BODY_FROM_OPTICAL
    assert "'base_link', not 'cam'" in g.until("DISENGAGED", heard).reason
    g.engaged()
    before = g.command().pose.position.z
    row = BODY.index["left_wrist"]
    for k in range(20):
        g.operator.offset[row, 1] = -0.015 * (k + 1)  # up, in the optical frame
        g.advance(0.04)
    g.advance(0.3)
    assert g.command().pose.position.z - before == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize(("mode", "counts"), [("locked", 0.0), ("scaled", 0.5), ("follow", 1.0)])
def test_depth_counts_as_depth_mode_says(gate, mode, counts):
    """Along the line of sight from where the message says that the camera is; live while disengaged only."""
    g = gate()
    g.operator.frame_id, g.operator.rotation = "base_link", BODY_FROM_OPTICAL
    g.operator.camera, g.operator.stddev = np.array((2.0, 0.5, 1.5)), (0.02, 0.1)
    g.seen()
    g.set(depth_mode=mode)
    g.engaged()
    other = "locked" if mode == "follow" else "follow"
    (refusal,) = g.try_to_set(depth_mode=other)
    assert "depth_mode cannot change while the gate is ENGAGED" in refusal.reason
    sight = g.operator.sight("left_wrist")
    before = position(g.command())
    for k in range(20):
        g.operator.offset[BODY.index["left_wrist"]] = -0.01 * (k + 1) * sight
        g.advance(0.04)
    g.advance(0.5)
    way = np.linalg.norm(position(g.command()) - before)
    assert way == pytest.approx(0.2 * counts, abs=0.02)


def test_uncertainty_slows_then_holds_and_says_so(gate):
    g = gate(slow_stddev_m=0.1, hold_stddev_m=0.3).engaged()
    g.operator.stddev = (0.05, 0.2)
    g.wait(g.states, lambda msg: any("slowed, uncertain" in limit for limit in msg.limits))
    assert g.states.messages[-1].state == GateState.ENGAGED
    g.operator.stddev = (0.05, 0.4)
    reason = g.until("HOLD").reason
    assert reason == "uncertain by 0.40 m, above hold_stddev_m 0.3: left_wrist"


class SizeService:
    """``~/calibrate`` of a mocap node that answers when the test says so."""

    def __init__(self, g):
        self.asked = []
        self.group = MutuallyExclusiveCallbackGroup()
        g.node.create_service(Trigger, "/frankmocap/calibrate", self._on_call, callback_group=self.group)

    async def _on_call(self, request, response):
        future = Future()
        self.asked.append(future)
        response.success, response.message = await future
        return response

    def answer(self, success, message=""):
        self.asked.pop(0).set_result((success, message))


def test_arming_waits_for_the_operators_size(gate):
    g = gate(calibrate_service="frankmocap/calibrate")
    g.seen()
    refused = g.engage()
    assert not refused.success and "there is no service /frankmocap/calibrate" in refused.message
    assert g.states.messages[-1].state == GateState.DISENGAGED
    service = SizeService(g)
    wait_until(lambda: g.engage().success, "the service is not found")
    wait_until(lambda: len(service.asked) == 1, "nobody was asked")
    g.advance(2.0)
    state = g.states.messages[-1]
    assert state.state == GateState.ARMING and "calibrating the operator's size" in state.reason
    assert "forearms raised" in state.reason, "what to do meanwhile"
    service.answer(True, "1.1 times")
    g.until("ENGAGED")
    g.engage(False)
    assert g.engage().success
    wait_until(lambda: len(service.asked) == 1, "nobody was asked again")
    service.answer(False, "the forearms point towards the camera")
    ended = g.until("DISENGAGED", len(g.states) - 1)
    assert ended.reason == "not calibrated: the forearms point towards the camera"


def position(msg):
    p = msg.pose.position
    return np.array((p.x, p.y, p.z))


def test_disengaging_is_silent_at_once(gate):
    g = gate().engaged()
    assert g.engage(False).success
    assert g.wait(g.states, lambda _: True).state == GateState.DISENGAGED
    assert g.silent()


@pytest.mark.parametrize(
    "parameters, operator, words",
    [
        ({}, False, "no bodies received"),
        ({"reference": "measured"}, True, "~/reference/left_wrist"),
        ({"require_deadman": True}, True, "deadman"),
        ({"gravity": "imu"}, True, "imu"),
    ],
    ids=["nobody", "no reference", "no deadman", "no imu"],
)
def test_a_request_is_refused_with_the_reason(gate, parameters, operator, words):
    g = gate(operator=operator, **parameters)
    if operator:
        g.seen()
    answer = g.engage()
    assert not answer.success
    assert words in answer.message
    assert g.silent()


SECOND = 10**9
STAMPS = {  # from the gate's ROS time [ns]
    "zero": (
        lambda now_ns: 0,
        "stamped 0: the camera's driver sets no stamps",
        "set stamps: arrival in the mocap node",
    ),
    "constant": (
        lambda now_ns: 1_700_000_000 * SECOND,
        "driver sets stamps once",
        "set stamps: arrival in the mocap node",
    ),
    "boot time": (
        lambda now_ns: now_ns % (1000 * SECOND) + SECOND,
        "a clock that began with",
        "set stamps: arrival in the mocap node",
    ),
    "future": (lambda now_ns: now_ns + SECOND, "s in the future", "synchronize the clocks"),
    "recording": (lambda now_ns: now_ns - 3600 * SECOND, "stamped 3600 s before", "use_sim_time: true"),
    "late": (
        lambda now_ns: now_ns - 6 * SECOND // 10,
        "s before they arrive, over max_age_s (0.2 s)",
        "raise max_age_s",
    ),
}


@pytest.mark.parametrize("name", STAMPS)
def test_stamps_that_tell_no_time_are_told_by_their_cause(gate, name):
    """Bodies come, and none of them is of now: why, and what helps."""
    stamp_ns, words, step = STAMPS[name]
    g = gate()
    diagnostics = g.listen(DiagnosticArray, "/diagnostics")
    g.operator.stamp_ns = lambda: stamp_ns(g.clocks.ros_ns())
    for _ in range(40):
        g.advance(0.1)
        refusal = g.engage()
        if words in refusal.message:
            break
    assert not refusal.success
    assert words in refusal.message
    assert refusal.message.startswith("no bodies received: ")
    assert "bodies are" in refusal.message and step in refusal.message
    status = g.wait(diagnostics, lambda m: words in m.status[0].message).status[0]
    assert status.level == DiagnosticStatus.WARN
    assert f"cannot engage: {refusal.message.removeprefix('no bodies received: ')[:20]}" in status.message


def test_who_does_not_publish_is_told(gate):
    g = gate(operator=False)
    assert "nobody publishes /frankmocap/bodies; start the mocap node" in g.engage().message
    g.publisher(BodyPoseArray, "frankmocap/bodies", 1)
    wait_until(lambda: "/peer publishes nothing on /frankmocap/bodies" in g.engage().message)
    assert "whether it is active and gets images" in g.engage().message


def test_stamps_that_leap_ahead_end_following_with_the_cause(gate):
    g = gate().engaged()
    g.operator.stamp_ns = lambda: g.clocks.ros_ns() + SECOND
    assert "clocks disagree: bodies are stamped" in g.until("HOLD").reason


@pytest.mark.parametrize("back_s, went", [(0, "stands still"), (400, "went back")])
def test_ros_time_that_does_not_go_on_ends_control(gate, back_s, went):
    """Nothing can be sent meanwhile: to go on where the operator is then would be a leap."""
    g = gate().engaged()
    forward_ns = g.clocks.ros_ns
    stood_ns = forward_ns()
    g.clocks.ros_ns = lambda: forward_ns() - 400 * SECOND if back_s else stood_ns
    reason = g.wait(g.states, lambda msg: msg.state == GateState.DISENGAGED).reason
    assert "no command could be sent for 0.2" in reason and f"as ROS time {went}: the robot may" in reason
    heard = len(g.left)
    if not back_s:
        g.clocks.ros_ns = forward_ns
    g.advance(0.5)
    assert len(g.left) == heard, "nothing goes on by itself"
    g.seen()
    assert g.engage().success
    g.until("ENGAGED")
    g.advance(0.5)
    stamps = [stamp_s(msg) for msg in g.left.messages[heard:]]
    assert len(stamps) > 30 and stamps == sorted(set(stamps))
    assert abs(stamps[-1] - 1e-9 * g.clocks.ros_ns()) < 0.1


ONE_ARM = {
    "reference": "measured", "targets": ["left_wrist"], "required_joints": ["left_wrist", "left_shoulder"],
}  # fmt: skip


def test_commands_start_where_the_robot_says_it_is(gate):
    g = gate(**ONE_ARM)
    at_reference(g)
    g.advance(0.3)
    heard = len(g.left)
    g.engaged()
    first = g.left.messages[heard].pose
    assert first.position.x == pytest.approx(0.4, abs=0.02)
    assert abs(first.orientation.z) == pytest.approx(1.0, abs=0.01)


def test_only_the_commanded_joints_are_needed_and_sent(gate, mobile_robot):
    """Wheels, gripper and a mimic joint beside the arm: nobody tells where these are, nothing moves them."""
    g = gate(reference="measured", robot=str(mobile_robot()))
    trajectories = g.listen(JointTrajectory, "/gate/joint_trajectory")
    commands = g.listen(JointState, "/gate/joint_commands")
    g.seen()
    assert "has not reported shoulder_pan_joint" in g.engage().message
    start = [0.2, 0.3, 0.8, 0.1]
    arm = Arm(g, reversed(ARM), start[::-1])
    wait_until(lambda: g.engage().success, "the gate does not engage, though the arm tells where it is")
    g.until("ENGAGED")
    first = g.wait(trajectories, lambda msg: len(msg.points) == 1, 0)
    assert tuple(first.joint_names) == ARM
    assert first.points[0].positions.tolist() == pytest.approx(start, abs=0.05)
    assert tuple(g.wait(commands, lambda _: True).name) == ARM
    assert {tuple(msg.joint_names) for msg in trajectories.messages} == {ARM}
    arm.regular.cancel()
    ended = g.until("DISENGAGED")
    assert "joint_states has not reported" in ended.reason


def test_each_controller_gets_the_trajectory_of_its_own_joints(gate, mobile_robot):
    pan, rest = [ARM[0]], [ARM[3], ARM[1], ARM[2]]
    lines = f"controllers: {{/pan/joint_trajectory: {pan}, /arm/joint_trajectory: {rest}}}"
    g = gate(robot=str(mobile_robot(lines.replace("'", ""))), trajectory_velocities=True)
    topics = ("/pan/joint_trajectory", "/arm/joint_trajectory", "/gate/joint_trajectory")
    one, three, all_of = (g.listen(JointTrajectory, topic) for topic in topics)
    g.seen()
    assert g.engage().success
    g.until("ENGAGED")
    last = g.wait(all_of, lambda _: True)
    whole = dict(zip(last.joint_names, last.points[0].positions, strict=True))
    for heard, names in ((one, pan), (three, rest)):
        msg = heard.wait(lambda msg: msg.header.stamp == last.header.stamp)
        assert list(msg.joint_names) == names
        assert msg.points[0].positions.tolist() == [whole[name] for name in names]
        assert len(msg.points[0].velocities) == len(names)
        assert msg.points[0].time_from_start == last.points[0].time_from_start


def test_a_simulated_robot_leaves_the_controllers_alone(gate, mobile_robot):
    lines = f"controllers: {{/arm/joint_trajectory: [{', '.join(ARM)}]}}"
    g = gate(robot=str(mobile_robot(lines)), robot_controllers=False)
    g.seen()
    assert g.engage().success
    g.until("ENGAGED")
    assert g.gate.count_publishers("/arm/joint_trajectory") == 0


def test_a_robot_map_that_names_a_joint_wrongly_is_refused_with_the_right_names(gate, mobile_robot):
    with pytest.raises(
        RobotError, match=r"no joint to command of the name elbow; it has elbow_joint, finger_joint"
    ):
        gate(robot=str(mobile_robot("joints: [elbow]")))


def test_a_robot_without_a_map_that_falls_silent_is_let_go(gate):
    g = gate(**ONE_ARM)
    _, telling = at_reference(g)
    g.advance(0.3)
    g.engaged()
    telling.cancel()
    assert "~/reference/left_wrist" in g.until("DISENGAGED").reason
    assert g.silent()


def test_a_robot_without_a_map_that_stands_is_let_go(gate):
    """The operator's hand goes on; nothing is sent that is far from the robot, nor held there."""
    g = gate(max_tracking_error=0.2, **ONE_ARM)
    at_reference(g)
    g.advance(0.3)
    g.engaged()
    start = len(g.states)
    row = BODY.index["left_wrist"]
    for k in range(25):
        g.operator.offset[row, 1] = -0.02 * (k + 1)  # up, in the optical frame
        g.advance(0.04)
    ended = g.until("DISENGAGED", start)
    assert "the robot does not follow: left_wrist" in ended.reason
    p = [msg.pose.position for msg in g.left.messages]
    assert max(np.hypot(q.x - 0.4, np.hypot(q.y, q.z)) for q in p) <= 0.2 + 1e-6
    assert g.silent()


def test_when_the_mocap_node_dies_commands_end_within_250_ms_and_nothing_comes_back(gate):
    g = gate().engaged()
    g.operator.here = False
    died_s = 1e-9 * g.clocks.ros_ns()
    g.until("HOLD")
    g.until("DISENGAGED")
    assert stamp_s(g.left.messages[-1]) - died_s < 0.25
    g.operator.operator_id = 2
    g.operator.here = True
    g.seen()
    assert g.silent(0.5)
    assert g.states.messages[-1].state == GateState.DISENGAGED


def test_a_second_publisher_is_not_mixed_in_ends_following_and_is_named(gate, elsewhere):
    """Two mocap nodes that both call their operator 1; what the second sees is 10 cm off."""
    g = gate().engaged()
    before = g.command().pose.position
    heard = len(g.states), len(g.left)
    other = Operator(g, elsewhere("second_mocap"), run_id=2)
    other.offset += 0.1
    try:
        g.until("HOLD", heard[0])
        state = g.wait(g.states, lambda msg: "/second_mocap" in msg.reason, heard[0])
        assert "2 publishers on /frankmocap/bodies: /peer, /second_mocap; stop all but one" in state.reason
        g.until("DISENGAGED", heard[0])
        for msg in g.left.messages[heard[1] :]:
            after = msg.pose.position
            assert max(abs(after.x - before.x), abs(after.y - before.y), abs(after.z - before.z)) < 0.03
        answer = g.engage()
        assert not answer.success and "/second_mocap" in answer.message
        diagnostics = g.listen(DiagnosticArray, "/diagnostics")
        status = g.wait(diagnostics, lambda msg: "/second_mocap" in msg.status[0].message).status[0]
        assert status.level == DiagnosticStatus.WARN
        assert as_dict(status)["publishers"] == "/peer, /second_mocap"
        assert int(as_dict(status)["ignored/another publisher"]) > 0
    finally:
        other.regular.cancel()
    destroy_in_executor(other.peer.node, other.peer.node.destroy_publisher, other.publisher)
    g.wait_until(lambda: g.engage().success)
    g.until("ENGAGED", heard[0])


def test_a_second_publisher_that_sends_nothing_is_refused_too(gate, elsewhere):
    g = gate().engaged()
    heard = len(g.states)
    elsewhere("second_mocap").publisher(BodyPoseArray, "frankmocap/bodies", 1)
    assert "2 publishers on /frankmocap/bodies" in g.until("HOLD", heard).reason
    g.wait(g.states, lambda msg: "/second_mocap" in msg.reason, heard)
    g.until("DISENGAGED", heard)
    assert "/second_mocap" in g.engage().message


def test_who_publishes_something_else_there_is_no_second_publisher(gate, elsewhere):
    g = gate()
    elsewhere("unrelated").node.create_publisher(Bool, "frankmocap/bodies", 1)
    g.wait_until(lambda: g.gate.count_publishers("frankmocap/bodies") == 2)
    g.engaged()


def test_a_mocap_node_that_was_started_again_must_be_asked_for_again(gate):
    """Its ids begin anew, so that the same one may be somebody else."""
    g = gate().engaged()
    diagnostics = g.listen(DiagnosticArray, "/diagnostics")
    g.wait(diagnostics, lambda msg: as_dict(msg.status[0])["publishers"] == "/peer")
    heard = len(g.states)
    g.operator.run_id = 2
    assert "/peer was restarted" in g.until("HOLD", heard).reason
    g.until("DISENGAGED", heard)
    assert g.silent(0.5)
    assert g.states.messages[-1].state == GateState.DISENGAGED
    heard = len(g.states)
    g.wait_until(lambda: g.engage().success)
    g.until("ENGAGED", heard)


def test_bytes_that_are_no_message_are_counted_and_nothing_breaks(gate):
    g = gate().engaged()
    heard = len(g.states)
    whole = serialize_message(BodyPoseArray(run_id=1))
    for data in (b"", whole[:4], whole[: len(whole) // 2], whole[:4] + b"\xff" * 64):
        deliver(g.operator.publisher, data)
        g.advance(0.05)
    diagnostics = g.listen(DiagnosticArray, "/diagnostics")
    g.wait(diagnostics, lambda msg: int(as_dict(msg.status[0])["ignored/unreadable"]) > 0)
    assert {msg.state for msg in g.states.messages[heard:]} == {GateState.ENGAGED}


def test_nobody_is_held_and_then_silent(gate):
    g = gate(hold_s=0.4).engaged()
    g.operator.operator_id = 0
    held = g.until("HOLD")
    assert "no longer in view" in held.reason
    heard = len(g.left)
    g.advance(0.2)
    assert len(g.left) > heard, "the last command is held"
    g.until("DISENGAGED")
    assert g.silent()


def test_the_deadman_must_be_held(gate):
    g = gate(require_deadman=True)
    switch = g.publisher(Bool, "/gate/deadman")
    holding = g.every(0.1, lambda: deliver(switch, Bool(data=True)))
    g.advance(0.3)
    g.engaged()
    holding.cancel()
    let_go_s = 1e-9 * g.clocks.ros_ns()
    ended = g.until("DISENGAGED")
    assert "deadman" in ended.reason
    assert stamp_s(ended) - let_go_s < 0.9
    assert g.silent()


def test_buttons_of_a_joystick(gate):
    g = gate(joy_engage_button=2, joy_release_button=1)
    joy = g.publisher(Joy, "joy")
    g.seen()

    def press(button):
        for down in (0, 1, 0):
            deliver(joy, Joy(buttons=[down * (k == button) for k in range(4)]))
            g.advance(0.05)

    press(2)
    g.until("ENGAGED")
    press(1)
    g.until("DISENGAGED")
    press(3)
    g.advance(0.3)
    assert g.states.messages[-1].state == GateState.DISENGAGED


def test_an_imu_in_the_camera_tells_where_up_is(gate):
    g = gate(gravity="imu")
    imu = g.publisher(Imu, "imu", 5)
    msg = Imu()
    msg.linear_acceleration.y = -9.81  # level: the optical frame's y axis is down
    measuring = g.every(0.02, lambda: deliver(imu, msg))
    g.advance(0.3)
    g.engaged()
    measuring.cancel()
    row = BODY.index["left_wrist"]
    before = g.command().pose.position.z
    for k in range(10):
        g.operator.offset[row, 1] = -0.02 * (k + 1)
        g.advance(0.04)
    g.advance(0.3)
    assert g.command().pose.position.z - before == pytest.approx(0.2, abs=0.06)


def test_tf_is_refused_where_it_is_not_installed(gate):
    pytest.importorskip("rclpy")
    g = gate(operator=False)
    try:
        import tf2_ros  # noqa: F401
    except ImportError:
        (result,) = g.try_to_set(heading="tf")
        assert not result.successful
        assert "tf2_ros" in result.reason and "apt install" in result.reason
        assert g.get("heading") == "operator"
    else:
        pytest.skip("tf2_ros is installed")


def test_tf_tells_how_the_camera_stands(gate, monkeypatch):
    """With a stand-in of the calls that tf2_ros has."""
    asked = []

    class Buffer:
        def lookup_transform(self, target, source, stamp):
            asked.append((target, source, stamp.sec > 0))
            rotation = SimpleNamespace(
                x=0.5, y=-0.5, z=0.5, w=-0.5
            )  # the optical frame of a camera that is level
            nowhere = SimpleNamespace(x=0.0, y=0.0, z=0.0)
            return SimpleNamespace(transform=SimpleNamespace(rotation=rotation, translation=nowhere))

    module = ModuleType("tf2_ros")
    module.Buffer, module.TransformException = Buffer, LookupError
    module.TransformListener = lambda buffer, node: None
    monkeypatch.setitem(sys.modules, "tf2_ros", module)
    gate(heading="tf").engaged()
    assert asked[-1] == ("base_link", "cam", True)


def test_parameters_change_only_while_nothing_moves(gate):
    g = gate().engaged()
    (result,) = g.try_to_set(max_speed=0.5)
    assert not result.successful
    assert "ENGAGED" in result.reason
    g.engage(False)
    g.set(max_speed=0.5)
    assert g.get("max_speed") == 0.5
    for name, value, words in (
        ("max_speed", 50.0, "0.001"),
        ("workspace_min", [0.0, 0.0], "3 numbers"),
        ("workspace_min", [3.0, 0.0, 0.0], "below workspace_max"),
        ("required_joints", ["nose"], "unknown joint nose"),
        ("rate_hz", 50.0, "restart the node"),
    ):
        (result,) = g.try_to_set(**{name: value})
        assert not result.successful, name
        assert words in result.reason
    g.engaged()


def test_a_new_limit_is_in_force(gate):
    g = gate()
    g.set(max_speed=0.05, reject_speed=50.0)
    g.engaged()
    g.operator.offset[BODY.index["left_wrist"], 1] = -0.2
    g.advance(1.0)
    points = np.array([(m.pose.position.z, stamp_s(m)) for m in g.left.messages])
    speed = np.abs(np.diff(points[:, 0])) / np.maximum(np.diff(points[:, 1]), 0.01)
    assert 0.02 < speed.max() < 0.06
    assert any("left_wrist: speed" in m.limits for m in g.states.messages)


def test_a_bug_is_a_fault_until_reset(gate, monkeypatch):
    g = gate().engaged()
    with monkeypatch.context() as broken:
        broken.setattr(Controller, "tick", lambda *_: 1 / 0)
        assert "division by zero" in g.until("FAULT").reason
        assert g.silent()
    assert "reset" in g.engage().message
    assert g.call(Trigger, "reset", Trigger.Request()).success
    assert not g.call(Trigger, "reset", Trigger.Request()).success
    g.advance(0.5)
    assert g.states.messages[-1].state == GateState.DISENGAGED
    g.engaged()


@pytest.mark.distribution
def test_a_request_that_breaks_the_gate_is_answered(gate, monkeypatch):
    """Whoever asked waited for ever: the worker's exception was the gate's alone."""
    g = gate()
    g.seen()
    monkeypatch.setattr(Controller, "request", lambda *_: 1 / 0)
    answer = g.engage()
    assert not answer.success
    assert "the gate failed: ZeroDivisionError: division by zero" in answer.message
    assert "call ~/reset" in answer.message
    assert "division by zero" in g.until("FAULT", after=0).reason


@pytest.mark.distribution
def test_a_stuck_worker_shows_as_lost_liveliness(gate):
    """Leases are the middleware's, in real time; a worker for whom no time passes is stuck."""
    g = gate(operator=False)
    lost = threading.Event()
    alive = threading.Event()

    def changed(event):
        (alive if event.alive_count else lost).set()

    qos = QoSProfile(
        depth=1, liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
        liveliness_lease_duration=Duration(nanoseconds=300_000_000),
    )  # fmt: skip
    g.node.create_subscription(
        PoseStamped, LEFT, lambda _: None, qos,
        event_callbacks=SubscriptionEventCallbacks(liveliness=changed),
    )  # fmt: skip
    while not alive.wait(0.01):
        g.advance(0.01)
    g.advance(0.05)
    lost.clear()
    for _ in range(100):
        assert not lost.wait(0.01), "silence alone is no death"
        g.advance(0.01)
    assert lost.wait(5.0)


@pytest.mark.timed
def test_commands_come_at_their_rate_and_young_by_the_computers_own_clocks(gate):
    g = gate(clocks=RealClocks()).engaged()
    ages_s = []
    g.node.create_subscription(
        PoseStamped, LEFT, lambda msg: ages_s.append(time.time() - stamp_s(msg)), QoSProfile(depth=1)
    )
    g.advance(0.2)
    ages_s.clear()
    start_s = time.monotonic()
    g.advance(1.0)
    assert len(ages_s) > 60 * (time.monotonic() - start_s), "on a machine that does other things as well"
    assert np.mean(np.array(ages_s) < 0.1) > 0.99


def test_malformed_people_harm_nothing(gate):
    g = gate().engaged()
    random = np.random.default_rng(0)
    n = len(BODY)
    for k in range(30):
        positions = random.choice((np.nan, np.inf, 1e300, 0.0), (n, 3))
        msg = people(positions, np.zeros((n, 4)), g.clocks.ros_ns(), operator_id=1 + k % 3)
        if k % 2 and msg.bodies:
            del msg.bodies[0].joints[int(random.integers(0, n)) :]
        deliver(g.operator.publisher, msg)
        g.advance(0.01)
    for msg in g.left.messages:
        p, q = msg.pose.position, msg.pose.orientation
        assert np.isfinite((p.x, p.y, p.z, q.x, q.y, q.z, q.w)).all()
    while g.states.messages[-1].state != GateState.DISENGAGED:
        g.advance(0.05)
    g.engaged()


def test_diagnostics_tell_the_state(gate):
    g = gate()
    heard = g.listen(DiagnosticArray, "/diagnostics")
    g.engaged()
    status = g.wait(heard, lambda msg: "ENGAGED" in msg.status[0].message).status[0]
    values = as_dict(status)
    assert status.name == "gate: teleoperation"
    assert values["state"] == "ENGAGED" and values["operator"] == "1"
    assert "p99" in values["busy_ms"]
