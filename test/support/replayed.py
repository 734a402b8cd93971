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

"""A person who exercises, as recorded bodies, and their replay with faults."""

from frankmocap_ros.bench.operators import exercise
from frankmocap_ros.recording.bodies import ReceivedBodies
from frankmocap_ros.recording.faults import injected
from frankmocap_ros.recording.replay import Replayed, replay
from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import updated
from support.episodes import DELAY_S, START_NS

CONFIG = updated(GateSettings(), {**SIMULATED, "arming_s": 0.2, "align_s": 0.3})
START_S = 0.8  # of faults; following has begun before
_SKIPPED_S = 1.2  # of who stands still at first


def _bodies():
    still = [one for one in exercise(5.0) if one.time_s > _SKIPPED_S]
    return [
        ReceivedBodies(one.time_s - _SKIPPED_S + DELAY_S, 7, "camera", one.at_time(one.time_s - _SKIPPED_S))
        for one in still
    ]


BODIES = _bodies()


def replayed(robot, amounts=None, seed=0, seconds=3.7):
    """The replay of the first seconds of ``BODIES`` with faults, by amounts; asks for control always."""
    bodies = [one for one in BODIES if one.received_s <= seconds]
    faulty = injected(bodies, amounts or {}, seed, START_S)
    return replay(robot, Replayed(faulty, START_NS, seconds, CONFIG))
