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

"""Which instants become rows, what each knows, and what is counted of the others."""

import dataclasses
from types import SimpleNamespace as Fields

import numpy as np
import pytest

from frankmocap_ros.errors import RecordingError, SettingError
from frankmocap_ros.recording.recorded import recorded
from frankmocap_ros.recording.roles import AskedTopics, camera_name, roles_of
from frankmocap_ros.recording.rows import GATE_STATES, RowOptions, rows_of

S = 1_000_000_000
TOPICS = {
    "/gate/state": "frankmocap_ros/msg/GateState",
    "/frankmocap/bodies": "frankmocap_ros/msg/BodyPoseArray",
    "/joint_states": "sensor_msgs/msg/JointState",
    "/gate/joint_commands": "sensor_msgs/msg/JointState",
    "/gate/joint_trajectory": "trajectory_msgs/msg/JointTrajectory",
    "/gate/command/left_wrist": "geometry_msgs/msg/PoseStamped",
    "/gate/grip/left": "frankmocap_ros/msg/Grip",
    "/gate/base_command": "geometry_msgs/msg/TwistStamped",
    "/wrist/image_raw": "sensor_msgs/msg/Image",
    "/frankmocap/arm_joint_states": "sensor_msgs/msg/JointState",
}


def message(topic, time_s, **fields):
    return Fields(
        topic=topic, type_name=TOPICS[topic], log_time_ns=round(time_s * S), message=Fields(**fields)
    )


def joint(name, x, state=1):
    return Fields(name=name, state=state, pose=Fields(position=Fields(x=x, y=0.0, z=2.0)))


def bodies(time_s, operator=7, joints=None):
    people = [Fields(id=9, joints=[]), Fields(id=operator, joints=joints or [joint("left_wrist", time_s)])]
    return message(
        "/frankmocap/bodies", time_s, header=Fields(frame_id="cam"), operator_id=operator, bodies=people
    )


def gate(time_s, state):
    return message("/gate/state", time_s, state=GATE_STATES.index(state))


def joints(time_s, position, topic="/joint_states"):
    return message(topic, time_s, name=["a", "b"], position=np.array([position, -position]), velocity=[])


