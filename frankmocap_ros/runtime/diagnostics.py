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

"""Turns rates, ages and faults into one status: OK, WARN or ERROR with a text that says what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

from frankmocap_ros.runtime.diagnostic_rules import RULES
from frankmocap_ros.runtime.snapshot import Level, Percentiles, Snapshot


@dataclass(frozen=True)
class Health:
    """One status.

    Attributes:
        level: the worst of all findings.
        text: all findings, the worst first.
        values: name -> text, for people and plots.
    """

    level: Level
    text: str
    values: dict[str, str]


def assess(snapshot: Snapshot) -> Health:
    """Status of the node: every rule speaks, the worst level wins and its text stands first."""
    findings = [f for rule in RULES if (f := rule(snapshot)) is not None]
    findings.sort(key=lambda f: -f[0])  # stable: the rules' order within a level
    if not findings:
        findings = [(Level.OK, _fine(snapshot))]
    return Health(findings[0][0], "; ".join(text for _, text in findings), dict(_values(snapshot)))


def _fine(s: Snapshot) -> str:
    """What there is to say when nothing is wrong."""
    if not s.active:
        return "inactive: no images are processed until the node is activated"
    by_arrival = ", stamped on arrival" if s.stamps == "arrival" else ""
    if not s.body_ids:
        return f"running, nobody in view{by_arrival}"
    people = "1 person" if len(s.body_ids) == 1 else f"{len(s.body_ids)} people"
    operator = "" if s.operator_id is None else f", operator {s.operator_id}"
    return f"tracking {people}{operator}{by_arrival}"


def _values(s: Snapshot) -> Iterator[tuple[str, str]]:
    """Every number as (name, text)."""
    yield "state", "active" if s.active else "inactive"
    yield "estimator", s.estimator
    yield "device", s.device
    for network, text in s.precisions.items():
        yield f"precision/{network}", text
    if s.precisions:
        yield "precision_undecided", str(s.undecided).lower()
    yield "image_topic", s.image_topic
    yield "stamps", s.stamps
    yield "calibration", s.calibration or "unknown"
    yield "input_rate_hz", f"{s.input_rate_hz:.2f}"
    yield "output_rate_hz", f"{s.output_rate_hz:.2f}"
    yield "since_image_s", "never" if s.since_image_s is None else f"{s.since_image_s:.2f}"
    yield "dropped", str(sum(s.dropped.values()))
    for reason, n in sorted(s.dropped.items()):
        yield f"dropped/{reason}", str(n)
    yield "skipped", str(s.skipped)
    yield "withheld", str(s.withheld)
    yield "latency_budget_ms", f"{s.latency_budget_ms:.1f}"
    if s.age_ms is not None:
        yield from _percentiles("age", s.age_ms)
    for stage, percentiles in s.stages_ms.items():
        yield from _percentiles(stage, percentiles)
    yield "tracked_ids", " ".join(map(str, s.body_ids)) or "none"
    yield "operator_id", "none" if s.operator_id is None else str(s.operator_id)
    for outcome, n in sorted(s.depth.items()):
        yield f"depth/{outcome}", str(n)
    yield "deadline_level", str(s.deadline_level)
    yield "deadline_measures", s.deadline_measures or "none"
    yield "detector_ratio", f"{s.detector_ratio:.3f}"
    yield "last_error", s.last_error or "none"


def _percentiles(name: str, p: Percentiles) -> Iterator[tuple[str, str]]:
    """Three percentiles as three numbers, so that they can be plotted."""
    for percent, ms in zip((50, 95, 99), p, strict=True):
        yield f"{name}_ms/p{percent}", f"{ms:.2f}"
