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

"""How what RViz shows looks, whichever node publishes it."""

from typing import Final

from rclpy.duration import Duration
from std_msgs.msg import ColorRGBA

from frankmocap_ros.body.pose import JointState

COLORS: Final = {
    JointState.TRACKED: ColorRGBA(r=0.1, g=0.8, b=0.3, a=1.0),
    JointState.PREDICTED: ColorRGBA(r=1.0, g=0.7, b=0.1, a=1.0),
    JointState.HELD: ColorRGBA(r=0.9, g=0.2, b=0.2, a=0.8),
}
"""Of what is known."""
LIFETIME: Final = Duration(seconds=1).to_msg()
"""Nothing stays when the node dies."""
TEXT_HEIGHT_M: Final = 0.12
SPACE_WIDTH_M: Final = 0.06
"""RViz draws spaces as wide as ``scale.x`` of a text, and 1.3 m wide where that is zero."""
