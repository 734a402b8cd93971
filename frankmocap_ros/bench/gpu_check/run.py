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

"""Runs the parts one after the other, each in a process of its own, and prints each line when it is known."""

import json
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.gpu_check.check import STANDIN, Job
from frankmocap_ros.bench.gpu_check.parts import MACHINE, PARTS
from frankmocap_ros.bench.rows import BenchRow, percentiles

LIMIT_S: Final = 600.0
# what a GPU should do, as the median [ms]
TARGETS_MS: Final = {
    ("regressor torch graph fp16", 1): 1.0,
    ("whole frame, 1 person, 1 camera", 1): 3.0,
    ("whole frame, 8 people, 1 camera", 8): 6.0,
}
_CODE: Final = """
import sys
sys.path.pop(0)
from frankmocap_ros.bench.gpu_check.parts import main
sys.exit(main(sys.argv[1]))
"""

Say = Callable[[str], None]


@dataclass
class Report:
    """What was found.

    Attributes:
        machine: versions and names.
        no_device: why there is no GPU; empty where there is one.
        steps: each thing that is right or wrong: part, name, ok (None where it did not run) and text.
        rows: what was measured.
    """

    machine: dict[str, str] = field(default_factory=dict)
    no_device: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    rows: list[BenchRow] = field(default_factory=list)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """What is wrong."""
        return [step for step in self.steps if step["ok"] is False]

    def record(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "machine": self.machine,
            "no_device": self.no_device,
            "steps": self.steps,
            "rows": [row.record() for row in self.rows],
        }


def run_check(
    say: Say,
    device: str = "cuda",
    small: bool = False,
    parts: Sequence[str] = tuple(PARTS),
    write_standin: Callable[[Path], object] = lambda _: None,
) -> Report:
    """Run the check.

    Args:
        say: takes each line of text.
        device: cuda, or cpu to rehearse what runs there.
        small: with a network of three layers, for tests.
        parts: which, in order.
        write_standin: writes stand-in weights into a folder, for whole frames.
    """
    report, end_s = Report(), time.monotonic() + LIMIT_S
    with tempfile.TemporaryDirectory(prefix="frankmocap_gpu_check_") as cache:
        for name in parts:
            left_s = end_s - time.monotonic()
            why = _left_out(name, device, report, left_s)
            if why:
                _step(report, say, name, {"name": name, "ok": None, "text": why})
                continue
            if PARTS[name].standin:
                say(f"[{name}] writing stand-in weights")
                write_standin(Path(cache) / STANDIN)
            limit_s = min(PARTS[name].limit_s, left_s)
            for line in _lines(Job(name, device, cache, small), limit_s):
                _take(report, say, name, line)
    counts = (sum(step["ok"] is ok for step in report.steps) for ok in (True, False, None))
    say("{} right, {} wrong, {} not run".format(*counts))
    return report


def _left_out(name: str, device: str, report: Report, left_s: float) -> str:
    """Why a part is not run; empty where it is."""
    if device == "cuda" and report.no_device and name != MACHINE:
        return f"no device: {report.no_device}"
    if device == "cpu" and not PARTS[name].on_cpu:
        return "no device: this part needs a GPU"
    return "" if left_s > 1.0 else f"no time left of {LIMIT_S:g} s"


def _take(report: Report, say: Say, part: str, line: dict[str, Any]) -> None:
    """One line of a part's process."""
    kind = line.pop("kind")
    if kind == "machine":
        report.machine |= line["found"]
        say("; ".join(f"{name} {value}" for name, value in line["found"].items()))
    elif kind == "no device":
        report.no_device = line["text"]
        _step(report, say, part, {"name": "GPU", "ok": None, "text": f"no device: {line['text']}"})
    elif kind == "row":
        report.rows.append(_row(report, **line))
    elif kind == "step":
        _step(report, say, part, line)
    else:
        say(f"[{part}] {line['text']}")


def _step(report: Report, say: Say, part: str, step: dict[str, Any]) -> None:
    report.steps.append({"part": part, **step})
    word = {True: "right", False: "WRONG", None: "not run"}[step["ok"]]
    name = step["name"] if step["name"] != part else ""
    say(f"[{part}] {word}: {': '.join(filter(None, (name, step['text'])))}")


def _row(report: Report, name: str, precision: str, people: int, times_ms: list[float]) -> BenchRow:
    total, median = percentiles(times_ms), float(np.median(times_ms))
    target = TARGETS_MS.get((name, people))
    aim = {} if target is None else {"target": f"{target:g} ms {'met' if median <= target else 'missed'}"}
    return BenchRow(
        f"gpu check: {name}, {people}",
        "frankmocap",
        precision=precision,
        people=people,
        total_ms=total,
        fps=round(1e3 / float(np.mean(times_ms)), 2),
        frames=len(times_ms),
        more={"device": report.machine.get("gpu", "cpu"), **aim},
    )


def _lines(job: Job, limit_s: float) -> Iterator[dict[str, Any]]:
    """What the process of a part sends, and how it ended where that is not well."""
    text = json.dumps(job.record())
    process = subprocess.Popen(
        [sys.executable, "-c", _CODE, text], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0
    )
    wrong, end_s = False, time.monotonic() + limit_s
    try:
        for line in _read(process, end_s):
            wrong = wrong or line.get("ok") is False
            yield line
        if time.monotonic() >= end_s:
            yield {"kind": "step", "name": job.part, "ok": None, "text": f"ended after {limit_s:.0f} s"}
        elif process.wait() and not wrong:
            yield {"kind": "step", "name": job.part, "ok": False, "text": _end(process.returncode)}
    finally:
        process.kill()
        process.wait()


def _read(process: "subprocess.Popen[bytes]", end_s: float) -> Iterator[dict[str, Any]]:
    """Lines, until the process ends or its time has come."""
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while ready.select(max(0.0, end_s - time.monotonic())):
            data = process.stdout.read(1 << 16)
            if not data:
                return
            *whole, rest = (rest + data).split(b"\n")
            yield from (json.loads(line) for line in whole)


def _end(code: int) -> str:
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"its process ended ({how}); its last words stand above"
