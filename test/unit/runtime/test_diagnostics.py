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

"""Every rule of the diagnostics at its boundary, and that the worst is told first."""

import math
from dataclasses import replace

import pytest

from frankmocap_ros.runtime import diagnostics
from frankmocap_ros.runtime.diagnostics import assess
from frankmocap_ros.runtime.snapshot import (
    DROP_NO_TRANSFORM,
    DROP_OUT_OF_ORDER,
    DROP_OVERWRITTEN,
    DROP_TOO_OLD,
    Level,
    Snapshot,
)

GOOD = Snapshot(
    active=True,
    estimator="blazepose",
    device="cpu",
    image_topic="/lab/image",
    active_s=60.0,
    since_image_s=0.03,
    input_rate_hz=30.0,
    output_rate_hz=29.5,
    latency_budget_ms=100.0,
    max_image_age_s=0.5,
    dropped={DROP_OVERWRITTEN: 7, "bad_step": 2},
    dropped_in_period={DROP_OVERWRITTEN: 1},
    skipped=4,
    age_ms=(40.0, 60.0, 80.0),
    age_min_ms=25.0,
    stages_ms={"detect": (1.0, 2.0, 3.0), "regress": (20.0, 25.0, 30.0)},
    body_ids=(3,),
    operator_id=3,
    detector_ratio=0.2,
)


def test_levels_have_the_numbers_of_diagnostic_status():
    assert {level.name: int(level) for level in Level} == {"OK": 0, "WARN": 1, "ERROR": 2, "STALE": 3}


def test_all_well():
    found = assess(GOOD)
    assert found.level is Level.OK
    assert found.text == "tracking 1 person, operator 3"
    assert assess(replace(GOOD, body_ids=(3, 5), operator_id=None)).text == "tracking 2 people"


def test_nobody_in_view_is_fine_and_said():
    found = assess(replace(GOOD, body_ids=(), operator_id=None))
    assert found.level is Level.OK
    assert "nobody in view" in found.text


@pytest.mark.parametrize(
    ("since_image_s", "level"),
    [
        (0.0, Level.OK),
        (0.999, Level.OK),
        (1.0, Level.WARN),
        (2.999, Level.WARN),
        (3.0, Level.ERROR),
        (1e6, Level.ERROR),
    ],
)
def test_silence_after_images(since_image_s, level):
    found = assess(replace(GOOD, since_image_s=since_image_s))
    assert found.level is level
    if level is not Level.OK:
        assert f"no image on /lab/image for {since_image_s:.1f} s" in found.text


@pytest.mark.parametrize(
    ("active_s", "level"), [(0.0, Level.WARN), (2.999, Level.WARN), (3.0, Level.ERROR), (1e6, Level.ERROR)]
)
def test_no_image_since_activation(active_s, level):
    found = assess(replace(GOOD, since_image_s=None, active_s=active_s, no_image="nobody publishes it"))
    assert found.level is level
    assert f"no image yet on /lab/image after {active_s:.1f} s: nobody publishes it" in found.text
    assert found.values["since_image_s"] == "never"


@pytest.mark.parametrize(
    ("p95_ms", "level"),
    [(99.9, Level.OK), (100.0, Level.OK), (math.nextafter(100.0, 200.0), Level.WARN), (250.0, Level.WARN)],
)
def test_age_against_the_budget(p95_ms, level):
    found = assess(replace(GOOD, age_ms=(40.0, p95_ms, 300.0)))
    assert found.level is level
    assert ("budget" in found.text) == (level is Level.WARN)


def test_age_over_the_budget_names_both_numbers():
    text = assess(replace(GOOD, age_ms=(40.0, 123.4, 300.0), latency_budget_ms=75.5)).text
    assert "123.4 ms" in text and "75.5 ms" in text and "latency_budget_ms" in text


def test_what_is_left_out_for_the_budget_is_told_with_the_next_step():
    words = "detects every 30 images; processes every 2nd image"
    eased = replace(GOOD, deadline_level=3, deadline_measures=words, latency_budget_ms=75.5)
    found = assess(eased)
    assert found.level is Level.WARN
    assert f"budget of 75.5 ms: {words};" in found.text
    assert "faster preset, estimator or engine, or raise latency_budget_ms" in found.text
    assert (found.values["deadline_level"], found.values["deadline_measures"]) == ("3", words)
    assert assess(replace(eased, active=False)).level is Level.OK


@pytest.mark.parametrize(
    ("age_min_ms", "level"),
    [(0.0, Level.OK), (-0.001, Level.OK), (-0.999, Level.OK), (-1.0, Level.WARN), (-3600e3, Level.WARN)],
)
def test_images_from_the_future(age_min_ms, level):
    found = assess(replace(GOOD, age_min_ms=age_min_ms))
    assert found.level is level
    assert ("clocks disagree" in found.text) == (level is Level.WARN)
    assert (f"{-age_min_ms:.1f} ms in the future" in found.text) == (level is Level.WARN)


