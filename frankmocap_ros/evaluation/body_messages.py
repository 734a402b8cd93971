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

"""BodyPoseArray messages as records of one person; a message is whatever has its fields."""

from pathlib import Path
from typing import Any, Final

from frankmocap_ros.body.message_fields import BODIES_TYPE, body_of, pose_numbers
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.errors import EvaluationError
from frankmocap_ros.evaluation.json_lines import recording_of
from frankmocap_ros.evaluation.recording import Recording
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.sources.bag import Bag, is_bag
from frankmocap_ros.sources.bag_topics import with_topics

_STATES: Final = {int(state): state.name for state in JointState}


def bodies_record(msg: Any, body_id: int = 0) -> dict[str, Any]:
    """One message in the form of what ``frankmocap_ros process`` writes, with one person at most.

    Args:
        msg: a ``BodyPoseArray``.
        body_id: of the person; 0 for the operator.
    """
    body = body_of(msg, body_id)
    eye = msg.camera_position
    stamp = msg.header.stamp
    return {
        "stamp_s": nanoseconds(stamp) / 1e9,
        "frame_id": msg.header.frame_id if eye.x or eye.y or eye.z else "",
        "operator_id": int(msg.operator_id),
        "bodies": [_body(body)] if body is not None and body.has_3d else [],
    }


def _body(msg: Any) -> dict[str, Any]:
    return {"id": int(msg.id), "joints": [_joint(joint) for joint in msg.joints]}


def _joint(msg: Any) -> dict[str, Any]:
    numbers = pose_numbers(msg.pose)
    return {
        "name": msg.name,
        "state": _STATES[msg.state],
        "position_m": list(numbers[:3]),
        "orientation_xyzw": list(numbers[3:]),
        "orientation_confidence": msg.orientation_confidence,
        "pixel": [msg.pixel.x, msg.pixel.y],
        "position_stddev_m": [float(x) if x > 0.0 else None for x in msg.position_stddev],
    }


def is_bag_of_bodies(where: str | Path) -> bool:
    """Whether ``BAG`` or ``BAG:/TOPIC`` names a bag."""
    return is_bag(home_expanded(with_topics(str(where))[0]))


def read_bag(where: str | Path, body_id: int = 0) -> Recording:
    """One person of the bodies that a node published while they were recorded.

    Messages of another run of the node than the first one's, and of stamps that do not rise, are left out.

    Args:
        where: ``BAG``, or ``BAG:/TOPIC`` where it has bodies of several topics.
        body_id: as for ``bodies_record``.

    Raises:
        EvaluationError: the bag has no bodies, or those of several topics.
        SourceError: the bag cannot be read.
    """
    shown = printable(where)
    path, topic, _ = with_topics(str(where))
    with Bag(home_expanded(path)) as bag:
        topics = [name for name, kind in bag.topics.items() if kind == BODIES_TYPE]
        if not topic and len(topics) == 1:
            topic = topics[0]
        if topic not in topics:
            known = ", ".join(topics) or "it has none"
            raise EvaluationError(
                f"{shown}: name the topic of bodies in the bag, as BAG:/TOPIC; topics of {BODIES_TYPE}: "
                f"{known}"
            )
        records: list[tuple[str, dict[str, Any]]] = []
        run_id = None
        for number, received in enumerate(bag.messages([topic]), 1):
            run_id = received.message.run_id if run_id is None else run_id
            record = bodies_record(received.message, body_id)
            late = bool(records) and record["stamp_s"] <= records[-1][1]["stamp_s"]
            if received.message.run_id != run_id or late:
                continue
            records.append((f"{shown}: {topic}, message {number}", record))
    return recording_of(records, shown, body_id)
