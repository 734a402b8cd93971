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

"""What the operator sees and hears of the gate."""

import base64
import io
import wave

import numpy as np
import pytest

from frankmocap_ros.viewer.gate_signal import GateSignal, Signal
from frankmocap_ros.viewer.texts import GateHeard
from frankmocap_ros.viewer.tones import NAMES, tone_uri


def heard(name, reason="why", left_s=0.0):
    return GateHeard(name, reason, (), float("nan"), left_s)


def after(*events):
    """The signal after states and refusals, and the tones that were played."""
    signal = GateSignal()
    for event in events:
        if isinstance(event, str) and event.startswith("no: "):
            signal.refused(event.removeprefix("no: "))
        else:
            signal.hear(heard(event) if event else None)
    return signal.shown, signal.tones()


def test_the_time_left_while_arming():
    signal = GateSignal()
    signal.hear(heard("ARMING", "hold still for 1 s", 0.62))
    assert signal.shown == Signal("ARMING", "ARMING, 0.6 s left: hold still for 1 s")


@pytest.mark.parametrize(
    "events, kind, text, tones",
    [
        (["DISENGAGED", "ARMING", "ENGAGED"], "ENGAGED", "ENGAGED: why", ["engaged"]),
        (["ENGAGED"], "ENGAGED", "ENGAGED: why", []),  # it was so when the page was opened
        (["ENGAGED", "HOLD"], "HOLD", "HOLD: why", ["hold"]),
        (["ENGAGED", "HOLD", "DISENGAGED"], "DISENGAGED", "DISENGAGED: why", ["hold"]),
        (["ENGAGED", "FAULT", "FAULT"], "FAULT", "FAULT: why", ["refused"]),
        (["DISENGAGED", "no: nobody", "DISENGAGED"], "FAULT", "Refused: nobody", ["refused"]),
        (
            ["DISENGAGED", "no: a", "DISENGAGED", "no: b", "DISENGAGED"],
            "FAULT",
            "Refused: b",
            2 * ["refused"],
        ),
        (["DISENGAGED", "no: nobody", "ARMING"], "ARMING", "ARMING, 0.0 s left: why", ["refused"]),
        (["ENGAGED", None], "FAULT", "The gate is not heard any more; it was ENGAGED", ["refused"]),
        (["HOLD", None, None], "FAULT", "The gate is not heard any more; it was HOLD", ["refused"]),
        (["ENGAGED", None, "DISENGAGED"], "DISENGAGED", "DISENGAGED: why", ["refused"]),
    ],
)
def test_what_is_shown_and_heard(events, kind, text, tones):
    assert after(*events) == (Signal(kind, text), tones)


@pytest.mark.parametrize("events", [[None], ["DISENGAGED", None], ["FAULT", None]])
def test_no_gate_no_bar(events):
    assert after(*events) == (None, [])


def test_tones_are_played_once():
    signal = GateSignal()
    signal.refused("no")
    assert signal.tones() == ["refused"]
    assert signal.tones() == []


def test_what_a_message_says_is_text_and_no_page():
    bar = Signal("HOLD", "<script>alert(1)</script> & \"'").bar
    assert "<script" not in bar
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;" in bar


@pytest.mark.parametrize("name", NAMES)
def test_tones_are_short_and_differ(name):
    kind, _, data = tone_uri(name).partition(",")
    assert kind == "data:audio/wav;base64"
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        seconds = file.getnframes() / file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert 0.1 < seconds < 0.7
    assert 5000 < np.abs(samples).max() < 20000
    assert samples[0] == samples[-1] == 0
    assert [tone_uri(other) for other in NAMES].count(tone_uri(name)) == 1
