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

"""How far the robot's grippers are to be open: a bar and words for each side. Pure."""

import html
from collections.abc import Sequence

from frankmocap_ros.body.drawing import COLORS_BGR
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.hands.grip import Grip, grip_words


def grip_bars(grips: Sequence[Grip], limits: Sequence[str] = ()) -> str:
    """A bar for each gripper with its words, as HTML; empty for none.

    Args:
        grips: what the gate wants now.
        limits: as of ``grip_words``.
    """
    return "".join(_bar(grip, limits) for grip in grips)


def _bar(grip: Grip, limits: Sequence[str]) -> str:
    known = grip.state != JointState.INVALID
    percent = round(100.0 * min(max(grip.opening, 0.0), 1.0)) if known else 0
    blue, green, red = COLORS_BGR.get(grip.state, (200, 200, 200))
    side = html.escape(grip.side)
    text = f"{side} gripper: {html.escape(grip_words(grip, limits))}"
    return (
        f'<div style="margin:4px 12px;font-size:14px"><div>{text}</div>'
        f'<div role="meter" aria-label="{side} gripper" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}" style="height:8px;border-radius:4px;background:#dee2e6">'
        f'<div style="height:8px;border-radius:4px;width:{percent}%;background:rgb({red},{green},{blue})">'
        f"</div></div></div>"
    )
