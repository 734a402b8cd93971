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

"""What the gate takes from an episode: what each message of bodies says of the operator, and when it came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.body.pose import Frame
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import RecordingError
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.teleop.operator_joints import OperatorJoints, operator_joints
from frankmocap_ros.teleop.operator_message import OperatorReader

_IMAGES_RUN_ID: Final = 1


@dataclass(frozen=True, eq=False)
class ReceivedBodies:
    """One message of bodies. Times are since the episode's start [s].

    Attributes:
        received_s: when it was received.
        run_id: of the mocap node that published it.
        frame_id: frame of the poses.
        operator: what it says of the operator; ``captured_s`` is the image's stamp.
    """

    received_s: float
    run_id: int
    frame_id: str
    operator: OperatorJoints


class BodiesReader:
    """Reads messages of bodies.

    Args:
        start_ns: the episode's start [ns].
    """

    def __init__(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._reader = OperatorReader(BODY_WITH_HANDS.names)

    def read(self, message: Any, log_time_ns: int) -> ReceivedBodies:
        """A message, and when it was received [ns]."""
        captured_s = 1e-9 * (nanoseconds(message.header.stamp) - self._start_ns)
        state = self._reader.read(message, captured_s)
        return ReceivedBodies(
            1e-9 * (log_time_ns - self._start_ns),
            int(message.run_id),
            str(message.header.frame_id),
            OperatorJoints(BODY_WITH_HANDS.names, state),
        )


def bodies_of_frames(frames: Iterable[Frame], start_s: float, delay_s: float) -> list[ReceivedBodies]:
    """Bodies that an estimator found in images, as if a node had published them.

    Args:
        frames: in order of time.
        start_s: the episode's start, on the clock of the frames' times [s].
        delay_s: from an image to the reception of its bodies [s].
    """
    found = []
    for frame in frames:
        operator = operator_joints(frame)
        captured_s = operator.time_s - start_s
        found.append(
            ReceivedBodies(captured_s + delay_s, _IMAGES_RUN_ID, "camera", operator.at_time(captured_s))
        )
    return found


def topic_of(topics: Mapping[str, str], type_name: str, wanted: str, flag: str) -> str:
    """The topic of a type; empty where there is none and none is wanted.

    Args:
        topics: name -> type.
        type_name: the type.
        wanted: name of the topic; empty for the only one of the type.
        flag: of the command, which names one.

    Raises:
        RecordingError: there is not the one that is wanted, or there are several.
    """
    found = sorted(name for name, of_type in topics.items() if of_type == type_name)
    listed = ", ".join(found) or "none"
    if wanted:
        if wanted not in found:
            raise RecordingError(f"{flag} {wanted}: no topic of {type_name}; there are: {listed}")
        return wanted
    if len(found) > 1:
        raise RecordingError(f"there are several topics of {type_name}: {listed}; name one: {flag} TOPIC")
    return found[0] if found else ""
