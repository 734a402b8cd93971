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

"""What a replay takes from an episode: bodies, what the operator asked for, and the settings of the gate."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from frankmocap_ros.body.message_fields import BODIES_TYPE
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.bodies import BodiesReader, ReceivedBodies, bodies_of_frames, topic_of
from frankmocap_ros.recording.episodes import EPISODE, EpisodeInfo, read_info
from frankmocap_ros.recording.parameter_event import PARAMETER_EVENT
from frankmocap_ros.recording.recorded_gate import (
    GateRequest,
    RequestReader,
    SettingsChange,
    SettingsReader,
)
from frankmocap_ros.recording.roles import GATE_STATE
from frankmocap_ros.sources.bag import Bag

_IMAGES_DELAY_S: Final = 0.05


@dataclass(frozen=True)
class Topics:
    """Topics of an episode that are named; empty for the only one of its type.

    Attributes:
        bodies: of the mocap node.
        gate_state: of the gate.
    """

    bodies: str = ""
    gate_state: str = ""


@dataclass(frozen=True, eq=False)
class ReplayInput:
    """What is replayed. Times are since the episode's start [s].

    Attributes:
        name: of the episode.
        info: what the episode says of itself; all empty for a bag of others.
        start_ns: time of the episode's first message [ns].
        bodies: in order of reception.
        requests: of the operator, in order; None where the gate's state was not recorded.
        followed: from when to when commands followed the operator, as recorded, each time.
        settings: of the gate, as they were set; empty where they were not recorded.
    """

    name: str
    info: EpisodeInfo
    start_ns: int
    bodies: tuple[ReceivedBodies, ...]
    requests: tuple[GateRequest, ...] | None = None
    followed: tuple[tuple[float, float], ...] = ()
    settings: tuple[SettingsChange, ...] = field(default=())


def read_replay(path: Path, topics: Topics = Topics(), frames: Iterable[Frame] | None = None) -> ReplayInput:
    """Read an episode, or any bag.

    Args:
        path: folder of the episode, or a bag.
        topics: which of its topics.
        frames: what an estimator finds in its images, with the images' stamps as times; None for the bodies
            that were recorded.

    Raises:
        MissingDependencyError: rosbags is not installed.
        RecordingError: there are no bodies, or it is not known which.
        SourceError: the bag cannot be read.
    """
    with Bag(path) as bag:
        start_ns = bag.start_ns
        bodies_topic = (
            "" if frames is not None else topic_of(bag.topics, BODIES_TYPE, topics.bodies, "--bodies-topic")
        )
        state_topic = topic_of(bag.topics, GATE_STATE, topics.gate_state, "--gate-topic")
        if frames is None and not bodies_topic:
            raise RecordingError(
                f"{path.name}: no topic of {BODIES_TYPE} was recorded; replay its images: --from images"
            )
        reader, requests, settings = BodiesReader(start_ns), RequestReader(), SettingsReader()
        bodies: list[ReceivedBodies] = []
        wanted = {bodies_topic, state_topic} - {""}
        wanted |= {name for name, of_type in bag.topics.items() if of_type == PARAMETER_EVENT}
        for one in bag.messages(wanted):
            time_s = 1e-9 * (one.log_time_ns - start_ns)
            if one.topic == bodies_topic:
                bodies.append(reader.read(one.message, one.log_time_ns))
            elif one.topic == state_topic:
                requests.read(one.message, time_s)
            else:
                settings.read(one.message, time_s)
    if frames is not None:
        bodies = bodies_of_frames(frames, 1e-9 * start_ns, _IMAGES_DELAY_S)
    if not bodies:
        raise RecordingError(f"{path.name}: no bodies in it: nothing to replay")
    return ReplayInput(
        name=path.name,
        info=read_info(path) if (path / EPISODE).is_file() else EpisodeInfo(),
        start_ns=start_ns,
        bodies=tuple(sorted(bodies, key=lambda body: body.received_s)),
        requests=tuple(requests.requests) if state_topic else None,
        followed=tuple(requests.followed),
        settings=tuple(settings.of_gate(state_topic)),
    )
