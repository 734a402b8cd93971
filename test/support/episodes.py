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

"""Writes short episodes as the recorder does: bodies of who exercises, the gate's state and settings."""

import numpy as np

from frankmocap_ros.bench.operators import exercise
from frankmocap_ros.recording.episodes import EpisodeInfo
from frankmocap_ros.recording.mcap_writer import EpisodeWriter
from frankmocap_ros.settings.gate import SIMULATED
from frankmocap_ros.teleop.gate import State
from support.bags import gate_state, header, joint_pose, make, one_body, types

START_NS = 1_700_000_000_000_000_000
DELAY_S = 0.05  # from an image to the reception of its bodies
ASKED_S = 0.4
STATES = (
    (0.0, State.DISENGAGED, "not asked for"),
    (ASKED_S, State.ARMING, "hold still for 0.3 s"),
    (1.0, State.ENGAGED, "following the operator"),
)
SETTINGS = {**SIMULATED, "arming_s": 0.3, "align_s": 1.0, "motion_scale": 1.0, "skip_checks": ("",)}
_TYPES = {
    bool: (1, "bool_value"),
    int: (2, "integer_value"),
    float: (3, "double_value"),
    str: (4, "string_value"),
}


def ns(time_s):
    return START_NS + round(1e9 * time_s)


def bodies(seen, run_id=7):
    """A ``BodyPoseArray`` of what is seen of an operator."""
    poses = seen.state.poses
    joints = [
        joint_pose(
            name,
            poses.positions[i],
            poses.orientations[i],
            confidence=float(poses.confidence[i]),
            orientation_confidence=float(poses.oriented[i]),
            position_stddev=np.full(2, np.nan, np.float32),
            state=1 if seen.state.tracked[i] else 2 if poses.valid[i] else 0,
        )
        for i, name in enumerate(seen.names)
    ]
    return one_body(ns(seen.time_s), joints, seen.state.operator_id, run_id=run_id, age_ms=50.0)


def parameters(time_s, node, values, changed=False):
    """A ``ParameterEvent``."""
    empty = {
        "bool_value": False, "integer_value": 0, "double_value": 0.0, "string_value": "",
        "byte_array_value": np.zeros(0, np.uint8), "bool_array_value": np.zeros(0, bool),
        "integer_array_value": np.zeros(0, np.int64), "double_array_value": np.zeros(0),
        "string_array_value": [],
    }  # fmt: skip

    def parameter(name, value):
        if isinstance(value, tuple):
            number, of = (9, "string_array_value") if isinstance(value[0], str) else (8, "double_array_value")
            value = list(value) if number == 9 else np.array(value, dtype=float)
        else:
            number, of = _TYPES[type(value)]
        filled = make("rcl_interfaces/msg/ParameterValue", type=number, **{**empty, of: value})
        return make("rcl_interfaces/msg/Parameter", name=name, value=filled)

    sent = [parameter(name, value) for name, value in values.items()]
    return make(
        "rcl_interfaces/msg/ParameterEvent",
        stamp=header(ns(time_s)).stamp,
        node=node,
        new_parameters=[] if changed else sent,
        changed_parameters=sent if changed else [],
        deleted_parameters=[],
    )


def write_episode(folder, seconds=6.0, settings=SETTINGS, states=STATES, more=()):
    """An episode.

    Args:
        folder: is made.
        seconds: how long somebody exercises.
        settings: recorded of the gate; None for none.
        states: of the gate, as time [s], state and reason; none for no such topic.
        more: further tuples of topic, time [s] and message.
    """
    sent = [("/frankmocap/bodies", seen.time_s + DELAY_S, bodies(seen)) for seen in exercise(seconds)]
    sent += [
        ("/gate/state", time_s, gate_state(ns(time_s), state, reason)) for time_s, state, reason in states
    ]
    if settings is not None:
        # one by one as a node declares them, then all at once as it answers the recorder
        one_by_one = [parameters(0.0, "/gate", {name: value}) for name, value in settings.items()]
        sent += [("/parameter_events", 0.0, event) for event in one_by_one]
        sent.append(("/parameter_events", 0.2, parameters(0.2, "/gate", settings)))
    sent = sorted([*sent, *more], key=lambda one: one[1])
    writer = EpisodeWriter(folder, EpisodeInfo(task="exercise", start_ns=START_NS, robot_map="torso"))
    for topic, time_s, message in sent:
        data = bytes(types().serialize_cdr(message, message.__msgtype__))
        writer.write(topic, message.__msgtype__, data, ns(time_s), ns(time_s))
    writer.finish("success")
    return folder
