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

"""An episode in which a robot of two joints follows an operator, as the recorder writes it."""

import numpy as np

from frankmocap_ros.recording.episodes import EpisodeInfo
from frankmocap_ros.recording.mcap_writer import EpisodeWriter
from support.bags import gate_state, header, image, joint_pose, make, one_body, types

S = 1_000_000_000
START_NS = 1_700_000_000 * S
RATE_HZ = 10
STATES = ("DISENGAGED", "ARMING", "ENGAGED", "HOLD", "FAULT")
JOINTS = ("shoulder", "elbow")


def bodies(stamp_ns, operator_id=7, x=0.5):
    """One person with two joints, the second of which is not known."""
    joints = [
        joint_pose(name, (x, 0.0, 2.0), state=state) for name, state in (("left_wrist", 1), ("neck", 0))
    ]
    return one_body(stamp_ns, joints, operator_id=operator_id)


def joint_state(stamp_ns, numbers, velocities=()):
    return make(
        "sensor_msgs/msg/JointState",
        header=header(stamp_ns),
        name=list(JOINTS),
        position=np.array(numbers, float),
        velocity=np.array(velocities, float),
        effort=np.zeros(0),
    )


def grip(stamp_ns, opening):
    return make(
        "frankmocap_ros/msg/Grip",
        header=header(stamp_ns),
        side="left",
        opening=float(opening),
        state=1,
        confidence=1.0,
    )


def pixels(frame, size=(48, 64)):
    """An image whose colors tell the frame's number: flat, so that a codec keeps it."""
    shades = np.zeros((*size, 3), np.uint8)
    shades[:] = (40 + 2 * (frame % 80), 120, 200 - 2 * (frame % 80))  # BGR
    return shades


def messages(count=60, gaps=(), size=(48, 64), camera="/wrist/image_raw"):
    """Topic, time [ns] and message of an episode at ``RATE_HZ``.

    Args:
        count: number of instants.
        gaps: numbers of instants at which the gate is in HOLD.
        size: height and width of the camera's images [px].
        camera: its topic; None for none.
    """
    for i in range(count):
        at = START_NS + i * S // RATE_HZ
        yield (
            "/gate/state",
            at,
            gate_state(at, STATES.index("HOLD" if i in gaps else "ENGAGED"), operator_id=7),
        )
        yield "/frankmocap/bodies", at, bodies(at, x=i / 100)
        yield "/joint_states", at, joint_state(at, (i / 10, -i / 10), (1.0, -1.0))
        yield "/gate/joint_commands", at, joint_state(at, (i / 10 + 0.01, -i / 10 - 0.01))
        yield "/gate/grip/left", at, grip(at, i % 2)
        if camera is not None:
            yield camera, at, image(pixels(i, size), at)


def write_episode(folder, all_messages=None, task="pick the cube", outcome="success", complete=True):
    """An episode's folder.

    Args:
        folder: is made.
        all_messages: as ``messages`` gives them.
        task: in words.
        outcome: unknown, success, failure or discarded.
        complete: whether nothing was lost.
    """
    writer = EpisodeWriter(folder, EpisodeInfo(task=task, start_ns=START_NS, package_version="0.1.0"))
    for topic, at, message in messages() if all_messages is None else all_messages:
        cdr = bytes(types().serialize_cdr(message, message.__msgtype__))
        writer.write(topic, message.__msgtype__, cdr, at, at)
    info = writer.finish(outcome)
    if not complete:
        from frankmocap_ros.recording.episodes import write_info

        info.complete = False
        write_info(folder, info)
    return folder
