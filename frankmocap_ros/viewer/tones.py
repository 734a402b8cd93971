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

"""Short tones as WAV, made of sines: no file of anybody's. Pure."""

import base64
import io
import wave
from functools import lru_cache
from typing import Final

import numpy as np

_RATE_HZ: Final = 8000
_NOTE_S: Final = 0.14
_FADE_S: Final = 0.01  # at both ends of a note, against clicks
_LOUD: Final = 0.35
_NOTES_HZ: Final = {
    "engaged": (523.25, 783.99),  # rising
    "hold": (659.26, 440.0, 659.26, 440.0),  # falling, twice
    "refused": (196.0, 0.0, 196.0),  # low, twice
    "on": (659.26,),  # that sound is on
}
NAMES: Final = tuple(_NOTES_HZ)


@lru_cache
def tone_uri(name: str) -> str:
    """A tone as a ``data:`` URI of a mono 16-bit WAV of 8 kHz."""
    time_s = np.arange(round(_NOTE_S * _RATE_HZ)) / _RATE_HZ
    fade = np.clip(np.minimum(time_s, time_s[-1] - time_s) / _FADE_S, 0.0, 1.0)
    notes = [fade * np.sin(2.0 * np.pi * hz * time_s) for hz in _NOTES_HZ[name]]
    samples = (32767 * _LOUD * np.concatenate(notes)).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE_HZ)
        file.writeframes(samples.tobytes())
    return "data:audio/wav;base64," + base64.b64encode(buffer.getvalue()).decode()
