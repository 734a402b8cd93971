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

"""Checks in turn, and what is made of their findings."""

from frankmocap_ros.ros.gate.checks.engagement_checks import CheckResults, EngagementChecks
from frankmocap_ros.ros.gate.checks.finding import Finding, Severity, warning


class Fake:
    def __init__(self, name, *findings):
        self.name, self.findings, self.looks = name, findings, 0

    def look(self):
        self.looks += 1
        return self.findings


def test_the_first_looks_each_time_and_the_others_in_turn():
    first, a, b = Fake("first"), Fake("a"), Fake("b")
    checks = EngagementChecks(first, (a, b), lambda: (), lambda _: None)
    for _ in range(4):
        checks.look()
    assert (first.looks, a.looks, b.looks) == (4, 2, 2)


def test_what_is_found_is_told_once_and_sorted_by_what_follows():
    told = []
    first = Fake("first", Finding("two command", Severity.CONFLICT))
    other = Fake("other", Finding("wrong"), Finding("bad", logged=True), warning("slow"))
    checks = EngagementChecks(first, (other,), lambda: (), told.append)
    checks.look()
    checks.look()
    assert told == [
        CheckResults(
            ("wrong; bad (skip_checks: [other] engages anyway)",),
            "two command (skip_checks: [first] engages anyway)",
            ("slow",),
            ("bad", "slow"),
        )
    ]
    first.findings = other.findings = ()
    checks.look()
    assert told[1:] == [CheckResults()] and checks.found == CheckResults()


def test_a_skipped_check_finds_nothing_and_does_not_look():
    skipped = []
    first, other = Fake("first", Finding("wrong", Severity.CONFLICT)), Fake("other", Finding("bad"))
    checks = EngagementChecks(first, (other,), lambda: skipped, lambda _: None)
    checks.look()
    assert checks.found.conflict and checks.found.refusals
    skipped += ["first", "other"]
    checks.look()
    assert checks.found == CheckResults() and (first.looks, other.looks) == (1, 1)
