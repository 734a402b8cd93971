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

"""The panel's buttons for the recorder: begin an episode, end it with its outcome, discard it."""

import queue
from typing import Any, Final

_NOT_THERE: Final = "*no recorder*"
OUTCOMES: Final = ("unknown", "success", "failure")


class RecordPanel:
    """A folder of the side panel. What people want is left in ``asked``; everything else is for one thread.

    Args:
        gui: where it is shown.

    Attributes:
        asked: ``start``, ``stop`` or ``discard``, each with the outcome that is chosen.
    """

    def __init__(self, gui: Any) -> None:
        self.asked: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        with gui.add_folder("Recording"):
            self._status = gui.add_markdown(_NOT_THERE)
            self._start = gui.add_button("Record", color="green", disabled=True)
            self._outcome = gui.add_dropdown("outcome", OUTCOMES, initial_value=OUTCOMES[0])
            self._stop = gui.add_button("Stop recording", disabled=True)
            self._discard = gui.add_button("Discard", color="red", disabled=True)
            self._answer = gui.add_markdown("")
        for what, button in (("start", self._start), ("stop", self._stop), ("discard", self._discard)):
            button.on_click(lambda _, what=what: self.asked.put((what, str(self._outcome.value))))

    def show(self, there: bool, text: str, recording: bool) -> None:
        """Say how the recorder is.

        Args:
            there: whether its services can be called.
            text: its own words; empty where it said nothing lately.
            recording: whether an episode is being recorded.
        """
        text = (text or "the recorder is there") if there else _NOT_THERE
        if self._status.content != text:
            self._status.content = text
        works = (there and not recording, there and recording, there and recording)
        for button, enabled in zip((self._start, self._stop, self._discard), works, strict=True):
            if button.disabled == enabled:
                button.disabled = not enabled

    def answer(self, text: str) -> None:
        """Say what the recorder answered; after the end of an episode its outcome is unknown again."""
        self._answer.content = text
        self._outcome.value = OUTCOMES[0]
