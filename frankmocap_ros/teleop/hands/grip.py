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

"""What a gripper is to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.body.pose import JointState

_NOT_SEEN: Final = "hand not seen"


@dataclass(frozen=True)
class Grip:
    """How far one gripper is to be open now; same meaning as ``Grip.msg``.

    Attributes:
        side: ``left`` or ``right``, the robot's.
        opening: 0 shut to 1 open.
        state: HELD where the hand is not seen, nothing is followed, or a pedal has to take over again;
            INVALID where nobody has taken over since the engagement began. The gripper stays in both.
        confidence: of what was measured, 0..1.
    """

    side: str
    opening: float
    state: JointState = JointState.INVALID
    confidence: float = 0.0


def grip_words(grip: Grip, limits: Sequence[str] = ()) -> str:
    """Opening and state of one gripper.

    Args:
        grip: what the gate wants of it.
        limits: what holds the gate's commands back, of ``GateState``; a gripper's begin with its side.
    """
    why = next((words for one in limits if (words := one.removeprefix(f"{grip.side}_grip: ")) != one), "")
    if grip.state == JointState.INVALID:
        return f"stays as it is: {why or _NOT_SEEN}"
    opening = f"{grip.opening:.0%} open"
    if grip.state == JointState.HELD:
        return f"{opening}, held: {why or _NOT_SEEN}"
    return f"{opening}, {grip.state.name.lower()}" + (f": {why}" if why else "")
