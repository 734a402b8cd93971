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

"""From descriptors to widgets and back, and what the panel says."""

import math

import pytest

from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.viewer.texts import GateHeard, Heard, gate_text, status_text
from frankmocap_ros.viewer.widgets import Described, grouped, shown, typed, widget_of


def described(s):
    low, high = float(s.minimum or 0.0), float(s.maximum or 0.0)
    return Described(s.name, s.default, s.description, s.allowed, low, high)


ALL = [(cls, s) for cls in (Settings, GateSettings) for s in settings_of(cls)]


@pytest.mark.parametrize(("cls", "s"), ALL, ids=[f"{cls.__name__}.{s.name}" for cls, s in ALL])
def test_every_live_setting_has_a_widget_that_gives_its_values_back(cls, s):
    widget = widget_of(described(s))
    assert (widget is not None) == s.live
    if widget is None:
        return
    assert s.text in widget.hint and s.allowed in widget.hint
    assert typed(widget, shown(widget.value)) == s.default
    assert type(typed(widget, shown(widget.value))) is type(s.default)
    if s.choices:
        assert (widget.kind, widget.options) == ("menu", s.choices)
    elif s.type is bool:
        assert widget.kind == "switch"
    elif s.type in (int, float):
        assert widget.kind in ("slider", "number")
        assert (widget.low, widget.high) == (s.minimum, s.maximum)


def test_a_slider_has_steps_that_a_hand_can_hit():
    widget = widget_of(Described("share", 0.3, "A share.", "0 .. 1", 0.0, 1.0))
    assert (widget.kind, widget.step) == ("slider", 0.001)
    count = widget_of(Described("n", 5, "A number.", "1 .. 1000", 1.0, 1000.0))
    assert (count.kind, count.step) == ("slider", 1.0)
    wide = widget_of(Described("id", 5, "An id.", "", 0.0, 2.0**31))
    assert wide.kind == "number"
    assert widget_of(Described("free", 0.5, "Without range.")).kind == "number"


@pytest.mark.parametrize(
    "p", [Described("a", 1, "Some.", read_only=True), Described("use_sim_time", False), Described("b", "x")]
)
def test_what_nobody_is_to_set_has_none(p):
    assert widget_of(p) is None


def test_lists_are_typed_with_commas():
    names = widget_of(Described("joints", ("a", "b"), "Names."))
    assert (names.kind, shown(names.value)) == ("names", "a, b")
    assert typed(names, " head ,left_wrist,") == ("head", "left_wrist")
    numbers = widget_of(Described("box", (1.0, 2.0), "Numbers."))
    assert typed(numbers, "1, -2.5") == (1.0, -2.5)
    with pytest.raises(ValueError, match="box: '1, two': enter numbers"):
        typed(numbers, "1, two")


def test_groups():
    names = ["one_euro_a", "one_euro_b", "one_euro_c", "hands", "detect_every_n", "detect_size"]
    assert grouped(names) == {
        "general": ["hands", "detect_every_n", "detect_size"],
        "one": ["one_euro_a", "one_euro_b", "one_euro_c"],
    }


def test_status_says_what_is_missing():
    assert "is not running" in status_text(Heard(), there=False)
    assert "no frame published yet" in status_text(Heard(), there=True)
    assert "No frame for 5 s" in status_text(Heard(since_s=5.0), there=True)
    assert "**2 publishers**" in status_text(Heard(since_s=0.1, conflict="2 publishers"), there=True)


def test_status_of_a_node_that_runs():
    values = {
        "estimator": "blazepose",
        "device": "cpu",
        "dropped/too_old": "3",
        "dropped/bomb": "0",
        "skipped": "7",
    }
    heard = Heard(29.9, [30.0, 40.0], 20.0, 2, "depth", 0.1, 1, "late", values)
    text = status_text(heard, there=True)
    for part in (
        "29.9 FPS",
        "p50 **35 ms**",
        "people: 2, meters from depth",
        "blazepose",
        "too_old 3; skipped 7",
    ):
        assert part in text
    assert "bomb" not in text and "**WARN**: late" in text


def test_gate():
    assert "no gate" in gate_text(None)
    text = gate_text(GateHeard("ENGAGED", "following the operator", ("left_wrist: speed",), 120.0))
    assert "**ENGAGED**: following the operator" in text
    assert "left_wrist: speed" in text and "120 ms" in text
    assert "trails" not in gate_text(GateHeard("HOLD", "lost", (), math.nan))