def image(time_s, stamp_s=None):
    stamp_ns = round((time_s if stamp_s is None else stamp_s) * S)
    stamp = Fields(sec=stamp_ns // S, nanosec=stamp_ns % S)
    return message("/wrist/image_raw", time_s, header=Fields(stamp=stamp))


def rows(messages, end_s=10.0, topics=None, **options):
    """Rows of an episode that starts at 0."""
    kinds = TOPICS if topics is None else {name: TOPICS[name] for name in topics}
    there = {m.topic for m in messages}
    roles = roles_of({name: kind for name, kind in kinds.items() if name in there}, AskedTopics())
    in_order = sorted(messages, key=lambda m: m.log_time_ns)
    return rows_of(recorded(in_order, roles), roles, (0, round(end_s * S)), RowOptions(**options))


def steady(start_s, end_s, *makers, period_s=0.1):
    count = round((end_s - start_s) / period_s)
    return [make(round(start_s + i * period_s, 6)) for make in makers for i in range(count + 1)]


def command(time_s):
    return joints(time_s, time_s, "/gate/joint_commands")


def engaged(start_s=0.0, end_s=10.0):
    return steady(start_s, end_s, lambda t: gate(t, "ENGAGED"))


def test_a_row_has_the_latest_of_everything_and_nothing_later():
    found = rows(
        [
            *engaged(),
            *steady(0, 10, bodies, lambda t: joints(t, t), command),
            *steady(0.05, 9.95, image),
        ],
        rate_hz=10,
    )
    assert found.seen == 101
    assert found.left_out == {"image of wrist older than 0.5 s": 1}  # none had come at 0
    assert found.times_ns[0] == S // 10
    np.testing.assert_allclose(found.values["state"].values[:, 0], found.times_ns / S)
    np.testing.assert_allclose(found.values["action"].values[:, 1], -found.times_ns / S)
    assert found.cameras["wrist"].messages.tolist() == list(range(100))
    assert found.values["operator"].names == ("left_wrist.x", "left_wrist.y", "left_wrist.z")
    np.testing.assert_allclose(found.values["operator"].values[:, 0], found.times_ns / S)
    assert found.operator_frame == "cam"
    assert found.operators.tolist() == [7] * 100
    assert found.part_slices() == [slice(0, 100)]


def test_the_rate_is_the_images_or_30():
    everything = [*engaged(), *steady(0, 10, lambda t: joints(t, t), command)]
    assert rows(everything).rate_hz == 30
    assert rows([*everything, *steady(0, 10, image, period_s=0.04)]).rate_hz == 25
    assert rows([*everything, *steady(0, 10, image, period_s=0.04)], rate_hz=50).rate_hz == 50


def test_the_rate_is_that_of_the_stamps():
    def polled(time_s):  # 30 Hz, received at 50 Hz: intervals of 20 and 40 ms
        return image(np.ceil(time_s * 50) / 50, time_s)

    period_s = 1 / 30
    assert rows([*engaged(), *steady(0, 10, polled, period_s=period_s)]).rate_hz == 30
    unstamped = steady(0, 10, lambda t: image(t, 0.0), period_s=period_s)
    assert rows([*engaged(), *unstamped]).rate_hz == 30


def test_what_the_gate_did_not_follow_is_left_out_and_counted_by_state():
    found = rows(
        [
            *steady(0.5, 1.9, lambda t: gate(t, "DISENGAGED")),
            *steady(2, 2.9, lambda t: gate(t, "ARMING")),
            *engaged(3, 5.9),
            *steady(6, 6.9, lambda t: gate(t, "HOLD")),
            *steady(7, 7.4, lambda t: gate(t, "FAULT")),
            *engaged(7.5, 10),
            *steady(0, 10, bodies, lambda t: joints(t, t), command),
        ],
        rate_hz=10,
    )
    assert found.left_out == {
        "no gate state yet": 5,
        "gate DISENGAGED": 15,
        "gate ARMING": 10,
        "gate HOLD": 10,
        "gate FAULT": 5,
    }
    assert len(found.times_ns) == 56 == found.seen - sum(found.left_out.values())
    assert found.part_slices() == [slice(0, 30), slice(30, 56)]
    assert found.frames.tolist() == [*range(30), *range(26)]
    assert found.parts.tolist() == [0] * 30 + [1] * 26


def test_a_lost_operator_is_left_out():
    known = [*engaged(), *steady(0, 10, lambda t: joints(t, t), command)]
    lost = rows([*known, *steady(0, 3.9, bodies), bodies(4, 0), *steady(6, 10, bodies)], rate_hz=10)
    assert lost.left_out == {"operator lost": 5 + 1, "bodies older than 0.5 s": 14}
    assert len(lost.part_slices()) == 2


def test_an_operator_who_is_not_among_the_bodies_is_lost():
    odd = bodies(5)
    odd.message.bodies.pop()
    found = rows([*engaged(), *steady(0, 4.9, bodies), odd, *steady(5.1, 10, bodies)], rate_hz=10)
    assert found.left_out == {"operator lost": 1}


def test_silence_of_the_gate_joints_or_camera_is_left_out():
    def silent(time_s):
        return not 3 < time_s < 5

    everything = steady(0, 10, bodies, command)
    parts = {
        "gate state older than 0.5 s": engaged(),
        "joint states older than 0.5 s": steady(0, 10, lambda t: joints(t, t)),
        "image of wrist older than 0.5 s": steady(0, 10, image),
    }
    for reason, quiet in parts.items():
        rest = [m for other in parts.values() if other is not quiet for m in other]
        heard = [m for m in quiet if silent(m.log_time_ns / S)]
        assert rows([*everything, *rest, *heard], rate_hz=10).left_out == {reason: 14}


def test_a_command_from_before_an_engagement_is_none():
    found = rows(
        [
            *engaged(0, 3),
            gate(3.1, "DISENGAGED"),
            *engaged(3.2, 10),
            *steady(0, 3, command),
            *steady(4.0, 10, command),
            *steady(0, 10, bodies, lambda t: joints(t, t)),
        ],
        rate_hz=10,
    )
    assert found.left_out == {"gate DISENGAGED": 1, "no action commanded yet": 8}


def test_the_last_command_is_held():
    found = rows(
        [*engaged(), command(0.0), command(5.0), *steady(0, 10, bodies, lambda t: joints(t, t))], rate_hz=10
    )
    assert found.left_out == {}
    assert found.values["action"].values[:, 0].tolist() == [0.0] * 50 + [5.0] * 51


def test_short_parts_are_left_out():
    found = rows([*engaged(0, 0.5), gate(0.6, "HOLD"), *engaged(0.7, 10)], rate_hz=10)
    assert found.left_out == {"gate HOLD": 1, "in a part shorter than 1 s": 6}
    assert len(rows([*engaged(0, 0.5), gate(0.6, "HOLD"), *engaged(0.7)], shortest_s=0.0).part_slices()) == 2


def test_joints_that_are_not_known_are_not_positions():
    people = [bodies(t / 10, joints=[joint("left_wrist", 1.0, 0), joint("neck", 2.0, 3)]) for t in range(101)]
    held = rows([*engaged(), *people], rate_hz=10).values
    assert np.isnan(held["operator"].values[:, :3]).all()
    assert (held["operator"].values[:, 3] == 2.0).all()
    assert held["operator_state"].names == ("left_wrist", "neck")
    assert (held["operator_state"].values == [0, 3]).all()


def test_targets_base_and_grips():
    target = Fields(position=Fields(x=1.0, y=2.0, z=3.0), orientation=Fields(x=0.0, y=0.0, z=0.0, w=1.0))
    twist = Fields(linear=Fields(x=0.1, y=0.2), angular=Fields(z=0.3))
    held = rows(
        [
            *engaged(),
            message("/gate/command/left_wrist", 0.0, pose=target),
            message("/gate/base_command", 0.0, twist=twist),
            message("/gate/grip/left", 0.0, side="left", opening=0.4),
        ]
    ).values
    assert held["target"].names[:2] == ("left_wrist.x", "left_wrist.y")
    assert held["target"].values[-1].tolist() == [1, 2, 3, 0, 0, 0, 1]
    assert held["base"].names == ("x", "y", "yaw")
    assert held["base"].values[-1].tolist() == [0.1, 0.2, 0.3]
    assert held["grip"].names == ("left",)
    assert held["grip"].values[-1].tolist() == [0.4]


def test_trajectories_count_where_no_joint_commands_are():
    points = [Fields(positions=[0.0]), Fields(positions=[0.5])]
    trajectory = message("/gate/joint_trajectory", 0.0, joint_names=["a"], points=points)
    empty = message("/gate/joint_trajectory", 1.0, joint_names=["a"], points=[])
    found = rows([*engaged(), trajectory, empty])
    assert found.values["action"].names == ("a",)
    assert (found.values["action"].values == 0.5).all()
    both = rows([*engaged(), trajectory, command(0.0)])
    assert both.values["action"].names == ("a", "b")


def test_everything_is_kept_where_that_is_asked_for():
    found = rows([gate(2.0, "ARMING"), bodies(5.0)], rate_hz=10, everything=True)
    assert found.left_out == {}
    assert len(found.times_ns) == found.seen == 101
    assert set(found.gate.tolist()) == {255, 1}
    assert np.isnan(found.values["operator"].values[:50]).all()
    assert not np.isnan(found.values["operator"].values[50:]).any()


def test_without_a_gate_nothing_is_followed():
    assert rows([bodies(1.0)], rate_hz=10).left_out == {"no gate was recorded": 101}


def test_topics_of_people_and_of_no_camera_play_no_role():
    kinds = {
        **TOPICS,
        "/humans/bodies/3/joint_states": "sensor_msgs/msg/JointState",
        "/frankmocap/annotated": "sensor_msgs/msg/Image",
        "/depth": "sensor_msgs/msg/Image",
        "/wrist/image_raw/compressed": "sensor_msgs/msg/CompressedImage",
        "/front/image/compressed": "sensor_msgs/msg/CompressedImage",
    }
    roles = roles_of(kinds, AskedTopics())
    assert roles.state == "/joint_states"
    assert roles.images == {"/front/image/compressed": "front", "/wrist/image_raw": "wrist"}
    assert "/frankmocap/arm_joint_states" not in roles.topics


def test_topics_that_are_asked_for():
    asked = AskedTopics(state="/frankmocap/arm_joint_states", action="/gate/joint_trajectory", images=())
    roles = roles_of(TOPICS, asked)
    assert (roles.state, roles.action) == ("/frankmocap/arm_joint_states", "/gate/joint_trajectory")
    assert roles.images == {}


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (
            {"state": "/nothing"},
            "--state /nothing: no messages of it; of this type are: /frankmocap/arm_",
        ),
        ({"gate": "/joint_states"}, "not frankmocap_ros/msg/GateState; of this type are: /gate/state"),
        ({"images": ("/gate/state",)}, "--images /gate/state: .* of this type are: /wrist/image_raw"),
    ],
)
def test_topics_that_cannot_be_used(asked, text):
    with pytest.raises(RecordingError, match=text):
        roles_of(TOPICS, AskedTopics(**asked))