@pytest.mark.parametrize(
    ("dropped", "level"),
    [
        ({}, Level.OK),
        ({"bad_step": 0}, Level.OK),
        ({DROP_OVERWRITTEN: 90}, Level.OK),
        ({"bad_step": 1}, Level.WARN),
        ({DROP_OVERWRITTEN: 90, "truncated": 1}, Level.WARN),
    ],
)
def test_malformed_images_of_the_period(dropped, level):
    found = assess(replace(GOOD, dropped_in_period=dropped))
    assert found.level is level
    assert ("malformed" in found.text) == (level is Level.WARN)


def test_malformed_images_are_told_by_reason_and_topic():
    dropped = {"bad_step": 1, DROP_OVERWRITTEN: 90, "truncated": 12, "bad_size": 0, "no_pixels": 1}
    text = assess(replace(GOOD, dropped_in_period=dropped)).text
    assert "truncated 12, bad_step 1, no_pixels 1;" in text
    assert "/lab/image" in text and DROP_OVERWRITTEN not in text and "bad_size" not in text


@pytest.mark.parametrize(("n", "level"), [(0, Level.OK), (1, Level.WARN)])
def test_images_too_old_when_their_turn_comes(n, level):
    found = assess(replace(GOOD, dropped_in_period={DROP_TOO_OLD: n}))
    assert found.level is level
    assert ("1 images dropped for exceeding max_image_age_s (0.5 s)" in found.text) == (level is Level.WARN)
    assert "malformed" not in found.text


@pytest.mark.parametrize(("n", "level"), [(0, Level.OK), (2, Level.WARN)])
def test_images_out_of_order(n, level):
    found = assess(replace(GOOD, dropped_in_period={DROP_OUT_OF_ORDER: n}))
    assert found.level == level
    assert ("2 images dropped because their stamps are out of order" in found.text) == bool(n)
    assert "malformed" not in found.text
    if n:
        assert f"ros2 topic info --verbose {GOOD.image_topic}" in found.text


def test_an_exception_of_the_estimator_is_an_error():
    found = assess(replace(GOOD, last_error="EstimatorError: no graph"))
    assert found.level is Level.ERROR
    assert "blazepose failed: EstimatorError: no graph" in found.text
    assert found.values["last_error"] == "EstimatorError: no graph"


def test_inactive_is_fine_and_quiet():
    idle = replace(
        GOOD,
        active=False,
        since_image_s=None,
        age_ms=(900.0, 900.0, 900.0),
        age_min_ms=-5.0,
        dropped_in_period={"bad_step": 3, DROP_TOO_OLD: 2},
    )
    found = assess(idle)
    assert found.level is Level.OK
    assert found.text.startswith("inactive")
    assert found.values["state"] == "inactive"
    assert assess(replace(idle, last_error="no files")).level is Level.ERROR


WRONG = {
    "failed": {"last_error": "boom"},
    "was left out": {"withheld_in_period": 1},
    "are stamped 0": {"stamp_fault": "images are stamped 0"},
    "no calibration": {"calibration_fault": "K is all zero"},
    "depth is not used": {"unheard": ("depth is not used: nothing comes",)},
    "none of 7 images": {"depth_in_period": {"missing": 7}, "depth_offset_s": -0.42},
    "clocks disagree": {"age_min_ms": -5.0},
    "malformed": {"dropped_in_period": {"bad_step": 1}},
    "exceeds the budget": {"age_ms": (1.0, 500.0, 500.0)},
    "reduces processing": {"deadline_level": 1, "deadline_measures": "detects every 15 images"},
}


def test_the_worst_stands_first_and_nothing_is_lost():
    changes = {"since_image_s": 1.5}
    for change in WRONG.values():
        changes.update(change)
    found = assess(replace(GOOD, **changes))
    assert found.level is Level.ERROR
    order = [
        "failed", "was left out", "no image on", "are stamped 0", "malformed", "no calibration",
        "depth is not used", "none of 7 images", "exceeds the budget", "reduces processing",
    ]  # fmt: skip
    assert "clocks disagree" not in found.text, "the stamps' fault says why"
    places = [found.text.index(word) for word in order]
    assert places == sorted(places)


@pytest.mark.parametrize("rules", [diagnostics.RULES, diagnostics.RULES[::-1]])
def test_an_error_stands_before_a_warning_whatever_the_rules_order(monkeypatch, rules):
    monkeypatch.setattr(diagnostics, "RULES", rules)
    found = assess(replace(GOOD, since_image_s=5.0, age_min_ms=-5.0))
    assert found.level is Level.ERROR
    assert found.text.startswith("no image on") and "; clocks disagree" in found.text


