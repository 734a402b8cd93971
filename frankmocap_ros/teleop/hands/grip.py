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

from dataclasses import dataclass

from frankmocap_ros.body.pose import JointState


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