def test_several_gates_are_not_guessed():
    with pytest.raises(RecordingError, match=r"gate: /b/state, /gate/state; choose one: --gate TOPIC"):
        roles_of({**TOPICS, "/b/state": TOPICS["/gate/state"]}, AskedTopics())


@pytest.mark.parametrize(
    "topic", ["/a\0b/image", "/a b/image", "/" + 300 * "x", "/a\nb/image", "//image", "/a/../../image/"]
)
def test_a_topic_that_cannot_name_a_file_is_no_camera(topic):
    kinds = {**TOPICS, topic: TOPICS["/wrist/image_raw"]}
    with pytest.raises(RecordingError, match=r"images: '.*' cannot name a camera; allowed: letters, digits"):
        roles_of(kinds, AskedTopics())
    others = AskedTopics(images=("/wrist/image_raw",))
    assert roles_of(kinds, others).images == {"/wrist/image_raw": "wrist"}


def test_names_of_cameras():
    assert camera_name("/image") == "image"
    assert camera_name("/left/wrist/image_raw/compressed") == "left_wrist"


@pytest.mark.parametrize("name", ["rate_hz", "shortest_s", "max_age_s"])
def test_options_out_of_range(name):
    with pytest.raises(SettingError, match="out of range"):
        dataclasses.replace(RowOptions(), **{name: -1})