@pytest.mark.parametrize("word", WRONG)
def test_each_fault_alone_is_all_that_is_told(word):
    text = assess(replace(GOOD, **WRONG[word])).text
    assert word in text
    assert not any(other in text for other in WRONG if other != word)


def test_values_hold_every_number_as_text():
    assert assess(GOOD).values == {
        "state": "active",
        "estimator": "blazepose",
        "device": "cpu",
        "image_topic": "/lab/image",
        "stamps": "image",
        "calibration": "unknown",
        "input_rate_hz": "30.00",
        "output_rate_hz": "29.50",
        "since_image_s": "0.03",
        "dropped": "9",
        "dropped/bad_step": "2",
        "dropped/overwritten": "7",
        "skipped": "4",
        "withheld": "0",
        "latency_budget_ms": "100.0",
        "age_ms/p50": "40.00",
        "age_ms/p95": "60.00",
        "age_ms/p99": "80.00",
        "detect_ms/p50": "1.00",
        "detect_ms/p95": "2.00",
        "detect_ms/p99": "3.00",
        "regress_ms/p50": "20.00",
        "regress_ms/p95": "25.00",
        "regress_ms/p99": "30.00",
        "tracked_ids": "3",
        "operator_id": "3",
        "deadline_level": "0",
        "deadline_measures": "none",
        "detector_ratio": "0.200",
        "last_error": "none",
    }


def test_before_the_first_result_there_are_no_numbers_and_no_fault():
    found = assess(replace(GOOD, age_ms=None, age_min_ms=None, stages_ms={}, body_ids=(), operator_id=None))
    assert found.level is Level.OK
    assert found.values["operator_id"] == "none" and found.values["tracked_ids"] == "none"
    assert not any("p95" in name for name in found.values)


def test_a_transform_that_is_missing_is_told_with_its_reason():
    words = "from 'cam' to 'base' at an image's time: extrapolation into the past"
    lost = replace(GOOD, dropped_in_period={DROP_NO_TRANSFORM: 3}, no_transform=words)
    found = assess(lost)
    assert found.level is Level.ERROR
    assert found.text.startswith(f"3 images were not published: no transform {words}; check that")
    assert "malformed" not in found.text
    assert assess(replace(lost, dropped_in_period={})).level is Level.OK


@pytest.mark.parametrize(
    ("in_period", "offset_s", "level"),
    [
        ({"missing": 2}, 0.02, Level.OK),
        ({"missing": 3}, 0.02, Level.WARN),
        ({"missing": 30, "paired": 1}, 0.02, Level.OK),
        ({"missing": 30, "malformed": 2}, None, Level.OK),
        ({}, None, Level.OK),
    ],
)
def test_depth_that_never_pairs(in_period, offset_s, level):
    found = assess(replace(GOOD, depth_in_period=in_period, depth_offset_s=offset_s))
    assert found.level is level
    assert ("stamped 0.020 s later" in found.text) == (level is Level.WARN)


def test_an_image_that_is_too_old_for_its_stamp_is_not_told_to_be_slow():
    """max_image_age_s cannot help where the stamps are wrong."""
    late = replace(GOOD, dropped_in_period={DROP_TOO_OLD: 5})
    assert "raise max_image_age_s" in assess(late).text
    text = assess(replace(late, stamp_fault="images are stamped 0: set stamps: arrival")).text
    assert "images are stamped 0" in text and "5 images dropped" in text
    assert "raise" not in text and "resize_short" not in text


def test_stamps_on_arrival_are_told_also_where_all_is_well():
    found = assess(replace(GOOD, stamps="arrival"))
    assert found.level is Level.OK
    assert found.text == "tracking 1 person, operator 3, stamped on arrival"
    assert found.values["stamps"] == "arrival"


def test_people_left_out_are_told():
    lost = replace(GOOD, withheld=7, withheld_in_period=2)
    found = assess(lost)
    assert found.level is Level.WARN
    assert "2 times a person was left out: estimator blazepose gave" in found.text
    assert found.values["withheld"] == "7"
    assert assess(replace(lost, withheld_in_period=0)).level is Level.OK


def test_precisions_are_values():
    text = "bf16, joints differ from fp32 by 0.4 mm mean"
    found = assess(replace(GOOD, precisions={"body_smpl": text}, undecided=True))
    assert (found.level, found.text) == (Level.OK, "tracking 1 person, operator 3")
    assert (found.values["precision/body_smpl"], found.values["precision_undecided"]) == (text, "true")
    assert not any(name.startswith("precision") for name in assess(GOOD).values)
