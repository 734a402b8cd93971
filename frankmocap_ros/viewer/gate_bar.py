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

"""The bar over the page that says how the gate is, and its tones."""

from typing import TYPE_CHECKING, Any, Final

from frankmocap_ros.viewer.gate_signal import Signal
from frankmocap_ros.viewer.tones import tone_uri

if TYPE_CHECKING:
    import viser

_HINT: Final = (
    "Play tones for ENGAGED, HOLD and refusals. A browser plays none before the first click on its page."
)


class GateBar:
    """Bar and tones. For the drawing thread, but for the checkbox.

    Args:
        gui: viser's.
    """

    def __init__(self, gui: "viser.GuiApi") -> None:
        self._bar: Any = gui.add_html("")
        self._audio: Any = gui.add_html("")
        self._played = 0
        self._sound = gui.add_checkbox("sound", False, hint=_HINT)
        self._sound.on_update(lambda _: self.play("on"))

    def show(self, signal: Signal | None) -> None:
        """Show a signal, or nothing."""
        content = "" if signal is None else signal.bar
        if self._bar.content != content:
            self._bar.content = content

    def play(self, tone: str) -> None:
        """Play a tone where sound is on."""
        if self._sound.value:
            self._played += 1  # the same tone again is another element
            named = f'data-tone="{tone}" data-number="{self._played}"'
            self._audio.content = f'<audio autoplay {named} src="{tone_uri(tone)}"></audio>'
