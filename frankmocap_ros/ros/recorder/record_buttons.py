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

"""A joystick's buttons that begin and end episodes."""

from collections.abc import Callable

from sensor_msgs.msg import Joy

from frankmocap_ros.settings.recorder import RecorderSettings


class RecordButtons:
    """Hears the topic joy; for the thread that polls it.

    Args:
        config: which buttons.
        toggle: begins an episode, or ends it.
        discard: ends an episode as discarded.
    """

    def __init__(
        self, config: RecorderSettings, toggle: Callable[[], None], discard: Callable[[], None]
    ) -> None:
        self.config = config
        self._toggle, self._discard = toggle, discard
        self._before: tuple[int, ...] = ()

    def hear(self, msg: Joy, _: float) -> None:
        """Take a message; a button counts when it goes down, and the first message tells nothing."""
        before, self._before = self._before, tuple(msg.buttons)

        def pressed(button: int) -> bool:
            known = 0 <= button < min(len(before), len(self._before))
            return known and bool(self._before[button]) and not before[button]

        if pressed(self.config.joy_discard_button):
            self._discard()
        elif pressed(self.config.joy_record_button):
            self._toggle()
